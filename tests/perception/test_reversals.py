"""Steering reversals over the angles as they come."""

from __future__ import annotations

import math

from driver_monitor.perception.reversals import Reversals


def count(amplitude_deg: float, hz: float, seconds: float = 60.0) -> int:
    reversals = Reversals(seconds)
    last = round(seconds * 10)
    for k in range(last + 1):
        reversals.step(k, 10.0 + amplitude_deg * math.sin(2 * math.pi * hz * k / 10))
    return reversals.count(last)


def test_a_wheel_that_swings_reverses_twice_a_swing() -> None:
    assert abs(count(4.0, 0.2) - 24) <= 1


def test_small_and_fast_moves_do_not_count() -> None:
    assert count(1.0, 0.2) == 0
    assert count(2.5, 3.0) == 0  # shaking, not steering


def test_a_break_in_the_row_is_no_reversal() -> None:
    reversals = Reversals(60.0)
    for k in range(100):
        reversals.step(k, None if k == 50 else (0.0 if k < 50 else 20.0))
    assert reversals.count(100) == 0


def test_old_ones_leave_the_window() -> None:
    reversals = Reversals(10.0)
    for k in range(100):
        reversals.step(k, 5.0 * math.sin(2 * math.pi * 0.2 * k / 10))
    assert reversals.count(100) >= 3
    assert reversals.count(220) == 0
