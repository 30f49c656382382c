"""Promises of the Monitor: pure, explained, honest about what it does not know."""

from __future__ import annotations

import math

import pytest

from driver_monitor.monitor import Monitor
from driver_monitor.perception.driving import load_dbc
from driver_monitor.settings import Settings
from driver_monitor.signals import (
    Alert,
    ButtonPress,
    CanFrame,
    DriverState,
    Event,
    FaceMeasurement,
    Health,
    Report,
    SensorStatus,
    Tick,
    VehicleMeasurement,
    nanoseconds,
    seconds,
)
from tests.scripted import Drive, alerts, events, first, play

BUSY = Drive(
    90.0,
    jitter=0.3,
    loss=0.05,
    closed=[(40.0, 44.0)],
    looks=[(20.0, 24.5, -75.0, 0.0), (60.0, 61.0, 38.0, -8.0)],
    yawns=[(70.0, 74.0)],
    hidden=[(80.0, 82.0)],
)


def test_the_same_samples_give_the_same_reports() -> None:
    assert play(BUSY) == play(BUSY)


def test_every_states_evidence_sums_to_its_value() -> None:
    found = [r for r in play(BUSY) if isinstance(r, DriverState)]
    known = [s for s in found if s.value is not None]
    assert {s.state for s in known} >= {"fatigue", "distraction", "responsiveness"}
    for s in known:
        total = sum(e.contribution for e in s.evidence)
        assert s.value == pytest.approx(1.0 / (1.0 + math.exp(-total)), abs=1e-6)
        assert 0.0 <= s.confidence <= 1.0


def test_what_is_not_known_says_why() -> None:
    for s in play(BUSY):
        if isinstance(s, DriverState) and s.value is None:
            assert s.reason
            assert s.evidence == ()


def test_every_alert_names_its_rule_its_source_and_its_evidence() -> None:
    heard = [r for r in play(BUSY) if isinstance(r, Alert)]
    assert {a.kind for a in heard} >= {"long_distraction", "microsleep", "sleep"}
    for a in heard:
        assert a.rule
        assert a.source
        assert a.evidence
    met = [a for a in heard if a.action == "raised" and a.kind in ("microsleep", "sleep", "long_distraction")]
    # a timer's contribution is the log of its ratio to the limit: met means not below zero
    assert all(a.evidence[0].contribution >= -0.001 for a in met)


def test_alert_steps_tell_one_story_each() -> None:
    stories: dict[int, list[str]] = {}
    for r in play(BUSY):
        if isinstance(r, Alert):
            stories.setdefault(r.id, []).append(r.action)
    for steps in stories.values():
        assert steps[0] == "raised"
        assert steps.count("raised") == 1
        assert steps.count("cleared") <= 1
        assert "cleared" not in steps[:-1]


def test_a_sample_from_the_past_is_left_out_and_said_once() -> None:
    monitor = Monitor(Settings())
    monitor.step(Tick(nanoseconds(5.0)))
    (said,) = monitor.step(Tick(nanoseconds(4.0)))
    assert isinstance(said, Health)
    assert said.part == "clock"
    assert monitor.step(Tick(nanoseconds(4.5))) == []


def test_a_lost_sensor_is_told_and_its_return_clears_it() -> None:
    monitor = Monitor(Settings())
    monitor.step(SensorStatus(0, "heart_rate", "lost", "unplugged"))
    heard = [r for r in monitor.step(Tick(nanoseconds(0.1))) if isinstance(r, Alert)]
    assert [(a.kind, a.action, a.level) for a in heard] == [("sensor_lost", "raised", "advice")]
    assert "unplugged" in heard[0].rule
    monitor.step(SensorStatus(nanoseconds(0.2), "heart_rate", "ok"))
    assert [a.action for a in monitor.step(Tick(nanoseconds(0.3))) if isinstance(a, Alert)] == ["cleared"]


def test_the_unknown_speed_is_said_and_alarms_at_the_strictest_tier() -> None:
    reports = play(Drive(30.0, speed_kmh=None, looks=[(20.0, 25.0, -75.0, 0.0)]))
    assert first(reports, "long_distraction") == pytest.approx(23.0, abs=0.1)
    told = [r for r in reports if isinstance(r, Health) and r.part == "vehicle_bus"]
    assert [r.state for r in told] == ["unknown"]
    assert "every alert counts as at speed" in told[0].reason


def test_a_parked_driver_asleep_hears_advice_only() -> None:
    heard = alerts(play(Drive(40.0, speed_kmh=0.0, closed=[(20.0, 35.0)])))
    assert heard
    assert {a.level for a in heard} == {"advice"}


def test_an_indicator_mutes_a_shoulder_check() -> None:
    looks = [(20.0, 24.5, 75.0, -5.0)]
    assert alerts(play(Drive(30.0, looks=looks, indicator="left")), "long_distraction") == []
    assert alerts(play(Drive(30.0, looks=looks)), "long_distraction", "raised")


def test_sleep_is_unresponsive_after_six_seconds() -> None:
    reports = play(Drive(40.0, closed=[(20.0, 28.0)]))
    for kind, at in (("microsleep", 21.5), ("sleep", 23.0), ("unresponsive", 26.0)):
        assert first(reports, kind) == pytest.approx(at, abs=0.05), kind


def test_no_look_back_after_a_critical_alert_is_unresponsive() -> None:
    reports = play(Drive(50.0, looks=[(20.0, 45.0, -75.0, 0.0)]))
    # 3 s to the caution, two rises of 3 s to critical, 3 s to answer it
    assert first(reports, "unresponsive") == pytest.approx(32.0, abs=0.2)
    assert "no gaze back" in alerts(reports, "unresponsive")[0].rule


