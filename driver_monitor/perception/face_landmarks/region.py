"""Where in the picture a network looks: a turned square, found by the face detector or by the landmarks before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GROWTH = 1.5
"""The square is this much larger than what it must hold: the next picture's face may have moved (MediaPipe's figure)."""
_DETECTOR_PX = 128
_SAME_FACE = 0.5  # boxes that share more of their area are one face (MediaPipe's default)
_EYE_CORNERS = (33, 263)


@dataclass(frozen=True, slots=True)
class Region:
    """A square in the picture: centre and side in pixels, turned clockwise by ``angle`` (radians)."""

    x: float
    y: float
    side: float
    angle: float

    def to_picture(self, across: int) -> NDArray[np.float64]:
        """(2, 3): pixels of the square, ``across`` to a side, to pixels of the picture."""
        scale = self.side / across
        c, s = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        half = across / 2.0
        return np.array([[c, -s, self.x - (c - s) * half], [s, c, self.y - (s + c) * half]])

    def bounds(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the part of the picture that the square needs, a pixel to spare; never empty."""
        reach = self.side / 2.0 * (abs(math.cos(self.angle)) + abs(math.sin(self.angle)))
        left, right = _within(self.x - reach, self.x + reach, width)
        top, bottom = _within(self.y - reach, self.y + reach, height)
        return left, top, right, bottom


def whole_picture(width: int, height: int) -> Region:
    """The square around the whole picture."""
    return Region(width / 2.0, height / 2.0, float(max(width, height)), 0.0)


def region_of_landmarks(points: NDArray[np.float64]) -> Region:
    """Where to look next for a face with these (3, 478) points, level with the outer eye corners."""
    right, left = _EYE_CORNERS
    angle = math.atan2(points.item(1, left) - points.item(1, right), points.item(0, left) - points.item(0, right))
    flat = points[:2]
    return _around(flat.min(axis=1).tolist(), flat.max(axis=1).tolist(), angle)


def region_of_detection(
    boxes: NDArray[np.float32], logits: NDArray[np.float32], least: float, width: int, height: int
) -> Region | None:
    """The best face of the detector's answer for the whole picture, or ``None``.

    ``boxes`` (896, 16): centre, size and six points (the eyes first) in 128ths, from each anchor's centre; ``logits`` (896, 1).
    Boxes of one face are averaged by their scores (weighted non-maximum suppression).
    """
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits[:, 0].astype(np.float64), -100.0, 100.0)))
    (sure,) = np.nonzero(scores >= least)
    if not len(sure):
        return None
    scores, found = scores[sure], boxes[sure].astype(np.float64) / _DETECTOR_PX
    centre = found[:, :2] + _ANCHORS[sure]
    low, high = centre - found[:, 2:4] / 2.0, centre + found[:, 2:4] / 2.0
    eyes = found[:, 4:8] + np.tile(_ANCHORS[sure], 2)
    best = int(scores.argmax())
    shared = np.clip(np.minimum(high, high[best]) - np.maximum(low, low[best]), 0.0, None).prod(axis=1)
    areas = (high - low).prod(axis=1)
    same = shared > _SAME_FACE * (areas + areas[best] - shared)
    same[best] = True
    mean = np.average(np.hstack([low, high, eyes])[same], axis=0, weights=scores[same])
    whole = whole_picture(width, height)
    corner = np.array([whole.x, whole.y]) - whole.side / 2.0
    low, high, right, left = (mean.reshape(4, 2) * whole.side + corner).tolist()
    return _around(low, high, math.atan2(left[1] - right[1], left[0] - right[0]))


def _around(low: Sequence[float], high: Sequence[float], angle: float) -> Region:
    (left, top), (right, bottom) = low, high
    return Region((left + right) / 2.0, (top + bottom) / 2.0, GROWTH * max(right - left, bottom - top), angle)


def _within(low: float, high: float, size: int) -> tuple[int, int]:
    """The whole pixels around ``low`` to ``high`` that lie in a picture of this size; its nearest one when none does."""
    first = min(max(math.floor(low) - 1, 0), size - 1)
    return first, max(min(math.ceil(high) + 2, size), first + 1)


def _anchors() -> NDArray[np.float64]:
    """(896, 2): the detector's cell centres as shares, two in each of 16 × 16 cells and six in each of 8 × 8."""
    out = []
    for cells, each in ((16, 2), (8, 6)):
        centres = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(centres, centres, indexing="ij")
        out.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0))
    return np.concatenate(out)


_ANCHORS = _anchors()
