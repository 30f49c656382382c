"""Drowsiness: what each channel adds, how sure the KSS is, and how many cues an alarm takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.estimators.blink_pattern import BlinkPattern
from driver_monitor.estimators.fatigue import Fatigue
from driver_monitor.perception.closures import Closure
from driver_monitor.perception.steering import SteeringMeasurement
from driver_monitor.settings import Settings
from driver_monitor.signals import Condition, DriverState, Event, HeartMeasurement, nanoseconds

UNREAD = SteeringMeasurement(0, reason="steering: not carried by this bus", lane_reason="no place in the lane on the bus")
CALM = SteeringMeasurement(0, 0, 0.6, sdlp_m=0.2, own_sdlp_m=0.2)
LATE = SteeringMeasurement(0, 4, 0.6, sdlp_m=0.5, own_sdlp_m=0.2)
FPS = 16


def drive(
    seconds: float,
    *,
    closed_s: float = 0.15,
    every_s: float = 4.0,
    usable: Callable[[float], bool] = lambda t: True,
    steering: SteeringMeasurement = UNREAD,
    yawns: tuple[float, ...] = (),
    nods: tuple[float, ...] = (),
    heart: Callable[[float], HeartMeasurement] | None = None,
    hour: float | None = None,
    fatigue: Fatigue | None = None,
    start_s: float = 0.0,
) -> tuple[DriverState, Condition]:
    """Eyes closed for ``closed_s`` every ``every_s``; the state at the end."""
    fatigue = fatigue or Fatigue(Settings())
    if hour is not None:
        fatigue.local_time(nanoseconds(start_s), hour)
    told = None
    for k in range(int(seconds * FPS)):
        t = start_s + k / FPS
        t_ns = nanoseconds(t)
        into = t % every_s
        start_ns = nanoseconds(t - into)
        closure = Closure(start_ns, t_ns, t_ns * 1e-9 - start_ns * 1e-9) if 0.0 < into < closed_s and t > every_s else None
        fatigue.picture(t_ns, usable(t), False, closure if usable(t) else None)
        events = [Event(t_ns, "yawn", t_ns, None) for at in yawns if 0.0 <= t - at < 1.0 / FPS]
        events += [Event(t_ns, "nod", t_ns, t_ns) for at in nods if 0.0 <= t - at < 1.0 / FPS]
        if closed_s <= into < closed_s + 1.0 / FPS and t > every_s and usable(t):
            end_ns = start_ns + nanoseconds(closed_s)
            events.append(Event(t_ns, "blink" if closed_s < 0.5 else "eyes_closed", start_ns, end_ns))
        fatigue.events(events)
        if heart is not None and k % FPS == 0:
            fatigue.heart(heart(t))
        if k % FPS == 0:
            told = fatigue.step(t_ns, steering)
    assert told is not None
    return told


def kss(state: DriverState) -> float:
    assert state.kss is not None, state.reason
    return state.kss


def half_widths(state: DriverState) -> tuple[float, float]:
    assert state.kss is not None and state.kss_low is not None and state.kss_high is not None
    return state.kss - state.kss_low, state.kss_high - state.kss


TIRED: dict[str, Any] = {"closed_s": 0.8, "every_s": 3.5}


def test_slow_lids_alone_are_an_advice_whatever_the_hour() -> None:
    for hour in (None, 11.0, 4.0):
        state, drowsy = drive(110.0, steering=CALM, hour=hour, **TIRED)
        assert (drowsy.met, drowsy.level) == (True, "advice"), hour
        assert kss(state) < 8.0 or hour == 4.0


@pytest.mark.parametrize(
    ("more", "name"),
    [({"yawns": (60.0, 100.0)}, "yawning"), ({"nods": (90.0,)}, "nodding"), ({"steering": LATE}, "steering")],
)
def test_slow_lids_and_any_one_other_channel_are_a_caution_that_names_both(more: dict[str, Any], name: str) -> None:
    _, drowsy = drive(110.0, **TIRED, **more)
    assert (drowsy.met, drowsy.level) == (True, "caution")
    assert f"eyelids, {name}" in drowsy.rule


def test_late_steering_yawns_or_nods_with_open_eyes_alarm_nothing() -> None:
    others: tuple[dict[str, Any], ...] = ({"steering": LATE}, {"yawns": (60.0, 100.0)}, {"nods": (90.0,)})
    for more in others:
        _, drowsy = drive(110.0, **more)
        assert drowsy.met is False


def test_the_evidence_sums_to_the_value_and_the_kss() -> None:
    state, _ = drive(110.0, steering=LATE, yawns=(60.0,), hour=3.0, **TIRED)
    total = sum(e.contribution for e in state.evidence)
    assert state.value == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-6)
    assert kss(state) == pytest.approx(max(1.0, min(9.0, 5.0 + total)), abs=0.01)


def test_the_hour_speaks_as_a_term_of_its_own_at_night_and_after_noon() -> None:
    def low(hour: float) -> float:
        state, _ = drive(40.0, hour=hour)
        return next(e.contribution for e in state.evidence if e.term == "time of day")

    assert [low(h) for h in (4.0, 15.0, 11.0, 20.0)] == [0.7, 0.3, 0.0, 0.0]
    assert 0.0 < low(1.5) < 0.7  # it comes on over an hour
    state, _ = drive(40.0)
    assert "time of day" not in {e.term for e in state.evidence}
    assert dict(state.not_read)["time of day"] == "the local hour was not told"


def test_the_hour_moves_on_with_the_samples() -> None:
    fatigue = Fatigue(Settings())
    fatigue.local_time(nanoseconds(0.0), 23.5)
    state, _ = drive(40.0, fatigue=fatigue, start_s=3 * 3600.0)
    assert next(e for e in state.evidence if e.term == "time of day").measured == pytest.approx(2.51, abs=0.01)


def test_the_interval_is_wider_with_fewer_channels_and_less_usable_time() -> None:
    bare, _ = drive(120.0)
    read, _ = drive(120.0, steering=CALM, hour=11.0)
    assert half_widths(read)[1] < half_widths(bare)[1]
    whole, _ = drive(120.0, **TIRED)
    half, _ = drive(120.0, usable=lambda t: t % 10.0 < 5.5, **TIRED)
    assert half_widths(half)[0] > half_widths(whole)[0]
    for state in (bare, read, whole, half):
        assert state.kss_low is not None and state.kss_high is not None
        assert 1.0 <= state.kss_low <= kss(state) <= state.kss_high <= 9.0


def test_what_could_not_be_read_is_said_with_its_reason() -> None:
    state, _ = drive(60.0)
    assert dict(state.not_read) == {
        "eyelids": "no blink model",
        "steering": "steering: not carried by this bus; no place in the lane on the bus",
        "heart": "no heart beats",
        "time of day": "the local hour was not told",
    }


def test_a_slower_heart_corroborates_and_no_more() -> None:
    def heart(t: float) -> HeartMeasurement:
        breath = 2.5 * math.sin(2 * math.pi * t / 5.0)
        sleepy = t > 190.0
        return HeartMeasurement(nanoseconds(t), (60.0 if sleepy else 70.0) + breath, 55.0 if sleepy else 35.0)

    state, drowsy = drive(400.0, heart=heart)
    said = {e.term: e.contribution for e in state.evidence}
    assert said["slower heart"] == 0.4
    assert 0.0 < said["steadier rest"] <= 0.2
    assert drowsy.met is False  # open eyes
    _, tired = drive(400.0, heart=heart, **TIRED)
    assert "eyelids, heart" in tired.rule


def test_before_thirty_seconds_of_eyes_nothing_is_told() -> None:
    state, drowsy = drive(20.0, steering=LATE, **TIRED)
    assert (state.value, state.kss, drowsy.met) == (None, None, None)
    assert state.reason is not None and "30 s" in state.reason


def test_without_pictures_nothing_is_known_of_fatigue_and_when_they_come_again_the_gap_counts_on_neither_side() -> None:
    fatigue = Fatigue(Settings())
    tired, _ = drive(70.0, fatigue=fatigue, **TIRED)
    assert tired.value is not None
    gone, drowsy = fatigue.step(nanoseconds(80.0), UNREAD)
    assert (gone.value, gone.reason) == (None, "no picture now")
    assert drowsy.met is None
    again, _ = drive(20.0, fatigue=fatigue, start_s=900.0)
    assert again.value is None  # 20 s are too few, and those of a quarter of an hour ago are no part of them
    assert again.reason is not None and "20 s so far" in again.reason


def test_eyes_squeezed_shut_in_a_yawn_count_on_neither_side_even_when_they_open_after_it() -> None:
    fatigue = Fatigue(Settings())
    drive(60.0, fatigue=fatigue)
    calm = fatigue.step(nanoseconds(60.0), UNREAD)[0]
    for k in range(5 * FPS):  # 4 s of a yawn and 1 s more, eyes shut all the while
        t_ns = nanoseconds(60.0 + k / FPS)
        fatigue.picture(t_ns, True, k < 4 * FPS, Closure(nanoseconds(60.0), t_ns, k / FPS))
    end_ns = nanoseconds(65.0)
    fatigue.events([Event(end_ns, "eyes_closed", nanoseconds(60.0), end_ns, (("during", "yawn"),))])
    after, _ = drive(3.0, fatigue=fatigue, start_s=65.0)
    measured = [{e.term: e.measured for e in state.evidence} for state in (calm, after)]
    perclos = [told["PERCLOS"] for told in measured]
    assert perclos[0] is not None and perclos[1] is not None
    assert perclos[1] - perclos[0] < 1.2 / 60.0  # the second after the yawn, not the four in it
    closure = measured[1]["mean closure"]
    assert closure is not None and closure < 0.2


# ----------------------------------------------------------------------------------------------------------- blink pattern


def blinks(fatigue: Fatigue, count: int, start_s: float, amplitude: float, whole_s: float, **other: bool) -> None:
    for k in range(count):
        end_ns = nanoseconds(start_s + 4.0 * k)
        wobble = 0.04 * (k % 3 - 1)
        detail = (("amplitude", amplitude + wobble), ("whole_s", whole_s + wobble), *other.items())
        fatigue.events([Event(end_ns, "blink", end_ns - nanoseconds(whole_s), end_ns, detail)])


def pattern(fatigue: Fatigue) -> tuple[float | None, str]:
    state, _ = drive(40.0, fatigue=fatigue, start_s=300.0)
    said = {e.term: e.contribution for e in state.evidence}
    return said.get("blink pattern"), dict(state.not_read).get("eyelids", "")


def test_the_blink_model_hears_of_thirty_blinks_against_the_first_forty() -> None:
    heard: list[NDArray[np.float32]] = []

    def judge(run: NDArray[np.float32]) -> float:
        heard.append(run)
        return 0.5

    fatigue = Fatigue(Settings(), judge)
    blinks(fatigue, 39, 0.0, 0.9, 0.2)
    assert pattern(fatigue) == (None, "learning the own blinks, 1 left")
    blinks(fatigue, 1, 160.0, 0.9, 0.2)
    blinks(fatigue, 29, 170.0, 0.7, 0.4)
    assert pattern(fatigue)[1] == "the blink pattern needs 30 blinks in ten minutes, 29 so far"
    blinks(fatigue, 1, 290.0, 0.7, 0.4)
    assert pattern(fatigue) == (0.5, "")
    assert heard[0].shape == (30, 2)
    assert heard[0][:, 0].mean() < -3.0  # shallower than the own, and longer
    assert heard[0][:, 1].mean() > 3.0


def test_the_blink_model_hears_of_the_last_ninety_blinks_and_of_none_older_than_ten_minutes() -> None:
    heard: list[NDArray[np.float32]] = []

    def judge(run: NDArray[np.float32]) -> float:
        heard.append(run)
        return 0.5

    pattern = BlinkPattern(judge, 40)

    def blink(t_s: float, amplitude: float) -> None:
        t_ns = nanoseconds(t_s)
        detail = (("amplitude", amplitude), ("whole_s", 0.2))
        pattern.events([Event(t_ns, "blink", t_ns - nanoseconds(0.2), t_ns, detail)])

    for k in range(140):
        blink(4.0 * k, 0.9 if k < 50 else 0.7)
    assert pattern.says(nanoseconds(560.0))[0] is not None
    assert len(heard[-1]) == 90
    assert len(np.unique(heard[-1][:, 0])) == 1  # the ten before them are out
    assert pattern.says(nanoseconds(800.0))[0] is not None
    assert len(heard[-1]) == 90
    for k in range(40):
        blink(801.0 + 8.0 * k, 0.7)
    assert pattern.says(nanoseconds(1121.0))[0] is not None
    assert len(heard[-1]) == 49  # those from 524 s on
    for k in range(2):
        blink(1250.0 + 200.0 * k, 0.7)
    assert pattern.says(nanoseconds(1550.0)) == (None, "the blink pattern needs 30 blinks in ten minutes, 23 so far")


@pytest.mark.parametrize(("told", "term"), [(9.0, 0.8), (-9.0, -0.3)])
def test_what_the_blink_model_says_is_bounded_and_no_cue(told: float, term: float) -> None:
    fatigue = Fatigue(Settings(), lambda run: told)
    blinks(fatigue, 70, 0.0, 0.9, 0.2)
    assert pattern(fatigue)[0] == term
    _, drowsy = drive(110.0, fatigue=fatigue, start_s=300.0, yawns=(320.0, 340.0))
    assert drowsy.met is False


def test_blinks_of_a_yawn_or_without_a_shape_teach_nothing() -> None:
    fatigue = Fatigue(Settings(), lambda run: 0.5)
    blinks(fatigue, 20, 0.0, 0.9, 0.2, during=True)
    drive(100.0, fatigue=fatigue, start_s=100.0)  # blinks whose shape could not be read
    assert pattern(fatigue) == (None, "learning the own blinks, 40 left")


def test_a_camera_at_the_edge_of_the_rate_that_blinks_need_does_not_flip_their_term() -> None:
    fatigue, dice, t, read = Fatigue(Settings()), np.random.default_rng(4), 0.0, list[bool]()
    for k in range(1500):
        # on the whole 14.3 pictures a second, in stretches a little over and a little under
        t += (0.0685 if k // 150 % 2 else 0.0715) + 0.002 * float(dice.standard_normal())
        t_ns = nanoseconds(t)
        fatigue.picture(t_ns, True, False, None)
        if k % 14 == 0:
            fatigue.events([Event(t_ns, "blink", t_ns - nanoseconds(0.3), t_ns)])
            state = fatigue.step(t_ns, UNREAD)[0]
            read += [e.measured is not None for e in state.evidence if e.term == "mean closure"]
    assert read.count(True) > 20
    assert sum(one != other for one, other in pairwise(read)) <= 1
