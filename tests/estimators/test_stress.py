"""Stress: what each channel says against the driver's own rest, and when a condition is met."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from driver_monitor.estimators.anger import Anger
from driver_monitor.estimators.own_rest import OwnRest
from driver_monitor.estimators.stress import Stress
from driver_monitor.perception.driving_style import DrivingStyle
from driver_monitor.settings import Settings, Trip
from driver_monitor.signals import (
    Angles,
    Condition,
    DriverState,
    FaceMeasurement,
    HeartMeasurement,
    VoiceMeasurement,
    nanoseconds,
)

Told = tuple[float, DriverState, Condition]
NEUTRAL = {"browDownLeft": 0.10, "browDownRight": 0.14, "eyeSquintLeft": 0.2, "eyeSquintRight": 0.2, "mouthPressLeft": 0.05}
TENSE = {**NEUTRAL, "browDownLeft": 0.6, "browDownRight": 0.6, "mouthPressLeft": 0.4, "mouthPressRight": 0.4}


def face_of(t_s: float, units: dict[str, float], yaw: float = 0.0) -> FaceMeasurement:
    return FaceMeasurement(nanoseconds(t_s), head=Angles(yaw, 0.0), face_units=units)


def voice_of(t_s: float, f0_hz: float = 120.0, level_db: float = -30.0, rate: float = 4.0) -> VoiceMeasurement:
    return VoiceMeasurement(
        nanoseconds(t_s), 0.95, level_db, -60.0, f0_hz, 4.0, -12.0, rate, bass_db=0.0, centroid_hz=900.0, hnr_db=13.0
    )


def heart_of(t_s: float, rate_bpm: float = 66.0, rmssd_ms: float | None = 40.0) -> HeartMeasurement:
    breath = 2.0 * math.sin(2 * math.pi * t_s / 5.0)
    return HeartMeasurement(nanoseconds(t_s), rate_bpm + breath, rmssd_ms)


def drive(
    estimator: Stress | Anger,
    start_s: float,
    end_s: float,
    *,
    face: Callable[[float], FaceMeasurement] | None = None,
    voice: Callable[[float], VoiceMeasurement] | None = None,
    heart: Callable[[float], HeartMeasurement] | None = None,
    fps: float = 30.0,
    lost: float = 0.0,
) -> list[Told]:
    """Play channels from start to end: pictures at ``fps``, voice every 32 ms, heart every second, a step every 100 ms."""
    rng = random.Random(1)
    play: list[tuple[float, int, Callable[[], object]]] = []
    told: list[Told] = []

    def tell(t: float) -> None:
        told.append((t, *estimator.step(nanoseconds(t))))

    span = end_s - start_s
    if face is not None:
        times = [start_s + k / fps for k in range(int(span * fps))]
        play += [(t, 0, lambda t=t: estimator.rest.face(face(t))) for t in times if rng.random() >= lost]  # type: ignore[misc]
    if voice is not None:
        times = [start_s + k * 0.032 for k in range(int(span / 0.032))]
        play += [(t, 0, lambda t=t: estimator.rest.voice(voice(t))) for t in times]  # type: ignore[misc]
    if heart is not None:
        play += [(start_s + k, 0, lambda k=k: estimator.rest.heart(heart(start_s + k))) for k in range(int(span))]  # type: ignore[misc]
    play += [(start_s + k * 0.1, 1, lambda k=k: tell(start_s + k * 0.1)) for k in range(int(span * 10))]  # type: ignore[misc]
    for _, _, act in sorted(play, key=lambda p: p[:2]):
        act()
    return told


def value(told: Told) -> float:
    assert told[1].value is not None, told[1].reason
    return told[1].value


def rested(estimator: Stress | Anger) -> Stress | Anger:
    """Three minutes of a calm driver who talks now and then: all three channels are learned."""
    told = drive(
        estimator, 0.0, 185.0, face=lambda t: face_of(t, NEUTRAL), voice=voice_of, heart=heart_of, fps=10
    )
    assert value(told[-1]) < 0.2
    return estimator


def first_met(told: list[Told]) -> float | None:
    return next((t for t, _, condition in told if condition.met), None)


def test_it_says_what_it_still_learns_and_for_how_long() -> None:
    told = drive(Stress(Settings()), 0.0, 31.0, face=lambda t: face_of(t, NEUTRAL))
    state, condition = told[100][1:]
    assert (state.value, condition.met) == (None, None)
    assert state.reason == "learning the driver's own rest, 21 s left (face)"
    assert told[-1][1].value is not None


def test_with_nothing_to_go_by_it_says_so() -> None:
    state, condition = Stress(Settings()).step(0)
    assert (state.value, state.reason, condition.met) == (None, "neither heart, voice nor face can be read now", None)


def test_the_evidence_adds_up_to_the_value() -> None:
    stress = rested(Stress(Settings()))
    told = drive(stress, 185.0, 215.0, face=lambda t: face_of(t, TENSE), heart=lambda t: heart_of(t, 90.0, 20.0))
    for _, state, condition in told[::25]:
        assert state.value == pytest.approx(1 / (1 + math.exp(-sum(e.contribution for e in state.evidence))), abs=1e-6)
        assert condition.evidence == state.evidence
    assert {e.term for e in told[-1][1].evidence} >= {"base rate", "heart rate", "heart variability", "brow lowered"}


def test_a_racing_heart_alone_raises_the_value_and_no_alert() -> None:
    stress = rested(Stress(Settings()))
    told = drive(stress, 185.0, 365.0, heart=lambda t: heart_of(t, 110.0, 10.0))
    assert 0.5 < value(told[-1]) < 0.8
    assert first_met(told) is None


def test_a_racing_heart_and_a_tense_face_are_stress_once_they_last() -> None:
    stress = rested(Stress(Settings()))
    told = drive(stress, 185.0, 300.0, face=lambda t: face_of(t, TENSE), heart=lambda t: heart_of(t, 110.0, 15.0))
    met_s = first_met(told)
    over_s = next(t for t, state, _ in told if (state.value or 0.0) >= 0.8)
    assert met_s is not None
    assert met_s - over_s == pytest.approx(10.0, abs=0.15)


def test_a_fright_of_a_few_seconds_is_no_stress() -> None:
    stress = rested(Stress(Settings()))
    told = drive(
        stress,
        185.0,
        245.0,
        face=lambda t: face_of(t, TENSE if 190 < t < 196 else NEUTRAL),
        heart=lambda t: heart_of(t, 100.0 if 190 < t < 198 else 66.0),
    )
    assert first_met(told) is None


def test_one_channel_may_be_enough_where_the_settings_say_so_but_its_value_must_reach_the_threshold() -> None:
    settings = Settings.model_validate({"emotion": {"channels_needed": 1, "stress_threshold": 0.6}})
    told = drive(rested(Stress(settings)), 185.0, 300.0, heart=lambda t: heart_of(t, 110.0, 10.0))
    assert first_met(told) is not None


def test_a_value_over_a_low_threshold_is_no_alert_while_one_channel_speaks_for_it() -> None:
    settings = Settings.model_validate({"emotion": {"stress_threshold": 0.6}})
    stress = rested(Stress(settings))
    told = drive(stress, 185.0, 300.0, face=lambda t: face_of(t, NEUTRAL), heart=lambda t: heart_of(t, 110.0, 10.0))
    assert value(told[-1]) > 0.6
    assert first_met(told) is None


@pytest.mark.parametrize(("fps", "lost"), [(10.0, 0.0), (15.0, 0.0), (60.0, 0.0), (30.0, 0.2)])
def test_the_frame_rate_does_not_move_the_moment(fps: float, lost: float) -> None:
    def moment(fps: float, lost: float) -> float | None:
        stress = rested(Stress(Settings()))
        told = drive(
            stress, 185.0, 250.0, face=lambda t: face_of(t, TENSE), heart=lambda t: heart_of(t, 110.0, 15.0), fps=fps, lost=lost
        )
        return first_met(told)

    assert moment(fps, lost) == pytest.approx(moment(30.0, 0.0), abs=0.2)


def test_a_short_break_in_the_face_does_not_restart_the_hold() -> None:
    def sight(broken: bool) -> float | None:
        stress = rested(Stress(Settings()))

        def face(t: float) -> FaceMeasurement:
            if broken and 192.0 < t < 193.7:
                return FaceMeasurement(nanoseconds(t), reason="no face")
            return face_of(t, TENSE)

        return first_met(drive(stress, 185.0, 260.0, face=face, heart=lambda t: heart_of(t, 110.0, 15.0)))

    whole = sight(False)
    assert whole is not None
    assert whole - 10.0 < 191.0  # the break lies within the hold
    assert whole > 195.0
    assert sight(True) == pytest.approx(whole, abs=0.2)


def test_when_the_heart_is_lost_it_is_left_out_and_confidence_falls() -> None:
    stress = rested(Stress(Settings()))
    both = drive(stress, 185.0, 190.0, face=lambda t: face_of(t, NEUTRAL), heart=heart_of)[-1][1]
    face_only = drive(stress, 190.0, 215.0, face=lambda t: face_of(t, NEUTRAL))[-1][1]
    assert face_only.confidence < both.confidence
    assert {e.term for e in face_only.evidence} == {"base rate", "brow lowered", "lips pressed", "eyes narrowed"}


def test_a_feed_without_intervals_gives_no_variability_term() -> None:
    stress = Stress(Settings())
    told = drive(stress, 0.0, 190.0, heart=lambda t: heart_of(t, rmssd_ms=None))
    assert [e.term for e in told[-1][1].evidence] == ["base rate", "heart rate"]


def test_a_faster_higher_voice_counts_and_fades_when_silence_falls() -> None:
    stress = rested(Stress(Settings()))
    spoken = drive(stress, 185.0, 190.0, voice=lambda t: voice_of(t, 190.0, rate=6.0), heart=heart_of)
    silent = drive(stress, 190.0, 200.0, heart=heart_of)
    assert value(spoken[-1]) > value(silent[-1]) + 0.1
    assert {e.term for e in silent[-1][1].evidence} == {"base rate", "heart rate", "heart variability"}


QUEUE = DrivingStyle(0, slow_share=1.0, brakings=3, reversals=30.0, own_reversals=8.0)


def test_a_queue_and_harsh_braking_add_to_stress_and_to_how_sure_it_is() -> None:
    def after(style: DrivingStyle | None) -> DriverState:
        stress = rested(Stress(Settings()))
        if style is not None:
            stress.drive(style)
        return drive(stress, 185.0, 187.0, heart=heart_of)[-1][1]

    unheard, free, queue = after(None), after(DrivingStyle(0, slow_share=0.0, brakings=0)), after(QUEUE)
    terms = {e.term: e.contribution for e in queue.evidence}
    assert (terms["slow traffic"], terms["harsh braking"], terms["steering reversals"]) == (0.4, 0.6, 0.4)
    assert (queue.value or 0.0) > (free.value or 0.0) == (unheard.value or 0.0)
    assert queue.confidence == free.confidence > unheard.confidence
    assert queue.value == pytest.approx(1 / (1 + math.exp(-sum(terms.values()))), abs=1e-6)


def test_the_way_of_driving_is_no_channel_of_the_driver() -> None:
    stress = rested(Stress(Settings.model_validate({"emotion": {"stress_threshold": 0.6}})))
    stress.drive(QUEUE)
    told = drive(stress, 185.0, 300.0, heart=lambda t: heart_of(t, 110.0, 10.0))
    assert value(told[-1]) > 0.8
    assert first_met(told) is None
    stress = Stress(Settings())
    stress.drive(QUEUE)
    assert stress.step(0)[0].value is None


def test_stress_and_anger_learn_the_drivers_rest_once_and_share_it() -> None:
    rest = OwnRest(Settings())
    rested(Stress(Settings(), rest))
    anger = Anger(Settings(), rest).step(nanoseconds(184.9))[0]
    assert {"brow lowered", "heart rate"} <= {term.term for term in anger.evidence}


def test_in_a_fleet_it_is_switched_off_unless_a_safety_purpose_is_stated() -> None:
    fleet = Stress(Settings(trip=Trip(deployment="fleet")))
    told = drive(fleet, 0.0, 40.0, face=lambda t: face_of(t, TENSE))
    assert {(s.value, s.reason, c.met) for _, s, c in told} == {(None, "switched off in a fleet", False)}
    assert fleet.rest.face_change(nanoseconds(40.0)) is None  # nor is anything learned
    stated = Stress(Settings(trip=Trip(deployment="fleet", emotion_safety_purpose="calming drivers of dangerous goods")))
    assert drive(stated, 0.0, 40.0, face=lambda t: face_of(t, NEUTRAL))[-1][1].value is not None
