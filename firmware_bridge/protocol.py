"""Frames of the bridge: COBS, type, version, sequence, payload, CRC-16. PROTOCOL.md is the text, this is the code."""

from __future__ import annotations

import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import ClassVar, TypeAlias

VERSION = 1
MAX_PAYLOAD = 48
_OVERHEAD = 5
"""Bytes of a decoded body that are not payload: type, version, sequence, CRC."""
_MAX_BODY = MAX_PAYLOAD + _OVERHEAD
_MAX_ENCODED = _MAX_BODY + 1
"""A body under 254 bytes grows by one byte in COBS."""


class FrameError(ValueError):
    """Bytes that are no frame of this protocol."""


class MessageType(IntEnum):
    """Types on the wire."""

    VERSION_ASK = 0x01
    HOST_HEARTBEAT = 0x02
    BEAT = 0x10
    BUTTON = 0x11
    SKIN = 0x12
    DRIVE = 0x20
    ACK = 0x7F
    VERSION = 0x81
    HEARTBEAT = 0x82
    COUNTS = 0x83


class Output(IntEnum):
    """What the bridge drives."""

    BUZZER = 0
    MOTOR = 1
    LAMP = 2


class Flag(IntFlag):
    """Flags of the bridge's heartbeat."""

    ALARM = 1
    ARMED = 2
    BUZZER = 4
    MOTOR = 8
    LAMP = 16


BOARDS = ("bench", "simulator", "ATmega328P", "RP2040", "STM32F405")
UNTIL_CHANGED = 255
"""``Drive.times``: play on."""
TEMPERATURE_UNKNOWN, CONDUCTANCE_UNKNOWN = -32768, 65535


@dataclass(frozen=True, slots=True)
class VersionAsk:
    """Which protocol and firmware is this?"""

    type: ClassVar[MessageType] = MessageType.VERSION_ASK
    layout: ClassVar[struct.Struct] = struct.Struct("<")


@dataclass(frozen=True, slots=True)
class Version:
    """The bridge's protocol and firmware version, and its board (a place in ``BOARDS``)."""

    protocol: int
    major: int
    minor: int
    patch: int
    board: int
    type: ClassVar[MessageType] = MessageType.VERSION
    layout: ClassVar[struct.Struct] = struct.Struct("<BBBBB")

    def __str__(self) -> str:
        board = BOARDS[self.board] if self.board < len(BOARDS) else f"board {self.board}"
        return f"firmware {self.major}.{self.minor}.{self.patch} on {board}, protocol {self.protocol}"


@dataclass(frozen=True, slots=True)
class HostHeartbeat:
    """The host lives; ``uptime_ms`` counts modulo 2**32; ``armed`` 1: the bridge is to sound its alarm when this ends."""

    uptime_ms: int
    armed: int
    type: ClassVar[MessageType] = MessageType.HOST_HEARTBEAT
    layout: ClassVar[struct.Struct] = struct.Struct("<IB")


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The bridge lives; ``flags``: see :class:`Flag`."""

    uptime_ms: int
    flags: int
    type: ClassVar[MessageType] = MessageType.HEARTBEAT
    layout: ClassVar[struct.Struct] = struct.Struct("<IB")


@dataclass(frozen=True, slots=True)
class Beat:
    """One heart beat: RR interval (ms) and rate (beats per minute), 0 when not known; contact 0, 1 or 255 (not known)."""

    uptime_ms: int
    rr_ms: int
    rate_bpm: int
    contact: int
    type: ClassVar[MessageType] = MessageType.BEAT
    layout: ClassVar[struct.Struct] = struct.Struct("<IHBB")


@dataclass(frozen=True, slots=True)
class Button:
    """A button was pressed: 0 acknowledge, 1 privacy; ``uptime_ms`` names the press when it is sent again."""

    uptime_ms: int
    button: int
    type: ClassVar[MessageType] = MessageType.BUTTON
    layout: ClassVar[struct.Struct] = struct.Struct("<IB")


@dataclass(frozen=True, slots=True)
class Skin:
    """Skin temperature (0.01 °C) and conductance (0.01 µS); ``TEMPERATURE_UNKNOWN``, ``CONDUCTANCE_UNKNOWN`` when not known."""

    uptime_ms: int
    temperature: int
    conductance: int
    type: ClassVar[MessageType] = MessageType.SKIN
    layout: ClassVar[struct.Struct] = struct.Struct("<IhH")


@dataclass(frozen=True, slots=True)
class Drive:
    """Play an :class:`Output`: ``strength`` per cent, on and off ms, ``times``; ``id`` is new for each that is to start."""

    output: int
    strength: int
    on_ms: int
    off_ms: int
    times: int
    id: int
    type: ClassVar[MessageType] = MessageType.DRIVE
    layout: ClassVar[struct.Struct] = struct.Struct("<BBHHBB")


@dataclass(frozen=True, slots=True)
class Counts:
    """What the bridge received, modulo 65536: frames, lost, spoilt, of unknown type; bytes that overran it."""

    frames: int
    lost: int
    spoilt: int
    unknown: int
    overrun: int
    type: ClassVar[MessageType] = MessageType.COUNTS
    layout: ClassVar[struct.Struct] = struct.Struct("<HHHHH")


@dataclass(frozen=True, slots=True)
class Ack:
    """The frame with this sequence and type arrived."""

    sequence: int
    acked: int
    type: ClassVar[MessageType] = MessageType.ACK
    layout: ClassVar[struct.Struct] = struct.Struct("<BB")


Message: TypeAlias = VersionAsk | Version | HostHeartbeat | Heartbeat | Beat | Button | Skin | Drive | Ack | Counts

MESSAGES: tuple[type[Message], ...] = (
    VersionAsk, Version, HostHeartbeat, Heartbeat, Beat, Button, Skin, Drive, Ack, Counts,
)  # fmt: skip
_BY_TYPE: dict[int, type[Message]] = {m.type: m for m in MESSAGES}


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it came: its sequence, and its message or ``None`` when the type is not known here."""

    sequence: int
    message: Message | None


