"""Can the driver be seen at all: covered, dark, glare, frozen, blurred, no face, another's, eyes not usable. Each is named."""

from __future__ import annotations

from typing import Literal, TypeAlias

from driver_monitor import settings
from driver_monitor.signals import Event, FaceMeasurement, PictureQuality, Value, nanoseconds

Sight: TypeAlias = Literal[
    "clear", "no_picture", "covered", "dark", "glare", "frozen", "blurred", "no_face", "other_face", "eyes_not_usable"
]
BLOCKED: frozenset[Sight] = frozenset({"covered", "dark", "glare", "frozen", "blurred", "no_picture"})

_NO_PICTURE_S = 1.0  # a camera that was there and sends nothing for this long is not seeing
_BLUR_ALONE = 0.5  # an empty seat has less fine detail: without a face a blur begins at this share of its limit
_COVER_SHARE = 0.35  # of the picture's brighter parts: what is darker has something before it
_BLACK_SHARE = 0.25  # with its own spread no brighter than this share of them it is black, and a cover's edge may lie in it
_STILL_COVERED = 1.5  # noise and a cover's edge are no uncovering: flat is up to so many times the limit while covered
_EVENT_AFTER_S = 0.5  # shorter troubles (a hand passing, one lost frame) are no event


class Visibility:
    """What the driver's picture allows right now, since when, and the events of it."""

    def __init__(self, face: settings.Face) -> None:
        self._face = face
        self.sight: Sight = "clear"
        self.since_ns: int | None = None
        self.why: str | None = None
        self._last_picture_ns: int | None = None
        self._announced = False
        self._mask_ns: int | None = None

    def _judge(self, face: FaceMeasurement, eyes_usable: bool) -> Sight:
        limits, quality = self._face, face.quality
        if quality is None:
            return self._of_face(face, eyes_usable)
        # an infrared picture is dark but for what the lamp reaches
        if not face.present and quality.luma < limits.dark_luma and quality.contrast < limits.dark_luma:
            return "dark"
        if quality.frozen:
            return "frozen"
        if not face.present:
            if quality.saturated >= limits.glare_share:
                return "glare"
            if quality.contrast < limits.flat_contrast or self._seat_covered(quality):
                return "covered"
        known = face.present or (self.sight == "blurred" and self._announced)
        if quality.sharpness is not None and quality.sharpness < limits.blurred_share * (1.0 if known else _BLUR_ALONE):
            return "blurred"
        return self._of_face(face, eyes_usable)

    def _of_face(self, face: FaceMeasurement, eyes_usable: bool) -> Sight:
        if face.present:
            return "clear" if eyes_usable else "eyes_not_usable"
        return "other_face" if face.other_face else "no_face"

    def _seat_covered(self, quality: PictureQuality) -> bool:
        """Something dark and flat is where the driver was, in a picture that is not dark."""
        if quality.seat is None:
            return False
        luma, contrast = quality.seat
        bright = quality.luma + quality.contrast
        dark = min(self._face.dark_luma, _COVER_SHARE * bright)
        black = luma + contrast < _BLACK_SHARE * bright
        flat = self._face.flat_contrast * (_STILL_COVERED if black or self.sight == "covered" else 1.0)
        return luma < dark and contrast < flat

    def step(self, face: FaceMeasurement, eyes_usable: bool, why: str | None = None, mask: bool = False) -> list[Event]:
        """Take one picture's measurement; events come when a trouble has lasted, and when it ends.

        ``why`` says why eyes are not usable where that is known; a ``mask`` is an event of its own, since eyes see past it.
        """
        self._last_picture_ns = face.t_ns
        sight = self._judge(face, eyes_usable)
        # that a picture is the same as the last is known only after a while
        since_ns = face.t_ns - nanoseconds(self._face.frozen_s) if sight == "frozen" and self.sight == "clear" else None
        events = self._become(face.t_ns, sight, why if sight == "eyes_not_usable" else None, since_ns)
        return [*events, *self._cover_mouth(face.t_ns, mask)]

    def _cover_mouth(self, t_ns: int, mask: bool) -> list[Event]:
        start_ns = self._mask_ns
        if mask and start_ns is None:
            self._mask_ns = t_ns
            return [Event(t_ns, "visibility", t_ns, None, (("trouble", "mask"),))]
        if not mask and start_ns is not None:
            self._mask_ns = None
            return [Event(t_ns, "visibility", start_ns, t_ns, (("trouble", "mask"),))]
        return []

    def tick(self, t_ns: int) -> list[Event]:
        """Notice that pictures have stopped coming."""
        if self._last_picture_ns is not None and t_ns - self._last_picture_ns >= nanoseconds(_NO_PICTURE_S):
            return self._become(t_ns, "no_picture", since_ns=self._last_picture_ns)
        return []

    def _become(self, t_ns: int, sight: Sight, why: str | None = None, since_ns: int | None = None) -> list[Event]:
        events: list[Event] = []
        another_cause = why is not None and self.why is not None and why != self.why
        if sight != self.sight or another_cause:
            if self._announced and self.since_ns is not None:
                events.append(Event(t_ns, "visibility", self.since_ns, t_ns, self._detail()))
            self.sight, self.why, self._announced = sight, why, False
            self.since_ns = None if sight == "clear" else (t_ns if since_ns is None else since_ns)
        self.why = why or self.why
        if self.since_ns is not None and not self._announced and t_ns - self.since_ns >= nanoseconds(_EVENT_AFTER_S):
            self._announced = True
            events.append(Event(t_ns, "visibility", self.since_ns, None, self._detail()))
        return events

    def _detail(self) -> tuple[tuple[str, Value], ...]:
        named: tuple[tuple[str, Value], ...] = (("trouble", self.sight),)
        return named if self.why is None else (*named, ("why", self.why))
