"""Snores: an even row of low breaths that nobody speaks; not speech, not one breath, not a hiss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from driver_monitor.perception.prosody import Bands
from driver_monitor.perception.snores import Snores
from driver_monitor.signals import Event, nanoseconds, seconds

QUIET: Bands = np.full(17, 1e-9)
BREATH: Bands = np.array([1e-6] * 8 + [1e-8] * 9)
HISS: Bands = np.array([1e-8] * 8 + [1e-6] * 9)


def hear(
    breaths: Sequence[tuple[float, float]], until_s: float, sound: Bands = BREATH, speech: float = 0.0, swing_db: float = 0.0
) -> list[Event]:
    """What is told of breaths (start, length) whose bands change by so many dB from block to block."""
    snores, told, random = Snores(), [], np.random.default_rng(2)
    for k in range(round(until_s / 0.032)):
        t = k * 0.032
        now = any(start <= t < start + length for start, length in breaths)
        heard = sound * 10.0 ** (swing_db / 10.0 * random.normal(size=17)) if now else QUIET
        told += snores.step(nanoseconds(t), heard, speech if now else 0.0)
    return [*told, *snores.finish(nanoseconds(until_s))]


def row(period_s: float, count: int = 6, length_s: float = 1.2, first_s: float = 15.0) -> list[tuple[float, float]]:
    return [(first_s + k * period_s, length_s) for k in range(count)]


@pytest.mark.parametrize("period_s", [3.0, 4.5, 6.5])
def test_an_even_row_of_breaths_is_snoring_told_at_the_fourth_and_again_when_it_has_ended(period_s: float) -> None:
    began, ended = hear(row(period_s), 80.0)
    assert (began.name, began.end_ns) == ("snore", None)
    assert seconds(began.start_ns) == pytest.approx(15.0, abs=0.1)
    assert seconds(began.t_ns) == pytest.approx(15.0 + 3 * period_s + 1.2 + 0.25, abs=0.1)
    assert seconds(ended.end_ns or 0) == pytest.approx(15.0 + 5 * period_s, abs=0.1)
    assert dict(ended.detail)["breaths"] == 6


def test_three_breaths_uneven_ones_and_quick_ones_are_none() -> None:
    assert hear(row(4.0, count=3), 80.0) == []
    assert hear([(15.0, 1.0), (18.0, 1.0), (25.5, 1.0), (28.0, 1.0), (35.5, 1.0)], 80.0) == []
    assert hear(row(1.0, count=30, length_s=0.5), 80.0) == []


def test_words_are_no_snores_however_even() -> None:
    assert hear(row(4.0), 80.0, speech=0.9) == []


def test_a_hiss_as_of_wipers_is_none() -> None:
    assert hear(row(4.0), 80.0, sound=HISS) == []


def test_a_breath_holds_its_sound_and_clatter_in_the_same_rhythm_does_not() -> None:
    assert [e.name for e in hear(row(4.0), 80.0, swing_db=2.5)] == ["snore", "snore"]
    assert hear(row(4.0), 80.0, swing_db=4.5) == []


def test_long_sounds_are_none() -> None:
    assert hear(row(7.0, length_s=4.0), 80.0) == []
