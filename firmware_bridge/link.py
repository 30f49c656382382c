"""The host's end of the bridge: one serial port, opened, read and answered. Reopening is the caller's: make a new Link."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeAlias

from firmware_bridge.protocol import (
    UNTIL_CHANGED,
    Ack,
    Button,
    Counts,
    Drive,
    Heartbeat,
    HostHeartbeat,
    Message,
    Statistics,
    StreamParser,
    Version,
    VersionAsk,
    encode,
)

HEARTBEAT_S = 0.5
"""The host's own heartbeat (PROTOCOL.md)."""
SILENT_S = 1.5
"""Nothing heard this long: the link is dead (PROTOCOL.md). With the read and a busy machine it is told within 2 s."""
FIRST_S = 4.0
"""As long may the first word take: opening the port of an Arduino restarts it, and its boot loader waits."""
STALE_S = 1.0
"""The caller's loop has not turned for this long: no heartbeat is sent in its name."""
RETRY_S, TRIES = 0.1, 4
_REFRESH_S = 1.0
"""A lasting drive is said again: a bridge that restarted does not know it any more."""
_READ_S = 0.1
_LATENCIES = 512


class LinkError(OSError):
    """The bridge cannot be opened, or is gone; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The bridge has begun anew: power, its watchdog, or a reset."""

    uptime_ms: int


Received: TypeAlias = Message | Restarted


@dataclass(frozen=True, slots=True)
class Latency:
    """Round trips of what the bridge acknowledged, in ms, over the newest 512."""

    count: int
    median_ms: float
    p99_ms: float
    longest_ms: float


@dataclass(slots=True)
class _Waiting:
    message: Drive
    due_s: float
    sequences: list[int] = field(default_factory=list)


def _why(problem: Exception) -> str:
    """Say the system's own reason: pyserial wraps it in a second sentence."""
    number = getattr(problem, "errno", None)
    if number:
        return os.strerror(number)
    return "it was unplugged" if "returned no data" in str(problem) else str(problem)


