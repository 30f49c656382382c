"""What the vehicle tells, by the names of the Vehicle Signal Specification (COVESA VSS), with the bounds of what can be true.

A DBC says what a signal can hold; this says what a car can do. A value outside is left out and told. Names with a star are
not in VSS: they stand where an overlay would put them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity: its VSS path, unit, least and largest value, and how much it can change in a second."""

    path: str
    unit: str
    low: float
    high: float
    most_per_s: float | None = None
    slack: float = 0.0  # a step this large is always believed: resolution and jitter


QUANTITIES: dict[str, Quantity] = {
    # 60 km/h in a second is 1.7 g: more than tyres give
    "speed": Quantity("Vehicle.Speed", "km/h", -100.0, 400.0, 60.0, 5.0),
    # a hand turns a wheel by some 1000 deg in a second in an emergency (design)
    "steering": Quantity("Vehicle.Chassis.SteeringWheel.Angle", "deg", -1800.0, 1800.0, 2000.0, 20.0),
    "indicator": Quantity("Vehicle.Body.Lights.DirectionIndicator.{Left,Right}.IsSignaling", "", 0.0, 3.0),
    "reverse": Quantity("Vehicle.Powertrain.Transmission.CurrentGear", "", 0.0, 1.0),
    "gear": Quantity("Vehicle.Powertrain.Transmission.CurrentGear", "", -20.0, 20.0),
    "lane_offset": Quantity("Vehicle.ADAS.LaneOffset*", "m", -5.0, 5.0),
    "engine_speed": Quantity("Vehicle.Powertrain.CombustionEngine.Speed", "rpm", 0.0, 20000.0),
    "throttle": Quantity("Vehicle.Powertrain.CombustionEngine.TPS", "percent", 0.0, 100.0),
    "heart_rate": Quantity("Vehicle.Driver.HeartRate", "1/min", 20.0, 250.0),
    "rr_interval": Quantity("Vehicle.Driver.RrInterval*", "ms", 200.0, 3000.0),
}
"""By the key of ``[vehicle.signals]``."""
