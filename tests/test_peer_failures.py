"""What other driver monitors get wrong, told as drives. The pixels' share of these stories stands in tests/test_pixels.py."""

from __future__ import annotations

import pytest

from driver_monitor.signals import DriverState, Health, Report, seconds
from tests.scripted import Drive, alerts, events, first, play


def states(reports: list[Report], name: str) -> list[DriverState]:
    return [r for r in reports if isinstance(r, DriverState) and r.state == name]


def test_the_first_closed_frame_is_not_tired() -> None:
    reports = play(Drive(20.0, closed=[(0.0, 0.3)]))
    assert alerts(reports) == []
    assert all(s.value is None and s.reason and "30 s" in s.reason for s in states(reports, "fatigue"))


@pytest.mark.parametrize("jitter", [0.0, 0.4])
@pytest.mark.parametrize("loss", [0.0, 0.2])
@pytest.mark.parametrize("fps", [10, 15, 30, 60])
def test_the_same_eyelids_alarm_at_the_same_moment_at_any_frame_rate(fps: int, loss: float, jitter: float) -> None:
    reports = play(Drive(32.0, fps=fps, loss=loss, jitter=jitter, closed=[(25.0, 29.0)]))
    # a lost frame cannot be seen: with losses the next one that came is the one that may alarm
    frames = 1.0 if loss == 0.0 else 3.0
    slack = (frames + jitter * 2) / fps + 1e-6
    for kind, limit in (("microsleep", 1.5), ("sleep", 3.0)):
        when = first(reports, kind)
        assert when is not None
        assert 25.0 + limit - 1.0 / fps <= when <= 25.0 + limit + slack, kind


@pytest.mark.parametrize("fps", [10, 15, 30, 60])
def test_the_same_look_aside_alarms_at_the_same_moment_at_any_frame_rate(fps: int) -> None:
    when = first(play(Drive(30.0, fps=fps, looks=[(20.0, 26.0, -75.0, -5.0)])), "long_distraction")
    assert when is not None
    assert 23.0 - 1.01 / fps <= when <= 23.0 + 1.01 / fps


def test_a_face_lost_for_30_s_and_one_closed_frame_is_not_asleep() -> None:
    reports = play(Drive(60.0, hidden=[(15.0, 45.0)], closed=[(45.0, 45.05)], blinks=False))
    assert alerts(reports, "sleep") == []
    assert alerts(reports, "microsleep") == []


def test_a_face_lost_amid_a_closure_does_not_go_on_counting() -> None:
    reports = play(Drive(40.0, closed=[(20.0, 20.8)], hidden=[(20.6, 30.0)], blinks=False))
    assert alerts(reports, "microsleep") == []
    (closure,) = events(reports, "eyes_closed")
    assert dict(closure.detail)["lost"] is True


@pytest.mark.parametrize("centre", [(0.2, 0.2), (0.5, 0.4), (0.8, 0.6)])
@pytest.mark.parametrize("camera_yaw", [-30.0, 0.0, 30.0])
def test_where_the_driver_sits_and_the_camera_stands_does_not_move_the_gaze(
    centre: tuple[float, float], camera_yaw: float
) -> None:
    drive = Drive(24.0, centre=centre, camera_yaw=camera_yaw, camera_pitch=8.0, looks=[(18.0, 19.0, 38.0, -8.0)])
    (glance,) = events(play(drive), "glance")
    assert dict(glance.detail)["zone"] == "left_mirror"
    assert seconds(glance.start_ns) == pytest.approx(18.0, abs=0.05)


def test_no_face_is_never_silence() -> None:
    reports = play(Drive(40.0, hidden=[(15.0, 35.0)]))
    seen = [r for r in reports if getattr(r, "name", "") == "visibility"]
    assert seen
    assert seconds(seen[0].t_ns) < 16.0
    when = first(reports, "driver_not_visible")
    assert when == pytest.approx(25.0, abs=0.15)
    assert alerts(reports, "driver_not_visible", "cleared")


def test_a_covered_camera_is_named() -> None:
    reports = play(Drive(40.0, dark=[(15.0, 35.0)]))
    assert first(reports, "camera_blocked") == pytest.approx(25.0, abs=0.15)
    assert "dark" in alerts(reports, "camera_blocked")[0].rule


def test_looking_down_is_not_closed_eyes() -> None:
    reports = play(Drive(40.0, looks=[(25.0, 27.5, 0.0, -40.0)], blinks=False))
    assert events(reports, "eyes_closed") == []
    assert alerts(reports, "microsleep") == []
    (glance,) = events(reports, "glance")
    assert dict(glance.detail)["zone"] == "lap"


def test_a_yawn_is_neither_anger_nor_closed_eyes() -> None:
    squeezed = {"browDownLeft": 0.5, "browDownRight": 0.5, "eyeSquintLeft": 0.7, "eyeSquintRight": 0.7}
    reports = play(Drive(75.0, yawns=[(60.0, 65.0)], closed=[(62.0, 63.2)], units=[(60.0, 65.0, squeezed)]))
    assert len(events(reports, "yawn")) == 1
    assert alerts(reports) == []
    assert events(reports, "eyes_closed") == []
    assert all(s.value is None or s.value < 0.5 for s in states(reports, "anger"))


def test_four_short_glances_add_up() -> None:
    looks = [(20.0 + 3.4 * k, 22.6 + 3.4 * k, -30.0, -30.0) for k in range(4)]
    reports = play(Drive(40.0, looks=looks))
    assert alerts(reports, "long_distraction") == []
    # 2.6 + 2.6 + 2.6 + 2.2 s of looking away
    assert first(reports, "time_sharing") == pytest.approx(20.0 + 3 * 3.4 + 2.2, abs=0.15)


def test_two_seconds_of_road_between_glances_reset_the_sum() -> None:
    looks = [(20.0 + 4.8 * k, 22.6 + 4.8 * k, -30.0, -30.0) for k in range(6)]
    assert alerts(play(Drive(52.0, looks=looks)), "time_sharing") == []


def test_a_flick_to_the_road_does_not_restart_a_timer() -> None:
    looks = [(20.0, 21.8, -75.0, 0.0), (22.0, 24.0, -75.0, 0.0)]
    assert first(play(Drive(30.0, looks=looks)), "long_distraction") == pytest.approx(23.2, abs=0.1)


def test_no_alarm_while_straight_ahead_is_being_learned_and_it_is_said() -> None:
    reports = play(Drive(9.0, looks=[(2.0, 8.0, 60.0, 0.0)]))
    assert alerts(reports) == []
    told = [r for r in reports if isinstance(r, Health) and r.state == "learning"]
    assert {r.part for r in told} == {"eyes", "gaze"}
    assert all("s left" in r.reason for r in told)
    reasons = {s.reason for s in states(reports, "distraction")}
    assert reasons <= {"learning straight-ahead", "gaze is not known"}
