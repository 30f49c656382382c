"""Harsh braking off the speed of buses of every pace."""

from __future__ import annotations

import pytest

from driver_monitor.perception.braking import Braking
from driver_monitor.signals import Event, VehicleMeasurement, nanoseconds, seconds


def brake(ms2: float, hz: float, whole: bool = False) -> list[Event]:
    """At 90 km/h for 5 s, braking to 30 km/h, and on."""
    braking, out = Braking(4.0), list[Event]()
    for k in range(int(20 * hz)):
        t_s = k / hz
        kmh = max(30.0, 90.0 - 3.6 * ms2 * max(0.0, t_s - 5.0))
        out += braking.step(VehicleMeasurement(nanoseconds(t_s), speed_kmh=float(round(kmh)) if whole else kmh))
    return out


@pytest.mark.parametrize("hz", [2.0, 5.0, 10.0, 50.0, 100.0])
def test_the_same_braking_is_one_event_at_every_pace_of_the_bus(hz: float) -> None:
    (event,) = brake(6.0, hz, whole=hz <= 5.0)
    detail = dict(event.detail)
    assert event.name == "harsh_braking"
    assert seconds(event.start_ns) == pytest.approx(5.0, abs=1.0)
    assert seconds(event.end_ns or 0) == pytest.approx(7.8, abs=1.1)
    assert detail["hardest_ms2"] == pytest.approx(6.0, abs=0.4)
    assert detail["to_kmh"] == pytest.approx(30.0, abs=1.0)


@pytest.mark.parametrize("hz", [2.0, 10.0, 50.0])
def test_ordinary_braking_is_none(hz: float) -> None:
    assert brake(3.0, hz, whole=True) == []


def test_a_speed_that_is_lost_in_a_braking_ends_it_there() -> None:
    braking = Braking(4.0)
    for k in range(15):
        braking.step(VehicleMeasurement(nanoseconds(k / 10), speed_kmh=90.0 - 2.5 * k))
    (event,) = braking.step(VehicleMeasurement(nanoseconds(3.0), reason="gone"))
    assert event.end_ns == nanoseconds(1.4)
    assert braking.finish(nanoseconds(4.0)) == []


def test_the_same_speed_told_again_is_no_standstill_of_the_slowing() -> None:
    braking, out = Braking(4.0), list[Event]()
    for k in range(40):  # steering comes at 20 Hz, the speed at 2 Hz
        told_ns = nanoseconds(k // 10 / 2)
        out += braking.step(VehicleMeasurement(nanoseconds(k / 20), speed_kmh=90.0 - 12.0 * (k // 10), speed_ns=told_ns))
    (event,) = out + braking.finish(nanoseconds(2.0))
    assert dict(event.detail)["hardest_ms2"] == pytest.approx(6.67, abs=0.01)
