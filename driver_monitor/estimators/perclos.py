"""PERCLOS (P80): the share of usable time in which the eyes were at least 80 % closed, blinks left out."""

from __future__ import annotations

from collections import deque

from driver_monitor import settings
from driver_monitor.perception.closures import Closure
from driver_monitor.signals import NS_PER_S, nanoseconds, seconds

_MAX_STEP_S = 0.5  # one picture stands for no more than this much time
_STALE_S = 2.0  # without a picture for this long nothing is known of now


class Perclos:
    """Closed and usable time in one-second cells over the long window.

    Pictures without usable eyes count on neither side, and neither do those of a yawn or a laugh. Closures shorter than
    ``blink_left_out_s`` are left out: closed time enters once a closure has lasted that long, and then in full.
    """

    def __init__(self, fatigue: settings.Fatigue) -> None:
        self._fatigue = fatigue
        self._cells: deque[tuple[int, list[float]]] = deque()  # (second, [usable_s, closed_s])
        self._frames: deque[int] = deque()
        self._first_ns: int | None = None
        self._last_ns: int | None = None
        self._counted: tuple[int, float] = (-1, 0.0)  # closure's start, its deep time counted so far

    def step(self, t_ns: int, usable: bool, closure: Closure | None, squeezed: bool = False) -> None:
        """Take one picture: whether its eyes were usable, and the closure it lies in (``squeezed``: by a yawn or a laugh)."""
        if self._first_ns is None:
            self._first_ns = t_ns
        last, self._last_ns = self._last_ns, t_ns
        self._frames.append(t_ns)
        while t_ns - self._frames[0] > 5 * NS_PER_S:
            self._frames.popleft()
        second = t_ns // NS_PER_S
        if not self._cells or self._cells[-1][0] != second:
            self._cells.append((second, [0.0, 0.0]))
            while second - self._cells[0][0] > self._fatigue.perclos_long_s:
                self._cells.popleft()
        cell = self._cells[-1][1]
        if usable and not squeezed and last is not None:
            cell[0] += min(seconds(t_ns - last), _MAX_STEP_S)
        if closure is not None and squeezed:
            self._counted = (closure.start_ns, closure.deep_s)
        elif closure is not None and closure.lasted_s >= self._fatigue.blink_left_out_s:
            before = self._counted[1] if self._counted[0] == closure.start_ns else 0.0
            cell[1] += closure.deep_s - before
            self._counted = (closure.start_ns, closure.deep_s)

    def fps(self) -> float | None:
        """Frame rate over the last five seconds, 1/s."""
        if len(self._frames) < 2 or self._frames[-1] == self._frames[0]:
            return None
        return (len(self._frames) - 1) / seconds(self._frames[-1] - self._frames[0])

    def usable_s(self, t_ns: int, window_s: float) -> float:
        """Usable time in the ``window_s`` before ``t_ns``, s."""
        return self._sums(t_ns, window_s)[0]

    def value(self, t_ns: int, window_s: float) -> tuple[float | None, str | None]:
        """PERCLOS over the ``window_s`` before ``t_ns`` (0 to 1), or ``None`` and why."""
        f = self._fatigue
        if self._first_ns is None or self._last_ns is None:
            return None, "no picture yet"
        if t_ns - self._last_ns > nanoseconds(_STALE_S):
            return None, "no picture now"
        usable, closed = self._sums(t_ns, window_s)
        if usable < f.perclos_min_s:
            return None, f"PERCLOS needs {f.perclos_min_s:.0f} s of usable eyes, {usable:.0f} s so far"
        passed = min(window_s, seconds(t_ns - self._first_ns))
        if usable < f.perclos_min_usable * passed:
            return None, f"eyes usable in {100 * usable / passed:.0f} % of the last {passed:.0f} s"
        fps = self.fps()
        if fps is None or fps < f.perclos_min_fps * 0.95:
            return None, f"PERCLOS needs {f.perclos_min_fps:.0f} pictures a second"
        return min(1.0, closed / usable), None

    def _sums(self, t_ns: int, window_s: float) -> tuple[float, float]:
        first = -((nanoseconds(window_s) - t_ns) // NS_PER_S)  # the first second that lies in the window whole
        usable = closed = 0.0
        for second, cell in reversed(self._cells):
            if second < first:
                break
            usable += cell[0]
            closed += cell[1]
        return usable, closed
