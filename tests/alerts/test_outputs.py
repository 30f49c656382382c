"""Buzzer, light and log: what the driver hears and sees of an alert's life."""

from __future__ import annotations

import itertools
import logging
import os
import subprocess
import sys
import time
from typing import Any

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory

from driver_monitor.alerts.buzzer import Buzzer
from driver_monitor.alerts.light import Light
from driver_monitor.alerts.log import LogOutput
from driver_monitor.alerts.outputs import Pins, StandingAlerts, open_outputs
from driver_monitor.alerts.patterns import CLOSED_EYE_PATTERNS, PATTERNS, Pattern, pattern_of
from driver_monitor.privacy import may_leave_cab
from driver_monitor.settings import Outputs, Settings, Trip, Vehicle
from driver_monitor.signals import LEVELS, AlertKind, DriverState, nanoseconds
from tests.alerts.buzzer_bench import BuzzerClock
from tests.alerts.output_bench import LOG, alert, soon


def changes(pin: Any) -> int:
    return len(pin.states)


def duty(pattern: Pattern) -> float:
    return sounding(pattern) / sum(step.on_s + step.off_s for step in pattern.steps)


def sounding(pattern: Pattern) -> float:
    return sum(step.on_s for step in pattern.steps)


def test_every_level_sounds_different_and_closed_eyes_sound_more_urgent() -> None:
    everything = [*PATTERNS.values(), *CLOSED_EYE_PATTERNS.values()]
    assert len(set(everything)) == len(everything) == 6
    for level in PATTERNS:
        sound = sounding(CLOSED_EYE_PATTERNS[level]), duty(CLOSED_EYE_PATTERNS[level])
        assert sound[0] >= sounding(PATTERNS[level])
        assert sound[1] > duty(PATTERNS[level]) or level == "caution"
    assert duty(CLOSED_EYE_PATTERNS["critical"]) == 1.0
    assert pattern_of(alert(level="advice")) is None
    assert pattern_of(alert(kind="sleep")) != pattern_of(alert(kind="long_distraction"))


def test_a_warning_sounds_until_it_is_acknowledged(clock: BuzzerClock) -> None:
    factory = MockFactory()
    pin = factory.pin(18)
    with_buzzer = Buzzer(18, factory)
    try:
        with_buzzer.handle(alert("raised"))  # and comes back though no second passes: the loop does not wait for the sound
        clock.after(1.0)
        assert [state.state for state in pin.states] == [False, True, False, True, False]  # it repeats
        assert [state.timestamp for state in pin.states[2:]] == pytest.approx([0.2, 0.4, 0.2])
        with_buzzer.handle(alert("acknowledged"))
        clock.after(0.0)
        assert not pin.state
        quiet = changes(pin)
        clock.after(60.0)
        assert changes(pin) == quiet
        with_buzzer.handle(alert("repeated"))
        clock.after(0.0)
        assert pin.state
        with_buzzer.handle(alert("cleared"))
        clock.after(0.0)
        assert not pin.state
    finally:
        with_buzzer.close()
        with_buzzer.close()


class Fails:
    """A buzzer's device whose pin fails so many times."""

    def __init__(self, device: Any, times: int) -> None:
        self._device, self._left = device, times

    def on(self) -> None:
        self._left -= 1
        if self._left >= 0:
            raise RuntimeError("the pin is gone")
        self._device.on()

    def off(self) -> None:
        self._device.off()

    def close(self) -> None:
        self._device.close()


def test_a_critical_alarm_whose_pin_failed_sounds_again_without_waiting_for_the_next_alert(clock: BuzzerClock) -> None:
    factory = MockFactory()
    pin = factory.pin(18)
    buzzer = Buzzer(18, factory)
    try:
        buzzer._device = Fails(buzzer._device, 3)
        buzzer.handle(alert("raised", "critical", "sleep"))
        clock.after(0.0)
        assert buzzer.trouble == "buzzer: the pin does not answer (the pin is gone)"
        clock.after(2.9)
        assert not pin.state
        clock.after(0.1)  # tried again each second
        assert pin.state
    finally:
        buzzer.close()
    assert buzzer.trouble is None


