"""Writes down what the Monitor was given and what it answered, so that a replay gives the same bytes."""

from __future__ import annotations

import json
import logging
import secrets
import time
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from driver_monitor import __version__
from driver_monitor.errors import DriverMonitorError
from driver_monitor.privacy import may_leave_cab
from driver_monitor.recording.h264 import Encoder
from driver_monitor.recording.trip_format import About, as_kept, report_topic, write_sample, write_video
from driver_monitor.recording.trip_writer import Limits, TripWriter
from driver_monitor.runtime.reports import as_bytes, encode
from driver_monitor.settings import Settings
from driver_monitor.signals import NS_PER_S, CameraFrame, Report, Sample

_LOGGER = logging.getLogger("driver_monitor.live")


class Steps(Protocol):
    """What is recorded."""

    def step(self, sample: Sample) -> list[Report]:
        """Take one sample."""

    def finish(self) -> list[Report]:
        """The samples have ended."""


class Unwatched:
    """Takes the Monitor's place where only the sensors are recorded."""

    def step(self, sample: Sample) -> list[Report]:
        """Nothing is made of it."""
        return []

    def finish(self) -> list[Report]:
        """Nothing was left open."""
        return []


class Recorder:
    """A trip's recording; ``around`` puts it about a Monitor.

    Parameters
    ----------
    target
        A file or a folder.
    settings
        Of the drive; they are attached.
    models
        SHA-256 by name.
    zero_ns
        The trip's time 0.
    made_by
        ``run`` or ``record``.
    """

    def __init__(self, target: Path, settings: Settings, models: dict[str, str], zero_ns: int, made_by: str = "run") -> None:
        chosen = settings.recording
        self._about = About(
            zero_ns=zero_ns,
            wall_ns=time.time_ns() - time.monotonic_ns(),
            trip=secrets.token_hex(8),
            version=__version__,
            deployment=settings.trip.deployment,
            models=models,
            lossy="the pictures are H.264" if chosen.video == "h264" else "",
            made_by=made_by,
        )
        limits = Limits(
            part_bytes=round(chosen.part_mb * 1e6),
            part_ns=round(chosen.part_minutes * 60 * NS_PER_S),
            folder_bytes=round(chosen.folder_gb * 1e9),
        )
        self._settings = settings
        self._video = Encoder(settings.camera.fps) if chosen.video == "h264" else None
        self._last_ns = zero_ns
        self._monitor: Steps = Unwatched()
        self._writer = TripWriter(target, self._about, attached(settings, models), limits, chosen.public_key)
        self.name = self._writer.name

    def around(self, monitor: Steps) -> Self:
        """Record this Monitor's steps; gives itself, to be used in the Monitor's place."""
        self._monitor = monitor
        return self

    def step(self, sample: Sample) -> list[Report]:
        """Step the Monitor with the sample as the recording gives it back, and write both down."""
        wall_ns = self._about.wall_ns
        if self._video is not None and isinstance(sample, CameraFrame):
            kept: Sample = sample
            topic, data = write_video(sample.t_ns, self._video.encode(sample.image), wall_ns)
        else:
            kept = as_kept(sample, self._settings.recording.jpeg_quality)
            topic, data = write_sample(kept, wall_ns)
        reports = self._monitor.step(kept)
        self._last_ns = kept.t_ns
        self._writer.put(topic, kept.t_ns, data)
        self._write(reports)
        return reports

    def finish(self) -> list[Report]:
        """The samples have ended."""
        reports = self._monitor.finish()
        self._write(reports)
        return reports

    def in_words(self) -> str:
        """What came of it, in one line."""
        files = self._writer.files
        where = str(files[0]) if len(files) == 1 else f"{files[0]} and {len(files) - 1} more parts"
        lost = f"; {self._writer.lost} messages were lost, as the disk could not keep up" if self._writer.lost else ""
        return f"recorded in {where}{lost}" if not self._writer.trouble else self._writer.trouble

    def close(self) -> None:
        """End the file; may be called again."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _write(self, reports: list[Report]) -> None:
        for report in reports:
            if may_leave_cab(report, self._about.deployment):
                line = encode(report, self._about.zero_ns)
                # a report is kept with the sample that led to it; its own time stands in the line
                self._writer.put(report_topic(line), self._last_ns, as_bytes(line))


def attached(settings: Settings, models: dict[str, str]) -> dict[str, tuple[str, bytes]]:
    """What a replay needs besides the samples: settings, models' hashes, version, and the description of the bus."""
    from driver_monitor.perception.driving import find_dbc
    from driver_monitor.settings_file import render

    program = {"version": __version__, "models": models}
    files = {
        "settings.json": ("application/json", json.dumps(settings.model_dump(mode="json"), sort_keys=True).encode()),
        "settings.toml": ("application/toml", render(settings).encode()),
        "program.json": ("application/json", json.dumps(program, sort_keys=True).encode()),
    }
    try:
        files["vehicle.dbc"] = ("text/plain", find_dbc(settings.vehicle.dbc).read_bytes())
    except (OSError, DriverMonitorError) as problem:
        _LOGGER.warning("the description of the bus is not attached to the recording: %s", problem)
    return files
