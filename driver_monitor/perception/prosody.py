"""Prosody of a stretch of speech at 16 kHz: pitch (YIN), pitch range, spectral tilt, roughness, syllable rate.

Sources: de Cheveigné & Kawahara 2002, doi:10.1121/1.1458024 (YIN); de Jong & Wempe 2009, doi:10.3758/BRM.41.2.385
(syllable nuclei); Eyben et al. 2016, doi:10.1109/TAFFC.2015.2457417 (alpha ratio, harmonics-to-noise ratio).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.perturbation import perturbation

RATE_HZ = 16_000
HOP = 256
"""One set of figures every 16 ms."""

FRAME = 512
"""Samples under the spectrum."""

YIN_WINDOW = 640
"""Samples that YIN compares, under a Hann window: their ends hardly count, so that a pitch that moves is told of their middle,
and not of where the voice is louder (chosen of 512 to 900 on EmoDB and RAVDESS)."""

F0_MIN_HZ, F0_MAX_HZ = 60.0, 500.0
LAG_MIN, LAG_MAX = int(RATE_HZ / F0_MAX_HZ), int(RATE_HZ / F0_MIN_HZ)
HISTORY = YIN_WINDOW + LAG_MAX + 1
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

GOOD_SNR = 4.0
"""A hop's centroid is read where 300 Hz-5 kHz holds this many times the noise's power."""

MAX_NOISE_SHARE = 0.5
"""Roughness is read where the noise is at most this share of the sound: beyond it little is left to tell it from."""

CLEAR = 0.25
"""A voice is clear up to this roughness: 98 % of acted sentences lie below in the median, most snores above."""

MIN_HOPS = 8
"""Such hops before a centroid or a roughness is given (0.13 s)."""

EDGES_HZ = np.array(
    [50, 100, 200, 300, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3150, 4000, 5000, 6300, 7900], float
)
"""Edges of the bands that sound is kept in: thirds of an octave, wider below 400 Hz."""

_YIN_SIZE = 1024  # >= HISTORY, so the circular correlation does not wrap
_LAGS = np.arange(1, LAG_MAX + 2)
_WINDOW = np.hanning(FRAME + 1)[:-1]
_TAPER = np.hanning(YIN_WINDOW + 1)[:-1]
_TAPER_MIRRORED = np.conj(np.fft.rfft(_TAPER, _YIN_SIZE))
_SCALE = 2.0 / (FRAME * float(np.sum(_WINDOW**2)))  # one-sided power spectrum that sums to the mean square
_CELLS = np.searchsorted(np.fft.rfftfreq(FRAME, 1 / RATE_HZ), EDGES_HZ)


def _span(low_hz: float, high_hz: float) -> slice:
    return slice(int(np.searchsorted(EDGES_HZ, low_hz)), int(np.searchsorted(EDGES_HZ, high_hz)))


_LOUD = _span(100.0, 5000.0)  # from 100 Hz: a car's rumble is not the voice's level
_LOW, _HIGH = _span(100.0, 1000.0), _span(1000.0, 5000.0)
_BASS, _BODY = _span(100.0, 300.0), _span(300.0, 800.0)
_BRIGHT = _span(300.0, 5000.0)  # the fundamental itself is left out, so that a higher pitch is no brighter voice
_OCTAVES = np.log2(np.sqrt(EDGES_HZ[:-1] * EDGES_HZ[1:]))[_BRIGHT]

Bands: TypeAlias = NDArray[np.float64]
"""Mean square of one frame in each band (17,)."""


@dataclass(frozen=True, slots=True)
class Pitch:
    """A voiced frame: its fundamental, and the share of its power that does not repeat with it (YIN's dip)."""

    f0_hz: float
    aperiodic: float


@dataclass(frozen=True, slots=True)
class Prosody:
    """What a stretch tells; each figure ``None`` until there is enough of it (units as in ``VoiceMeasurement``)."""

    voiced_s: float = 0.0
    f0_hz: float | None = None
    f0_range_st: float | None = None
    tilt_db: float | None = None
    bass_db: float | None = None
    centroid_hz: float | None = None
    hnr_db: float | None = None
    rate_sps: float | None = None
    jitter: float | None = None
    shimmer_db: float | None = None
    f0_slope_st: float | None = None
    pause_share: float | None = None


@dataclass(frozen=True, slots=True)
class _Hop:
    level_db: float
    power: Bands  # the voice's own, the noise's taken off
    f0_hz: float | None
    octaves: float | None  # centroid
    rough: float | None
    perturbed: tuple[float, float] | None  # jitter, shimmer


def bands(frame: NDArray[np.float64]) -> Bands:
    """Band powers of the last ``FRAME`` samples."""
    spectrum = np.fft.rfft(frame[-FRAME:] * _WINDOW)
    power = spectrum.real**2 + spectrum.imag**2
    return np.add.reduceat(power, _CELLS)[:-1] * _SCALE


def loud(power: Bands) -> float:
    """Mean square between 100 Hz and 5 kHz."""
    return float(power[_LOUD].sum())


def _high_pass(taps: int = 255) -> NDArray[np.float64]:
    n = np.arange(taps) - taps // 2
    kernel = -2.0 * RUMBLE_HZ / RATE_HZ * np.sinc(2.0 * RUMBLE_HZ / RATE_HZ * n) * np.hamming(taps)
    kernel[taps // 2] += 1.0
    return np.asarray(kernel, np.float64)


HIGH_PASS = _high_pass()
"""Linear-phase filter that takes the rumble out, 8 ms late."""


def decibels(power: float) -> float:
    """Mean square as dB re full scale, not below -120."""
    return 10.0 * math.log10(max(power, 1e-12))


def yin(x: NDArray[np.float64]) -> Pitch | None:
    """Pitch of the last ``HISTORY`` samples, ``None`` when they are not voiced."""
    x = x[-HISTORY:]
    x = x - x.sum() / HISTORY
    parts = np.zeros((3, _YIN_SIZE))  # the window, all it is compared with, and the power of that, in one transform
    parts[0, :YIN_WINDOW] = x[:YIN_WINDOW] * _TAPER
    parts[1, :HISTORY] = x
    np.multiply(x, x, out=parts[2, :HISTORY])
    head, whole, power = np.fft.rfft(parts)
    later = np.fft.irfft(_TAPER_MIRRORED * power - 2.0 * np.conj(head) * whole)[: LAG_MAX + 2]
    difference = later + float(parts[0, :YIN_WINDOW] @ x[:YIN_WINDOW])
    total = np.cumsum(difference[1:])
    if total[-1] <= 1e-12 * YIN_WINDOW:  # digital silence
        return None
    normal = np.ones(LAG_MAX + 2)
    normal[1:] = difference[1:] * _LAGS / np.maximum(total, 1e-30)
    lag = _period(normal)
    if lag is None:
        return None
    a, b, c = difference[lag - 1 : lag + 2].tolist()  # the dip of the normalised difference lies a little aside (YIN, step 5)
    bend = a - 2.0 * b + c
    shift = 0.5 * (a - c) / bend if bend > 0 else 0.0
    return Pitch(RATE_HZ / (lag + min(0.5, max(-0.5, shift))), float(normal[lag]))


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
        self.clear_hops = 0
        """Hops of clear voice since the stretch began: a snore has next to none."""

    def clear(self) -> None:
        """Begin a new stretch."""
        self._hops.clear()
        self.clear_hops = 0

    def add(self, heard: Bands, noise: Bands, pitch: Pitch | None, sound: NDArray[np.float64] | None = None) -> None:
        """One hop; what the noise floor holds is taken off. ``sound`` is what it was read from."""
        # not held at 0 hop by hop: that would leave half of the noise's own swing in
        power = heard - noise
        octaves = rough = None
        if pitch is not None:
            bright = np.maximum(power[_BRIGHT], 0.0)
            if heard[_BRIGHT].sum() > GOOD_SNR * noise[_BRIGHT].sum() and bright.any():
                octaves = float(_OCTAVES @ bright / bright.sum())
            share = float(noise.sum() / max(heard.sum(), 1e-12))
            if share <= MAX_NOISE_SHARE:
                rough = min(0.999, max(0.001, (pitch.aperiodic - share) / (1.0 - share)))
        self.clear_hops += pitch is not None and (rough is None or rough <= CLEAR)
        shaken = None
        if sound is not None and pitch is not None and rough is not None and rough <= CLEAR:
            shaken = perturbation(sound[-HISTORY:], RATE_HZ / pitch.f0_hz)
        self._hops.append(_Hop(decibels(loud(heard)), power, None if pitch is None else pitch.f0_hz, octaves, rough, shaken))

    def prosody(self) -> Prosody:
        """Work out the figures as they stand."""
        voiced = [h for h in self._hops if h.f0_hz is not None]
        voiced_s = len(voiced) * HOP / RATE_HZ
        if len(voiced) < MIN_VOICED:
            return Prosody(voiced_s, rate_sps=self._rate())
        pitches = sorted(h.f0_hz for h in voiced if h.f0_hz is not None)
        low, middle, high = (_quantile(pitches, q) for q in (0.1, 0.5, 0.9))
        power = np.add.reduce([h.power for h in voiced])
        octaves = _median([h.octaves for h in voiced if h.octaves is not None])
        rough = _median([h.rough for h in voiced if h.rough is not None])
        return Prosody(
            voiced_s,
            middle,
            12.0 * math.log2(high / low),
            _over(power, _HIGH, _LOW),
            _over(power, _BASS, _BODY),
            None if octaves is None else 2.0**octaves,
            None if rough is None else 10.0 * math.log10((1.0 - rough) / rough),
            self._rate(),
            _median([h.perturbed[0] for h in self._hops if h.perturbed is not None]),
            _median([h.perturbed[1] for h in self._hops if h.perturbed is not None]),
            self._slope(),
            self._pauses(),
        )

    def _spoken(self) -> tuple[list[bool], NDArray[np.float64]] | None:
        """Whether each hop is voiced, and its level, up to the last voiced one; ``None`` while there is too little."""
        voiced = [h.f0_hz is not None for h in self._hops]
        while voiced and not voiced[-1]:  # the pause after the last word is no slow speech
            voiced.pop()
        if len(voiced) * HOP / RATE_HZ < MIN_RATE_S:
            return None
        return voiced, np.array([h.level_db for h in self._hops])[: len(voiced)]

    def _slope(self) -> float | None:
        """The straight line through the pitch, semitones a second."""
        told = [(k, math.log2(h.f0_hz)) for k, h in enumerate(self._hops) if h.f0_hz is not None]
        first, last = told[0][0], told[-1][0]
        if (last - first) * HOP / RATE_HZ < MIN_RATE_S:
            return None
        mean_k = sum(k for k, _ in told) / len(told)
        over = sum((k - mean_k) * f for k, f in told) / sum((k - mean_k) ** 2 for k, _ in told)
        return 12.0 * over * RATE_HZ / HOP

    def _pauses(self) -> float | None:
        """Share of the time that lies as far below the loudest as silence does."""
        spoken = self._spoken()
        return None if spoken is None else float(np.mean(spoken[1] < spoken[1].max() - SILENCE_DB))

    def _rate(self) -> float | None:
        spoken = self._spoken()
        if spoken is None:
            return None
        voiced, level = spoken
        length_s = len(voiced) * HOP / RATE_HZ
        smooth = np.convolve(np.pad(level, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
        return nuclei(smooth, voiced) / length_s


def _over(power: Bands, above: slice, below: slice) -> float | None:
    """Ratio of two ranges (dB); ``None`` where noise leaves nothing of one."""
    a, b = float(power[above].sum()), float(power[below].sum())
    return 10.0 * math.log10(a / b) if a > 0.0 and b > 0.0 else None


def _median(values: list[float]) -> float | None:
    return _quantile(sorted(values), 0.5) if len(values) >= MIN_HOPS else None


def _quantile(ranked: list[float], q: float) -> float:
    """As NumPy's, without its cost on short lists."""
    at = q * (len(ranked) - 1)
    below = int(at)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (at - below) * (ranked[above] - ranked[below])


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
