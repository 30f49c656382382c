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
    back = at(15.0, True, None)
    cleared = at(16.0, True, None)  # a second of road ends it
    assert (lasting.met, back.met, cleared.met) == (True, True, False)
    assert lasting.rule == cleared.rule == raised.rule
    assert lasting.evidence == cleared.evidence == raised.evidence
    assert at(16.1, True, None).rule.startswith("eyes closed")


class Driver:
    """A driver before the rule, ten pictures a second."""

    def __init__(self) -> None:
        self.responsiveness = Responsiveness(Settings().fatigue)
        self.t_s = 0.0
        self.shut_s = 0.0

    def go(self, for_s: float, *, shut: bool = False, on_road: bool | None = True, learned: bool = True) -> bool | None:
        met: bool | None = None
        for _ in range(round(for_s * 10)):
            self.t_s += 0.1
            self.shut_s = self.shut_s + 0.1 if shut else 0.0
            met = self.responsiveness.condition(
                nanoseconds(self.t_s),
                seen=True,
                closed_s=self.shut_s,
                slumped_s=0.0,
                on_road=None if shut else on_road,
                critical_since_ns=None,
                learned=learned,
            ).met
        return met


def test_lids_that_flutter_wake_nobody() -> None:
    driver = Driver()
    assert driver.go(6.5, shut=True) is True
    assert driver.go(0.2) is True
    assert driver.go(2.0, shut=True) is True
    assert driver.go(1.2) is False


def test_a_driver_who_wakes_in_a_car_that_stands_has_answered_with_open_eyes() -> None:
    driver = Driver()
    driver.go(5.0, on_road=None, learned=False)  # a car that stands teaches no straight-ahead
    assert driver.go(6.5, shut=True, learned=False) is True
    assert driver.go(1.2, on_road=None, learned=False) is False


def test_a_blink_in_the_answer_does_not_take_it_back() -> None:
    driver = Driver()
    assert driver.go(6.5, shut=True) is True
    driver.go(0.5)
    driver.go(0.2, shut=True)
    assert driver.go(0.5) is False


def test_eyes_that_are_falling_shut_again_are_no_answer() -> None:
    driver = Driver()
    assert driver.go(6.5, shut=True) is True
    driver.go(0.8)
    assert driver.go(3.0, shut=True) is True


def test_a_gaze_that_cannot_be_told_for_longer_than_a_blink_is_no_answer() -> None:
    responsiveness = Responsiveness(Settings().fatigue)
    met: list[bool | None] = []
    for k in range(50):
        on_road = False if k < 20 else None
        met.append(
            responsiveness.condition(
                nanoseconds(k / 10.0), seen=True, closed_s=0.0, slumped_s=0.0, on_road=on_road, critical_since_ns=0
            ).met
        )
    assert met.index(True) == 30  # 3 s after the critical alert, though half-shut eyes tell no gaze since 2 s


def test_one_picture_of_road_and_a_gaze_not_told_after_it_wake_nobody() -> None:
    driver = Driver()
    assert driver.go(6.5, shut=True) is True
    driver.go(0.1)
    assert driver.go(2.0, on_road=None) is True
    assert driver.go(1.2) is False
