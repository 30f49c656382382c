"""Writes down what the Monitor was given and what it answered, so that a replay gives the same bytes."""

from __future__ import annotations

import json
import logging
import secrets
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from driver_monitor import __version__
from driver_monitor.errors import DriverMonitorError
from driver_monitor.privacy import may_leave_cab
from driver_monitor.recording.h264 import Encoder
from driver_monitor.recording.trip_format import LOSSY_VIDEO, About
from driver_monitor.recording.trip_messages import as_kept, report_topic, without_pixels, write_sample, write_video
from driver_monitor.recording.trip_writer import Limits, Message, TripWriter
from driver_monitor.runtime.reports import as_bytes, encode
from driver_monitor.settings import Settings
from driver_monitor.signals import NS_PER_S, AudioChunk, CameraFrame, Report, Sample

_LOGGER = logging.getLogger("driver_monitor.live")
_SMALL, _LINE = 100, 500  # about the bytes of a small message and of a report's line


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
            lossy=LOSSY_VIDEO if chosen.video == "h264" else "",
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
        self._ended = False
        """Whether the recording ended before the drive."""
        self._writer = TripWriter(target, self._about, attached(settings, models), limits, chosen.public_key)
        self.name = self._writer.name

    def around(self, monitor: Steps) -> Self:
        """Record this Monitor's steps; gives itself, to be used in the Monitor's place."""
        self._monitor = monitor
        return self

    def step(self, sample: Sample) -> list[Report]:
        """Step the Monitor with the sample as the recording gives it back, and write both down."""
        # Short, for it is called some hundred times a second: what can wait is done in the writer's thread.
        kept, size = sample, _SMALL
        written: Sample | _Video = sample
        if isinstance(sample, CameraFrame):
            if self._video is None:
                kept = as_kept(sample, self._settings.recording.jpeg_quality)
                written = without_pixels(kept)  # they are many, and would wait for up to half a second
                size += len(written.jpeg or b"")
            elif not self._ended:
                try:
                    written = _Video(sample.t_ns, self._video.encode(sample.image))
                    size += len(written.data)
                except ValueError as problem:
                    self._ended = True
                    self._writer.give_up(str(problem))
        elif isinstance(sample, AudioChunk):
            kept = written = as_kept(sample)
            size += 2 * len(kept.samples)
        reports = self._monitor.step(kept)
        self._last_ns = sample.t_ns
        if reports:
            self._writer.later(self._messages, (written, reports), size + _LINE * len(reports), 1 + len(reports))
        else:
            self._writer.later(self._message, written, size)
        return reports

    def finish(self) -> list[Report]:
        """The samples have ended."""
        reports = self._monitor.finish()
        self._writer.later(self._lines, (self._last_ns, reports), _LINE * len(reports), len(reports))
        return reports

    @property
    def trouble(self) -> str:
        """Why the recording ended early, in one sentence."""
        return self._writer.trouble

    def in_words(self) -> str:
        """What came of it, in one line."""
        files = self._writer.files
        where = str(files[0]) if len(files) == 1 else f"{files[0]} and {len(files) - 1} more parts"
        lost = f"; {self._writer.lost} messages were lost, as the disk could not keep up" if self._writer.lost else ""
        return self.trouble or f"recorded in {where}{lost}"

    def close(self) -> None:
        """End the file; may be called again."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # ----------------------------------------------------------------------------------------------- in the writer's thread

    def _message(self, written: Sample | _Video) -> tuple[Message]:
        wall_ns = self._about.wall_ns
        made = write_video(*written, wall_ns) if isinstance(written, _Video) else write_sample(written, wall_ns)
        return ((made[0], written.t_ns, made[1]),)

    def _messages(self, step: tuple[Sample | _Video, list[Report]]) -> list[Message]:
        written, reports = step
        return [*self._message(written), *self._lines((written.t_ns, reports))]

    def _lines(self, told: tuple[int, list[Report]]) -> list[Message]:
        # a report is kept with the sample that led to it; its own time stands in the line
        t_ns, reports = told
        about = self._about
        return [
            (report_topic(report), t_ns, as_bytes(encode(report, about.zero_ns)))
            for report in reports
            if may_leave_cab(report, about.deployment)
        ]


class _Video(NamedTuple):
    t_ns: int
    data: bytes


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
