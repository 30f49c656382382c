"""Samples as they come out of a sensor's queue."""

from __future__ import annotations

import time
from collections.abc import Callable

from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import Sample, SensorStatus


def collect(queue: SampleQueue, enough: Callable[[list[Sample]], bool], limit_s: float = 10.0) -> list[Sample]:
    got: list[Sample] = []
    end = time.monotonic() + limit_s
    while not enough(got):
        assert time.monotonic() < end, f"only {[s if isinstance(s, SensorStatus) else type(s).__name__ for s in got]} came"
        if (sample := queue.get(0.1)) is not None:
            got.append(sample)
    return got


def statuses(samples: list[Sample]) -> list[tuple[str, str]]:
    return [(s.part, s.state) for s in samples if isinstance(s, SensorStatus)]
