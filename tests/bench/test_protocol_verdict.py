"""The yardstick itself: when is an alert due, and what is a fault?"""

from __future__ import annotations

import numpy as np
import pytest

from driver_monitor.bench.protocol.cases import Case, Expected
from driver_monitor.bench.protocol.truth import Truth, due_s
from driver_monitor.bench.protocol.verdict import Step, judge
from driver_monitor.settings import Settings
from driver_monitor.signals import AlertKind, Level

SETTINGS = Settings()
Spans = list[tuple[float, float]]


def truth(away: Spans = [], low: Spans = [], closed: Spans = [], unseen: Spans = [], seconds: float = 60.0) -> Truth:  # noqa: B006
    t = np.arange(int(seconds * 100)) / 100

    def during(spans: Spans) -> np.ndarray:
        on = np.zeros(len(t), bool)
        for start, end in spans:
            on |= (t >= start) & (t < end)
        return on

    yaw = np.where(during(away), 40.0, 0.0)
    return Truth(t, yaw, np.where(during(low), -40.0, 0.0), np.where(during(closed), 0.0, 1.0), ~during(unseen))


def case(*alerts: Expected, may: tuple[AlertKind, ...] = ()) -> Case:
    return Case("own", "a case", "a rule in words", "design", {}, alerts, may, {})


def raised(t_s: float, kind: AlertKind, level: Level = "caution") -> Step:
    return Step(t_s, "raised", kind, level, "a rule")


FRAMES = [k / 30 for k in range(1800)]
LONG = Expected(kind="long_distraction", off_road=3.0)


def test_a_long_glance_is_due_three_seconds_after_the_road_was_left() -> None:
    assert due_s(LONG, truth(away=[(20.0, 25.0)]), SETTINGS) == pytest.approx(23.0, abs=0.02)
    assert due_s(LONG, truth(away=[(20.0, 22.5)]), SETTINGS) is None


def test_a_flick_to_the_road_restarts_nothing_but_a_real_look_does() -> None:
    flick = [(20.0, 22.0), (22.3, 25.0)]
    look = [(20.0, 22.0), (22.8, 25.0)]
    assert due_s(LONG, truth(away=flick), SETTINGS) == pytest.approx(23.3, abs=0.02)
    assert due_s(LONG, truth(away=look), SETTINGS) is None


def test_short_glances_add_up_until_two_seconds_of_road() -> None:
    shared = Expected(kind="time_sharing", shared=10.0)
    near = [(10.0 + 3.5 * k, 12.5 + 3.5 * k) for k in range(5)]
    far = [(10.0 + 4.6 * k, 12.5 + 4.6 * k) for k in range(5)]
    assert due_s(shared, truth(away=near), SETTINGS) == pytest.approx(10.0 + 3 * 3.5 + 2.5, abs=0.02)
    assert due_s(shared, truth(away=far), SETTINGS) is None


def test_only_what_lies_within_thirty_seconds_is_summed() -> None:
    shared = Expected(kind="time_sharing", shared=10.0)
    # a second away, 1.9 s on the road: 30 s hold 10.3 of them
    sparse = [(2.9 * k, 2.9 * k + 1.0) for k in range(20)]
    sparser = [(2.9 * k, 2.9 * k + 0.9) for k in range(20)]
    assert due_s(shared, truth(away=sparse), SETTINGS) is not None
    assert due_s(shared, truth(away=sparser), SETTINGS) is None


def test_each_timer_counts_its_own_cause() -> None:
    t = truth(low=[(10.0, 18.0)], closed=[(20.0, 27.0)], unseen=[(30.0, 45.0)])
    assert due_s(Expected(kind="long_distraction", low=3.5), t, SETTINGS) == pytest.approx(13.5, abs=0.02)
    assert due_s(Expected(kind="sleep", closed=3.0), t, SETTINGS) == pytest.approx(23.0, abs=0.02)
    assert due_s(Expected(kind="camera_blocked", unseen=10.0), t, SETTINGS) == pytest.approx(40.0, abs=0.02)


def test_an_alert_in_time_holds_and_one_too_late_does_not() -> None:
    t = truth(away=[(20.0, 26.0)])
    assert judge(case(LONG), [raised(23.1, "long_distraction")], t, FRAMES, SETTINGS).passed
    late = judge(case(LONG), [raised(23.4, "long_distraction")], t, FRAMES, SETTINGS)
    assert not late.passed
    assert "+0.4" in late.faults[0]


def test_a_lost_picture_is_allowed_its_gap() -> None:
    t = truth(away=[(20.0, 26.0)])
    gap = [f for f in FRAMES if not 22.9 < f < 23.3]
    assert judge(case(LONG), [raised(23.4, "long_distraction")], t, gap, SETTINGS).passed


def test_silence_where_an_alert_was_due_fails() -> None:
    verdict = judge(case(LONG), [], truth(away=[(20.0, 26.0)]), FRAMES, SETTINGS)
    assert verdict.faults == ["long_distraction: due at 23.00 s, did not come"]


def test_an_alert_that_nothing_called_for_fails_unless_it_may_come() -> None:
    steps = [raised(23.0, "long_distraction"), raised(30.0, "anger")]
    t = truth(away=[(20.0, 26.0)])
    assert [s.kind for s in judge(case(LONG), steps, t, FRAMES, SETTINGS).unwanted] == ["anger"]
    assert judge(case(LONG, may=("anger",)), steps, t, FRAMES, SETTINGS).passed


def test_a_second_alert_of_the_same_kind_was_not_called_for() -> None:
    steps = [raised(23.0, "long_distraction"), raised(40.0, "long_distraction")]
    assert not judge(case(LONG), steps, truth(away=[(20.0, 26.0)]), FRAMES, SETTINGS).passed


def test_the_wrong_level_fails() -> None:
    expected = Expected(kind="sleep", closed=3.0, level="critical")
    t = truth(closed=[(20.0, 26.0)])
    assert judge(case(expected), [raised(23.0, "sleep", "critical")], t, FRAMES, SETTINGS).passed
    assert "came as caution" in judge(case(expected), [raised(23.0, "sleep")], t, FRAMES, SETTINGS).faults[0]


def test_a_case_whose_cause_never_happens_proves_nothing_and_fails() -> None:
    verdict = judge(case(LONG), [], truth(), FRAMES, SETTINGS)
    assert "proves nothing" in verdict.faults[0]


def test_a_sum_that_falls_just_short_in_one_glance_may_be_reached_in_it() -> None:
    shared = Expected(kind="time_sharing", shared=10.0, within=0.5)
    away = truth(away=[(10.0 + 3.5 * k, 12.45 + 3.5 * k) for k in range(5)])  # four make 9.8 s, the fifth begins at 24 s
    assert due_s(shared, away, SETTINGS) == pytest.approx(24.2, abs=0.02)
    assert judge(case(shared), [raised(22.8, "time_sharing")], away, FRAMES, SETTINGS).passed
    assert judge(case(shared), [raised(24.6, "time_sharing")], away, FRAMES, SETTINGS).passed
    assert not judge(case(shared), [raised(19.0, "time_sharing")], away, FRAMES, SETTINGS).passed
    assert not judge(case(shared), [raised(25.5, "time_sharing")], away, FRAMES, SETTINGS).passed
