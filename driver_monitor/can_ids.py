"""What CAN identifiers mean: J1939 parameter groups, and the ids that belong to diagnostics."""

from __future__ import annotations

from typing import NamedTuple

LAST_11, LAST_29 = 0x7FF, 0x1FFF_FFFF

# Where testers ask and units answer: ISO 15765-4's 0x7DF to 0x7EF, and all that makers use about them
_DIAGNOSTIC_FROM = 0x6F0
# Of 29-bit ids, the third byte: ISO 15765-2 normal fixed and mixed addressing
_DIAGNOSTIC_FORMATS = frozenset({0xCD, 0xCE, 0xDA, 0xDB})
_PDU2_FROM = 0xF0  # J1939-21: from here on the fourth byte belongs to the group, below it is the destination
_PROPRIETARY_B = 0xFF
ANY_SOURCE = 0xFE
"""The J1939 null address: in a DBC it stands for whoever sends the group."""


class FrameFilter(NamedTuple):
    """Frames to let through: those whose id equals ``can_id`` under ``mask``."""

    can_id: int
    mask: int
    extended: bool


def pgn(can_id: int) -> int:
    """The J1939 parameter group number of a 29-bit id."""
    group = can_id >> 8 & 0x3FFFF
    return group if group >> 8 & 0xFF >= _PDU2_FROM else group & 0x3FF00


def pgn_filter(can_id: int) -> FrameFilter:
    """Let a J1939 group through, whatever its priority, and whoever sends it where ``can_id`` names :data:`ANY_SOURCE`."""
    mask = 0x03FF_FF00 if can_id >> 16 & 0xFF >= _PDU2_FROM else 0x03FF_0000
    if can_id & 0xFF != ANY_SOURCE:
        mask |= 0xFF
    return FrameFilter(can_id & mask, mask, True)


def exact_filter(can_id: int, *, extended: bool) -> FrameFilter:
    """Let one id through."""
    return FrameFilter(can_id, LAST_29 if extended else LAST_11, extended)


def is_diagnostic(can_id: int, *, extended: bool) -> bool:
    """Whether an id belongs to diagnostics: nothing of ours is ever sent there, save a request to read."""
    return can_id >> 16 & 0xFF in _DIAGNOSTIC_FORMATS if extended else can_id >= _DIAGNOSTIC_FROM


def is_proprietary_b(can_id: int) -> bool:
    """Whether a 29-bit id lies in the groups that J1939 leaves to makers (0xFF00 to 0xFFFF)."""
    return can_id >> 16 & 0xFF == _PROPRIETARY_B
