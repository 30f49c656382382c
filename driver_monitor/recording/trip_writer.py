"""Writing a trip while it happens: a thread of its own, every half second on the disk, parts by size and time.

The loop hands messages over and never waits. A disk that cannot keep up costs messages, which are counted and told; a
disk that fails ends the recording, not the watch.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from driver_monitor.errors import BadUseError
from driver_monitor.recording.mcap_write import Data, Output, size_of
from driver_monitor.recording.sealed import SEALED_SUFFIX, SealedOutput, recipient
from driver_monitor.recording.trip_file import FLUSH_BYTES, TripFile
from driver_monitor.recording.trip_format import About
from driver_monitor.signals import NS_PER_S

_LOGGER = logging.getLogger("driver_monitor.recording")

FLUSH_S = 0.5
"""With the time the disk takes, what a power cut may cost stays under a second."""
_MOST_WAITING = 32 << 20
"""Bytes that wait for a slow disk: about ten seconds of pictures."""
_AT_ONCE = 1024
"""Pieces that one call may write: Linux's IOV_MAX."""
_WITH_INDEX = 1.02
"""A file's size with the index that ends it, beside without; the index also repeats the head's schemas."""
SUFFIX = ".mcap"

Message = tuple[str, int, Data]
"""Topic, the samples' own time, data."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """When a new part begins and what a folder may hold; 0 is no limit."""

    part_bytes: int = 0
    part_ns: int = 0
    folder_bytes: int = 0


class TripWriter:
    """Writes messages to ``target``.

    Parameters
    ----------
    target
        A file that is not there yet, or a folder: the file is then named by the time.
    about, attachments
        As of :class:`TripFile`; later parts have them too.
    limits
        ``folder_bytes`` holds for a folder only.
    public_key
        An age public key ("age1…"): all is encrypted to it.

    Raises
    ------
    BadUseError
        When the target cannot be used.
    """

    def __init__(
        self,
        target: Path,
        about: About,
        attachments: Mapping[str, tuple[str, bytes]],
        limits: Limits = Limits(),
        public_key: str = "",
    ) -> None:
        self.lost = 0
        self.trouble = ""
        self.files: list[Path] = []
        self._folder = target if target.is_dir() else None
        self._first = name_for(target, about, sealed=bool(public_key))
        self._about = about
        self._attachments = attachments
        self._limits = limits
        self._recipient = recipient(public_key) if public_key else None
        self._waiting: deque[tuple[Callable[[Any], Iterable[Message]], Any, int]] = deque()
        self._put_bytes = self._taken_bytes = 0
        self._wake = threading.Event()
        self._closing = False
        self._raw: IO[bytes]
        self._file: TripFile
        self._sealed: SealedOutput | None = None
        self._begun_ns = about.zero_ns
        self._others: dict[Path, int] = {}
        self._part = about.part
        self._head_bytes = 0
        self._open(about)
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The first file's name."""
        return self._first.name

    def put(self, topic: str, t_ns: int, data: Data) -> None:
        """Hand a message over; never waits. Without room it is lost, and counted; behind the end of a recording it is let go."""
        self.later(lambda message: (message,), (topic, t_ns, data), size_of(data))

    def later(self, make: Callable[[T], Iterable[Message]], of: T, size: int, many: int = 1) -> None:
        """Hand over what ``many`` messages of about ``size`` bytes are made of; ``make`` is called in the writer's thread.

        No lock: a deque takes and gives whole items, and each count has one thread that writes it.
        """
        if self.trouble:
            return  # the recording has ended: what comes behind its end is not lost to a slow disk
        waiting = self._put_bytes - self._taken_bytes
        if waiting > _MOST_WAITING:
            self.lost += many
            return
        self._waiting.append((make, of, size))
        self._put_bytes += size
        if waiting > FLUSH_BYTES:
            self._wake.set()

    def give_up(self, why: str) -> None:
        """End the recording behind what was handed over: who makes its messages cannot go on."""

        def fail(told: str) -> Iterable[Message]:
            raise ValueError(told)

        self._waiting.append((fail, why, 0))  # with room or without
        self._wake.set()

    def close(self) -> None:
        """Write what waits and end the file; may be called again."""
        self._closing = True
        self._wake.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # ----------------------------------------------------------------------------------------------- the thread's own

    def _run(self) -> None:
        try:
            due_s = time.monotonic() + FLUSH_S
            while True:
                self._wake.wait(max(0.0, due_s - time.monotonic()))
                self._wake.clear()
                closing = self._closing  # before what waits is taken: nothing comes behind it
                due_s = time.monotonic() + FLUSH_S
                self._write_waiting()
                if closing:
                    self._end()
                    return
        except Exception as problem:
            told = (problem.strerror if isinstance(problem, OSError) else None) or str(problem) or type(problem).__name__
            self.trouble = f"the recording {self.files[-1]} ends here: it cannot be written any further ({told})"
            _LOGGER.error("%s", self.trouble)
            with contextlib.suppress(Exception):
                if not isinstance(problem, OSError):  # the disk is well: what is there is ended in order
                    self._end()
            with contextlib.suppress(OSError):
                self._raw.close()
            self._waiting.clear()

    def _write_waiting(self) -> None:
        for _ in range(len(self._waiting)):
            make, of, size = self._waiting.popleft()
            self._taken_bytes += size
            for topic, t_ns, data in make(of):
                self._write(topic, t_ns, data)
        if self._file.pending_bytes:
            self._flush()

    def _write(self, topic: str, t_ns: int, data: Data) -> None:
        if self._due(t_ns):
            self._end()
            self._part += 1
            self._open(replace(self._about, part=self._part))
            self._begun_ns = t_ns
        self._file.add(topic, t_ns, data)
        if self._file.pending_bytes > FLUSH_BYTES:
            self._flush()

    def _due(self, t_ns: int) -> bool:
        limits, file = self._limits, self._file
        most = limits.part_bytes
        if not most and self._folder is not None:  # a folder makes room by whole files: none may fill it alone
            most = limits.folder_bytes // 2
        full = most and file.size + file.pending_bytes > most
        return bool(full or (limits.part_ns and t_ns - self._begun_ns >= limits.part_ns)) and file.messages > 0

    def _flush(self) -> None:
        written = self._file.size + self._file.pending_bytes
        self._make_room(round(written * _WITH_INDEX) + self._head_bytes)
        self._file.flush()
        if self._sealed is not None:
            self._sealed.push()
        os.fdatasync(self._raw.fileno())

    def _open(self, about: About) -> None:
        path = self._first if not self.files else part_name(self._first, about.part)
        try:
            # pictures of a person: for the owner's eyes only
            self._raw = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb", buffering=0)
        except FileExistsError:
            raise BadUseError(f"{path} is there already; give another name for the recording, or a folder") from None
        except FileNotFoundError:
            raise BadUseError(f"{path} cannot be written: the folder {path.parent} does not exist; make it first") from None
        except OSError as problem:
            raise BadUseError(f"{path} cannot be written ({problem.strerror or problem}); give another place") from None
        self.files.append(path)
        self._look_at_folder()
        output: Output = Whole(self._raw)
        if self._recipient is not None:
            output = self._sealed = SealedOutput(self._raw, self._recipient)
        self._file = TripFile(output, about, self._attachments)
        self._head_bytes = self._file.size
        self._flush()

    def _end(self) -> None:
        self._file.finish(lost=self.lost)
        if self._sealed is not None:
            self._sealed.close()
        os.fdatasync(self._raw.fileno())
        self._raw.close()

    def _look_at_folder(self) -> None:
        """What else the folder holds, the oldest first."""
        if self._folder is not None and self._limits.folder_bytes:
            there = [file for file in self._folder.iterdir() if _ours(file) and file not in self.files[-1:]]
            self._others = {file: file.stat().st_size for file in sorted(there, key=_age)}

    def _make_room(self, part_bytes: int) -> None:
        """Delete the oldest recordings of a folder that, with the part being written, would hold too much."""
        while self._others and sum(self._others.values()) + part_bytes > self._limits.folder_bytes:
            oldest = next(iter(self._others))
            del self._others[oldest]
            oldest.unlink(missing_ok=True)
            if oldest in self.files:
                self.files.remove(oldest)
            _LOGGER.info("%s deleted: the recordings' folder is full", oldest.name)


