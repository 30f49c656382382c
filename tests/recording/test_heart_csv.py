from __future__ import annotations

from pathlib import Path

import pytest

from driver_monitor.errors import RecordingError
from driver_monitor.recording.heart_csv import HeartReader
from driver_monitor.signals import HeartBeat


def read(path: Path, text: str, offset_ns: int = 0) -> tuple[list[HeartBeat], list[str]]:
    path.write_text(text)
    heart = HeartReader(path, offset_ns)
    try:
        return list(heart.samples()), heart.notes
    finally:
        heart.close()


@pytest.mark.parametrize("time", ["t_s", "time_s", " T_S"])
@pytest.mark.parametrize("rate", ["hr_bpm", "rate_bpm"])
def test_named_columns(tmp_path: Path, time: str, rate: str) -> None:
    beats, notes = read(tmp_path / "h.csv", f"\ufeff{time},note,rr_ms,{rate}\n0.8,x,800,75\n1.7,,900,\n\n2.5,,,70\n3,,,\n")
    assert beats == [
        HeartBeat(800_000_000, 800.0, 75.0),
        HeartBeat(1_700_000_000, 900.0, None),
        HeartBeat(2_500_000_000, None, 70.0),
    ]
    assert notes == []


def test_clock_times_start_at_zero_and_that_is_said(tmp_path: Path) -> None:
    beats, notes = read(tmp_path / "h.csv", "t_s,rr_ms\n1700000000.5,800\n1700000001.5,900\n", 5_000_000_000)
    assert [b.t_ns for b in beats] == [5_000_000_000, 6_000_000_000]
    assert "clock times" in notes[0]


def test_the_wristbands_intervals(tmp_path: Path) -> None:
    beats, notes = read(tmp_path / "IBI.csv", "1544027337.000000, IBI\n84.847634,0.468771\n85.347657,0.500023\n")
    assert beats[0] == HeartBeat(84_847_634_000, 468.771, None)
    assert len(beats) == 2
    assert "E4 IBI" in notes[0]


def test_the_wristbands_rates(tmp_path: Path) -> None:
    beats, _ = read(tmp_path / "HR.csv", "1544027344.000000\n2.000000\n116.00\n117.5\n118\n")
    assert beats == [HeartBeat(i * 500_000_000, None, bpm) for i, bpm in enumerate((116.0, 117.5, 118.0))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1 is no header"),
        ("a,b\n1,2\n", "line 1 is no header"),
        ("t_s,rr_ms\n", "holds no heart beat"),
        ("t_s,rr_ms\n0.5,800\n1.5,fast\n", "line 3 has 'fast' for rr_ms"),
        ("t_s,rr_ms\n0.5,800\n,900\n", "line 3 has no t_s"),
        ("t_s,rr_ms\n0.5,nan\n", "line 2 has 'nan'"),
        ("t_s,rr_ms\n5,800\n4,900\n", "line 3 goes back in time"),
        ("1544027344.0\nfast\n60\n", "line 2 has 'fast'"),
        ("12.0\n1.0\n60\n", "line 1 must hold the start of the session"),
        ("1544027337, IBI\n1.0\n", "line 2 needs a time and an interval"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(RecordingError, match=words) as refused:
        read(tmp_path / "HR.csv", text)
    assert "HR.csv" in str(refused.value)
    assert "\n" not in str(refused.value)
