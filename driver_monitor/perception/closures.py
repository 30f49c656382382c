"""Eye closures in time: blinks, long blinks, eyes closed. Times are interpolated, so the frame rate does not move them."""

from __future__ import annotations

from dataclasses import dataclass

from driver_monitor import settings
from driver_monitor.perception.mouth import Squeeze
from driver_monitor.signals import Event, Value, nanoseconds, seconds

_CLOSING_S = 0.3  # a lid that takes longer to fall was drooping: the closure then starts where it is shut
_LINGER_S = 0.15  # half open for this long is open
_LINGER_OPENNESS = 0.1  # ... when this far above the closed level, ...
_LINGER_LOWERED = 0.03  # ... or so far under a lowered head that looks down: not shut for longer than a blink yet
_YAWN_CLOSURE_S = 1.5  # squeezing the eyes shut for less belongs to a yawn and is no event of its own


@dataclass(frozen=True, slots=True)
class Closure:
    """Eyes closed since ``start_ns``, last seen so at ``seen_ns``; ``deep_s`` is the time at or below P80 so far."""

    start_ns: int
    seen_ns: int
    deep_s: float

    @property
    def lasted_s(self) -> float:
        """Seconds from the lids' falling to the last picture that showed them closed."""
        return seconds(self.seen_ns - self.start_ns)


class Closures:
    """Finds closures in a series of openness values.

    A closure is a stretch that reaches ``closed_openness`` (P80); it starts and ends where the lids cross
    ``edge_openness``. Pictures without usable eyes are skipped; when they go on for more than ``max_gap_s`` the closure
    ends at the last picture that showed it, marked ``lost``. ``open_since_ns`` is known while the lids are above the edge.
    """

    def __init__(self, eyes: settings.Eyes) -> None:
        self._edge = eyes.edge_openness
        self._closed = eyes.closed_openness
        self._max_gap_ns = nanoseconds(eyes.max_gap_s)
        self._blink_max_s = eyes.blink_max_s
        self._last: tuple[int, float] | None = None
        self._edge_ns: int | None = None
        self._rising_ns: int | None = None
        self._announced = False
        self._least = 1.0
        self._in_yawn = False
        self._laughed_ns = 0
        self.current: Closure | None = None
        self.open_since_ns: int | None = None

    def _crossing(self, level: float, t_ns: int, openness: float) -> int:
        """When the line from the last point to this one met ``level``."""
        if self._last is None:
            return t_ns
        t0, o0 = self._last
        if o0 == openness:
            return t_ns
        share = max(0.0, min(1.0, (o0 - level) / (o0 - openness)))
        return t0 + round(share * (t_ns - t0))

    def step(self, t_ns: int, openness: float | None, squeezed: Squeeze | None = None, lowered: bool = False) -> list[Event]:
        """Take one picture's openness (``None`` when the eyes are not usable).

        ``squeezed``: a yawn or a laugh narrows them; ``lowered``: the head looks down.
        """
        events: list[Event] = []
        self._in_yawn = self._in_yawn or squeezed == "yawn"
        if self._last is not None and t_ns - self._last[0] > self._max_gap_ns:
            events += self._end(t_ns, self._last[0], lost=True)
            self._last = self._edge_ns = self.open_since_ns = None
        if openness is None:
            return events
        if self.current is None:
            self._in_yawn, self._laughed_ns = squeezed == "yawn", 0
            self._watch_open(t_ns, openness)
        else:
            events += self._watch_closed(t_ns, openness, squeezed, lowered)
        self._last = (t_ns, openness)
        return events

    def _during(self, t_ns: int) -> Squeeze | None:
        """What squeezes the eyes shut: a yawn, however little of it, or a laugh for half of the closure."""
        if self._in_yawn:
            return "yawn"
        assert self.current is not None
        return "laugh" if 2 * self._laughed_ns >= t_ns - self.current.start_ns else None

    def finish(self, t_ns: int) -> list[Event]:
        """The recording ends: report a closure that still lasts."""
        return self._end(t_ns, self.current.seen_ns) if self.current is not None else []

    def _watch_open(self, t_ns: int, openness: float) -> None:
        if openness > self._edge:
            self._edge_ns = None
            if self.open_since_ns is None:
                self.open_since_ns = t_ns
            return
        if self._edge_ns is None:
            self._edge_ns = self._crossing(self._edge, t_ns, openness)
        if openness <= self._closed:
            shut_ns = self._crossing(self._closed, t_ns, openness)
            slow = shut_ns - self._edge_ns > nanoseconds(_CLOSING_S)
            self.current = Closure(shut_ns if slow else self._edge_ns, t_ns, seconds(t_ns - shut_ns))
            self._least, self._announced, self._rising_ns, self.open_since_ns = openness, False, None, None

    def _watch_closed(self, t_ns: int, openness: float, squeezed: Squeeze | None, lowered: bool) -> list[Event]:
        assert self.current is not None and self._last is not None
        now, (last_ns, last) = self.current, self._last
        self._laughed_ns += t_ns - last_ns if squeezed == "laugh" else 0
        if openness > self._edge:
            events = self._end(t_ns, self._crossing(self._edge, t_ns, openness))
            self.open_since_ns = t_ns
            return events
        linger = _LINGER_LOWERED if lowered and now.deep_s < self._blink_max_s else _LINGER_OPENNESS
        if openness > self._closed + linger:
            if self._rising_ns is None:
                self._rising_ns = self._crossing(self._closed, t_ns, openness)
            if t_ns - self._rising_ns >= nanoseconds(_LINGER_S):
                return self._end(t_ns, self._rising_ns)
        else:
            self._rising_ns = None
        self._least = min(self._least, openness)
        deep = now.deep_s + (seconds(t_ns - last_ns) if openness <= self._closed and last <= self._closed else 0.0)
        self.current = Closure(now.start_ns, t_ns, deep)
        if not self._announced and self.current.lasted_s >= self._blink_max_s and self._during(t_ns) is None:
            self._announced = True
            return [Event(t_ns, "eyes_closed", now.start_ns, None, ())]
        return []

    def _end(self, t_ns: int, end_ns: int, lost: bool = False) -> list[Event]:
        closure = self.current
        if closure is None:
            return []
        during, self.current = self._during(end_ns), None
        self._edge_ns = self.open_since_ns = None
        lasted = seconds(end_ns - closure.start_ns)
        if self._in_yawn and lasted < _YAWN_CLOSURE_S and not self._announced:
            return []
        detail: list[tuple[str, Value]] = [("duration_s", round(lasted, 3)), ("depth", round(1.0 - self._least, 3))]
        if lost:
            detail.append(("lost", True))
        if during is not None:
            detail.append(("during", during))
        long = lasted >= self._blink_max_s or self._announced
        return [Event(t_ns, "eyes_closed" if long else "blink", closure.start_ns, end_ns, tuple(detail))]
