"""Zones in vehicle directions, on both sides of the road."""

from __future__ import annotations

import pytest

from driver_monitor.perception.gaze_zones import Zone, Zones
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles

S = Settings().gaze

LEFT_HAND_DRIVE: list[tuple[float, float, Zone]] = [
    (0, 0, "road"),
    (15, 5, "road"),
    (0, -22, "cluster"),
    (0, -45, "lap"),
    (-26, -15, "phone"),
    (-30, -30, "centre_stack"),
    (-38, 10, "rear_mirror"),
    (40, -8, "left_mirror"),
    (-58, -10, "right_mirror"),
    (-72, -3, "passenger"),
    (80, 0, "left_window"),
    (-88, 0, "right_window"),
    (0, 40, "up"),
]


@pytest.mark.parametrize(("yaw", "pitch", "zone"), LEFT_HAND_DRIVE)
def test_zones_of_a_left_hand_drive_car(yaw: float, pitch: float, zone: Zone) -> None:
    assert Zones(S, "left").zone(Angles(yaw, pitch)) == zone


@pytest.mark.parametrize(("yaw", "pitch", "zone"), LEFT_HAND_DRIVE)
def test_a_right_hand_drive_car_is_its_mirror_picture(yaw: float, pitch: float, zone: Zone) -> None:
    swapped = zone.replace("left", "x").replace("right", "left").replace("x", "right")
    assert Zones(S, "right").zone(Angles(-yaw, pitch)) == swapped


def test_a_place_moved_in_the_settings_is_found_where_it_lies() -> None:
    moved = S.model_copy(update={"zones": S.zones.model_copy(update={"phone": (25.0, -20.0)})})
    assert Zones(S, "left").zone(Angles(25, -20)) != "phone"
    assert Zones(moved, "left").zone(Angles(25, -20)) == "phone"


def test_the_road_is_left_at_its_edge_and_met_again_further_in() -> None:
    zones = Zones(S, "left")
    assert zones.zone(Angles(19, 0), before="road") == "road"
    assert zones.zone(Angles(19, 0), before="left_mirror") != "road"
    assert zones.zone(Angles(16, 0), before="left_mirror") == "road"
