"""The C core on its bench (boards/bench.c): a program with no clock of its own, so that a test decides when what happens.

Built with the address and undefined-behaviour sanitizers: what they find ends it, and the test.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

import firmware_bridge
from firmware_bridge.protocol import Drive, HostHeartbeat, Message, StreamParser, encode

FIRMWARE = Path(firmware_bridge.__file__).parent / "firmware"


@functools.cache
def build(target: str, *variables: str) -> str | None:
    """Make a target once; why not, in one line, where that is not possible here."""
    if shutil.which("make") is None:
        return "needs make"
    done = subprocess.run(["make", "-s", "-C", FIRMWARE, target, *variables], capture_output=True, text=True, check=False)
    missing = next((line for line in done.stderr.splitlines() if "not found" in line or "No such file" in line), None)
    if done.returncode and missing is None:
        raise AssertionError(done.stderr)  # a fault of ours, not of this machine
    return f"needs what firmware/Makefile names ({missing})" if done.returncode else None


@dataclass(frozen=True)
class Turned:
    """An output went on (per cent) or off (0)."""

    t_ms: int
    output: int
    strength: int


@dataclass(frozen=True)
class Said:
    """A message that the bridge sent."""

    t_ms: int
    sequence: int
    message: Message


class Bench:
    """The bridge, and what it did so far."""

    def __init__(self) -> None:
        self._program = subprocess.Popen([FIRMWARE / "build" / "bench"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._parser = StreamParser()
        self._sequence = 0
        self.t_ms = 0
        self.turned: list[Turned] = []
        self.said: list[Said] = []
        self._take(self._answer())

    def _answer(self) -> list[str]:
        assert self._program.stdout is not None
        lines = []
        while (line := self._program.stdout.readline().decode().rstrip("\n")) != ".":
            assert line or self._program.poll() is None, f"the bench ended with {self._program.wait()}"
            lines.append(line)
        return lines

    def do(self, line: str) -> list[str]:
        """Give it a line, and get its lines."""
        assert self._program.stdin is not None
        self._program.stdin.write(line.encode() + b"\n")
        self._program.stdin.flush()
        return self._answer()

    def _take(self, lines: list[str]) -> None:
        for line in lines:
            t_ms, what, *rest = line.split()
            if what == "out":
                self.turned.append(Turned(int(t_ms), int(rest[0]), int(rest[1])))
            else:
                frames = self._parser.feed(bytes.fromhex(rest[0]))
                assert len(frames) == 1 and frames[0].message is not None, line
                self.said.append(Said(int(t_ms), frames[0].sequence, frames[0].message))
        assert self._parser.statistics.lost == self._parser.statistics.spoilt == 0

    def until(self, t_ms: int) -> None:
        """Let time pass."""
        self.t_ms = t_ms
        self._take(self.do(f"t {t_ms}"))

    def receive(self, data: bytes) -> None:
        """Bytes come from the host; read when time passes."""
        self.do(f"rx {data.hex()}")

    def send(self, message: Message) -> int:
        """A message comes from the host; gives its sequence."""
        sequence, self._sequence = self._sequence, (self._sequence + 1) & 0xFF
        self.receive(encode(message, sequence))
        return sequence

    def host_until(self, t_ms: int, *, armed: int = 1) -> None:
        """Let time pass with a host that lives, from now on."""
        while self.t_ms < t_ms:
            self.send(HostHeartbeat(self.t_ms, armed))
            self.until(min(t_ms, self.t_ms + 500))

    def drive(self, output: int, strength: int, on_ms: int, off_ms: int, times: int, which: int) -> None:
        self.send(Drive(output, strength, on_ms, off_ms, times, which))

    def played(self, output: int) -> list[tuple[int, int]]:
        """When the output changed, and to what."""
        all_ = [(t.t_ms, t.strength) for t in self.turned if t.output == output]
        return [now for before, now in pairwise([(0, 0), *all_]) if now[1] != before[1]]

    def parse(self, data: bytes) -> list[tuple[str, ...]]:
        """The frames that the C parser finds: type, sequence, and the payload in hexadecimal or "unknown"."""
        return [tuple(line.split()[1:]) for line in self.do(f"parse {data.hex()}")]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        assert self._program.stdin is not None and self._program.stdout is not None
        self._program.stdin.close()
        code = self._program.wait()
        self._program.stdout.close()
        assert kind is not None or code == 0, f"the bench ended with {code}"
