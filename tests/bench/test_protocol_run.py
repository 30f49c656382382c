"""Cases from file to verdict and report, without a picture; and the whole chain on a few drawn ones where the models are."""

from __future__ import annotations

import html.parser
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np
import pytest

from driver_monitor.bench.protocol.cases import Case, Expected, load_protocol
from driver_monitor.bench.protocol.deal import deal
from driver_monitor.bench.protocol.measurements import samples
from driver_monitor.bench.protocol.page import page
from driver_monitor.bench.protocol.played import motion, script_of, truth_of
from driver_monitor.bench.protocol.run import choose, protocol_command, run, with_backend
from driver_monitor.bench.protocol.run_case import run_case
from driver_monitor.bench.protocol.store import keep_outcome, kept_outcome, recording_of
from driver_monitor.bench.scenario.played import Played
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.model_store import CACHE_VARIABLE, models
from driver_monitor.settings import Settings
from driver_monitor.signals import FaceMeasurement, nanoseconds

QUIET = {"sound": {"on": False}, "heart": {"over": "none"}}


def case(*alerts: Expected, do: list[dict[str, object]], seconds: float = 22.0, **parts: object) -> Case:
    scenario = {"seconds": seconds, "do": do, **QUIET, **parts}
    return Case("own", "a case", "a rule in words", "design", scenario, alerts, (), {})


ASLEEP = case(
    Expected(kind="microsleep", closed=1.5),
    Expected(kind="sleep", closed=3.0),
    do=[{"at": 14, "what": "sleep", "for": 4.5, "nod": 5}],
)


def played(**scenario: object) -> Played:
    return Played(script_of("own", {"seconds": 12, **QUIET, **scenario}))


def faces(p: Played) -> list[FaceMeasurement]:
    return [s for s in samples(p) if isinstance(s, FaceMeasurement)]


def test_a_case_that_holds_and_the_same_case_with_the_rule_moved() -> None:
    assert run_case(ASLEEP, "measurements").passed
    slower = replace(ASLEEP, settings={"fatigue": {"sleep_s": 4.0}})
    outcome = run_case(slower, "measurements")
    assert not outcome.passed
    assert "sleep: due at" in outcome.faults[0]


def test_the_same_case_gives_the_same_outcome() -> None:
    first, again = run_case(ASLEEP, "measurements"), run_case(ASLEEP, "measurements")
    assert (first.steps, first.curves, first.verdict) == (again.steps, again.curves, again.verdict)


def test_a_scenario_that_cannot_be_played_is_an_error_of_its_case_only() -> None:
    wrong = case(do=[{"at": 3, "what": "slep"}])
    outcomes = run([wrong, ASLEEP], "measurements", 1)
    assert [o.passed for o in outcomes] == [False, True]
    assert "did you mean 'sleep'" in outcomes[0].faults[0]


def test_motion_in_one_go_is_the_pose_at_each_time() -> None:
    p = played(do=[{"at": 3, "what": "look", "zone": "lap", "for": 2}, {"at": 6, "what": "yawn", "for": 3}])
    t = np.array([0.5, 3.3, 4.0, 5.1, 7.5, 11.0])
    at_once = motion(p, t)
    for k, now in enumerate(t):
        pose = p.pose(nanoseconds(float(now)))
        got = [at_once.head_yaw[k], at_once.head_pitch[k], at_once.eye_yaw[k], at_once.eye_pitch[k], at_once.lids[k]]
        assert got == pytest.approx([pose.head.yaw, pose.head.pitch, pose.eyes.yaw, pose.eyes.pitch, pose.lids[0]], abs=1e-6)
        assert at_once.units["jawOpen"][k] == pytest.approx(pose.units.get("jawOpen", 0.0), abs=2e-4)


def test_measured_lids_follow_the_true_ones() -> None:
    p = played(do=[{"at": 4, "what": "microsleep", "for": 2}, {"at": 8, "what": "long_blink", "for": 0.8}])
    measured = faces(p)
    true = motion(p, np.array([f.t_ns for f in measured]) / 1e9).lids
    ear = np.array([f.left_eye.ear if f.left_eye else np.nan for f in measured])
    unit = np.array([f.left_eye.blink if f.left_eye else np.nan for f in measured])
    # rendered heads: r 0.96-0.99 and -0.93 to -0.99
    assert np.corrcoef(true, ear)[0, 1] > 0.95
    assert np.corrcoef(true, unit)[0, 1] < -0.93


