"""Recordings killed at random moments. ``python -m tests.recording.kill 100`` does it at length."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from driver_monitor.recording.copy import copy_trip
from driver_monitor.recording.look import faults
from driver_monitor.recording.trip import Trip
from driver_monitor.recording.trip_messages import write_sample
from driver_monitor.recording.trip_writer import TripWriter
from driver_monitor.signals import NS_PER_S, Tick, seconds
from tests.recording.trips import WALL_NS, ZERO_NS, a_drive, about

MOST_LOST_S = 1.0
_TAKEN, _KEPT = b"taken", b"kept"


class Telling(TripWriter):
    """Says when it takes what waits, and when that is on the disk."""

    def _write_waiting(self) -> None:
        os.write(1, _TAKEN + b"\n")
        super()._write_waiting()
        os.write(1, _KEPT + b"\n")


class Lost(NamedTuple):
    """What did not come back of a killed recording."""

    seconds: float
    of_kept: int
    """Ticks among it that had been on the disk."""


def write(path: Path, public_key: str) -> None:
    """Record at the pace of the clock until killed, and say each tick that was handed over."""
    samples = list(a_drive(20.0, fps=30))
    with Telling(path, about(), {}, public_key=public_key) as writer:
        start_ns = time.monotonic_ns()
        for sample in samples:
            wait_ns = sample.t_ns - ZERO_NS - (time.monotonic_ns() - start_ns)
            if wait_ns > 0:
                time.sleep(wait_ns / NS_PER_S)
            topic, data = write_sample(sample, WALL_NS)
            writer.put(topic, sample.t_ns, data)
            if isinstance(sample, Tick):
                os.write(1, f"{sample.t_ns}\n".encode())


def killed(folder: Path, after_s: float, public_key: str = "", identity: Path | None = None) -> Lost:
    """Kill a recording ``after_s`` after its first ticks came to the disk; what of it does not come back."""
    path = folder / ("t.mcap.age" if public_key else "t.mcap")
    out = folder / "whole.mcap"
    for file in (path, out):
        file.unlink(missing_ok=True)
    words = [sys.executable, "-m", "tests.recording.kill", "--write", str(path), public_key]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        told = b""
        while _kept(told) == 0:
            line = run.stdout.readline()
            assert line, "the recording ended by itself"
            told += line
        time.sleep(after_s)
        os.kill(run.pid, signal.SIGKILL)
        told += run.stdout.read()
    ticks = [int(line) for line in told.splitlines() if line.isdigit()]
    with Trip(path, identity, mend=True) as trip:
        copy_trip(trip, out, "recover")
    assert [fault for fault in faults(out, None) if "settings" not in fault] == []
    with Trip(out) as trip:
        back = [sample.t_ns for sample in trip.samples() if isinstance(sample, Tick)]
    # nothing is missing before the end; a tick may be on the disk before it is said
    assert back[: len(ticks)] == ticks[: len(back)]
    return Lost(max(0.0, seconds(ticks[-1] - back[-1])), max(0, _kept(told) - len(back)))


def _kept(told: bytes) -> int:
    """How many ticks had been handed over when the newest piece that is on the disk was taken."""
    ticks = taken = kept = 0
    for line in told.splitlines():
        if line == _TAKEN:
            taken = ticks
        elif line == _KEPT:
            kept = taken
        else:
            ticks += 1
    return kept


def main(count: int) -> int:
    """Kill ``count`` recordings, every fourth one encrypted; says what the dearest lost."""
    import pyrage

    identity, dice, lost = pyrage.x25519.Identity.generate(), random.Random(1), list[Lost]()
    with tempfile.TemporaryDirectory() as name:
        key = Path(name) / "key.txt"
        key.write_text(f"{identity}\n")
        for number in range(count):
            sealed = number % 4 == 3
            after_s = dice.uniform(0.1, 2.5)
            lost.append(killed(Path(name), after_s, str(identity.to_public()) if sealed else "", key if sealed else None))
    lost_s = [one.seconds for one in lost]
    print(f"{count} recordings killed, all recovered: {max(lost_s):.1f} s lost at most, {sum(lost_s) / count:.2f} s on average")
    return 0 if max(lost_s) <= MOST_LOST_S and not any(one.of_kept for one in lost) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(Path(sys.argv[2]), sys.argv[3])
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
