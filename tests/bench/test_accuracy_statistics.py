"""Figures of merit against what they are by definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver_monitor.bench.accuracy.outcome import over_units, share
from driver_monitor.bench.accuracy.statistics import auc, bootstrap, correlation, match, mean, wilson

scores = st.lists(st.integers(-5, 5), min_size=1, max_size=12)


@given(scores, scores)
def test_auc_is_the_share_of_pairs_in_order_with_ties_half(up: list[int], down: list[int]) -> None:
    pairs = [(u > d) + 0.5 * (u == d) for u in up for d in down]
    assert auc(up, down) == pytest.approx(sum(pairs) / len(pairs))


def test_auc_of_nothing_is_not_known() -> None:
    assert auc([], [1.0]) is None
    assert auc([1.0], []) is None


def test_wilson_is_as_tabled() -> None:
    # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I, method 3
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson(0, 0) is None


def test_the_bootstrap_covers_a_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(100):
        interval = bootstrap(list(rng.normal(3.0, 1.0, 40)), mean)
        assert interval is not None
        covered += interval[0] <= 3.0 <= interval[1]
    assert 86 <= covered <= 100


def test_the_bootstrap_gives_the_same_interval_again() -> None:
    values = [0.3, 0.9, 0.4, 0.7, 0.5, 0.6]
    assert bootstrap(values, mean) == bootstrap(values, mean)


def test_few_people_get_their_range_and_agreeing_ones_no_interval() -> None:
    few = over_units("f", [0.2, 0.6, 0.4], "drives")
    assert few.interval == (0.2, 0.6)
    assert few.by == "range over 3 drives"
    assert over_units("f", [1.0] * 8, "people").interval is None
    assert over_units("f", [0.5], "people").interval is None
    assert over_units("f", [], "people").value is None


def test_a_share_of_nothing_is_not_known() -> None:
    assert share("s", 0, 0, "clips").value is None


def test_correlation_with_something_constant_is_not_known() -> None:
    assert correlation(np.array([1.0, 2.0, 3.0]), np.ones(3)) is None
    assert correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])) == pytest.approx(1.0)


def test_the_closest_event_is_the_pair_and_a_second_find_is_a_false_one() -> None:
    assert match([(15.1, 15.6)], [(14.2, 14.7), (15.0, 15.6)], 0.5) == [(0, 1)]
    assert match([(1.0, 2.0)], [(1.0, 1.4), (1.6, 2.0)], 0.5) == [(0, 0)]


def test_events_apart_by_more_than_the_tolerance_are_no_pair() -> None:
    assert match([(1.0, 2.0)], [(2.45, 3.0)], 0.5) == [(0, 0)]
    assert match([(1.0, 2.0)], [(2.55, 3.0)], 0.5) == []
