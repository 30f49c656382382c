"""The host's end of the bridge: one serial port, opened, read and answered. Reopening is the caller's: make a new Link."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from firmware_bridge.protocol import (
    Ack,
    Button,
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
SILENT_S = 3.0
"""Nothing heard this long: the link is dead (PROTOCOL.md)."""
_READ_S = 0.1


class LinkError(OSError):
    """The bridge cannot be opened, or is gone; the message is one sentence."""


def _why(problem: Exception) -> str:
    """Say the system's own reason: pyserial wraps it in a second sentence."""
    number = getattr(problem, "errno", None)
    return os.strerror(number) if number else str(problem)


class Link:
    """An open link to the bridge.

    Parameters
    ----------
    port
        A serial port, or any address pyserial's ``serial_for_url`` takes.
    baud
        Bits per second.
    """

    def __init__(self, port: str, baud: int = 115_200) -> None:
        import serial

        self.port = port
        self.version: Version | None = None
        self._parser = StreamParser()
        self._sequence = 0
        self._pressed: Button | None = None
        self._opened = self._heard = time.monotonic()
        self._next_heartbeat = self._next_ask = 0.0
        self._failures: tuple[type[Exception], ...] = (serial.SerialException, OSError)
        try:
            self._serial: Any = serial.serial_for_url(port, baudrate=baud, timeout=_READ_S, write_timeout=1.0)
        except ValueError as problem:
            raise LinkError(f"the serial port {port} cannot be used: {problem}; give a port such as /dev/ttyACM0") from None
        except self._failures as problem:
            raise LinkError(f"the serial port {port} cannot be opened ({_why(problem)}); is the bridge plugged in?") from None

    @property
    def statistics(self) -> Statistics:
        """Counts of what came since the port was opened."""
        return self._parser.statistics

    def send(self, message: Message) -> None:
        """Write one message."""
        frame = encode(message, self._sequence)
        self._sequence = (self._sequence + 1) & 0xFF
        try:
            self._serial.write(frame)
        except self._failures as problem:
            raise LinkError(f"the bridge at {self.port} takes no more bytes ({_why(problem)}); look at its cable") from None

    def receive(self) -> list[Message]:
        """Messages that came within a tenth of a second; keeps the link alive and answers what wants an answer.

        Raises
        ------
        LinkError
            The port is gone, or nothing was heard for 3 s.
        """
        now = time.monotonic()
        self._keep_alive(now)
        try:
            data = self._serial.read(max(1, self._serial.in_waiting))
        except self._failures as problem:
            raise LinkError(f"the bridge at {self.port} is gone ({_why(problem)}); look at its cable") from None
        except TypeError:  # pyserial, when another thread closes the port under it
            raise LinkError(f"the serial port {self.port} was closed") from None
        messages = list(self._messages(data))
        if messages:
            self._heard = time.monotonic()
        elif time.monotonic() - self._heard > SILENT_S:
            raise LinkError(f"the bridge at {self.port} has been silent for {SILENT_S:g} s; look at its power and baud rate")
        return messages

    def _messages(self, data: bytes) -> Iterator[Message]:
        for frame in self._parser.feed(data):
            match frame.message:
                case None:
                    continue
                case Version() as version:
                    self.version = version
                case Button() as button:
                    self.send(Ack(frame.sequence, button.type))
                    if button == self._pressed:  # the same press, sent again
                        continue
                    self._pressed = button
            yield frame.message

    def _keep_alive(self, now: float) -> None:
        if now >= self._next_heartbeat:
            self._next_heartbeat = now + HEARTBEAT_S
            self.send(HostHeartbeat(round((now - self._opened) * 1000) & 0xFFFF_FFFF))
        if self.version is None and now >= self._next_ask:
            self._next_ask = now + 1.0
            self.send(VersionAsk())

    def close(self) -> None:
        """Close the port; a second call does nothing."""
        self._serial.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
