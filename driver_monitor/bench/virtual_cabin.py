"""A scenario in place of the sensors: the virtual driver's pictures, sound, beats and bus, at the pace of the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from driver_monitor import jpeg
from driver_monitor.bench.scenario.scenario import Scenario
from driver_monitor.bench.scenario.script import Script
from driver_monitor.errors import BadUseError
from driver_monitor.model_store import model_path
from driver_monitor.resources import config_dir
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import CameraFrame, Part, Sample, seconds

SOURCE_PREFIX = "virtual:"
_WORKERS = 2
_DRAWN_FIRST_S = 180.0  # a longer scenario is drawn as it is played, as fast as this machine can
_JPEG_QUALITY = 95
_PATIENCE_S = 0.5


class _Drawn(Scenario):
    """A scenario whose pictures are drawn once and kept as a camera would send them (JPEG)."""

    _kept: list[tuple[int, bytes]] | None = None

    def draw(self, progress: Callable[[int, int], None]) -> None:
        """Draw all pictures now, so that drawing does not take the loop's time while the clock runs."""
        total = len(self.played.shots)
        self._kept = []
        for frame in self.frames(_WORKERS):
            self._kept.append((frame.t_ns, jpeg.encode(frame.image, _JPEG_QUALITY)))
            progress(len(self._kept), total)

    def _pictures(self, workers: int) -> Iterator[Sample]:
        if self._kept is None:
            yield from super()._pictures(workers)
            return
        for t_ns, encoded in self._kept:
            yield CameraFrame(t_ns, jpeg.decode(encoded), encoded)


class VirtualCabin(Sensor):
    """All sensors of a scenario. Its clock starts with :meth:`begin`, so that no picture is lost while models load.

    A short scenario's pictures are drawn before, by :meth:`draw`.

    Raises
    ------
    SettingsError
        When the scenario cannot be read.
    ModelError
        When the virtual driver's head is not there.
    """

    part: ClassVar[Part] = "camera"

    def __init__(self, scenario: Path) -> None:
        super().__init__()
        self.scenario = _Drawn(Script.load(scenario), model_path("virtual-driver"))
        script = self.scenario.script
        self.seconds = script.seconds
        on: dict[Part, bool] = {
            "camera": True,
            "microphone": script.sound.on,
            "heart_rate": script.heart.over != "none",
            "vehicle_bus": script.drive.on,
        }
        self.parts = frozenset(part for part, there in on.items() if there)
        self.zero_ns: int | None = None
        self._started = threading.Event()
        self._samples: Iterator[Sample] | None = None
        self._next: Sample | None = None

    def draw(self) -> None:
        """Draw the pictures now, with a progress bar on a terminal."""
        if self.seconds > _DRAWN_FIRST_S:
            return
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("drawing the virtual driver", total=None)
            self.scenario.draw(lambda done, total: bar.update(task, completed=done, total=total))

    def begin(self) -> None:
        """Start the scenario's clock."""
        self.zero_ns = time.monotonic_ns()
        self._started.set()

    def _open(self) -> None:
        self._samples = self.scenario.samples(workers=_WORKERS)
        self._next = next(self._samples)

    def _read(self, queue: SampleQueue) -> None:
        if not self._started.wait(_PATIENCE_S) or self.zero_ns is None or self._samples is None:
            return
        sample = self._next
        if sample is None:  # the scenario has ended
            self._closed.wait(_PATIENCE_S)
            return
        wait_s = seconds(self.zero_ns + sample.t_ns - time.monotonic_ns())
        if wait_s > 0.0 and self._closed.wait(wait_s):
            return
        queue.put(replace(sample, t_ns=self.zero_ns + sample.t_ns))
        self._next = next(self._samples, None)

    def _release(self) -> None:
        samples, self._samples = self._samples, None
        if isinstance(samples, Iterator) and hasattr(samples, "close"):
            samples.close()


def find_scenario(source: str) -> Path:
    """The file of a camera source "virtual:SCENARIO": a path, or a file's name in configs/scenarios.

    Raises
    ------
    BadUseError
        When there is no such file.
    """
    name = Path(source.removeprefix(SOURCE_PREFIX))
    for path in (name, config_dir() / "scenarios" / name):
        if path.is_file():
            return path
    known = ", ".join(sorted(p.name for p in (config_dir() / "scenarios").glob("*.toml")))
    raise BadUseError(f"[camera] source: there is no scenario {name}; give a path, or one of {known}")
