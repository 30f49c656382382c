"""End-to-end protection of what goes out on the bus: AUTOSAR E2E profile 1, so that a receiver can tell a good message.

Byte 0 is a CRC-8 (SAE J1850's polynomial, start and final value 0) over the 16-bit data ID, low byte first (mode "both"), and
all bytes after the CRC. The low half of byte 1 is the alive counter, 0 to 14. The layout is that of the AUTOSAR E2E protocol
specification; the tests hold its published example.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

_POLYNOMIAL = 0x1D
COUNTERS = 15
"""The alive counter counts modulo this; 15 itself is never sent."""

Verdict: TypeAlias = Literal["ok", "first", "some_lost", "repeated", "wrong_sequence", "wrong_crc"]


def _table() -> tuple[int, ...]:
    out = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = (crc << 1 ^ _POLYNOMIAL if crc & 0x80 else crc << 1) & 0xFF
        out.append(crc)
    return tuple(out)


_TABLE = _table()


def crc8(data: bytes) -> int:
    """CRC-8 with SAE J1850's polynomial, start and final value 0."""
    crc = 0
    for byte in data:
        crc = _TABLE[crc ^ byte]
    return crc


def checksum(data: bytes, data_id: int) -> int:
    """Profile 1's CRC of a message whose byte 0 it is."""
    return crc8(data_id.to_bytes(2, "little") + data[1:])


def protect(data: bytes, data_id: int, counter: int) -> bytes:
    """The message with its alive counter and CRC set."""
    body = bytearray(data)
    body[1] = body[1] & 0xF0 | counter % COUNTERS
    body[0] = checksum(bytes(body), data_id)
    return bytes(body)


class Checker:
    """A receiver of one message: says of each one that comes whether it can be believed.

    Parameters
    ----------
    data_id
        The message's data ID (``E2EDataId`` in the DBC).
    most_lost
        So many messages may be missing in between; more is a wrong sequence.
    """

    def __init__(self, data_id: int, most_lost: int = 2) -> None:
        self._data_id = data_id
        self._most_lost = most_lost
        self._last: int | None = None

    def check(self, data: bytes) -> Verdict:
        """Judge one message; "ok" and "some_lost" may be used, and the "first" one to begin with."""
        if len(data) < 2 or data[1] & 0x0F == COUNTERS or data[0] != checksum(data, self._data_id):
            return "wrong_crc"
        counter = data[1] & 0x0F
        last, self._last = self._last, counter
        if last is None:
            return "first"
        match (counter - last) % COUNTERS:
            case 0:
                return "repeated"
            case 1:
                return "ok"
            case step if step <= self._most_lost + 1:
                return "some_lost"
            case _:
                return "wrong_sequence"
