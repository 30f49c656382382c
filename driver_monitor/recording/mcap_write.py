"""Writing the records of an MCAP file. The mcap library has those that are rare; messages and chunks, which are many, are
packed here, since the library takes ten calls for a message.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from driver_monitor.recording.mcap_scan import CHANNEL, CHUNK, CHUNK_INDEX, FOOTER, MAGIC, MESSAGE, SCHEMA

if TYPE_CHECKING:
    from mcap.records import McapRecord

_MESSAGE_INDEX = 0x07
_ATTACHMENT_INDEX, _STATISTICS, _METADATA_INDEX = 0x0A, 0x0B, 0x0D
_SUMMARY = (SCHEMA, CHANNEL, _STATISTICS, CHUNK_INDEX, _ATTACHMENT_INDEX, _METADATA_INDEX)
"""What the summary holds, in this order."""
_HEAD = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<BQHIQQ")
_IN_MESSAGE = _MESSAGE.size - _HEAD.size
_CHUNK = struct.Struct("<QQQII")  # start, end, unpacked size, CRC, length of the compression's name
_INDEX = struct.Struct("<BQHI")

Data = bytes | tuple[bytes, ...]
"""A message, in one or in pieces: to join them would copy each picture once more."""
Message = tuple[int, int, int, Data]
"""Channel, sequence, log time, data."""


def size_of(data: Data) -> int:
    """A message's bytes."""
    return len(data) if isinstance(data, bytes) else sum(map(len, data))


class Output(Protocol):
    """Where a file's bytes go."""

    def write(self, *pieces: bytes) -> None:
        """Write all of them, one behind the other."""

    def tell(self) -> int:
        """Bytes written so far."""


