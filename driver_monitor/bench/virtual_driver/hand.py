"""A hand before the face, and the telephone it may hold: a flat shape with soft shading, in the picture's plane."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.geometry import Array
from driver_monitor.bench.virtual_driver.head import Head, Posed
from driver_monitor.bench.virtual_driver.light import Light
from driver_monitor.bench.virtual_driver.pose import HandAt, Pose
from driver_monitor.bench.virtual_driver.raster import View
from driver_monitor.bench.virtual_driver.subject import SKIN


@dataclass(frozen=True, slots=True)
class _Hold:
    """Where the middle of the palm is held (dm from between the eyes), how far the hand leans in, how long the fingers are."""

    place: tuple[float, float, float]
    lean_deg: float
    fingers: float


_HOLDS: dict[HandAt, _Hold] = {
    "mouth": _Hold((-0.10, -0.85, 0.55), 62.0, 0.50),
    "chin": _Hold((-0.05, -1.25, 0.40), 45.0, 0.35),
    "left_eye": _Hold((0.36, -0.18, 0.45), 20.0, 0.12),
    "right_eye": _Hold((-0.36, -0.18, 0.45), 20.0, 0.12),
    "left_ear": _Hold((0.95, -0.40, -0.45), 8.0, 0.48),
    "right_ear": _Hold((-0.95, -0.40, -0.45), 8.0, 0.48),
}
_PALM, _FINGER, _ARM = 0.36, 0.095, 0.27  # half widths, dm
_RAISED_FROM = 5.0  # dm below


def draw_hand(image: Array, head: Head, pose: Pose, posed: Posed, view: View, light: Light) -> Array:
    """The picture, linear light, with the hand of ``pose`` drawn in."""
    import cv2

    if pose.hand is None or pose.hand_in <= 0.0:
        return image
    hold = _HOLDS[pose.hand]
    place = posed.head @ np.array(hold.place, np.float32) + posed.origin
    place = place - np.array([0.0, _RAISED_FROM * (1.0 - pose.hand_in) ** 2, 0.0], np.float32)
    x, y, away = view.project(place[None].astype(np.float32))[0]
    scale = view.size[1] / 2.0 / np.tan(view.fov_y / 2.0) / away  # pixels per dm

    side = 1.0 if pose.hand in {"left_eye", "left_ear"} else -1.0
    lean = math.radians(-side * hold.lean_deg)

    def at(right: float, down: float, leaning: bool = True) -> tuple[int, int]:
        if leaning:
            right, down = right * math.cos(lean) - down * math.sin(lean), right * math.sin(lean) + down * math.cos(lean)
        return round(float(x + right * scale)), round(float(y + down * scale))

    shape = np.zeros(image.shape[:2], np.uint8)
    for k in range(4):
        root = (-side * (k - 1.5) * 0.19, -0.18)
        tip = (root[0] + side * (0.06 - 0.04 * k), root[1] - hold.fingers * (1.0 - 0.12 * abs(k - 1.2)))
        cv2.line(shape, at(*root), at(*tip), 255, max(1, round(2 * _FINGER * scale)), cv2.LINE_AA)
    cv2.line(shape, at(side * 0.25, 0.15), at(side * 0.52, -0.22), 255, max(1, round(2.1 * _FINGER * scale)), cv2.LINE_AA)
    palm = (round(_PALM * scale), round(0.42 * scale))
    cv2.ellipse(shape, at(0.0, 0.05), palm, math.degrees(lean), 0, 360, 255, -1, cv2.LINE_AA)
    cv2.line(shape, at(0.0, 0.2), at(side * 1.5, 5.5, leaning=False), 255, max(1, round(2 * _ARM * scale)), cv2.LINE_AA)
    level = light.ambient + 0.75 * light.key
    if pose.phone:
        slab = np.zeros_like(shape)
        corners = np.array([at(-0.36, -0.85), at(0.36, -0.85), at(0.36, 0.65), at(-0.36, 0.65)], np.int32)
        cv2.fillConvexPoly(slab, corners, 255, cv2.LINE_AA)
        image = _over(image, slab, np.full((*shape.shape, 3), 0.02 * level, np.float32))
    inside = cv2.distanceTransform((shape > 127).astype(np.uint8), cv2.DIST_L2, 3)
    round_off = 0.62 + 0.38 * np.clip(inside / (0.10 * scale), 0.0, 1.0)
    skin = np.array(SKIN[head.subject.skin_type], np.float32) * np.array(light.tint, np.float32)
    return _over(image, shape, (round_off[..., None] * skin * level).astype(np.float32))


def _over(image: Array, shape: NDArray[np.uint8], colour: Array) -> Array:
    share = shape[..., None].astype(np.float32) / 255.0
    return np.asarray(image * (1.0 - share) + share * colour, np.float32)
