"""How the car is being driven, as context for moods: slow traffic, harsh braking, steering reversals against the own."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from driver_monitor import settings
from driver_monitor.perception.steering import SteeringMeasurement
from driver_monitor.signals import NS_PER_S, Event, VehicleMeasurement, nanoseconds, seconds

_MOVING_KMH = 3.0  # slower is standing
_MIN_S = 60.0  # of driving before a share is given (design)
_CELL_MOST_S = 1.0  # one message stands for no more time than this


@dataclass(frozen=True, slots=True)
class DrivingStyle:
    """How the car was driven over the window; each figure ``None`` until there is enough, ``reason`` when nothing is known.

    ``slow_share`` of the time since the car first moved below the speed of free roads, stops included; ``brakings`` harsh
    ones; ``reversals`` of the wheel a minute at speed, and ``own_reversals``, the first that could be told in this trip.
    """

    t_ns: int
    slow_share: float | None = None
    brakings: int | None = None
    reversals: float | None = None
    own_reversals: float | None = None
    reason: str | None = None


class DrivingStyles:
    """Follows the drive; :meth:`step` takes it as the bus tells it, with the harsh brakings that have just ended."""

    def __init__(self, emotion: settings.Emotion, stale_s: float) -> None:
        self._slow_kmh = emotion.slow_kmh
        self._stale_ns = nanoseconds(stale_s)
        self._window_ns = nanoseconds(emotion.driving_window_s)
        self._seconds: deque[list[float]] = deque()  # [second of the clock, s driven, s of them slowly]
        self._moved = False  # a car that was never driven tells nothing of traffic
        self._last_ns: int | None = None  # the last drive with a speed
        self._brakings: deque[int] = deque()
        self._own: float | None = None

    def step(self, drive: VehicleMeasurement, braked: Sequence[Event] = ()) -> None:
        """Take the drive as told at one time."""
        self._brakings += [event.start_ns for event in braked]
        last_ns, self._last_ns = self._last_ns, drive.t_ns if drive.speed_kmh is not None else None
        if drive.speed_kmh is None or last_ns is None:
            return
        self._moved = self._moved or drive.speed_kmh >= _MOVING_KMH
        if not self._moved:
            return
        dt, k = min(seconds(drive.t_ns - last_ns), _CELL_MOST_S), drive.t_ns // NS_PER_S
        if not self._seconds or self._seconds[-1][0] < k:
            self._seconds.append([float(k), 0.0, 0.0])
        self._seconds[-1][1] += dt
        self._seconds[-1][2] += dt * (drive.speed_kmh < self._slow_kmh)

    def measure(self, t_ns: int, steering: SteeringMeasurement) -> DrivingStyle:
        """The figures as they stand at ``t_ns``."""
        if self._own is None:
            self._own = steering.reversals_per_min
        if self._last_ns is None or t_ns - self._last_ns > self._stale_ns:
            return DrivingStyle(t_ns, reason="no speed on the bus")
        if not self._moved:
            return DrivingStyle(t_ns, reason="the car has not been driven yet")
        since = t_ns - self._window_ns
        while self._brakings and self._brakings[0] < since:
            self._brakings.popleft()
        while self._seconds and (self._seconds[0][0] + 1) * NS_PER_S <= since:
            self._seconds.popleft()
        driven, slow = (sum(cell[k] for cell in self._seconds) for k in (1, 2))
        return DrivingStyle(
            t_ns,
            slow / driven if driven >= _MIN_S else None,
            len(self._brakings),
            steering.reversals_per_min,
            self._own,
        )
