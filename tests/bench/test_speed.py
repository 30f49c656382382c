"""What ``bench speed`` times is the Monitor that drives."""

from __future__ import annotations

import pytest

from driver_monitor.bench.pictures import virtual_pictures
from driver_monitor.bench.speed import measure
from driver_monitor.runtime import assembly
from driver_monitor.settings import Settings
from driver_monitor.signals import CameraFrame


@pytest.fixture(scope="module")
def drive() -> list[CameraFrame]:
    return list(virtual_pictures(32, 10.0))


def stages(drive: list[CameraFrame], settings: Settings) -> set[str]:
    return {stage.name for stage in measure(drive, settings)[0] if stage.calls}


def test_all_that_a_drive_looks_at_is_timed(drive: list[CameraFrame]) -> None:
    assert {"landmarks alone", "picture, whole way", "hands, a look", "expression, a look"} <= stages(drive, Settings())


def test_on_a_cpu_that_mediapipe_would_kill_the_hands_are_not_opened(
    drive: list[CameraFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "mediapipe_fault", lambda: "this CPU has no ARMv8.1 atomics")
    assert "hands, a look" not in stages(drive, Settings())
