"""The pulse from the colour of the skin, with a quality index. Shown only: nothing uses it and it raises nothing.

POS (plane orthogonal to skin; Wang et al. 2017, doi:10.1109/TBME.2016.2609282) on the mean colour of forehead and cheeks; the
quality is the signal-to-noise ratio of de Haan & Jeanne 2013, doi:10.1109/TBME.2013.2266196: power at the pulse and at its
first harmonic over all else in the band.
"""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.face_landmarks import FaceLandmarks, Point
from driver_monitor.signals import NS_PER_S, Event, nanoseconds, seconds

Colour: TypeAlias = tuple[float, float, float]

WINDOW_S = 12.0
"""A beat every second gives a peak 0.08 Hz wide (5 beats a minute): longer is finer, and slower to follow."""

EVERY_S = 4.0
MAX_GAP_S = 0.3
"""Pictures further apart than this break the row."""

RATE_HZ = 30.0
MIN_FPS = 12.0
BAND_HZ = (0.7, 3.0)
"""42 to 180 beats a minute."""

NOISE_TO_HZ = 6.0
"""Up to where what is no pulse counts as noise: the first harmonic of the fastest pulse."""

NEAR_HZ = 0.12
"""Half width of a peak: the window's own resolution and a heart that is never quite even."""

POS_S = 1.6
"""POS's own window: at least one beat (Wang et al.)."""

MIN_LUMA, MAX_LUMA = 25.0, 245.0
GREY = 2.0
"""Channels less than this far apart are an infrared picture: no colour, no pulse."""

# MediaPipe's point numbers of patches that neither lids nor lips nor beards move
_FOREHEAD = (108, 337, 9, 151)
_CHEEKS = ((50, 205, 101, 36), (280, 425, 330, 266))
_IDS = (*_FOREHEAD, *_CHEEKS[0], *_CHEEKS[1])
_STEP = 2  # every second pixel of every second line: noise is not what limits


def read_skin(image: NDArray[np.uint8], found: FaceLandmarks) -> Colour | None:
    """Mean colour (0 to 255) of forehead and cheeks; ``None`` where a patch is out of the picture, too dark or too bright."""
    points = found.points(_IDS)
    patches = [_mean(image, points[k : k + 4]) for k in (0, 4, 8)]
    r, g, b = (sum(0.0 if p is None else p[c] for p in patches) / 3.0 for c in range(3))
    return None if None in patches or g < MIN_LUMA or max(r, g, b) > MAX_LUMA else (r, g, b)


def _mean(image: NDArray[np.uint8], points: list[Point]) -> Colour | None:
    height, width, _ = image.shape
    left, right = int(min(p[0] for p in points)), int(max(p[0] for p in points))
    top, bottom = int(min(p[1] for p in points)), int(max(p[1] for p in points))
    if left < 0 or top < 0 or right >= width or bottom >= height or right - left < 4 or bottom - top < 4:
        return None
    patch = image[top:bottom:_STEP, left:right:_STEP].reshape(-1, 3)
    r, g, b = (patch.sum(axis=0, dtype=np.uint32) / len(patch)).tolist()
    return r, g, b


class CameraPulse:
    """Takes the skin's colour with each picture; tells a ``camera_pulse`` event every few seconds."""

    def __init__(self, min_snr_db: float) -> None:
        self._min_snr_db = min_snr_db
        self._seen: deque[tuple[int, Colour]] = deque()
        self._next_ns: int | None = None

    def step(self, t_ns: int, skin: Colour | None) -> list[Event]:
        """Take one picture's skin; ``None`` where it could not be read."""
        if skin is not None and (not self._seen or t_ns - self._seen[-1][0] <= nanoseconds(MAX_GAP_S)):
            self._seen.append((t_ns, skin))
        elif skin is not None or (self._seen and t_ns - self._seen[-1][0] > nanoseconds(MAX_GAP_S)):
            self._seen.clear()
            self._next_ns = None
        while self._seen and t_ns - self._seen[0][0] > nanoseconds(WINDOW_S):
            self._seen.popleft()
            self._next_ns = t_ns if self._next_ns is None else self._next_ns
        if self._next_ns is None or t_ns < self._next_ns:
            return []
        self._next_ns = t_ns + nanoseconds(EVERY_S)
        return [self._tell(t_ns)]

    def _tell(self, t_ns: int) -> Event:
        start_ns = self._seen[0][0]
        times = np.array([t for t, _ in self._seen], np.float64) / NS_PER_S
        skin = np.array([c for _, c in self._seen], np.float64)
        reason = None
        rate, snr = None, None
        if len(times) < MIN_FPS * seconds(t_ns - start_ns):
            reason = f"{len(times) / seconds(t_ns - start_ns):.0f} pictures a second, {MIN_FPS:.0f} needed"
        elif float(np.ptp(skin.mean(axis=0))) < GREY:
            reason = "the picture has no colour"
        else:
            rate, snr = pulse_rate(times, skin)
            if snr < self._min_snr_db:
                reason = "too weak or too unsteady"
        detail = (
            ("rate_bpm", None if rate is None or reason else round(rate, 1)),
            ("snr_db", None if snr is None else round(snr, 1)),
            *((("reason", reason),) if reason else ()),
        )
        return Event(t_ns, "camera_pulse", start_ns, t_ns, detail)


def pos(skin: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pulse signal of the skin's colour (n, 3) at ``RATE_HZ``, by POS with overlapping windows."""
    length = round(POS_S * RATE_HZ)
    windows = np.lib.stride_tricks.sliding_window_view(skin, length, axis=0)  # (m, 3, length)
    normal = windows / windows.mean(axis=2, keepdims=True)
    first = normal[:, 1] - normal[:, 2]
    second = normal[:, 1] + normal[:, 2] - 2.0 * normal[:, 0]
    ratio = first.std(axis=1) / np.maximum(second.std(axis=1), 1e-12)
    part = first + ratio[:, None] * second
    part -= part.mean(axis=1, keepdims=True)
    out = np.zeros(len(skin))
    for k, row in enumerate(part):
        out[k : k + length] += row
    return out


def pulse_rate(times: NDArray[np.float64], skin: NDArray[np.float64]) -> tuple[float, float]:
    """Beats a minute and their signal-to-noise ratio (dB) from colours (n, 3) at ``times`` (s)."""
    grid = np.arange(times[0], times[-1], 1.0 / RATE_HZ)
    signal = pos(np.stack([np.interp(grid, times, skin[:, c]) for c in range(3)], axis=1))
    size = 4096
    power = np.abs(np.fft.rfft((signal - signal.mean()) * np.hanning(len(signal)), size)) ** 2
    freq = np.fft.rfftfreq(size, 1.0 / RATE_HZ)
    inside = (freq >= BAND_HZ[0]) & (freq <= BAND_HZ[1])
    peak = float(freq[np.argmax(np.where(inside, power, 0.0))])
    whole = (freq >= BAND_HZ[0]) & (freq <= NOISE_TO_HZ)
    pulse = (np.abs(freq - peak) <= NEAR_HZ) | (np.abs(freq - 2.0 * peak) <= NEAR_HZ)
    ratio = float(power[whole & pulse].sum()) / max(float(power[whole & ~pulse].sum()), 1e-30)
    return 60.0 * peak, float(10.0 * np.log10(max(ratio, 1e-9)))
