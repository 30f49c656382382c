"""The frames: what goes in comes out, and noise never does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import protocol
from firmware_bridge.protocol import (
    Ack,
    Beat,
    Button,
    Counts,
    Drive,
    FrameError,
    Heartbeat,
    HostHeartbeat,
    Message,
    Skin,
    StreamParser,
    Version,
    VersionAsk,
)

u8, u16, u32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
messages = st.one_of(
    st.builds(VersionAsk),
    st.builds(Version, u8, u8, u8, u8, u8),
    st.builds(HostHeartbeat, u32, u8),
    st.builds(Heartbeat, u32, u8),
    st.builds(Beat, u32, u16, u8, u8),
    st.builds(Button, u32, u8),
    st.builds(Skin, u32, st.integers(-(2**15), 2**15 - 1), u16),
    st.builds(Drive, u8, u8, u16, u16, u8, u8),
    st.builds(Counts, u16, u16, u16, u16, u16),
    st.builds(Ack, u8, u8),
)


@given(st.binary(max_size=800))
def test_cobs_round_trip_has_no_zero(data: bytes) -> None:
    encoded = protocol.cobs_encode(data)
    assert 0 not in encoded
    assert len(encoded) <= len(data) + 1 + len(data) // 254
    assert protocol.cobs_decode(encoded) == data


@pytest.mark.parametrize(
    ("plain", "encoded"),
    [  # the examples of Cheshire & Baker as everybody quotes them
        (b"\x00", b"\x01\x01"),
        (b"\x00\x00", b"\x01\x01\x01"),
        (b"\x11\x22\x00\x33", b"\x03\x11\x22\x02\x33"),
        (bytes(range(1, 255)), b"\xff" + bytes(range(1, 255))),
        (bytes(range(1, 256)), b"\xff" + bytes(range(1, 255)) + b"\x02\xff"),
    ],
)
def test_cobs_is_the_one_of_the_paper(plain: bytes, encoded: bytes) -> None:
    assert protocol.cobs_encode(plain) == encoded


def test_the_checksum_is_ccitt_false() -> None:
    assert protocol.crc16(b"123456789") == 0x29B1


def test_a_beat_on_the_wire_is_as_the_text_says() -> None:
    wire = "00 06 10 01 07 e8 03 01 07 20 03 4b 01 b4 46 00"
    assert protocol.encode(Beat(1000, 800, 75, 1), 7).hex(" ") == wire


@given(st.lists(messages, max_size=300), st.integers(1, 40))
def test_messages_survive_any_cutting_of_the_stream(sent: list[Message], cut: int) -> None:
    wire = b"".join(protocol.encode(m, i) for i, m in enumerate(sent))
    parser = StreamParser()
    got = [f.message for i in range(0, len(wire), cut) for f in parser.feed(wire[i : i + cut])]
    assert got == sent
    assert (parser.statistics.frames, parser.statistics.lost, parser.statistics.spoilt) == (len(sent), 0, 0)


@given(st.binary(max_size=400), messages)
def test_after_noise_the_next_frame_is_read(noise: bytes, message: Message) -> None:
    got = StreamParser().feed(noise + protocol.encode(message, 3))
    assert got[-1].message == message


@given(messages, st.data())
def test_one_flipped_bit_is_never_a_message(message: Message, data: st.DataObject) -> None:
    wire = bytearray(protocol.encode(message, 9))
    wire[data.draw(st.integers(1, len(wire) - 2))] ^= 1 << data.draw(st.integers(0, 7))
    parser = StreamParser()
    assert parser.feed(bytes(wire)) == []
    assert parser.statistics.spoilt >= 1


def test_lost_frames_are_counted_over_the_wrap() -> None:
    parser = StreamParser()
    for sequence in (253, 254, 2, 3):
        parser.feed(protocol.encode(VersionAsk(), sequence))
    assert parser.statistics.lost == 3


def test_unknown_types_and_longer_payloads_are_lived_with() -> None:
    def frame(kind: int, payload: bytes) -> bytes:
        body = bytes((kind, protocol.VERSION, 0)) + payload
        return protocol.cobs_encode(body + protocol.crc16(body).to_bytes(2, "little"))

    assert protocol.decode(frame(0x55, b"abc")).message is None
    assert protocol.decode(frame(0x11, b"\1\0\0\0\1 more")).message == Button(1, 1)
    with pytest.raises(FrameError, match="needs 5"):
        protocol.decode(frame(0x11, b"\1"))


def test_another_version_is_refused() -> None:
    body = bytes((0x01, 2, 0))
    with pytest.raises(FrameError, match="version 2"):
        protocol.decode(protocol.cobs_encode(body + protocol.crc16(body).to_bytes(2, "little")))


def test_a_value_too_large_for_its_field_is_said() -> None:
    with pytest.raises(FrameError, match="does not fit"):
        protocol.encode(Beat(0, 70_000, 0, 0), 0)


def test_endless_noise_does_not_grow_the_parser() -> None:
    parser = StreamParser()
    for _ in range(1000):
        parser.feed(b"\x55" * 100)
    assert len(parser._rest) < 200


def test_a_sender_that_begins_anew_has_lost_nothing() -> None:
    parser = StreamParser()
    for sequence in (40, 41, 0):
        parser.feed(protocol.encode(VersionAsk(), sequence))
    parser.sender_restarted()
    assert parser.statistics.lost == 0
    parser.feed(protocol.encode(VersionAsk(), 2))
    assert parser.statistics.lost == 1
