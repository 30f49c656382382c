"""Landmarks to the geometry of one picture: head attitude, eye aspect ratios, eyes in the head, mouth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.face_landmarks import FaceLandmarks, Point
from driver_monitor.signals import Angles, EyeReading, FaceMeasurement, PictureQuality

# MediaPipe's point numbers: corners, then upper and lower lid pairs
_RIGHT_EYE = (33, 133, 160, 144, 158, 153)
_LEFT_EYE = (263, 362, 387, 373, 385, 380)
_MOUTH = (13, 14, 78, 308)
_CHEEKS = (234, 454)
_POINTS = (*_RIGHT_EYE, *_LEFT_EYE, *_MOUTH, *_CHEEKS)

DEG_PER_EYE_UNIT = (31.0, 45.0)
"""Degrees of eye-in-head yaw and pitch per unit of the eyeLook face units (on rendered heads 0.031-0.034 per degree of yaw, and
less of pitch, because the lid goes with the eye)."""


_FROWN_PITCH_DEG = 12.0  # a full frown reads as a look so far up, with the eyes still (rendered heads)


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
    """Yaw, pitch and roll of the head towards the camera, degrees."""
    nose = rotation[:, 2]
    return Angles(
        yaw=math.degrees(math.atan2(nose[0], nose[2])),
        pitch=math.degrees(math.asin(max(-1.0, min(1.0, float(nose[1]))))),
        roll=math.degrees(math.atan2(rotation[1, 0], rotation[0, 0])),
    )


def eyes_in_head(units: dict[str, float]) -> Angles:
    """Mean turn of both eyes in the head, degrees, from the eyeLook face units."""
    yaw = units["eyeLookOutLeft"] - units["eyeLookInLeft"] + units["eyeLookInRight"] - units["eyeLookOutRight"]
    pitch = units["eyeLookUpLeft"] - units["eyeLookDownLeft"] + units["eyeLookUpRight"] - units["eyeLookDownRight"]
    frown = (units["browDownLeft"] + units["browDownRight"]) / 2.0
    return Angles(yaw=DEG_PER_EYE_UNIT[0] * yaw / 2.0, pitch=DEG_PER_EYE_UNIT[1] * pitch / 2.0 - _FROWN_PITCH_DEG * frown)


def measure_face(
    t_ns: int, found: FaceLandmarks | None, quality: PictureQuality | None, min_width_px: float
) -> FaceMeasurement:
    """What one picture says, with no memory of others; a face narrower than ``min_width_px`` gives no eyes."""
    if found is None:
        return FaceMeasurement(t_ns, quality=quality, reason="no face in the picture")
    points = found.points(_POINTS)
    right, left, mouth, cheeks = points[:6], points[6:12], points[12:16], points[16:18]
    width_px = math.dist(cheeks[0], cheeks[1])
    units = found.face_units
    large_enough = width_px >= min_width_px
    (ax, ay, _), (bx, by, _) = cheeks
    x, y, z = found.rotation[:, 1].tolist()
    up = (x, -y, -z)  # the points' y is down, their z away from the camera
    return FaceMeasurement(
        t_ns,
        head=head_angles(found.rotation),
        left_eye=EyeReading(eye_aspect_ratio(left, up), units["eyeBlinkLeft"]) if large_enough else None,
        right_eye=EyeReading(eye_aspect_ratio(right, up), units["eyeBlinkRight"]) if large_enough else None,
        eye_in_head=eyes_in_head(units) if large_enough else None,
        mouth_ratio=math.dist(mouth[0], mouth[1]) / max(math.dist(mouth[2], mouth[3]), 1e-6),
        face_units=units,
        centre=((ax + bx) / 2.0 / found.size[0], (ay + by) / 2.0 / found.size[0]),
        width=width_px / found.size[0],
        quality=quality,
        width_px=width_px,
        reason=None if large_enough else f"face only {width_px:.0f} pixels wide; the eyes need {min_width_px:.0f}",
    )
