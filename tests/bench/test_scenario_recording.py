"""A scenario as a recording and as live samples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from driver_monitor.bench.scenario.recording import write_recording
from driver_monitor.bench.scenario.scenario import Scenario
from driver_monitor.bench.scenario.script import Script
from driver_monitor.model_store import model_path
from driver_monitor.recording.folder import open_recording
from driver_monitor.signals import AudioChunk, ButtonPress, CameraFrame, CanFrame, HeartBeat, seconds

TEXT = """
seconds = 3
seed = 5
[camera]
width = 320
height = 240
fps = 10
jitter_ms = 4
[[do]]
at = 1.0
what = "microsleep"
for = 0.8
[[do]]
at = 0.2
what = "talk"
for = 2
[[do]]
at = 2.2
what = "press_button"
[[do]]
at = 2.0
what = "freeze"
for = 0.5
"""


def scenario() -> Scenario:
    return Scenario(Script.parse(TEXT), model_path("virtual-driver"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("recording")
    write_recording(scenario(), out)
    return out


def test_the_recording_is_one_that_replay_reads(folder: Path) -> None:
    with open_recording(folder) as recording:
        samples = list(recording.samples())
        assert not recording.missing
    frames = [s for s in samples if isinstance(s, CameraFrame)]
    assert len(frames) == 30
    assert [round(seconds(f.t_ns), 2) for f in frames] == [round(seconds(s.t_ns), 2) for s in scenario().played.shots]
    assert any(isinstance(s, CanFrame) for s in samples)
    assert any(isinstance(s, AudioChunk) and np.abs(s.samples).max() > 0.02 for s in samples)
    assert any(isinstance(s, HeartBeat) and s.rr_ms for s in samples)


def test_the_truth_has_a_line_for_each_picture_and_label(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
    assert lines[0]["type"] == "header"
    assert lines[0]["seed"] == 5
    frames = [line for line in lines if line["type"] == "frame"]
    assert len(frames) == 30
    shut = [f["t_s"] for f in frames if f["openness"][0] < 0.5]
    assert min(shut) == pytest.approx(1.0, abs=0.12)
    assert max(shut) == pytest.approx(1.8, abs=0.12)
    labels = {line["what"] for line in lines if line["type"] == "label"}
    assert {"microsleep", "talk", "speech", "freeze", "press_button"} <= labels


def test_the_same_scenario_gives_the_same_bytes_with_any_number_of_workers(folder: Path, tmp_path: Path) -> None:
    write_recording(scenario(), tmp_path, workers=2)
    for name in ("video.mp4", "sound.wav", "can.log", "heart.csv", "truth.jsonl"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_live_samples_come_in_time_order_with_all_senses() -> None:
    samples = list(scenario().samples())
    times = [s.t_ns for s in samples]
    assert times == sorted(times)
    assert {type(s) for s in samples} == {CameraFrame, AudioChunk, CanFrame, HeartBeat, ButtonPress}
    stuck = [s.image for s in samples if isinstance(s, CameraFrame) and 2.1 < seconds(s.t_ns) < 2.5]
    assert len(stuck) >= 3
    assert all((image == stuck[0]).all() for image in stuck)


def test_a_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    short = Scenario(Script.parse("seconds = 1\n[camera]\nfps = 5\nwidth = 160\nheight = 120\n"), model_path("virtual-driver"))
    write_recording(short, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (5, 5)
