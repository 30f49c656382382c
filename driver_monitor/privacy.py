"""What may leave the vehicle, or be written down at all."""

from __future__ import annotations

from driver_monitor.signals import Alert, DriverState, Event, Report

_STATES = frozenset({"stress", "anger"})
_EVENTS = frozenset({"camera_pulse", "expression", "keyword", "shout"})


def may_leave_cab(report: Report, deployment: str) -> bool:
    """Whether a report may be stored, shown to others or sent.

    A fleet is a workplace: what tells of emotions stays in the cab and is kept nowhere (EU AI Act art. 5(1)(f)).
    """
    if deployment != "fleet":
        return True
    match report:
        case DriverState():
            return report.state not in _STATES
        case Alert():
            return report.kind not in _STATES
        case Event():
            return report.name not in _EVENTS
        case _:
            return True
