"""Pictures of the virtual driver for those who need some: the demo drive's first ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from driver_monitor.bench.scenario.scenario import Scenario
from driver_monitor.bench.virtual_cabin import find_scenario
from driver_monitor.model_store import model_path
from driver_monitor.signals import CameraFrame


def virtual_pictures(count: int, fps: float | None = None) -> Iterator[CameraFrame]:
    """The first ``count`` pictures of the demo drive, at its own rate or at ``fps`` a second."""
    scenario = Scenario.load(find_scenario("demo.toml"), model_path("virtual-driver"))
    if fps is not None:
        camera = scenario.script.camera.model_copy(update={"fps": fps})
        scenario = Scenario(replace(scenario.script, camera=camera), scenario.asset)
    for frame in islice(scenario.frames(workers=2), count):
        yield CameraFrame(frame.t_ns, frame.image)
