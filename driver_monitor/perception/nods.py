"""Nods: the head sinks with closed eyes and comes up again. They corroborate drowsiness, they never alarm alone."""

from __future__ import annotations

from driver_monitor import settings
from driver_monitor.signals import Event, seconds

_BACK_DEG = 6.0


class Nods:
    """Finds nods in the head's drop below its own straight-ahead and the eyes' being closed."""

    def __init__(self, body: settings.Body) -> None:
        self._body = body
        self._start_ns: int | None = None
        self._deepest = 0.0

    def step(self, t_ns: int, drop_deg: float | None, eyes_closed_s: float) -> list[Event]:
        """Take one picture's head drop (degrees, ``None`` when not known), and for how long the eyes have been closed."""
        if drop_deg is None:
            self._start_ns = None
        elif self._start_ns is None:
            if eyes_closed_s >= self._body.nod_closed_s and drop_deg >= self._body.nod_drop_deg:
                self._start_ns, self._deepest = t_ns, drop_deg
        elif drop_deg < _BACK_DEG:
            start_ns, self._start_ns = self._start_ns, None
            if seconds(t_ns - start_ns) <= self._body.nod_longest_s:
                return [Event(t_ns, "nod", start_ns, t_ns, (("drop_deg", round(self._deepest, 1)),))]
        else:
            self._deepest = max(self._deepest, drop_deg)
        return []
