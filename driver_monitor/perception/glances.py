"""Glances after ISO 15007, from the zones of single pictures."""

from __future__ import annotations

from driver_monitor import settings
from driver_monitor.perception.gaze import GazeState
from driver_monitor.perception.gaze_zones import Zone
from driver_monitor.signals import NS_PER_S, Event, Value, nanoseconds, seconds

_HIDDEN_S = 0.9  # a glance ends where it was last seen when nothing is known for longer
_MOVE_S = 0.2  # a look's move takes no longer
_TRANSIT_S = 0.1  # passing over the road faster than this belongs to the move


class Glances:
    """Glances after ISO 15007: each lasts from the start of the move towards its target to the start of the next move.

    A place is a target once it was looked at for ``min_dwell_s``, and from the road once the road was left for so long; after
    a glance the road is one only after ``bridge_s``, so that a flick to it and back does not split the glance, nor does a
    blink. A glance at the edge of two places is named after the one that it was longer on.
    """

    def __init__(self, gaze: settings.Gaze) -> None:
        self._min_ns = nanoseconds(gaze.min_dwell_s)
        self._bridge_ns = nanoseconds(gaze.bridge_s)
        self._target: Zone = "road"
        self._start_ns = 0
        self._seen_ns: int | None = None  # the last picture with a known zone
        self._left_ns: int | None = None  # the target was left then
        self._next: Zone = "road"  # where the gaze went instead; the move to it began, and a picture first showed it:
        self._next_ns = 0
        self._next_seen_ns = 0
        self._on_ns: dict[Zone, int] = {}  # time of this glance on each place
        self._head_only = [0, 0]  # pictures of this glance seen by the head alone, and all
        self._announced = False

    def step(self, gaze: GazeState) -> list[Event]:
        """Take one picture's gaze; a glance is reported when it ends, and when it has lasted a second."""
        t_ns, zone = gaze.t_ns, gaze.zone
        if zone is None:
            seen_ns = self._seen_ns
            if self._target != "road" and seen_ns is not None and t_ns - seen_ns > nanoseconds(_HIDDEN_S):
                return self._turn(t_ns, seen_ns if self._left_ns is None else self._left_ns, "road")
            return []
        # a move begins after the last picture that could be read, but a long closure before it is no part of it, unless the
        # head went with it
        moved_ns = t_ns if zone == "road" or gaze.head_away_ns is None else gaze.head_away_ns
        before_ns = max(moved_ns - nanoseconds(_MOVE_S), t_ns if self._seen_ns is None else self._seen_ns)
        self._seen_ns = t_ns
        if zone != "road":
            self._on_ns[zone] = self._on_ns.get(zone, 0) + t_ns - before_ns
        self._head_only[0] += gaze.head_only
        self._head_only[1] += 1
        if zone == self._target:
            self._left_ns = None
            return self._announce(t_ns)
        if self._left_ns is None:
            self._left_ns = before_ns
            self._look_to(zone, before_ns, t_ns)
        elif zone != self._next and self._target == "road" and "road" not in (zone, self._next):
            self._next = zone  # still the same look away, wherever it comes to rest
        elif zone != self._next:
            passed_road = self._next == "road" and t_ns - self._next_seen_ns > nanoseconds(_TRANSIT_S)
            self._look_to(zone, before_ns if zone == "road" or passed_road else self._left_ns, t_ns)
        needed = self._bridge_ns if zone == "road" else self._min_ns
        return self._turn(t_ns, self._left_ns, zone) if t_ns - self._next_seen_ns >= needed else []

    def _look_to(self, zone: Zone, start_ns: int, seen_ns: int) -> None:
        self._next, self._next_ns, self._next_seen_ns = zone, start_ns, seen_ns

    def finish(self, t_ns: int) -> list[Event]:
        """The recording ends: report a glance that still lasts."""
        return self._end(t_ns, t_ns, cut=True)

    def _announce(self, t_ns: int) -> list[Event]:
        if self._target == "road" or self._announced or t_ns - self._start_ns < NS_PER_S:
            return []
        self._announced = True
        return [Event(t_ns, "glance", self._start_ns, None, (("zone", self._place()),))]

    def _place(self) -> Zone:
        return max(self._on_ns, key=lambda zone: self._on_ns[zone], default=self._target)

    def _turn(self, t_ns: int, left_ns: int, zone: Zone) -> list[Event]:
        events = self._end(t_ns, left_ns)
        self._target, self._start_ns, self._left_ns = zone, self._next_ns, None
        self._announced, self._head_only, self._on_ns = False, [0, 0], {}
        return events

    def _end(self, t_ns: int, end_ns: int, cut: bool = False) -> list[Event]:
        if self._target == "road" or end_ns - self._start_ns < self._min_ns:
            return []
        lead = "head" if 2 * self._head_only[0] > self._head_only[1] else "head and eyes"
        detail: list[tuple[str, Value]] = [
            ("zone", self._place()),
            ("duration_s", round(seconds(end_ns - self._start_ns), 3)),
            ("seen_by", lead),
            *([("cut", True)] if cut else []),
        ]
        return [Event(t_ns, "glance", self._start_ns, end_ns, tuple(detail))]
