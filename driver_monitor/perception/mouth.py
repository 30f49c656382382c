"""Yawns: a mouth held wide open. Talking, laughing and singing open it too, but neither as far nor as long."""

from __future__ import annotations

from typing import Literal, TypeAlias

from driver_monitor import settings
from driver_monitor.signals import Event, nanoseconds, seconds

Squeeze: TypeAlias = Literal["yawn", "laugh"]  # what narrows the eyes and is no sleep

_WIDE_S = 0.8  # of the opening, this much is spent at or near the widest
_MAX_GAP_S = 0.5
_LONGEST_S = 8.0  # a yawn lasts 6 s on the mean (secondary text); a mouth open for longer hangs open


class Yawns:
    """Finds yawns in the ratio of inner-lip gap to mouth width."""

    def __init__(self, mouth: settings.Mouth) -> None:
        self._open = mouth.open_ratio
        self._wide = mouth.wide_ratio
        self._min_s = mouth.yawn_min_s
        self._last: tuple[int, float] | None = None
        self._start_ns: int | None = None
        self._wide_s = 0.0
        self._peak = 0.0
        self._announced = False

    @property
    def wide_open(self) -> bool:
        """The mouth is open as far as in a yawn: face and eyes around it are not to be read as usual."""
        if self._start_ns is None or self._last is None or self._peak < self._wide:
            return False
        return self._last[0] - self._start_ns <= nanoseconds(_LONGEST_S)

    def _crossing(self, t_ns: int, ratio: float) -> int:
        if self._last is None or self._last[1] == ratio:
            return t_ns
        t0, r0 = self._last
        share = max(0.0, min(1.0, (self._open - r0) / (ratio - r0)))
        return t0 + round(share * (t_ns - t0))

    def step(self, t_ns: int, ratio: float | None) -> list[Event]:
        """Take one picture's mouth ratio; a yawn is announced once it is long enough, and reported when it ends."""
        events: list[Event] = []
        if self._last is not None and t_ns - self._last[0] > nanoseconds(_MAX_GAP_S):
            events += self._end(t_ns, self._last[0])
            self._last = None
        if ratio is None:
            return events
        if self._start_ns is None:
            if ratio >= self._open:
                self._start_ns = self._crossing(t_ns, ratio)
                self._peak, self._wide_s, self._announced = ratio, 0.0, False
        elif ratio < self._open:
            events += self._end(t_ns, self._crossing(t_ns, ratio))
        else:
            assert self._last is not None
            self._peak = max(self._peak, ratio)
            if ratio >= self._wide:
                self._wide_s += seconds(t_ns - self._last[0])
            if not self._announced and self._is_yawn(t_ns):
                self._announced = True
                events.append(Event(t_ns, "yawn", self._start_ns, None, ()))
        self._last = (t_ns, ratio)
        return events

    def finish(self, t_ns: int) -> list[Event]:
        """The recording ends: report a yawn that still lasts."""
        return self._end(t_ns, t_ns)

    def _is_yawn(self, end_ns: int) -> bool:
        assert self._start_ns is not None
        return seconds(end_ns - self._start_ns) >= self._min_s and self._wide_s >= _WIDE_S

    def _end(self, t_ns: int, end_ns: int) -> list[Event]:
        if self._start_ns is None:
            return []
        start_ns, yawn = self._start_ns, self._announced or self._is_yawn(end_ns)
        self._start_ns = None
        if not yawn:
            return []
        detail = (("duration_s", round(seconds(end_ns - start_ns), 3)), ("peak_ratio", round(self._peak, 3)))
        return [Event(t_ns, "yawn", start_ns, end_ns, detail)]
