"""Prosody of a stretch of speech at 16 kHz: pitch (YIN), pitch range, spectral tilt, syllable rate.

Sources: de Cheveigné & Kawahara 2002, doi:10.1121/1.1458024 (YIN); de Jong & Wempe 2009, doi:10.3758/BRM.41.2.385
(syllable nuclei); Eyben et al. 2016, doi:10.1109/TAFFC.2015.2457417 (alpha ratio, 50 Hz-1 kHz against 1-5 kHz).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
HOP = 256
"""One set of figures every 16 ms."""

FRAME = 512
"""Samples under the spectrum, and YIN's integration window: two periods at 62 Hz."""

F0_MIN_HZ, F0_MAX_HZ = 60.0, 500.0
LAG_MIN, LAG_MAX = int(RATE_HZ / F0_MAX_HZ), int(RATE_HZ / F0_MIN_HZ)
HISTORY = FRAME + LAG_MAX + 1
"""Samples YIN looks at."""

DIP = 0.15
"""The first dip of the normalised difference below this is the period (YIN uses 0.1 to 0.15)."""

VOICED = 0.35
"""With no such dip the deepest one counts when it is below this; above, the frame is unvoiced (measured: docs/voice_heart.md)."""

RUMBLE_HZ = 70.0
"""Below this a car is louder than any voice; a low voice is still heard by its harmonics."""

STRETCH_S = 3.0
"""Prosody looks this far back."""

MIN_VOICED = round(0.3 * RATE_HZ / HOP)
"""Voiced hops (0.3 s) before a pitch, its range or a tilt is given."""

MIN_RATE_S = 1.0
"""Speech before a syllable rate is given: two to six syllables."""

SILENCE_DB, DIP_DB = 25.0, 2.0
"""A nucleus lies within 25 dB of the loudest, and dips of 2 dB part it from its neighbours (de Jong & Wempe)."""

_WINDOW = np.hanning(FRAME + 1)[:-1]
_SCALE = 2.0 / (FRAME * float(np.sum(_WINDOW**2)))  # one-sided power spectrum that sums to the mean square
_HZ = np.fft.rfftfreq(FRAME, 1 / RATE_HZ)
_LOW = slice(int(np.searchsorted(_HZ, 50.0)), int(np.searchsorted(_HZ, 1000.0)))
_HIGH = slice(int(np.searchsorted(_HZ, 1000.0)), int(np.searchsorted(_HZ, 5000.0)))
_LOUD = slice(int(np.searchsorted(_HZ, 100.0)), _HIGH.stop)  # from 100 Hz: a car's rumble is not the voice's level


@dataclass(frozen=True, slots=True)
class Bands:
    """Mean square of one frame: 100 Hz-5 kHz, 50 Hz-1 kHz, 1-5 kHz."""

    loud: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Prosody:
    """What a stretch tells; each figure ``None`` until there is enough of it (units as in ``VoiceMeasurement``)."""

    f0_hz: float | None
    f0_range_st: float | None
    tilt_db: float | None
    rate_sps: float | None


@dataclass(frozen=True, slots=True)
class _Hop:
    level_db: float
    low: float
    high: float
    f0_hz: float | None


def bands(frame: NDArray[np.float64]) -> Bands:
    """Band powers of the last ``FRAME`` samples."""
    power = np.abs(np.fft.rfft(frame[-FRAME:] * _WINDOW)) ** 2 * _SCALE
    return Bands(float(power[_LOUD].sum()), float(power[_LOW].sum()), float(power[_HIGH].sum()))