def test_a_lowered_gaze_takes_less_of_the_lid_than_closing_it() -> None:
    lowered = faces(played(do=[{"at": 5, "what": "down_gaze", "degrees": 30, "for": 3}]))
    shut = faces(played(do=[{"at": 5, "what": "sleep", "for": 3, "nod": 0}]))
    at = [k for k, f in enumerate(lowered) if 6.0e9 < f.t_ns < 7.0e9]
    down = np.median([e.ear for k in at if (e := lowered[k].left_eye)])
    closed = np.median([e.ear for k in at if (e := shut[k].left_eye)])
    rest = np.median([e.ear for f in lowered[60:140] if (e := f.left_eye)])
    assert 0.3 * rest < down < 0.75 * rest
    assert closed < 0.3 * rest


def test_a_head_turned_far_a_cover_and_a_lean_out_show_no_face() -> None:
    done = [
        {"at": 2, "what": "look", "zone": "right_window", "lead": "head", "for": 2},
        {"at": 5, "what": "cover_camera", "for": 1.5},
        {"at": 7.5, "what": "lean_out", "for": 4},
    ]
    present = {round(f.t_ns / 1e9, 2): f.present for f in faces(played(do=done))}
    assert [present[t] for t in (1.0, 3.0, 4.8, 6.0, 7.0, 9.5)] == [True, False, True, False, True, False]


def test_a_frozen_camera_repeats_its_measurement_to_the_last_digit() -> None:
    frozen = [f for f in faces(played(do=[{"at": 5, "what": "freeze", "for": 3}])) if 5.2e9 < f.t_ns < 7.8e9]
    assert len({f.head for f in frozen}) == 1
    assert [f.quality.frozen for f in frozen if f.quality][-1] is True


def test_the_truth_of_a_look_begins_with_the_move_of_the_eyes() -> None:
    truth = truth_of(played(do=[{"at": 6, "what": "look", "zone": "right_mirror", "for": 3}]))
    away = truth.t[truth.away(Settings())]
    assert away[0] == pytest.approx(6.08, abs=0.08)
    assert away[-1] == pytest.approx(9.08, abs=0.1)


