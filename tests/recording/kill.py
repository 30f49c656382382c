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

from driver_monitor.recording.copy import copy_trip
from driver_monitor.recording.look import faults
from driver_monitor.recording.trip import Trip
from driver_monitor.recording.trip_messages import write_sample
from driver_monitor.recording.trip_writer import TripWriter
from driver_monitor.signals import NS_PER_S, Tick, seconds
from tests.recording.trips import WALL_NS, ZERO_NS, a_drive, about

MOST_LOST_S = 1.0


def write(path: Path, public_key: str) -> None:
    """Record at the pace of the clock until killed, and say each tick that was handed over."""
    samples = list(a_drive(20.0, fps=30))
    with TripWriter(path, about(), {}, public_key=public_key) as writer:
        start_ns = time.monotonic_ns()
        for sample in samples:
            wait_ns = sample.t_ns - ZERO_NS - (time.monotonic_ns() - start_ns)
            if wait_ns > 0:
                time.sleep(wait_ns / NS_PER_S)
            topic, data = write_sample(sample, WALL_NS)
            writer.put(topic, sample.t_ns, data)
            if isinstance(sample, Tick):
                os.write(1, f"{sample.t_ns}\n".encode())


def lost_s(folder: Path, after_s: float, public_key: str = "", identity: Path | None = None) -> float:
    """Kill a recording ``after_s`` after its first tick; how much of it does not come back."""
    path = folder / ("t.mcap.age" if public_key else "t.mcap")
    out = folder / "whole.mcap"
    for file in (path, out):
        file.unlink(missing_ok=True)
    words = [sys.executable, "-m", "tests.recording.kill", "--write", str(path), public_key]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        first = run.stdout.readline()
        time.sleep(after_s)
        os.kill(run.pid, signal.SIGKILL)
        ticks = [int(line) for line in (first + run.stdout.read()).splitlines()]
    with Trip(path, identity, mend=True) as trip:
        copy_trip(trip, out, "recover")
    assert [fault for fault in faults(out, None) if "settings" not in fault] == []
    with Trip(out) as trip:
        back = [sample.t_ns for sample in trip.samples() if isinstance(sample, Tick)]
    assert back == ticks[: len(back)]  # nothing is missing before the end
    return seconds(ticks[-1] - back[-1])


def main(count: int) -> int:
    """Kill ``count`` recordings, every fourth one encrypted; says what the dearest lost."""
    import pyrage

    identity, dice, lost = pyrage.x25519.Identity.generate(), random.Random(1), []
    with tempfile.TemporaryDirectory() as name:
        key = Path(name) / "key.txt"
        key.write_text(f"{identity}\n")
        for number in range(count):
            sealed = number % 4 == 3
            after_s = dice.uniform(0.6, 3.0)
            lost.append(lost_s(Path(name), after_s, str(identity.to_public()) if sealed else "", key if sealed else None))
    print(f"{count} recordings killed, all recovered: {max(lost):.1f} s lost at most, {sum(lost) / count:.2f} s on average")
    return 0 if max(lost) <= MOST_LOST_S else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(Path(sys.argv[2]), sys.argv[3])
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
