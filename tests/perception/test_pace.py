"""A fast camera: fewer pictures are read while nothing happens, and alarms come when they came."""

from __future__ import annotations

from functools import cache

from driver_monitor.bench.protocol.measurements import samples
from driver_monitor.bench.protocol.played import script_of
from driver_monitor.bench.protocol.run_case import measured_settings
from driver_monitor.bench.scenario.played import Played
from driver_monitor.monitor import Monitor
from driver_monitor.settings import Face
from driver_monitor.signals import Alert, Event, FaceMeasurement, seconds

ALL = 240.0
"""More than any camera gives: every picture is read."""
Told = list[tuple[str, str, float]]


@cache
def watched(most_fps: float, camera_fps: int = 60) -> tuple[Told, Told, list[float], int]:
    """Alerts and closures with their moments, the times of the pictures that were read, and how many there were."""
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
    monitor = Monitor(measured_settings().model_copy(update={"face": Face(most_fps=most_fps)}))
    alerts: Told = []
    closures: Told = []
    read: list[float] = []
    given = 0
    for sample in samples(Played(script)):
        reports = monitor.step(sample)
        alerts += [(a.action, a.kind, seconds(a.t_ns)) for a in reports if isinstance(a, Alert)]
        events = [e for e in reports if isinstance(e, Event)]
        closures += [(e.name, "", seconds(e.start_ns)) for e in events if e.name in {"blink", "eyes_closed"}]
        if isinstance(sample, FaceMeasurement):
            given += 1
            if monitor.view is not None and monitor.view.t_ns == sample.t_ns:
                read.append(seconds(sample.t_ns))
    return alerts, closures, read, given


def test_a_driver_at_rest_on_the_road_costs_a_fast_camera_half() -> None:
    _, _, read, given = watched(30.0)
    before = [t for t in read if t < 10.0]  # blinks among them
    assert len(before) <= 0.65 * 10 * 60
    assert len(watched(ALL)[2]) == given


def test_a_microsleep_alarms_at_the_same_moment() -> None:
    (fewer, _, _, _), (every, _, _, _) = watched(30.0), watched(ALL)
    assert [a[:2] for a in every][:1] == [("raised", "microsleep")]
    assert [a[:2] for a in fewer] == [a[:2] for a in every]
    assert all(abs(a[2] - b[2]) <= 1.01 / 60 for a, b in zip(fewer, every, strict=True))


def test_no_blink_is_lost() -> None:
    (_, fewer, _, _), (_, every, _, _) = watched(30.0), watched(ALL)
    assert len(every) >= 3
    assert [e[0] for e in fewer] == [e[0] for e in every]
    assert all(abs(a[2] - b[2]) <= 1.01 / 60 for a, b in zip(fewer, every, strict=True))


def test_every_picture_is_read_while_the_eyes_are_shut() -> None:
    shut = [t for t in watched(30.0)[2] if 11.3 <= t <= 13.2]
    assert len(shut) >= 1.9 * 60 - 2


def test_a_camera_of_thirty_is_read_whole() -> None:
    _, _, read, given = watched(30.0, 30)
    assert len(read) == given
