"""CAN frames of an MF4 file (ASAM MDF 4), and frames as one. The library that does it (asammdf, extra ``mf4``) stays in a process
of its own: it takes longer to load than all else here, and python-can would load it at every start.
"""

from __future__ import annotations

import heapq
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.machinery import PathFinder
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

from driver_monitor.errors import BadUseError, RecordingError, needs_extra

_FRAME = struct.Struct("<dIBB")  # Unix time or seconds since the start, identifier, whether extended, length of the data
_AT_ONCE = 10_000  # frames
_CAN_BUS, _BUS_EVENT = 2, 2  # MDF 4: bus type of a source, flag of a channel group
_GROUP = "CAN_DataFrame"


class Frame(NamedTuple):
    """One frame of a log."""

    t_s: float
    identifier: int
    extended: bool
    data: bytes


class Mf4Reader:
    """The data frames of an MF4 file's bus logging, in time order.

    Raises
    ------
    BadUseError
        When asammdf is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process, self._told = _child("read", path, stdout=subprocess.PIPE)

    def __iter__(self) -> Iterator[Frame]:
        yield from _unpacked(self._process.stdout)
        if self._process.wait() != 0:
            why = _last_line(self._told)
            raise RecordingError(f"{self._path} is broken, cut short, or not an MF4 file ({why}); export it again")

    def close(self) -> None:
        """Stop reading; may be called again."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._told.close()


class Mf4Writer:
    """Writes frames as bus logging that other tools read; times are Unix times.

    Raises
    ------
    BadUseError
        When asammdf is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process, self._told = _child("write", path, stdin=subprocess.PIPE)

    def put(self, frame: Frame) -> None:
        """Write one."""
        try:
            self._process.stdin.write(_packed(frame))
        except BrokenPipeError:
            return  # close() says why

    def close(self) -> None:
        """End the file."""
        self._process.communicate()
        with self._told:
            if self._process.returncode != 0:
                raise RecordingError(f"{self._path} cannot be written ({_last_line(self._told)})")


def need_asammdf(asked_by: str) -> None:
    """Refuse where asammdf is not installed.

    Raises
    ------
    BadUseError
        In one sentence.
    """
    # not by the loaded modules: there it is hidden from python-can
    if PathFinder.find_spec("asammdf") is None:
        raise BadUseError(needs_extra(f"{asked_by}: MF4", "mf4"))


def _child(what: str, path: Path, **pipes: int) -> tuple[Any, IO[bytes]]:
    """The process, and what it says of its troubles."""
    need_asammdf(path.name)
    command = [sys.executable, "-W", "ignore", "-m", "driver_monitor.recording.mf4", what, str(path)]
    told = tempfile.TemporaryFile()  # noqa: SIM115  # no pipe: nobody reads it meanwhile
    return subprocess.Popen(command, stderr=told, **pipes), told  # type: ignore[call-overload]


def _last_line(told: IO[bytes]) -> str:
    told.seek(0)
    lines = told.read().decode(errors="replace").split("\n")
    return next((line.strip()[-200:] for line in reversed(lines) if line.strip()), "no reason given")


def _packed(frame: Frame) -> bytes:
    return _FRAME.pack(frame.t_s, frame.identifier, frame.extended, len(frame.data)) + frame.data


# ---------------------------------------------------------------------------------------------------- in the other process


def _read(path: Path, out: BinaryIO) -> None:
    from asammdf import MDF

    with MDF(path) as mdf:
        start_s = mdf.header.start_time.timestamp()
        logs = [_frames(mdf, number, start_s) for number, group in enumerate(mdf.groups) if _is_can_log(group)]
        for frame in heapq.merge(*logs, key=lambda frame: frame.t_s):
            out.write(_packed(frame))


def _is_can_log(group: Any) -> bool:
    told, source = group.channel_group, group.channel_group.acq_source
    on_can = source is not None and source.bus_type == _CAN_BUS
    return bool(told.flags & _BUS_EVENT and told.cycles_nr and on_can and _GROUP in {c.name for c in group.channels})


def _frames(mdf: Any, group: int, start_s: float) -> Iterator[Frame]:
    for first in range(0, mdf.groups[group].channel_group.cycles_nr, _AT_ONCE):
        told = mdf.get(_GROUP, group, record_offset=first, record_count=_AT_ONCE, raw=False)
        fields = {name.rpartition(".")[2]: told.samples[name] for name in told.samples.dtype.names}
        identifiers = fields["ID"].astype("u8")
        # without a flag of its own, bit 31 tells, as in the sockets of Linux
        extended = fields["IDE"] != 0 if "IDE" in fields else identifiers >> 31 != 0
        lengths = fields["DataLength"] if "DataLength" in fields else fields["DLC"]
        columns = (told.timestamps.tolist(), identifiers.tolist(), extended.tolist(), lengths.tolist(), fields["DataBytes"])
        for t_s, identifier, is_extended, length, data in zip(*columns, strict=True):
            yield Frame(start_s + t_s, identifier & 0x1FFF_FFFF, is_extended, data[:length].tobytes())


def _write(path: Path, source: BinaryIO) -> None:
    import numpy as np
    from asammdf import MDF, Signal
    from asammdf import Source as Bus

    kinds = dict.fromkeys(("BusChannel", "ID", "IDE", "DLC", "DataLength", "DataBytes", "Dir"), "<u1")
    kinds |= {"ID": "<u4", "DataBytes": "(64,)u1"}
    rows, times = [], []
    for frame in _unpacked(source):
        length = len(frame.data)
        code = length if length <= 8 else 8 + sum(length > most for most in (8, 12, 16, 20, 24, 32, 48))
        rows.append((0, frame.identifier, frame.extended, code, length, list(frame.data.ljust(64, b"\0")), 0))
        times.append(frame.t_s)
    start_s = times[0] if times else 0.0
    samples = np.array(rows, dtype=[(f"{_GROUP}.{name}", kind) for name, kind in kinds.items()])
    bus = Bus(name="CAN", path="CAN1", comment="", source_type=Bus.SOURCE_BUS, bus_type=Bus.BUS_TYPE_CAN)
    with MDF(version="4.10") as mdf:
        mdf.header.start_time = datetime.fromtimestamp(start_s, UTC)
        mdf.append(Signal(samples=samples, timestamps=np.array(times) - start_s, name=_GROUP, source=bus))
        mdf.save(path, compression=2)


def _unpacked(source: BinaryIO) -> Iterable[Frame]:
    while len(head := source.read(_FRAME.size)) == _FRAME.size:
        t_s, identifier, extended, length = _FRAME.unpack(head)
        yield Frame(t_s, identifier, bool(extended), source.read(length))


def main() -> int:
    """Read or write a file for the other side of the pipe."""
    what, name = sys.argv[1:]
    try:
        if what == "read":
            _read(Path(name), sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            _write(Path(name), sys.stdin.buffer)
    except BrokenPipeError:
        return 0
    except Exception as problem:  # of a library that reads what it is given: any
        words = " ".join(str(problem).split())
        print(f"{type(problem).__name__}: {words}" if words else type(problem).__name__, file=sys.stderr, flush=True)
        os._exit(1)  # so the last word is this: what it left half made may complain when it is cleared away
    return 0


if __name__ == "__main__":
    sys.exit(main())
