"""A second person, who leans over from the passenger's seat into the driver's picture. Drawn behind the driver."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from driver_monitor.bench.virtual_driver.asset import Asset
from driver_monitor.bench.virtual_driver.figure import Figure
from driver_monitor.bench.virtual_driver.geometry import MM_PER_DM, Array
from driver_monitor.bench.virtual_driver.head import Head
from driver_monitor.bench.virtual_driver.light import Light
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.raster import View
from driver_monitor.bench.virtual_driver.subject import PEOPLE, Subject
from driver_monitor.signals import Angles

# between the passenger's eyes, mm from between the driver's, of a driver on the left: sitting up, no camera has him in its
# picture; leaning over in full, head and shoulder are beside the driver's seat back
_UPRIGHT_MM, _OVER_MM = (-850.0, 0.0, -260.0), (-300.0, -30.0, -260.0)
_TILT_DEG = 16.0
_WHO = ("karim", "lena")  # the first of them who does not drive


@dataclass(frozen=True, slots=True)
class Passenger:
    """One instant of the passenger: how far over (0 to 1), and head and eyes as if sitting in a left seat, degrees."""

    lean: float
    head: Angles
    eyes: Angles


def passenger_at(lean: float, t_s: float) -> Passenger | None:
    """The passenger at a time, looking about: now at the road, now at the driver. ``None``: nothing of him is seen."""
    if lean <= 0.0:
        return None
    yaw = 14.0 + 26.0 * math.sin(2.0 * math.pi * 0.21 * t_s)
    pitch = -4.0 + 7.0 * math.sin(2.0 * math.pi * 0.33 * t_s + 1.0)
    return Passenger(lean, Angles(yaw, pitch, -_TILT_DEG * lean), Angles(9.0 * math.sin(2.0 * math.pi * 0.47 * t_s), 0.0))


def who_rides_with(driver: Subject) -> Subject:
    """Somebody else than the driver."""
    return next(PEOPLE[name] for name in _WHO if driver not in (PEOPLE[name], PEOPLE[name].wearing(seed=driver.seed)))


class Companion:
    """A passenger ready to be drawn."""

    def __init__(self, asset: Asset, subject: Subject) -> None:
        self._head = Head(asset, subject)
        self._figure = Figure(self._head)

    def draw(
        self, passenger: Passenger, view: View, light: Light, drive_side: Literal["left", "right"], background: Array
    ) -> Array:
        """The passenger over a background, linear light (height, width, 3)."""
        way = 1.0 if drive_side == "left" else -1.0
        head, eyes = passenger.head, passenger.eyes
        pose = Pose(Angles(way * head.yaw, head.pitch, way * head.roll), Angles(way * eyes.yaw, eyes.pitch))
        upright, over = np.array(_UPRIGHT_MM), np.array(_OVER_MM)
        place = (upright + (over - upright) * passenger.lean) * np.array([way, 1.0, 1.0]) / MM_PER_DM
        # the camera moves instead of the figure: light and shadow are worked out about the figure's own middle
        matrix = view.matrix.copy()
        matrix[:3, 3] += matrix[:3, :3] @ place
        return self._figure.draw(self._head.pose(pose), replace(view, matrix=matrix.astype(np.float32)), light, background)
