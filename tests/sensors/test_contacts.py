"""Button and privacy switch, on simulated pins."""

from __future__ import annotations

import threading
import time

import pytest
from gpiozero import Button
from gpiozero.pins.mock import MockFactory

from driver_monitor.sensors.button import AcknowledgeButton
from driver_monitor.sensors.privacy import PrivacySwitch
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import ButtonPress, SensorStatus
from tests.sensors.bench import Flaky, collect, statuses


def test_the_button_is_pressed_once_for_each_press() -> None:
    factory, queue = MockFactory(), SampleQueue()
    pin = factory.pin(24)
    with AcknowledgeButton(24, factory) as button:
        button.start(queue)
        for _ in range(2):
            pin.drive_low()
            time.sleep(0.1)
            pin.drive_high()
            time.sleep(0.1)
        got = collect(queue, lambda s: sum(isinstance(x, ButtonPress) for x in s) >= 2)
    assert sum(isinstance(x, ButtonPress) for x in got) == 2


def test_while_the_privacy_switch_is_closed_the_sensors_are_shut_and_that_is_said() -> None:
    factory, queue = MockFactory(), SampleQueue()
    pin, watched = factory.pin(22), Flaky("o")
    with PrivacySwitch(22, factory, [watched]) as switch, watched:
        switch.start(queue)
        watched.start(queue)
        pin.drive_low()
        got = collect(queue, lambda s: ("button", "off") in statuses(s))
        assert watched.released == 1
        opened = len(watched.opened_s)
        time.sleep(0.3)
        assert len(watched.opened_s) == opened  # not tried again meanwhile
        pin.drive_high()
        got += collect(queue, lambda s: statuses(s)[-1:] == [("button", "ok")])
    assert [s.reason for s in got if isinstance(s, SensorStatus) and s.state == "off"] == ["the privacy switch is on"]
    assert [s.button for s in got if isinstance(s, ButtonPress)] == ["privacy"]


def test_a_sensor_shut_for_two_reasons_is_opened_when_neither_holds() -> None:
    queue, watched = SampleQueue(), Flaky("o")
    with watched:
        watched.start(queue)
        watched.shut("the switch")
        watched.shut("the button")
        got = collect(queue, lambda s: ("button", "off") in statuses(s))
        watched.unshut("the switch")
        time.sleep(0.3)
        assert len(watched.opened_s) == 1
        watched.unshut("the button")
        got += collect(queue, lambda s: statuses(s)[-1:] == [("button", "ok")])
    assert statuses(got) == [("button", "ok"), ("button", "off"), ("button", "ok")]


@pytest.mark.parametrize("closed", [True, False])
def test_a_switch_that_is_turned_in_the_very_moment_of_the_start_is_obeyed(monkeypatch: pytest.MonkeyPatch, closed: bool) -> None:
    factory, late = MockFactory(), list[threading.Thread]()
    pin, watched = factory.pin(22), Flaky("o")
    looked = Button.is_pressed

    def turned_behind_the_look(button: Button) -> bool:
        seen = bool(looked.fget(button))
        if not late:
            late.append(threading.Thread(target=pin.drive_low if closed else pin.drive_high))
            late[0].start()
            late[0].join(0.5)
        return seen

    if not closed:
        pin._set_pull = lambda _: pin._change_state(False)  # it is closed before the start
    monkeypatch.setattr(Button, "is_pressed", property(turned_behind_the_look))
    with PrivacySwitch(22, factory, [watched]) as switch:
        switch.start(SampleQueue())
        late[0].join()
        assert bool(watched._shut) is closed


def test_a_switch_that_is_closed_at_the_start_keeps_the_camera_from_being_opened_at_all() -> None:
    factory, queue = MockFactory(), SampleQueue()
    factory.pin(22).pull = "up"
    watched = Flaky("o")
    switch = PrivacySwitch(22, factory, [watched])
    closed = factory.pin(22)
    closed._set_pull = lambda _: closed._change_state(False)  # the switch wins over the pull
    with switch, watched:
        switch.start(queue)
        assert not watched.start(queue, required=True)
        got = collect(queue, lambda s: ("button", "off") in statuses(s))
        assert watched.opened_s == []
    assert ("button", "ok") in statuses(got)  # the switch itself