class McapWriter:
    """Writes to ``output``, which is at its beginning; the caller opens and closes that."""

    def __init__(self, output: Output, profile: str, library: str) -> None:
        import zstandard
        from mcap.records import Header

        self._output = output
        self._packer = zstandard.ZstdCompressor()
        self._summary: dict[int, bytearray] = {kind: bytearray() for kind in _SUMMARY}
        self._many: Counter[int] = Counter()
        self._messages: Counter[int] = Counter()
        self._start_ns: int | None = None
        self._end_ns = 0
        output.write(MAGIC)
        self._put(Header(profile, library))

    def channel(self, topic: str, encoding: str, schema: tuple[str, str, bytes]) -> None:
        """The next channel, counted from 1, with its schema's name, encoding and data."""
        from mcap.records import Channel, Schema

        number = self._many[CHANNEL] + 1
        name, described, data = schema
        told = Schema(id=number, data=data, encoding=described, name=name)
        channel = Channel(id=number, topic=topic, message_encoding=encoding, metadata={}, schema_id=number)
        self._put(told)
        self._put(channel)
        self._list(SCHEMA, told)
        self._list(CHANNEL, channel)

    def metadata(self, name: str, words: Mapping[str, str]) -> None:
        """A record of words."""
        from mcap.records import Metadata, MetadataIndex

        offset, length = self._put(Metadata(name=name, metadata=dict(words)))
        self._list(_METADATA_INDEX, MetadataIndex(offset=offset, length=length, name=name))

    def attachment(self, t_ns: int, name: str, media_type: str, data: bytes) -> None:
        """A file within the file."""
        from mcap.records import Attachment, AttachmentIndex

        told: dict[str, Any] = {"create_time": t_ns, "log_time": t_ns, "name": name, "media_type": media_type}
        offset, length = self._put(Attachment(data=data, **told))
        self._list(_ATTACHMENT_INDEX, AttachmentIndex(offset=offset, length=length, data_size=len(data), **told))

    def chunk(self, messages: Sequence[Message], *, packed: bool) -> None:
        """A chunk of these messages, at least one, and its index; ``packed`` by zstd, or as they are."""
        from mcap.records import ChunkIndex

        pieces: list[bytes] = []
        places: dict[int, list[int]] = {}  # by channel: log time and place, one after the other
        size = 0
        for channel, sequence, log_ns, data in messages:
            places.setdefault(channel, []).extend((log_ns, size))
            length = size_of(data)
            pieces.append(_MESSAGE.pack(MESSAGE, _IN_MESSAGE + length, channel, sequence, log_ns, log_ns))
            pieces += (data,) if isinstance(data, bytes) else data
            size += _MESSAGE.size + length
        crc = 0
        for piece in pieces:
            crc = zlib.crc32(piece, crc)
        kept = [self._packer.compress(b"".join(pieces))] if packed else pieces
        kept_size = sum(map(len, kept))
        start_ns, end_ns = min(m[2] for m in messages), max(m[2] for m in messages)
        name = b"zstd" if packed else b""
        head = _CHUNK.pack(start_ns, end_ns, size, crc, len(name)) + name + struct.pack("<Q", kept_size)
        begin = self._output.tell()
        behind = begin + _HEAD.size + len(head) + kept_size
        offsets: dict[int, int] = {}
        index = b""
        for channel, flat in places.items():
            offsets[channel] = behind + len(index)
            index += _INDEX.pack(_MESSAGE_INDEX, 6 + 8 * len(flat), channel, 8 * len(flat)) + struct.pack(f"<{len(flat)}Q", *flat)
            self._messages[channel] += len(flat) // 2
        self._output.write(_HEAD.pack(CHUNK, len(head) + kept_size) + head, *kept, index)
        self._start_ns = start_ns if self._start_ns is None else min(self._start_ns, start_ns)
        self._end_ns = max(self._end_ns, end_ns)
        self._list(
            CHUNK_INDEX,
            ChunkIndex(
                message_start_time=start_ns,
                message_end_time=end_ns,
                chunk_start_offset=begin,
                chunk_length=behind - begin,
                message_index_offsets=offsets,
                message_index_length=len(index),
                compression=name.decode(),
                compressed_size=kept_size,
                uncompressed_size=size,
            ),
        )

    def finish(self) -> None:
        """Write the summary: channels, counts and the index."""
        from mcap.records import DataEnd, Footer, Statistics, SummaryOffset

        many = self._many
        counts = Statistics(
            attachment_count=many[_ATTACHMENT_INDEX],
            channel_count=many[CHANNEL],
            channel_message_counts=dict(self._messages),
            chunk_count=many[CHUNK_INDEX],
            message_count=self._messages.total(),
            metadata_count=many[_METADATA_INDEX],
            message_start_time=self._start_ns or 0,
            message_end_time=self._end_ns,
            schema_count=many[SCHEMA],
        )
        self._list(_STATISTICS, counts)
        self._put(DataEnd(0))
        start = self._output.tell()
        summary, groups = b"", b""
        for kind, data in self._summary.items():
            if data:
                groups += _packed(SummaryOffset(group_opcode=kind, group_start=start + len(summary), group_length=len(data)))
                summary += data
        offsets = start + len(summary)
        summary += groups
        crc = zlib.crc32(summary + _HEAD.pack(FOOTER, 20) + struct.pack("<QQ", start, offsets))
        self._output.write(summary)
        self._put(Footer(summary_start=start, summary_offset_start=offsets, summary_crc=crc))
        self._output.write(MAGIC)

    def _put(self, record: McapRecord) -> tuple[int, int]:
        """Write a record; gives where it begins and how long it is."""
        offset, data = self._output.tell(), _packed(record)
        self._output.write(data)
        return offset, len(data)

    def _list(self, kind: int, record: McapRecord) -> None:
        """Note a record for the summary; packed, since a long trip has many."""
        self._summary[kind] += _packed(record)
        self._many[kind] += 1


def _packed(record: McapRecord) -> bytes:
    from mcap.data_stream import RecordBuilder

    builder: Any = RecordBuilder()
    record.write(builder)
    return bytes(builder.end())
