"""What the hands do near the face: when to look for them, which part of the face each is at, and the events of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor import settings
from driver_monitor.perception.face_landmarks import FaceLandmarks
from driver_monitor.perception.hand_landmarks import HandLandmarks
from driver_monitor.signals import Event, HandMeasurement, HandPlace, HandReading, Value, nanoseconds, seconds

Side: TypeAlias = Literal["left", "right"]
_Where: TypeAlias = tuple[HandPlace, Side | None]

# MediaPipe's face points: cheek bones (right, left), crown, chin, lips, eye corners, middles of the cheeks
_POINTS = (234, 454, 10, 152, 13, 14, 33, 133, 263, 362, 50, 280)
_EAR_OUT, _EAR_BACK = 0.2, 0.1  # a hand's middle at the ear lies so far outside and behind the cheek bone, in face widths
_CHEEK_DOWN, _CHEEK_OUT = 0.1, 0.05  # a hand at the cheek lies a little below and outside the cheek's middle
_RAISED_WIDE, _RAISED_LOW = 2.2, 1.8  # raised: within so many face widths aside of the face and below its middle
_STAY_BONUS = 0.08  # ... so many face widths nearer: a hand between two places does not flicker
_FACE_KEPT_S = 3.0  # a face that a hand may hide is still where it was for so long
_SETTLING_S = 6.0  # a hand that has come to a place is watched closely for so long


@dataclass(frozen=True, slots=True, eq=False)
class FacePlaces:
    """Where a hand's middle is when it is at a part of the face: pixels, with the face's width as the unit of distance."""

    places: tuple[_Where, ...]
    points: NDArray[np.float64]
    middle: NDArray[np.float64]
    width: float

    @classmethod
    def of(cls, face: FaceLandmarks) -> FacePlaces:
        """From face landmarks; the ears, which have none, are put outside the cheek bones along the head's own axes."""
        right, left, crown, chin, lip_a, lip_b, r_a, r_b, l_a, l_b, cheek_r, cheek_l = np.array(face.points(_POINTS))
        across = left - right
        width = max(float(np.linalg.norm(across)), 1.0)
        out = across / width
        up = crown - chin
        up = up - out * (up @ out)
        up /= max(float(np.linalg.norm(up)), 1e-6)
        back = np.cross(out, up)
        back = back if back[2] > 0.0 else -back  # away from the camera
        aside, down = _EAR_OUT * width * out, _CHEEK_DOWN * width * up
        behind, beside = _EAR_BACK * width * back, _CHEEK_OUT * width * out
        anchors: list[tuple[HandPlace, Side | None, NDArray[np.float64]]] = [
            ("mouth", None, (lip_a + lip_b) / 2.0),
            ("chin", None, chin),
            ("eye", "right", (r_a + r_b) / 2.0),
            ("eye", "left", (l_a + l_b) / 2.0),
            ("cheek", "right", cheek_r - down - beside),
            ("cheek", "left", cheek_l - down + beside),
            ("ear", "right", right - aside + behind),
            ("ear", "left", left + aside + behind),
        ]
        return cls(
            tuple((place, side) for place, side, _ in anchors),
            np.array([point[:2] for _, _, point in anchors]),
            ((right + left) / 2.0)[:2],
            width,
        )

    def reading(self, hand: HandLandmarks, reach: float, before: Collection[_Where]) -> HandReading | None:
        """Where the hand is; ``None`` when it is neither at the face nor raised beside or below it.

        ``before`` are the places where hands were: a hand between two places stays where it was.
        """
        middle = hand.points.mean(axis=0)
        away = np.linalg.norm(self.points - middle, axis=1) / self.width
        nearest = int(np.argmin(away - [_STAY_BONUS if place in before else 0.0 for place in self.places]))
        if away[nearest] <= reach:
            place, side = self.places[nearest]
            return HandReading(place, side, round(float(away[nearest]), 3))
        aside, below = np.abs(middle[0] - self.middle[0]) / self.width, (middle[1] - self.middle[1]) / self.width
        return HandReading("raised") if aside <= _RAISED_WIDE and below <= _RAISED_LOW else None


