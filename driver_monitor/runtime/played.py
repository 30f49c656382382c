"""What can be replayed: a trip as it was recorded, or a video or folder made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from driver_monitor.errors import BadUseError
from driver_monitor.recording.folder import open_recording
from driver_monitor.recording.trip import Trip, is_trip
from driver_monitor.settings import Settings
from driver_monitor.settings_file import load_settings
from driver_monitor.signals import Event, Part, Report, Sample

if TYPE_CHECKING:
    from driver_monitor.monitor import View
    from driver_monitor.runtime.replay import Sink, Stepper


class Played(Protocol):
    """An open recording."""

    name: str
    files: list[Path]
    start_ns: int

    @property
    def parts(self) -> list[tuple[Part, str]]:
        """The parts that are there, and where from."""

    @property
    def missing(self) -> list[Part]:
        """The parts that are not."""

    @property
    def notes(self) -> list[str]:
        """What the user should know."""

    @property
    def duration_s(self) -> float | None:
        """Length where it is known before reading."""

    @property
    def frame_rate(self) -> float | None:
        """Pictures per second."""

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """Width and height."""

    def samples(self) -> Iterator[Sample]:
        """All samples in time order, once."""

    def close(self) -> None:
        """Close its files."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording, the settings to replay it with, and what deployment its privacy is held to."""

    recording: Played
    settings: Settings
    deployment: str


def open_played(
    path: Path,
    config: Path | None,
    identity: Path | None = None,
    from_s: float | None = None,
    to_s: float | None = None,
) -> Opened:
    """Open what ``path`` names. A trip is replayed with its own settings where ``config`` names no others.

    Raises
    ------
    BadUseError, RecordingError
        In one sentence.
    """
    if from_s is not None and to_s is not None and to_s <= from_s:
        raise BadUseError(f"--to {to_s:g} lies before --from {from_s:g}; give a later end")
    given = load_settings(config)
    if not is_trip(path):
        if from_s is not None or to_s is not None:
            raise BadUseError("--from and --to are for recorded trips; make one of this with 'recording import'")
        return Opened(open_recording(path), given, given.trip.deployment)
    trip = Trip(path, identity, from_s, to_s)
    try:
        settings = given if config is not None else trip.settings()
    except BaseException:
        trip.close()
        raise
    # a fleet's recording stays a fleet's, whatever it is replayed with
    deployment = "fleet" if "fleet" in (trip.about.deployment, settings.trip.deployment) else settings.trip.deployment
    if deployment != settings.trip.deployment:
        settings = settings.model_copy(update={"trip": settings.trip.model_copy(update={"deployment": deployment})})
    return Opened(trip, settings, deployment)


class FromZero:
    """Hands on to ``sinks`` with all times counted from the recording's start, as people read them."""

    def __init__(self, sinks: Sequence[Sink], start_ns: int) -> None:
        self._sinks = sinks
        self._start_ns = start_ns
        self._monitor: Stepper | None = None

    def take(self, sample: Sample | None, reports: Sequence[Report], monitor: Stepper) -> None:
        """Take what one sample led to."""
        if not self._start_ns:
            for sink in self._sinks:
                sink.take(sample, reports, monitor)
            return
        self._monitor = monitor
        moved = None if sample is None else replace(sample, t_ns=sample.t_ns - self._start_ns)
        told = [self._moved(report) for report in reports]
        for sink in self._sinks:
            sink.take(moved, told, self)

    @property
    def view(self) -> View | None:
        """The last picture as it was read."""
        view = None if self._monitor is None else self._monitor.view
        return None if view is None else replace(view, t_ns=view.t_ns - self._start_ns)

    def step(self, sample: Sample) -> list[Report]:
        """Not for sinks."""
        raise NotImplementedError

    def finish(self) -> list[Report]:
        """Not for sinks."""
        raise NotImplementedError

    def _moved(self, report: Report) -> Report:
        t_ns = report.t_ns - self._start_ns
        if isinstance(report, Event):
            end_ns = None if report.end_ns is None else report.end_ns - self._start_ns
            return replace(report, t_ns=t_ns, start_ns=report.start_ns - self._start_ns, end_ns=end_ns)
        return replace(report, t_ns=t_ns)
