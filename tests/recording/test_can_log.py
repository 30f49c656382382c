from __future__ import annotations

from pathlib import Path

import pytest

from driver_monitor.errors import BadUseError, RecordingError
from driver_monitor.recording.can_log import CanLogReader
from driver_monitor.signals import CanFrame, SensorStatus
from tests.recording.media import write_can

TIMES = [0.0, 0.01, 0.25, 3.5]


def read(path: Path, offset_ns: int = 0) -> tuple[list[CanFrame], list[SensorStatus], list[str]]:
    log = CanLogReader(path, offset_ns)
    try:
        samples = list(log.samples())
    finally:
        log.close()
    frames = [s for s in samples if isinstance(s, CanFrame)]
    return frames, [s for s in samples if isinstance(s, SensorStatus)], log.notes


@pytest.mark.parametrize("suffix", [".asc", ".blf", ".log"])
def test_each_format_gives_the_frames_at_their_times(tmp_path: Path, suffix: str) -> None:
    frames, statuses, _ = read(write_can(tmp_path / f"bus{suffix}", TIMES))
    assert [f.t_ns for f in frames] == [round(t * 1e9) for t in TIMES]
    assert [(f.arbitration_id, f.data, f.is_extended) for f in frames] == [(0x123, bytes([i, 7]), False) for i in range(4)]
    assert statuses == []


def test_clock_times_start_at_zero_and_that_is_said(tmp_path: Path) -> None:
    _, _, notes = read(write_can(tmp_path / "bus.log", TIMES))
    assert len(notes) == 1
    assert "clock times" in notes[0]


def test_times_since_the_start_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "bus.log"
    path.write_text("(0.500000) can0 123#0102\n(1.500000) can0 12345678#01\n")
    frames, _, notes = read(path, 2_000_000_000)
    assert [(f.t_ns, f.is_extended) for f in frames] == [(2_500_000_000, False), (3_500_000_000, True)]
    assert notes == []


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bus.log"
    path.write_text("(0.5) can0 123#0102\n(0.6) can0 123#01\nspilt coffee\n(0.7) can0 123#01\n")
    with pytest.raises(RecordingError, match=r"bus\.log line 3 .*'spilt coffee'; mend or delete that line"):
        read(path)


def test_a_broken_line_in_an_asc_file_is_named(tmp_path: Path) -> None:
    path = write_can(tmp_path / "bus.asc", TIMES)
    lines = path.read_text().splitlines(keepends=True)
    broken = next(i for i, line in enumerate(lines) if "123" in line and "Rx" in line) + 1
    lines[broken] = lines[broken].replace("123", "1Z3")
    path.write_text("".join(lines))
    with pytest.raises(RecordingError, match=rf"bus\.asc line {broken + 1} "):
        read(path)


def test_a_logger_switched_off_in_mid_line_loses_that_line_only(tmp_path: Path) -> None:
    path = tmp_path / "bus.log"
    path.write_text("(0.5) can0 123#0102\n(0.6) can0 123#01\n(0.7) can")
    frames, statuses, notes = read(path)
    assert len(frames) == 2
    assert [(s.part, s.state) for s in statuses] == [("vehicle_bus", "degraded")]
    assert "middle of line 3" in notes[0]


def test_a_blf_cut_short_gives_what_is_whole(tmp_path: Path) -> None:
    path = write_can(tmp_path / "bus.blf", [i * 0.001 for i in range(20_000)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, statuses, _ = read(path)
    assert 100 < len(frames) < 20_000
    assert statuses[-1].state == "degraded"


def test_frames_out_of_order_never_go_back_in_time(tmp_path: Path) -> None:
    path = tmp_path / "bus.log"
    path.write_text("(5.0) can0 123#01\n(2.0) can0 123#02\n(6.0) can0 123#03\n")
    frames, _, notes = read(path)
    assert [f.t_ns for f in frames] == [5_000_000_000, 5_000_000_000, 6_000_000_000]
    assert "out of time order" in notes[0]


def test_error_and_remote_frames_carry_no_signal(tmp_path: Path) -> None:
    path = tmp_path / "bus.log"
    path.write_text("(0.1) can0 123#R\n(0.2) can0 20000080#0000000000000000\n(0.3) can0 123#01\n")
    assert [f.t_ns for f in read(path)[0]] == [300_000_000]


@pytest.mark.parametrize("suffix", [".asc", ".blf", ".log"])
@pytest.mark.parametrize("content", [b"", b"dear diary\n" * 30, b"\xff\xfe\x00" * 100])
def test_a_file_that_is_no_log_is_refused_in_one_sentence(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"bus{suffix}"
    path.write_bytes(content)
    with pytest.raises(RecordingError) as refused:
        CanLogReader(path)
    assert path.name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_log_is_bad_use(tmp_path: Path) -> None:
    with pytest.raises(BadUseError, match="does not exist"):
        CanLogReader(tmp_path / "no.asc")
