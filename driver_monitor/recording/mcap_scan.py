"""The records of an MCAP file one after another, whatever has happened to it: cut anywhere, bits turned, nonsense inside.

The mcap library reads whole files; on others it gives up, or asks for the memory that a broken length names. Here every length
is held against what the file has and against a limit before anything is read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

MAGIC = b"\x89MCAP0\r\n"
HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
CHUNK_INDEX, ATTACHMENT, METADATA = 0x08, 0x09, 0x0C
_LAST_OPCODE, _FIRST_PRIVATE = 0x0F, 0x80

MOST_BYTES = 64 << 20
"""The largest record, and the largest chunk unpacked, that is believed; ours have about 4 MiB."""
_HEAD = struct.Struct("<BQ")
_CHUNK_HEAD = struct.Struct("<QQQII")  # start, end, unpacked size, CRC, length of the compression's name
_INDEX_HEAD = struct.Struct("<QQQQI")  # start, end, offset, length, bytes of the map that follows
_MESSAGE = struct.Struct("<HIQQ")
_PACKED = b"\x04\0\0\0zstd"
_BEFORE_PACKED = _HEAD.size + _CHUNK_HEAD.size - 4
_LOOKED_AT = _BEFORE_PACKED + len(_PACKED) + 8
_BLOCK = 1 << 20

Ending = Literal["whole", "cut", "broken"]


class Input(Protocol):
    """What is read from, in order."""

    def read(self, size: int = -1, /) -> bytes:
        """Exactly so many bytes, fewer only at the end."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it begins in the file, and what is in it."""

    opcode: int
    offset: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chunk; the time is the log time."""

    channel: int
    sequence: int
    log_ns: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """A chunk as the index at the file's end has it."""

    start_ns: int
    end_ns: int
    offset: int
    length: int
    channels: frozenset[int]


class Scan:
    """Walks the records of ``file``.

    Parameters
    ----------
    file
        At its beginning.
    size
        The file's size where it is known: a length beyond it is known to be wrong before anything is read.
    start
        Where the file is now.
    seek
        Goes to a place in the file; without it, what follows a broken length is lost.
    """

    def __init__(
        self, file: Input, size: int | None = None, seek: Callable[[int], object] | None = None, start: int = 0
    ) -> None:
        self._file = file
        self._size = size
        self._seek = seek
        self._at = start
        self.ending: Ending = "cut"
        self.passed_over = 0
        """Places where the file made no sense and was taken up again behind."""

    def begins_well(self) -> bool:
        """Read the first bytes: whether they are MCAP's."""
        start = self._file.read(len(MAGIC))
        self._at = len(start)
        return start == MAGIC

    def records(self) -> Iterator[Record]:
        """All records up to the footer, or to where the file ends; ``ending`` then says which."""
        while True:
            offset, head = self._at, self._file.read(_HEAD.size)
            self._at += len(head)
            if len(head) < _HEAD.size:
                return
            opcode, length = _HEAD.unpack(head)
            if not self._believable(opcode, length):
                known = 0 < opcode <= _LAST_OPCODE or opcode >= _FIRST_PRIVATE
                if self._take_up_behind(offset):
                    continue
                self.ending = "cut" if known and length <= MOST_BYTES else "broken"
                return
            content = self._file.read(length)
            self._at += len(content)
            if len(content) < length:
                return
            yield Record(opcode, offset, content)
            if opcode == FOOTER:
                self.ending = "whole" if self._file.read(len(MAGIC)) == MAGIC else "cut"
                return

    def _believable(self, opcode: int, length: int) -> bool:
        if not (0 < opcode <= _LAST_OPCODE or opcode >= _FIRST_PRIVATE) or length > MOST_BYTES:
            return False
        return self._size is None or self._at + length <= self._size

    def _take_up_behind(self, offset: int) -> bool:
        """Go to the next place that looks like a chunk."""
        if self._seek is None or self._size is None:
            return False
        at = offset + 1
        while at + _LOOKED_AT <= self._size:
            self._seek(at)
            block = self._file.read(_BLOCK)
            found = block.find(_PACKED)
            while found >= 0:
                start = at + found - _BEFORE_PACKED
                if start > offset and self._looks_like_a_chunk(start):
                    self._seek(start)
                    self._at = start
                    self.passed_over += 1
                    return True
                found = block.find(_PACKED, found + 1)
            if len(block) < _BLOCK:
                return False
            at += len(block) - len(_PACKED)
        return False

    def _looks_like_a_chunk(self, start: int) -> bool:
        assert self._seek is not None and self._size is not None
        self._seek(start)
        head = self._file.read(_LOOKED_AT)
        if len(head) < _LOOKED_AT:
            return False
        opcode, length = _HEAD.unpack_from(head)
        inner = int.from_bytes(head[-8:], "little")
        fits = length <= MOST_BYTES and start + _HEAD.size + length <= self._size
        return bool(opcode == CHUNK and fits and inner == length - (_LOOKED_AT - _HEAD.size))


