"""Fewer pictures are read while nothing happens, and alarms come when they came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from driver_monitor.bench.protocol.measurements import samples
from driver_monitor.bench.protocol.played import script_of
from driver_monitor.bench.protocol.run_case import measured_settings
from driver_monitor.bench.scenario.played import Played
from driver_monitor.monitor import Monitor
from driver_monitor.settings import Face
from driver_monitor.signals import Alert, Event, EyeReading, FaceMeasurement, Input, seconds

ALL = 240.0
"""More than any camera gives: every picture is read."""
QUIET = Face().most_fps
Told = list[tuple[str, str, float]]


def drive(camera_fps: int) -> Iterator[Input]:
    """Seventeen seconds on the road with blinks, and a microsleep from 11 s on."""
    script = script_of(
        "own",
        {
            "seconds": 17,
            "camera": {"fps": camera_fps},
            "drive": {"speed_kmh": 90},
            "person": {"blink_rate": 15.0},
            "do": [{"at": 11.0, "what": "microsleep", "for": 2.5}],
        },
    )
    return samples(Played(script))


def with_sinking_lids(given: Iterator[Input]) -> Iterator[Input]:
    """The same, but from 9 s on the lids sink for a second, and stay shut for another."""
    for sample in given:
        t_s = seconds(sample.t_ns)
        if not isinstance(sample, FaceMeasurement) or not 9.0 <= t_s < 11.0:
            yield sample
            continue
        shut = min(1.0, t_s - 9.0)
        eye = EyeReading(0.28 - 0.25 * shut, 0.08 + 0.72 * shut)
        yield replace(sample, left_eye=eye, right_eye=eye)


def run(most_fps: float, given: Iterator[Input]) -> tuple[Told, Told, list[float], int]:
    """Alerts and closures with their moments, the times of the pictures that were read, and how many there were."""
    monitor = Monitor(measured_settings().model_copy(update={"face": Face(most_fps=most_fps)}))
    alerts: Told = []
    closures: Told = []
    read: list[float] = []
    pictures = 0
    for sample in given:
        reports = monitor.step(sample)
        alerts += [(a.action, a.kind, seconds(a.t_ns)) for a in reports if isinstance(a, Alert)]
        events = [e for e in reports if isinstance(e, Event)]
        closures += [(e.name, "", seconds(e.start_ns)) for e in events if e.name in {"blink", "eyes_closed"}]
        if isinstance(sample, FaceMeasurement):
            pictures += 1
            assert monitor.view is not None and monitor.view.t_ns == sample.t_ns
            if not monitor.view.held:
                read.append(seconds(sample.t_ns))
    return alerts, closures, read, pictures


@cache
def watched(most_fps: float, camera_fps: int) -> tuple[Told, Told, list[float], int]:
    return run(most_fps, drive(camera_fps))


def test_a_driver_at_rest_on_the_road_costs_little_more_than_half() -> None:
    _, _, read, pictures = watched(QUIET, 30)
    quiet = [t for t in read if 4.0 <= t < 10.0]  # straight-ahead is known; blinks among them
    assert len(quiet) <= 0.75 * 6 * 30
    assert len(watched(ALL, 30)[2]) == pictures


def test_a_slow_camera_is_read_whole() -> None:
    _, _, read, pictures = watched(QUIET, 15)
    assert len(read) == pictures


@pytest.mark.parametrize("camera_fps", [10, 15, 30, 60])
def test_a_microsleep_alarms_at_the_same_moment(camera_fps: int) -> None:
    (fewer, _, _, _), (every, _, _, _) = watched(QUIET, camera_fps), watched(ALL, camera_fps)
    assert [a[:2] for a in every][:1] == [("raised", "microsleep")]
    assert [a[:2] for a in fewer] == [a[:2] for a in every]
    assert all(abs(a[2] - b[2]) <= 1.01 / camera_fps for a, b in zip(fewer, every, strict=True))


@pytest.mark.parametrize("camera_fps", [30, 60])
def test_no_blink_is_lost(camera_fps: int) -> None:
    (_, fewer, _, _), (_, every, _, _) = watched(QUIET, camera_fps), watched(ALL, camera_fps)
    assert len(every) >= 3
    assert [e[0] for e in fewer] == [e[0] for e in every]
    assert all(abs(a[2] - b[2]) <= 1.01 / camera_fps for a, b in zip(fewer, every, strict=True))


def test_every_picture_is_read_while_the_eyes_are_shut() -> None:
    shut = [t for t in watched(QUIET, 60)[2] if 11.3 <= t <= 13.2]
    assert len(shut) >= 1.9 * 60 - 2


def test_lids_that_sink_for_a_second_are_followed() -> None:
    """Each step is as small as noise, so none wakes a look: the next turn finds them."""
    _, fewer, read, _ = run(QUIET, with_sinking_lids(drive(30)))
    _, every, _, _ = run(ALL, with_sinking_lids(drive(30)))
    sunk = [t for t in read if 9.4 <= t <= 11.0]
    assert len(sunk) >= 1.6 * 30 - 1
    ours, theirs = ([t for name, _, t in told if name == "eyes_closed"] for told in (fewer, every))
    assert theirs
    assert len(ours) == len(theirs)
    assert abs(ours[0] - theirs[0]) <= 1.0 / QUIET


def test_the_same_drive_is_read_the_same_way_twice() -> None:
    assert run(QUIET, drive(30)) == run(QUIET, drive(30))
