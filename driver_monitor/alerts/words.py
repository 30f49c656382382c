"""An alert's reason in words, as the log, the screen and the film tell it."""

from __future__ import annotations

from driver_monitor.signals import Alert, Evidence


def spoken(name: str) -> str:
    """A name as it is read: ``long_distraction`` → ``long distraction``."""
    return name.replace("_", " ")


def reason(alert: Alert) -> str:
    """Why an alert is there: the rule it met, and the two measured terms that speak most for it."""
    speaking = [e for e in alert.evidence if e.measured is not None and e.contribution >= 0.0]  # a base rate is no reason
    told = ", ".join(_figure(e) for e in sorted(speaking, key=lambda e: -e.contribution)[:2])
    return f"{alert.rule} ({told})" if told else alert.rule


def _figure(evidence: Evidence) -> str:
    unit = "" if evidence.unit in ("", "1") else f" {evidence.unit}"
    return f"{spoken(evidence.term)} {evidence.measured:.3g}{unit}"
