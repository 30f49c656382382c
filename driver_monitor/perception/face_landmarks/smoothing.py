"""Landmarks smoothed over time as MediaPipe's video mode does it: a one-euro filter a coordinate (Casiez et al. 2012)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# MediaPipe's figures for faces: still points are held firmly, moving ones follow at once
_MIN_CUTOFF_HZ = 0.05
_BETA = 80.0  # Hz of cutoff per face size a second
_SPEED_CUTOFF_HZ = 1.0


class OneEuro:
    """Smooths (3, n) points by their speed in face sizes a second."""

    def __init__(self) -> None:
        self._t_ns = 0
        self._raw: NDArray[np.float64] | None = None
        self._smooth: NDArray[np.float64] = np.zeros(0)
        self._speed: NDArray[np.float64] = np.zeros(0)

    def reset(self) -> None:
        """Forget the face."""
        self._raw = None

    def step(self, t_ns: int, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The points at ``t_ns``, smoothed; times must rise."""
        if self._raw is None:
            self._t_ns, self._raw, self._smooth, self._speed = t_ns, points, points, np.zeros_like(points)
            return points
        dt = (t_ns - self._t_ns) * 1e-9
        if dt <= 0.0:
            return points
        extent = np.ptp(points[:2], axis=1)
        scale = max(float(extent.sum()) / 2.0, 1e-6)
        speed = (points - self._raw) * (1.0 / (scale * dt))
        self._speed = self._speed + _share(_SPEED_CUTOFF_HZ, dt) * (speed - self._speed)
        turn = 2.0 * math.pi * dt * (_MIN_CUTOFF_HZ + _BETA * np.abs(self._speed))
        self._smooth = self._smooth + turn / (1.0 + turn) * (points - self._smooth)
        self._t_ns, self._raw = t_ns, points
        return self._smooth


def _share(cutoff_hz: float, dt: float) -> float:
    turn = 2.0 * math.pi * cutoff_hz * dt
    return turn / (1.0 + turn)
