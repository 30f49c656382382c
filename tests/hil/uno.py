"""The real firmware image on an emulated Arduino Uno (simavr), as a test drives it: a serial port, pins, buttons, a wearable."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.firmware_bridge.bench import FIRMWARE, build


def missing() -> str | None:
    """Why it cannot run here, in one line."""
    return build("uno", "SENSORS=temperature conductance")


@dataclass(frozen=True)
class Edge:
    """A pin turned (0, 1) or a PWM level was set (per cent): the chip's own time, and CLOCK_MONOTONIC."""

    name: str
    level: int
    chip_us: int
    wall_ns: int


class Uno:
    """An Uno that runs, with a wearable of ``rate_bpm`` (0: none) on its beat pin."""

    def __init__(self, rate_bpm: float = 75.0) -> None:
        self._program = subprocess.Popen(
            [FIRMWARE / "build" / "uno", FIRMWARE / "build" / "uno.elf", str(rate_bpm)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.edges: list[Edge] = []
        self._change = threading.Condition()
        self.port = ""
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        with self._change:
            assert self._change.wait_for(lambda: self.port, 10), "simavr did not start"

    def _listen(self) -> None:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            words = line.split()
            with self._change:
                if words[0] == "port":
                    self.port = words[1]
                elif words[0] in {"pin", "level"}:
                    level = int(words[2]) * (100 if words[0] == "pin" else 1)
                    self.edges.append(Edge(words[1], level, int(words[3]), int(words[4])))
                self._change.notify_all()

    def do(self, line: str) -> None:
        """``beat``, ``contact 0|1``, ``button N 0|1``, ``volts CHANNEL MILLIVOLTS`` or ``reset``."""
        assert self._program.stdin is not None
        self._program.stdin.write(line + "\n")
        self._program.stdin.flush()

    def press(self, button: int) -> None:
        """Press and let go."""
        self.do(f"button {button} 1")
        time.sleep(0.1)
        self.do(f"button {button} 0")

    def after(self, wall_ns: int, name: str) -> list[Edge]:
        """What a pin did since then; its level is 0 or 100, the motor's anything between."""
        with self._change:
            return [e for e in self.edges if e.name == name and e.wall_ns >= wall_ns]

    def wait(self, true: Callable[[], bool], limit_s: float = 15.0) -> None:
        """Wait until something is so, looked at with each edge and now and then."""
        end = time.monotonic() + limit_s
        while not true():
            assert time.monotonic() < end, "it never came"
            with self._change:
                self._change.wait(0.02)

    def close(self) -> None:
        """Pull the plug; a second call does nothing."""
        self._program.kill()
        self._program.wait()
        self._thread.join()
        for pipe in (self._program.stdin, self._program.stdout):
            assert pipe is not None
            pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
