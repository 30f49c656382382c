"""The body by the face's place: who slumps, who leans out, who only looks down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from driver_monitor.monitor import Monitor
from driver_monitor.perception.body import Body
from driver_monitor.perception.nods import Nods
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, Event, FaceMeasurement, Input, Report, nanoseconds, seconds
from tests.scripted import Drive, alerts, events, first

SETTINGS = Settings()
WIDTH = 0.25
MOVE_S = 0.8  # a body takes this long to get anywhere
Move = tuple[float, float, float, float, float]  # start, end, right, down (face widths), roll


def moved(face: FaceMeasurement, moves: list[Move]) -> FaceMeasurement:
    for start, end, right, down, roll in moves:
        if start <= seconds(face.t_ns) < end and face.centre is not None and face.head is not None:
            t_s = seconds(face.t_ns)
            share = max(0.0, min(1.0, (t_s - start) / MOVE_S, (end - t_s) / MOVE_S))
            centre = (face.centre[0] + share * right * WIDTH, face.centre[1] + share * down * WIDTH)
            face = replace(face, centre=centre, head=Angles(face.head.yaw, face.head.pitch, share * roll))
    return face


def samples(drive: Drive, moves: list[Move], dark_glasses: bool = False) -> list[Input]:
    out: list[Input] = []
    for sample in drive.samples():
        face = moved(sample, moves) if isinstance(sample, FaceMeasurement) else None
        if face is not None and dark_glasses:
            face = replace(face, left_eye=None, right_eye=None, eye_in_head=None, reason="sunglasses")
        out.append(sample if face is None else face)
    return out


def play(drive: Drive, moves: list[Move], dark_glasses: bool = False) -> list[Report]:
    monitor = Monitor(SETTINGS)
    out = [report for sample in samples(drive, moves, dark_glasses) for report in monitor.step(sample)]
    return out + monitor.finish()


@pytest.mark.parametrize("fps", [10.0, 15.0, 30.0, 60.0])
@pytest.mark.parametrize("move", [(15.0, 23.0, 0.3, 0.7, 5.0), (15.0, 23.0, 0.2, 0.1, -28.0)])
def test_a_body_that_sinks_or_tilts_with_shut_eyes_has_slumped(fps: float, move: Move) -> None:
    out = play(Drive(30.0, fps=fps, closed=[(15.0, 23.0)]), [move])
    (slump,) = events(out, "slump")
    assert seconds(slump.start_ns) == pytest.approx(15.8, abs=0.3)
    assert first(out, "unresponsive") == pytest.approx(21.0, abs=0.3)


def test_a_slump_behind_dark_glasses_is_unresponsive_too() -> None:
    out = play(Drive(40.0), [(18.0, 36.0, 0.3, 0.8, 25.0)], dark_glasses=True)
    assert first(out, "unresponsive") == pytest.approx(24.4, abs=0.3)
    (alert,) = alerts(out, "unresponsive", "raised")
    assert "slumped" in alert.rule


def test_a_driver_who_sinks_out_of_the_picture_is_unresponsive() -> None:
    out = play(Drive(40.0, closed=[(17.5, 36.0)], hidden=[(19.0, 36.0)]), [(18.0, 37.0, 0.3, 0.5, 20.0)])
    raised = first(out, "unresponsive")
    assert raised is not None and raised <= 25.0
    (slump,) = events(out, "slump")
    assert slump.end_ns is not None and seconds(slump.end_ns) == pytest.approx(36.0, abs=0.6)


@pytest.mark.parametrize("glasses", [False, True])
def test_a_small_sway_is_nothing(glasses: bool) -> None:
    out = play(Drive(40.0), [(15.0, 20.0, 0.2, 0.2, 8.0), (25.0, 30.0, -0.3, -0.2, -8.0)], glasses)
    assert events(out, "slump") == []
    assert events(out, "lean_out") == []


def test_a_head_that_hangs_aside_off_the_road_has_slumped_though_the_eyes_look_open() -> None:
    out = play(Drive(34.0, looks=[(18.0, 28.0, 0.0, -30.0)]), [(18.0, 28.0, 0.3, 0.4, -28.0)])
    (slump,) = events(out, "slump")
    assert seconds(slump.start_ns) == pytest.approx(18.5, abs=0.2)
    assert first(out, "unresponsive") == pytest.approx(24.5, abs=0.3)


def test_a_tilted_head_that_looks_at_the_road_has_not() -> None:
    assert events(play(Drive(30.0), [(15.0, 25.0, 0.2, 0.2, -25.0)]), "slump") == []


def test_bending_down_with_open_eyes_is_no_slump() -> None:
    out = play(Drive(30.0), [(15.0, 25.0, 0.0, 0.7, 20.0)])
    assert events(out, "slump") == []


def test_a_new_seat_is_learned_and_is_no_slump_for_ever() -> None:
    body, told = Body(SETTINGS.body), list[Event]()
    for face in Drive(120.0, fps=10.0).samples():
        if isinstance(face, FaceMeasurement):
            told += body.step(moved(face, [(30.0, 120.0, 0.0, 0.15, 0.0), (70.0, 120.0, 0.0, 0.15, 0.0)]), 2.0, True)
    assert told == []


@pytest.mark.parametrize("aside", [-2.0, 1.7])
def test_leaning_out_is_an_event_while_the_face_is_still_there(aside: float) -> None:
    out = play(Drive(30.0), [(15.0, 18.0, aside, 0.3, 15.0)])
    (lean,) = events(out, "lean_out")
    assert seconds(lean.start_ns) == pytest.approx(15.6, abs=0.2)
    assert lean.end_ns is not None and seconds(lean.end_ns) == pytest.approx(17.4, abs=0.2)


def test_a_driver_who_leaned_out_of_the_picture_is_not_visible() -> None:
    out = play(Drive(40.0, hidden=[(16.0, 32.0)]), [(15.2, 16.8, 1.7, 0.0, 10.0)])
    (lean,) = events(out, "lean_out")
    assert lean.end_ns is not None and seconds(lean.end_ns) == pytest.approx(32.0, abs=0.1)
    assert first(out, "driver_not_visible") == pytest.approx(26.0, abs=0.2)


@pytest.mark.parametrize(("drop", "closed_s", "nods"), [(13.0, 0.8, 1), (20.0, 0.8, 1), (8.0, 0.8, 0), (16.0, 0.2, 0)])
def test_a_nod_is_a_drop_of_12_degrees_or_more_with_closed_eyes(drop: float, closed_s: float, nods: int) -> None:
    watcher, told = Nods(SETTINGS.body), list[Event]()
    for k in range(60):
        t_s = k / 30.0
        told += watcher.step(nanoseconds(t_s), drop if 0.5 <= t_s < 1.5 else 0.0, closed_s if 0.6 <= t_s < 1.4 else 0.0)
    assert len(told) == nods
