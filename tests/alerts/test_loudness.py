"""How high and how loud a buzzer sounds."""

from __future__ import annotations

import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from driver_monitor.alerts.buzzer import Buzzer
from driver_monitor.alerts.outputs import Hears, open_outputs, open_pins
from driver_monitor.alerts.patterns import CLOSED_EYE_PATTERNS, PATTERNS, CabinNoise
from driver_monitor.settings import Outputs, Settings
from driver_monitor.signals import AudioChunk
from tests.alerts.buzzer_bench import BuzzerClock
from tests.alerts.output_bench import LOG, alert


def sound(level_db: float, seconds: float = 1.0) -> AudioChunk:
    return AudioChunk(0, np.full(round(16_000 * seconds), 10 ** (level_db / 20), np.float32), 16_000)


def test_the_pitch_rises_with_the_level() -> None:
    for patterns in (PATTERNS, CLOSED_EYE_PATTERNS):
        highest = [max(step.tone_hz for step in patterns[level].steps) for level in ("caution", "warning", "critical")]
        assert highest == sorted(set(highest))
    assert all(500 <= step.tone_hz <= 2000 for p in (*PATTERNS.values(), *CLOSED_EYE_PATTERNS.values()) for step in p.steps)


def test_a_tonal_buzzer_plays_the_pitches_of_the_pattern(clock: BuzzerClock) -> None:
    factory = MockFactory(pin_class=MockPWMPin)
    pin = factory.pin(18)
    buzzer = Buzzer(18, factory, Outputs(buzzer="tonal"))
    try:
        buzzer.handle(alert("raised", "caution"))
        for step in PATTERNS["caution"].steps:
            clock.after(0.0)
            assert pin.state == 0.5  # an even beat is the loudest
            assert pin.frequency == step.tone_hz
            clock.after(step.on_s + step.off_s)
    finally:
        buzzer.close()
    assert pin.state == 0


def test_sounds_grow_louder_with_the_cabin_and_what_is_critical_is_never_softened(clock: BuzzerClock) -> None:
    factory = MockFactory(pin_class=MockPWMPin)
    pin = factory.pin(18)
    buzzer = Buzzer(18, factory, Outputs(least_loudness=0.25, quiet_db=-60, loud_db=-30))
    assert isinstance(buzzer, Hears)
    try:
        buzzer.hear(sound(-60))
        buzzer.handle(alert("raised", "warning"))
        clock.after(0.0)
        assert pin.state == pytest.approx(0.25)
        buzzer.handle(alert("escalated", "critical"))
        clock.after(0.0)
        assert pin.state == 1.0
        buzzer.hear(sound(-20, 30.0))  # itself: not taken
        buzzer.handle(alert("cleared", "critical"))
        clock.after(0.4)
        assert pin.state == 0
        buzzer.hear(sound(-20, 30.0))  # its own echo: not taken
        buzzer.handle(alert("raised", "warning", number=2))
        clock.after(0.0)
        assert pin.state == pytest.approx(0.25)
        buzzer.handle(alert("cleared", "warning", number=2))
        clock.after(0.6)
        buzzer.hear(sound(-20, 30.0))  # the cabin
        buzzer.handle(alert("raised", "warning", number=3))
        clock.after(0.0)
        assert pin.state == pytest.approx(1.0, abs=0.01)
    finally:
        buzzer.close()


def test_a_buzzer_that_has_just_fallen_silent_does_not_take_its_echo_for_the_cabin(clock: BuzzerClock) -> None:
    class Overheard(Buzzer):
        """The loop's thread hands it the cabin's sound in the very moment in which it falls silent."""

        def __setattr__(self, name: str, value: object) -> None:
            ends = name == "_sounding" and not value and getattr(self, "_sounding", False)
            super().__setattr__(name, value)
            if ends:
                self.hear(sound(-20, 30.0))

    factory = MockFactory(pin_class=MockPWMPin)
    pin = factory.pin(18)
    buzzer = Overheard(18, factory, Outputs(least_loudness=0.25, quiet_db=-60, loud_db=-30))
    try:
        buzzer.hear(sound(-60))
        buzzer.handle(alert("raised", "caution"))
        clock.after(5.0)
        buzzer.handle(alert("repeated", "caution"))
        clock.after(0.0)
        assert pin.state == pytest.approx(0.25)
    finally:
        buzzer.close()


def test_the_cabin_is_heard_over_seconds_and_an_unheard_one_is_taken_for_loud() -> None:
    noise = CabinNoise(-60, -30, 0.4)
    assert noise.loudness == 1.0
    noise.hear(sound(-70))
    assert noise.loudness == pytest.approx(0.4)
    noise.hear(sound(-20, 0.1))  # a door
    assert noise.loudness < 1.0
    noise.hear(sound(-30, 30.0))
    assert noise.loudness == pytest.approx(1.0, abs=0.01)
    levels = []
    for level_db in (-55, -45, -35):
        noise = CabinNoise(-60, -30, 0.4)
        noise.hear(sound(level_db))
        levels.append(noise.loudness)
    assert levels == pytest.approx([0.5, 0.7, 0.9], abs=0.001)


def test_a_pin_without_pwm_is_told_with_the_way_out() -> None:
    outputs, problems = open_outputs(
        Settings(outputs=Outputs(buzzer="tonal", light_pin=None)), LOG, pins=type(open_pins("mock"))(MockFactory())
    )
    assert [o.part for o in outputs] == [None]
    assert "without PWM take buzzer = 'active' and least_loudness = 1" in problems[0].reason
