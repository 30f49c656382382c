"""Heart-rate variability against figures that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor import settings
from driver_monitor.perception.heart import Heart
from driver_monitor.perception.heart_variability import lf_hf, pnn50, stress_index, successive
from driver_monitor.signals import HeartBeat, nanoseconds
from tests.perception.test_heart import beat

Series = NDArray[np.float64]


def breathing(low_ms: float, high_ms: float, seconds: float = 180.0) -> tuple[Series, Series]:
    """Beats whose interval swings by so much at 0.1 Hz and at 0.25 Hz."""
    times, rr, t = [], [], 0.0
    while t < seconds:
        x = 800.0 + low_ms * np.sin(2 * np.pi * 0.1 * t) + high_ms * np.sin(2 * np.pi * 0.25 * t)
        t += x / 1000.0
        times.append(t)
        rr.append(x)
    return np.array(times), np.array(rr)


@pytest.mark.parametrize(("low_ms", "high_ms"), [(40.0, 20.0), (20.0, 40.0), (30.0, 30.0)])
def test_low_over_high_is_the_ratio_of_the_squared_swings(low_ms: float, high_ms: float) -> None:
    assert lf_hf(*breathing(low_ms, high_ms)) == pytest.approx((low_ms / high_ms) ** 2, rel=0.15)


def test_a_fifth_of_the_beats_missing_moves_low_over_high_little() -> None:
    t, rr = breathing(30.0, 30.0)
    kept = np.random.default_rng(0).random(t.size) > 0.2
    assert lf_hf(t[kept], rr[kept]) == pytest.approx(1.0, rel=0.25)


def test_a_slow_drift_of_the_rate_is_no_low_frequency() -> None:
    t, rr = breathing(5.0, 40.0)
    assert lf_hf(t, rr + 0.5 * t) == pytest.approx(lf_hf(t, rr), abs=0.05)


def test_an_even_heart_has_no_spectrum_and_no_stress_index() -> None:
    t = np.linspace(0.0, 160.0, 200)
    assert lf_hf(t, np.full(200, 800.0)) is None
    assert stress_index(np.full(200, 800.0)) is None


def test_pnn50_is_the_share_of_steps_beyond_fifty_milliseconds_and_never_crosses_a_gap() -> None:
    rr = np.array([800.0, 860.0, 850.0, 850.0] * 10)
    clean, runs = np.ones(40, bool), np.repeat([0, 1], 20)
    steps = successive(rr, runs, clean)
    assert steps.size == 38
    assert pnn50(steps) == pytest.approx(10 / 38)  # -50 back to 800 is not beyond
    assert pnn50(steps[:10]) is None


def test_baevskys_index_by_hand() -> None:
    rr = np.array([810.0] * 60 + [760.0] * 30 + [910.0] * 10)
    # mode bin 800-850: 60 %, middle 0.825 s, range 0.15 s
    assert stress_index(rr) == pytest.approx(60.0 / (2 * 0.825 * 0.15))


def test_each_figure_waits_for_its_own_window() -> None:
    measured = beat(Heart(settings.Heart()), [800.0, 840.0, 790.0, 860.0] * 45)
    first = {
        name: next(m.t_ns for m in measured if getattr(m, name) is not None) / 1e9
        for name in ("rmssd_ms", "sdnn_ms", "pnn50", "lf_hf", "stress_index")
    }
    assert first == pytest.approx({"rmssd_ms": 30, "sdnn_ms": 60, "pnn50": 60, "lf_hf": 120, "stress_index": 120}, abs=1.0)


def test_a_feed_of_rates_alone_has_no_variability() -> None:
    heart = Heart(settings.Heart())
    for t in range(200):
        last = heart.step(HeartBeat(nanoseconds(t), rate_bpm=70.0))
    assert (last.rate_bpm, last.pnn50, last.lf_hf, last.stress_index) == (70.0, None, None, None)


def test_skin_is_carried_through_until_it_is_stale() -> None:
    heart = Heart(settings.Heart())
    heart.step(HeartBeat(0, rate_bpm=70.0, skin_us=3.2, skin_c=33.1))
    now = heart.step(HeartBeat(nanoseconds(20.0), rate_bpm=70.0))
    assert (now.skin_us, now.skin_c) == (3.2, 33.1)
    later = heart.step(HeartBeat(nanoseconds(40.0), rate_bpm=70.0))
    assert (later.skin_us, later.skin_c) == (None, None)