def test_drowsiness_needs_two_cues() -> None:
    slow = [(40.0 + 4.0 * k, 41.0 + 4.0 * k) for k in range(60)]
    one = alerts(play(Drive(290.0, closed=slow)), "drowsy")
    assert {a.level for a in one} == {"advice"}
    two = alerts(play(Drive(290.0, closed=slow, yawns=[(100.6, 103.8), (140.6, 143.8)])), "drowsy")
    assert "caution" in {a.level for a in two}
    assert any("eyelids, yawning" in a.rule for a in two)


def test_ten_attentive_minutes_are_quiet() -> None:
    looks = [(30.0 + 12.0 * k, 31.0 + 12.0 * k, *((38.0, -8.0), (-38.0, 8.0), (0.0, -23.0))[k % 3]) for k in range(45)]
    reports = play(Drive(600.0, fps=15, jitter=0.2, loss=0.02, looks=looks))
    assert alerts(reports) == []
    assert len(events(reports, "glance")) >= 43
    assert len(events(reports, "blink")) >= 120


def test_the_button_is_a_sample_like_any_other() -> None:
    monitor = Monitor(Settings())
    steps = []
    for sample in Drive(32.0, looks=[(20.0, 26.0, -75.0, 0.0)]).samples():
        steps += [r for r in monitor.step(sample) if isinstance(r, Alert)]
        if steps and steps[-1].action == "raised":
            steps += [r for r in monitor.step(ButtonPress(sample.t_ns)) if isinstance(r, Alert)]
    assert [a.action for a in steps] == ["raised", "acknowledged", "cleared"]
    assert seconds(steps[-1].t_ns) == pytest.approx(27.0, abs=0.1)


def without_pictures_from(t_s: float, *more: SensorStatus) -> list[Report]:
    """A driver who looks aside from 15 s on; no pictures come after ``t_s``."""
    monitor, reports = Monitor(Settings()), list[Report]()
    drive = Drive(45.0, looks=[(15.0, 45.0, -75.0, 0.0)])
    kept = [s for s in drive.samples() if not isinstance(s, FaceMeasurement) or s.t_ns < nanoseconds(t_s)]
    for sample in sorted([*kept, *more], key=lambda s: s.t_ns):
        reports += monitor.step(sample)
    return reports + monitor.finish()


def test_a_camera_that_the_driver_switches_off_is_said_once_and_ends_its_alerts() -> None:
    off = SensorStatus(nanoseconds(20.0), "camera", "off", "the privacy switch is on")
    reports = without_pictures_from(20.0, off)
    heard = [(a.kind, a.action) for a in reports if isinstance(a, Alert) and a.t_ns >= off.t_ns]
    assert heard == [("long_distraction", "cleared")]
    said = [h for h in reports if isinstance(h, Health) and h.part == "camera"]
    assert [(h.state, h.reason) for h in said] == [("off", "the privacy switch is on")]
    last = {s.state: s.value for s in reports if isinstance(s, DriverState)}
    assert last["fatigue"] is None
    # pictures that only stop are another matter
    assert alerts(without_pictures_from(20.0), "camera_blocked", "raised")


def test_harsh_braking_is_an_event() -> None:
    monitor = Monitor(Settings())
    told = [VehicleMeasurement(nanoseconds(k / 10), speed_kmh=max(20.0, 90.0 - 2.0 * k)) for k in range(60)]
    (braked,) = [r for sample in told for r in monitor.step(sample) if isinstance(r, Event)]
    assert braked.name == "harsh_braking"
    assert dict(braked.detail)["from_kmh"] == 90.0


def test_nonsense_on_the_bus_is_marked_until_ten_seconds_without_any() -> None:
    monitor, told = Monitor(Settings()), list[tuple[float, str]]()
    message = load_dbc("driver_monitor.dbc").get_message_by_name("DriveState")
    plain = {"VehicleSpeed": 50.0, "SteeringAngle": 0.0, "TurnIndicator": 0, "ReverseGear": 0, "LaneOffset": 0.0}
    for tick in range(200):
        data = message.encode(plain)
        if tick == 30:
            data = (45_000).to_bytes(2, "little") + data[2:]  # 450 km/h
        monitor.step(CanFrame(nanoseconds(tick / 10), message.frame_id, data))
        for r in monitor.step(Tick(nanoseconds(tick / 10))):
            if isinstance(r, Health) and r.part == "vehicle_bus":
                told.append((seconds(r.t_ns), r.state))
    assert told == [(0.0, "ok"), (3.0, "degraded"), (13.1, "ok")]


def test_when_nonsense_ends_in_silence_the_bus_is_told_as_unknown_not_as_ok() -> None:
    monitor, told = Monitor(Settings()), list[tuple[float, str, str]]()
    message = load_dbc("driver_monitor.dbc").get_message_by_name("DriveState")
    plain = {"VehicleSpeed": 50.0, "SteeringAngle": 0.0, "TurnIndicator": 0, "ReverseGear": 0, "LaneOffset": 0.0}
    data = message.encode(plain)
    for tick in range(200):
        if tick < 50:
            nonsense = tick >= 30
            spoilt = (45_000).to_bytes(2, "little") + data[2:]  # 450 km/h
            monitor.step(CanFrame(nanoseconds(tick / 10), message.frame_id, spoilt if nonsense else data))
        for r in monitor.step(Tick(nanoseconds(tick / 10))):
            if isinstance(r, Health) and r.part == "vehicle_bus":
                told.append((seconds(r.t_ns), r.state, r.reason))
    assert [(t_s, state) for t_s, state, _ in told] == [(0.0, "ok"), (3.0, "degraded"), (5.0, "degraded"), (15.0, "unknown")]
    assert all(reason.endswith("every alert counts as at speed") for _, _, reason in told[2:])