class Whole:
    """An unbuffered file that writes all it is given; the operating system may take a part at a time."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._at = 0

    def write(self, *pieces: bytes) -> None:
        """Write all of them."""
        for first in range(0, len(pieces), _AT_ONCE):
            some: list[bytes | memoryview] = list(pieces[first : first + _AT_ONCE])
            while some:
                done = os.writev(self._raw.fileno(), some)
                self._at += done
                while some and done >= len(some[0]):
                    done -= len(some.pop(0))
                if done:
                    some[0] = memoryview(some[0])[done:]

    def tell(self) -> int:
        """Bytes written."""
        return self._at


def name_for(target: Path, about: About, *, sealed: bool) -> Path:
    """The file a recording begins with."""
    suffix = SUFFIX + (SEALED_SUFFIX if sealed else "")
    if target.is_dir():
        at = time.gmtime((about.zero_ns + about.wall_ns) // NS_PER_S)
        return target / f"trip-{time.strftime('%Y%m%dT%H%M%SZ', at)}{suffix}"
    if not target.name.endswith(suffix):
        also = ", as it is encrypted" if sealed else ""
        raise BadUseError(f"{target}: a recording's name ends in {suffix}{also}; or give a folder that is there")
    return target


def part_name(first: Path, part: int) -> Path:
    """The file of a later part: "trip-part002.mcap" beside "trip.mcap"."""
    stem, dot, suffix = first.name.partition(SUFFIX)
    return first.with_name(f"{stem}-part{part:03d}{dot}{suffix}")


def _age(file: Path) -> tuple[str, int]:
    """By the time in its name, then by its part: "-part002" is after the file without it."""
    stem = file.name.partition(SUFFIX)[0]
    first, _, part = stem.partition("-part")
    return first, int(part) if part.isdecimal() else 1


def _ours(file: Path) -> bool:
    return file.name.startswith("trip-") and file.name.removesuffix(SEALED_SUFFIX).endswith(SUFFIX) and file.is_file()
