"""The monitor's own alert sounds: heard by the microphone, and no driver's voice."""

from __future__ import annotations

import numpy as np

from driver_monitor import settings
from driver_monitor.perception.own_sounds import OwnSounds
from driver_monitor.perception.voice import OWN_SOUND, Voice
from driver_monitor.signals import Alert, AlertAction, Level, nanoseconds
from tests.perception.test_voice import START_NS, babble, hear, loud_is_speech, silence


def said(t_s: float, action: AlertAction, level: Level) -> Alert:
    return Alert(START_NS + nanoseconds(t_s), action, 1, "long_distraction", level, "", "")


def sounds_at(own: OwnSounds, t_s: float) -> bool:
    return own.between(START_NS + nanoseconds(t_s), START_NS + nanoseconds(t_s + 0.032))


def test_a_chime_lasts_a_second_and_a_warning_until_it_is_over() -> None:
    own = OwnSounds()
    own.step(said(1.0, "raised", "caution"))
    assert [sounds_at(own, t) for t in (0.9, 1.5, 2.1)] == [False, True, False]
    own.step(said(4.0, "escalated", "warning"))
    assert sounds_at(own, 60.0)
    own.step(said(6.0, "cleared", "warning"))
    assert [sounds_at(own, t) for t in (3.0, 5.0, 6.2, 6.6)] == [False, True, True, False]


def test_advice_is_silent_and_a_press_of_the_button_stops_the_sound() -> None:
    own = OwnSounds()
    own.step(said(1.0, "raised", "advice"))
    assert not sounds_at(own, 1.1)
    own.step(said(2.0, "escalated", "critical"))
    own.step(said(3.0, "acknowledged", "critical"))
    assert [sounds_at(own, t) for t in (2.5, 4.0)] == [True, False]


def test_a_spoken_line_is_our_own_sound_and_only_where_lines_are_spoken() -> None:
    advice = Alert(START_NS, "raised", 1, "stress", "advice", "", "")
    for spoken in (True, False):
        own = OwnSounds(spoken=spoken)
        own.step(advice)
        assert [sounds_at(own, t) for t in (1.0, 6.2, 7.0)] == [spoken, spoken, False]


def test_a_buzzer_louder_than_the_driver_is_no_shout_when_it_is_our_own() -> None:
    t = np.arange(16_000) / 16_000
    buzzer = np.asarray(0.5 * np.sin(2 * np.pi * 400.0 * t), np.float32)
    sound = np.concatenate((babble(6.0, rms=0.02), silence(1.0), buzzer, silence(1.0)))

    def shouts(own: OwnSounds) -> int:
        voice = Voice(settings.Voice(baseline_s=5.0), loud_is_speech(), own=own)
        measured, events = hear(voice, sound)
        assert own.between(0, 2**63) == any(m.reason == OWN_SOUND for m in measured)
        return sum(e.name == "shout" for e in events)

    ours = OwnSounds()
    ours.step(said(6.9, "raised", "warning"))
    ours.step(said(8.0, "cleared", "warning"))
    assert shouts(ours) == 0
    assert shouts(OwnSounds()) == 1
