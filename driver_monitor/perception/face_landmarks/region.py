"""Where in the picture a network looks: a turned square, found by the face detector or by the landmarks before."""

from __future__ import annotations

import math
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


def whole_picture(width: int, height: int) -> Region:
    """The square around the whole picture."""
    return Region(width / 2.0, height / 2.0, float(max(width, height)), 0.0)


def region_of_landmarks(points: NDArray[np.float64]) -> Region:
    """Where to look next for a face with these (3, 478) points, level with the outer eye corners."""
    a, b = _EYE_CORNERS
    angle = math.atan2(points[1, b] - points[1, a], points[0, b] - points[0, a])
    return _around(points[:2].min(axis=1), points[:2].max(axis=1), angle)


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
    low, high, right, left = (mean.reshape(4, 2) * whole.side + corner)
    return _around(low, high, math.atan2(left[1] - right[1], left[0] - right[0]))


def _around(low: NDArray[np.float64], high: NDArray[np.float64], angle: float) -> Region:
    (x, y), (w, h) = (low + high) / 2.0, high - low
    return Region(float(x), float(y), GROWTH * float(max(w, h)), angle)


def _anchors() -> NDArray[np.float64]:
    """(896, 2): the detector's cell centres as shares, two in each of 16 × 16 cells and six in each of 8 × 8."""
    out = []
    for cells, each in ((16, 2), (8, 6)):
        centres = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(centres, centres, indexing="ij")
        out.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0))
    return np.concatenate(out)


_ANCHORS = _anchors()