def unpack_chunk(content: bytes, wanted: frozenset[int] | None = None) -> list[Message]:
    """The messages of a chunk, of the ``wanted`` channels.

    Raises
    ------
    ValueError
        When it is not whole: it does not unpack, or its CRC is another.
    """
    if len(content) < _CHUNK_HEAD.size:
        raise ValueError("a chunk without its head")
    _, _, size, crc, name_length = _CHUNK_HEAD.unpack_from(content)
    at = _CHUNK_HEAD.size
    packing, at = content[at : at + name_length], at + name_length
    packed = content[at + 8 :]
    if len(content) < at + 8 or int.from_bytes(content[at : at + 8], "little") != len(packed):
        raise ValueError("a chunk of another length than it says")
    data = _unpacked(packing, packed, size)
    if crc and zlib.crc32(data) != crc:
        raise ValueError("a chunk whose CRC is another")
    return list(_messages(data, wanted))


def _unpacked(packing: bytes, packed: bytes, size: int) -> bytes:
    if size > MOST_BYTES:
        raise ValueError("a chunk too large to be true")
    if not packing:
        return packed
    if packing != b"zstd":
        raise ValueError(f"a chunk packed by {packing[:10]!r}")
    import zstandard

    try:
        if zstandard.frame_content_size(packed) not in (size, -1):  # -1: the frame does not say
            raise ValueError("a chunk of another size than it says")
        data: bytes = zstandard.ZstdDecompressor().decompress(packed, max_output_size=size)
    except zstandard.ZstdError as problem:
        raise ValueError("a chunk that does not unpack") from problem
    if len(data) != size:
        raise ValueError("a chunk of another size than it says")
    return data


def _messages(data: bytes, wanted: frozenset[int] | None) -> Iterator[Message]:
    at, end = 0, len(data)
    while at + _HEAD.size <= end:
        opcode, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + length > end:
            raise ValueError("a record that is longer than its chunk")
        if opcode == MESSAGE:
            if length < _MESSAGE.size:
                raise ValueError("a message without its head")
            channel, sequence, log_ns, _ = _MESSAGE.unpack_from(data, at)
            if wanted is None or channel in wanted:
                yield Message(channel, sequence, log_ns, data[at + _MESSAGE.size : at + length])
        at += length


def chunk_places(file: Input, seek: Callable[[int], object], size: int) -> list[ChunkPlace] | None:
    """The index of chunks at the end of a whole file, in file order; ``None`` where there is none to be trusted."""
    tail = _HEAD.size + 20 + len(MAGIC)
    if size < tail + len(MAGIC):
        return None
    seek(size - tail)
    end = file.read(tail)
    opcode, length, start, _, crc = struct.unpack_from("<BQQQI", end)
    if not end.endswith(MAGIC) or opcode != FOOTER or length != 20 or not 0 < start < size - tail:
        return None
    if size - tail - start > MOST_BYTES:
        return None
    seek(start)
    summary = file.read(size - tail - start)
    if crc and zlib.crc32(summary + end[: _HEAD.size + 16]) != crc:
        return None
    places: list[ChunkPlace] = []
    at = 0
    while at + _HEAD.size <= len(summary):
        opcode, length = _HEAD.unpack_from(summary, at)
        at += _HEAD.size
        if opcode == CHUNK_INDEX and _INDEX_HEAD.size <= length <= len(summary) - at:
            begin_ns, end_ns, offset, whole, map_bytes = _INDEX_HEAD.unpack_from(summary, at)
            first = at + _INDEX_HEAD.size
            last = min(first + map_bytes, at + length)
            channels = frozenset(int.from_bytes(summary[p : p + 2], "little") for p in range(first, last, 10))
            if not len(MAGIC) <= offset <= start - whole or whole > MOST_BYTES + _HEAD.size:
                return None
            places.append(ChunkPlace(begin_ns, end_ns, offset, whole, channels))
        at += length
    return sorted(places, key=lambda place: place.offset)


def text_at(content: bytes, at: int) -> tuple[str, int] | None:
    """A text with its length before it, and where what follows begins."""
    if at + 4 > len(content):
        return None
    end = at + 4 + struct.unpack_from("<I", content, at)[0]
    if end > len(content):
        return None
    return content[at + 4 : end].decode("utf-8", "replace"), end


def map_at(content: bytes, at: int) -> dict[str, str]:
    """Texts by name, with their length in bytes before them; as far as they make sense."""
    words: dict[str, str] = {}
    at += 4
    while (key := text_at(content, at)) is not None and (value := text_at(content, key[1])) is not None:
        words[key[0]], at = value[0], value[1]
    return words


def attachment(content: bytes) -> tuple[str, bytes] | None:
    """Name and bytes of an attachment; ``None`` when it is not whole."""
    # log time, creation time, name, media type, data with its length, CRC of all before
    if len(content) < 4 or zlib.crc32(content[:-4]) != int.from_bytes(content[-4:], "little"):
        return None
    name = text_at(content, 16)
    kind = None if name is None else text_at(content, name[1])
    return None if name is None or kind is None else (name[0], content[kind[1] + 8 : -4])
