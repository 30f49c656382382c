"""Harm done to files, and what must still hold of them. ``python -m tests.recording.mutate 100000`` does it at length."""

from __future__ import annotations

import random
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from driver_monitor.errors import DriverMonitorError
from driver_monitor.recording.copy import copy_trip
from driver_monitor.recording.look import faults
from driver_monitor.recording.trip import Trip

MOST_S, MOST_MB = 5.0, 1000


def mutate(data: bytes, dice: random.Random) -> bytes:
    """One to four harms: bits turned, bytes overwritten, taken out, put in, repeated, the end cut off."""
    harmed = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(harmed)) if harmed else 0
        length = dice.choice((1, 2, 4, 8, 64, 1000))
        match dice.randrange(7):
            case 0 if harmed:
                harmed[at] ^= 1 << dice.randrange(8)
            case 1:
                harmed[at : at + length] = dice.randbytes(length)
            case 2:
                del harmed[at : at + length]
            case 3:
                harmed[at:at] = dice.randbytes(length)
            case 4:
                harmed[at:at] = harmed[at : at + length]
            case 5:
                harmed[at : at + 8] = dice.choice((b"\xff" * 8, b"\0" * 8, (1 << 40).to_bytes(8, "little")))
            case _:
                del harmed[at:]
    return bytes(harmed)


def survive(path: Path, folder: Path) -> str:
    """Read, check and recover a harmed file; any error but ours escapes."""
    told = []
    for what in (_read, faults, lambda p, k: _recover(p, folder)):
        try:
            what(path, None)
            told.append("read")
        except DriverMonitorError as problem:
            told.append("refused" if str(problem) and "\n" not in str(problem) else f"refused by {problem!r}")
    return " ".join(told)


def _read(path: Path, identity: Path | None) -> None:
    with Trip(path, identity) as trip:
        for sample in trip.samples():
            assert sample.t_ns >= -(1 << 65)
        list(trip.report_lines())
        assert all("\n" not in note for note in trip.notes)


def _recover(path: Path, folder: Path) -> None:
    out = folder / "out.mcap"
    out.unlink(missing_ok=True)
    with Trip(path, mend=True) as trip:
        copy_trip(trip, out, "recover")
    with Trip(out) as again:
        for _ in again.messages():
            pass
        assert not [note for note in again.notes if "cut" in note or "broken" in note]


def main(count: int, seed: int) -> int:
    """Harm ``count`` files; says what the dearest took."""
    from tests.recording.trips import write_trip

    dice, slowest_s, told = random.Random(seed), 0.0, dict[str, int]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seeds = [write_trip(folder / "a.mcap", 0.5, 7).read_bytes(), write_trip(folder / "b.mcap", 0.2, 1000).read_bytes()]
        seeds.append(seeds[0][: len(seeds[0]) * 3 // 4])
        start = time.monotonic()
        for number in range(count):
            path = folder / "harmed.mcap"
            path.write_bytes(mutate(dice.choice(seeds), dice))
            before = time.monotonic()
            try:
                outcome = survive(path, folder)
            except Exception:
                shutil.copy(path, f"harmed-{seed}-{number}.mcap")
                raise
            told[outcome] = told.get(outcome, 0) + 1
            slowest_s = max(slowest_s, time.monotonic() - before)
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{count} harmed files in {time.monotonic() - start:.0f} s: no crash; slowest {slowest_s:.2f} s, ", end="")
        print(f"most memory {memory_mb:.0f} MB; read, checked and recovered: {told}")
    return 0 if slowest_s < MOST_S and memory_mb < MOST_MB else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 1))
