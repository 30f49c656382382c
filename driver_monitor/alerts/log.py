"""The log: one line for each step of an alert, its reason in words."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from driver_monitor.alerts.words import reason, spoken
from driver_monitor.privacy import may_leave_cab
from driver_monitor.settings import Settings
from driver_monitor.signals import Alert, DriverState, Level, seconds

_SEVERITY: dict[Level, int] = {
    "advice": logging.INFO,
    "caution": logging.WARNING,
    "warning": logging.WARNING,
    "critical": logging.ERROR,
}


class LogOutput:
    """Alerts as log lines; times are seconds since the log was opened."""

    part = None
    trouble = None

    def __init__(self, log: logging.Logger, settings: Settings, zero_ns: int | None = None) -> None:
        self._log = log
        self._settings = settings
        self._zero_ns = time.monotonic_ns() if zero_ns is None else zero_ns

    def handle(self, alert: Alert) -> None:
        """Write one line, unless it must not be stored."""
        if not may_leave_cab(alert, self._settings.trip.deployment):
            return
        why = "" if alert.action in ("acknowledged", "cleared") else f": {reason(alert)}"
        at_s = seconds(alert.t_ns - self._zero_ns)
        kind = spoken(alert.kind)
        self._log.log(_SEVERITY[alert.level], "%.1f s: %s %s, %s%s", at_s, kind, alert.action, alert.level, why)

    def states(self, states: Sequence[DriverState]) -> None:
        """Nothing: states are in the reports."""

    def close(self) -> None:
        """Nothing to let go of."""
