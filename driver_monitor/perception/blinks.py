"""Blinks by the shape of the lids' movement: part blinks, which no closure rule sees, and how fast lids fall and rise."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import TypeAlias

from driver_monitor import settings
from driver_monitor.signals import Event, Value, nanoseconds, seconds

Points: TypeAlias = Sequence[tuple[int, float]]
"""(time ns, openness), rising in time."""

# EyeBlink8, two people: of all tried (depth 0.2-0.4, noise 6-8, risen 0.5-0.7) each gives F1 0.91-0.96
_PART_DEPTH = 0.3  # a part blink falls by this much openness at least ...
_PART_NOISE = 8.0  # ... and by so many times what open lids jump from picture to picture
_FALL_S = 0.2  # it falls within this time,
_RISEN = 0.7  # is over when this share of the fall has been made good,
_PART_S = 0.5  # and lasts no longer (a look down stays down)
_BASE_S = (0.1, 0.6)  # the level it falls from is the median of this long ago
_OPEN = 0.6  # noise is read off open lids
_NOISE_PRIOR, _NOISE_S, _NOISE_STEP = 0.03, 5.0, 0.2

_KEEP_S = 2.0  # a closure that began longer ago has no shape
_REOPEN_S = 0.4  # lids are fully up again within this time of half way
_SETTLED_S = 0.1  # ... and have come to rest when they rose no more for this long
_AROUND_S = 0.3  # where the level before the fall is looked for
_MARGIN = 0.1  # a fall or rise is timed between 10 and 90 % of its way


@dataclass(frozen=True, slots=True)
class LidShape:
    """One movement of the lids, shut and open again, after Ghoddoosian et al. 2019 (doi:10.1109/CVPRW.2019.00027).

    ``amplitude`` is the mean of fall and rise, in openness; ``closing_s`` and ``opening_s`` run between 10 and 90 % of fall and
    rise, ``whole_s`` from 10 % of the fall to 90 % of the rise; speeds are openness per second.
    """

    amplitude: float
    closing_s: float
    opening_s: float
    whole_s: float
    closing_speed: float
    opening_speed: float

    def detail(self) -> list[tuple[str, Value]]:
        """As the detail of an event."""
        return [
            ("amplitude", round(self.amplitude, 3)),
            ("closing_s", round(self.closing_s, 3)),
            ("opening_s", round(self.opening_s, 3)),
            ("whole_s", round(self.whole_s, 3)),
            ("closing_speed", round(self.closing_speed, 2)),
            ("opening_speed", round(self.opening_speed, 2)),
        ]


def lid_shape(points: Points, start_ns: int, end_ns: int) -> LidShape | None:
    """The shape of the movement that was half way at ``start_ns`` and ``end_ns``; ``None`` when a side of it was not seen."""
    around, reopen = nanoseconds(_AROUND_S), nanoseconds(_REOPEN_S)
    inside = [p for p in points if start_ns <= p[0] <= end_ns]
    before = [p for p in points if start_ns - around <= p[0] < start_ns]
    after = [p for p in points if end_ns < p[0] <= end_ns + reopen]
    if not inside or not before or not after:
        return None
    low = min(o for _, o in inside)
    fall, rise = max(o for _, o in before) - low, max(o for _, o in after) - low
    if fall <= 0.0 or rise <= 0.0:
        return None
    part = [p for p in points if before[0][0] <= p[0] <= after[-1][0]]
    began = _last_above(part, low + (1.0 - _MARGIN) * fall, start_ns)
    down = _first_below(part, low + _MARGIN * fall, began)
    back = part[::-1]
    up = _last_above([(-t, o) for t, o in back], low + (1.0 - _MARGIN) * rise, -end_ns)
    left = _first_below([(-t, o) for t, o in back], low + _MARGIN * rise, up)
    if began is None or down is None or up is None or left is None:
        return None
    closing_s, opening_s = seconds(down - began), seconds(left - up)
    if closing_s <= 0.0 or opening_s <= 0.0:
        return None
    share = 1.0 - 2.0 * _MARGIN
    return LidShape(
        (fall + rise) / 2.0, closing_s, opening_s, seconds(-up - began), share * fall / closing_s, share * rise / opening_s
    )


def _crossing(a: tuple[int, float], b: tuple[int, float], level: float) -> int:
    return a[0] + round((a[1] - level) / (a[1] - b[1]) * (b[0] - a[0]))


def _last_above(points: Points, level: float, by_ns: int) -> int | None:
    """When the lids fell through ``level`` for the last time before ``by_ns``, or at the first picture after it."""
    found = None
    for a, b in pairwise(points):
        if a[0] > by_ns:
            break
        if a[1] >= level > b[1]:
            found = _crossing(a, b, level)
    return found


def _first_below(points: Points, level: float, since_ns: int | None) -> int | None:
    if since_ns is None:
        return None
    for a, b in pairwise(points):
        if b[0] > since_ns and a[1] > level >= b[1]:
            return max(since_ns, _crossing(a, b, level))
    return None


@dataclass(slots=True)
class _Falling:
    """Lids that fell fast and are not up again."""

    start_ns: int
    base: float
    low_ns: int
    low: float


@dataclass(slots=True)
class _Ended:
    """An event whose lids are still on their way up."""

    event: Event
    high: float
    high_ns: int


class Blinks:
    """Adds part blinks to the closures, and to each blink its shape once the lids have settled.

    Below ``min_fps_blink`` pictures a second neither can be told: part blinks are then not reported and shapes left out.
    """

    def __init__(self, eyes: settings.Eyes) -> None:
        self._max_gap_ns = nanoseconds(eyes.max_gap_s)
        self._longest_step_s = 1.0 / (0.95 * eyes.min_fps_blink)
        self._points: deque[tuple[int, float]] = deque()
        self._falling: _Falling | None = None
        self._clear_ns = 0  # a level to fall from is looked for after this time only
        self._noise = _NOISE_PRIOR
        self._waiting: list[_Ended] = []

    def step(self, t_ns: int, openness: float | None, found: list[Event], closed: bool, in_yawn: bool) -> list[Event]:
        """Take one picture's openness and what the closure logic ``found`` in it; gives the events that are ready."""
        out = [e for e in found if e.end_ns is None or ("lost", True) in e.detail]
        points = self._points
        if points and t_ns - points[-1][0] > self._max_gap_ns:
            out += self._finish(t_ns)
            points.clear()
            self._falling = None
        if openness is None:
            return out
        if points:
            self._learn_noise(seconds(t_ns - points[-1][0]), abs(openness - points[-1][1]), openness)
        points.append((t_ns, openness))
        while t_ns - points[0][0] > nanoseconds(_KEEP_S):
            points.popleft()
        ended = [e for e in found if e not in out]
        if closed or ended or in_yawn:
            self._falling, self._clear_ns = None, t_ns
        elif (part := self._part_blink(t_ns, openness)) is not None:
            ended.append(part)
        self._waiting += [_Ended(e, openness, t_ns) for e in ended]
        return out + self._settled(t_ns, openness)

    def finish(self, t_ns: int, found: list[Event]) -> list[Event]:
        """The recording ends: report what still waits."""
        return self._finish(t_ns) + found

    def _learn_noise(self, dt_s: float, jump: float, openness: float) -> None:
        if openness > _OPEN and jump > 0.0:  # a picture left out holds the one before, and tells of no noise
            self._noise += min(1.0, dt_s / _NOISE_S) * (min(jump, _NOISE_STEP) - self._noise)

    def _fast_enough(self, since_ns: int) -> bool:
        """Pictures came often enough since then."""
        times = [t for t, _ in self._points if t >= since_ns]
        return len(times) >= 2 and seconds(times[-1] - times[0]) / (len(times) - 1) <= self._longest_step_s

    def _part_blink(self, t_ns: int, openness: float) -> Event | None:
        need = max(_PART_DEPTH, _PART_NOISE * self._noise)
        falling = self._falling
        if falling is None:
            self._look_for_fall(t_ns, openness, need)
            return None
        if openness < falling.low:
            falling.low_ns, falling.low = t_ns, openness
        depth = falling.base - falling.low
        if t_ns - falling.start_ns > nanoseconds(_PART_S):
            self._falling, self._clear_ns = None, t_ns
        elif openness >= falling.low + _RISEN * depth:
            self._falling, self._clear_ns = None, t_ns
            if self._fast_enough(falling.start_ns - nanoseconds(_AROUND_S)):
                return self._event(t_ns, falling)
        return None

    def _look_for_fall(self, t_ns: int, openness: float, need: float) -> None:
        since, until = t_ns - nanoseconds(_BASE_S[1]), t_ns - nanoseconds(_BASE_S[0])
        recent = [p for p in self._points if p[0] >= since and p[0] > self._clear_ns]
        if not recent or max(o for _, o in recent) < openness + need:
            return
        before = [o for t, o in recent if t <= until]
        if len(before) < 3:
            return
        base = min(1.0, median(before))  # wide eyes that relax blink not
        level = [t for t, o in recent if o >= base - need / 3.0]
        if openness <= base - need and level and t_ns - level[-1] <= nanoseconds(_FALL_S):
            self._falling = _Falling(level[-1], base, t_ns, openness)

    def _event(self, t_ns: int, falling: _Falling) -> Event:
        half = (falling.base + falling.low) / 2.0
        part = [p for p in self._points if p[0] >= falling.start_ns]
        start = next((_crossing(a, b, half) for a, b in pairwise(part) if a[1] > half >= b[1]), falling.start_ns)
        up = [p for p in part if p[0] >= falling.low_ns]
        end = next((_crossing(a, b, half) for a, b in pairwise(up) if a[1] <= half < b[1]), t_ns)
        detail: tuple[tuple[str, Value], ...] = (
            ("duration_s", round(seconds(end - start), 3)),
            ("depth", round(1.0 - falling.low, 3)),
            ("partial", True),
        )
        return Event(t_ns, "blink", start, end, detail)

    def _settled(self, t_ns: int, openness: float) -> list[Event]:
        """The events whose lids have come to rest, or fall again."""
        ready = []
        for ended in self._waiting:
            if openness > ended.high:
                ended.high, ended.high_ns = openness, t_ns
            end_ns = ended.event.end_ns
            assert end_ns is not None
            late = t_ns - end_ns >= nanoseconds(_REOPEN_S)
            if late or t_ns - ended.high_ns >= nanoseconds(_SETTLED_S) or openness < ended.high - _PART_DEPTH:
                ready.append(ended)
        self._waiting = [w for w in self._waiting if w not in ready]
        return [self._shaped(t_ns, r.event) for r in ready]

    def _finish(self, t_ns: int) -> list[Event]:
        waiting, self._waiting = self._waiting, []
        return [self._shaped(t_ns, w.event) for w in waiting]

    def _shaped(self, t_ns: int, event: Event) -> Event:
        assert event.end_ns is not None
        shape = None
        if self._fast_enough(event.start_ns - nanoseconds(_AROUND_S)):
            shape = lid_shape(tuple(self._points), event.start_ns, event.end_ns)
        return replace(event, t_ns=t_ns, detail=(*event.detail, *(shape.detail() if shape is not None else ())))
