"""Heart figures against figures worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver_monitor import settings
from driver_monitor.perception.heart import Heart, HeartBaseline
from driver_monitor.signals import HeartBeat, HeartMeasurement, nanoseconds


def beat(heart: Heart, intervals_ms: Iterable[float], start_s: float = 0.0) -> list[HeartMeasurement]:
    """Feed intervals, each when its beat comes."""
    t_s, out = start_s, []
    for rr_ms in intervals_ms:
        t_s += rr_ms / 1000.0
        out.append(heart.step(HeartBeat(nanoseconds(t_s), rr_ms=rr_ms)))
    return out


def test_rate_rmssd_and_sdnn_of_a_heart_that_swings_between_two_intervals() -> None:
    last = beat(Heart(settings.Heart()), [800.0, 850.0] * 50)[-1]
    assert last.rmssd_ms == pytest.approx(50.0, abs=0.001)
    assert last.sdnn_ms == pytest.approx(25.0 * math.sqrt(100 / 99), abs=0.001)
    assert last.rate_bpm == pytest.approx(60_000 / 825, rel=0.002)
    assert (last.artefact_share, last.reason) == (0.0, None)


def test_the_rate_follows_within_a_quarter_of_a_minute() -> None:
    heart = Heart(settings.Heart())
    beat(heart, [1000.0] * 60)
    faster = beat(heart, [850.0] * 18, 60.0)
    assert faster[-1].rate_bpm == pytest.approx(60_000 / 850, rel=0.01)


def test_one_early_beat_is_left_out_with_its_pause_and_moves_nothing() -> None:
    intervals = [800.0] * 40 + [500.0, 1100.0] + [800.0] * 40
    last = beat(Heart(settings.Heart()), intervals)[-1]
    assert last.rmssd_ms == 0.0
    assert last.sdnn_ms == 0.0
    assert last.artefact_share == pytest.approx(2 / 82, abs=1e-4)


def test_intervals_no_heart_can_make_are_artefacts() -> None:
    last = beat(Heart(settings.Heart()), [800.0] * 50 + [10.0, 5000.0] + [800.0] * 10)[-1]
    assert last.rmssd_ms == 0.0
    assert last.artefact_share == pytest.approx(2 / 62, abs=1e-4)


def test_no_difference_is_taken_across_a_gap() -> None:
    heart = Heart(settings.Heart())
    beat(heart, [800.0] * 40)
    last = beat(heart, [900.0] * 40, start_s=32.0 + 6.0)[-1]
    assert last.rmssd_ms == 0.0
    without_gap = beat(Heart(settings.Heart()), [800.0] * 40 + [900.0] * 40)[-1]
    assert without_gap.rmssd_ms == pytest.approx(100.0 / math.sqrt(79), abs=0.001)


def test_a_wearable_that_sends_its_beats_once_a_second_has_no_gaps() -> None:
    one_by_one, batched = Heart(settings.Heart()), Heart(settings.Heart())
    intervals = [700.0, 740.0] * 60
    expected = beat(one_by_one, intervals)[-1]
    t_s, last = 0.0, None
    for rr_ms in intervals:
        t_s += rr_ms / 1000.0
        last = batched.step(HeartBeat(nanoseconds(math.ceil(t_s)), rr_ms=rr_ms))
    assert last is not None
    assert last.rmssd_ms == pytest.approx(expected.rmssd_ms, rel=0.01) == pytest.approx(40.0, rel=0.01)


def test_variability_waits_for_its_windows() -> None:
    measured = beat(Heart(settings.Heart()), [1000.0, 1040.0] * 40)
    first_rmssd = next(i for i, m in enumerate(measured) if m.rmssd_ms is not None)
    first_sdnn = next(i for i, m in enumerate(measured) if m.sdnn_ms is not None)
    assert 1.02 * (first_rmssd + 1) == pytest.approx(30.0, abs=1.1)
    assert 1.02 * (first_sdnn + 1) == pytest.approx(60.0, abs=1.1)
    assert measured[10].reason == "RMSSD needs 30 s of clean beats, 11 s so far"
    assert measured[10].rate_bpm is not None


def test_the_window_slides() -> None:
    heart = Heart(settings.Heart())
    beat(heart, [800.0, 900.0] * 100)  # 170 s of RMSSD 100
    last = beat(heart, [850.0] * 260, start_s=170.0)[-1]  # 221 s of RMSSD 0
    assert last.rmssd_ms == 0.0


def test_a_feed_of_rates_alone_has_no_variability_and_says_so() -> None:
    heart = Heart(settings.Heart())
    for t_s in range(120):
        last = heart.step(HeartBeat(nanoseconds(t_s), rate_bpm=72.0))
    assert (last.rate_bpm, last.rmssd_ms, last.sdnn_ms) == (72.0, None, None)
    assert last.reason == "the feed has a rate but no RR intervals, so there is no heart-rate variability"


def test_a_rate_of_zero_is_no_heart() -> None:
    last = Heart(settings.Heart()).step(HeartBeat(0, rate_bpm=0.0))
    assert (last.rate_bpm, last.reason) == (None, "no heart beat seen yet")


def test_silence_is_stale_and_not_the_last_rate() -> None:
    heart = Heart(settings.Heart())
    beat(heart, [800.0] * 100)
    assert heart.measure(nanoseconds(80.0 + 9.9)).rate_bpm is not None
    gone = heart.measure(nanoseconds(80.0 + 12.0))
    assert (gone.rate_bpm, gone.rmssd_ms, gone.reason) == (None, None, "no heart beat for 12 s")


def test_lost_skin_contact_is_no_heart_until_it_is_back() -> None:
    heart = Heart(settings.Heart())
    beat(heart, [800.0] * 100)
    off = heart.step(HeartBeat(nanoseconds(81.0), rr_ms=800.0, rate_bpm=75.0, contact=False))
    assert (off.rate_bpm, off.rmssd_ms, off.reason) == (None, None, "the wearable has no skin contact")
    on = heart.step(HeartBeat(nanoseconds(82.0), rr_ms=880.0, contact=True))
    assert on.rate_bpm == pytest.approx(75.0, rel=0.02)
    assert on.rmssd_ms == 0.0  # and no difference is taken across the time without contact


def test_a_clock_set_back_starts_anew() -> None:
    heart = Heart(settings.Heart())
    beat(heart, [800.0] * 100, start_s=1000.0)
    assert heart.step(HeartBeat(nanoseconds(1.0), rr_ms=800.0)).rmssd_ms is None
    assert beat(heart, [700.0] * 60, start_s=1.0)[-1].rate_bpm == pytest.approx(60_000 / 700, rel=0.01)


@given(st.lists(st.one_of(st.floats(), st.floats(200, 2500)), max_size=60), st.lists(st.floats(0, 20), min_size=60, max_size=60))
def test_no_feed_however_broken_gives_an_impossible_figure(intervals: list[float], waits: list[float]) -> None:
    heart, t_s = Heart(settings.Heart()), 0.0
    for rr_ms, wait_s in zip(intervals, waits, strict=False):
        t_s += wait_s
        m = heart.step(HeartBeat(nanoseconds(t_s), rr_ms=rr_ms))
        assert m.rate_bpm is None or 30.0 <= m.rate_bpm <= 200.0  # 2000 ms and 300 ms
        assert m.rmssd_ms is None or 0.0 <= m.rmssd_ms <= 1700.0
        assert 0.0 <= m.artefact_share <= 1.0
        assert m.rate_bpm is not None or m.reason


def test_the_own_rest_is_learned_over_three_minutes_of_heart_and_frozen() -> None:
    heart, rest = Heart(settings.Heart()), HeartBaseline(settings.Heart())
    calm = beat(heart, [980.0, 1020.0] * 100)
    for m in calm[:100]:
        rest.learn(m)
    assert rest.rise_sd(60.0) is None
    assert rest.left_s == pytest.approx(180.0 - 100.0, abs=4.0)
    for m in calm[100:]:
        rest.learn(m)
    # a still heart has next to no spread of its own: the least allowed (2 per minute) holds
    assert rest.rise_sd(66.0) == pytest.approx(3.0, abs=0.1)
    assert rest.rmssd_log_ratio(calm[-1]) == pytest.approx(0.0, abs=0.01)
    for m in beat(heart, [600.0] * 300, start_s=200.0):
        rest.learn(m)
    assert rest.rise_sd(66.0) == pytest.approx(3.0, abs=0.1)


def test_a_gap_teaches_nothing() -> None:
    rest = HeartBaseline(settings.Heart())
    for t_s in (0.0, 1.0, 500.0):
        rest.learn(HeartMeasurement(nanoseconds(t_s), 60.0))
    assert rest.left_s == pytest.approx(180.0 - 3.0)
