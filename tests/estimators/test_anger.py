"""Anger: what is anger, and above all what is not."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from driver_monitor.estimators.anger import Anger
from driver_monitor.settings import Settings
from driver_monitor.signals import Condition, DriverState, ExpressionReading, FaceMeasurement, VoiceMeasurement, nanoseconds
from tests.estimators.test_stress import NEUTRAL, drive, face_of, first_met, heart_of, rested, value, voice_of

ANGRY_FACE = {
    **NEUTRAL,
    "browDownLeft": 0.7, "browDownRight": 0.7, "eyeSquintLeft": 0.5, "eyeSquintRight": 0.5,
    "mouthPressLeft": 0.4, "mouthPressRight": 0.4,
}  # fmt: skip


def angry_voice(t: float, gain_db: float = 0.0) -> VoiceMeasurement:
    return VoiceMeasurement(
        nanoseconds(t), 0.95, -22.0 + gain_db, -60.0, 190.0, 8.0, -4.0, 4.5, bass_db=-10.0, centroid_hz=1500.0, hnr_db=9.0
    )


def test_an_angry_face_and_voice_are_anger_once_they_last() -> None:
    anger = rested(Anger(Settings()))
    told = drive(anger, 185.0, 215.0, face=lambda t: face_of(t, ANGRY_FACE), voice=angry_voice)
    over_s = next(t for t, state, _ in told if (state.value or 0.0) >= 0.8)
    assert first_met(told) == pytest.approx(over_s + 10.0, abs=0.15)
    assert over_s < 190.0


@pytest.mark.parametrize("channel", ["face", "voice", "heart"])
def test_no_channel_alone_is_anger(channel: str) -> None:
    anger = rested(Anger(Settings()))
    told = drive(
        anger,
        185.0,
        245.0,
        face=(lambda t: face_of(t, ANGRY_FACE)) if channel == "face" else None,
        voice=angry_voice if channel == "voice" else None,
        heart=(lambda t: heart_of(t, 120.0)) if channel == "heart" else None,
    )
    assert 0.05 < value(told[-1]) < 0.8
    assert first_met(told) is None


def test_the_same_voice_twenty_decibels_quieter_throughout_gives_the_same_anger() -> None:
    def heard(gain_db: float) -> float:
        anger = Anger(Settings())
        drive(anger, 0.0, 25.0, voice=lambda t: voice_of(t, level_db=-30.0 + gain_db))
        return value(drive(anger, 25.0, 30.0, voice=lambda t: angry_voice(t, gain_db))[-1])

    assert heard(-20.0) == heard(0.0) > 0.3


def test_a_quiet_angry_voice_is_hardly_less_angry_and_a_loud_calm_one_is_calm() -> None:
    def heard(m: VoiceMeasurement) -> float:
        anger = Anger(Settings())
        drive(anger, 0.0, 25.0, voice=voice_of)
        return value(drive(anger, 25.0, 30.0, voice=lambda t: replace(m, t_ns=nanoseconds(t)))[-1])

    assert heard(angry_voice(0.0, -20.0)) > 0.75 * heard(angry_voice(0.0))
    assert heard(voice_of(0.0, level_db=-10.0)) < 0.1


def test_joy_that_sounds_like_anger_is_told_by_the_smile() -> None:
    anger = rested(Anger(Settings()))
    joy = {**NEUTRAL, "mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "eyeSquintLeft": 0.6, "eyeSquintRight": 0.6}
    told = drive(anger, 185.0, 215.0, face=lambda t: face_of(t, joy), voice=angry_voice, heart=lambda t: heart_of(t, 90.0))
    assert max(value(t) for t in told[20:]) < 0.3


def test_yawning_is_not_anger_though_it_draws_the_brow_down() -> None:
    anger = rested(Anger(Settings()))
    yawn = {**ANGRY_FACE, "jawOpen": 0.9}
    told = drive(
        anger, 185.0, 215.0, face=lambda t: face_of(t, yawn if 190 < t < 197 else NEUTRAL), heart=heart_of
    )
    assert max(value(t) for t in told) < 0.1


def test_squinting_at_the_sun_is_not_anger() -> None:
    anger = rested(Anger(Settings()))
    squint = {**NEUTRAL, "browDownLeft": 0.5, "browDownRight": 0.5, "eyeSquintLeft": 0.8, "eyeSquintRight": 0.8}
    told = drive(anger, 185.0, 305.0, face=lambda t: face_of(t, squint), voice=voice_of, heart=heart_of)
    assert max(value(t) for t in told) < 0.4
    assert first_met(told) is None


def test_lips_pressed_while_talking_are_not_anger() -> None:
    anger = rested(Anger(Settings()))

    def talking(t: float) -> FaceMeasurement:
        shut = math.sin(2 * math.pi * 4.0 * t) > 0.5
        press = 0.6 * shut
        return face_of(t, {**NEUTRAL, "mouthPressLeft": press, "mouthPressRight": press, "jawOpen": 0.0 if shut else 0.25})

    told = drive(anger, 185.0, 215.0, face=talking, voice=lambda t: voice_of(t, 130.0), heart=heart_of)
    assert max(value(t) for t in told) < 0.15


def test_singing_is_not_anger() -> None:
    anger = rested(Anger(Settings()))

    def singing(t: float) -> VoiceMeasurement:
        return VoiceMeasurement(nanoseconds(t), 0.95, -20.0, -60.0, 200.0, 12.0, -8.0, 2.0)

    told = drive(
        anger,
        185.0,
        245.0,
        face=lambda t: face_of(t, {**NEUTRAL, "jawOpen": 0.3 + 0.3 * math.sin(6 * t)}),
        voice=singing,
        heart=lambda t: heart_of(t, 72.0),
    )
    assert max(value(t) for t in told) < 0.6
    assert first_met(told) is None


def test_a_driver_who_always_frowns_is_not_always_angry() -> None:
    anger = Anger(Settings())
    frown = {**NEUTRAL, "browDownLeft": 0.5, "browDownRight": 0.5}
    told = drive(anger, 0.0, 60.0, face=lambda t: face_of(t, frown))
    assert value(told[-1]) == pytest.approx(1 / (1 + math.exp(3.0)), abs=1e-3)


def test_a_face_turned_away_or_with_closed_eyes_is_not_read() -> None:
    anger = rested(Anger(Settings()))
    away = drive(anger, 185.0, 190.0, face=lambda t: face_of(t, ANGRY_FACE, yaw=70.0), heart=heart_of)
    assert "brow lowered" not in {e.term for e in away[-1][1].evidence}
    shut = {**ANGRY_FACE, "eyeBlinkLeft": 0.9, "eyeBlinkRight": 0.9}
    blind = drive(anger, 190.0, 195.0, face=lambda t: face_of(t, shut), heart=heart_of)
    assert "brow lowered" not in {e.term for e in blind[-1][1].evidence}


def test_brow_comes_first_lids_and_lips_count_only_with_it() -> None:
    anger = rested(Anger(Settings()))
    without_brow = {**ANGRY_FACE, "browDownLeft": 0.12, "browDownRight": 0.12}
    told = drive(anger, 185.0, 195.0, face=lambda t: face_of(t, without_brow))
    assert value(told[-1]) < 0.06
    terms = {e.term: e.contribution for e in told[-1][1].evidence}
    assert terms["lips pressed"] == terms["eyes narrowed"] == terms["eyes wide"] == 0.0


def test_a_lowered_brow_with_a_raised_inner_one_is_sorrow_or_fear() -> None:
    anger = rested(Anger(Settings()))
    sad = drive(anger, 185.0, 195.0, face=lambda t: face_of(t, {**ANGRY_FACE, "browInnerUp": 0.6}))
    angry = drive(anger, 195.0, 205.0, face=lambda t: face_of(t, ANGRY_FACE))
    assert value(sad[-1]) < 0.6 * value(angry[-1])


# ------------------------------------------------------------------------------------------ small and blurred faces


BLURRED, SHARP = 0.06, 0.2


def looked(
    anger: Anger,
    start_s: float,
    end_s: float,
    angry: float | None,
    detail: float = BLURRED,
    units: dict[str, float] = NEUTRAL,
    stray: float = 0.3,
    looks: bool = True,
) -> list[tuple[float, DriverState, Condition]]:
    """Pictures and, once a second, a look of the network; in the neutral a poorly read brow strays to and fro."""
    told = []
    for k in range(round((end_s - start_s) * 10)):
        t = start_s + k / 10
        brow = (0.0, stray)[k % 2] if units is NEUTRAL else units["browDownLeft"]
        anger.rest.face(face_of(t, {**units, "browDownLeft": brow, "browDownRight": brow}))
        if looks and k % 10 == 0:
            anger.look(nanoseconds(t), ExpressionReading(detail, angry))
        told.append((t, *anger.step(nanoseconds(t))))
    return told


def network_term(state: DriverState) -> float | None:
    return next((e.contribution for e in state.evidence if e.term == "expression network"), None)


def test_in_a_blurred_face_the_network_speaks_and_the_reasons_still_add_up() -> None:
    anger = Anger(Settings())
    looked(anger, 0.0, 35.0, 0.1)
    _, state, condition = looked(anger, 35.0, 45.0, 0.8)[-1]
    assert state.value is not None
    assert network_term(state) == pytest.approx(2.0, abs=0.5)
    assert sum(e.contribution for e in state.evidence) == pytest.approx(math.log(state.value / (1.0 - state.value)), abs=1e-3)
    assert not condition.met


def test_where_the_brow_is_read_well_all_along_the_network_is_not_asked_however_blurred_the_face() -> None:
    told = {}
    for stray in (0.02, 0.3):
        anger = Anger(Settings())
        looked(anger, 0.0, 35.0, 0.1, stray=stray)
        told[stray] = looked(anger, 35.0, 45.0, 0.8, stray=stray)[-1][1]
    assert network_term(told[0.02]) is None
    assert network_term(told[0.3]) is not None


def test_network_and_action_units_together_are_one_channel_and_no_anger_alone() -> None:
    anger = Anger(Settings())
    looked(anger, 0.0, 35.0, 0.0)
    told = looked(anger, 35.0, 95.0, 1.0, units=ANGRY_FACE)
    assert 0.3 < value(told[-1]) < 0.8
    assert first_met(told) is None


def test_a_face_that_always_looks_angry_to_the_network_is_that_drivers_neutral() -> None:
    anger = Anger(Settings())
    told = looked(anger, 0.0, 60.0, 0.7)
    assert network_term(told[-1][1]) == pytest.approx(0.0, abs=0.02)


def test_a_sharp_face_is_read_as_if_there_were_no_network() -> None:
    with_looks, without = Anger(Settings()), Anger(Settings())
    looked(with_looks, 0.0, 35.0, None, SHARP)
    looked(without, 0.0, 35.0, None, looks=False)
    told = looked(with_looks, 35.0, 40.0, None, SHARP, ANGRY_FACE)
    plain = looked(without, 35.0, 40.0, None, units=ANGRY_FACE, looks=False)
    assert [t[1] for t in told] == [t[1] for t in plain]


def test_the_network_is_silent_until_its_neutral_is_learned_and_when_it_has_not_looked_of_late() -> None:
    anger = Anger(Settings())
    early = looked(anger, 0.0, 32.0, 0.1)
    assert network_term(early[250][1]) is None
    assert network_term(looked(anger, 32.0, 34.0, 0.6)[-1][1]) is not None
    later = drive(anger, 34.0, 39.0, face=lambda t: face_of(t, NEUTRAL), fps=10.0)
    assert network_term(later[-1][1]) is None
