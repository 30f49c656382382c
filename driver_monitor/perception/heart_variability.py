"""Heart-rate variability of clean intervals.

Task Force of the ESC and NASPE 1996, doi:10.1161/01.CIR.93.5.1043 (RMSSD, pNN50, LF and HF); Baevsky & Chernikova 2017 (stress
index); Lomb 1976, doi:10.1007/BF00648343 (spectrum of beats with gaps: what is missing is not filled in).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LF_HZ, HF_HZ = (0.04, 0.15), (0.15, 0.40)
STEP_HZ = 0.005
"""Step of the spectrum: a fifth of what 40 s tell apart, so that no peak falls between."""

BIN_MS = 50.0
"""Width of Baevsky's bins, as it is usual."""

PAIRS = 20
"""Neighbours needed for a pNN50: below, one pair is more than 5 %."""


def successive(rr_ms: NDArray[np.float64], runs: NDArray[np.int64], clean: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Differences (ms) between neighbouring clean intervals, never across a gap."""
    adjacent = clean[1:] & clean[:-1] & (runs[1:] == runs[:-1])
    return np.asarray(np.diff(rr_ms)[adjacent])


def rmssd(steps_ms: NDArray[np.float64]) -> float | None:
    """Root mean square of successive differences (ms)."""
    return float(np.sqrt(np.mean(steps_ms**2))) if steps_ms.size else None


def pnn50(steps_ms: NDArray[np.float64]) -> float | None:
    """Share of successive differences beyond 50 ms."""
    return float(np.mean(np.abs(steps_ms) > 50.0)) if steps_ms.size >= PAIRS else None


def lf_hf(t_s: NDArray[np.float64], rr_ms: NDArray[np.float64]) -> float | None:
    """Power of 0.04-0.15 Hz over that of 0.15-0.40 Hz; ``None`` for a heart that does not vary at all."""
    t = t_s - t_s.mean()
    # a slow drift would leak into LF: its line is taken off
    x = rr_ms - np.polyval(np.polyfit(t, rr_ms, 1), t)
    omega = 2.0 * np.pi * np.arange(LF_HZ[0], HF_HZ[1] + STEP_HZ / 2, STEP_HZ)
    angle = omega[:, None] * t
    tau = np.arctan2(np.sin(2.0 * angle).sum(axis=1), np.cos(2.0 * angle).sum(axis=1)) / 2.0
    cos, sin = np.cos(angle - tau[:, None]), np.sin(angle - tau[:, None])
    power = (cos @ x) ** 2 / (cos**2).sum(axis=1) + (sin @ x) ** 2 / np.maximum((sin**2).sum(axis=1), 1e-9)
    low = omega < 2.0 * np.pi * (LF_HZ[1] - STEP_HZ / 2)
    high = float(power[~low].sum())
    return float(power[low].sum()) / high if high > 1e-6 else None


def stress_index(rr_ms: NDArray[np.float64]) -> float | None:
    """Baevsky's index AMo / (2 Mo MxDMn), 1/s²: the fullest bin's share (%), its middle (s), and the range (s)."""
    span_s = float(np.ptp(rr_ms)) / 1000.0
    if span_s <= 0.0:
        return None
    bins, counts = np.unique(np.floor(rr_ms / BIN_MS), return_counts=True)
    fullest = int(np.argmax(counts))
    mode_s = (float(bins[fullest]) + 0.5) * BIN_MS / 1000.0
    return 100.0 * float(counts[fullest]) / rr_ms.size / (2.0 * mode_s * span_s)
