"""Where the cabin camera sits. Places are fixed to the vehicle, seen from the driver's nominal eyes."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from driver_monitor.bench.virtual_driver.geometry import MM_PER_DM, Array, unit
from driver_monitor.bench.virtual_driver.raster import View

Place: TypeAlias = Literal["column", "cluster", "mirror", "a_pillar"]

# (mm to the driver's left, up, forward) from between the eyes of a driver on the left, and the horizontal field of view that
# holds head and shoulders; typical passenger-car geometry
_PLACES: dict[Place, tuple[tuple[float, float, float], float]] = {
    "column": ((0.0, -260.0, 620.0), 46.0),
    "cluster": ((20.0, -190.0, 720.0), 42.0),
    "mirror": ((-400.0, 170.0, 560.0), 46.0),
    "a_pillar": ((390.0, 60.0, 520.0), 48.0),
}
_LOOK_AT = np.array([0.0, -0.45, -0.3], np.float32)  # the chin, dm


def camera_view(
    place: Place, size: tuple[int, int], drive_side: Literal["left", "right"] = "left", nearer: float = 1.0
) -> View:
    """The camera's pinhole; ``nearer`` > 1 brings it towards the driver's face on the same line."""
    position, fov_x = _PLACES[place]
    mirror = 1.0 if drive_side == "left" else -1.0
    eye = np.array([mirror * position[0], position[1], position[2]], np.float32) / MM_PER_DM
    eye = _LOOK_AT + (eye - _LOOK_AT) / nearer
    back = unit(eye - _LOOK_AT)
    right = unit(np.cross(np.array([0.0, 1.0, 0.0]), back))
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3] = np.stack([right, np.cross(back, right), back])
    matrix[:3, 3] = -matrix[:3, :3] @ eye
    focal = size[0] / 2.0 / np.tan(np.radians(fov_x) / 2.0)
    return View(matrix, 2.0 * float(np.arctan(size[1] / 2.0 / focal)), size)


def position_of(view: View) -> Array:
    """The camera's place in the vehicle, dm from between the driver's eyes."""
    return np.asarray(-view.matrix[:3, :3].T @ view.matrix[:3, 3], np.float32)
