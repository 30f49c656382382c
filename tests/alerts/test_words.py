"""An alert's reason in words."""

from __future__ import annotations

from driver_monitor.alerts.words import reason
from driver_monitor.signals import Alert, Evidence


def test_a_reason_is_the_rule_and_what_speaks_most_for_it() -> None:
    evidence = (
        Evidence("base rate", 9.0, None, ""),
        Evidence("PERCLOS", 1.0, 0.21, "1"),
        Evidence("yawns", 2.0, 3.0, "/5 min"),
        Evidence("nods", -3.0, 0.0, "/5 min"),
        Evidence("mean_closure", 0.5, 0.3, "s"),
    )
    alert = Alert(0, "raised", 1, "drowsy", "caution", "PERCLOS ≥ 15 %", "s", evidence)
    assert reason(alert) == "PERCLOS ≥ 15 % (yawns 3 /5 min, PERCLOS 0.21)"


def test_without_evidence_the_rule_is_the_reason() -> None:
    assert reason(Alert(0, "raised", 1, "phone", "caution", "the rule", "s")) == "the rule"
