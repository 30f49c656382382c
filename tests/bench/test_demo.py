"""The demo, played short: the live loop on the virtual cabin leaves a film, a page and reports that agree."""

from __future__ import annotations

import subprocess
import sys
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


def test_a_short_demo_leaves_film_page_and_reports(tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_text(SCENARIO)
    config = tmp_path / "demo.toml"
    config.write_text(CONFIG.format(scenario=tmp_path / "short.toml"))
    # in a process of its own: it gives up the network for good
    command = [sys.executable, "-m", "driver_monitor", "bench", "demo", "--out", str(tmp_path / "out"), "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (bus,) = [line for line in done.stdout.splitlines() if line.startswith("On the virtual bus")]
    assert "frames; microsleep raised" in bus
    assert "none" not in bus
    reports = list(read_reports(tmp_path / "out/demo.jsonl"))
    raised = [r for r in reports if r["type"] == "alert" and r["event"] == "raised"]
    assert [r["kind"] for r in raised] == ["microsleep"]
    with av.open(str(tmp_path / "out/demo.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) > 30
    page = (tmp_path / "out/demo.html").read_text()
    assert "microsleep" in page
    assert " s before it.</p>" in page
    assert "http" not in page  # it opens with no network
    said = done.stdout
    assert "microsleep raised" in said
    assert "locked down" in said


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
