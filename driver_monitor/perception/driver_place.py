"""Whose face it is: the driver's is where the driver sits, and moves no faster than a head can.

Only place, size and movement are looked at; the face itself is not recognised, nothing of it is kept, and what is learned
ends with the trip. (Proportions of the landmarks were tried: in single pictures they tell two people apart too poorly.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driver_monitor import settings
from driver_monitor.perception.baseline import Learning, TimeHistogram
from driver_monitor.signals import CameraFrame, FaceMeasurement, Health, nanoseconds, seconds

_SPEED = 5.0  # face widths a second, 0.75 m/s: a head in a seat seldom moves faster, and ...
_SLACK = 0.3  # ... this many face widths are granted to every step, which at 10 pictures a second makes 1.2 m/s
_CONTINUOUS_S = 0.3  # a longer gap, and a face is found anew
_GROWTH = 2.0  # log size a second; beside ...
_GROWTH_SLACK = 0.3  # ... the landmarks' own
_SIZES = (0.55, 1.8)  # of the learned width: found anew, the driver's face is of this size
_LAST_S = 5.0  # a driver bent aside and lost comes back there within this time
_GONE_S = 1.0
_FOLLOW_S = 30.0  # the place follows the driver this slowly ...
_FOLLOW_WIDTHS = 1.5  # ... and this far at most, in face widths from where it was learned
_LOOK_S = 1.0  # while another face is refused, the whole picture is looked at this often
_STILL_THERE_S = 2.5  # two such looks without it, and the other face has gone
_STEADY_WIDTHS = 0.7  # a face that stays within this is steady
_BAND_WIDTHS = 2.5  # to either side of the driver's place, where the driver is looked for
_HIDE_WIDTHS = (0.9, 1.3)  # about a refused face, across and down


@dataclass(frozen=True, slots=True)
class _Spot:
    """A face's middle and width, as shares of the picture's width."""

    x: float
    y: float
    width: float

    def widths_to(self, other: _Spot) -> float:
        """Distance to another face in widths of this one."""
        return math.hypot(other.x - self.x, other.y - self.y) / max(self.width, 1e-6)


class DriverPlace:
    """Tells the driver's face from another; :meth:`look` before the landmarks, :meth:`step` after them."""

    def __init__(self, face: settings.Face, standstill_kmh: float) -> None:
        self._face = face
        self._standstill_kmh = standstill_kmh
        self._learning = Learning(face.place_s)
        self._x, self._y, self._width = (TimeHistogram(0.0, 1.0, 100) for _ in range(3))
        self._learned: _Spot | None = None
        self._seat: _Spot | None = None
        self._last: tuple[int, _Spot] | None = None  # the driver's face was last here
        self._other: tuple[int, _Spot] | None = None  # ... and another's here
        self._steady: tuple[int, _Spot] | None = None  # since when the other face has stayed where it is
        self._back: tuple[int, _Spot] | None = None  # beside another face the driver's was found here, for one picture so far
        self._whole_ns = 0
        self._health: list[Health] = []

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """Left, top, right and bottom of where the driver's face was last, as shares of the picture's width."""
        spot = self._last[1] if self._last is not None else None
        if spot is None:
            return None
        half = spot.width / 2.0
        return spot.x - half, spot.y - half, spot.x + half, spot.y + half

    def health(self) -> list[Health]:
        """What has been learned since the last call."""
        told, self._health = self._health, []
        return told

    def look(self, frame: CameraFrame) -> CameraFrame:
        """The picture to find the driver in: while another face is about, most often without it."""
        if self._other is None or self._seat is None:
            return frame
        if frame.t_ns - self._other[0] > nanoseconds(_STILL_THERE_S):
            self._other = self._steady = None
            return frame
        if frame.t_ns - self._whole_ns >= nanoseconds(_LOOK_S):
            self._whole_ns = frame.t_ns
            return frame
        image = frame.image.copy()
        _hide(image, self._seat, self._other[1])
        return replace(frame, image=image)

    def step(self, face: FaceMeasurement, speed_kmh: float | None) -> FaceMeasurement:
        """The measurement itself when the face is the driver's; else one of no face, with the reason."""
        if face.centre is None or face.width is None:
            self._learning.step(face.t_ns, usable=False)
            if self._other is None:
                return face
            if face.t_ns - self._other[0] > nanoseconds(_STILL_THERE_S):
                self._other = self._steady = None
                return face
            return _refused(face)
        spot = _Spot(*face.centre, face.width)
        if self._is_driver(face.t_ns, spot):
            if not self._confirmed(face.t_ns, spot):
                self._learning.step(face.t_ns, usable=False)
                return _refused(face)
        elif not self._settles(face.t_ns, spot, speed_kmh):
            self._learning.step(face.t_ns, usable=False)
            if self._other is None:
                self._whole_ns = face.t_ns
            self._other = (face.t_ns, spot)
            return _refused(face)
        self._other = self._steady = None
        self._learn(face.t_ns, spot)
        self._last = (face.t_ns, spot)
        return face

    def _is_driver(self, t_ns: int, spot: _Spot) -> bool:
        """Moved on from the driver's last place as a head can move, or found anew where the driver sits."""
        seat = self._seat
        if seat is None or self._last is None:
            return True
        last_ns, last = self._last
        gap_s = seconds(t_ns - last_ns)
        grown = abs(math.log(spot.width / last.width))
        if gap_s <= _CONTINUOUS_S:
            if last.widths_to(spot) <= _SLACK + _SPEED * gap_s and grown <= _GROWTH_SLACK + _GROWTH * gap_s:
                return True
        elif gap_s <= _LAST_S and last.widths_to(spot) <= 1.0 and grown <= _GROWTH_SLACK:
            return True
        low, high = _SIZES
        return seat.widths_to(spot) <= self._face.place_reach and low <= spot.width / seat.width <= high

    def _confirmed(self, t_ns: int, spot: _Spot) -> bool:
        """Gone for a while with another face about, the driver's must be found twice: one picture may show a false one."""
        if self._other is None or self._last is None or seconds(t_ns - self._last[0]) <= _GONE_S:
            return True
        back, self._back = self._back, (t_ns, spot)
        return back is not None and seconds(t_ns - back[0]) <= _CONTINUOUS_S and back[1].widths_to(spot) <= _STEADY_WIDTHS

    def _settles(self, t_ns: int, spot: _Spot, speed_kmh: float | None) -> bool:
        """A lone face that has stayed elsewhere for long is the driver's: the seat was moved, or another drives now."""
        if self._steady is None or self._steady[1].widths_to(spot) > _STEADY_WIDTHS:
            self._steady = (t_ns, spot)
            return False
        stands = speed_kmh is not None and speed_kmh < self._standstill_kmh
        needed = self._face.place_new_s if stands else self._face.place_new_moving_s
        if seconds(t_ns - self._steady[0]) < needed:
            return False
        self._learned = self._seat = spot
        why = f"a new place of the driver: a lone face, steady for {needed:g} s"
        self._health.append(Health(t_ns, "face", "learned", f"{why} at standstill" if stands else why))
        return True

    def _learn(self, t_ns: int, spot: _Spot) -> None:
        if self._learned is None:
            weight = self._learning.step(t_ns, usable=True)
            if weight > 0.0:
                for histogram, value in ((self._x, spot.x), (self._y, spot.y), (self._width, spot.width)):
                    histogram.add(value, weight)
            if self._learning.done:
                x, y, width = (h.densest(0.05) for h in (self._x, self._y, self._width))
                assert x is not None and y is not None and width is not None
                self._learned = self._seat = _Spot(x, y, width)
                self._health.append(Health(t_ns, "face", "learned", "the driver's place in the picture"))
            return
        assert self._seat is not None and self._last is not None
        share = min(seconds(t_ns - self._last[0]), 0.25) / _FOLLOW_S
        seat = self._seat
        moved = _Spot(
            seat.x + share * (spot.x - seat.x),
            seat.y + share * (spot.y - seat.y),
            seat.width + share * (spot.width - seat.width),
        )
        if self._learned.widths_to(moved) <= _FOLLOW_WIDTHS:
            self._seat = moved


def _refused(face: FaceMeasurement) -> FaceMeasurement:
    reason = "another face than the driver's is in the picture"
    return FaceMeasurement(face.t_ns, quality=face.quality, reason=reason, other_face=True)


def _hide(image: NDArray[np.uint8], seat: _Spot, other: _Spot) -> None:
    """Paint over all but the driver's surroundings, and over the other face where it reaches into them."""
    height, width = image.shape[:2]

    def column(x: float) -> int:
        return int(max(0, min(width, round(x * width))))

    reach = _BAND_WIDTHS * seat.width
    image[:, : column(seat.x - reach)] = 0
    image[:, column(seat.x + reach) :] = 0
    across, down = (share * other.width for share in _HIDE_WIDTHS)
    top, bottom = (max(0, min(height, round(y * width))) for y in (other.y - down, other.y + down))
    image[top:bottom, column(other.x - across) : column(other.x + across)] = 0
