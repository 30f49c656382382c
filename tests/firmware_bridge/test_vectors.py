"""The same frames for C and Python (vectors.txt), and both on the same corrupted stream."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.protocol import MESSAGES, StreamParser, decode, encode
from tests.firmware_bridge.bench import Bench, build
from tests.firmware_bridge.fuzz import allowed_false, fuzz

VECTORS = [
    line.split()
    for line in (Path(__file__).parent / "vectors.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
needs_bench = pytest.mark.skipif(build("bench") is not None, reason=build("bench") or "")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


def test_every_message_has_a_vector() -> None:
    assert {name for name, *_ in VECTORS} == {m.__name__ for m in MESSAGES}


@pytest.mark.parametrize(("name", "kind", "sequence", "payload", "wire"), VECTORS)
def test_python_makes_and_reads_it(name: str, kind: str, sequence: str, payload: str, wire: str) -> None:
    message = decode(bytes.fromhex(wire).strip(b"\0")).message
    assert type(message).__name__ == name
    assert message is not None
    assert int(message.type) == int(kind, 16)
    assert message.layout.pack(*(getattr(message, n) for n in message.__slots__)).hex() == payload.strip("-")
    assert encode(message, int(sequence, 16)).hex() == wire


@needs_bench
@pytest.mark.parametrize(("name", "kind", "sequence", "payload", "wire"), VECTORS)
def test_c_makes_and_reads_it(bench: Bench, name: str, kind: str, sequence: str, payload: str, wire: str) -> None:
    numbers = f"{int(kind, 16)} {int(sequence, 16)}"
    assert bench.do(f"encode {numbers} {payload.strip('-')}") == [f"wire {wire}"]
    assert bench.parse(bytes.fromhex(wire)) == [tuple(f"{numbers} {payload.strip('-')}".split())]


@needs_bench
@pytest.mark.parametrize(
    "wire",
    [
        "00 06 10 01 07 e8 03 01 07 20 03 4b 01 b4 47 00",  # a bit of the checksum
        "00 06 10 01 07 e8 03 01 07 20 03 4b 01 b4 00",  # cut
        "00 ff 10 01 07 e8 03 00",  # a COBS code beyond the end
        "00 01 01 01 01 00",  # four bytes: shorter than any frame
        "00" + "55" * 60 + "00",  # longer than any
    ],
)
def test_what_is_no_frame_is_counted_alike(wire: str) -> None:
    python = StreamParser()
    assert python.feed(bytes.fromhex(wire)) == []
    with Bench() as bench:
        assert bench.parse(bytes.fromhex(wire)) == []
        assert bench.do("counts") == ["counts 0 0 1 0"]
    assert python.statistics.spoilt == 1


@needs_bench
def test_c_and_python_agree_on_corrupted_frames_and_are_in_step_again_with_the_next() -> None:
    found = fuzz(4_000, seed=11)
    assert (found.out_of_step, found.differ) == (0, 0)
    assert found.false <= allowed_false(found.corrupted)