def test_the_tone_stops_when_a_critical_alert_falls_to_advice_and_begins_again_when_it_rises(clock: BuzzerClock) -> None:
    factory = MockFactory()
    pin, lamp = factory.pin(18), factory.pin(23)
    buzzer, light = Buzzer(18, factory), Light(23, factory)
    try:
        for output in (buzzer, light):
            output.handle(alert("raised", "critical", "sleep"))
        clock.after(0.0)
        assert pin.state
        for output in (buzzer, light):
            output.handle(alert("repeated", "advice", "sleep"))
        clock.after(0.0)
        assert not pin.state
        assert lamp.state
        quiet, steady = changes(pin), changes(lamp)
        clock.after(60.0)
        time.sleep(0.3)  # the lamp's own time
        assert (changes(pin), changes(lamp)) == (quiet, steady)
        for output in (buzzer, light):
            output.handle(alert("escalated", "critical", "sleep"))
        clock.after(0.0)
        assert pin.state
        assert soon(lambda: changes(lamp) > steady)
    finally:
        buzzer.close()
        light.close()


def test_a_chime_sounds_once_and_again_when_repeated(clock: BuzzerClock) -> None:
    factory = MockFactory()
    pin = factory.pin(18)
    buzzer = Buzzer(18, factory)
    try:
        buzzer.handle(alert("raised", "caution"))
        clock.after(60.0)
        assert changes(pin) == 5  # first state, then on off on off
        buzzer.handle(alert("raised", "advice", number=2))  # something lesser does not ring it again
        clock.after(60.0)
        assert changes(pin) == 5
        buzzer.handle(alert("repeated", "caution"))
        clock.after(60.0)
        assert changes(pin) == 9
    finally:
        buzzer.close()


def test_sleep_drowns_a_distraction_and_the_distraction_comes_back(clock: BuzzerClock) -> None:
    factory = MockFactory()
    pin = factory.pin(18)
    buzzer = Buzzer(18, factory)
    try:
        buzzer.handle(alert("raised", "warning", "long_distraction", 1))
        buzzer.handle(alert("raised", "critical", "sleep", 2))
        clock.after(0.0)
        assert pin.state
        steady = changes(pin)
        clock.after(10.0)
        assert changes(pin) == steady  # unbroken
        buzzer.handle(alert("cleared", "critical", "sleep", 2))
        clock.after(0.9)
        assert changes(pin) == steady + 5  # off, then on off on off
    finally:
        buzzer.close()
    assert not pin.state


def test_closing_silences(clock: BuzzerClock) -> None:
    factory = MockFactory()
    pin = factory.pin(18)
    buzzer = Buzzer(18, factory)
    buzzer.handle(alert("raised", "critical", "sleep"))
    clock.after(0.0)
    assert pin.state
    buzzer.close()
    assert not pin.state


