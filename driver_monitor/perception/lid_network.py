"""How far the lids stand apart, seen in the picture of each eye by a small network (models/lids.md).

Landmarks are a face fitted as a whole: on a dark face, behind tinted lenses or in a slumped head they leave shut eyes half
open, and they take lowered eyes for shut ones. The network sees the eye itself, and says how sure it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.face_landmarks import FaceLandmarks, Point
from driver_monitor.perception.onnx_session import open_session
from driver_monitor.signals import Estimate, FaceMeasurement, nanoseconds

SIZE: Final = (36, 24)
"""Pixels of what the network sees of an eye, across and down."""

SPAN: Final = (1.4, 0.95)
"""The same in eye widths: across in the picture's own (a turned head's eye is narrower in it), down in the head's."""

CORNERS: Final = (33, 133, 362, 263)
"""MediaPipe's point numbers of the eyes' corners, from left to right in the picture: the driver's right eye first."""

HOLD_S: Final = 0.25
"""Half the length from which lids are no blink: what the landmarks miss is seen in time (design)."""

_STILL_EAR: Final = 0.03  # a tenth of an open eye; lids that shut move the landmarks by more, however little they show of it
_STILL_BLINK: Final = 0.06
_STILL_DEG: Final = 3.0
_CONTRAST_FLOOR: Final = 4.0  # gray levels: a flat patch is not made into a picture


class LidLook(Protocol):
    """Looks at the lids of a face that was found."""

    def look(self, image: NDArray[np.uint8], found: FaceLandmarks, face: FaceMeasurement) -> FaceMeasurement:
        """The measurement with what is seen of its lids."""
        ...


def look_at_eye(
    gray: NDArray[np.uint8],
    corner_a: Point,
    corner_b: Point,
    *,
    mirrored: bool,
    size: tuple[int, int] = SIZE,
    span: tuple[float, float] = SPAN,
) -> NDArray[np.uint8]:
    """The eye between two corners, from left to right in the picture, upright in a patch of ``size``; a left one ``mirrored``."""
    (ax, ay, _), (bx, by, _) = corner_a, corner_b
    across, along = math.hypot(bx - ax, by - ay), math.atan2(by - ay, bx - ax)
    step = span[0] * across / size[0], span[1] * math.dist(corner_a, corner_b) / size[1]
    patch = cut_out(gray, ((ax + bx) / 2.0, (ay + by) / 2.0), along, step, size)
    return patch[:, ::-1] if mirrored else patch


def cut_out(
    gray: NDArray[np.uint8], middle: tuple[float, float], along: float, step: tuple[float, float], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """A part of a picture about ``middle``, turned by ``along`` (radians), a ``step`` (across, down) of the picture a pixel."""
    import cv2

    c, s = math.cos(along), math.sin(along)
    (step_x, step_y), u, v = step, (size[0] - 1) / 2.0, (size[1] - 1) / 2.0
    place = np.array(
        [
            [c * step_x, -s * step_y, middle[0] - c * step_x * u + s * step_y * v],
            [s * step_x, c * step_y, middle[1] - s * step_x * u - c * step_y * v],
        ],
        np.float32,
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(gray, place, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def as_input(patches: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Patches (n, 24, 36) as the network takes them, float32 (n, 1, 24, 36): without their own light and contrast."""
    count, height, width = patches.shape
    values = patches.reshape(count, -1).astype(np.float32)
    values -= values.mean(axis=1, keepdims=True)
    contrast = np.sqrt(np.einsum("ij,ij->i", values, values) / np.float32(values.shape[1]))
    values /= contrast[:, None] + np.float32(_CONTRAST_FLOOR)
    return values.reshape(count, 1, height, width)


class LidNetwork:
    """The network on ONNX Runtime, one thread.

    Raises
    ------
    ModelError
        When the file cannot be loaded.
    """

    def __init__(self, model: Path) -> None:
        self._session: Any = open_session(model, "lid model", "install driver-monitor again")

    def gaps(self, patches: NDArray[np.uint8]) -> list[Estimate]:
        """The gap in each patch (n, 24, 36), as a share of 30 mm."""
        (told,) = self._session.run(None, {"eyes": as_input(patches)})
        return [Estimate(gap, error) for gap, error in told.tolist()]


class LidLooks:
    """Looks at both eyes; while the landmarks' lids and head stand still, what was seen holds for up to ``HOLD_S``."""

    def __init__(self, network: LidNetwork) -> None:
        self._network = network
        self._last: FaceMeasurement | None = None  # of the last look

    def look(self, image: NDArray[np.uint8], found: FaceLandmarks, face: FaceMeasurement) -> FaceMeasurement:
        """The measurement of a picture (height, width, 3) RGB, with what is seen of its lids where eyes were measured."""
        left, right = face.left_eye, face.right_eye
        if left is None or right is None:
            return face
        if self._last is not None and _stands_still(self._last, face):
            before_left, before_right = self._last.left_eye, self._last.right_eye
            assert before_left is not None
            assert before_right is not None
            return replace(
                face, left_eye=replace(left, seen=before_left.seen), right_eye=replace(right, seen=before_right.seen)
            )
        seen_left, seen_right = self._network.gaps(_both_eyes(image, found))
        self._last = replace(face, left_eye=replace(left, seen=seen_left), right_eye=replace(right, seen=seen_right))
        return self._last


def _stands_still(before: FaceMeasurement, now: FaceMeasurement) -> bool:
    if now.t_ns - before.t_ns > nanoseconds(HOLD_S) or before.head is None or now.head is None:
        return False
    turned = max(abs(now.head.yaw - before.head.yaw), abs(now.head.pitch - before.head.pitch))
    return turned < _STILL_DEG and all(
        one is not None
        and other is not None
        and abs(one.ear - other.ear) < _STILL_EAR
        and abs(one.blink - other.blink) < _STILL_BLINK
        for one, other in ((before.left_eye, now.left_eye), (before.right_eye, now.right_eye))
    )


def _both_eyes(image: NDArray[np.uint8], found: FaceLandmarks) -> NDArray[np.uint8]:
    """Patches (2, 24, 36) of the left eye, mirrored, and the right one."""
    import cv2

    corners = found.points(CORNERS)
    part, (x0, y0) = _about(corners, image)
    gray = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8)
    a, b, c, d = ((x - x0, y - y0, z) for x, y, z in corners)
    return np.stack([look_at_eye(gray, c, d, mirrored=True), look_at_eye(gray, a, b, mirrored=False)])


def _about(corners: Sequence[Point], image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The part of a picture that holds both eyes' patches, and where it begins."""
    margin = max(math.dist(corners[0], corners[1]), math.dist(corners[2], corners[3]))
    height, width = image.shape[:2]
    xs, ys = [x for x, _, _ in corners], [y for _, y, _ in corners]
    left, top = max(0, min(width - 1, int(min(xs) - margin))), max(0, min(height - 1, int(min(ys) - margin)))
    right, bottom = max(left + 1, min(width, int(max(xs) + margin))), max(top + 1, min(height, int(max(ys) + margin)))
    return np.ascontiguousarray(image[top:bottom, left:right]), (left, top)
