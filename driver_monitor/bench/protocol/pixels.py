"""A case on rendered pictures: drawn once, kept as a recording, and then taken the same way as a recorded drive."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from driver_monitor.bench.protocol.cases import Case
from driver_monitor.bench.protocol.store import recording_of
from driver_monitor.bench.scenario.played import Played
from driver_monitor.bench.scenario.recording import write_recording
from driver_monitor.bench.scenario.scenario import Scenario
from driver_monitor.model_store import model_path
from driver_monitor.monitor import Monitor
from driver_monitor.recording.folder import open_recording
from driver_monitor.settings import Settings
from driver_monitor.signals import ButtonPress, Input, nanoseconds

ASSET = "virtual-driver"


def asset_path() -> Path:
    """The virtual driver's head.

    Raises
    ------
    ModelError
        When it has not been fetched.
    """
    return model_path(ASSET)


@contextmanager
def rendered(case: Case, played: Played, settings: Settings) -> Iterator[tuple[Monitor, Iterator[Input]]]:
    """A monitor with its models, and the samples of the case's recording; it is drawn first where it is not kept."""
    from driver_monitor.runtime.assembly import build_monitor

    asset = asset_path()
    folder = recording_of(case, asset, lambda out: write_recording(Scenario(played.script, asset), out))
    monitor = build_monitor(settings)
    try:
        with open_recording(folder) as recording:
            presses = (ButtonPress(nanoseconds(t_s)) for t_s in sorted(played.tracks.presses))
            yield monitor, heapq.merge(recording.samples(), presses, key=lambda s: s.t_ns)
    finally:
        monitor.close()
