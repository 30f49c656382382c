"""Attentive driving: what is driven, and how sure its figure is."""

from __future__ import annotations

import itertools
import math

import pytest

from driver_monitor.bench.attentive import Trip, drive, pieces, poisson_interval, trips


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.390)])
def test_the_poisson_interval_is_the_exact_one(count: int, low: float, high: float) -> None:
    # Garwood 1936, as tabulated
    assert list(poisson_interval(count)) == pytest.approx([low, high], abs=2e-3)


def test_hours_are_cut_into_trips_and_none_is_lost() -> None:
    cut = trips(2.5, 1)
    assert [t.seconds for t in cut] == [3600.0, 3600.0, 1800.0]
    assert math.fsum(length["seconds"] for t in cut for _, length in pieces(t)) == pytest.approx(2.5 * 3600.0)


def test_the_driver_is_attentive() -> None:
    for _, scenario in pieces(Trip(0, 1200.0, 3)):
        looks = sorted((d["at"], d["at"] + d["for"]) for d in scenario["do"] if d["what"] == "look")
        assert all(end - start <= 3.0 for start, end in looks)
        # more than 2 s of road between two glances: nothing adds up
        assert all(b[0] - a[1] > 2.5 for a, b in itertools.pairwise(looks))


def test_minutes_of_attentive_driving_are_quiet() -> None:
    assert drive(Trip(0, 240.0, 2)) == []