class Hands:
    """Decides when to look for hands, and turns looks into events.

    Looking costs more than the face itself, so it is done seldom: every ``every_s``, and every ``near_s`` for a while after
    a hand has come to the face or the face was lost. All by the pictures' own times.
    """

    def __init__(self, hands: settings.Hands) -> None:
        self._hands = hands
        self._next_ns: int | None = None
        self._places: FacePlaces | None = None
        self._face_ns: int | None = None  # the face was last there
        self._lost_ns: int | None = None  # it has been lost since
        self._moved_ns: int | None = None  # a hand came to the face, or to another place of it
        self._stays: dict[_Where, _Stay] = {}

    def due(self, t_ns: int, *, face_found: bool) -> bool:
        """Whether this picture is to be looked at for hands."""
        if face_found:
            self._face_ns, self._lost_ns = t_ns, None
        elif self._face_ns is None or t_ns - self._face_ns > nanoseconds(_FACE_KEPT_S):
            return False  # hands are told by the face
        elif self._lost_ns is None:
            self._lost_ns = t_ns  # by a hand before it, maybe
            self._next_ns = min(self._next_ns or t_ns, t_ns + nanoseconds(self._hands.near_s))
        if self._next_ns is not None and t_ns < self._next_ns:
            return False
        close = self._lost_ns is not None or (
            self._moved_ns is not None and t_ns - self._moved_ns < nanoseconds(_SETTLING_S)
        )
        self._next_ns = t_ns + nanoseconds(self._hands.near_s if close else self._hands.every_s)
        return True

    def look(self, t_ns: int, found: list[HandLandmarks], face: FaceLandmarks | None) -> HandMeasurement:
        """Where the hands found in a picture are, by the face in it or the one seen shortly before."""
        if face is not None:
            self._places = FacePlaces.of(face)
        if not found:
            return HandMeasurement(t_ns)
        places, reach = self._places, self._hands.reach
        if places is None:
            return HandMeasurement(t_ns, reason="hands, but no face to tell where they are")
        readings = (places.reading(hand, reach, self._stays) for hand in found)
        return HandMeasurement(t_ns, tuple(reading for reading in readings if reading is not None))

    def step(self, measured: HandMeasurement) -> list[Event]:
        """Take one look; a hand at the face is an event once it has been there for ``min_s``, and when it has gone."""
        t_ns = measured.t_ns
        events: list[Event] = []
        here = {(hand.place, hand.side) for hand in measured.hands if hand.place != "raised"}
        again_ns = t_ns + nanoseconds(self._hands.near_s)
        if not here <= self._stays.keys():
            self._moved_ns, self._next_ns = t_ns, again_ns
        for key in [key for key in self._stays if key not in here]:
            stay = self._stays[key]
            if stay.missed_ns is None:  # one look may miss a hand
                stay.missed_ns, self._next_ns = t_ns, again_ns
            else:
                events += self._stays.pop(key).ended(t_ns, key)
        for key in sorted(here, key=str):
            stay = self._stays.setdefault(key, _Stay(t_ns, t_ns))
            stay.seen_ns, stay.missed_ns = t_ns, None
            if not stay.told and t_ns - stay.start_ns >= nanoseconds(self._hands.min_s):
                stay.told = True
                events.append(Event(t_ns, "hand_to_face", stay.start_ns, None, _where(key)))
        return events

    def finish(self, t_ns: int) -> list[Event]:
        """The recording ends: report hands that are still at the face."""
        return [event for key, stay in self._stays.items() for event in stay.ended(t_ns, key)]


@dataclass(slots=True)
class _Stay:
    """A hand at one place: first and last seen there, missed since, and whether it was reported."""

    start_ns: int
    seen_ns: int
    missed_ns: int | None = None
    told: bool = False

    def ended(self, t_ns: int, key: _Where) -> list[Event]:
        if not self.told:
            return []
        lasted = ("duration_s", round(seconds(self.seen_ns - self.start_ns), 3))
        return [Event(t_ns, "hand_to_face", self.start_ns, self.seen_ns, (*_where(key), lasted))]


def _where(key: _Where) -> tuple[tuple[str, Value], ...]:
    place, side = key
    return (("where", place),) if side is None else (("where", place), ("side", side))
