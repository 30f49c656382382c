"""A driver who does not answer: what the alert says of why, from its first step to its last."""

from __future__ import annotations

from driver_monitor.estimators.responsiveness import Responsiveness
from driver_monitor.settings import Settings
from driver_monitor.signals import Condition, nanoseconds


def test_an_alert_on_a_gaze_that_did_not_come_back_says_so_to_its_end() -> None:
    responsiveness = Responsiveness(Settings().fatigue)

    def at(t_s: float, on_road: bool, critical_s: float | None) -> Condition:
        critical_ns = None if critical_s is None else nanoseconds(critical_s)
        return responsiveness.condition(
            nanoseconds(t_s), seen=True, closed_s=0.0, slumped_s=0.0, on_road=on_road, critical_since_ns=critical_ns
        )

    assert at(10.0, False, 10.0).met is False
    raised = at(13.1, False, 10.0)
    assert raised.met is True
    assert raised.rule.startswith("no gaze back on the road")
    lasting = at(14.0, False, None)  # the critical alert has ended, its cause goes on
    cleared = at(15.0, True, None)
    assert (lasting.met, cleared.met) == (True, False)
    assert lasting.rule == cleared.rule == raised.rule
    assert lasting.evidence == cleared.evidence == raised.evidence
    assert at(16.0, True, None).rule.startswith("eyes closed")
