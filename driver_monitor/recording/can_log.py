"""A log of the vehicle bus as CAN frames: ASC and BLF as Vector's tools write them, candump's own format, and MF4."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from driver_monitor.errors import BadUseError, RecordingError
from driver_monitor.signals import CanFrame, SensorStatus

if TYPE_CHECKING:
    from can import Message

_ABSOLUTE_S = 1e8  # a first time beyond three years counts from 1970
_MOST_S = 1e12
_DISORDER_NS = 100_000_000  # loggers of several channels write this much out of order
_CUT_SHORT = "ends early: it is cut short or broken there"
_HOW = {
    ".asc": "an ASC file",
    ".blf": "a BLF file",
    ".log": "a candump log (candump -L)",
    ".mf4": "an MF4 file with CAN bus logging",
}


class _CountedLines:
    """The lines of a text file, and the number of the last one read."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.number = 0
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            self.number += 1
            self.last = line
            yield line

    def read(self, size: int = -1) -> str:
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()


class CanLogReader:
    """The frames of a CAN log; one with clock times starts at 0, all are moved by ``offset_ns``."""

    def __init__(self, path: Path, offset_ns: int = 0) -> None:
        self._path = path
        self._offset_ns = offset_ns
        self._lines: _CountedLines | None = None
        self._cut = ""
        self.notes: list[str] = []
        if path.suffix.lower() not in _HOW:
            raise BadUseError(f"{path} is no CAN log that can be read; give a file ending in {', '.join(_HOW)}")
        self._what = _HOW[path.suffix.lower()]
        self._close: Callable[[], None] = lambda: None
        try:
            messages = self._guarded(self._reader())
            first = next(messages, None)
        except (RecordingError, BadUseError):
            self.close()
            raise
        if first is None:
            self.close()
            raise RecordingError(f"{path} holds no CAN frame; give {self._what}")
        self._messages = chain([first], messages)
        self._base_s = first.timestamp if first.timestamp > _ABSOLUTE_S else 0.0
        if self._base_s:
            self.notes.append(
                f"{path.name} has clock times: its first frame is placed at {offset_ns / 1e9:g} s of the recording "
                "(offset_s in recording.toml moves it)"
            )

    def samples(self) -> Iterator[CanFrame | SensorStatus]:
        """Data frames in time order; error and remote frames carry no signal and are left out."""
        last_ns = 0
        late = 0
        for message in self._messages:
            if message.is_error_frame or message.is_remote_frame:
                continue
            if not abs(message.timestamp) <= _MOST_S:
                raise RecordingError(f"{self._path} has a frame at {message.timestamp:g} s, which is no time; mend or delete it")
            # clock times are floats good to a quarter of a microsecond: whole microseconds are what the log holds
            t_ns = round((message.timestamp - self._base_s) * 1e6) * 1000 + self._offset_ns
            if t_ns < 0:
                continue
            late += last_ns - t_ns > _DISORDER_NS
            last_ns = max(last_ns, t_ns)
            yield CanFrame(last_ns, message.arbitration_id, bytes(message.data), message.is_extended_id)
        if late:
            self.notes.append(f"{late} frames of {self._path.name} are out of time order and were taken at the last one's time")
        if self._cut:
            self.notes.append(f"{self._path.name} {self._cut}")
            yield SensorStatus(last_ns, "vehicle_bus", "degraded", f"the CAN log {self._cut}")

    def close(self) -> None:
        """Close the file."""
        self._close()

    def _reader(self) -> Iterable[Message]:
        try:
            import can
            from can.io.blf import BLFParseError

            if self._path.stat().st_size == 0:
                raise RecordingError(f"{self._path} is empty (0 bytes); give {self._what}")
            if self._path.suffix.lower() == ".mf4":
                return self._mf4()
            file: Any
            if self._path.suffix.lower() == ".blf":
                file = self._path.open("rb")
                self._close = file.close
                reader = can.BLFReader(file)
                # the reader itself passes over a last block that is not whole
                if reader.file_size > self._path.stat().st_size:
                    self._cut = _CUT_SHORT
                return reader
            file = self._path.open(encoding="utf-8", errors="replace")
            self._close = file.close
            self._lines = _CountedLines(file)
            lines: Any = self._lines
            return can.ASCReader(lines) if self._path.suffix.lower() == ".asc" else can.CanutilsLogReader(lines)
        except FileNotFoundError:
            raise BadUseError(f"{self._path} does not exist; check the path") from None
        except OSError as problem:
            raise BadUseError(f"{self._path} cannot be read ({problem.strerror or problem})") from None
        except (ValueError, struct.error, can.CanError, BLFParseError) as problem:
            raise RecordingError(f"{self._path} is not {self._what} ({problem}); export the log again") from None

    def _mf4(self) -> Iterator[Message]:
        from can import Message

        from driver_monitor.recording.mf4 import Mf4Reader

        reader = Mf4Reader(self._path)
        self._close = reader.close
        for t_s, identifier, extended, data in reader:
            yield Message(t_s, identifier, extended, data=data, is_fd=len(data) > 8)

    def _guarded(self, reader: Iterable[Message]) -> Iterator[Message]:
        """The reader's messages, with its exceptions made into one sentence."""
        from can import CanError
        from can.io.blf import BLFParseError

        any_yet = False
        try:
            for message in reader:
                any_yet = True
                yield message
        except (ValueError, IndexError, struct.error, zlib.error, CanError, BLFParseError, EOFError, OSError) as problem:
            lines = self._lines
            if lines is None:
                if not any_yet:
                    raise RecordingError(f"{self._path} is broken, or not {self._what} ({problem}); export it again") from None
                self._cut = _CUT_SHORT
            elif any_yet and not lines.last.endswith("\n"):  # the logger was switched off while writing
                self._cut = f"ends in the middle of line {lines.number}"
            else:
                raise RecordingError(
                    f"{self._path} line {lines.number} is not a line of {self._what}: "
                    f"'{lines.last.strip()[:60]}'; mend or delete that line"
                ) from None
