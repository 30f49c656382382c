"""Scenarios: what is written is what happens, at any frame rate, and a slip of the pen is named."""

from __future__ import annotations

import json

import numpy as np
import pytest

from driver_monitor.bench.scenario.behaviours import BEHAVIOURS
from driver_monitor.bench.scenario.played import Played
from driver_monitor.bench.scenario.script import Script
from driver_monitor.errors import SettingsError
from driver_monitor.resources import config_dir, models_dir
from driver_monitor.signals import nanoseconds, seconds

QUIET = "\n[person]\nblink_rate = 0\nrestless = 0\n"


def play(timeline: str, *, length: float = 20.0, rest: str = "") -> Played:
    return Played(Script.parse(f"seconds = {length}\n{rest}{QUIET}{timeline}"))


def do(what: str, at: float, **keys: object) -> str:
    lines = [f"{key.rstrip('_')} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join(["[[do]]", f"at = {at}", f'what = "{what}"', *lines, ""])


def lids(played: Played, times: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([played.pose(nanoseconds(float(t))).lids[0] for t in times])


def crossings(played: Played, start_s: float, end_s: float) -> tuple[float, float]:
    """When the lids fall through half and rise through it again."""
    t = np.arange(start_s, end_s, 0.002)
    shut = np.nonzero(lids(played, t) < 0.5)[0]
    return float(t[shut[0]]), float(t[shut[-1]])


# ------------------------------------------------------------------------------------------------------------------ lids


@pytest.mark.parametrize(("what", "length"), [("blink", 0.2), ("long_blink", 0.7), ("microsleep", 1.5), ("sleep", 4.0)])
def test_a_closure_lasts_as_long_as_it_is_written(what: str, length: float) -> None:
    start, end = crossings(play(do(what, 5.0, for_=length)), 4.0, 12.0)
    assert start == pytest.approx(5.0, abs=0.01)
    assert end - start == pytest.approx(length, abs=0.02)


@pytest.mark.parametrize("fps", [10, 15, 30, 60])
def test_the_same_lids_fall_at_every_frame_rate(fps: int) -> None:
    played = play(do("microsleep", 5.0, for_=1.5), rest=f"[camera]\nfps = {fps}\n")
    closed = [seconds(s.t_ns) for s in played.shots if played.pose(s.t_ns).lids[0] < 0.5]
    assert -0.01 < closed[0] - 5.0 < 1.0 / fps + 0.01
    assert -0.01 < 6.5 - closed[-1] < 1.0 / fps + 0.01


def test_blinks_come_at_the_drivers_own_rate_and_keep_clear_of_a_microsleep() -> None:
    text = "seconds = 300\n[person]\nblink_rate = 18\n" + do("microsleep", 100.0, for_=2.0)
    labels = Played(Script.parse(text)).tracks.labels
    blinks = [label for label in labels if label.what == "blink"]
    assert 60 < len(blinks) < 115
    assert all(b.end_s < 100.0 or b.start_s > 102.0 for b in blinks)


def test_drowsiness_droops_the_lids_and_slows_the_blinks() -> None:
    text = "seconds = 120\n" + do("drowsy", 30.0, for_=80.0, ramp=5.0)
    played = Played(Script.parse(text))
    t = np.arange(0.0, 110.0, 0.05)
    open_ = lids(played, t)
    assert np.median(open_[t < 28]) > 0.95
    assert 0.5 < np.median(open_[(t > 40) & (t < 105)]) < 0.65
    slow = [b.end_s - b.start_s for b in played.tracks.labels if b.what == "blink" and 40 < b.start_s < 105]
    fast = [b.end_s - b.start_s for b in played.tracks.labels if b.what == "blink" and b.start_s < 28]
    assert np.mean(slow) > 2.0 * np.mean(fast)


# ------------------------------------------------------------------------------------------------------------------ gaze


def gaze(played: Played, t_s: float) -> tuple[float, float]:
    pose = played.pose(nanoseconds(t_s))
    return pose.head.yaw + pose.eyes.yaw, pose.head.pitch + pose.eyes.pitch


def test_a_glance_goes_to_its_zone_and_back_in_time() -> None:
    played = play(do("look", 5.0, zone="rear_mirror", for_=1.0))
    assert gaze(played, 4.95) == pytest.approx((0.0, 0.0), abs=0.5)
    assert gaze(played, 5.8) == pytest.approx((-38.0, 9.0), abs=2.0)
    assert gaze(played, 6.6) == pytest.approx((0.0, 0.0), abs=0.5)
    assert [played.zone(t) for t in (4.9, 5.1, 5.9, 6.1)] == ["road", "rear_mirror", "rear_mirror", "road"]


def test_owl_turns_the_head_and_lizard_the_eyes() -> None:
    owl = play(do("look", 5.0, zone="centre_stack", for_=2.0, lead="head")).pose(nanoseconds(6.5))
    lizard = play(do("look", 5.0, zone="centre_stack", for_=2.0, lead="eyes")).pose(nanoseconds(6.5))
    assert owl.head.yaw == pytest.approx(-30.0, abs=1.5) and abs(owl.eyes.yaw) < 3.0
    assert abs(lizard.head.yaw) < 1.0 and lizard.eyes.yaw == pytest.approx(-30.0, abs=1.5)


def test_eyes_get_there_before_the_head() -> None:
    played = play(do("look", 5.0, zone="left_mirror", for_=2.0))
    pose = played.pose(nanoseconds(5.12))
    assert pose.eyes.yaw > 25.0 > pose.head.yaw
    assert played.pose(nanoseconds(6.5)).eyes.yaw < pose.eyes.yaw


def test_a_driver_on_the_right_has_the_mirrors_on_the_other_sides() -> None:
    left = play(do("look", 5.0, zone="rear_mirror", for_=2.0))
    right = play(do("look", 5.0, zone="rear_mirror", for_=2.0), rest='[drive]\nside = "right"\n')
    assert gaze(right, 6.5)[0] == pytest.approx(-gaze(left, 6.5)[0], abs=1.0)


# ---------------------------------------------------------------------------------------------------------------- camera


def test_lost_and_late_pictures_stay_in_order() -> None:
    played = play("", rest="[camera]\nfps = 30\njitter_ms = 8\nlost = 0.2\n", length=30)
    times = np.array([shot.t_ns for shot in played.shots])
    assert (np.diff(times) > 0).all()
    assert 0.72 * 900 < len(times) < 0.88 * 900
    assert np.std(np.diff(times)) > 5e6


def test_a_frozen_camera_repeats_one_picture_while_the_driver_goes_on() -> None:
    played = play(do("freeze", 5.0, for_=2.0))
    stuck = [shot for shot in played.shots if 5.0 <= seconds(shot.t_ns) < 7.0]
    assert len({shot.shows_number for shot in stuck}) == 1
    assert len({shot.t_ns for shot in stuck}) == len(stuck) == 60
    assert played.shots[-1].shows_number == played.shots[-1].number


def test_no_pictures_come_while_they_are_lost() -> None:
    times = [seconds(shot.t_ns) for shot in play(do("lose_pictures", 5.0, for_=2.0)).shots]
    assert not [t for t in times if 5.0 <= t < 7.0]


def test_light_and_cover_change_when_told() -> None:
    played = play(do("light", 5.0, kind="night", for_=3.0) + do("cover_camera", 12.0, for_=2.0))
    assert [played.light_kind(t) for t in (4.0, 6.0, 9.0)] == ["day", "night", "day"]
    covered = {t: played.conditions(played.shots[int(30 * t)]).sensor.covered for t in (11, 13, 15)}
    assert covered == {11: 0.0, 13: 1.0, 15: 0.0}


# ----------------------------------------------------------------------------------------------------------------- mouth


def test_a_yawn_opens_the_jaw_for_long_and_talk_does_not() -> None:
    played = play(do("yawn", 5.0, for_=5.0) + do("talk", 12.0, for_=5.0))
    t = np.arange(0.0, 19.0, 0.02)
    jaw = np.array([played.pose(nanoseconds(float(s))).units.get("jawOpen", 0.0) for s in t])
    assert jaw[(t > 7) & (t < 8)].min() > 0.8
    talking = jaw[(t > 12) & (t < 17)]
    assert 0.1 < talking.max() < 0.4
    assert np.mean(talking > 0.2) < 0.5


# ---------------------------------------------------------------------------------------------------------- slips of pens


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('seconds = 9\n[[do]]\nat=1\nwhat="microslep"\n', "line 4: there is no behaviour 'microslep'; did you mean 'microsleep'"),
        ('seconds = 9\n[[do]]\nat = 1\nwhat = "yawn"\nfro = 2\n', "line 5: 'yawn' has no 'fro'; did you mean 'for'?"),
        ('seconds = 9\n[[do]]\nat = 1\nwhat = "look"\nzone = "lapp"\n', "line 5: zone = 'lapp' in 'look': did you mean 'lap'?"),
        ('seconds = 9\n[[do]]\nat=1\nwhat="nod"\n\n[[do]]\nat=2\nwhat="nodd"\n', "line 8: there is no behaviour 'nodd'"),
        ('seconds = 9\n[[do]]\nwhat = "nod"\n', "line 2: 'nod' needs 'at'"),
        ("seconds = 9\n[camra]\nfps = 3\n", "line 2: a scenario has no 'camra'; did you mean 'camera'?"),
        ("seconds = 9\n[camera]\nfps = 3000\n", "line 3: fps = 3000 in"),
        ('seconds = 9\n[subject]\nlike = "henzo"\n', "line 3: there is no person 'henzo'; did you mean 'enzo'?"),
        ('seconds = 9\n[subject]\nglases = "dark"\n', "line 3: [subject] has no 'glases'; did you mean 'glasses'?"),
        ('seconds = 9\n[[do]]\nat = 8\nwhat = "sleep"\nfor = 4\n', "line 5: 'sleep' ends at 12 s, but the scenario at 9 s"),
        ('seconds = 9\n[[do]]\nat = 18\nwhat = "blink"\n', "line 3: 'blink' begins at 18 s"),
        ("[camera]\nfps = 3\n", "needs 'seconds'"),
        ("seconds = 9\ncamera = 3\n", "line 2: 'camera' is a table"),
        ("seconds = \n", "is not TOML"),
        ('seconds = 9\n[drive]\nspeed_kmh = "fast"\n', "line 3: speed_kmh = 'fast' in [drive]"),
    ],
)
def test_a_slip_is_named_with_its_line_and_the_nearest_word(text: str, told: str) -> None:
    with pytest.raises(SettingsError) as problem:
        Script.parse(text, "drive.toml")
    assert told in str(problem.value)
    assert str(problem.value).startswith("drive.toml")
    assert "\n" not in str(problem.value)


def test_every_scenario_that_comes_with_the_program_can_be_played() -> None:
    files = sorted((config_dir() / "scenarios").glob("*.toml"))
    assert len(files) >= 2
    for file in files:
        assert Played(Script.load(file)).shots


def test_every_behaviour_can_be_played_and_is_written_down() -> None:
    card = (models_dir() / "virtual_driver.md").read_text(encoding="utf-8")
    for what, kind in BEHAVIOURS.items():
        assert f"| `{what}` —" in card
        keys: dict[str, object] = {"for_": 4.0} if "length" in kind.model_fields and what in ("slump", "lean_out") else {}
        played = play(do(what, 3.0, **keys), length=20.0)
        played.pose(nanoseconds(4.0))
        if what != "blinks":
            assert any(label.start_s == pytest.approx(3.0) for label in played.tracks.labels), what
