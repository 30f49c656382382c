"""Fields of protobuf messages, packed by hand: the library would copy each picture twice. Tests hold it against the library."""

from __future__ import annotations

from driver_monitor.signals import NS_PER_S


def stamp(t_ns: int) -> bytes:
    """Field 1, a google.protobuf.Timestamp: seconds 1, nanos 2; what is 0 is left out."""
    whole_s, left_ns = divmod(max(0, t_ns), NS_PER_S)
    inner = (b"\x08" + varint(whole_s) if whole_s else b"") + (b"\x10" + varint(left_ns) if left_ns else b"")
    return b"\x0a" + varint(len(inner)) + inner


def field(number: int, data: bytes) -> bytes:
    """A text or bytes."""
    return head(number, data) + data


def head(number: int, data: bytes) -> bytes:
    """What stands before a text or bytes."""
    return bytes((number << 3 | 2,)) + varint(len(data))


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first, the eighth where more follow."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
