from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver_monitor.errors import BadUseError, DriverMonitorError
from driver_monitor.estimators.evidence import state, term
from driver_monitor.runtime.reports import FORMAT, ReportWriter, encode, read_reports
from driver_monitor.settings import Settings, Trip
from driver_monitor.settings_file import settings_sha256
from driver_monitor.signals import Alert, DriverState, Event, Evidence, Health, Report

SECOND = 1_000_000_000


def write(path: Path, reports: list[Report], settings: Settings | None = None) -> list[dict[str, object]]:
    with ReportWriter(path, recording="far/away/drive.mp4", settings=settings or Settings(), models={"face": "ab12"}) as writer:
        for report in reports:
            writer.write(report)
        writer.summary({"t_s": 1.0})
    return list(read_reports(path))


def test_the_first_line_tells_what_made_the_file_and_names_no_folder(tmp_path: Path) -> None:
    lines = write(tmp_path / "r.jsonl", [])
    assert list(lines[0]) == ["type", "format", "version", "recording", "settings_sha256", "models"]
    assert lines[0]["format"] == FORMAT == 1
    assert lines[0]["recording"] == "drive.mp4"
    assert lines[0]["settings_sha256"] == settings_sha256(Settings())
    assert lines[0]["models"] == {"face": "ab12"}
    assert lines[1] == {"type": "summary", "t_s": 1.0}


def test_events_carry_their_times_and_their_detail() -> None:
    event = Event(2 * SECOND, "glance", 1_234_567_891, None, (("zone", "lap"), ("duration_s", math.inf), ("type", "never")))
    assert encode(event, SECOND) == {
        "type": "event",
        "t_s": 1.0,
        "event": "glance",
        "start_s": 0.234568,
        "end_s": None,
        "zone": "lap",
        "duration_s": None,
    }


def test_an_unknown_state_says_why_and_a_known_one_does_not() -> None:
    unknown = encode(DriverState(0, "stress", None, 0.0, reason="no heart"))
    assert (unknown["value"], unknown["reason"]) == (None, "no heart")
    known = encode(DriverState(0, "fatigue", 0.5, 1.0, kss=7.25))
    assert "reason" not in known
    assert known["kss"] == 7.25
    assert "kss" not in unknown


def test_alerts_and_health_are_whole() -> None:
    evidence = (Evidence("eyes closed for", 1.5, 1.53, "s"),)
    line = encode(Alert(1_500_000_001, "raised", 3, "microsleep", "warning", "eyes closed ≥ 1.5 s", "source", evidence))
    assert list(line) == ["type", "t_s", "event", "id", "kind", "level", "rule", "source", "evidence"]
    assert (line["t_s"], line["event"], line["id"]) == (1.5, "raised", 3)
    assert line["evidence"] == [{"term": "eyes closed for", "contribution": 1.5, "measured": 1.53, "unit": "s"}]
    assert encode(Health(SECOND, "camera", "lost", "unplugged")) == {
        "type": "health",
        "t_s": 1.0,
        "part": "camera",
        "state": "lost",
        "reason": "unplugged",
    }


@given(st.lists(st.floats(-4, 4), min_size=1, max_size=8))
def test_written_contributions_sum_to_the_written_value(contributions: list[float]) -> None:
    made = state(0, "fatigue", [term(f"t{i}", c, None, "") for i, c in enumerate(contributions)], 1.0)
    line = json.loads(json.dumps(encode(made)))
    total = sum(e["contribution"] for e in line["evidence"])
    assert 1 / (1 + math.exp(-total)) == pytest.approx(line["value"], abs=1e-6)


def test_what_is_no_number_is_null(tmp_path: Path) -> None:
    wild = DriverState(0, "fatigue", math.nan, math.inf, (Evidence("t", 1.0, math.nan, "s"),), kss=-math.inf)
    text = json.dumps(encode(wild), allow_nan=False)  # would raise on what JSON does not know
    assert json.loads(text)["evidence"][0]["measured"] is None
    assert write(tmp_path / "r.jsonl", [wild])[1]["value"] is None


