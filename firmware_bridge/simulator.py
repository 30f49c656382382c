"""A bridge without hardware: a pseudo-terminal that speaks the protocol. ``python -m firmware_bridge.simulator``."""

from __future__ import annotations

import argparse
import errno
import math
import os
import random
import select
import threading
import time
import tty
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from firmware_bridge.protocol import (
    VERSION,
    Ack,
    Beat,
    Button,
    Heartbeat,
    HostHeartbeat,
    Message,
    StreamParser,
    Version,
    VersionAsk,
    encode,
)

FIRMWARE = (0, 1, 0)
HOST_SILENT_S = 5.0
RESEND_S, RESENDS = 0.2, 5


def resting_heart(rate_bpm: float, seed: int) -> Iterator[int]:
    """RR intervals (ms) that swing with breath (0.25 Hz, ± 4 %) and scatter a little (1 %)."""
    chance = random.Random(seed)
    t_s = 0.0
    while True:
        rr_s = 60 / rate_bpm * (1 + 0.04 * math.sin(2 * math.pi * 0.25 * t_s) + chance.gauss(0, 0.01))
        t_s += rr_s
        yield round(rr_s * 1000)


class Simulator:
    """A simulated bridge on a pseudo-terminal; ``port`` is what the host opens.

    Parameters
    ----------
    rate_bpm
        Mean heart rate, beats per minute.
    seed
        Seed of the scatter: the same seed gives the same beats.
    """

    def __init__(self, rate_bpm: float = 68.0, seed: int = 1) -> None:
        self._master, self._slave = os.openpty()  # our own slave end keeps the pty alive while no host has it open
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._heart = resting_heart(rate_bpm, seed)
        self._start = time.monotonic()
        self._sequence = 0
        self._host_heard: float | None = None
        self._unacked: Button | None = None
        self._sent: list[int] = []
        self._presses: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bridge-simulator", daemon=True)

    @property
    def alarm(self) -> bool:
        """The host was there and has been silent too long."""
        return self._host_heard is not None and time.monotonic() - self._host_heard > HOST_SILENT_S

    def start(self) -> Self:
        """Begin to beat."""
        self._thread.start()
        return self

    def press(self, button: int = 0) -> None:
        """Press a button (0 acknowledge, 1 privacy)."""
        self._presses.append(button)

    def close(self) -> None:
        """Unplug: the host's end reads an error from now on. A second call does nothing."""
        if self._stop.is_set():
            return
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        os.close(self._slave)
        os.close(self._master)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _uptime_ms(self) -> int:
        return round((time.monotonic() - self._start) * 1000) & 0xFFFF_FFFF

    def _write(self, message: Message) -> int:
        sequence, self._sequence = self._sequence, (self._sequence + 1) & 0xFF
        try:
            os.write(self._master, encode(message, sequence))
        except OSError as problem:
            if problem.errno not in (errno.EAGAIN, errno.EIO):  # nobody reads: a real UART drops it too
                raise
        return sequence

    def _run(self) -> None:
        parser = StreamParser()
        rr_ms = next(self._heart)
        next_beat, next_heartbeat, next_resend = time.monotonic() + rr_ms / 1000, 0.0, 0.0
        while not self._stop.is_set():
            now = time.monotonic()
            if now >= next_heartbeat:
                next_heartbeat = now + 1.0
                self._write(Heartbeat(self._uptime_ms(), int(self.alarm)))
            if now >= next_beat:
                self._write(Beat(self._uptime_ms(), rr_ms, round(60_000 / rr_ms), 1))
                rr_ms = next(self._heart)
                next_beat += rr_ms / 1000
            if self._presses and self._unacked is None:
                self._unacked, self._sent, next_resend = Button(self._uptime_ms(), self._presses.pop(0)), [], now
            if self._unacked and now >= next_resend:
                self._sent.append(self._write(self._unacked))
                next_resend = now + RESEND_S
                if len(self._sent) > RESENDS:
                    self._unacked = None
            self._answer(parser)

    def _answer(self, parser: StreamParser) -> None:
        if not select.select([self._master], [], [], 0.01)[0]:
            return
        try:
            data = os.read(self._master, 256)
        except BlockingIOError:
            return
        for frame in parser.feed(data):
            match frame.message:
                case VersionAsk():
                    self._write(Version(VERSION, *FIRMWARE))
                case HostHeartbeat():
                    self._host_heard = time.monotonic()
                case Ack(sequence=sequence, acked=Button.type) if sequence in self._sent:
                    self._unacked = None


def main() -> None:
    """Run until Ctrl-C and say which port to open."""
    options = argparse.ArgumentParser(prog="python -m firmware_bridge.simulator", description=__doc__)
    options.add_argument("--rate", type=float, default=68.0, metavar="BPM", help="mean heart rate (default 68)")
    options.add_argument("--seed", type=int, default=1, help="seed of the beat-to-beat scatter (default 1)")
    chosen = options.parse_args()
    if not 25 <= chosen.rate <= 250:
        options.error(f"--rate {chosen.rate:g} is no heart rate; give 25 to 250")
    with Simulator(chosen.rate, chosen.seed) as simulator:
        print(f"the simulated bridge is at {simulator.port} (Ctrl-C ends it)", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("ended")


if __name__ == "__main__":
    main()
