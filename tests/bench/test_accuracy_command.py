"""The command: what it finds, says and writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, share
from driver_monitor.bench.accuracy.registry import DATA_SETS, chosen, found
from driver_monitor.bench.accuracy.report import as_markdown, value_text
from driver_monitor.cli import main
from driver_monitor.errors import BadUseError
from tests.bench.test_accuracy_data_sets import bus_log, drive_rows, eye_ratios, table


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the command locks it down for good."""
    command = [sys.executable, "-m", "driver_monitor", "bench", "accuracy", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_a_misspelt_data_set_gets_the_nearest_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "accuracy", "yawdd_image", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "did you mean 'yawdd_images'?" in said
    assert said.count("\n") == 1


def test_a_set_that_cannot_be_measured_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "accuracy", "screams", str(tmp_path)]) == 2
    assert "calm voice" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["headpose", "all"])
def test_no_data_there_is_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "accuracy", name, str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert str(tmp_path) in said
    assert said.count("\n") == 1


def test_data_sets_are_known_by_their_layout_not_by_their_folder(tmp_path: Path) -> None:
    heads = {
        "a": ("labels.csv", "file,pitch_deg,yaw_deg,roll_deg", "headpose"),
        "b": ("labels.csv", "file,label,subject_cluster", "yawdd_images"),
        "c": ("labels.csv", "file,emotion,speaker,sentence", "speech_anger"),
        "d": ("events.csv", "file,event,start_s,end_s", "yawdd_video"),
        "e": ("segments.csv", "file,segment,start_s,end_s,mean_hr", "drivedb"),
        "f": ("truth_a.csv", "unix_s,obd_speed_kmh,gps_speed_kmh,rpm", "can"),
        "g": ("ear_blink.csv", "video,subject,frame,t_s,ear,blink", "eyeblink_ear"),
    }
    for folder, (file, head, _) in heads.items():
        (tmp_path / folder).mkdir()
        table(tmp_path / folder / file, head, [])
    for folder, label in (("h", "angry"), ("i", "snoring")):
        (tmp_path / folder).mkdir()
        table(tmp_path / folder / "labels.csv", "file,label", [("x", "neutral"), ("y", label)])
    (tmp_path / "j").mkdir()
    (tmp_path / "j" / "clip.mkv").touch()
    known = {(folder, name) for folder, (_, _, name) in heads.items()}
    known |= {("c", "words"), ("c", "no_sounds"), ("c", "pitch"), ("h", "expression"), ("i", "snoring"), ("j", "intel")}
    assert {(folder.name, data.name) for data, folders in found("all", tmp_path) for folder in folders} == known


def test_each_data_set_has_its_function() -> None:
    import importlib

    for data in DATA_SETS:
        module, _, function = data.function.partition(".")
        assert callable(getattr(importlib.import_module(f"driver_monitor.bench.accuracy.{module}"), function))
        assert chosen(data.name) == [data]


def test_a_name_stands_for_every_folder_that_holds_it(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        eye_ratios(tmp_path / folder, 0.0)
    ((_, folders),) = found("eyeblink_ear", tmp_path)
    assert [f.name for f in folders] == ["one", "two"]
    with pytest.raises(BadUseError, match="does not hold can"):
        found("can", tmp_path)


def test_the_page_names_no_file_and_says_how_it_was_made() -> None:
    outcome = Outcome("x", "A set", "Some way.", [share("right", 3, 4, "clips")], ["A note."], ["person7.jpg: wrong"])
    page = as_markdown([outcome], ["can"], "driver-monitor bench accuracy all DIR --markdown docs/accuracy.md", None)
    assert "person7" not in page
    assert "`driver-monitor bench accuracy all DIR --markdown docs/accuracy.md`" in page
    assert "| right | 0.750 | 0.301 to 0.954 (Wilson) | 4 clips |" in page
    assert "* `can`: no data was there." in page


def test_the_command_prints_a_table_and_writes_json_and_page(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    for folder in (out, data / "bus", data / "drives", data / "eyes"):
        folder.mkdir(parents=True)
    bus_log(data / "bus", 1.0)
    eye_ratios(data / "eyes", 0.0)
    table(data / "drives" / "d.csv", "t_s,hr_bpm", drive_rows(85.0))
    segments = [("d.csv", "rest1", 0, 600), ("d.csv", "city1", 600, 1200)]
    table(data / "drives" / "segments.csv", "file,segment,start_s,end_s", segments)
    done = run("all", data, "--json", out / "a.json", "--markdown", out / "a.md")
    assert done.returncode == 0, done.stderr
    assert "correlation with GPS speed" in done.stdout
    assert "measuring eyeblink_ear: eyes" in done.stderr
    assert "No data here for: yawdd_video" in done.stdout
    told = json.loads((out / "a.json").read_text())
    assert [r["data_set"] for r in told["results"]] == ["eyeblink_ear", "drivedb", "can"]
    recall = told["results"][0]["figures"][0]
    assert (recall["name"], recall["value"], recall["counts"]) == ("recall", 1.0, {"blinks marked": 30})
    page = (out / "a.md").read_text()
    assert str(tmp_path) not in page
    assert "--markdown a.md" in page


def test_a_broken_table_is_one_line(tmp_path: Path) -> None:
    table(tmp_path / "ear_blink.csv", "video,t_s,ear,blink", [("1", "0.0", "0.3", "0"), ("1", "soon", "0.3", "0")])
    done = run("eyeblink_ear", tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("driver-monitor: ")
    assert "'soon', which is no number" in done.stderr
    assert "Traceback" not in done.stderr


def test_counts_are_whole_and_all_else_has_decimals() -> None:
    told = ((4, ""), (0, "alerts"), (3.0, "/h"), (1.0, ""), (2.0, "km/h"))
    shown = [value_text(Figure("n", value, None, "", {}, unit)) for value, unit in told]
    assert shown == ["4", "0 alerts", "3.000 /h", "1.000", "2.0 km/h"]
