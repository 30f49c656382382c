"""A trip, or a stretch of one, written anew as one whole file: what ``recover`` and ``cut`` do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from driver_monitor.errors import BadUseError, DriverMonitorError, RecordingError
from driver_monitor.recording.mcap_write import Data
from driver_monitor.recording.trip import Trip
from driver_monitor.recording.trip_file import FLUSH_BYTES, TripFile
from driver_monitor.recording.trip_format import About
from driver_monitor.recording.trip_messages import write_sample
from driver_monitor.recording.trip_writer import SUFFIX, Whole
from driver_monitor.signals import NS_PER_S, seconds

_FLUSH_NS = NS_PER_S // 2
_MEDIA = {".json": "application/json", ".toml": "application/toml"}


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of it."""

    messages: int
    length_s: float
    notes: list[str]


@contextmanager
def new_trip(out: Path, about: About, attachments: Mapping[str, tuple[str, bytes]]) -> Iterator[TripFile]:
    """A new file for a trip; it appears under its name when it is whole.

    Raises
    ------
    BadUseError
        When it cannot be written.
    """
    if not out.name.endswith(SUFFIX):
        raise BadUseError(f"{out}: a recording's name ends in {SUFFIX}")
    if out.exists():
        raise BadUseError(f"{out} is there already; give another name")
    draft = out.with_name(f".{out.name}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise BadUseError(f"{out} cannot be written ({problem.strerror or problem}); give another place") from None
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as raw:
            with TripFile(Whole(raw), about, attachments) as file:
                yield file
            os.fdatasync(raw.fileno())
        draft.rename(out)
    except OSError as problem:
        reason = problem.strerror or problem
        raise DriverMonitorError(f"{out} cannot be written any further ({reason}); free some space") from None
    finally:
        draft.unlink(missing_ok=True)


def add(file: TripFile, topic: str, t_ns: int, data: Data, flushed_ns: int) -> int:
    """Add a message and flush where it is time; gives when that was last."""
    file.add(topic, t_ns, data)
    if file.pending_bytes > FLUSH_BYTES or t_ns - flushed_ns >= _FLUSH_NS:
        file.flush()
        return t_ns
    return flushed_ns


def copy_trip(trip: Trip, out: Path, made_by: str) -> Copied:
    """Write all that ``trip`` gives to ``out``.

    Raises
    ------
    RecordingError
        When it gives nothing.
    """
    if any(out.resolve() == file.resolve() for file in trip.files):
        raise BadUseError(f"{out} is the recording itself; give another name")
    messages = trip.messages()
    first = next(messages, None)
    if first is None:
        raise RecordingError(f"{trip.name} holds no whole piece there; nothing can be written")
    kept = {name: (_MEDIA.get(Path(name).suffix, "text/plain"), data) for name, data in trip.attachments.items()}
    about = replace(trip.about, made_by=made_by)
    with new_trip(out, about, kept) as file:
        last_ns = flushed_ns = first.t_ns
        for status in trip.standing():  # of a stretch: how the sensors stood when it begins
            topic, data = write_sample(status, about.wall_ns)
            file.add(topic, first.t_ns, data)
        add(file, first.topic, first.t_ns, first.data, flushed_ns)
        for message in messages:
            last_ns = message.t_ns
            flushed_ns = add(file, message.topic, message.t_ns, message.data, flushed_ns)
    return Copied(file.messages, seconds(last_ns - first.t_ns), trip.notes)
