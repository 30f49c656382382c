"""Writing one MCAP file of a trip: chunks by lane, whole at every flush.

What the lanes are for, and how a reader joins them again, is told in docs/recording.md: a message's sequence number counts
all messages of the file, and a flush writes at most one chunk of each lane, in the order of LANES.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from driver_monitor import __version__
from driver_monitor.recording.mcap_write import Data, McapWriter, Message, Output, size_of
from driver_monitor.recording.trip_format import ABOUT, CHANNEL, END, LANES, PROFILE, TOPIC, TOPICS, About, Lane, schema_data

FLUSH_BYTES = 4 << 20
"""So much is written at once at the latest, whatever the time: a reader holds as much."""


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
        self.about = about
        self.messages = 0
        self.pending_bytes = 0
        self._output = output
        self._sequence = 0
        self._lanes: dict[Lane, list[Message]] = {lane: [] for lane in LANES}
        self._writer = McapWriter(output, PROFILE, f"driver-monitor {__version__}")
        self._writer.metadata(ABOUT, about.as_metadata())
        for name, (media_type, data) in attachments.items():
            self._writer.attachment(max(0, about.zero_ns + about.wall_ns), name, media_type, data)
        for topic in TOPICS:  # all, so that a channel's number does not hang on what was there
            described = "protobuf" if topic.encoding == "protobuf" else "jsonschema"
            self._writer.channel(topic.name, topic.encoding, (topic.schema, described, schema_data(topic)))

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._output.tell()

    def add(self, topic: str, t_ns: int, data: Data) -> None:
        """Take a message; it is in the file after the next flush. ``t_ns`` is the samples' own time."""
        message = (CHANNEL[topic], self._sequence, max(0, t_ns + self.about.wall_ns), data)
        self._lanes[TOPIC[topic].lane].append(message)
        self._sequence = (self._sequence + 1) & 0xFFFF_FFFF
        self.messages += 1
        self.pending_bytes += size_of(data) + 31

    def flush(self) -> None:
        """Write what is pending, in whole chunks."""
        for lane, messages in self._lanes.items():
            if messages:
                # a chunk a lane: the reader's joining rests on it. JPEG and sound gain nothing by packing
                self._writer.chunk(messages, packed=lane != "bulk")
                messages.clear()
        self.pending_bytes = 0

    def finish(self, **told: object) -> None:
        """Flush, say how it ended, and write the index."""
        self.flush()
        self._writer.metadata(END, {"messages": str(self.messages), **{key: str(value) for key, value in told.items()}})
        self._writer.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        if problem is None:
            self.finish()
