"""Landmarks to the geometry of one picture: head attitude, eye aspect ratios, eyes in the head, mouth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.face_landmarks import FaceLandmarks, Point
from driver_monitor.signals import Angles, EyeReading, EyesInHead, FaceMeasurement, PictureQuality

# MediaPipe's point numbers: corners, then upper and lower lid pairs
_RIGHT_EYE = (33, 133, 160, 144, 158, 153)
_LEFT_EYE = (263, 362, 387, 373, 385, 380)
_MOUTH = (13, 14, 78, 308)
_CHEEKS = (234, 454)
_IRISES = (468, 473)
_POINTS = (*_RIGHT_EYE, *_LEFT_EYE, *_MOUTH, *_CHEEKS, *_IRISES)

HEAD_YAW_GAIN = 1.04
"""The model's yaw falls short (1.02 to 1.05 by least squares of the gaze's yaw on head and eyes, rendered people left out)."""
_IRIS_DEPTH = 0.12  # of the irises before the line through the eye's corners, as a share of the eye's width
_EDGE_ON = 0.2
_DEG_PER_EYE_UNIT = 26.0  # of eye-in-head yaw per unit of the eyeLook face units, up to ...
_EYE_UNIT_KNEE, _DEG_PER_UNIT_BEYOND = 0.77, 69.0  # ... where they begin to saturate (twelve rendered people)


def eye_aspect_ratio(eye: Sequence[Point], up: Point) -> float:
    """Mean lid gap over eye width of six 3-D points (after Soukupová & Čech 2016): two corners, two pairs of lid points.

    The gap is taken along the head's own ``up`` (a unit vector, as the points: y down). So it does not grow with 1/cos(yaw) as in
    the picture, and a shut eye reads about 0 from any side, where the distance between its points would keep their depth.
    """
    corner_a, corner_b, upper_a, lower_a, upper_b, lower_b = eye
    ux, uy, uz = up
    gap = (
        (upper_a[0] + upper_b[0] - lower_a[0] - lower_b[0]) * ux
        + (upper_a[1] + upper_b[1] - lower_a[1] - lower_b[1]) * uy
        + (upper_a[2] + upper_b[2] - lower_a[2] - lower_b[2]) * uz
    ) / 2.0
    return gap / max(math.dist(corner_a, corner_b), 1e-6)


def head_angles(rotation: NDArray[np.float64]) -> Angles:
    """The rotation (3, 3) of a head to the camera as yaw, then pitch, then roll about the nose, degrees: turning adds no roll."""
    nose = rotation[:, 2]
    return Angles(
        yaw=math.degrees(math.atan2(nose[0], nose[2])),
        pitch=math.degrees(math.asin(max(-1.0, min(1.0, float(nose[1]))))),
        roll=math.degrees(math.atan2(rotation[1, 0], rotation[1, 1])),
    )


def unsaturated(unit: float) -> float:
    """Eye-in-head yaw, degrees, of the eyeLook units' difference, mean of both eyes."""
    size = abs(unit)
    beyond = (_DEG_PER_UNIT_BEYOND - _DEG_PER_EYE_UNIT) * max(0.0, size - _EYE_UNIT_KNEE)
    return math.copysign(_DEG_PER_EYE_UNIT * size + beyond, unit)


def _heights(eye: Sequence[Point], iris: Point, rotation: list[list[float]]) -> tuple[float, float]:
    """Upper lid and iris over the line through the eye's corners, along the head's own axis, as shares of the eye's width."""
    (xx, yx, zx), (xy, yy, zy), (_, yz, _) = rotation
    # the points' y runs down and their z away from the camera
    corner_a, corner_b, lid_a, _, lid_b, _ = (yx * x - yy * y - yz * z for x, y, z in eye)
    line, width = (corner_a + corner_b) / 2.0, max(math.dist(eye[0], eye[1]), 1e-6)
    # the model knows no depth of the iris: its place is where the line of sight meets the plane it must lie in
    right = iris[0] - (eye[0][0] + eye[1][0]) / 2.0 - _IRIS_DEPTH * width * zx
    up = (eye[0][1] + eye[1][1]) / 2.0 - iris[1] - _IRIS_DEPTH * width * zy
    across = xx * yy - xy * yx
    height = (xx * up - xy * right) / across if abs(across) > _EDGE_ON else 0.0
    return ((lid_a + lid_b) / 2.0 - line) / width, height / width


def eyes_in_head(
    units: dict[str, float], right: Sequence[Point], left: Sequence[Point], irises: Sequence[Point], rotation: NDArray[np.float64]
) -> EyesInHead:
    """What both eyes together tell of their turn in the head."""
    yaw = units["eyeLookOutLeft"] - units["eyeLookInLeft"] + units["eyeLookInRight"] - units["eyeLookOutRight"]
    axes = rotation.tolist()
    (lid_r, iris_r), (lid_l, iris_l) = _heights(right, irises[0], axes), _heights(left, irises[1], axes)
    return EyesInHead(unsaturated(yaw / 2.0), (lid_r + lid_l) / 2.0, (iris_r + iris_l) / 2.0)


def measure_face(
    t_ns: int, found: FaceLandmarks | None, quality: PictureQuality | None, min_width_px: float
) -> FaceMeasurement:
    """What one picture says, with no memory of others; a face narrower than ``min_width_px`` gives no eyes."""
    if found is None:
        return FaceMeasurement(t_ns, quality=quality, reason="no face in the picture")
    points = found.points(_POINTS)
    right, left, mouth, cheeks, irises = points[:6], points[6:12], points[12:16], points[16:18], points[18:20]
    width_px = math.dist(cheeks[0], cheeks[1])
    units = found.face_units
    head = head_angles(found.rotation)
    large_enough = width_px >= min_width_px
    (ax, ay, _), (bx, by, _) = cheeks
    x, y, z = found.rotation[:, 1].tolist()
    up = (x, -y, -z)  # the points' y is down, their z away from the camera
    return FaceMeasurement(
        t_ns,
        head=replace(head, yaw=HEAD_YAW_GAIN * head.yaw),
        left_eye=EyeReading(eye_aspect_ratio(left, up), units["eyeBlinkLeft"]) if large_enough else None,
        right_eye=EyeReading(eye_aspect_ratio(right, up), units["eyeBlinkRight"]) if large_enough else None,
        eye_in_head=eyes_in_head(units, right, left, irises, found.rotation) if large_enough else None,
        mouth_ratio=math.dist(mouth[0], mouth[1]) / max(math.dist(mouth[2], mouth[3]), 1e-6),
        face_units=units,
        centre=((ax + bx) / 2.0 / found.size[0], (ay + by) / 2.0 / found.size[0]),
        width=width_px / found.size[0],
        quality=quality,
        width_px=width_px,
        reason=None if large_enough else f"face only {width_px:.0f} pixels wide; the eyes need {min_width_px:.0f}",
    )
