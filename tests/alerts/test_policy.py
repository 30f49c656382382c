"""The alert policy over time: how alerts rise, repeat, wait and end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from driver_monitor.alerts.policy import AlertPolicy
from driver_monitor.settings import Settings
from driver_monitor.signals import Alert, AlertKind, Condition, Evidence, VehicleMeasurement, nanoseconds, seconds

DRIVING = VehicleMeasurement(0, speed_kmh=90.0, indicator="off", reverse=False)


def condition(kind: AlertKind, met: bool | None, level: str | None = None) -> Condition:
    return Condition(kind, met, "a rule", "a source", level=level)  # type: ignore[arg-type]


class Story:
    """Plays one condition to the policy at 10 Hz."""

    def __init__(self) -> None:
        s = Settings()
        self.policy = AlertPolicy(s.alerts, s.distraction, s.fatigue)
        self.now = 0
        self.heard: list[Alert] = []

    def go(self, for_s: float, *conditions: Condition, vehicle: VehicleMeasurement = DRIVING) -> list[Alert]:
        start = len(self.heard)
        end = self.now + nanoseconds(for_s)
        while self.now < end:
            self.heard += self.policy.step(self.now, conditions, vehicle)
            self.now += nanoseconds(0.1)
        return self.heard[start:]


def brief(heard: list[Alert]) -> list[tuple[float, str, str]]:
    return [(round(seconds(a.t_ns), 1), a.action, a.level) for a in heard]


def test_an_unanswered_distraction_rises_to_critical_and_then_repeats() -> None:
    heard = Story().go(40.0, condition("long_distraction", True))
    assert brief(heard) == [
        (0.0, "raised", "caution"),
        (3.0, "escalated", "warning"),
        (6.0, "escalated", "critical"),
        (36.0, "repeated", "critical"),
    ]
    assert len({a.id for a in heard}) == 1


def test_hiding_the_face_neither_clears_nor_calms_an_alert() -> None:
    story = Story()
    story.go(1.0, condition("microsleep", True))
    heard = story.go(10.0, condition("microsleep", None))
    assert [a.action for a in heard] == ["escalated"]
    assert story.policy.standing() == {"microsleep": "critical"}


def test_an_alert_repeated_while_nothing_is_seen_keeps_the_rule_and_the_evidence_it_stands_on() -> None:
    story = Story()
    evidence = (Evidence("PERCLOS", 1.0, 0.2, ""),)
    story.go(1.0, Condition("drowsy", True, "PERCLOS ≥ 15%", "trials", evidence, "caution"))
    heard = story.go(40.0, Condition("drowsy", None, "PERCLOS ≥ 8%", "trials", (), "advice"))
    assert heard
    assert {(a.rule, a.evidence) for a in heard} == {("PERCLOS ≥ 15%", evidence)}


def test_two_alerts_of_one_kind_keep_15_s_apart() -> None:
    story = Story()
    story.go(1.0, condition("time_sharing", True))
    story.go(1.0, condition("time_sharing", False))
    heard = story.go(20.0, condition("time_sharing", True))
    assert brief(heard)[0] == (15.0, "raised", "caution")


def test_a_second_microsleep_so_soon_comes_louder() -> None:
    story = Story()
    story.go(1.0, condition("microsleep", True))
    story.go(4.0, condition("microsleep", False))
    assert brief(story.go(1.0, condition("microsleep", True))) == [(5.0, "raised", "critical")]


def test_sleep_takes_over_from_microsleep() -> None:
    story = Story()
    story.go(1.5, condition("microsleep", True), condition("sleep", False))
    heard = story.go(5.0, condition("microsleep", True), condition("sleep", True))
    assert [(a.kind, a.action) for a in heard] == [("sleep", "raised")]


@pytest.mark.parametrize("kind", ["microsleep", "sleep", "long_distraction", "drowsy", "camera_blocked"])
def test_a_standing_car_hears_no_more_than_advice(kind: AlertKind) -> None:
    standing = VehicleMeasurement(0, speed_kmh=0.0, indicator="off", reverse=False)
    heard = Story().go(20.0, condition(kind, True), vehicle=standing)
    assert {a.level for a in heard} <= {"advice"}
    assert bool(heard) == (kind in ("microsleep", "sleep"))


def test_moving_off_with_closed_eyes_rises_at_once() -> None:
    story = Story()
    story.go(1.0, condition("sleep", True), vehicle=VehicleMeasurement(0, speed_kmh=0.0))
    assert brief(story.go(1.0, condition("sleep", True))) == [(1.0, "escalated", "critical")]


@pytest.mark.parametrize(
    "vehicle",
    [
        VehicleMeasurement(0, speed_kmh=90.0, indicator="left", reverse=False),
        VehicleMeasurement(0, speed_kmh=90.0, indicator="right", reverse=False),
        VehicleMeasurement(0, speed_kmh=30.0, indicator="off", reverse=True),
        VehicleMeasurement(0, speed_kmh=15.0, indicator="off", reverse=False),
    ],
)
def test_turning_reversing_and_creeping_mute_distraction_but_not_closed_eyes(vehicle: VehicleMeasurement) -> None:
    heard = Story().go(5.0, condition("long_distraction", True), condition("microsleep", True), vehicle=vehicle)
    assert {a.kind for a in heard} == {"microsleep"}


INDICATING = VehicleMeasurement(0, speed_kmh=90.0, indicator="left", reverse=False)
STANDING = VehicleMeasurement(0, speed_kmh=0.0, indicator="off", reverse=False)
UNKNOWN = VehicleMeasurement(0, reason="no bus")


@pytest.mark.parametrize("muting", [INDICATING, STANDING, VehicleMeasurement(0, speed_kmh=19.0)])
def test_a_tap_on_the_indicator_does_not_silence_a_driver_who_keeps_looking_away(muting: VehicleMeasurement) -> None:
    story, away = Story(), condition("long_distraction", True)
    story.go(10.0, away)
    heard = story.go(1.0, away, vehicle=muting) + story.go(1.0, away)
    assert brief(heard) == [(10.0, "cleared", "critical"), (11.0, "raised", "critical")]


def test_who_looked_at_the_road_while_indicating_starts_afresh() -> None:
    story, away = Story(), condition("long_distraction", True)
    story.go(10.0, away)
    story.go(1.0, away, vehicle=INDICATING)
    story.go(0.1, condition("long_distraction", False), vehicle=INDICATING)
    assert brief(story.go(15.0, away))[0] == (21.0, "raised", "caution")  # 15 s after it was last heard, as ever


def test_a_face_hidden_while_indicating_is_not_a_look_at_the_road() -> None:
    story, away = Story(), condition("long_distraction", True)
    story.go(10.0, away)
    hidden = condition("long_distraction", None)
    assert brief(story.go(1.0, hidden, vehicle=INDICATING)) == [(10.0, "cleared", "critical")]
    assert story.go(1.0, hidden) == []
    assert brief(story.go(1.0, away)) == [(12.0, "raised", "critical")]


def test_what_was_answered_or_is_said_once_does_not_come_back_at_once_after_a_turn() -> None:
    story, sharing, phone = Story(), condition("time_sharing", True), condition("phone", True)
    story.go(1.0, sharing)
    story.policy.acknowledge(story.now, [sharing])
    story.go(1.0, sharing, vehicle=INDICATING)
    assert story.go(5.0, sharing) == []
    story = Story()
    story.go(1.0, phone)
    story.go(1.0, phone, vehicle=INDICATING)
    assert story.go(5.0, phone) == []


def test_a_critical_alarm_falls_to_advice_when_the_car_stands_and_rises_when_it_moves() -> None:
    story, asleep = Story(), condition("sleep", True)
    since: list[int | None] = []
    story.go(10.0, asleep)
    since.append(story.policy.critical_since_ns)
    heard = story.go(65.0, asleep, vehicle=STANDING)
    since.append(story.policy.critical_since_ns)
    assert brief(heard) == [(10.0, "repeated", "advice"), (40.0, "repeated", "advice"), (70.0, "repeated", "advice")]
    assert brief(story.go(1.0, asleep)) == [(75.0, "escalated", "critical")]
    assert [*since, story.policy.critical_since_ns] == [0, None, nanoseconds(75.0)]
    assert len({a.id for a in story.heard}) == 1


def test_a_stand_counts_as_no_time_unanswered() -> None:
    story, closed = Story(), condition("microsleep", True)
    story.go(1.0, closed)
    story.go(10.0, closed, vehicle=STANDING)
    assert brief(story.go(5.0, closed)) == [(11.0, "escalated", "warning"), (14.0, "escalated", "critical")]


def test_what_another_alert_covers_falls_with_it_when_the_car_stands() -> None:
    story, both = Story(), (condition("microsleep", True), condition("sleep", True))
    story.go(1.5, both[0], condition("sleep", False))
    story.go(3.0, *both)
    assert story.policy.standing() == {"microsleep": "warning", "sleep": "critical"}
    heard = story.go(1.0, *both, vehicle=STANDING)
    assert {(a.kind, a.action, a.level) for a in heard} == {(kind, "repeated", "advice") for kind in ("microsleep", "sleep")}
    assert [(a.kind, a.action, a.level) for a in story.go(1.0, *both)] == [("sleep", "escalated", "critical")]


def test_an_unknown_speed_lowers_nothing() -> None:
    story, asleep = Story(), condition("sleep", True)
    story.go(10.0, asleep)
    assert story.go(10.0, asleep, vehicle=UNKNOWN) == []
    story.go(1.0, asleep, vehicle=STANDING)
    assert [(a.action, a.level) for a in story.go(1.0, asleep, vehicle=UNKNOWN)] == [("escalated", "critical")]


def test_the_button_at_a_stand_holds_no_longer_than_the_stand() -> None:
    story, asleep = Story(), condition("sleep", True)
    story.go(5.0, asleep)
    story.go(1.0, asleep, vehicle=STANDING)
    assert [(a.action, a.level) for a in story.policy.acknowledge(story.now, [asleep])] == [("acknowledged", "advice")]
    assert brief(story.go(1.0, asleep)) == [(6.0, "escalated", "critical")]


def test_drowsiness_waits_for_50_kmh() -> None:
    town = VehicleMeasurement(0, speed_kmh=45.0)
    story = Story()
    assert story.go(5.0, condition("drowsy", True), vehicle=town) == []
    assert brief(story.go(1.0, condition("drowsy", True))) == [(5.0, "raised", "caution")]


def test_an_unknown_speed_is_the_strictest_tier() -> None:
    unknown = VehicleMeasurement(0, reason="no bus")
    heard = Story().go(1.0, condition("drowsy", True), condition("long_distraction", True), vehicle=unknown)
    assert {a.kind for a in heard} == {"drowsy", "long_distraction"}


def test_advice_does_not_rise_by_itself_but_with_its_rule() -> None:
    story = Story()
    assert brief(story.go(10.0, condition("drowsy", True, "advice"))) == [(0.0, "raised", "advice")]
    assert brief(story.go(1.0, condition("drowsy", True, "caution"))) == [(10.0, "escalated", "caution")]


def test_the_button_quiets_a_caution_until_it_is_due_again() -> None:
    story = Story()
    sharing = condition("time_sharing", True)
    story.go(1.0, sharing)
    assert [a.action for a in story.policy.acknowledge(story.now, [sharing])] == ["acknowledged"]
    heard = story.go(31.0, sharing)
    assert brief(heard) == [(31.0, "repeated", "caution")]


def test_the_button_does_not_end_a_critical_alert() -> None:
    story = Story()
    sleep = condition("sleep", True)
    story.go(1.0, sleep)
    assert story.policy.acknowledge(story.now, [sleep]) == []
    assert story.policy.standing() == {"sleep": "critical"}


def test_advice_on_a_mood_comes_once_in_ten_minutes_whichever_mood_it_is() -> None:
    story = Story()
    heard = story.go(60.0, condition("stress", True), condition("anger", False))
    heard += story.go(300.0, condition("stress", False), condition("anger", True))
    heard += story.go(300.0, condition("stress", False), condition("anger", True))
    assert brief(heard) == [(0.0, "raised", "advice"), (60.0, "cleared", "advice"), (600.0, "raised", "advice")]
    assert [a.kind for a in heard] == ["stress", "stress", "anger"]


def test_a_mood_that_lasts_is_not_repeated_every_half_minute() -> None:
    heard = Story().go(1250.0, condition("anger", True))
    assert brief(heard) == [(0.0, "raised", "advice"), (600.0, "repeated", "advice"), (1200.0, "repeated", "advice")]


def test_a_kind_that_must_wait_does_not_silence_the_kinds_it_covers() -> None:
    story = Story()
    story.go(1.0, condition("long_distraction", True))
    story.go(1.0, condition("long_distraction", False), condition("time_sharing", False))
    heard = story.go(5.0, condition("long_distraction", True), condition("time_sharing", True))
    assert [(a.kind, a.action) for a in heard if a.action == "raised"] == [("time_sharing", "raised")]


def test_what_is_all_but_over_raises_no_alert_when_its_waiting_time_ends() -> None:
    story = Story()
    story.go(1.0, condition("long_distraction", True))
    story.go(1.0, condition("long_distraction", False))
    story.go(12.5, condition("long_distraction", True))
    ending = replace(condition("long_distraction", True), ending=True)  # back on the road, not yet for a second
    assert story.go(1.0, ending) == []
    assert story.go(1.0, condition("long_distraction", False)) == []
    standing = Story()
    standing.go(1.0, condition("long_distraction", True))
    standing.go(1.0, ending)
    assert standing.policy.standing() == {"long_distraction": "caution"}
