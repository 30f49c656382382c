"""How fast a quantity of the face changes, and which way a head moves."""

from __future__ import annotations

import math
from collections import deque

from driver_monitor.perception.gaze_zones import Zone
from driver_monitor.signals import nanoseconds, seconds

_GAP_S = 0.25
_WAY_S, _WAY_DEG = 0.21, 4.0  # a head that moves so far within so short a time, and is lost then, has gone further


class Speed:
    """How fast a quantity changes, per second, over at least a span; a gap starts anew.

    Between pictures far apart a change is taken to have needed no longer than ``most_s``; of pictures closer than ``mean_s``
    the mean is taken, so that twice the pictures do not bring twice the noise.
    """

    def __init__(self, span_s: float, most_s: float = _GAP_S, mean_s: float = 0.0) -> None:
        self._span_ns, self._most_ns, self._mean_ns = nanoseconds(span_s), nanoseconds(most_s), nanoseconds(mean_s)
        self._seen: deque[tuple[int, float]] = deque()
        self._raw: deque[tuple[int, float]] = deque()

    def step(self, t_ns: int, value: float | None) -> float | None:
        """The speed at this value, per second; ``None`` until it was seen for the span."""
        seen = self._seen
        if seen and t_ns - seen[-1][0] > nanoseconds(_GAP_S):
            seen.clear()
        if value is None:
            self._raw.clear()
            return None
        self._raw.append((t_ns, value))
        while t_ns - self._raw[0][0] > self._mean_ns:
            self._raw.popleft()
        value = sum(v for _, v in self._raw) / len(self._raw)
        while len(seen) > 1 and t_ns - seen[1][0] >= self._span_ns:
            seen.popleft()
        seen.append((t_ns, value))
        then_ns, then = seen[0]
        took_ns = t_ns - then_ns
        return (value - then) / seconds(min(took_ns, self._most_ns)) if took_ns >= self._span_ns else None


class Way:
    """Which way a head moves from straight-ahead (yaw and pitch from it, degrees)."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, float, float]] = deque()

    def step(self, t_ns: int, yaw: float, pitch: float) -> None:
        """Take where the head points in one picture."""
        seen = self._seen
        seen.append((t_ns, yaw, pitch))
        while t_ns - seen[0][0] > nanoseconds(_WAY_S):
            seen.popleft()

    def towards(self, t_ns: int) -> Zone | None:
        """The place on the way's side; ``None`` of a head that stands, comes back, or was last seen long ago."""
        if not self._seen or t_ns - self._seen[-1][0] > nanoseconds(_GAP_S):
            return None
        (_, yaw, pitch), (_, to_yaw, to_pitch) = self._seen[0], self._seen[-1]
        across, up = to_yaw - yaw, to_pitch - pitch
        if math.hypot(across, up) < _WAY_DEG or math.hypot(to_yaw, to_pitch) <= math.hypot(yaw, pitch):
            return None
        if abs(up) > abs(across):
            return "up" if up > 0.0 else "lap"
        return "left_window" if across > 0.0 else "right_window"
