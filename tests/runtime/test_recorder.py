"""What was recorded live is replayed to the byte: through the whole programme, and in its parts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from driver_monitor.monitor import Monitor
from driver_monitor.recording.trip import Trip
from driver_monitor.runtime.compare import difference
from driver_monitor.runtime.played import open_played
from driver_monitor.runtime.recorder import Recorder
from driver_monitor.runtime.replay import replay
from driver_monitor.runtime.reports import ReportWriter, read_reports
from driver_monitor.settings import Settings
from driver_monitor.settings import Trip as TripSettings
from driver_monitor.signals import NS_PER_S, TICK_NS, CameraFrame, CanFrame, HeartBeat, Sample, SensorStatus, Tick
from tests.recording.media import picture
from tests.runtime.test_replay import Kept, needs_models

ZERO_NS = 77_000_000_321


def drive(length_s: int = 3) -> list[Sample]:
    samples: list[Sample] = [SensorStatus(ZERO_NS, "microphone", "missing", "none")]
    for tick in range(10 * length_s):
        t_ns = ZERO_NS + tick * TICK_NS
        samples += [Tick(t_ns), CanFrame(t_ns, 0x100, bytes(8)), CameraFrame(t_ns + 3, picture(tick))]
        if tick % 8 == 0:
            samples.append(HeartBeat(t_ns + 4, 800.0 + tick))
    return samples


def record(path: Path, settings: Settings | None = None) -> list[bytes]:
    """Drive a Monitor with the recorder around it; gives the report file's bytes."""
    settings = settings or Settings()
    reports = path.with_suffix(".jsonl")
    with Recorder(path, settings, {}, ZERO_NS) as recorder:
        loop = recorder.around(Monitor(settings))
        with ReportWriter(reports, recording=recorder.name, settings=settings, models={}, start_ns=ZERO_NS) as writer:
            for sample in drive():
                writer.take(sample, loop.step(sample), loop)
            writer.take(None, loop.finish(), loop)
    return reports.read_bytes().splitlines()


def replayed(path: Path, out: Path) -> list[bytes]:
    opened = open_played(path, None)
    with opened.recording as trip, ReportWriter(
        out, recording=path.name, settings=opened.settings, models={}, start_ns=trip.start_ns
    ) as writer:
        replay(trip, Monitor(opened.settings), [writer])
    return out.read_bytes().splitlines()


def test_a_replay_gives_the_bytes_that_the_road_gave(tmp_path: Path) -> None:
    live = record(tmp_path / "t.mcap")
    assert len(live) > 150
    assert replayed(tmp_path / "t.mcap", tmp_path / "again.jsonl") == live
    with Trip(tmp_path / "t.mcap") as trip:
        assert list(trip.report_lines()) == live[1:]


