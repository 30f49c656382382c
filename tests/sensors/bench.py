"""A sensor that fails as told, and samples as they come out of a queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from driver_monitor.errors import DeviceError
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import ButtonPress, Part, Sample, SensorStatus


class Flaky(Sensor):
    """Does what its script says, a letter each time it is opened or read; behind its end it can be opened and says nothing.

    Opened: "x" is not there, all else is. Read: "r" is a press, "!" a fault nobody foresaw, "-" gone.
    """

    part: ClassVar[Part] = "button"

    def __init__(self, script: str) -> None:
        super().__init__()
        self.script = iter(script)
        self.opened_s: list[float] = []
        self.released = 0

    def _open(self) -> None:
        self.opened_s.append(time.monotonic())
        if next(self.script, "o") == "x":
            raise DeviceError("not there")

    def _read(self, queue: SampleQueue) -> None:
        match next(self.script, ""):
            case "r":
                queue.put(ButtonPress(time.monotonic_ns()))
            case "!":
                raise ValueError("a fault nobody foresaw")
            case "-":
                raise DeviceError("gone")
            case _:
                self._closed.wait(0.05)

    def _release(self) -> None:
        self.released += 1


def collect(queue: SampleQueue, enough: Callable[[list[Sample]], bool], limit_s: float = 60.0) -> list[Sample]:
    """What comes until it is enough; the time is a busy machine's."""
    got: list[Sample] = []
    end = time.monotonic() + limit_s
    while not enough(got):
        assert time.monotonic() < end, f"only {[s if isinstance(s, SensorStatus) else type(s).__name__ for s in got]} came"
        if (sample := queue.get(0.1)) is not None:
            got.append(sample)
    return got


class Everything(SampleQueue):
    """Keeps all that was put into it, also the pictures that a newer one overtook before anybody took them."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Sample] = []

    def put(self, sample: Sample) -> None:
        """Hand a sample over."""
        self.given.append(sample)
        super().put(sample)


def statuses(samples: list[Sample]) -> list[tuple[str, str]]:
    return [(s.part, s.state) for s in samples if isinstance(s, SensorStatus)]
