"""Fuzz the receivers: corrupted frames and plain noise, each followed by a sound frame, through Python and C at once.

``python -m tests.firmware_bridge.fuzz [COUNT]`` (default 20 000 frames, and ten random bytes a frame) prints the counts.
C and Python must agree on every frame and on the counts; the sound frame after each piece must be read (in step again
within one frame); and what a corrupted frame may pass as is bounded by the CRC: 2⁻¹⁶ of those that differ.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from dataclasses import dataclass

from firmware_bridge.protocol import MESSAGES, Frame, Message, StreamParser, encode
from tests.firmware_bridge.bench import Bench, build

_BATCH = 200


@dataclass
class Found:
    """What the fuzzing came to."""

    corrupted: int = 0
    noise_bytes: int = 0
    whole: int = 0
    """Frames that were read because only bytes beside them were hurt."""
    false: int = 0
    """Frames accepted that nobody sent."""
    out_of_step: int = 0
    """Sound frames that were missed."""
    differ: int = 0
    """Batches on which C and Python do not agree."""

    def __str__(self) -> str:
        return (
            f"{self.corrupted} corrupted frames and {self.noise_bytes} bytes of noise: {self.false} false messages accepted "
            f"(CRC-16 allows {self.corrupted / 65536:.1f}), {self.whole} sent frames left whole by the damage, "
            f"{self.out_of_step} sound frames missed after it, C and Python differ in {self.differ} batches"
        )


def any_message(chance: random.Random) -> Message:
    kind = chance.choice(MESSAGES)
    return kind(*kind.layout.unpack(chance.randbytes(kind.layout.size)))


def corrupt(wire: bytes, other: bytes, chance: random.Random) -> bytes:
    """Hurt a frame as wires do: bits, bytes, bursts, cuts, two frames run into one."""
    hurt = bytearray(wire)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        at = chance.randrange(len(hurt))
        match chance.randrange(7):
            case 0 | 1:
                hurt[at] ^= 1 << chance.randrange(8)
            case 2:
                hurt[at] = chance.randrange(256)
            case 3:
                hurt.insert(at, chance.randrange(256))
            case 4 if len(hurt) > 1:
                del hurt[at]
            case 5:
                length = chance.randrange(1, 6)
                hurt[at : at + length] = chance.randbytes(length)
            case _:
                hurt = hurt[:at] + bytearray(other[chance.randrange(len(other)) :]) or bytearray(b"\1")
    return bytes(hurt)


def words(frame: Frame) -> tuple[str, ...]:
    """A frame as the bench prints it, without the type that Python does not keep of an unknown one."""
    message = frame.message
    if message is None:
        return str(frame.sequence), "unknown"
    payload = message.layout.pack(*(getattr(message, name) for name in message.__slots__))
    return (str(int(message.type)), str(frame.sequence), *((payload.hex(),) if payload else ()))


def fuzz(count: int, seed: int) -> Found:
    """Run ``count`` corrupted frames and ten bytes of noise for each."""
    chance, found, python = random.Random(seed), Found(), StreamParser()
    with Bench() as bench:
        while found.corrupted < count:
            stream, told = bytearray(), []
            for i in range(min(_BATCH, count - found.corrupted)):
                sequence = chance.randrange(256)
                messages = any_message(chance), any_message(chance)
                wires = encode(messages[0], sequence), encode(messages[1], sequence ^ 1)
                sent = {words(Frame(sequence, messages[0])), words(Frame(sequence ^ 1, messages[1]))}
                hurt = corrupt(*wires, chance)
                found.corrupted += hurt != wires[0]
                pieces = [(hurt, sent)]
                if i % 10 == 0:
                    pieces.append((chance.randbytes(100), set()))
                    found.noise_bytes += 100
                for piece, allowed in pieces:
                    # the sound frame's own zero ends what the piece left open
                    sound = any_message(chance)
                    stream += piece + (wire := encode(sound, sequence))
                    *strange, last = [words(f) for f in python.feed(piece + wire)] or [()]
                    told += [*strange, last] if last else []
                    found.out_of_step += last != words(Frame(sequence, sound))
                    whole = sum(one in allowed for one in strange)
                    found.whole += whole
                    found.false += len(strange) - whole
            found.differ += not _same(bench, bytes(stream), told, python)
    return found


def _same(bench: Bench, stream: bytes, told: list[tuple[str, ...]], python: StreamParser) -> bool:
    """Whether C reads the stream as Python did, and has counted the same since the beginning."""
    from_c = [tuple(w[1:] if w[-1] == "unknown" else w) for w in bench.parse(stream)]
    ours = python.statistics
    counts = " ".join(str(n & 0xFFFF) for n in (ours.frames, ours.lost, ours.spoilt, ours.unknown))
    return from_c == told and bench.do("counts") == [f"counts {counts}"]


def main() -> int:
    """Run as a program; 0 when nothing is amiss."""
    options = argparse.ArgumentParser(prog="python -m tests.firmware_bridge.fuzz", description=__doc__)
    options.add_argument("count", nargs="?", type=int, default=20_000, help="corrupted frames (default 20000)")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    if (why := build("bench")) is not None:
        print(f"not run: {why}")
        return 2
    begin = time.monotonic()
    found = fuzz(chosen.count, chosen.seed)
    print(f"{found}; {time.monotonic() - begin:.0f} s")
    return int(bool(found.out_of_step or found.differ or found.false > allowed_false(found.corrupted)))


def allowed_false(corrupted: int) -> float:
    """Three standard deviations over what a 16-bit CRC lets pass of frames that differ at random."""
    mean = corrupted / 65536
    return mean + 3 * math.sqrt(mean)


if __name__ == "__main__":
    sys.exit(main())