def test_people_read_times_from_the_trips_start(tmp_path: Path) -> None:
    from driver_monitor.runtime.sink import FromZero

    record(tmp_path / "t.mcap")
    kept = Kept()
    with Trip(tmp_path / "t.mcap") as trip:
        result = replay(trip, Monitor(Settings()), [FromZero([kept], trip.start_ns)])
    times = [sample.t_ns for sample, _ in kept.got if sample is not None]
    assert (times[0], max(times) // NS_PER_S) == (0, 2)
    assert result.length_s == pytest.approx(2.9, abs=0.1)


def test_in_a_fleet_no_emotion_is_recorded_and_none_comes_out_of_a_replay_with_other_settings(tmp_path: Path) -> None:
    record(tmp_path / "t.mcap", Settings(trip=TripSettings(deployment="fleet", emotion_safety_purpose="trials")))
    data = (tmp_path / "t.mcap").read_bytes()
    (tmp_path / "private.toml").write_text('[trip]\ndeployment = "private"\n')
    with Trip(tmp_path / "t.mcap") as trip:
        topics = {message.topic for message in trip.messages()}
    assert "/state/fatigue" in topics
    assert not topics & {"/state/anger", "/state/stress"}
    assert data
    opened = open_played(tmp_path / "t.mcap", tmp_path / "private.toml")
    opened.recording.close()
    assert opened.deployment == opened.settings.trip.deployment == "fleet"


def test_differences_are_told_in_words() -> None:
    state = {"type": "state", "t_s": 12.3, "state": "fatigue", "value": 0.4, "evidence": []}
    term = {"term": "PERCLOS", "contribution": 1.5, "measured": 0.1, "unit": "1"}
    assert difference(state, state | {"value": 0.5}) == "the state fatigue at 12.300 s: value was 0.4, now 0.5"
    assert difference(state | {"evidence": [term]}, state | {"evidence": [term | {"contribution": 1.6}]}) == (
        "the state fatigue at 12.300 s: evidence 'PERCLOS' was 1.5, now 1.6"
    )
    alert = {"type": "alert", "t_s": 12.4, "kind": "microsleep", "event": "raised"}
    assert difference(state, alert) == "it was the state fatigue at 12.300 s, and now is the alert microsleep raised at 12.400 s"


# ------------------------------------------------------------------------------------------------- the whole programme


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "driver_monitor", *map(str, arguments)]
    return subprocess.run(words, check=False, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A live run on a camera that gives JPEG, recorded and reported."""
    folder = tmp_path_factory.mktemp("recorded")
    writer = cv2.VideoWriter(str(folder / "cabin.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 15, (320, 240))
    for i in range(60):
        writer.write(np.full((240, 320, 3), 80 + i, np.uint8))
    writer.release()
    (folder / "bench.toml").write_text(f"""
        [camera]
        source = "{folder / "cabin.avi"}"
        [microphone]
        device = "none"
        [vehicle]
        interface = "virtual"
        channel = "recorder"
        [outputs]
        pin_factory = "mock"
    """)
    live = folder / "live.jsonl"
    words = ["run", "-c", folder / "bench.toml", "--record", folder / "t.mcap", "--reports", live]
    running = subprocess.Popen(
        [sys.executable, "-m", "driver_monitor", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        end = time.monotonic() + 200
        while not (live.exists() and live.read_bytes().count(b"\n") > 150):
            assert running.poll() is None, running.communicate()[1]
            assert time.monotonic() < end
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=120)
    finally:
        running.kill()
    assert running.returncode == 0, err
    assert "recorded in " in out
    return folder


@needs_models
def test_run_record_then_replay_is_the_same_to_the_byte(folder: Path) -> None:
    done = command("replay", folder / "t.mcap", "--reports", folder / "again.jsonl", "--compare", folder / "live.jsonl")
    assert done.returncode == 0, done.stderr + done.stdout
    assert "reports are the same to the byte" in done.stdout
    live, again = ((folder / name).read_bytes().splitlines() for name in ("live.jsonl", "again.jsonl"))
    assert live[:-1] == again[:-1]  # the last line counts what was read, and live what was overtaken
    assert len(live) > 100


@needs_models
def test_the_cameras_own_jpeg_is_what_is_kept(folder: Path) -> None:
    with Trip(folder / "t.mcap") as trip:
        frames = [s for s in trip.samples(pictures=False) if isinstance(s, CameraFrame)]
    kept = (folder / "cabin.avi").read_bytes()
    read = json.loads((folder / "live.jsonl").read_bytes().splitlines()[-1])["frames"]
    assert len(frames) == read > 0
    assert all(frame.jpeg is not None and frame.jpeg in kept for frame in frames)


@needs_models
def test_a_comparison_that_fails_says_where_and_why(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "live.jsonl").read_text().splitlines()]
    at = next(k for k, line in enumerate(lines) if line["type"] == "state" and k > 100)
    lines[at]["confidence"] = 0.123
    (folder / "before.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = command("replay", folder / "t.mcap", "--compare", folder / "before.jsonl")
    assert done.returncode == 1
    assert f"report {at} differs: the state {lines[at]['state']} at " in done.stdout
    assert "confidence was 0.123, now " in done.stdout


@needs_models
def test_record_alone_keeps_the_sensors_and_no_report(folder: Path) -> None:
    done = command("record", folder / "only.mcap", "-c", folder / "bench.toml", "--seconds", "1")
    assert done.returncode == 0, done.stderr
    with Trip(folder / "only.mcap") as trip:
        assert {message.topic for message in trip.messages()} <= {"/camera", "/tick", "/sensor_status", "/local_time"}
    done = command("record", folder / "only.mcap", "-c", folder / "bench.toml", "--seconds", "1")
    assert done.returncode == 2
    assert "is there already" in done.stderr
    assert next(read_reports(folder / "live.jsonl"))["recording"] == "t.mcap"
