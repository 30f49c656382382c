"""When the monitor itself is heard: its own chime must not pass for a shout."""

from __future__ import annotations

from collections import deque

from driver_monitor.signals import Alert, nanoseconds

CHIME_S = 1.0
"""A caution chimes for at most 0.75 s, and begins a little late."""

TAIL_S = 0.5
"""What repeats goes on for as long after it was stopped: its last pulse, and the cabin's echo."""

SPOKEN_S = 6.0
"""A spoken line lasts at most this long: 80 characters, slowly."""

KEPT = 32
"""Chimes remembered; sound is read within a second or two of its capture."""


class OwnSounds:
    """The times at which an alert sounds, as far as the alerts themselves tell; ``spoken``: advice on a mood is spoken."""

    def __init__(self, *, spoken: bool = False) -> None:
        self._spoken = spoken
        self._past: deque[tuple[int, int]] = deque(maxlen=KEPT)
        self._sounding: dict[int, int] = {}  # alerts that repeat their sound, and since when

    def step(self, alert: Alert) -> None:
        """Take one step in the life of an alert."""
        since_ns = self._sounding.pop(alert.id, None)
        if since_ns is not None:
            self._past.append((since_ns, alert.t_ns + nanoseconds(TAIL_S)))
        if alert.action in ("cleared", "acknowledged"):
            return
        if alert.level == "advice":
            if self._spoken and alert.kind in ("stress", "anger"):
                self._past.append((alert.t_ns, alert.t_ns + nanoseconds(SPOKEN_S + TAIL_S)))
            return
        if alert.level == "caution":
            self._past.append((alert.t_ns, alert.t_ns + nanoseconds(CHIME_S)))
        else:
            self._sounding[alert.id] = alert.t_ns

    def between(self, start_ns: int, end_ns: int) -> bool:
        """Whether one of them sounds at some time between."""
        return any(since < end_ns for since in self._sounding.values()) or any(
            since < end_ns and start_ns < until for since, until in self._past
        )
