"""The gap between the lids, measured on the mesh, and the lid weights that make a wanted gap.

Weights of the blink unit are no measure: at 0.65 to 0.7 the eye is already shut.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.asset import BODY, LEFT_EYE, RIGHT_EYE, Asset
from driver_monitor.bench.virtual_driver.geometry import MM_PER_DM, Array
from driver_monitor.bench.virtual_driver.raster import Rasteriser, flat_view

_HALF_DM = 0.12  # half the height that is looked at: 24 mm
_ROWS, _COLUMNS = 480, 9  # 0.05 mm a row; the mean of 0.45 mm about the eye's middle
_CLOSE_STEPS = np.linspace(0.0, 1.1, 45)
_PRESSED = 0.1  # shut lids lie on each other: the corners, too, are then closed
_WIDE_STEPS = np.linspace(1.6, 0.0, 17)


class Aperture:
    """How much of each eyeball shows between the lids, seen from straight ahead on the line through the eye's middle."""

    def __init__(self, asset: Asset, centres: tuple[Array, Array]) -> None:
        self._centres = centres
        self._rasters: list[tuple[Rasteriser, NDArray[np.bool_]]] = []
        base = asset.vertices
        for part, middle in zip((LEFT_EYE, RIGHT_EYE), asset.eye_centres, strict=True):
            near = (np.abs(base[:, 0] - middle[0]) < 0.3) & (np.abs(base[:, 1] - middle[1]) < 0.4)
            wanted = near[asset.triangles].any(axis=1) & np.isin(asset.parts, (BODY, part))
            self._rasters.append((Rasteriser(asset.triangles[wanted]), asset.parts[wanted] == part))
        self._view = flat_view((_COLUMNS, _ROWS), _HALF_DM)

    def __call__(self, face: Array) -> tuple[float, float]:
        """Gap of the left and right eye, mm; ``face`` is in the head's own frame."""
        left, right = (self._gap(face, k) for k in (0, 1))
        return left, right

    def _gap(self, face: Array, side: int) -> float:
        raster, is_eye = self._rasters[side]
        shown, _ = raster.draw(face - self._centres[side], self._view)
        rows = is_eye[shown.triangle].sum() / _COLUMNS
        return float(rows) * 2.0 * _HALF_DM / _ROWS * MM_PER_DM


class LidTable:
    """From a wanted share of the own open eye to weights of the blink and wide units.

    Parameters
    ----------
    gap_mm
        The gap for given weights of the blink and wide units.
    own_mm
        The open eye wanted, mm; the nearest that the head can make is taken. ``None``: as the head comes.
    """

    def __init__(self, gap_mm: Callable[[float, float], float], own_mm: float | None) -> None:
        # one line from the widest eye (negative) over the resting one (0) to the shut one (positive)
        self._position = np.concatenate([-_WIDE_STEPS[:-1], _CLOSE_STEPS])
        gaps = [gap_mm(max(0.0, p), max(0.0, -p)) for p in self._position]
        self._gap = np.minimum.accumulate(np.array(gaps))
        rest = float(self._gap[len(_WIDE_STEPS) - 1])
        self.own_mm = float(np.clip(rest if own_mm is None else own_mm, self._gap.min() + 1.0, self._gap.max()))
        self._shut = min(1.0, float(self._position[np.argmax(self._gap <= self._gap.min() + 1e-9)]) + _PRESSED)

    def weights(self, share: float) -> tuple[float, float]:
        """Weights of the blink and wide units for lids open by ``share`` of the own open eye."""
        wanted = share * self.own_mm
        is_shut = wanted <= self._gap.min() + 1e-6
        position = self._shut if is_shut else float(np.interp(-wanted, -self._gap, self._position))
        return max(0.0, position), max(0.0, -position)
