"""How the car is driven: slow traffic, harsh braking and steering reversals as context."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from driver_monitor.perception.braking import Braking
from driver_monitor.perception.driving_style import DrivingStyle, DrivingStyles
from driver_monitor.perception.steering import SteeringMeasurement
from driver_monitor.settings import Emotion
from driver_monitor.signals import VehicleMeasurement, nanoseconds


def drive(
    until_s: float,
    speed: Callable[[float], float | None],
    hz: float = 10.0,
    ask_s: float | None = None,
    reversals: Callable[[float], float | None] = lambda t: None,
) -> DrivingStyle:
    """The figures after a drive."""
    styles, braking = DrivingStyles(Emotion(), 2.0), Braking(4.0)
    told = DrivingStyle(0)
    for k in range(round(until_s * hz)):
        t = k / hz
        now = VehicleMeasurement(nanoseconds(t), speed_kmh=speed(t))
        styles.step(now, braking.step(now))
        told = styles.measure(now.t_ns, SteeringMeasurement(now.t_ns, reversals_per_min=reversals(t)))
    if ask_s is not None:
        told = styles.measure(nanoseconds(ask_s), SteeringMeasurement(nanoseconds(ask_s)))
    return told


def braking_at(at: float) -> Callable[[float], float]:
    """100 km/h, and a hard braking to 40."""
    return lambda t: 100.0 if t < at else max(40.0, 100.0 - (t - at) * 5.0 * 3.6)


@pytest.mark.parametrize("hz", [5.0, 10.0, 100.0])
def test_a_queue_is_slow_traffic_and_so_are_its_stops(hz: float) -> None:
    assert drive(100.0, lambda t: 0.0 if t % 30 > 20 else 25.0, hz).slow_share == pytest.approx(1.0)
    assert drive(100.0, lambda t: 120.0, hz).slow_share == 0.0
    assert drive(100.0, lambda t: 120.0 if t < 50 else 30.0, hz).slow_share == pytest.approx(0.5, abs=0.01)


def test_a_parked_car_is_in_no_traffic() -> None:
    told = drive(100.0, lambda t: 0.0)
    assert (told.slow_share, told.reason) == (None, "the car has not been driven yet")


def test_a_minute_is_not_judged_before_it_is_over() -> None:
    assert drive(50.0, lambda t: 30.0).slow_share is None


def test_a_braking_counts_for_three_minutes() -> None:
    assert drive(60.0, braking_at(20.0)).brakings == 1
    assert drive(205.0, braking_at(20.0)).brakings == 0


def test_without_a_speed_nothing_is_told_and_it_says_why() -> None:
    assert drive(5.0, lambda t: None).reason == "no speed on the bus"
    assert drive(100.0, lambda t: 80.0, ask_s=103.0).reason == "no speed on the bus"


def test_the_own_reversals_are_the_first_that_could_be_told() -> None:
    told = drive(100.0, lambda t: 80.0, reversals=lambda t: None if t < 30.0 else 8.0 if t < 60.0 else 20.0)
    assert (told.reversals, told.own_reversals) == (20.0, 8.0)