class Told:
    """A light's device that keeps how it was told to blink."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self.blinks: list[tuple[float, float]] = []

    def on(self) -> None:
        self._device.on()

    def off(self) -> None:
        self._device.off()

    def blink(self, on_s: float, off_s: float) -> None:
        self.blinks.append((on_s, off_s))
        self._device.blink(on_s, off_s)

    def close(self) -> None:
        self._device.close()


def test_the_light_blinks_faster_with_each_level_and_stays_on_when_acknowledged() -> None:
    factory = MockFactory()
    pin = factory.pin(23)
    light = Light(23, factory)
    told = light._device = Told(light._device)
    light.handle(alert("raised", "advice"))
    assert pin.state
    assert told.blinks == []
    for level in ("caution", "warning", "critical"):
        light.handle(alert("escalated", level))
        before = changes(pin)
        assert soon(lambda before=before: changes(pin) >= before + 3)  # type: ignore[misc]
    assert all(on_s == off_s for on_s, off_s in told.blinks)
    halves = [on_s for on_s, _ in told.blinks]
    assert halves == sorted(set(halves), reverse=True)
    assert len(halves) == 3
    light.handle(alert("acknowledged", "critical"))
    assert pin.state
    steady = changes(pin)
    time.sleep(0.3)
    assert changes(pin) == steady
    light.handle(alert("cleared", "critical"))
    assert not pin.state
    light.close()
    light.close()


def test_the_most_urgent_alert_does_not_depend_on_the_order() -> None:
    kinds: tuple[AlertKind, ...] = ("drowsy", "sleep")
    steps = [alert("raised", level, kind, i) for i, (level, kind) in enumerate(itertools.product(LEVELS, kinds))]
    for order in (steps, steps[::-1], steps[3:] + steps[:3]):
        standing = StandingAlerts()
        for step in order:
            standing.step(step)
        top = standing.unanswered()
        assert top is not None
        assert (top.level, top.kind) == ("critical", "sleep")


def test_the_log_says_what_when_how_urgent_and_why(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "test.outputs"):
        LogOutput(LOG, Settings(), zero_ns=nanoseconds(2.0)).handle(alert("raised"))
        LogOutput(LOG, Settings(), zero_ns=nanoseconds(2.0)).handle(alert("cleared"))
    assert [r.getMessage() for r in caplog.records] == [
        "10.3 s: long distraction raised, warning: one glance off the road ≥ 3 s (yawns 3 in 5 min, perclos short 0.18)",
        "10.3 s: long distraction cleared, warning",
    ]


def test_in_a_fleet_stress_and_anger_are_not_even_logged(caplog: pytest.LogCaptureFixture) -> None:
    fleet = Settings(trip=Trip(deployment="fleet", emotion_safety_purpose="stated"))
    with caplog.at_level(logging.INFO, "test.outputs"):
        LogOutput(LOG, fleet).handle(alert(kind="anger"))
        LogOutput(LOG, fleet).handle(alert(kind="drowsy"))
        LogOutput(LOG, Settings()).handle(alert(kind="stress"))
    assert [r.getMessage().split()[2] for r in caplog.records] == ["drowsy", "stress"]
    assert not may_leave_cab(DriverState(0, "stress", 0.5, 1.0), fleet.trip.deployment)
    assert may_leave_cab(DriverState(0, "fatigue", 0.5, 1.0), fleet.trip.deployment)


def test_simulated_pins_are_told_in_one_line(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pathlib.Path.glob", lambda *_: iter(()))
    with caplog.at_level(logging.INFO, "test.outputs"):
        outputs, problems = open_outputs(Settings(), LOG)
    assert [o.part for o in outputs] == [None, "buzzer", "light"]
    (line,) = [r.getMessage() for r in caplog.records]
    assert "this machine has no GPIO" in line
    assert [(p.part, p.state, p.reason) for p in problems] == [
        ("buzzer", "missing", "simulated"),
        ("light", "missing", "simulated"),
    ]
    for output in outputs:
        output.close()


def test_no_pins_no_outputs() -> None:
    outputs, problems = open_outputs(Settings(outputs=Outputs(buzzer_pin=None, light_pin=None)), LOG)
    assert [o.part for o in outputs] == [None]
    assert problems == []


def test_a_pin_that_is_taken_is_told_and_the_rest_goes_on() -> None:
    factory = MockFactory()
    taken = LED(23, pin_factory=factory)
    settings = Settings(outputs=Outputs(buzzer_pin=18, light_pin=23), vehicle=Vehicle(send_alerts=True))
    outputs, problems = open_outputs(settings, LOG, pins=Pins(factory))
    taken.close()
    assert [o.part for o in outputs] == [None, "buzzer"]
    assert [(p.part, p.state) for p in problems] == [("light", "missing"), ("bus", "missing")]
    assert "choose another [outputs] light_pin" in problems[0].reason
    for output in outputs:
        output.close()


def test_a_named_factory_that_does_not_work_here_is_told_and_nothing_is_simulated(caplog: pytest.LogCaptureFixture) -> None:
    outputs, problems = open_outputs(Settings(outputs=Outputs(pin_factory="rpigpio")), LOG)
    assert [o.part for o in outputs] == [None]
    assert [(p.part, p.reason) for p in problems] == [("buzzer", "no pin factory"), ("light", "no pin factory")]
    assert "choose another [outputs] pin_factory" in caplog.text


def test_lgpio_is_told_where_to_write_before_it_is_loaded() -> None:
    script = "import os; from driver_monitor.alerts.outputs import open_pins as f; f('auto'); print(os.environ['LG_WD'])"
    environment = {k: v for k, v in os.environ.items() if k != "LG_WD"} | {"RUNTIME_DIRECTORY": "/run/somewhere"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "/run/somewhere\n"
