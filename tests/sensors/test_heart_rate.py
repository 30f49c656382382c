"""Beats and presses over the firmware bridge, on a pseudo-terminal."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from driver_monitor import settings
from driver_monitor.sensors.heart_rate import HeartRate
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import ButtonPress, HeartBeat, SensorStatus
from firmware_bridge.protocol import UNTIL_CHANGED
from firmware_bridge.simulator import Simulator
from tests.sensors.bench import Flaky, collect, statuses


def test_beats_and_presses_come_over_the_bridge_and_an_unplugged_bridge_is_told() -> None:
    queue = SampleQueue()
    simulator = Simulator(rate_bpm=200, seed=2).start()
    with HeartRate(settings.HeartRate(source=simulator.port)) as sensor:
        sensor.start(queue)
        simulator.press(1)
        got = collect(
            queue, lambda s: sum(isinstance(x, HeartBeat) for x in s) >= 6 and any(isinstance(x, ButtonPress) for x in s)
        )
        simulator.close()
        got += collect(queue, lambda s: ("heart_rate", "lost") in statuses(s))
    beats = [s for s in got if isinstance(s, HeartBeat) and s.skin_us is None]
    assert beats
    assert all(b.rr_ms == pytest.approx(300, abs=45) and b.contact for b in beats)
    skin = [s for s in got if isinstance(s, HeartBeat) and s.skin_us is not None]
    assert skin
    assert all(s.skin_us == pytest.approx(4, abs=1) and s.skin_c == pytest.approx(33, abs=1) and s.rr_ms is None for s in skin)
    assert [s.button for s in got if isinstance(s, ButtonPress)] == ["privacy"]


def test_the_bridges_privacy_button_shuts_the_camera_and_the_next_press_opens_it() -> None:
    queue, camera = SampleQueue(), Flaky("o")
    with Simulator() as simulator, HeartRate(settings.HeartRate(source=simulator.port), [camera]) as sensor, camera:
        sensor.start(queue)
        camera.start(queue)
        simulator.press(1)
        got = collect(queue, lambda s: ("button", "off") in statuses(s))
        simulator.press(0)
        got += collect(queue, lambda s: any(isinstance(x, ButtonPress) and x.button == "acknowledge" for x in s))
        assert len(camera.opened_s) == 1
        simulator.press(1)
        got += collect(queue, lambda s: ("button", "ok") in statuses(s))
    off = [s.reason for s in got if isinstance(s, SensorStatus) and s.state == "off"]
    assert off == ["the bridge's privacy button was pressed"]
    assert [s.button for s in got if isinstance(s, ButtonPress)] == ["privacy", "acknowledge", "privacy"]


def test_a_bridge_that_restarts_is_told_and_plays_on() -> None:
    queue = SampleQueue()
    with Simulator() as simulator, HeartRate(settings.HeartRate(source=simulator.port)) as sensor:
        sensor.start(queue)
        sensor.drive(1, 80, 300, 300, 255)
        collect(queue, lambda _: 1 in simulator.drives)
        collect(queue, lambda s: sum(isinstance(x, HeartBeat) for x in s) >= 6)  # its uptime has grown
        simulator.restart()
        got = collect(queue, lambda s: ("heart_rate", "ok") in statuses(s))
        collect(queue, lambda _: 1 in simulator.drives)
    assert [s.reason for s in got if isinstance(s, SensorStatus)] == ["the bridge has restarted", "the bridge answers again"]


def test_a_bridge_plugged_in_again_is_given_what_lasts(tmp_path: Path) -> None:
    queue, name = SampleQueue(), tmp_path / "bridge"
    first = Simulator().start()
    name.symlink_to(first.port)
    with HeartRate(settings.HeartRate(source=str(name))) as sensor:
        sensor.start(queue)
        sensor.drive(1, 80, 300, 300, 255)
        collect(queue, lambda _: 1 in first.drives)
        first.close()
        collect(queue, lambda s: ("heart_rate", "lost") in statuses(s))
        name.unlink()
        with Simulator() as second:
            name.symlink_to(second.port)
            collect(queue, lambda s: ("heart_rate", "ok") in statuses(s) and 1 in second.drives)
            sensor.drive(1, 0, 0, 0, 1)
            collect(queue, lambda _: second.drives[1].strength == 0)


def test_what_is_switched_off_while_a_bridge_is_opened_again_stays_off(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    late: list[threading.Thread] = []

    class Opened:
        """A link; while the first lasting order is said to it, the loop's thread switches both outputs off."""

        def __init__(self, *_: object) -> None: ...

        def drive(self, output: int, strength: int, *_: object) -> None:
            told.append((output, strength))
            if not late:
                late.append(threading.Thread(target=switch_off))
                late[0].start()
                late[0].join(0.5)

    def switch_off() -> None:
        for output in (0, 1):
            sensor.drive(output, 0, 0, 0, 1)

    monkeypatch.setattr("driver_monitor.sensors.heart_rate.Link", Opened)
    sensor = HeartRate(settings.HeartRate(source="/dev/ttyACM0"))
    for output in (0, 1):
        sensor.drive(output, 80, 300, 300, UNTIL_CHANGED)
    sensor._open()
    late[0].join()
    assert dict(told) == {0: 0, 1: 0}  # the last word to each


def test_no_bridge_is_missing() -> None:
    queue = SampleQueue()
    with HeartRate(settings.HeartRate(source="/dev/ttyNONE")) as sensor:
        assert not sensor.start(queue)
    (told,) = collect(queue, bool)
    assert isinstance(told, SensorStatus)
    assert (told.state, told.reason.count("\n")) == ("missing", 0)
