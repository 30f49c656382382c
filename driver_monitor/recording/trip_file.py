"""Writing one MCAP file of a trip: chunks by lane, whole at every flush.

What the lanes are for, and how a reader joins them again, is told in docs/recording.md: a message's sequence number counts
all messages of the file, and no message of an earlier flush has a higher one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from driver_monitor import __version__
from driver_monitor.recording.trip_format import ABOUT, CHANNEL, END, LANES, PROFILE, TOPIC, TOPICS, About, Lane, schema_data

_ONE_CHUNK = 1 << 62  # a lane's chunk is ended by the flush alone: the reader's joining rests on it
FLUSH_BYTES = 4 << 20
"""So much is written at once at the latest, whatever the time: a reader holds as much."""

_Message = tuple[int, int, int, bytes]  # channel, sequence, log time, data


class Output(Protocol):
    """Where a file's bytes go."""

    def write(self, data: bytes, /) -> int:
        """Write all of them."""

    def tell(self) -> int:
        """Bytes written so far."""

    def flush(self) -> object:
        """Hand on what is held back."""


class TripFile:
    """One file, written to ``output``; the caller opens and closes that.

    Parameters
    ----------
    output
        Takes bytes and tells where it is; need not seek.
    about
        What the file is.
    attachments
        By name: media type and bytes.
    """

    def __init__(self, output: Output, about: About, attachments: Mapping[str, tuple[str, bytes]]) -> None:
        from mcap.writer import Writer

        self.about = about
        self.messages = 0
        self.pending_bytes = 0
        self._output = output
        self._sequence = 0
        self._lanes: dict[Lane, list[_Message]] = {lane: [] for lane in LANES}
        untyped: Any = Writer  # its hints want a real file, and half of it has none
        self._writer = untyped(output, chunk_size=_ONE_CHUNK)
        self._writer.start(PROFILE, f"driver-monitor {__version__}")
        log_ns = max(0, about.zero_ns + about.wall_ns)
        self._writer.add_metadata(ABOUT, about.as_metadata())
        for name, (media_type, data) in attachments.items():
            self._writer.add_attachment(log_ns, log_ns, name, media_type, data)
        for topic in TOPICS:  # all, so that a channel's number does not hang on what was there
            encoding = "protobuf" if topic.encoding == "protobuf" else "jsonschema"
            schema = self._writer.register_schema(topic.schema, encoding, schema_data(topic))
            self._writer.register_channel(topic.name, topic.encoding, schema)
        self._writer.flush()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._output.tell()

    def add(self, topic: str, t_ns: int, data: bytes) -> None:
        """Take a message; it is in the file after the next flush. ``t_ns`` is the samples' own time."""
        message = (CHANNEL[topic], self._sequence, max(0, t_ns + self.about.wall_ns), data)
        self._lanes[TOPIC[topic].lane].append(message)
        self._sequence = (self._sequence + 1) & 0xFFFF_FFFF
        self.messages += 1
        self.pending_bytes += len(data) + 31

    def flush(self) -> None:
        """Write what is pending, in whole chunks."""
        from mcap.writer import CompressionType

        for lane, messages in self._lanes.items():
            if not messages:
                continue
            # JPEG and sound gain nothing by it, and it would be most of the work; the library has one choice for a file
            self._writer._Writer__compression = CompressionType.NONE if lane == "bulk" else CompressionType.ZSTD
            for channel, sequence, log_ns, data in messages:
                self._writer.add_message(channel, log_ns, data, log_ns, sequence)
            messages.clear()
            self._writer.flush()
        self.pending_bytes = 0

    def finish(self, **told: object) -> None:
        """Flush, say how it ended, and write the index."""
        self.flush()
        self._writer.add_metadata(END, {"messages": str(self.messages), **{key: str(value) for key, value in told.items()}})
        self._writer.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        if problem is None:
            self.finish()