def crc16(data: bytes) -> int:
    """Return the CRC-16/CCITT-FALSE of ``data``."""
    return binascii.crc_hqx(data, 0xFFFF)


def cobs_encode(data: bytes) -> bytes:
    """Rewrite ``data`` without any zero byte (Cheshire & Baker 1999, IEEE/ACM ToN 7(2))."""
    out = bytearray()
    for i, run in enumerate(runs := data.split(b"\0")):
        while len(run) >= 254:
            out += b"\xff" + run[:254]
            run = run[254:]  # noqa: PLW2901  (the rest of the same run)
            if not run and i == len(runs) - 1:
                return bytes(out)
        out += bytes((len(run) + 1,)) + run
    return bytes(out)


def cobs_decode(data: bytes) -> bytes:
    """Undo :func:`cobs_encode`."""
    out = bytearray()
    at = 0
    while at < len(data):
        code = data[at]
        if code == 0 or at + code > len(data):
            raise FrameError(f"COBS: the code {code} at byte {at} of {len(data)} is wrong")
        out += data[at + 1 : at + code]
        at += code
        if code < 0xFF and at < len(data):
            out.append(0)
    return bytes(out)


def encode(message: Message, sequence: int) -> bytes:
    """Make the frame of ``message`` as it goes on the wire, with its zero before and after."""
    values = [getattr(message, name) for name in message.__slots__]
    try:
        payload = message.layout.pack(*values)
    except struct.error as problem:
        raise FrameError(f"{message}: a value does not fit its field ({problem})") from None
    body = bytes((message.type, VERSION, sequence & 0xFF)) + payload
    return b"\0" + cobs_encode(body + struct.pack("<H", crc16(body))) + b"\0"


def decode(encoded: bytes) -> Frame:
    """Read the frame between two zeros."""
    body = cobs_decode(encoded)
    if not _OVERHEAD <= len(body) <= _MAX_BODY:
        raise FrameError(f"a frame of {len(body)} bytes; {_OVERHEAD} to {_MAX_BODY} are allowed")
    content, crc = body[:-2], struct.unpack("<H", body[-2:])[0]
    if crc16(content) != crc:
        raise FrameError("the checksum is wrong")
    kind, version, sequence = content[:3]
    if version != VERSION:
        raise FrameError(f"protocol version {version}; this side speaks {VERSION}")
    known = _BY_TYPE.get(kind)
    if known is None:
        return Frame(sequence, None)
    payload = content[3:]
    if len(payload) < known.layout.size:
        raise FrameError(f"{known.__name__} of {len(payload)} bytes; it needs {known.layout.size}")
    return Frame(sequence, known(*known.layout.unpack_from(payload)))


@dataclass(slots=True)
class Statistics:
    """What came over the link so far: frames, frames lost (sequence gaps), spoilt, of unknown type."""

    frames: int = 0
    lost: int = 0
    spoilt: int = 0
    unknown: int = 0


@dataclass(slots=True)
class StreamParser:
    """Cuts a stream of bytes into frames; what is no frame is counted and left out."""

    statistics: Statistics = field(default_factory=Statistics)
    _rest: bytearray = field(default_factory=bytearray)
    _overflow: bool = False
    _last: int | None = None
    _gap: int = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes, in order."""
        return list(self.frames(data))

    def frames(self, data: bytes) -> Iterator[Frame]:
        """Give them one by one, each counted when it is asked for; all are to be asked for."""
        *ended, rest = data.split(b"\0")
        for piece in ended:
            yield from self._end(piece)
        self._add(rest)

    def sender_restarted(self) -> None:
        """The newest frame given is the first of a sender that counts anew: the gap before it is no loss."""
        self.statistics.lost -= self._gap
        self._gap = 0

    def _add(self, piece: bytes) -> None:
        if len(self._rest) + len(piece) > _MAX_ENCODED:  # never grow with noise
            self._overflow = True
            self._rest.clear()
        else:
            self._rest += piece

    def _end(self, piece: bytes) -> list[Frame]:
        self._add(piece)
        encoded, self._rest = bytes(self._rest), bytearray()
        overflow, self._overflow = self._overflow, False
        if not encoded and not overflow:
            return []
        try:
            if overflow:
                raise FrameError("longer than any frame")
            frame = decode(encoded)
        except FrameError:
            self.statistics.spoilt += 1
            return []
        self._count(frame)
        return [frame]

    def _count(self, frame: Frame) -> None:
        self._gap = 0 if self._last is None else (frame.sequence - self._last - 1) & 0xFF
        self.statistics.lost += self._gap
        self._last = frame.sequence
        self.statistics.frames += 1
        self.statistics.unknown += frame.message is None
