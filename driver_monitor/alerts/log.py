"""The log: one line for each step of an alert, its reason in words."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from driver_monitor.privacy import may_leave_cab
from driver_monitor.settings import Settings
from driver_monitor.signals import Alert, DriverState, Evidence, Level, seconds

_SEVERITY: dict[Level, int] = {
    "advice": logging.INFO,
    "caution": logging.WARNING,
    "warning": logging.WARNING,
    "critical": logging.ERROR,
}


def in_words(alert: Alert) -> str:
    """Say an alert's reason: its rule, and the two pieces of evidence that weigh most."""
    measured = [e for e in alert.evidence if e.measured is not None]  # a base rate is no reason
    strongest = sorted(measured, key=lambda e: -abs(e.contribution))[:2]
    told = ", ".join(_evidence(e) for e in strongest)
    return f"{alert.rule} ({told})" if told else alert.rule


def _evidence(evidence: Evidence) -> str:
    name = evidence.term.replace("_", " ")
    unit = "" if evidence.unit in ("", "1") else f" {evidence.unit}"
    return f"{name} {evidence.measured:.3g}{unit}"


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
        reason = "" if alert.action in ("acknowledged", "cleared") else f": {in_words(alert)}"
        at_s = seconds(alert.t_ns - self._zero_ns)
        kind = alert.kind.replace("_", " ")
        self._log.log(_SEVERITY[alert.level], "%.1f s: %s %s, %s%s", at_s, kind, alert.action, alert.level, reason)

    def states(self, states: Sequence[DriverState]) -> None:
        """Nothing: states are in the reports."""

    def close(self) -> None:
        """Nothing to let go of."""