class Link:
    """An open link to the bridge.

    One thread calls :meth:`receive`; any thread may call :meth:`drive` and :meth:`turned`.

    Parameters
    ----------
    port
        A serial port, or any address pyserial's ``serial_for_url`` takes.
    baud
        Bits per second.
    statistics
        Counts that go on from an earlier link.
    """

    def __init__(self, port: str, baud: int = 115_200, statistics: Statistics | None = None) -> None:
        import serial

        self.port = port
        self.version: Version | None = None
        self.counts: Counts | None = None
        """What the bridge received, as it told last."""
        self.unanswered = 0
        """Drives that were never acknowledged."""
        self._parser = StreamParser(statistics or Statistics())
        self._sequence = 0
        self._pressed: Button | None = None
        self._uptime_ms: int | None = None
        self._armed, self._turned = False, float("-inf")
        self._orders: deque[Drive] = deque()
        self._waiting: dict[int, _Waiting] = {}  # by output: a newer order takes the older one's place
        self._lasting: dict[int, tuple[Drive, float]] = {}
        self._sent_s: dict[tuple[int, int], float] = {}
        self._latencies_ms: deque[float] = deque(maxlen=_LATENCIES)
        self._next_id = int(time.monotonic() * 1000) & 0xFF  # not that of a host before us
        self._lock = threading.Lock()
        self._opened = self._heard = time.monotonic()
        self._silent_s = FIRST_S
        self._next_heartbeat = self._next_ask = 0.0
        self._failures: tuple[type[Exception], ...] = (serial.SerialException, OSError)
        try:
            self._serial: Any = serial.serial_for_url(
                port, baudrate=baud, timeout=_READ_S, write_timeout=1.0, exclusive=True if port.startswith("/") else None
            )
        except ValueError as problem:
            raise LinkError(f"the serial port {port} cannot be used: {problem}; give a port such as /dev/ttyACM0") from None
        except self._failures as problem:
            hint = "does another program use it?" if getattr(problem, "errno", 0) == 11 else "is the bridge plugged in?"  # EAGAIN
            raise LinkError(f"the serial port {port} cannot be opened ({_why(problem)}); {hint}") from None

    @property
    def statistics(self) -> Statistics:
        """Counts of what came since the port was opened."""
        return self._parser.statistics

    def latency(self) -> Latency | None:
        """Round trips so far; ``None`` when nothing was acknowledged yet."""
        ordered = sorted(self._latencies_ms)
        if not ordered:
            return None
        n = len(ordered)
        return Latency(n, ordered[n // 2], ordered[min(n - 1, n * 99 // 100)], ordered[-1])

    def turned(self, *, armed: bool) -> None:
        """The caller's loop has turned: heartbeats go for a second more. ``armed``: silence is then an alarm."""
        self._turned, self._armed = time.monotonic(), armed

    def drive(self, output: int, strength: int, on_ms: int = 0, off_ms: int = 0, times: int = 1) -> None:
        """Have an output played (strength 0: off), sent again until it is acknowledged; does not wait."""
        with self._lock:
            self._next_id = (self._next_id + 1) & 0xFF
            self._orders.append(Drive(output, strength, on_ms, off_ms, times, self._next_id))
        wake = getattr(self._serial, "cancel_read", None)  # not every address has it: then within a tenth of a second
        if wake is not None:
            with contextlib.suppress(OSError, TypeError):  # closed by the other thread meanwhile
                wake()

    def send(self, message: Message) -> int:
        """Write one message, and give its sequence; for the thread that receives."""
        sequence, self._sequence = self._sequence, (self._sequence + 1) & 0xFF
        self._sent_s[sequence, message.type] = time.monotonic()
        try:
            self._serial.write(encode(message, sequence))
        except self._failures as problem:
            raise LinkError(f"the bridge at {self.port} takes no more bytes ({_why(problem)}); look at its cable") from None
        return sequence

    def receive(self) -> list[Received]:
        """Messages that came within a tenth of a second; keeps the link alive and answers what wants an answer.

        Raises
        ------
        LinkError
            The port is gone, or nothing was heard for 1.5 s (4 s after opening).
        """
        self._say(time.monotonic())
        try:
            data = self._serial.read(max(1, self._serial.in_waiting))
        except self._failures as problem:
            raise LinkError(f"the bridge at {self.port} is gone ({_why(problem)}); look at its cable") from None
        except TypeError:  # pyserial, when another thread closes the port under it
            raise LinkError(f"the serial port {self.port} was closed") from None
        messages = list(self._messages(data))
        if messages:
            self._heard, self._silent_s = time.monotonic(), SILENT_S
        elif time.monotonic() - self._heard > self._silent_s:
            silent = f"the bridge at {self.port} has said nothing for {self._silent_s:g} s"
            raise LinkError(f"{silent}; look at its power and baud rate")
        return messages

    def _messages(self, data: bytes) -> Iterator[Received]:
        for frame in self._parser.frames(data):  # one by one: a restart lies somewhere between them
            match frame.message:
                case None:
                    continue
                case Version() as version:
                    self.version = version
                case Counts() as counts:
                    self.counts = counts
                case Heartbeat(uptime_ms=uptime_ms):
                    before, self._uptime_ms = self._uptime_ms, uptime_ms
                    if before is not None and (uptime_ms - before) & 0x8000_0000:
                        self._parser.sender_restarted()
                        self.version, self._next_ask = None, 0.0
                        yield Restarted(uptime_ms)
                case Ack(sequence=sequence, acked=acked):
                    self._acknowledged(sequence, acked)
                case Button() as button:
                    self.send(Ack(frame.sequence, button.type))
                    if button == self._pressed:  # the same press, sent again
                        continue
                    self._pressed = button
            yield frame.message

    def _acknowledged(self, sequence: int, acked: int) -> None:
        sent_s = self._sent_s.pop((sequence, acked), None)
        if sent_s is None:
            return
        self._latencies_ms.append((time.monotonic() - sent_s) * 1000)
        if acked == Drive.type:
            self._waiting = {o: w for o, w in self._waiting.items() if sequence not in w.sequences}

    def _say(self, now: float) -> None:
        if now >= self._next_heartbeat and now - self._turned < STALE_S:
            self._next_heartbeat = now + HEARTBEAT_S
            self._beat(now, self._armed)
        if self.version is None and now >= self._next_ask:
            self._next_ask = now + 1.0
            self.send(VersionAsk())
        with self._lock:
            orders = list(self._orders)
            self._orders.clear()
        for order in orders:
            self._waiting[order.output] = _Waiting(order, now)
            if order.times == UNTIL_CHANGED and order.strength:
                self._lasting[order.output] = order, now + _REFRESH_S
            else:
                self._lasting.pop(order.output, None)
        for output, (order, due_s) in list(self._lasting.items()):
            if now >= due_s and output not in self._waiting:
                self._waiting[output] = _Waiting(order, now)
                self._lasting[output] = order, now + _REFRESH_S
        self._send_waiting(now)

    def _beat(self, now: float, armed: bool) -> None:
        self.send(HostHeartbeat(round((now - self._opened) * 1000) & 0xFFFF_FFFF, int(armed)))
        self._sent_s = {k: t for k, t in self._sent_s.items() if now - t < 2 * SILENT_S}

    def _send_waiting(self, now: float) -> None:
        for output, waiting in list(self._waiting.items()):
            if now < waiting.due_s:
                continue
            if len(waiting.sequences) == TRIES:
                self.unanswered += 1
                del self._waiting[output]
                continue
            waiting.sequences.append(self.send(waiting.message))
            waiting.due_s = now + RETRY_S

    def close(self) -> None:
        """Tell the bridge not to miss us, and close the port; a second call does nothing."""
        if self._serial.is_open and self._armed:
            with contextlib.suppress(LinkError):  # it is gone: nothing to tell
                self._disarm()
        self._serial.close()

    def _disarm(self) -> None:
        self._armed, self._turned = False, float("-inf")
        for _ in range(TRIES):
            self._beat(time.monotonic(), armed=False)
            told = (self._sequence - 1) & 0xFF, HostHeartbeat.type
            end = time.monotonic() + RETRY_S
            while time.monotonic() < end:
                self.receive()
                if told not in self._sent_s:
                    return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