class _Whole(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.depth: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [v for n, v in attrs if n in ("src", "href") and v]
        if tag not in ("meta", "br", "path", "rect"):
            self.depth.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("path", "rect")

    def handle_endtag(self, tag: str) -> None:
        assert self.depth.pop() == tag


def test_the_page_stands_alone_and_is_whole() -> None:
    failing = case(Expected(kind="long_distraction", at=3.0), do=[{"at": 14, "what": "look", "zone": "lap", "for": 1.0}])
    text = page([run_case(ASLEEP, "measurements"), run_case(failing, "measurements")], "A <title>", "About & all.")
    reader = _Whole()
    reader.feed(text)
    assert reader.depth == []
    assert reader.links == []
    assert "http" not in text
    assert "1 of 2 cases hold" in text
    assert "A &lt;title&gt;" in text
    assert text.count("<svg") == 2
    assert "did not come" in text


def test_the_command_writes_its_reports_and_fails_when_a_case_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    protocol = tmp_path / "own.toml"
    protocol.write_text(
        """
title = "Own"
[base]
seconds = 20
sound = { on = false }
heart = { over = "none" }
[[case]]
name = "quiet"
rule = "attentive driving is quiet"
source = "design"
[[case]]
name = "never"
rule = "an alert that cannot come"
source = "design"
alert = [{ kind = "sleep", at = 10.0 }]
""",
        encoding="utf-8",
    )
    page_file, junit, figures = tmp_path / "p.html", tmp_path / "j.xml", tmp_path / "f.json"
    code = protocol_command(str(protocol), "measurements", 1, page_file, junit, figures, None, None)
    assert code == 1
    shown = capsys.readouterr().out
    assert "1 of 2 cases hold" in shown
    assert "sleep: due at 10.00 s, did not come" in shown
    suite = Xml.parse(junit).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert [c["passed"] for c in json.loads(figures.read_text("utf-8"))] == [True, False]
    assert page_file.stat().st_size > 2000
    assert protocol_command(str(protocol), "measurements", 1, None, None, None, None, "qui*") == 0


NEEDED = models(["face_landmarker", "silero_vad", "virtual-driver"])


@pytest.mark.skipif(any(m.fault() for m in NEEDED), reason="the models are not fetched")
def test_a_microsleep_on_drawn_pictures_alerts_in_time(tmp_path: Path) -> None:
    protocol = tmp_path / "drawn.toml"
    protocol.write_text(
        """
title = "Drawn"
[[case]]
name = "microsleep"
rule = "eyes closed for 1.5 s"
source = "design"
seconds = 10
camera = { fps = 15 }
sound = { on = false }
heart = { over = "none" }
do = [{ at = 6, what = "microsleep", for = 2.2 }]
alert = [{ kind = "microsleep", closed = 1.5 }]
""",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "driver_monitor", "bench", "protocol", str(protocol), "--level", "pixels"]
    # of its own process: it gives up the network
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=os.environ | {"COLUMNS": "160"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 cases hold (pixels" in done.stdout


def test_an_outcome_is_kept_until_anything_it_came_from_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    outcome = run_case(ASLEEP, "measurements")
    assert kept_outcome(ASLEEP, "pixels", "m1") is None
    keep_outcome(ASLEEP, "pixels", "m1", outcome)
    assert kept_outcome(ASLEEP, "pixels", "m1") == outcome
    assert kept_outcome(ASLEEP, "pixels", "m2") is None
    stricter = replace(ASLEEP, settings={"fatigue": {"microsleep_s": 1.2}})
    assert kept_outcome(stricter, "pixels", "m1") is None


def test_a_recording_is_drawn_once_and_a_broken_off_one_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    asset = tmp_path / "head.npz"
    asset.write_bytes(b"a head")
    drawn: list[Path] = []

    def draw(out: Path) -> None:
        drawn.append(out)
        (out / "video.mp4").write_bytes(b"pictures")

    def stopped(out: Path) -> None:
        draw(out)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recording_of(ASLEEP, asset, stopped)
    assert list((tmp_path / "bench" / "renders").iterdir()) == []
    folder = recording_of(ASLEEP, asset, draw)
    assert (folder / "video.mp4").read_bytes() == b"pictures"
    assert recording_of(ASLEEP, asset, draw) == folder
    assert len(drawn) == 2
    asset.write_bytes(b"another head")
    assert recording_of(ASLEEP, asset, draw) != folder


def test_the_frame_rate_moves_no_alert() -> None:
    cases = [c for c in load_protocol("peer-failures").cases if c.name.startswith("same-eyelids-any-frame-rate/")]
    assert len(cases) == 7
    assert [(o.name, o.faults) for o in run(cases, "measurements", 1) if not o.passed] == []


def test_a_dealt_case_keeps_what_it_sets_and_is_dealt_the_same_each_time() -> None:
    cases = [c for name in ("euro-ncap-2026", "peer-failures") for c in load_protocol(name).cases]
    dealt = deal(cases)
    assert deal(cases) == dealt
    cameras = [(old.scenario.get("camera", {}), new.scenario["camera"]) for old, new in zip(cases, dealt, strict=True)]
    assert all(new.items() >= old.items() for old, new in cameras)
    assert {c.scenario["subject"]["like"] for c in dealt} == set(PEOPLE)
    assert {c.scenario["camera"]["fps"] for c in dealt} >= {10, 15, 30, 60}
    assert len({c.name for c in dealt if c.protocol == "peer-failures"}) == sum(c.protocol == "peer-failures" for c in cases)
    assert all(script_of("own", c.scenario).subject is not None for c in dealt)


def test_another_hand_deals_otherwise_and_samples_others_and_each_hand_comes_again() -> None:
    cases = load_protocol("euro-ncap-2026").cases
    hands = {hand: [c.name for c in choose(cases, "measurements", 40, None, hand)] for hand in ("", "b", "c")}
    assert hands["b"] == [c.name for c in choose(cases, "measurements", 40, None, "b")]
    assert len({tuple(names) for names in hands.values()}) == 3
    assert [c.name for c in deal(cases)] == [c.name for c in deal(cases, "")]


def test_a_chosen_face_backend_is_a_setting_of_every_case() -> None:
    assert with_backend(ASLEEP, "litert").settings == {"face": {"backend": "litert"}}
