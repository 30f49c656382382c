"""The firmware image itself on an emulated ATmega328P, against the product's own sensor, output and live loop."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from driver_monitor import settings
from driver_monitor.alerts.haptic import Haptic
from driver_monitor.monitor import Monitor
from driver_monitor.sensors import base
from driver_monitor.sensors.heart_rate import HeartRate
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import Alert, ButtonPress, HeartBeat, Sample, SensorStatus
from firmware_bridge.link import Link
from firmware_bridge.protocol import BOARDS
from tests.hil.uno import Uno, missing

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")


@pytest.fixture
def uno() -> Iterator[Uno]:
    with Uno() as uno:
        yield uno


@pytest.fixture(autouse=True)
def _quick_reopening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "FIRST_BACKOFF_S", 0.05)


def collect(queue: SampleQueue, enough: Callable[[list[Sample]], bool], limit_s: float = 20.0) -> list[Sample]:
    got: list[Sample] = []
    end = time.monotonic() + limit_s
    while not enough(got):
        assert time.monotonic() < end, f"only {got} came"
        if (sample := queue.get(0.1)) is not None:
            got.append(sample)
    return got


def beats(samples: list[Sample]) -> list[HeartBeat]:
    return [s for s in samples if isinstance(s, HeartBeat) and s.rr_ms is not None]


def told(samples: list[Sample]) -> list[tuple[str, str]]:
    return [(s.state, s.reason) for s in samples if isinstance(s, SensorStatus)]


def test_the_image_says_what_it_is(uno: Uno) -> None:
    with Link(uno.port) as link:
        uno.wait(lambda: bool(link.receive()) and link.version is not None)
        assert link.version is not None
        assert BOARDS[link.version.board] == "ATmega328P"


def test_beats_on_the_pin_reach_the_monitor_as_a_heart_rate(uno: Uno) -> None:
    queue, monitor = SampleQueue(), Monitor(settings.Settings())
    with HeartRate(settings.HeartRate(source=uno.port)) as sensor:
        sensor.start(queue)
        got = collect(queue, lambda s: len(beats(s)) >= 6)
    assert [b.rr_ms for b in beats(got)] == pytest.approx([800] * 6, abs=1)  # the pin's 75 a minute
    for sample in got:
        monitor.step(sample)
    measured = monitor._heart.measure(got[-1].t_ns)
    assert measured.rate_bpm == pytest.approx(75, abs=0.2)


def test_skin_is_read_from_the_analogue_pins(uno: Uno) -> None:
    uno.do("volts 0 832")  # TMP36: 33.2 °C
    uno.do("volts 1 1429")  # 100 kΩ to ground, 4 µS to 5 V
    queue = SampleQueue()
    with HeartRate(settings.HeartRate(source=uno.port)) as sensor:
        sensor.start(queue)
        got = collect(queue, lambda s: any(isinstance(x, HeartBeat) and x.skin_us is not None for x in s))
    skin = next(x for x in got if isinstance(x, HeartBeat) and x.skin_us is not None)
    assert skin.skin_c == pytest.approx(33.2, abs=0.5)  # a step of the converter is half a degree
    assert skin.skin_us == pytest.approx(4.0, abs=0.1)


def test_a_lost_electrode_and_the_buttons_are_told(uno: Uno) -> None:
    queue = SampleQueue()
    with HeartRate(settings.HeartRate(source=uno.port)) as sensor:
        sensor.start(queue)
        collect(queue, lambda s: bool(beats(s)))
        uno.do("contact 0")
        uno.press(1)
        uno.press(0)
        got = collect(
            queue,
            lambda s: any(isinstance(x, HeartBeat) and x.contact is False for x in s)
            and sum(isinstance(x, ButtonPress) for x in s) >= 2,
        )
    assert [x.button for x in got if isinstance(x, ButtonPress)] == ["privacy", "acknowledge"]


def test_a_microsleep_shakes_the_motor_until_it_is_over(uno: Uno) -> None:
    queue = SampleQueue()
    with HeartRate(settings.HeartRate(source=uno.port)) as sensor:
        sensor.start(queue)
        haptic = Haptic(sensor, settings.Outputs(motor_strength=70))
        begin = time.monotonic_ns()
        haptic.handle(Alert(0, "raised", 1, "microsleep", "warning", "rule", "test", ()))
        uno.wait(lambda: len(uno.after(begin, "motor")) >= 8)
        haptic.handle(Alert(0, "cleared", 1, "microsleep", "warning", "rule", "test", ()))
        end = time.monotonic_ns()
        uno.wait(lambda: bool(uno.after(end, "motor")) or uno.after(begin, "motor")[-1].level == 0)
        time.sleep(0.5)
        edges = uno.after(begin, "motor")
    on = [e for e in edges if e.level]
    assert {e.level for e in on} == {70}
    # the chip's own time: 200 ms on, 80 ms off
    assert [round((b.chip_us - a.chip_us) / 1000) for a, b in pairwise(on[:3])] == pytest.approx([280, 280], abs=1)
    assert edges[-1].level == 0


def test_a_loop_that_dies_is_missed_aloud_and_the_driver_can_quiet_it(uno: Uno) -> None:
    queue = SampleQueue()
    with HeartRate(settings.HeartRate(source=uno.port)) as sensor:
        sensor.start(queue)
        haptic = Haptic(sensor, settings.Outputs())
        for _ in range(15):  # the loop turns for a while and stands still
            haptic.states([])
            time.sleep(0.1)
        still = time.monotonic_ns()
        uno.wait(lambda: bool(uno.after(still, "buzzer")))
        late_s = (uno.after(still, "buzzer")[0].wall_ns - still) * 1e-9
        assert 4.4 < late_s < 6.5  # 5 s after the last heartbeat, which may go until a second after the last turn
        uno.press(0)
        quiet = time.monotonic_ns()
        time.sleep(1.0)
        assert uno.after(quiet, "buzzer") == []


def test_a_program_that_ends_in_order_is_not_missed(uno: Uno) -> None:
    queue = SampleQueue()
    with HeartRate(settings.HeartRate(source=uno.port)) as sensor:
        sensor.start(queue)
        haptic = Haptic(sensor, settings.Outputs())
        for _ in range(8):
            haptic.states([])
            time.sleep(0.1)
        haptic.close()
    ended = time.monotonic_ns()
    time.sleep(6.0)
    assert uno.after(ended, "buzzer") == []


def test_a_bridge_unplugged_is_told_within_two_seconds_and_comes_back_by_itself(tmp_path: Path) -> None:
    name, queue = tmp_path / "bridge", SampleQueue()
    first = Uno()
    name.symlink_to(first.port)
    with HeartRate(settings.HeartRate(source=str(name))) as sensor:
        sensor.start(queue)
        collect(queue, lambda s: bool(beats(s)))
        gone = time.monotonic()
        first.close()
        collect(queue, lambda s: any(state == "lost" for state, _ in told(s)))
        assert time.monotonic() - gone < 2.0
        name.unlink()
        with Uno() as second:
            name.symlink_to(second.port)
            collect(queue, lambda s: ("ok", "open again") in told(s) and bool(beats(s)))


def test_a_bridge_that_restarts_is_told_within_two_seconds_and_plays_on(uno: Uno) -> None:
    queue = SampleQueue()
    with HeartRate(settings.HeartRate(source=uno.port)) as sensor:
        sensor.start(queue)
        sensor.drive(2, 100, 300, 100, 255)
        collect(queue, lambda s: len(beats(s)) >= 2)
        at = time.monotonic_ns()
        uno.do("reset")
        got = collect(queue, lambda s: any(state == "degraded" for state, _ in told(s)))
        assert (time.monotonic_ns() - at) * 1e-9 < 2.0
        collect(queue, lambda s: ("ok", "the bridge answers again") in told(s))
        uno.wait(lambda: len(uno.after(at, "lamp")) >= 4)
    assert told(got)[-1] == ("degraded", "the bridge has restarted")


def test_garbage_on_the_wire_is_counted_and_the_beats_go_on(uno: Uno) -> None:
    noise = random.Random(7)
    with Link(uno.port) as link:
        uno.wait(lambda: bool(link.receive()) and link.version is not None)
        for _ in range(20):
            os.write(link._serial.fd, noise.randbytes(60))
            link.turned(armed=False)
            link.receive()
        uno.wait(lambda: bool(link.receive()) and link.counts is not None and link.counts.spoilt > 0, 20)
        assert link.latency() is not None
