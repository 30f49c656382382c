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


@pytest.mark.parametrize(
    ("steering", "yaw", "zone"), [(0, 25, "left_mirror"), (110, 25, "road"), (110, -25, "phone"), (-110, -25, "road")]
)
def test_in_a_turn_the_road_reaches_further_to_its_side(steering: float, yaw: float, zone: Zone) -> None:
    zones = Zones(S, "left")
    zones.steer(steering)
    assert zones.zone(Angles(yaw, -2.0)) == zone


def test_the_road_bends_no_further_than_its_most_and_not_at_all_on_a_straight() -> None:
    zones = Zones(S, "left")
    zones.steer(500.0)
    assert zones.zone(Angles(S.road_yaw_deg + S.turn_most_deg - 0.1, 0.0)) == "road"
    assert zones.zone(Angles(S.road_yaw_deg + S.turn_most_deg + 0.1, 0.0)) != "road"
    for straight in (None, S.turn_from_deg, -S.turn_from_deg):
        zones.steer(straight)
        assert zones.zone(Angles(S.road_yaw_deg + 0.1, 0.0)) != "road"


def test_noise_at_the_edge_of_a_place_takes_no_look_that_rests_there() -> None:
    zones = Zones(S, "left")
    low = Angles(0, -31)
    assert zones.zone(low, before="cluster") == "lap"  # on the way down
    assert zones.zone(low, before="cluster", rests=True) == "cluster"
    assert zones.zone(Angles(0, -36), before="cluster", rests=True) == "lap"


def test_a_look_rests_on_the_same_mirror_on_the_right_hand_seat() -> None:
    between = Angles(-66, -6)  # of the left seat, between mirror and passenger
    for side, sign in (("left", 1.0), ("right", -1.0)):
        zones = Zones(S, side)  # type: ignore[arg-type]
        here = Angles(sign * between.yaw, between.pitch)
        mirror: Zone = "right_mirror" if side == "left" else "left_mirror"
        assert zones.zone(here, before="passenger") == "passenger"
        assert zones.zone(here, before=mirror, rests=True) == mirror


def test_far_aside_a_pitch_read_too_low_makes_no_mirror_of_a_window() -> None:
    assert Zones(S, "left").zone(Angles(-71, -20)) == "passenger"
    assert Zones(S, "left").zone(Angles(-59, -14)) == "right_mirror"
