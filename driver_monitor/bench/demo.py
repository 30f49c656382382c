"""The demo: a scripted drive through the live loop, filmed, and a page that lays what was reported beside what was done."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from driver_monitor.bench.demo_page import write_page
from driver_monitor.bench.virtual_cabin import SOURCE_PREFIX, VirtualCabin, find_scenario
from driver_monitor.errors import BadUseError
from driver_monitor.runtime.annotate import AnnotatedVideo
from driver_monitor.runtime.live import watch
from driver_monitor.runtime.output_files import check_outputs
from driver_monitor.runtime.reports import read_reports
from driver_monitor.runtime.sink import FromZero
from driver_monitor.settings import Settings
from driver_monitor.signals import Report, Sample, seconds

if TYPE_CHECKING:
    from driver_monitor.monitor import Monitor


class Filmed:
    """The Monitor with a film running; the film's time 0 is when the drive began."""

    def __init__(self, monitor: Monitor, film: AnnotatedVideo, zero_ns: int) -> None:
        self._monitor = monitor
        self._film = FromZero([film], zero_ns)

    def step(self, sample: Sample) -> list[Report]:
        """Take one sample and film what it led to."""
        reports = self._monitor.step(sample)
        self._film.take(sample, reports, self._monitor)
        return reports

    def finish(self) -> list[Report]:
        """The samples have ended."""
        return self._monitor.finish()


class BusWatch:
    """Reads what the monitor sends on a virtual bus, as another device on it would see it."""

    def __init__(self, settings: Settings) -> None:
        import can

        from driver_monitor.perception.driving import load_dbc

        self._database = load_dbc(settings.vehicle.dbc)
        self._bus = can.Bus(interface=settings.vehicle.interface, channel=settings.vehicle.channel)
        self.steps: list[str] = []
        self.frames = 0

    def read(self) -> None:
        """Take in what has come."""
        while (message := self._bus.recv(0.0)) is not None:
            decoded = self._database.decode_message(message.arbitration_id, bytes(message.data))
            self.frames += 1
            if self._database.get_message_by_frame_id(message.arbitration_id).name == "DriverAlert" and isinstance(decoded, dict):
                kind, step = str(decoded["AlertKind"]).replace("_", " "), str(decoded["AlertAction"])
                if step != "none":  # told over and over while an alert stands
                    self.steps.append(f"{kind} {step}")

    def close(self) -> None:
        """Leave the bus."""
        self._bus.shutdown()


def demo_command(out: Path, config: Path) -> int:
    """Play the demo drive and leave its reports, film and page in the folder ``out``."""
    from rich.console import Console

    from driver_monitor.settings_file import load_settings

    settings = load_settings(config)
    if not settings.camera.source.startswith(SOURCE_PREFIX):
        raise BadUseError(f"{config}: [camera] source is '{settings.camera.source}'; the demo needs '{SOURCE_PREFIX}SCENARIO'")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BadUseError(f"{out} cannot be made ({problem.strerror}); give another folder") from None
    reports, film_path, page = out / "demo.jsonl", out / "demo.mp4", out / "demo.html"
    check_outputs({"the reports": reports, "the film": film_path, "the page": page})
    console = Console(highlight=False)
    cabin = VirtualCabin(find_scenario(settings.camera.source))
    script = cabin.scenario.script
    console.print(f"[bold]{script.title}[/]: {script.seconds:.0f} s of the virtual driver; drawing the pictures first")
    cabin.draw()
    console.print("Now the drive, through the live loop as it happens")
    bus = BusWatch(settings)
    start_ns = time.monotonic_ns()
    with AnnotatedVideo(film_path, script.camera.fps, (script.camera.width, script.camera.height)) as film:
        watch(settings, reports, script.seconds, cabin, lambda monitor: Filmed(monitor, film, time.monotonic_ns()))
    bus.read()
    bus.close()
    zero_s = seconds((cabin.zero_ns or start_ns) - start_ns)
    write_page(page, list(read_reports(reports)), cabin.scenario.played.tracks.labels, script.title, zero_s, film_path.name)
    console.print(f"On the virtual bus: {bus.frames} frames; {', '.join(bus.steps) or 'no alert'}", soft_wrap=True)
    for what, file in (("Film", film_path), ("Page", page), ("Reports", reports)):
        console.print(f"{what}: {file}", soft_wrap=True)
    return 0
