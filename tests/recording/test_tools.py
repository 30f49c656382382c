"""The tools of engineers open what is recorded: Rerun's reader where it is installed, and Foxglove's layout fits."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from driver_monitor.recording.trip_format import TOPIC
from driver_monitor.resources import config_dir
from driver_monitor.runtime.live_topics import ALL, FACE
from driver_monitor.signals import StateName
from tests.recording.trips import write_trip

RERUN = shutil.which("rerun") or shutil.which("rerun", path=str(Path(sys.executable).parent))
needs_rerun = pytest.mark.skipif(RERUN is None, reason="Rerun needs the extra rerun")


def rerun(*words: object) -> str:
    done = subprocess.run([str(RERUN), *map(str, words)], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout
    # Rerun warns of its own naming a window after the file's path
    complaints = [line for line in done.stderr.splitlines() if re.search(r"\b(WARN|ERROR)\b", line) and "app_id" not in line]
    assert complaints == []
    return done.stdout


@needs_rerun
def test_reruns_reader_finds_every_topic_in_order(tmp_path: Path) -> None:
    told = rerun("mcap", "check", write_trip(tmp_path / "t.mcap"))
    rows = [line.split() for line in told.splitlines() if " /" in line]
    assert {row[3] for row in rows} == {
        "/camera", "/microphone", "/heart", "/can", "/button", "/sensor_status", "/tick", "/state/fatigue",
        "/local_time",
    }  # fmt: skip
    assert {row[0] for row in rows} == {"ok"}


@needs_rerun
def test_rerun_converts_without_complaint_and_sees_pictures(tmp_path: Path) -> None:
    rerun("mcap", "convert", write_trip(tmp_path / "t.mcap"), "-o", tmp_path / "t.rrd")
    assert "/camera - data columns: [CoordinateFrame:frame EncodedImage:blob" in rerun("rrd", "print", tmp_path / "t.rrd")


def test_foxgloves_layout_shows_topics_and_fields_that_are_recorded() -> None:
    layout = json.loads((config_dir() / "foxglove" / "driver_monitor.json").read_text())
    shown = set(_strings(layout["configById"]))
    paths = {text for text in shown if text.startswith("/")}
    images = layout["configById"]["Image!camera"]["imageMode"]
    assert set(images["annotations"]) == {FACE} <= {topic.name for topic in ALL}
    for path in paths:
        topic, _, field = path.partition(".")
        assert topic in TOPIC, path
        assert not field or field in TOPIC[topic].properties, path
    assert {f"/state/{name}.value" for name in get_args(StateName)} <= paths
    assert set(_panels(layout["layout"])) == set(layout["configById"])


def test_foxgloves_own_types_know_every_key_of_the_layout() -> None:
    known = pytest.importorskip("foxglove.layouts", reason="the live view needs the extra live")

    def keys(kind: str, **wanted: object) -> set[str]:
        return set(getattr(known, kind)(**wanted)._to_dict())

    layout = json.loads((config_dir() / "foxglove" / "driver_monitor.json").read_text())
    for name, panel in layout["configById"].items():
        kind = name.partition("!")[0]
        assert hasattr(known, f"{kind}Panel"), name
        assert set(panel) - {"foxglovePanelTitle"} <= keys(f"{kind}Config"), name
        for path in panel.get("paths", ()):
            assert set(path) <= keys(f"{kind}Series", value=""), name
    image = layout["configById"]["Image!camera"]["imageMode"]
    assert set(image) <= keys("ImageModeConfig")
    assert all(set(told) <= keys("ImageAnnotationSettings") for told in image["annotations"].values())


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _strings(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _strings(inner)]
    return [value] if isinstance(value, str) else []


def _panels(layout: Any) -> list[str]:
    return [layout] if isinstance(layout, str) else _panels(layout["first"]) + _panels(layout["second"])