EMOTIONS: list[Report] = [
    DriverState(0, "stress", 0.9, 1.0),
    DriverState(0, "anger", 0.9, 1.0),
    Alert(0, "raised", 1, "stress", "advice", "r", "s"),
    Alert(0, "raised", 2, "anger", "advice", "r", "s"),
    Event(0, "expression", 0, 1),
    Event(0, "keyword", 0, 1),
    Event(0, "shout", 0, 1),
]
OTHERS: list[Report] = [
    DriverState(0, "fatigue", 0.9, 1.0),
    Alert(0, "raised", 3, "microsleep", "warning", "r", "s"),
    Event(0, "yawn", 0, 1),
    Health(0, "camera", "ok"),
]


def test_a_fleet_never_stores_emotions_whatever_its_purpose(tmp_path: Path) -> None:
    fleet = Settings(trip=Trip(deployment="fleet", emotion_safety_purpose="brake trials"))
    lines = write(tmp_path / "r.jsonl", [*EMOTIONS, *OTHERS], fleet)
    assert len(lines) == 1 + len(OTHERS) + 1
    text = (tmp_path / "r.jsonl").read_text()
    assert not any(word in text for word in ("stress", "anger", "expression", "keyword", "shout"))


@pytest.mark.parametrize("deployment", ["private", "bench"])
def test_elsewhere_all_is_written(tmp_path: Path, deployment: str) -> None:
    settings = Settings.model_validate({"trip": {"deployment": deployment}})
    assert len(write(tmp_path / "r.jsonl", [*EMOTIONS, *OTHERS], settings)) == 2 + len(EMOTIONS) + len(OTHERS)


def test_a_crash_leaves_whole_lines(tmp_path: Path) -> None:
    """Every line is on disk the moment it is written, without closing."""
    path = tmp_path / "r.jsonl"
    writer = ReportWriter(path, recording="a", settings=Settings(), models={})
    for i in range(5):
        writer.write(Event(i, "blink", i, i))
        assert len(list(read_reports(path))) == i + 2
    writer.close()
    writer.close()


def test_a_full_disk_is_one_sentence() -> None:
    with pytest.raises(DriverMonitorError, match="cannot be written any further"):
        ReportWriter(Path("/dev/full"), recording="a", settings=Settings(), models={})


def test_a_disk_that_fills_up_ends_the_file_after_its_last_whole_line(tmp_path: Path) -> None:
    script = f"""
import logging, resource
from pathlib import Path
from driver_monitor.errors import DriverMonitorError
from driver_monitor.runtime.reports import ReportWriter
from driver_monitor.settings import Settings
from driver_monitor.signals import Event

logging.basicConfig(format="%(message)s")
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
writer = ReportWriter(Path({str(tmp_path / "on.jsonl")!r}), recording="a", settings=Settings(), models={{}}, go_on=True)
for i in range(100):
    writer.write(Event(i, "blink", i, i))
writer.summary({{}})
print(writer.trouble)
writer = ReportWriter(Path({str(tmp_path / "r.jsonl")!r}), recording="a", settings=Settings(), models={{}})
try:
    for i in range(100):
        writer.write(Event(i, "blink", i, i))
except DriverMonitorError as problem:
    print(problem)
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    for name, told in zip(("on.jsonl", "r.jsonl"), done.stdout.splitlines(), strict=True):
        assert told == f"{tmp_path / name} cannot be written any further (File too large); free some space and run again"
        text = (tmp_path / name).read_text()
        assert text.endswith("}\n")
        assert 1900 < len(text) <= 2000
        assert sum(line["type"] == "event" for line in read_reports(tmp_path / name)) == text.count("\n") - 1
    assert len(done.stderr.splitlines()) == 1  # told once
    assert "the watch goes on without it" in done.stderr


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadUseError, match="does not exist; make it first"):
        ReportWriter(tmp_path / "no" / "r.jsonl", recording="a", settings=Settings(), models={})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("hello\n", "line 1 is not JSON"),
        ('{"type":"event"}\n', "first line is not a header"),
        ('{"type":"header","format":99}\n', "of report format 99"),
        ('{"type":"header","format":1}\n{"type":"ev', "line 2 is not JSON"),
        ('{"type":"header","format":1}\n[1]\n', "line 2 is no report"),
    ],
)
def test_reading_what_is_no_report_file_is_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(text)
    with pytest.raises(BadUseError, match=words) as refused:
        list(read_reports(path))
    assert "\n" not in str(refused.value)


def test_a_missing_report_file_is_bad_use(tmp_path: Path) -> None:
    with pytest.raises(BadUseError, match="does not exist"):
        list(read_reports(tmp_path / "no.jsonl"))
