"""Glasses, reflections, glare and masks over time: are eyes and mouth to be seen, and how well? One picture is not believed."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal, TypeAlias

from driver_monitor import settings
from driver_monitor.signals import FaceMeasurement, FaceRegions, nanoseconds, seconds

EyesHidden: TypeAlias = Literal["sunglasses", "reflection on glasses", "glare on the face"]

_SEEN_SHARE = 0.7  # of the time that is looked back on, readings must span this much
_ON, _OFF = 0.7, 0.3  # a share of readings that says so, and one that no longer does
_LENS_OFF = 1.12  # sunglasses are off at this much more light, ...
_REFLECTING_OFF = 1.06  # ... or of light and colour,
_REFLECTING_SPANS = 2  # which wander with the head, and so are looked back on for so many times face.worn_s
_TINT = 1.6  # lenses letting this much more light through cost no confidence
_SMALL_PX = (1.0, 1.6)  # a face between these multiples of the least width is seen less well
_KEPT_S = 3.0  # a face lost for longer is looked at anew


@dataclass(frozen=True, slots=True)
class Worn:
    """What is before the face: why the eyes cannot be used, whether the mouth is covered, how well all can be seen (0 to 1)."""

    eyes_hidden: EyesHidden | None = None
    mask: bool = False
    quality: float = 1.0


class WornCheck:
    """Joins the readings of :class:`~driver_monitor.signals.FaceRegions` over ``face.worn_s``."""

    def __init__(self, face: settings.Face) -> None:
        self._face = face
        self._span_ns = nanoseconds(face.worn_s)
        self._readings: deque[tuple[int, FaceRegions]] = deque()
        self._tints: deque[tuple[int, FaceRegions]] = deque()  # the same, for longer
        self._now = Worn()
        self._lens: float | None = None

    def step(self, face: FaceMeasurement) -> Worn:
        """Take one picture's measurement."""
        if self._readings and face.t_ns - self._readings[-1][0] > nanoseconds(_KEPT_S):
            self._readings.clear()
            self._tints.clear()
            self._now, self._lens = Worn(), None
        if face.regions is not None:
            self._read(face.t_ns, face.regions)
        quality = 1.0
        if face.quality is not None and face.quality.sharpness is not None:
            quality *= _between(face.quality.sharpness, self._face.blurred_share, 0.8)
        if face.width_px is not None:
            least, enough = (share * self._face.min_eye_width_px for share in _SMALL_PX)
            quality *= 0.5 + 0.5 * _between(face.width_px, least, enough)
        if self._lens is not None:
            quality *= 0.5 + 0.5 * _between(self._lens, self._face.lens_share, _TINT * self._face.lens_share)
        if self._readings:
            quality *= 1.0 - _between(self._readings[-1][1].washed, 0.5 * self._face.glare_share, 1.0)
        if self._now.mask:
            quality *= 0.9
        return replace(self._now, quality=quality)

    def _read(self, t_ns: int, regions: FaceRegions) -> None:
        readings = self._readings
        readings.append((t_ns, regions))
        self._tints.append((t_ns, regions))
        for kept, span_ns in ((readings, self._span_ns), (self._tints, _REFLECTING_SPANS * self._span_ns)):
            while len(kept) > 1 and t_ns - kept[1][0] >= span_ns:
                kept.popleft()
        if seconds(t_ns - readings[0][0]) < _SEEN_SHARE * self._face.worn_s:
            return
        self._lens = median(r.around_eyes for _, r in readings)
        colour = self._light_and_colour()
        dark = self._lens / self._face.lens_share
        reflecting = math.inf if colour is None else colour / self._face.lens_reflecting
        hidden: EyesHidden | None = None
        if self._says("glare on the face", lambda r: r.washed >= self._face.glare_share):
            hidden = "glare on the face"
        elif self._lenses(dark, reflecting):
            hidden = "sunglasses"
        elif self._says("reflection on glasses", lambda r: r.glint >= self._face.glint_share):
            hidden = "reflection on glasses"
        masked = sum(r.mask for _, r in readings) / len(readings)
        self._now = Worn(hidden, masked >= (_OFF if self._now.mask else _ON))

    def _light_and_colour(self) -> float | None:
        """What is left of both about the eyes; ``None`` while most pictures have no colour."""
        sums = [r.around_eyes + r.eyes_colour for _, r in self._tints if r.eyes_colour is not None]
        return median(sums) if 2 * len(sums) > len(self._tints) else None

    def _lenses(self, dark: float, reflecting: float) -> bool:
        if self._now.eyes_hidden == "sunglasses":
            return dark < _LENS_OFF or reflecting < _REFLECTING_OFF
        return min(dark, reflecting) < 1.0

    def _says(self, what: EyesHidden, of: Callable[[FaceRegions], bool]) -> bool:
        share = sum(of(r) for _, r in self._readings) / len(self._readings)
        return share >= (_OFF if self._now.eyes_hidden == what else _ON)


def without_hidden(face: FaceMeasurement, worn: Worn) -> FaceMeasurement:
    """The measurement without what cannot have been seen: landmarks are guessed under a lens and under cloth."""
    if worn.eyes_hidden is not None:
        face = replace(face, left_eye=None, right_eye=None, eye_in_head=None, reason=f"the eyes are hidden: {worn.eyes_hidden}")
    if worn.mask:
        face = replace(face, mouth_ratio=None)
    return face


def _between(x: float, low: float, high: float) -> float:
    """0 at or below ``low``, 1 at or above ``high``, straight between."""
    return max(0.0, min(1.0, (x - low) / (high - low)))
