"""Files that a command is to write: bad use is refused before an older one is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from driver_monitor.errors import BadUseError
from driver_monitor.runtime.output_files import check_outputs
from tests.recording.media import write_can, write_video

OLDER = "reports of last November\n"


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "driver_monitor", *map(str, arguments)]
    return subprocess.run(words, check=False, capture_output=True, text=True, timeout=120)


def test_an_output_must_not_overwrite_what_is_read(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", frames=2)
    (tmp_path / "link.mp4").symlink_to(video)
    for output in (video, tmp_path / "link.mp4"):
        with pytest.raises(BadUseError, match="is part of the recording and would be overwritten; give another file to --video"):
            check_outputs({"--video": output}, {"part of the recording": [video]})
    with pytest.raises(BadUseError, match="make it first"):
        check_outputs({"--reports": tmp_path / "no" / "r.jsonl"})
    with pytest.raises(BadUseError, match="is a folder"):
        check_outputs({"--reports": tmp_path})
    check_outputs({"--reports": tmp_path / "r.jsonl", "--video": None}, {"part of the recording": [video, None]})


def test_two_outputs_must_not_be_one_file_however_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a")  # neither is there yet
    for other in (tmp_path / "a", tmp_path / "link", tmp_path / ".." / tmp_path.name / "a"):
        with pytest.raises(BadUseError, match="--video and --rerun name the same file"):
            check_outputs({"--reports": tmp_path / "r", "--video": tmp_path / "a", "--rerun": other})


def test_the_file_to_compare_with_is_told_as_that_and_may_be_missing(tmp_path: Path) -> None:
    reports = tmp_path / "r.jsonl"
    inputs = {"part of the recording": [], "the file to compare with": [reports]}
    with pytest.raises(BadUseError, match="is the file to compare with and would be overwritten"):
        check_outputs({"--reports": reports}, inputs)
    other = tmp_path / "other.jsonl"
    other.write_text(OLDER)
    check_outputs({"--reports": other}, inputs)


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drive")
    write_video(folder / "cabin.mp4", frames=4)
    write_can(folder / "bus.log", [0.0, 1.0])
    (folder / "damaged.jsonl").write_text('{"type":"header","format":1}\n{"type":"health"}\n{"type":"sta')
    (folder / "detector.toml").write_text(f'[phone]\ndetector = "{folder}/no.onnx"\n')
    return folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{}/bus.log", "--video", "{}/v.mp4"], "leave --video out"),
        (["{}/cabin.mp4", "--compare", "{}/no.jsonl"], "no.jsonl does not exist"),
        (["{}/cabin.mp4", "--compare", "{}/damaged.jsonl"], "damaged.jsonl line 3 is not JSON"),
        (["{}/cabin.mp4", "--config", "{}/detector.toml"], "no.onnx"),
    ],
)
def test_a_replay_that_is_refused_costs_no_older_report_file(
    drive: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    reports = tmp_path / "r.jsonl"
    reports.write_text(OLDER)
    done = command("replay", *(word.format(drive) for word in arguments), "--reports", reports)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert reports.read_text() == OLDER


def test_a_run_does_not_write_its_reports_over_its_recording_or_its_settings(tmp_path: Path) -> None:
    config = tmp_path / "no-camera.toml"
    config.write_text('[camera]\nsource = "/dev/video77"\n')  # so a device that is opened would be told instead
    trip = tmp_path / "trip.mcap"
    done = command("run", "--config", config, "--record", trip, "--reports", trip)
    assert done.returncode == 2
    assert done.stderr == f"driver-monitor: --reports and --record name the same file, {trip}; give two\n"
    assert not trip.exists()
    before = config.read_text()
    done = command("run", "--config", config, "--reports", config)
    assert done.returncode == 2
    assert "is the settings file and would be overwritten" in done.stderr
    assert config.read_text() == before


def test_a_run_without_a_camera_costs_no_older_report_file(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[camera]\nsource = "/dev/video77"\n')
    reports = tmp_path / "r.jsonl"
    reports.write_text(OLDER)
    assert command("run", "--config", tmp_path / "c.toml", "--reports", reports).returncode == 1
    assert reports.read_text() == OLDER
