"""Heart beats by integral pulse frequency modulation, with a rate and a variability for each mood.

The heart's pacemaker adds up a rate that breathing and blood pressure modulate, and beats whenever the sum passes one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.scenario.parts import HeartPart
from driver_monitor.bench.scenario.tracks import HeartMood, Span, Tracks

_RATE_HZ = 50
_SETTLE_S = 6.0  # a heart's rate follows a mood within seconds


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """A mood: rate against the own rest, spread of the slow (0.1 Hz) and breathing waves, breaths a second.

    Chosen so that RMSSD comes near 35 (alert), 16 (stressed), 20 (angry) and 50 ms (drowsy), common figures of the field.
    """

    rate: float
    slow: float
    breathing: float
    breaths_hz: float


_RHYTHMS: dict[HeartMood, _Rhythm] = {
    "alert": _Rhythm(1.00, 0.024, 0.034, 0.26),
    "stressed": _Rhythm(1.30, 0.018, 0.014, 0.33),
    "angry": _Rhythm(1.34, 0.026, 0.018, 0.30),
    "drowsy": _Rhythm(0.87, 0.030, 0.046, 0.20),
}


@dataclass(frozen=True, slots=True)
class Beat:
    """A beat and the time since the one before."""

    t_s: float
    rr_ms: float


def _mood_at(moods: list[tuple[Span, HeartMood]], t_s: float) -> HeartMood:
    return next((mood for span, mood in reversed(moods) if span.start_s <= t_s < span.end_s), "alert")


def beats(tracks: Tracks, heart: HeartPart, random: np.random.Generator) -> list[Beat]:
    """The beats that the wearable tells of, in time order."""
    t = np.arange(int(tracks.seconds * _RATE_HZ)) / _RATE_HZ
    moods = [_RHYTHMS[_mood_at(tracks.heart_mood, float(s))] for s in t[::_RATE_HZ]]

    def settled(values: list[float]) -> NDArray[np.float64]:
        wanted = np.repeat(values, _RATE_HZ)[: len(t)]
        share = 1.0 - np.exp(-1.0 / _RATE_HZ / _SETTLE_S * 2.0)
        out, now = np.empty(len(t)), wanted[0]
        for k, value in enumerate(wanted):
            now += share * (value - now)
            out[k] = now
        return out

    rate = settled([heart.rest_bpm * mood.rate for mood in moods]) / 60.0
    breathing = np.sin(2.0 * np.pi * np.cumsum(settled([m.breaths_hz for m in moods]) + _jitter(random, t, 0.02)) / _RATE_HZ)
    slow = np.sin(2.0 * np.pi * np.cumsum(0.1 + _jitter(random, t, 0.015)) / _RATE_HZ)
    drift = np.cumsum(random.standard_normal(len(t))) / np.sqrt(_RATE_HZ)
    drift = 0.008 * (drift - drift.mean()) / max(float(drift.std()), 1e-9)
    waves = np.sqrt(2.0) * (settled([m.slow for m in moods]) * slow + settled([m.breathing for m in moods]) * breathing)
    total = np.cumsum(rate * (1.0 + waves + drift)) / _RATE_HZ
    times = np.interp(np.arange(1, int(total[-1]) + 1), total, t)
    intervals = np.diff(times) * 1000.0
    return _felt(tracks, heart, random, times[1:], intervals)


def _jitter(random: np.random.Generator, t: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    return np.asarray(spread * random.standard_normal(len(t)) * np.sqrt(_RATE_HZ) * 0.2)


def _felt(
    tracks: Tracks, heart: HeartPart, random: np.random.Generator, times: NDArray[np.float64], intervals: NDArray[np.float64]
) -> list[Beat]:
    """What the wearable makes of the beats: some felt at the wrong moment, some not at all."""
    wrong, lost = random.random(len(times)) < heart.artefacts, random.random(len(times)) < heart.lost
    moved = intervals.copy()
    for k in np.nonzero(wrong[:-1])[0]:
        early = 0.3 * moved[k]
        moved[k] -= early
        moved[k + 1] += early
    felt: list[Beat] = []
    for t_s, rr_ms, gone in zip(times, moved, lost, strict=True):
        if not gone and not any(span.start_s <= t_s < span.end_s for span in tracks.heart_lost):
            felt.append(Beat(round(float(t_s), 4), round(float(rr_ms), 1)))
    return felt
