"""Whose eyes: openness against the driver's own open eye, and closures against time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from driver_monitor.perception.closures import Closures
from driver_monitor.perception.eyes import Eyes
from driver_monitor.perception.face import eye_aspect_ratio
from driver_monitor.perception.own_eye import OwnEye, shut_floor, straightened
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, Event, EyeReading, EyesInHead, FaceMeasurement, nanoseconds, seconds

S = Settings()


def face(t_s: float, ear: float, blink: float = 0.1, yaw: float = 0.0, right_ear: float | None = None) -> FaceMeasurement:
    right = EyeReading(ear if right_ear is None else right_ear, blink)
    return FaceMeasurement(nanoseconds(t_s), head=Angles(yaw, 0.0), left_eye=EyeReading(ear, blink), right_eye=right)


@pytest.mark.parametrize("own", [0.18, 0.25, 0.32, 0.40])
def test_everyones_open_eye_becomes_one(own: float) -> None:
    eyes = Eyes(S.eyes, S.face)
    for k in range(230):
        state = eyes.step(face(k / 10.0, own), 0.0)
    assert state.openness == pytest.approx(1.0, abs=0.1)


def test_the_own_open_eye_never_drifts_down_after_it_is_learned() -> None:
    eyes = Eyes(S.eyes, S.face)
    for k in range(700):
        eyes.step(face(k / 10.0, 0.30), 0.0)
    assert eyes.learning_left_s == 0.0
    for k in range(700, 4000):
        state = eyes.step(face(k / 10.0, 0.18, blink=0.3), 0.0)
    assert state.openness is not None
    assert state.openness < 0.65  # eyes that droop for five minutes still read as drooping


def test_a_head_turned_too_far_has_no_eye_state_and_says_why() -> None:
    state = Eyes(S.eyes, S.face).step(face(0.0, 0.3, yaw=65.0), 0.0)
    assert state.openness is None
    assert state.reason is not None
    assert "65°" in state.reason


def test_the_nearer_eye_counts_when_the_head_is_turned() -> None:
    eyes = Eyes(S.eyes, S.face)
    # turned to the own left: the right eye faces the camera, the left one is a smear
    state = eyes.step(face(0.0, 0.05, yaw=35.0, right_ear=0.28), 0.0)
    assert state.openness is not None
    assert state.openness > 0.9


def test_a_shut_eye_reads_nought_whatever_depth_its_points_have() -> None:
    # upper and lower lid at the same height, 4 apart in depth, as landmarks seen from the side have them
    shut = [(0.0, 0.0, 0.0), (30.0, 0.0, 0.0), (10.0, 1.0, -2.0), (10.0, 1.0, 2.0), (20.0, 1.0, -2.0), (20.0, 1.0, 2.0)]
    assert eye_aspect_ratio(shut, (0.0, -1.0, 0.0)) == pytest.approx(0.0)


def test_the_lid_gap_is_the_same_from_straight_ahead_and_with_the_head_laid_aside() -> None:
    upright = [(0.0, 0.0, 0.0), (30.0, 0.0, 0.0), (10.0, -5.0, 0.0), (10.0, 4.0, 0.0), (20.0, -5.0, 0.0), (20.0, 4.0, 0.0)]
    aside = [(-y, x, z) for x, y, z in upright]
    assert eye_aspect_ratio(upright, (0.0, -1.0, 0.0)) == pytest.approx(0.3)
    assert eye_aspect_ratio(aside, (1.0, 0.0, 0.0)) == pytest.approx(0.3)


def test_half_closed_lids_are_read_too_open_and_set_right() -> None:
    assert straightened(0.0, 5.0) == 0.0
    assert straightened(1.0, 5.0) == pytest.approx(1.0)
    assert straightened(0.68, 5.0) == pytest.approx(0.53, abs=0.03)  # what rendered half-open eyes read, camera below
    assert straightened(0.6, -15.0) > straightened(0.6, 5.0)  # a camera above does not see them so


def test_a_shut_eye_seen_from_above_is_known_before_the_first_blink() -> None:
    eyes = Eyes(S.eyes, S.face)

    def seen(t_s: float, ear: float, blink: float) -> FaceMeasurement:
        eye = EyeReading(ear, blink)
        return FaceMeasurement(nanoseconds(t_s), head=Angles(30.0, -18.0), left_eye=eye, right_eye=eye)

    for k in range(150):
        eyes.step(seen(k / 30.0, 0.30, 0.08), 0.0)
    assert shut_floor(-18.0) > 0.05
    state = eyes.step(seen(5.0, 0.30 * 0.13, 0.66), 0.0)
    assert state.openness is not None
    assert state.openness <= S.eyes.closed_openness


def test_the_noisier_cue_counts_less() -> None:
    def half_closed(ear_noise: float, blink_noise: float) -> float:
        eyes = Eyes(S.eyes, S.face)
        for k in range(600):
            eyes.step(face(k / 30.0, 0.30 + (-1) ** k * ear_noise, 0.1 + (-1) ** k * blink_noise), 0.0)
        state = eyes.step(face(20.0, 0.03, blink=0.12), 0.0)  # the lid gap says shut, the blink unit open
        assert state.openness is not None
        return state.openness

    assert half_closed(0.002, 0.03) < half_closed(0.015, 0.003)


def test_a_resting_blink_unit_as_high_as_a_shut_one_divides_by_nothing() -> None:
    eye = OwnEye(Settings().eyes)
    t = 0.0
    for k in range(3000):
        t = k / 30.0
        shut = k < 900 and k % 60 < 6  # blinks whose unit hardly rises, then a squint that raises it for good
        reading = EyeReading(0.08 if shut else 0.30, 0.30 if shut else 0.05 if k < 900 else 0.60)
        eye.see(nanoseconds(t), reading, 0.0)
        eye.learn(reading, 1 / 30.0)
    assert eye.rest == 0.35
    assert 0.0 <= eye.openness(EyeReading(0.30, 0.35), 1 / 30.0, False, 0.0, 0.0) <= 1.2
    assert eye.openness(EyeReading(0.08, 0.60), 1 / 30.0, False, 0.0, 0.0) < 0.2


def staring(seconds_: float, blink_every_s: float | None = None, look_deg: float = 0.0, fps: float = 15.0) -> list[str | None]:
    """Why the eyes could not be used, picture by picture, in a stare that jitters a little."""
    eyes, reasons = Eyes(S.eyes, S.face), []
    for k in range(int(seconds_ * fps)):
        t = k / fps
        shut = blink_every_s is not None and t % blink_every_s > blink_every_s - 0.2
        seen = face(t, 0.05 if shut else 0.28 + 0.004 * (k % 3), 0.6 if shut else 0.1)
        yaw = 0.5 * (k % 4) + (look_deg if 20.0 < t < 21.5 else 0.0)
        reasons.append(eyes.step(replace(seen, eye_in_head=EyesInHead(yaw, 0.17, 0.06)), 0.0).reason)
    return reasons


@pytest.mark.parametrize("fps", [10.0, 30.0])
def test_eyes_that_neither_blink_nor_look_are_hidden_and_say_so(fps: float) -> None:
    reasons = staring(40.0, fps=fps)
    assert reasons[: int(24 * fps)] == [None] * int(24 * fps)
    assert reasons[-1] is not None
    assert "no blink and no look" in reasons[-1]


def test_a_calm_driver_who_blinks_or_looks_now_and_then_is_not_hidden() -> None:
    assert set(staring(120.0, blink_every_s=20.0)) == {None}
    assert set(staring(40.0, look_deg=12.0)) == {None}


def test_shut_eyes_are_not_called_hidden() -> None:
    eyes = Eyes(S.eyes, S.face)
    for k in range(900):
        state = eyes.step(face(k / 15.0, 0.28 if k < 150 else 0.02, 0.1 if k < 150 else 0.65), 0.0)
    assert state.openness is not None
    assert state.openness <= S.eyes.closed_openness


def lowering(ear: float, blink: float, drop_deg: float) -> float:
    """Openness behind a low camera, once the head has sunk by so much."""
    eyes = Eyes(S.eyes, S.face)
    for k in range(700):
        eyes.step(replace(face(k / 10.0, 0.30), head=Angles(0.0, 17.0)), 0.0)
    state = eyes.step(replace(face(70.0, ear, blink), head=Angles(0.0, 17.0 - drop_deg)), drop_deg)
    assert state.openness is not None
    assert state.lowered == (drop_deg > 10.0)
    return state.openness


def test_half_open_lids_of_a_lowered_head_are_seen_from_higher_up_and_shut_ones_stay_shut() -> None:
    assert lowering(0.12, 0.5, 20.0) > 1.2 * lowering(0.12, 0.5, 0.0)
    assert lowering(0.03, 0.7, 20.0) < S.eyes.closed_openness / 2.0


@pytest.mark.parametrize(
    ("smile", "ear", "blink", "closed"), [(0.0, 0.07, 0.57, True), (0.8, 0.07, 0.57, False), (0.8, 0.03, 0.75, True)]
)
def test_eyes_that_a_laugh_narrows_are_not_shut_and_shut_ones_are_while_smiling(
    smile: float, ear: float, blink: float, closed: bool
) -> None:
    eyes = Eyes(S.eyes, S.face)
    for k in range(700):
        eyes.step(face(k / 10.0, 0.21), 0.0)
    state = eyes.step(face(70.0, ear, blink), 0.0, smile)
    assert state.openness is not None
    assert (state.openness <= S.eyes.closed_openness) == closed


def lids(closures: Closures, points: Sequence[tuple[float, float | None]]) -> list[Event]:
    return [e for t, o in points for e in closures.step(nanoseconds(t), o)]


@pytest.mark.parametrize("fps", [10, 15, 30, 60])
@pytest.mark.parametrize("phase", [0.0, 0.3, 0.7])
def test_a_long_closure_is_measured_to_a_fraction_of_a_frame(fps: int, phase: float) -> None:
    points = []
    for k in range(4 * fps):
        t = (k + phase) / fps
        points.append((t, max(0.0, min(1.0, max(0.5 - (t - 1.0) / 0.1, 0.5 + (t - 2.2) / 0.1)))))
    found = [e for e in lids(Closures(S.eyes), points) if e.end_ns is not None]
    (closure,) = found
    assert closure.name == "eyes_closed"
    assert seconds(closure.start_ns) == pytest.approx(1.0, abs=0.06)
    assert closure.end_ns is not None
    assert seconds(closure.end_ns) == pytest.approx(2.2, abs=0.06)


def test_drooping_lids_are_not_one_long_closure() -> None:
    # ten seconds at 40 % openness with one blink in the middle
    points = [(k / 30.0, 0.4 if not 150 <= k < 155 else 0.05) for k in range(300)]
    (blink,) = [e for e in lids(Closures(S.eyes), points) if e.end_ns is not None]
    assert blink.name == "blink"
    assert blink.end_ns is not None
    assert seconds(blink.end_ns - blink.start_ns) < 0.4


@pytest.mark.parametrize(
    ("shut_s", "openness", "lowered", "closed_s"),
    [(0.4, 0.26, False, 2.4), (0.4, 0.26, True, 0.4), (0.4, 0.1, True, 2.4), (0.8, 0.26, True, 2.4)],
    ids=["head up", "look down behind a blink", "shut", "shut before the head sank"],
)
def test_half_open_lids_of_a_lowered_head_look_down_behind_a_blink_and_not_behind_a_closure(
    shut_s: float, openness: float, lowered: bool, closed_s: float
) -> None:
    closures, found = Closures(S.eyes), list[Event]()
    for k in range(120):
        now = 0.05 if 30 <= k < 30 + 30 * shut_s else openness if 30 <= k < 102 else 1.0
        found += closures.step(nanoseconds(k / 30.0), now, lowered=lowered)
    (closure,) = [e for e in found if e.end_ns is not None]
    assert dict(closure.detail)["duration_s"] == pytest.approx(closed_s, abs=0.05)


def test_lost_frames_do_not_end_a_closure() -> None:
    points = [(k / 10.0, 0.0 if 10 <= k < 30 else 1.0) for k in range(50) if k % 3 != 1]
    (closure,) = [e for e in lids(Closures(S.eyes), points) if e.end_ns is not None]
    assert dict(closure.detail)["duration_s"] == pytest.approx(2.0, abs=0.11)


def test_the_end_of_a_recording_ends_a_closure() -> None:
    closures = Closures(S.eyes)
    lids(closures, [(k / 30.0, 1.0 if k < 30 else 0.0) for k in range(60)])
    (closure,) = closures.finish(nanoseconds(2.0))
    assert closure.name == "eyes_closed"
