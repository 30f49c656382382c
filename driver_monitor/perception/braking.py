"""Harsh braking, off the speed on the bus: how fast it falls over a stretch that whole km/h twice a second allow."""

from __future__ import annotations

from collections import deque

from driver_monitor.signals import Event, VehicleMeasurement, nanoseconds, seconds

_OVER_NS = nanoseconds(1.0)  # a braking is judged over this much time
_LEAST_NS = nanoseconds(0.8)  # … or a little less where the bus is slow
_KMH_PER_MS2 = 3.6
_ENDS_SHARE = 0.5  # it ends when the car slows by less than this share of the limit


class Braking:
    """Follows the speed.

    Parameters
    ----------
    harsh_ms2
        A mean deceleration over a second that is harsh, m/s².
    """

    def __init__(self, harsh_ms2: float) -> None:
        self._harsh = harsh_ms2
        self._speeds: deque[tuple[int, float]] = deque()
        self._began: tuple[int, float] | None = None
        self._hardest = 0.0
        self._last: tuple[int, float] = (0, 0.0)

    def step(self, drive: VehicleMeasurement) -> list[Event]:
        """Take the drive as told at one time; an event when a harsh braking has ended."""
        if drive.speed_kmh is None:
            self._speeds.clear()
            return self._end(drive.t_ns)
        t_ns = drive.t_ns if drive.speed_ns is None else drive.speed_ns
        if self._speeds and t_ns <= self._speeds[-1][0]:
            return []  # the speed told before
        self._speeds.append((t_ns, drive.speed_kmh))
        while len(self._speeds) > 1 and t_ns - self._speeds[1][0] >= _OVER_NS:
            self._speeds.popleft()
        since_ns, before = self._speeds[0]
        if t_ns - since_ns < _LEAST_NS:
            return []
        slowing = (before - drive.speed_kmh) / _KMH_PER_MS2 / seconds(t_ns - since_ns)
        if slowing >= self._harsh and self._began is None:
            self._began = (since_ns, before)
        if self._began is None:
            return []
        self._hardest, self._last = max(self._hardest, slowing), (t_ns, drive.speed_kmh)
        return self._end(drive.t_ns) if slowing < _ENDS_SHARE * self._harsh else []

    def finish(self, t_ns: int) -> list[Event]:
        """The samples have ended."""
        return self._end(t_ns)

    def _end(self, t_ns: int) -> list[Event]:
        if self._began is None:
            return []
        (start_ns, before), (end_ns, after), hardest = self._began, self._last, self._hardest
        self._began, self._hardest = None, 0.0
        detail = (
            ("hardest_ms2", round(hardest, 2)),
            ("from_kmh", round(before, 1)),
            ("to_kmh", round(after, 1)),
        )
        return [Event(t_ns, "harsh_braking", start_ns, end_ns, detail)]
