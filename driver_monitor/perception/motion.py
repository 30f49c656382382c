"""How fast a quantity of the face changes, and which way a head moves."""

from __future__ import annotations

import math
from collections import deque

from driver_monitor.signals import nanoseconds, seconds

_GAP_S = 0.25
_WAY_S = 0.09  # the way is read over at least this time ...
_TURN_S, _TURN_DEG_S = 0.5, 20.0  # ... and a head as fast as this goes on for so long: most turns take longer (design)
_JERK_DEG, _JERK_SHARE = 12.0, 0.93  # so short a way, nearly all in the last picture: landmarks jump as a hand closes over a face
_LEAVES = 2.5  # face widths/s: a face that moves aside faster leaves the picture (rendered: turned to 2.2, leaning out from 5)


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
        self._seen: deque[tuple[int, float, float, float | None]] = deque()
        self._width: float | None = None

    def step(self, t_ns: int, yaw: float, pitch: float, place: float | None, width: float | None) -> None:
        """Take where the head points in one picture, and the face's place across it and width there (of the picture's)."""
        self._width = width
        seen = self._seen
        seen.append((t_ns, yaw, pitch, place))
        while len(seen) > 1 and t_ns - seen[1][0] >= nanoseconds(_WAY_S):
            seen.popleft()

    def ahead(self, t_ns: int) -> tuple[float, float] | None:
        """Where it will soon point (yaw, pitch).

        ``None`` of a head that stands, jerks, comes back, leaves the picture as a whole, or was last seen long ago.
        """
        if len(self._seen) < 2 or t_ns - self._seen[-1][0] > nanoseconds(_GAP_S):
            return None
        (then_ns, yaw, pitch, place), (now_ns, to_yaw, to_pitch, to_place) = self._seen[0], self._seen[-1]
        span_s = seconds(now_ns - then_ns)
        if not seconds(nanoseconds(_WAY_S)) <= span_s <= _GAP_S:
            return None
        aside = None if place is None or to_place is None else abs(to_place - place)
        if aside is not None and self._width is not None and aside > _LEAVES * self._width * span_s:
            return None
        across, up = (to_yaw - yaw) / span_s, (to_pitch - pitch) / span_s
        if math.hypot(across, up) < _TURN_DEG_S or math.hypot(to_yaw, to_pitch) <= math.hypot(yaw, pitch):
            return None
        _, last_yaw, last_pitch, _ = self._seen[-2]
        far, last = math.hypot(to_yaw - yaw, to_pitch - pitch), math.hypot(to_yaw - last_yaw, to_pitch - last_pitch)
        if len(self._seen) > 2 and far < _JERK_DEG and last > _JERK_SHARE * far:
            return None
        return to_yaw + _TURN_S * across, to_pitch + _TURN_S * up
