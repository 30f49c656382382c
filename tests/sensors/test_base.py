"""What every sensor does when its device dies, is missing, or comes back."""

from __future__ import annotations

import numpy as np
import pytest

from driver_monitor.errors import DeviceError
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import ButtonPress, SensorStatus
from tests.sensors.bench import Flaky, collect, statuses


def test_a_sensor_that_dies_is_told_and_opened_again_with_back_off() -> None:
    queue = SampleQueue()
    with Flaky("o" + "r" + "-" + "xx" + "o" + "r") as sensor:
        assert sensor.start(queue)
        got = collect(queue, lambda s: len(s) >= 5)
    assert statuses(got) == [("button", "ok"), ("button", "lost"), ("button", "ok")]
    assert [s.reason for s in got if isinstance(s, SensorStatus)] == ["", "gone", "open again"]
    first, second, third = np.diff(sensor.opened_s)
    assert first >= 0.05
    assert second >= 0.1
    assert third >= 0.2  # each wait is twice the one before


def test_a_sensor_that_is_missing_is_told_once_and_found_when_it_comes() -> None:
    queue = SampleQueue()
    with Flaky("xxo") as sensor:
        assert not sensor.start(queue)
        got = collect(queue, lambda s: len(s) >= 2)
    assert statuses(got) == [("button", "missing"), ("button", "ok")]


def test_a_required_sensor_that_is_missing_stops_the_start() -> None:
    with pytest.raises(DeviceError, match="not there"):
        Flaky("x").start(SampleQueue(), required=True)


def test_an_unforeseen_fault_is_a_loss_not_a_dead_thread(caplog: pytest.LogCaptureFixture) -> None:
    queue = SampleQueue()
    with Flaky("o!or") as sensor:
        sensor.start(queue)
        got = collect(queue, lambda s: any(isinstance(x, ButtonPress) for x in s))
    assert statuses(got) == [("button", "ok"), ("button", "lost"), ("button", "ok")]
    assert "a fault nobody foresaw" in caplog.text


def test_closing_twice_is_closing_once() -> None:
    sensor = Flaky("o")
    sensor.start(SampleQueue())
    sensor.close()
    released = sensor.released
    sensor.close()
    assert (released, sensor.released) == (1, 1)
    Flaky("o").close()  # never started