def _high_pass(taps: int = 255) -> NDArray[np.float64]:
    n = np.arange(taps) - taps // 2
    kernel = -2.0 * RUMBLE_HZ / RATE_HZ * np.sinc(2.0 * RUMBLE_HZ / RATE_HZ * n) * np.hamming(taps)
    kernel[taps // 2] += 1.0
    return np.asarray(kernel, np.float64)


HIGH_PASS = _high_pass()
"""Linear-phase filter that takes the rumble out, 8 ms late."""


def decibels(power: float) -> float:
    """Mean square as dB re full scale, not below -120."""
    return float(10.0 * np.log10(max(power, 1e-12)))


def yin(x: NDArray[np.float64]) -> float | None:
    """Fundamental frequency (Hz) of the last ``HISTORY`` samples, ``None`` when they are not voiced."""
    x = x[-HISTORY:] - np.mean(x[-HISTORY:])
    energy = np.concatenate(([0.0], np.cumsum(x * x)))
    size = 1024  # >= HISTORY, so the circular correlation does not wrap
    head, whole = np.fft.rfft(x[:FRAME], size), np.fft.rfft(x, size)
    correlation = np.fft.irfft(np.conj(head) * whole, size)[: LAG_MAX + 2]
    lags = np.arange(LAG_MAX + 2)
    difference = energy[FRAME] + energy[lags + FRAME] - energy[lags] - 2.0 * correlation
    total = np.cumsum(difference[1:])
    if total[-1] <= 1e-12 * FRAME:  # digital silence
        return None
    normal = np.concatenate(([1.0], difference[1:] * lags[1:] / np.maximum(total, 1e-30)))
    lag = _period(normal)
    if lag is None:
        return None
    a, b, c = normal[lag - 1], normal[lag], normal[lag + 1]
    bend = a - 2.0 * b + c
    shift = 0.5 * (a - c) / bend if bend > 0 else 0.0
    return float(RATE_HZ / (lag + min(0.5, max(-0.5, shift))))


def _period(normal: NDArray[np.float64]) -> int | None:
    search = normal[LAG_MIN : LAG_MAX + 1]
    below = np.flatnonzero(search < DIP)
    if below.size:
        lag = int(below[0]) + LAG_MIN
        while lag < LAG_MAX and normal[lag + 1] < normal[lag]:
            lag += 1
        return lag
    lag = int(np.argmin(search)) + LAG_MIN
    return lag if normal[lag] < VOICED else None


class Stretch:
    """The last three seconds of the speech that is going on."""

    def __init__(self) -> None:
        self._hops: deque[_Hop] = deque(maxlen=round(STRETCH_S * RATE_HZ / HOP))

    def clear(self) -> None:
        """Begin a new stretch."""
        self._hops.clear()

    def add(self, heard: Bands, noise: Bands, f0_hz: float | None) -> None:
        """One hop; the noise floor's own power is taken off the two bands of the tilt."""
        self._hops.append(
            # not held at 0 hop by hop: that would leave half of the noise's own swing in
            _Hop(decibels(heard.loud), heard.low - noise.low, heard.high - noise.high, f0_hz)
        )

    def prosody(self) -> Prosody:
        """Work out the figures as they stand."""
        voiced = [h for h in self._hops if h.f0_hz is not None]
        if len(voiced) < MIN_VOICED:
            return Prosody(None, None, None, self._rate())
        pitch = np.array([h.f0_hz for h in voiced])
        low, middle, high = np.percentile(pitch, (10.0, 50.0, 90.0))
        below, above = sum(h.low for h in voiced), sum(h.high for h in voiced)
        return Prosody(
            float(middle),
            float(12.0 * np.log2(high / low)),
            decibels(above / below) if below > 0.0 and above > 0.0 else None,
            self._rate(),
        )

    def _rate(self) -> float | None:
        voiced = [h.f0_hz is not None for h in self._hops]
        while voiced and not voiced[-1]:  # the pause after the last word is no slow speech
            voiced.pop()
        length_s = len(voiced) * HOP / RATE_HZ
        if length_s < MIN_RATE_S:
            return None
        level = np.array([h.level_db for h in self._hops])[: len(voiced)]
        smooth = np.convolve(np.pad(level, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
        return nuclei(smooth, voiced) / length_s


def nuclei(level_db: NDArray[np.float64], voiced: list[bool]) -> int:
    """Count of voiced peaks within ``SILENCE_DB`` of the loudest, parted by dips of at least ``DIP_DB``."""
    floor = float(level_db.max()) - SILENCE_DB
    count, valley, peak, peak_voiced, rising = 0, float(level_db[0]), float("-inf"), False, False
    for level, is_voiced in zip(level_db.tolist(), voiced, strict=True):
        if rising and level > peak:
            peak, peak_voiced = level, is_voiced
        elif rising and level < peak - DIP_DB:
            count += peak_voiced and peak > floor
            rising, valley = False, level
        elif not rising and level > valley + DIP_DB:
            rising, peak, peak_voiced = True, level, is_voiced
        elif not rising:
            valley = min(valley, level)
    return count + int(rising and peak_voiced and peak > floor)
