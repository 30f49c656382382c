"""Replies to OBD-II mode 01 (SAE J1979), whoever asked: ISO 15765-2 frames in, one plain frame on 0x7E8 for each quantity out.

So ``obd2.dbc`` stays the one place that says what a quantity's bytes mean, whether a reply came from another control unit, with
a 29-bit id, in several frames, or with several quantities in one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from driver_monitor.can_ids import FrameFilter
from driver_monitor.signals import NS_PER_S, CanFrame

REPLY_ID = 0x7E8
"""The engine's control unit; others answer on the seven ids after it (ISO 15765-4)."""
FILTERS = (FrameFilter(0x7E8, 0x7F8, False), FrameFilter(0x18DA_F100, 0x1FFF_FF00, True))
_CURRENT_DATA = 0x41  # the positive reply to service 01
_ASSEMBLED_NS = NS_PER_S  # ISO 15765-2: the next part comes within a second (N_Cr)

# Bytes of data of each quantity (SAE J1979); needed to tell several in one reply apart
_LENGTHS = dict.fromkeys((0x0C, 0x10, 0x1F, *range(0x21, 0x24), 0x31, 0x32), 2)
_LENGTHS |= dict.fromkeys((*range(0x3C, 0x40), *range(0x42, 0x45), 0x4D, 0x4E), 2)
_LENGTHS |= dict.fromkeys((0x04, 0x05, *range(0x06, 0x0C), *range(0x0D, 0x10), 0x11, *range(0x2C, 0x31), 0x33), 1)
_LENGTHS |= dict.fromkeys((*range(0x45, 0x4D), 0x51, 0x52, *range(0x5A, 0x5D), 0x61, 0x62), 1)
_LENGTHS |= {0x00: 4, 0x01: 4, 0x20: 4, 0x40: 4, 0x5D: 2, 0x5E: 2, 0x63: 2}


@dataclass(slots=True)
class _Part:
    """A reply of several frames, as far as it has come."""

    length: int
    t_ns: int
    data: bytearray = field(default_factory=bytearray)
    next: int = 1


class ObdReplies:
    """Puts replies together; ``spoilt`` counts those of several frames that did not come whole."""

    def __init__(self) -> None:
        self.spoilt = 0
        self._parts: dict[tuple[int, bool], _Part] = {}
        self._sender: tuple[int, bool] | None = None
        self._heard_ns = 0

    @staticmethod
    def is_reply(frame: CanFrame) -> bool:
        """Whether a frame has the id of a reply."""
        return any(frame.is_extended == f.extended and frame.arbitration_id & f.mask == f.can_id for f in FILTERS)

    def step(self, frame: CanFrame, stale_ns: int) -> list[CanFrame]:
        """Take one frame with a reply's id; the unit that answered first is the one read, until it is silent for ``stale_ns``."""
        sender = (frame.arbitration_id, frame.is_extended)
        payload = self._assemble(sender, frame)
        if payload is None or len(payload) < 3 or payload[0] != _CURRENT_DATA:
            return []
        if self._sender != sender and self._sender is not None and frame.t_ns - self._heard_ns <= stale_ns:
            return []
        self._sender, self._heard_ns = sender, frame.t_ns
        return list(self._quantities(frame.t_ns, payload))

    def _assemble(self, sender: tuple[int, bool], frame: CanFrame) -> bytes | None:
        data = frame.data
        if not data:
            return None
        match data[0] >> 4:
            case 0:  # all in one frame
                self._drop(sender)
                length = data[0] & 0x0F
                return data[1 : 1 + length] if 0 < length < len(data) else None
            case 1 if len(data) == 8:  # the first of several
                self._drop(sender)
                self._parts[sender] = _Part((data[0] & 0x0F) << 8 | data[1], frame.t_ns, bytearray(data[2:]))
                return None
            case 2:  # the next of several
                part = self._parts.get(sender)
                if part is None:
                    return None
                if data[0] & 0x0F != part.next or frame.t_ns - part.t_ns > _ASSEMBLED_NS:
                    self._drop(sender)
                    return None
                part.data += data[1:]
                part.next, part.t_ns = (part.next + 1) & 0x0F, frame.t_ns
                if len(part.data) < part.length:
                    return None
                del self._parts[sender]
                return bytes(part.data[: part.length])
            case _:
                return None

    def _drop(self, sender: tuple[int, bool]) -> None:
        self.spoilt += self._parts.pop(sender, None) is not None

    @staticmethod
    def _quantities(t_ns: int, payload: bytes) -> list[CanFrame]:
        out, at = list[CanFrame](), 1
        while at < len(payload):
            pid = payload[at]
            length = _LENGTHS.get(pid)
            if length is None or at + 1 + length > len(payload):
                break  # what follows cannot be told apart
            data = bytes((2 + length, _CURRENT_DATA, pid)) + payload[at + 1 : at + 1 + length]
            out.append(CanFrame(t_ns, REPLY_ID, data.ljust(8, b"\0")))
            at += 1 + length
        return out
