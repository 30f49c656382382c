"""Can the driver be seen at all: covered, dark, frozen, no face, eyes not usable. Each is named, and an event."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor import settings
from driver_monitor.signals import CameraFrame, Event, FaceMeasurement, PictureQuality, nanoseconds

Sight: TypeAlias = Literal["clear", "no_picture", "covered", "dark", "frozen", "no_face", "eyes_not_usable"]
BLOCKED: frozenset[Sight] = frozenset({"covered", "dark", "frozen", "no_picture"})

_NO_PICTURE_S = 1.0  # a camera that was there and sends nothing for this long is not seeing
_EVENT_AFTER_S = 0.5  # shorter troubles (a hand passing, one lost frame) are no event
_GRID = 16  # every sixteenth pixel in each direction tells brightness well enough


class PictureCheck:
    """Brightness, contrast and freezing of the camera's pictures."""

    def __init__(self, face: settings.Face) -> None:
        import cv2

        self._mean_spread = cv2.meanStdDev
        self._frozen_ns = nanoseconds(face.frozen_s)
        self._last: NDArray[np.uint8] | None = None
        self._changed_ns: int | None = None

    def step(self, frame: CameraFrame) -> PictureQuality:
        """Quality of one picture; ``frozen`` once pictures have been equal for ``face.frozen_s``."""
        grid = np.ascontiguousarray(frame.image[::_GRID, ::_GRID, 1])  # green stands for luma
        if self._last is None or self._changed_ns is None or not np.array_equal(grid, self._last):
            self._changed_ns = frame.t_ns
        self._last = grid
        mean, spread = self._mean_spread(grid)
        return PictureQuality(
            luma=float(mean[0, 0]),
            contrast=float(spread[0, 0]),
            frozen=frame.t_ns - self._changed_ns >= self._frozen_ns,
        )


class Visibility:
    """What the driver's picture allows right now, since when, and the events of it."""

    def __init__(self, face: settings.Face) -> None:
        self._face = face
        self.sight: Sight = "clear"
        self.since_ns: int | None = None
        self._last_picture_ns: int | None = None
        self._announced = False

    def _judge(self, face: FaceMeasurement, eyes_usable: bool) -> Sight:
        quality = face.quality
        if quality is not None and quality.frozen:
            return "frozen"
        if not face.present:
            if quality is not None and quality.luma < self._face.dark_luma:
                return "dark"
            if quality is not None and quality.contrast < self._face.flat_contrast:
                return "covered"
            return "no_face"
        return "clear" if eyes_usable else "eyes_not_usable"

    def step(self, face: FaceMeasurement, eyes_usable: bool) -> list[Event]:
        """Take one picture's measurement; events come when a trouble has lasted, and when it ends."""
        self._last_picture_ns = face.t_ns
        return self._become(face.t_ns, self._judge(face, eyes_usable))

    def tick(self, t_ns: int) -> list[Event]:
        """Notice that pictures have stopped coming."""
        if self._last_picture_ns is not None and t_ns - self._last_picture_ns >= nanoseconds(_NO_PICTURE_S):
            return self._become(t_ns, "no_picture", since_ns=self._last_picture_ns)
        return []

    def _become(self, t_ns: int, sight: Sight, since_ns: int | None = None) -> list[Event]:
        events: list[Event] = []
        if sight != self.sight:
            if self._announced and self.since_ns is not None:
                events.append(Event(t_ns, "visibility", self.since_ns, t_ns, (("trouble", self.sight),)))
            self.sight, self._announced = sight, False
            self.since_ns = None if sight == "clear" else (t_ns if since_ns is None else since_ns)
        if self.since_ns is not None and not self._announced and t_ns - self.since_ns >= nanoseconds(_EVENT_AFTER_S):
            self._announced = True
            events.append(Event(t_ns, "visibility", self.since_ns, None, (("trouble", sight),)))
        return events
