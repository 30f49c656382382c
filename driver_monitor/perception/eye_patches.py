"""What networks look at eyes with: an eye cut out of the picture upright between its corners, a left one mirrored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.face_landmarks import FaceLandmarks, Point
from driver_monitor.signals import FaceMeasurement

SIZE: Final = (36, 24)
"""Pixels of what a network sees of an eye, across and down."""

SPAN: Final = (1.4, 0.95)
"""The same in eye widths: across in the picture's own (a turned head's eye is narrower in it), down in the head's."""

CORNERS: Final = (33, 133, 362, 263)
"""MediaPipe's point numbers of the eyes' corners, from left to right in the picture: the driver's right eye first."""

_CONTRAST_FLOOR: Final = 4.0  # gray levels: a flat patch is not made into a picture


class EyeLook(Protocol):
    """Looks at the eyes of a face that was found."""

    def look(self, image: NDArray[np.uint8], found: FaceLandmarks, face: FaceMeasurement) -> FaceMeasurement:
        """The measurement of a picture (height, width, 3) RGB, with what is seen in its eyes."""
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


def both_eyes(image: NDArray[np.uint8], found: FaceLandmarks) -> NDArray[np.uint8]:
    """Patches (2, 24, 36) of the left eye, mirrored, and the right one, of a picture (height, width, 3) RGB."""
    corners = found.points(CORNERS)
    gray, (a, b, c, d) = _gray_about(image, corners)
    return np.stack([look_at_eye(gray, c, d, mirrored=True), look_at_eye(gray, a, b, mirrored=False)])


def one_eye(image: NDArray[np.uint8], found: FaceLandmarks, *, left: bool) -> NDArray[np.uint8]:
    """The patch (24, 36) of one eye, of a left one mirrored."""
    gray, ends = _gray_about(image, found.points(CORNERS[2:] if left else CORNERS[:2]))
    return look_at_eye(gray, ends[0], ends[1], mirrored=left)


def _gray_about(image: NDArray[np.uint8], corners: Sequence[Point]) -> tuple[NDArray[np.uint8], list[Point]]:
    """The part of a picture that holds the patches of eyes with these corners, and the corners in it."""
    import cv2

    margin = max(math.dist(a, b) for a, b in zip(corners[::2], corners[1::2], strict=True))
    height, width = image.shape[:2]
    xs, ys = [x for x, _, _ in corners], [y for _, y, _ in corners]
    left, top = max(0, min(width - 1, int(min(xs) - margin))), max(0, min(height - 1, int(min(ys) - margin)))
    right, bottom = max(left + 1, min(width, int(max(xs) + margin))), max(top + 1, min(height, int(max(ys) + margin)))
    part = np.ascontiguousarray(image[top:bottom, left:right])
    return np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8), [(x - left, y - top, z) for x, y, z in corners]
