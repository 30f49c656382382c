"""A bridge without hardware: a pseudo-terminal that speaks the protocol. ``firmware-bridge simulate`` runs it."""

from __future__ import annotations

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
    Counts,
    Drive,
    Flag,
    Frame,
    Heartbeat,
    HostHeartbeat,
    Message,
    Skin,
    StreamParser,
    Version,
    VersionAsk,
    encode,
)

FIRMWARE = (1, 0, 0)
BOARD = 1
HOST_SILENT_S = 5.0
HEARTBEAT_S, SKIN_S, COUNTS_S = 0.5, 0.25, 5.0
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
        self._armed = self._sounds = False
        self._parser = StreamParser()
        self.drives: dict[int, Drive] = {}
        """The newest drive of each output."""
        self._unacked: Button | None = None
        self._sent: list[int] = []
        self._presses: list[int] = []
        self._stop, self._anew = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="bridge-simulator", daemon=True)

    @property
    def alarm(self) -> bool:
        """The armed host is missed, and no button has said that this was heard."""
        if self._armed and self._host_heard is not None and time.monotonic() - self._host_heard > HOST_SILENT_S:
            self._sounds = True
        return self._sounds

    def start(self) -> Self:
        """Begin to beat."""
        self._thread.start()
        return self

    def press(self, button: int = 0) -> None:
        """Press a button (0 acknowledge, 1 privacy)."""
        self._presses.append(button)

    def restart(self) -> None:
        """Begin anew, as after a reset: all that was ordered is forgotten."""
        self._anew.set()

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
        rr_ms = next(self._heart)
        begin = time.monotonic()
        next_beat, next_resend = begin + rr_ms / 1000, 0.0
        due = {self._tell_life: (begin, HEARTBEAT_S), self._tell_skin: (begin, SKIN_S), self._tell_counts: (begin, COUNTS_S)}
        while not self._stop.is_set():
            now = time.monotonic()
            if self._anew.is_set():
                self._begin_anew()
            for tell, (at, every_s) in due.items():
                if now >= at:
                    due[tell] = at + every_s, every_s
                    tell()
            if now >= next_beat:
                self._write(Beat(self._uptime_ms(), rr_ms, round(60_000 / rr_ms), 1))
                rr_ms = next(self._heart)
                next_beat += rr_ms / 1000
            if self._presses and self._unacked is None:
                self._unacked, self._sent, next_resend = Button(self._uptime_ms(), self._presses.pop(0)), [], now
                if self._unacked.button == 0 and self.alarm:
                    self._armed = self._sounds = False
            if self._unacked and now >= next_resend:
                self._sent.append(self._write(self._unacked))
                next_resend = now + RESEND_S
                if len(self._sent) > RESENDS:
                    self._unacked = None
            self._answer()

    def _begin_anew(self) -> None:
        self._anew.clear()
        self._start, self._sequence, self._parser = time.monotonic(), 0, StreamParser()
        self._host_heard, self._armed, self._sounds, self._unacked = None, False, False, None
        self.drives.clear()
        self._tell_life()

    def _tell_life(self) -> None:
        flags = Flag.ALARM * self.alarm | Flag.ARMED * self._armed
        for output, drive in self.drives.items():
            flags |= (Flag.BUZZER << output) * bool(drive.strength)
        self._write(Heartbeat(self._uptime_ms(), flags & 0xFF))

    def _tell_skin(self) -> None:
        slow = math.sin(2 * math.pi * (time.monotonic() - self._start) / 60)
        self._write(Skin(self._uptime_ms(), 3320 + round(20 * slow), 400 + round(50 * slow)))  # a calm hand: 33 °C, 4 µS

    def _tell_counts(self) -> None:
        got = self._parser.statistics
        self._write(Counts(got.frames & 0xFFFF, got.lost & 0xFFFF, got.spoilt & 0xFFFF, got.unknown & 0xFFFF, 0))

    def _answer(self) -> None:
        if not select.select([self._master], [], [], 0.01)[0]:
            return
        try:
            data = os.read(self._master, 256)
        except BlockingIOError:
            return
        for frame in self._parser.feed(data):
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        match frame.message:
            case VersionAsk():
                self._write(Version(VERSION, *FIRMWARE, BOARD))
            case HostHeartbeat(armed=armed):
                self._host_heard, self._armed, self._sounds = time.monotonic(), bool(armed & 1), False
                self._write(Ack(frame.sequence, HostHeartbeat.type))
            case Drive() as drive:
                self.drives[drive.output] = drive
                self._write(Ack(frame.sequence, Drive.type))
            case Ack(sequence=sequence, acked=Button.type) if sequence in self._sent:
                self._unacked = None
