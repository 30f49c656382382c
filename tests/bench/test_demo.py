"""The demo, played short: the live loop on the virtual cabin leaves a film, a page and reports that agree."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from driver_monitor.bench.virtual_cabin import find_scenario
from driver_monitor.cli import main
from driver_monitor.errors import BadUseError
from driver_monitor.runtime.reports import read_reports

SCENARIO = """
title = "Short"
seconds = 6
seed = 1
[camera]
fps = 10
width = 320
height = 240
nearer = 1.4
[[do]]
at = 2
what = "microsleep"
for = 2
"""
CONFIG = """
[trip]
deployment = "bench"
[camera]
source = "virtual:{scenario}"
[vehicle]
interface = "virtual"
channel = "test-demo"
send_alerts = true
[outputs]
pin_factory = "mock"
"""


def played(folder: Path, module: str, *command: str) -> str:
    """Play the short demo in a process of its own: it gives up the network for good. What it said."""
    (folder / "short.toml").write_text(SCENARIO)
    config = folder / "demo.toml"
    config.write_text(CONFIG.format(scenario=folder / "short.toml"))
    words = [sys.executable, "-m", module, *command, "--out", str(folder / "out"), "--config", str(config)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_short_demo_leaves_film_page_and_reports(tmp_path: Path) -> None:
    said = played(tmp_path, "tests.bench.demo_in_step")
    (bus,) = [line for line in said.splitlines() if line.startswith("On the virtual bus")]
    assert "frames; microsleep raised" in bus
    assert "none" not in bus
    reports = list(read_reports(tmp_path / "out/demo.jsonl"))
    raised = [r for r in reports if r["type"] == "alert" and r["event"] == "raised"]
    assert [r["kind"] for r in raised] == ["microsleep"]
    assert (reports[-1]["frames"], reports[-1]["overtaken"]) == (60, 0)
    with av.open(str(tmp_path / "out/demo.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 60
    page = (tmp_path / "out/demo.html").read_text()
    assert "microsleep" in page
    assert " s before it.</p>" in page
    assert "http" not in page  # it opens with no network
    assert "microsleep raised" in said
    assert "locked down" in said


def test_the_demo_plays_at_the_pace_of_the_clock_and_comes_to_its_end(tmp_path: Path) -> None:
    begun_s = time.monotonic()
    said = played(tmp_path, "driver_monitor", "bench", "demo")  # a busy machine may let pictures be overtaken
    assert time.monotonic() - begun_s > 6.0
    assert "locked down" in said
    figures = list(read_reports(tmp_path / "out/demo.jsonl"))[-1]
    with av.open(str(tmp_path / "out/demo.mp4")) as film:
        assert 0 < sum(1 for _ in film.decode(video=0)) <= figures["frames"]
    assert " s before it.</p>" in (tmp_path / "out/demo.html").read_text()


def test_a_scenario_becomes_a_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "short.toml").write_text(SCENARIO.replace("seconds = 6", "seconds = 5"))
    assert main(["bench", "scenario", str(tmp_path / "short.toml"), "--out", str(tmp_path / "trip")]) == 0
    names = {file.name for file in (tmp_path / "trip").iterdir()}
    assert names == {"video.mp4", "sound.wav", "can.log", "heart.csv", "truth.jsonl"}
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_a_misspelt_behaviour_names_its_line_and_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.toml").write_text(SCENARIO.replace("microsleep", "microslep"))
    assert main(["bench", "scenario", str(tmp_path / "bad.toml"), "--out", str(tmp_path / "trip")]) == 2
    said = capsys.readouterr().err
    assert "line 12" in said
    assert "microsleep" in said
    assert not (tmp_path / "trip").exists()


def test_an_unknown_scenario_names_those_that_come_along() -> None:
    with pytest.raises(BadUseError, match=r"demo\.toml"):
        find_scenario("virtual:nowhere.toml")
