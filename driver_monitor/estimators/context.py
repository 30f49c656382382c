"""What makes sleepiness likelier before anything is seen of the driver: time on task and time of day. Never a cue."""

from __future__ import annotations

from driver_monitor import settings
from driver_monitor.estimators.drowsy_channels import Says
from driver_monitor.estimators.evidence import ramp, term
from driver_monitor.signals import nanoseconds, seconds

_HOUR_NS = nanoseconds(3600.0)
_TASK_MOST, _TASK_H = 1.0, (2.0, 4.0)  # a break is due after 2 h (common advice); weight design
_NIGHT, _NOON = 0.7, 0.3  # the body's lows (common knowledge of the field, not verified); weights design
_SHOULDER_H = 1.0  # a low comes and goes over an hour


class Context:
    """The trip's clock."""

    def __init__(self, fatigue: settings.Fatigue) -> None:
        self._f = fatigue
        self._first_ns: int | None = None
        self._clock: tuple[int, float] | None = None

    def seen(self, t_ns: int) -> None:
        """The trip goes on at ``t_ns``."""
        self._first_ns = t_ns if self._first_ns is None else self._first_ns

    def local_time(self, t_ns: int, hour: float) -> None:
        """It is ``hour`` (0 to 24) at ``t_ns``."""
        self._clock = (t_ns, hour % 24.0)

    def hour(self, t_ns: int) -> float | None:
        """The local hour, ``None`` when no clock has been told."""
        return None if self._clock is None else (self._clock[1] + (t_ns - self._clock[0]) / _HOUR_NS) % 24.0

    def says(self, t_ns: int) -> Says:
        """Both terms now."""
        hours = 0.0 if self._first_ns is None else seconds(t_ns - self._first_ns) / 3600.0
        task = term("time on task", _TASK_MOST * ramp(hours, *_TASK_H), hours, "h")
        hour = self.hour(t_ns)
        if hour is None:
            return Says("time of day", (task,), unread=_NIGHT, reason="the local hour was not told")
        f = self._f
        low = max(_NIGHT * _within(hour, f.night_from_h, f.night_to_h), _NOON * _within(hour, f.noon_from_h, f.noon_to_h))
        return Says("time of day", (task, term("time of day", low, hour, "h, local")))


def _within(hour: float, start: float, end: float) -> float:
    """1 between two hours of the clock (which may pass midnight), falling to 0 over an hour on either side."""
    into, length = (hour - start) % 24.0, (end - start) % 24.0
    if into <= length:
        return 1.0
    return max(0.0, 1.0 - min(into - length, 24.0 - into) / _SHOULDER_H)
