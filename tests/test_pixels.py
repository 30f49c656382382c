"""The stories of tests/test_peer_failures.py over real pixels: rendered pictures through the real landmark model.

The driver is a virtual one; its eyelids, gaze and mouth are known exactly.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from driver_monitor.bench.scenario.recording import write_recording
from driver_monitor.bench.scenario.scenario import Scenario
from driver_monitor.bench.scenario.script import Script
from driver_monitor.model_store import model_path
from driver_monitor.monitor import Monitor
from driver_monitor.runtime.assembly import build_monitor
from driver_monitor.settings import Settings
from driver_monitor.signals import CameraFrame, DriverState, Report, Tick, nanoseconds, seconds
from tests.scripted import alerts, events, first

HEAD = 'seconds = {seconds}\nseed = 3\n[camera]\nfps = {fps}\n[person]\nrestless = 0.3\n[light]\nvibration_px = 0\n'


def do(what: str, at: float, for_s: float, **more: object) -> str:
    extra = "".join(f'{key} = "{value}"\n' for key, value in more.items())
    return f'[[do]]\nwhat = "{what}"\nat = {at}\nfor = {for_s}\n{extra}'


def scenario(*timeline: str, seconds: float, fps: int = 15, parts: str = "") -> Scenario:
    head = HEAD.format(seconds=seconds, fps=fps)
    return Scenario(Script.parse(head + parts + "\n" + "".join(timeline)), model_path("virtual-driver"))


def pictures(played: Scenario) -> list[CameraFrame]:
    return [CameraFrame(frame.t_ns, frame.image) for frame in played.frames(workers=2)]


def watch(frames: list[CameraFrame]) -> list[Report]:
    """What the Monitor reports of pictures alone: the speed is unknown, so the strictest tier holds."""
    monitor: Monitor = build_monitor(Settings())
    reports: list[Report] = []
    ticks = 0
    for frame in frames:
        while nanoseconds(ticks / 10) <= frame.t_ns:
            reports += monitor.step(Tick(nanoseconds(ticks / 10)))
            ticks += 1
        reports += monitor.step(frame)
    reports += monitor.finish()
    monitor.close()
    return reports


@pytest.fixture(scope="module")
def drive() -> list[CameraFrame]:
    """Awake, a microsleep, a yawn with squeezed eyes, a mirror check, and a long look into the lap."""
    played = scenario(
        do("microsleep", 8.0, 2.0),
        do("yawn", 12.0, 5.0),
        do("look", 19.0, 1.2, zone="left_mirror"),
        do("look", 23.0, 4.5, zone="lap"),
        seconds=30.0,
    )
    return pictures(played)


@pytest.fixture(scope="module")
def reports(drive: list[CameraFrame]) -> list[Report]:
    return watch(drive)


def test_a_microsleep_alarms_on_time_and_a_yawn_does_not(reports: list[Report]) -> None:
    when = first(reports, "microsleep")
    assert when == pytest.approx(9.5, abs=0.2 + 1 / 15)
    assert len(alerts(reports, "microsleep", "raised")) == 1
    assert alerts(reports, "sleep") == []


def test_a_yawn_is_found_and_reads_as_no_anger(reports: list[Report]) -> None:
    (yawn,) = events(reports, "yawn")
    assert seconds(yawn.start_ns) == pytest.approx(12.4, abs=0.7)
    angry = [r.value for r in reports if isinstance(r, DriverState) and r.state == "anger" and r.value is not None]
    assert all(value < 0.5 for value in angry)
    assert alerts(reports, "anger") == []


def test_glances_are_found_with_their_zones_and_the_long_one_alarms(reports: list[Report]) -> None:
    zones = {dict(g.detail)["zone"]: seconds(g.start_ns) for g in events(reports, "glance")}
    assert zones["left_mirror"] == pytest.approx(19.0, abs=0.3)
    assert zones["lap"] == pytest.approx(23.0, abs=0.3)
    assert first(reports, "long_distraction") == pytest.approx(26.0, abs=0.2 + 1 / 15)


def test_looking_into_the_lap_is_not_closed_eyes(reports: list[Report]) -> None:
    assert [e for e in events(reports, "eyes_closed") if seconds(e.start_ns) > 18.0] == []


@pytest.mark.parametrize("shift", [-90, 90])
def test_where_the_driver_sits_in_the_picture_does_not_move_the_gaze(drive: list[CameraFrame], shift: int) -> None:
    moved = [CameraFrame(f.t_ns, np.roll(f.image, shift, axis=1)) for f in drive if 17.0 < seconds(f.t_ns) < 22.0]
    start_ns = moved[0].t_ns
    # the first two seconds teach straight-ahead anew, in the new place
    found = watch([CameraFrame(f.t_ns - start_ns, f.image) for f in moved])
    (glance,) = [e for e in events(found, "glance") if seconds(e.start_ns) > 1.0]
    assert dict(glance.detail)["zone"] == "left_mirror"


def test_glasses_do_not_break_a_closure() -> None:
    played = scenario(do("microsleep", 5.0, 2.0), seconds=9.0, parts='[subject]\nglasses = "clear"\n')
    assert first(watch(pictures(played)), "microsleep") == pytest.approx(6.5, abs=0.2 + 1 / 15)


def test_two_replays_of_one_recording_are_the_same_to_the_byte(tmp_path: Path) -> None:
    played = scenario(do("microsleep", 2.0, 1.8), do("talk", 0.5, 3.0), seconds=6.0, fps=10)
    write_recording(played, tmp_path / "trip", workers=2)
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for file in files:
        # in a process of its own: it gives up the network for good
        command = [sys.executable, "-m", "driver_monitor", "replay", str(tmp_path / "trip"), "--reports", str(file)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert b'"kind":"microsleep"' in files[0].read_bytes()


def test_a_call_at_the_ear_is_told_once_and_a_rubbed_eye_is_not() -> None:
    played = scenario(do("hand", 3.0, 3.0, to="left_eye"), do("phone", 8.0, 13.0, place="ear"), seconds=24.0, fps=6)
    found = watch(pictures(played))
    assert [(a.kind, a.level) for a in alerts(found, action="raised")] == [("phone", "advice")]
    # a look every two seconds finds the hand, which takes 0.7 s to come up, and then it is at the ear for five
    assert first(found, "phone") == pytest.approx(14.4, abs=1.5)
    rubbed, held = events(found, "hand_to_face")
    assert dict(rubbed.detail)["where"] == "eye"
    assert (dict(held.detail)["where"], dict(held.detail)["side"]) == ("ear", "right")
    assert seconds(held.start_ns) == pytest.approx(9.4, abs=1.5)
    assert held.end_ns is not None and seconds(held.end_ns) == pytest.approx(20.5, abs=2.0)


def test_a_slump_is_found_in_pictures() -> None:
    played = scenario(do("slump", 8.0, 9.0), seconds=18.0, fps=8)
    found = watch(pictures(played))
    (slump,) = events(found, "slump")
    assert seconds(slump.start_ns) == pytest.approx(9.0, abs=1.0)
    raised = first(found, "unresponsive")
    assert raised is not None and 14.0 <= raised <= 16.0
