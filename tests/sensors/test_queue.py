"""Nothing is lost between sensors and loop without a word."""

from __future__ import annotations

import time

import numpy as np
import pytest

from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import AudioChunk, ButtonPress, CameraFrame, CanFrame, Sample, SensorStatus

PICTURE = np.zeros((2, 2, 3), np.uint8)


def drain(queue: SampleQueue) -> list[Sample]:
    out = []
    while (sample := queue.get(0.0)) is not None:
        out.append(sample)
    return out


def test_samples_come_out_by_time_and_only_the_newest_picture() -> None:
    queue = SampleQueue()
    chunk, newest = AudioChunk(30, np.zeros(1, np.float32), 16_000), CameraFrame(20, PICTURE)
    for sample in (CameraFrame(10, PICTURE), chunk, newest, ButtonPress(40)):
        queue.put(sample)
    assert queue.oldest_ns() == 20
    assert drain(queue) == [newest, chunk, ButtonPress(40)]
    assert queue.replaced == 1
    assert queue.oldest_ns() is None


def test_what_does_not_fit_is_counted_and_told_and_presses_always_fit() -> None:
    queue = SampleQueue(capacity=3)
    start = time.monotonic_ns()
    for i in range(10):
        queue.put(CanFrame(start + i, 1, b""))
    queue.put(ButtonPress(start + 11))
    got = drain(queue)
    assert [s for s in got if isinstance(s, CanFrame)] == [CanFrame(start + i, 1, b"") for i in range(3)]
    assert ButtonPress(start + 11) in got
    (told,) = [s for s in got if isinstance(s, SensorStatus)]
    assert (told.part, told.state) == ("vehicle_bus", "degraded")
    assert told.reason.startswith("7 samples lost")
    assert queue.dropped["vehicle_bus"] == 7


def test_after_a_calm_time_the_part_is_ok_again(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = SampleQueue(capacity=1)
    queue.put(CanFrame(1, 1, b""))
    queue.put(CanFrame(2, 1, b""))
    now = 2
    monkeypatch.setattr("driver_monitor.sensors.queue.time.monotonic_ns", lambda: now)
    assert [type(s) for s in drain(queue)] == [CanFrame, SensorStatus]
    now += 6_000_000_000
    queue.put(ButtonPress(now))
    assert [s.state for s in drain(queue) if isinstance(s, SensorStatus)] == ["ok"]
