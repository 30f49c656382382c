"""Steering and lane keeping: late big corrections and weaving, from signals told sample by sample."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from driver_monitor.perception.steering import Steering, SteeringMeasurement
from driver_monitor.settings import Settings
from driver_monitor.signals import VehicleMeasurement, nanoseconds

Wheel = Callable[[float], float]


def play_of_the_wheel(t: float) -> float:
    """Small corrections all the time."""
    return 0.5 * math.sin(2 * math.pi * t / 2.1) + 0.1 * math.sin(2 * math.pi * t / 0.7)


def with_corrections(*at: float, back: bool = True) -> Wheel:
    """The wheel rests for 3 s, then goes over by 6 degrees within half a second, and back, or stays there."""

    def wheel(t: float) -> float:
        for start in at:
            if start - 3.0 <= t < start:
                return 0.0
            if start <= t < start + 0.5:
                return 12.0 * (t - start)
            if start + 0.5 <= t < start + 6.0:
                return max(0.0, 6.0 - 6.0 * (t - start - 0.5)) if back else 6.0
        return play_of_the_wheel(t)

    return wheel


def drive(
    wheel: Wheel,
    seconds: float,
    *,
    hz: float = 20.0,
    kmh: float | None = 100.0,
    indicator: Callable[[float], bool] = lambda t: False,
    lane: Wheel | None = None,
) -> SteeringMeasurement:
    steering = Steering(Settings().fatigue)
    for k in range(int(seconds * hz)):
        t = k / hz
        signalling = "left" if indicator(t) else "off"
        offset = None if lane is None else lane(t)
        steering.step(
            VehicleMeasurement(nanoseconds(t), kmh, wheel(t), signalling, False, lane_offset_m=offset)  # type: ignore[arg-type]
        )
    return steering.measure(nanoseconds(seconds))


def test_an_attentive_driver_makes_no_late_corrections() -> None:
    told = drive(play_of_the_wheel, 300.0)
    assert (told.corrections, told.reason) == (0, None)
    assert told.play_deg == pytest.approx(0.9, abs=0.1)


@pytest.mark.parametrize("hz", [10.0, 20.0, 50.0, 100.0])
def test_a_calm_wheel_then_a_big_turn_and_back_is_counted_at_any_rate_of_the_bus(hz: float) -> None:
    assert drive(with_corrections(150.0, 180.0, 210.0), 240.0, hz=hz).corrections == 3


def test_a_bend_after_a_straight_is_no_correction() -> None:
    assert drive(with_corrections(150.0, 180.0, 210.0, back=False), 240.0).corrections == 0


def test_a_lane_change_with_the_indicator_is_no_correction() -> None:
    told = drive(with_corrections(150.0, 180.0), 240.0, indicator=lambda t: 145 < t < 155 or 175 < t < 185)
    assert told.corrections == 0


def test_corrections_are_forgotten_after_their_window() -> None:
    assert drive(with_corrections(150.0), 325.0).corrections == 1
    assert drive(with_corrections(150.0), 340.0).corrections == 0


def test_before_there_is_enough_it_says_what_is_missing() -> None:
    assert drive(play_of_the_wheel, 60.0).reason == "learning the own steering, 64 s left"
    assert drive(play_of_the_wheel, 300.0, kmh=40.0).reason == "read from 50 km/h"
    assert drive(play_of_the_wheel, 300.0, kmh=None).reason == "the speed is not known"
    assert drive(play_of_the_wheel, 300.0, hz=4.0).reason == "steering needs 10 angles a second, 4.0 come"
    quiet = Steering(Settings().fatigue)
    assert quiet.measure(0).reason == "the vehicle bus has not been heard yet"
    quiet.step(VehicleMeasurement(0, 100.0, reason="steering: not carried by this bus"))
    assert quiet.measure(0).reason == "steering: not carried by this bus"


def test_an_angle_that_is_only_repeated_is_not_read_as_new() -> None:
    steering = Steering(Settings().fatigue)
    for k in range(4000):
        t_ns = nanoseconds(k / 20.0)
        steering.step(VehicleMeasurement(t_ns, 100.0, 1.0, "off", False, steering_ns=t_ns // 10**9 * 10**9))
    assert steering.measure(nanoseconds(200.0)).reason == "steering needs 10 angles a second, 1.0 come"


def test_weaving_is_told_against_the_own_lane_keeping() -> None:
    def lane(t: float) -> float:
        return (0.25 if t < 200.0 else 0.8) * math.sin(2 * math.pi * t / 9.0)

    before, after = drive(play_of_the_wheel, 190.0, lane=lane), drive(play_of_the_wheel, 390.0, lane=lane)
    assert (before.sdlp_m, before.own_sdlp_m) == pytest.approx((0.177, 0.177), abs=0.005)
    assert after.sdlp_m == pytest.approx(0.56, abs=0.03)
    assert after.own_sdlp_m == before.own_sdlp_m


@pytest.mark.parametrize("hz", [10.0, 20.0, 100.0])
def test_a_place_in_the_lane_counts_once_however_often_the_speed_is_told(hz: float) -> None:
    """It is told ten times a second, 50 ms into each tenth; held until the next one came, it would show no weaving at all."""
    steering = Steering(Settings().fatigue)
    for k in range(int(240.0 * hz)):
        t_ns = nanoseconds(k / hz)
        told = (t_ns - nanoseconds(0.05)) // nanoseconds(0.1)
        offset_ns, offset_m = told * nanoseconds(0.1) + nanoseconds(0.05), 0.2 * (-1) ** told
        steering.step(VehicleMeasurement(t_ns, 100.0, 0.0, "off", False, lane_offset_m=offset_m, lane_offset_ns=offset_ns))
    assert steering.measure(nanoseconds(240.0)).sdlp_m == pytest.approx(0.2, abs=0.001)


def test_a_place_in_the_lane_told_once_a_second_says_how_often_it_is_needed() -> None:
    steering = Steering(Settings().fatigue)
    for k in range(6000):
        t_ns = nanoseconds(k / 20.0)
        steering.step(VehicleMeasurement(t_ns, 100.0, 0.0, "off", False, lane_offset_m=0.1, lane_offset_ns=t_ns // 10**9 * 10**9))
    told = steering.measure(nanoseconds(300.0))
    assert (told.sdlp_m, told.lane_reason) == (None, "lane keeping needs 4 places in the lane a second, 1.0 come")


def test_another_lane_is_no_weaving() -> None:
    def lane(t: float) -> float:
        """Over the line at 300 s: the offset jumps from one lane's edge to the other's."""
        across = max(0.0, min(1.75, (t - 298.0) * 0.875)) if t < 300.0 else min(0.0, -1.75 + (t - 300.0) * 0.875)
        return 0.2 * math.sin(2 * math.pi * t / 9.0) + across

    told = drive(play_of_the_wheel, 440.0, lane=lane)
    assert told.sdlp_m == pytest.approx(0.19, abs=0.06)


def test_a_bus_without_the_place_in_the_lane_says_so() -> None:
    told = drive(play_of_the_wheel, 300.0)
    assert (told.sdlp_m, told.lane_reason) == (None, "no place in the lane on the bus")
