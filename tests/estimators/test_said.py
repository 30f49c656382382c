"""What was said counts for a while and fades; it never makes a state or an alert by itself."""

from __future__ import annotations

import math

import pytest

from driver_monitor.estimators.anger import Anger
from driver_monitor.estimators.fatigue import Fatigue
from driver_monitor.estimators.said import MOST, Said
from driver_monitor.estimators.stress import Stress
from driver_monitor.perception.steering import SteeringMeasurement
from driver_monitor.settings import Settings
from driver_monitor.signals import DriverState, Event, nanoseconds
from tests.estimators.test_stress import drive, first_met, heart_of, rested


def said(t_s: float, about: str) -> Event:
    t_ns = nanoseconds(t_s)
    return Event(t_ns, "keyword", t_ns - 1, t_ns, (("about", about),))


def test_a_phrase_counts_in_full_at_first_and_is_gone_after_its_time() -> None:
    words = Said({"stop": 1.0}, 60.0)
    words.step(said(10.0, "stop"))
    assert [words.terms(nanoseconds(t))[0].contribution for t in (10.0, 40.0)] == [1.0, 0.5]
    assert words.terms(nanoseconds(70.0)) == []


def test_a_topic_that_means_nothing_for_a_state_is_no_term_and_all_words_together_are_bounded() -> None:
    words = Said({"stop": 1.0, "break": 0.5, "swearing": 0.5}, 60.0)
    for about in ("tired", "stop", "break", "swearing"):
        words.step(said(1.0, about))
    terms = words.terms(nanoseconds(1.0))
    assert [t.term for t in terms] == ["asked for a break", "asked to stop"] + ["swore"] * (len(terms) - 2)
    assert sum(t.contribution for t in terms) == MOST


def test_swearing_adds_to_anger_and_to_stress_and_the_sum_still_holds() -> None:
    for estimator in (Anger(Settings()), Stress(Settings())):
        rested(estimator)
        before = drive(estimator, 185.0, 187.0, heart=heart_of)[-1][1]
        estimator.said(said(187.0, "swearing"))
        after = drive(estimator, 187.0, 188.0, heart=heart_of)[1][1]
        assert (after.value or 0.0) > (before.value or 0.0)
        total = sum(e.contribution for e in after.evidence)
        assert after.value == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-6)


def test_words_are_no_second_channel() -> None:
    stress = rested(Stress(Settings.model_validate({"emotion": {"stress_threshold": 0.6}})))
    for k in range(10):
        stress.said(said(185.0 + k, "stop"))
    told = drive(stress, 195.0, 240.0, heart=lambda t: heart_of(t, 110.0, 10.0))
    assert (told[-1][1].value or 0.0) > 0.6
    assert first_met(told) is None


def test_who_says_to_be_tired_is_sleepier_but_gets_no_alert_for_it() -> None:
    def after(words: bool) -> DriverState:
        fatigue = Fatigue(Settings())
        if words:
            fatigue.said(said(30.0, "tired"))
            fatigue.said(said(31.0, "break"))
        for k in range(1800):
            fatigue.picture(nanoseconds(k / 30.0), True, False, None)
        state, condition = fatigue.step(nanoseconds(60.0), SteeringMeasurement(nanoseconds(60.0), reason="no bus"))
        assert not condition.met
        assert "words" not in condition.rule
        return state

    assert (after(True).kss or 0.0) > (after(False).kss or 0.0)
    assert {"said to be tired", "asked for a break"} <= {e.term for e in after(True).evidence}
