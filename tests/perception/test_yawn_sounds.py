"""Yawns by ear, on made-up breaths of voice: what glides down alone is one, words, tunes and shouts are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from driver_monitor.perception.prosody import RATE_HZ
from driver_monitor.perception.voice import BLOCK, Voice
from driver_monitor.perception.yawn_sounds import YawnSounds
from driver_monitor.settings import Settings
from driver_monitor.signals import AudioChunk, Event, nanoseconds, seconds

BLOCK_S = BLOCK / RATE_HZ


def hear(pitch_hz: Callable[[float], float | None], length_s: float = 6.0) -> list[Event]:
    yawns, events = YawnSounds(), list[Event]()
    for k in range(round(length_s / BLOCK_S)):
        events += yawns.step(nanoseconds((k + 1) * BLOCK_S), pitch_hz(k * BLOCK_S))
    return events + yawns.finish(nanoseconds(length_s))


def glide(t_s: float, start_s: float = 1.0, lasts_s: float = 2.0, fall_st: float = 9.0) -> float | None:
    """A short rise, then a long fall."""
    share = (t_s - start_s) / lasts_s
    if not 0.0 <= share <= 1.0:
        return None
    st = 10.0 * share if share < 0.2 else 2.0 - fall_st * (share - 0.2) / 0.8
    return float(180.0 * 2.0 ** (st / 12.0))


def test_one_long_breath_that_glides_down_is_a_yawn_with_its_start_and_end() -> None:
    (yawn,) = hear(glide)
    assert yawn.name == "yawn_sound"
    assert yawn.end_ns is not None
    assert (seconds(yawn.start_ns), seconds(yawn.end_ns)) == pytest.approx((1.0, 3.0), abs=0.1)
    assert dict(yawn.detail)["fall_st"] == pytest.approx(9.0, abs=0.5)


@pytest.mark.parametrize(
    "pitch_hz",
    [
        lambda t: glide(t, lasts_s=0.8),
        lambda t: glide(t, fall_st=3.0),
        lambda t: None if t % 0.5 > 0.3 else glide(t),  # words
        lambda t: None if glide(t) is None else 200.0 * 2.0 ** (np.sin(6.0 * t) / 3.0),  # a sentence's melody
        lambda t: 220.0 if t < 3.0 else 150.0,  # two notes
        lambda t: glide(t, lasts_s=12.0),
    ],
    ids=["short", "flat", "words", "melody", "notes", "siren"],
)
def test_what_is_none(pitch_hz: Callable[[float], float | None]) -> None:
    assert hear(pitch_hz, 14.0) == []


def test_from_the_sound_itself_though_no_speech_detector_takes_it_for_speech() -> None:
    before_s = 13.0  # until the floor is known
    t = np.arange(int((before_s + 4.5) * RATE_HZ)) / RATE_HZ
    pitch = np.array([glide(x - before_s) or 0.0 for x in t])
    phase = 2.0 * np.pi * np.cumsum(pitch) / RATE_HZ
    sound = sum(np.sin(k * phase) / k for k in range(1, 9)) * (pitch > 0.0) * 0.05
    sound = (sound + 1e-3 * np.random.default_rng(1).standard_normal(t.size)).astype(np.float32)
    voice = Voice(Settings().voice, lambda _: 0.02)
    told = []
    for k in range(len(sound) // BLOCK):
        block = sound[k * BLOCK : (k + 1) * BLOCK]
        told += voice.step(AudioChunk(nanoseconds((k + 1) * BLOCK_S), block, RATE_HZ))
    (yawn,) = [e for e in told if isinstance(e, Event)]
    assert yawn.name == "yawn_sound"
    assert yawn.end_ns is not None
    assert (seconds(yawn.start_ns), seconds(yawn.end_ns)) == pytest.approx((before_s + 1.0, before_s + 3.0), abs=0.15)
