"""A GPIO chip that is not there: it behaves as the package gpiod and the kernel do, for :mod:`driver_monitor.gpiod_pins`.

The real one is met in ``tests/hil``: no kernel without GPIO can stand in for it.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from types import SimpleNamespace
from typing import Any

Direction = Enum("Direction", "AS_IS INPUT OUTPUT")
Value = Enum("Value", "INACTIVE ACTIVE")
Bias = Enum("Bias", "AS_IS DISABLED PULL_UP PULL_DOWN")
Edge = Enum("Edge", "NONE RISING FALLING BOTH")
EventType = Enum("EventType", "RISING_EDGE FALLING_EDGE")


@dataclass
class LineSettings:
    """As ``gpiod.LineSettings``."""

    direction: Direction = Direction.AS_IS
    edge_detection: Edge = Edge.NONE
    bias: Bias = Bias.AS_IS
    debounce_period: timedelta = timedelta(0)
    output_value: Value = Value.INACTIVE


@dataclass
class Line:
    """One line as the kernel keeps it; ``outside`` is what is connected to it, ``None`` for nothing."""

    name: str = ""
    level: bool = False
    outside: bool | None = None
    request: Request | None = None
    levels: list[bool] = field(default_factory=list)

    def put(self, level: bool) -> None:
        """The line has this level from now on."""
        if level != self.level:
            self.level = level
            self.levels.append(level)
            if self.request is not None:
                self.request.changed(level)


class Request:
    """As ``gpiod.LineRequest``, of one line."""

    def __init__(self, line: Line, settings: LineSettings) -> None:
        self._line, self._lock = line, threading.Lock()
        self._events: list[Any] = []
        self._read, self._write = os.pipe()
        self.settings = settings
        line.request = self
        self.reconfigure_lines({0: settings})

    def reconfigure_lines(self, config: dict[int, LineSettings]) -> None:
        """Change what the line is."""
        (self.settings,) = config.values()
        if self.settings.direction is Direction.OUTPUT:
            self._line.put(self.settings.output_value is Value.ACTIVE)
        elif self._line.outside is None:
            self._line.put(self.settings.bias is Bias.PULL_UP)

    def changed(self, level: bool) -> None:
        """An edge, as the kernel sees it."""
        wanted = {Edge.BOTH: (True, False), Edge.RISING: (True,), Edge.FALLING: (False,), Edge.NONE: ()}
        if self.settings.direction is Direction.INPUT and level in wanted[self.settings.edge_detection]:
            kind = EventType.RISING_EDGE if level else EventType.FALLING_EDGE
            with self._lock:
                self._events.append(SimpleNamespace(event_type=kind, Type=EventType, timestamp_ns=time.monotonic_ns()))
            os.write(self._write, b"e")

    def wait_edge_events(self, timeout: timedelta) -> bool:
        """Wait for an edge."""
        return bool(select.select([self._read], [], [], timeout.total_seconds())[0])

    def read_edge_events(self) -> list[Any]:
        """The edges that came."""
        with self._lock:
            events, self._events = self._events, []
        os.read(self._read, max(1, len(events)))
        return events

    def get_value(self, _: int) -> Value:
        """The line's level."""
        return Value.ACTIVE if self._line.level else Value.INACTIVE

    def set_value(self, _: int, value: Value) -> None:
        """Set the line's level."""
        assert self.settings.direction is Direction.OUTPUT
        self._line.put(value is Value.ACTIVE)

    def release(self) -> None:
        """Let go of the line."""
        self._line.request = None
        os.close(self._read)
        os.close(self._write)


class Board:
    """Chips by path, each with a label and its lines; :attr:`library` takes the place of the module ``gpiod``."""

    def __init__(self, **chips: tuple[str, dict[int, str]]) -> None:
        self.labels = {f"/dev/{name}": label for name, (label, _) in chips.items()}
        self.chips = {f"/dev/{name}": [Line(names.get(i, "")) for i in range(32)] for name, (_, names) in chips.items()}
        line = SimpleNamespace(Direction=Direction, Value=Value, Bias=Bias, Edge=Edge)
        self.library = SimpleNamespace(line=line, LineSettings=LineSettings, Chip=self._chip, request_lines=self._request)

    @contextmanager
    def _chip(self, path: str) -> Iterator[Any]:
        if path not in self.chips:
            raise FileNotFoundError(path)
        lines = self.chips[path]

        def offset(name: str) -> int:
            found = [i for i, line in enumerate(lines) if line.name == name]
            if not found:
                raise OSError(2, "no such line")
            return found[0]

        yield SimpleNamespace(
            get_info=lambda: SimpleNamespace(label=self.labels[path], num_lines=len(lines)), line_offset_from_id=offset
        )

    def _request(self, path: str, consumer: str, config: dict[int, LineSettings]) -> Request:
        ((offset, settings),) = config.items()
        line = self.chips[path][offset]
        if line.request is not None:
            raise OSError(16, "Device or resource busy")
        return Request(line, settings)
