"""Directions in the vehicle to the places a driver looks at."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from driver_monitor import settings
from driver_monitor.signals import Angles

Zone: TypeAlias = Literal[
    "road",
    "up",
    "cluster",
    "lap",
    "phone",
    "centre_stack",
    "rear_mirror",
    "left_mirror",
    "right_mirror",
    "passenger",
    "left_window",
    "right_window",
]
MIRRORS: frozenset[Zone] = frozenset({"rear_mirror", "left_mirror", "right_mirror"})
INSTRUMENTS: frozenset[Zone] = frozenset({"cluster"})

_OTHER_SIDE: dict[Zone, Zone] = {
    "left_mirror": "right_mirror",
    "right_mirror": "left_mirror",
    "left_window": "right_window",
    "right_window": "left_window",
}
_PITCH_WEIGHT = 1.4  # zones are wider than they are high, ...
_FAR_DEG, _FAR_PITCH_WEIGHT = 50.0, 0.7  # ... but far aside pitch is read poorly
_HYSTERESIS_DEG = 3.0  # a look must come back this far inside the road's edge to be on it again
_STAY_DEG = 8.0  # another place must be nearer by so much to take a look that rests: its edge is then 3° (down) to 4° further


class Zones:
    """The forward road as a box, and beyond it the nearest of the places in the settings."""

    def __init__(self, gaze: settings.Gaze, drive_side: Literal["left", "right"]) -> None:
        self._gaze = gaze
        self._mirror = 1.0 if drive_side == "left" else -1.0
        self._bend = 0.0  # how much further the road reaches in a turn, degrees, + to the left
        z = gaze.zones
        self._centres: tuple[tuple[Zone, float, float], ...] = (
            ("up", *z.up),
            ("cluster", *z.cluster),
            ("lap", *z.lap),
            ("phone", *z.phone),
            ("centre_stack", *z.centre_stack),
            ("rear_mirror", *z.rear_mirror),
            ("left_mirror", *z.left_mirror),
            ("right_mirror", *z.right_mirror),
            ("passenger", *z.passenger),
            ("left_window", *z.left_window),
            ("right_window", *z.right_window),
        )

    def steer(self, steering_deg: float | None) -> None:
        """The road bends with the wheel (degrees, + left): in a turn it reaches further to that side; ``None`` is straight on."""
        gaze, turned = self._gaze, steering_deg or 0.0
        most = min(gaze.turn_most_deg, gaze.turn_share * max(0.0, abs(turned) - gaze.turn_from_deg))
        self._bend = most if turned >= 0.0 else -most

    def zone(self, direction: Angles, before: Zone = "road", *, rests: bool = False) -> Zone:
        """The zone of a direction; ``before`` gives the road's edge its hysteresis, and every edge where the look ``rests``."""
        margin = 0.0 if before == "road" else _HYSTERESIS_DEG
        gaze = self._gaze
        yaw, pitch = direction.yaw * self._mirror, direction.pitch
        half = gaze.road_yaw_deg - margin
        left, right = half + max(0.0, self._bend), half - min(0.0, self._bend)
        if -right <= direction.yaw <= left and -gaze.road_down_deg + margin <= pitch <= gaze.road_up_deg - margin:
            return "road"
        pitch_weight = _PITCH_WEIGHT if abs(yaw) < _FAR_DEG else _FAR_PITCH_WEIGHT
        seated = before if self._mirror > 0.0 else _OTHER_SIDE.get(before, before)

        def far(place: tuple[Zone, float, float]) -> float:
            name, at_yaw, at_pitch = place
            return math.hypot(yaw - at_yaw, pitch_weight * (pitch - at_pitch)) - (_STAY_DEG if rests and name == seated else 0.0)

        nearest = min(self._centres, key=far)[0]
        return nearest if self._mirror > 0.0 else _OTHER_SIDE.get(nearest, nearest)
