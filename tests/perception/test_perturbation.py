"""Jitter and shimmer of pulses whose unevenness is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.perception.perturbation import perturbation
from driver_monitor.perception.prosody import HISTORY
from driver_monitor.perception.voice import Voice
from driver_monitor.settings import Settings
from tests.perception.test_voice import babble, hear, loud_is_speech


def pulses(period: float, jitter: float = 0.0, shimmer_db: float = 0.0) -> NDArray[np.float64]:
    """Narrow pulses; every other period is longer, every other pulse lower."""
    t = np.arange(HISTORY, dtype=float)
    x, at, k = np.zeros(HISTORY), 10.0, 0
    while at < HISTORY:
        x += 10.0 ** (-(k % 2) * shimmer_db / 20.0) * np.exp(-(((t - at) / 4.0) ** 2))
        at += period * (1.0 + (0.5 if k % 2 else -0.5) * jitter)
        k += 1
    return x - 0.1


def test_an_even_voice_has_next_to_none() -> None:
    told = perturbation(pulses(100.0), 100.0)
    assert told == pytest.approx((0.0, 0.0), abs=1e-3)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("jitter", [0.01, 0.04])
def test_uneven_periods_are_jitter_whichever_way_the_microphone_is_wired(jitter: float, sign: float) -> None:
    told = perturbation(sign * pulses(110.0, jitter=jitter), 110.0)
    assert told is not None
    assert told[0] == pytest.approx(jitter, rel=0.15)


def test_uneven_pulses_are_shimmer() -> None:
    told = perturbation(pulses(90.0, shimmer_db=1.0), 90.0)
    assert told is not None
    assert told[1] == pytest.approx(1.0, rel=0.2)


def test_too_few_periods_tell_nothing() -> None:
    assert perturbation(pulses(260.0)[:780], 260.0) is None


def test_a_spoken_stretch_has_both() -> None:
    measured, _ = hear(Voice(Settings().voice, loud_is_speech()), babble(3.0, f0_hz=150.0))
    last = [m for m in measured if m.jitter is not None][-1]
    assert last.jitter is not None and last.shimmer_db is not None
    assert 0.0 < last.jitter < 0.05
    assert 0.0 < last.shimmer_db < 3.0
