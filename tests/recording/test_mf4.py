"""Logs of the bus as MF4: what other tools wrote is read, what is written they read, and the library stays outside."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from driver_monitor.errors import BadUseError, RecordingError
from driver_monitor.recording.can_log import CanLogReader
from driver_monitor.recording.mf4 import Frame, Mf4Reader, Mf4Writer
from driver_monitor.signals import CanFrame

needs_asammdf = pytest.mark.skipif(
    PathFinder.find_spec("asammdf") is None, reason="MF4 needs the extra mf4"
)
FRAMES = [
    Frame(1_700_000_000.0, 0x123, False, b"\x01\x02"),
    Frame(1_700_000_000.25, 0x18FEF100, True, b""),
    Frame(1_700_000_001.5, 0x7FF, False, bytes(range(8))),
    Frame(1_700_000_002.0, 0x100, False, bytes(range(12))),  # CAN FD
]
# python-can's own writer and reader, each in a process of its own
THEIR_WRITER = """
import sys, time, can
now = time.time() + 60  # behind the log's own start, however long that takes
with can.MF4Writer(sys.argv[1]) as log:
    log.on_message_received(can.Message(now, is_error_frame=True))
    for k in range(3):
        log.on_message_received(can.Message(now + k, 0x123 + k, is_extended_id=k == 1, data=bytes([k] * k), channel=0))
    log.on_message_received(can.Message(now + 3, 0x99, is_remote_frame=True, dlc=2, channel=0))
"""
THEIR_READER = """
import sys, can
for m in can.MF4Reader(sys.argv[1]):
    print(round(m.timestamp, 6), m.arbitration_id, m.is_extended_id, bytes(m.data).hex())
"""


def written(path: Path, frames: list[Frame]) -> Path:
    writer = Mf4Writer(path)
    for frame in frames:
        writer.put(frame)
    writer.close()
    return path


def python(script: str, path: Path) -> str:
    command = [sys.executable, "-W", "ignore", "-c", script, str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


@needs_asammdf
def test_frames_come_back_and_other_tools_read_them(tmp_path: Path) -> None:
    path = written(tmp_path / "bus.mf4", FRAMES)
    with closing(Mf4Reader(path)) as reader:
        assert list(reader) == FRAMES
    theirs = [f"{f.t_s} {f.identifier} {f.extended} {f.data.hex()}".strip() for f in FRAMES]
    assert [line.strip() for line in python(THEIR_READER, path).splitlines()] == theirs


@needs_asammdf
def test_what_python_can_wrote_is_read_and_only_its_data_frames(tmp_path: Path) -> None:
    python(THEIR_WRITER, tmp_path / "bus.mf4")
    log = CanLogReader(tmp_path / "bus.mf4", 2_000_000_000)
    try:
        frames = [s for s in log.samples() if isinstance(s, CanFrame)]
    finally:
        log.close()
    assert [(f.arbitration_id, f.is_extended, f.data) for f in frames] == [
        (0x123, False, b""), (0x124, True, b"\x01"), (0x125, False, b"\x02\x02")
    ]  # fmt: skip
    assert [round((f.t_ns - 2_000_000_000) / 1e6) for f in frames] == [0, 1000, 2000]


@needs_asammdf
def test_a_broken_file_is_one_sentence(tmp_path: Path) -> None:
    good = written(tmp_path / "good.mf4", FRAMES).read_bytes()
    for name, content, words in (
        ("cut.mf4", good[: len(good) // 2], r"cut\.mf4 is broken, cut short, or not an MF4 file \(.+\); export it again$"),
        ("text.mf4", b"Dear all, this is text.\n" * 50, r"text\.mf4 is broken, cut short, or not an MF4 file"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RecordingError, match=words) as told:
            CanLogReader(tmp_path / name)
        assert "\n" not in str(told.value)
    with pytest.raises(RecordingError, match="holds no CAN frame; give an MF4 file with CAN bus logging"):
        CanLogReader(written(tmp_path / "none.mf4", []))


def test_an_empty_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bus.mf4").touch()
    with pytest.raises(RecordingError, match=r"bus\.mf4 is empty \(0 bytes\); give an MF4 file with CAN bus logging"):
        CanLogReader(tmp_path / "bus.mf4")


def test_without_the_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bus.mf4").write_bytes(b"MDF     4.10")
    monkeypatch.setattr(PathFinder, "find_spec", lambda name: None)
    with pytest.raises(BadUseError, match=r"^bus\.mf4: MF4 needs the extra 'mf4': \.venv/bin/pip install "):
        CanLogReader(tmp_path / "bus.mf4")


def test_the_program_never_loads_the_library_itself() -> None:
    script = """
import sys
from driver_monitor.cli import main
main(["settings", "show"])
import can
print("loaded" if sys.modules.get("asammdf") else "not loaded", file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=120)
    assert done.stderr == "not loaded\n"
