"""Signs of a telephone: each alone, together, and beside the alerts that look at the same looks."""

from __future__ import annotations

import pytest

from driver_monitor.estimators.phone import Phone
from driver_monitor.monitor import Monitor
from driver_monitor.settings import Settings
from driver_monitor.signals import (
    Condition,
    Event,
    HandMeasurement,
    HandReading,
    ObjectMeasurement,
    Report,
    Tick,
    VoiceMeasurement,
    nanoseconds,
    seconds,
)
from tests.scripted import Drive, alerts, first

SETTINGS = Settings()
LAP = (0.0, -45.0)


def look(start_s: float, length_s: float, zone: str = "lap") -> Event:
    start_ns, end_ns = nanoseconds(start_s), nanoseconds(start_s + length_s)
    return Event(end_ns, "glance", start_ns, end_ns, (("zone", zone), ("duration_s", length_s)))


def ear(phone: Phone, start_s: float, end_s: float, place: str = "ear") -> None:
    for k in range(int(start_s * 2), int(end_s * 2) + 1):
        phone.hands(HandMeasurement(nanoseconds(k / 2), (HandReading(place, "left", 0.1),)))  # type: ignore[arg-type]


def now(phone: Phone, t_s: float) -> Condition:
    return phone.step(nanoseconds(t_s))


def total(condition: Condition) -> float:
    return sum(term.contribution for term in condition.evidence)


def test_nothing_seen_is_no_phone() -> None:
    quiet = now(Phone(SETTINGS.phone), 10.0)
    assert quiet.met is False
    assert {t.term: t.measured for t in quiet.evidence}["a hand at the ear"] is None  # not looked at is not zero


LOOKS_ALONE = Settings.model_validate({"phone": {"looks_alone": True}})


def test_looks_into_the_lap_need_a_second_sign() -> None:
    phone = Phone(SETTINGS.phone)
    phone.events([look(1.0, 1.6), look(5.0, 1.6), look(9.0, 1.6)])
    alone = now(phone, 11.0)
    assert alone.met is False
    assert total(alone) == pytest.approx(-1.0)
    for k in range(3):
        phone.hands(HandMeasurement(nanoseconds(11.0 + k), (HandReading("raised"),)))
    assert (now(phone, 13.5).met, now(phone, 13.5).level) == (True, "caution")


def test_where_looks_alone_may_tell_three_do_and_two_do_not() -> None:
    phone = Phone(LOOKS_ALONE.phone)
    phone.events([look(1.0, 1.6), look(5.0, 1.6)])
    assert now(phone, 8.0).met is False
    phone.events([look(9.0, 1.6)])
    told = now(phone, 11.0)
    assert (told.met, told.level) == (True, "advice")
    assert total(told) >= 0.0
    assert "looks at the places of a phone" in told.rule


@pytest.mark.parametrize("zone", ["left_mirror", "cluster", "rear_mirror", "right_window"])
def test_looks_elsewhere_do_not(zone: str) -> None:
    phone = Phone(LOOKS_ALONE.phone)
    phone.events([look(k * 4.0, 1.8, zone) for k in range(6)])
    assert now(phone, 25.0).met is False


def test_looks_long_past_are_forgotten() -> None:
    phone = Phone(LOOKS_ALONE.phone)
    phone.events([look(1.0, 1.8), look(18.0, 1.8), look(36.0, 1.8)])
    assert now(phone, 38.0).met is False


def test_a_hand_at_the_ear_counts_after_five_seconds_and_ends_when_it_is_down() -> None:
    phone = Phone(SETTINGS.phone)
    ear(phone, 10.0, 14.0)
    assert now(phone, 14.0).met is False
    ear(phone, 14.5, 15.0)
    assert now(phone, 15.0).met is True
    for t_s in (17.0, 19.0):
        phone.hands(HandMeasurement(nanoseconds(t_s)))
    assert now(phone, 19.0).met is False


def test_a_chin_in_the_hand_is_no_call() -> None:
    phone = Phone(SETTINGS.phone)
    ear(phone, 10.0, 30.0, place="chin")
    assert now(phone, 30.0).met is False


def test_talking_with_a_hand_at_the_ear_is_surer() -> None:
    phone = Phone(SETTINGS.phone)
    ear(phone, 10.0, 16.0)
    assert now(phone, 16.0).level == "advice"
    for k in range(20):
        phone.voice(VoiceMeasurement(nanoseconds(14.0 + k / 10), 0.9 if k % 2 else 0.1, -30.0, -60.0))
    assert now(phone, 16.0).level == "caution"


def test_an_object_detector_is_named_in_the_evidence() -> None:
    phone = Phone(SETTINGS.phone)
    phone.objects(ObjectMeasurement(nanoseconds(5.0), (("cell phone", 0.8), ("cup", 0.9)), "yolo.onnx"))
    told = now(phone, 5.1)
    assert told.met is True
    assert "a phone seen by yolo.onnx" in told.rule
    assert now(phone, 20.0).met is False  # not looked again: not known any more


# ------------------------------------------------------------------------------------------------- through the Monitor


def play(drive: Drive, at_ear: tuple[float, float] | None = None, settings: Settings = SETTINGS) -> list[Report]:
    monitor, out = Monitor(settings), list[Report]()
    for sample in drive.samples():
        out += monitor.step(sample)
        if at_ear is not None and isinstance(sample, Tick) and sample.t_ns % nanoseconds(0.5) == 0:
            there = at_ear[0] <= seconds(sample.t_ns) < at_ear[1]
            out += monitor.step(HandMeasurement(sample.t_ns, (HandReading("ear", "right", 0.1),) if there else ()))
    return out + monitor.finish()


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_a_call_with_eyes_on_the_road_is_told_once(fps: float) -> None:
    out = play(Drive(70.0, fps=fps), at_ear=(15.0, 60.0))
    assert [(a.action, a.level) for a in alerts(out)] == [("raised", "advice"), ("cleared", "advice")]
    assert first(out, "phone") == pytest.approx(20.0, abs=0.2)


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_short_looks_alone_are_quiet_and_told_where_they_may(fps: float) -> None:
    drive = Drive(36.0, fps=fps, looks=[(t, t + 1.7, *LAP) for t in (13.0, 18.0, 23.0)])
    assert alerts(play(drive)) == []
    out = play(drive, settings=LOOKS_ALONE)
    assert [a.kind for a in alerts(out, action="raised")] == ["phone"]
    assert first(out, "phone") == pytest.approx(25.1, abs=0.4)


def test_a_long_look_at_a_phone_is_one_alarm_not_two() -> None:
    out = play(Drive(40.0, looks=[(t, t + 4.5, *LAP) for t in (13.0, 18.5, 24.0)]), settings=LOOKS_ALONE)
    assert {a.kind for a in alerts(out, action="raised")} == {"long_distraction"}


def test_a_parked_driver_may_telephone() -> None:
    out = play(Drive(30.0, speed_kmh=0.0), at_ear=(12.0, 28.0))
    assert alerts(out) == []
