"""Replays: the real Monitor where it matters, one that says what it is given where only the ends do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from driver_monitor.errors import ModelError
from driver_monitor.model_store import MONITOR_MODELS, model_path, models_in_use
from driver_monitor.monitor import Monitor, View
from driver_monitor.recording.folder import open_recording
from driver_monitor.runtime.replay import replay
from driver_monitor.runtime.reports import ReportWriter, read_reports
from driver_monitor.runtime.sink import Viewed
from driver_monitor.runtime.summary import Summary, clock
from driver_monitor.settings import Settings
from driver_monitor.signals import Alert, CameraFrame, DriverState, Event, Health, Report, Sample, SensorStatus, Tick
from tests.recording.media import tone, write_can, write_video, write_wav


class Scripted:
    """A monitor that reports as told when a time is reached, and keeps what it was given."""

    def __init__(self, script: dict[int, list[Report]] | None = None) -> None:
        self.script = script or {}
        self.seen: list[Sample] = []

    @property
    def view(self) -> View | None:
        return None

    def step(self, sample: Sample) -> list[Report]:
        self.seen.append(sample)
        return self.script.pop(sample.t_ns, [])

    def finish(self) -> list[Report]:
        return [Event(10, "yawn", 5, 10)]


class Kept:
    def __init__(self) -> None:
        self.got: list[tuple[Sample | None, list[Report]]] = []

    def take(self, sample: Sample | None, reports: Sequence[Report], monitor: Viewed) -> None:
        self.got.append((sample, list(reports)))


def models_here() -> bool:
    try:
        return all(model_path(name) for name in MONITOR_MODELS)
    except ModelError:
        return False


needs_models = pytest.mark.skipif(not models_here(), reason="the models are not here; run 'driver-monitor models pull'")


def drive(folder: Path) -> Path:
    folder.mkdir()
    write_video(folder / "cabin.mp4", frames=40)
    write_wav(folder / "cabin.wav", tone(4.0, 16_000))
    write_can(folder / "bus.asc", [i * 0.1 for i in range(40)])
    (folder / "heart.csv").write_text("t_s,rr_ms\n0.8,800\n1.6,810\n")
    return folder


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "driver_monitor", "replay", *map(str, arguments)]
    return subprocess.run(words, check=False, capture_output=True, text=True, timeout=120)


# ---------------------------------------------------------------------------------------------------------- inner loop


def test_every_sample_reaches_the_monitor_and_every_sink(tmp_path: Path) -> None:
    monitor, kept = Scripted(), Kept()
    with open_recording(drive(tmp_path / "drive")) as recording:
        result = replay(recording, monitor, [kept])
    assert [sample for sample, _ in kept.got[:-1]] == monitor.seen
    assert kept.got[-1] == (None, [Event(10, "yawn", 5, 10)])  # what still lasted at the end
    assert (result.frames, result.samples, result.complete) == (40, len(monitor.seen), True)
    assert result.length_s == pytest.approx(3.9)


def test_reports_that_may_not_be_kept_reach_no_sink(tmp_path: Path) -> None:
    script: dict[int, list[Report]] = {0: [DriverState(0, "anger", 0.9, 1.0), Event(0, "yawn", 0, 1)]}
    kept = Kept()
    with open_recording(write_video(tmp_path / "a.mp4", frames=3)) as recording:
        replay(recording, Scripted(script), [kept], keep=lambda report: not isinstance(report, DriverState))
    assert [type(r) for _, reports in kept.got for r in reports] == [Event, Event]


def test_ctrl_c_ends_it_with_all_reports_whole(tmp_path: Path) -> None:
    class Stopped(Scripted):
        def step(self, sample: Sample) -> list[Report]:
            if sample.t_ns == 1_000_000_000:
                signal.raise_signal(signal.SIGINT)
            return [Health(sample.t_ns, "camera", "ok")]

    path = tmp_path / "r.jsonl"
    with (
        open_recording(write_video(tmp_path / "a.mp4")) as recording,
        ReportWriter(path, recording="a.mp4", settings=Settings(), models={}) as writer,
    ):
        result = replay(recording, Stopped(), [writer])
    assert not result.complete
    lines = list(read_reports(path))
    assert lines[-1]["event"] == "yawn"
    assert all(line["t_s"] <= 1.0 for line in lines[1:])


def test_ctrl_c_in_the_midst_of_a_step_ends_it_behind_the_step_and_a_second_one_at_once(tmp_path: Path) -> None:
    class Interrupted(Scripted):
        def __init__(self, presses: int) -> None:
            super().__init__()
            self.presses, self.whole, self.finished = presses, 0, False

        def step(self, sample: Sample) -> list[Report]:
            for _ in range(self.presses):
                signal.raise_signal(signal.SIGINT)
            self.whole += 1
            return []

        def finish(self) -> list[Report]:
            self.finished = True
            return super().finish()

    video = write_video(tmp_path / "a.mp4", frames=3)
    patient = Interrupted(1)
    with open_recording(video) as recording:
        result = replay(recording, patient, [])
    assert (result.complete, result.samples, patient.whole, patient.finished) == (False, 1, 1, True)
    hurried = Interrupted(2)
    with open_recording(video) as recording, pytest.raises(KeyboardInterrupt):
        replay(recording, hurried, [])
    assert (hurried.whole, hurried.finished) == (0, False)  # half a step has no end to report
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_interrupts_the_wait_for_a_samples_time(tmp_path: Path) -> None:
    def waits(_: int) -> None:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("it waited on")

    with open_recording(write_video(tmp_path / "a.mp4", frames=3)) as recording:
        assert not replay(recording, Scripted(), [], wait_until=waits).complete


def test_ctrl_c_interrupts_the_search_for_the_next_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def searches() -> Iterator[Sample]:
        yield Tick(0)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("it searched on")

    kept = Kept()
    with open_recording(write_video(tmp_path / "a.mp4", frames=3)) as recording:
        monkeypatch.setattr(recording, "samples", searches)
        assert not replay(recording, Scripted(), [kept]).complete
    assert [sample for sample, _ in kept.got] == [Tick(0), None]


def test_the_real_monitor_hears_of_missing_parts_and_gets_ten_states_a_second(tmp_path: Path) -> None:
    kept = Kept()
    with open_recording(write_video(tmp_path / "a.mp4")) as recording:
        replay(recording, Monitor(Settings()), [kept])
    reports = [r for _, some in kept.got for r in some]
    missing = [r.part for r in reports if isinstance(r, Health) and r.state == "missing"]
    assert missing == ["microphone", "heart_rate", "vehicle_bus"]
    fatigue = [r for r in reports if isinstance(r, DriverState) and r.state == "fatigue"]
    assert [r.t_ns for r in fatigue] == [i * 100_000_000 for i in range(30)]


def test_two_replays_are_the_same_to_the_byte(tmp_path: Path) -> None:
    folder = drive(tmp_path / "drive")
    for name in ("one", "two"):
        with (
            open_recording(folder) as recording,
            ReportWriter(tmp_path / name, recording="drive", settings=Settings(), models={}) as writer,
        ):
            summary = Summary()
            replay(recording, Monitor(Settings()), [writer, summary])
            writer.summary(summary.figures())
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


# ------------------------------------------------------------------------------------------------------------- summary


def test_the_summary_counts_what_was_raised_and_what_ended() -> None:
    summary = Summary()
    alert = Alert(0, "raised", 1, "microsleep", "warning", "eyes closed ≥ 1.5 s", "s")
    summary.take(
        Tick(0),
        [
            alert,
            Alert(9, "cleared", 1, "microsleep", "warning", "r", "s"),
            Event(0, "yawn", 0, None),
            Event(5, "yawn", 0, 5),
            DriverState(0, "fatigue", None, 0.0, reason="too early"),
            DriverState(1, "fatigue", 0.25, 1.0),
            DriverState(2, "fatigue", 0.75, 1.0),
        ],
        None,
    )
    assert summary.figures() == {
        "alerts": {"microsleep": 1},
        "events": {"yawn": 1},
        "states": {"fatigue": {"min": 0.25, "max": 0.75, "known_share": 0.6667}},
    }



@pytest.mark.parametrize(("t_s", "words"), [(0.0, "00:00.0"), (59.96, "01:00.0"), (61.25, "01:01.2"), (6000, "100:00.0")])
def test_times_are_read_as_minutes(t_s: float, words: str) -> None:
    assert clock(t_s) == words


# ------------------------------------------------------------------------------------------------------------- command


@needs_models
def test_the_command_writes_reports_and_video_and_prints_what_happened(tmp_path: Path) -> None:
    folder = drive(tmp_path / "drive")
    done = command(folder, "--reports", tmp_path / "r.jsonl", "--video", tmp_path / "v.mp4")
    assert done.returncode == 0, done.stderr
    assert "Replayed drive, 00:03.9" in done.stdout
    assert "Alerts" in done.stdout
    lines = list(read_reports(tmp_path / "r.jsonl"))
    assert set(lines[0]["models"]) == {model.name for model in models_in_use()} >= set(MONITOR_MODELS)
    assert lines[-1]["type"] == "summary"
    assert lines[-1]["complete"] is True
    assert lines[-1]["frames"] == 40
    with open_recording(tmp_path / "v.mp4") as written:
        assert sum(isinstance(s, CameraFrame) for s in written.samples()) == 40


@needs_models
def test_the_command_stopped_by_ctrl_c_leaves_whole_files(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", frames=600)
    path = tmp_path / "r.jsonl"
    arguments = [sys.executable, "-m", "driver_monitor", "replay", str(video), "--pace", "real", "--reports", str(path)]
    arguments[1:1] = ["-X", "faulthandler"]  # a crash says where
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        deadline = time.monotonic() + 120
        while not (path.exists() and path.stat().st_size > 5000):
            assert run.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        os.kill(run.pid, signal.SIGINT)
        _, err = run.communicate(timeout=120)
    lines = list(read_reports(path))
    assert run.returncode == 130, err
    assert lines[-1]["type"] == "summary"
    assert lines[-1]["complete"] is False
    assert 0 < lines[-1]["t_s"] < 59


def test_real_pace_is_no_faster_than_the_road_was(tmp_path: Path) -> None:
    from driver_monitor.runtime.replay import RealPace

    start, pace = time.monotonic(), RealPace()
    with open_recording(write_video(tmp_path / "a.mp4", frames=11)) as recording:
        replay(recording, Scripted(), [], wait_until=pace.wait_until)
    assert time.monotonic() - start >= 1.0
    assert pace.in_words().startswith("Pace: samples came ")


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("no.mp4", None, 2, "does not exist"),
        ("letter.mp4", b"Dear all, this is text.\n" * 30, 1, "cannot be read as a video"),
        ("empty.mp4", b"", 1, "is empty"),
    ],
)
def test_bad_input_is_one_sentence_and_a_failing_exit_code(
    tmp_path: Path, name: str, content: bytes | None, code: int, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = command(tmp_path / name)
    assert done.returncode == code
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


@needs_models
def test_a_recording_without_pictures_cannot_be_drawn_on(tmp_path: Path) -> None:
    write_can(tmp_path / "bus.log", [0.0, 1.0])
    done = command(tmp_path / "bus.log", "--video", tmp_path / "v.mp4")
    assert done.returncode == 2
    assert "leave --video out" in done.stderr
    assert not (tmp_path / "v.mp4").exists()


def test_sensor_status_of_a_cut_video_reaches_the_reports(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=100, options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    monitor = Monitor(Settings())
    kept = Kept()
    with open_recording(path) as recording:
        replay(recording, monitor, [kept])
    assert any(isinstance(s, SensorStatus) and s.state == "degraded" for s, _ in kept.got)
    assert any(isinstance(r, Health) and "ends early" in r.reason for _, some in kept.got for r in some)


@needs_models
def test_a_fleets_replay_tells_of_no_emotion_anywhere(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text('[trip]\ndeployment = "fleet"\nemotion_safety_purpose = "brake trials"\n')
    video = write_video(tmp_path / "a.mp4", frames=10)
    done = command(video, "--config", tmp_path / "fleet.toml", "--reports", tmp_path / "r.jsonl")
    assert done.returncode == 0, done.stderr
    told = done.stdout + (tmp_path / "r.jsonl").read_text()
    assert "fatigue" in told
    assert not any(word in told for word in ("stress", "anger"))
