"""What can be replayed: a trip as it was recorded, or a video or folder made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from driver_monitor.errors import BadUseError
from driver_monitor.recording.folder import open_recording
from driver_monitor.recording.trip import Trip, is_trip
from driver_monitor.settings import Settings
from driver_monitor.settings_file import load_settings
from driver_monitor.signals import Part, Sample


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
