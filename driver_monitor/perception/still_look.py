"""A cheap look at a picture: are eyes and mouth as the last reading saw them?

Small gray patches are compared with those of that reading. What a face that shifts by a pixel, a light that changes and a gain
that follows it do to a patch is taken out by least squares (one step of Lucas & Kanade 1981); lids, irises and lips that move
leave a rest. How large the rest is of a face that the landmarks call still is learned as the drive goes: camera noise, a
compressed video's own, vibration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.face_landmarks import FaceLandmarks
from driver_monitor.signals import NS_PER_S

# MediaPipe's point numbers: the eyes' corners, the mouth's, and the inner lips' middle
_IDS = (33, 133, 362, 263, 61, 291, 13, 14)
_EYE, _MOUTH = (0.75, 0.45), (0.65, 0.5)  # half a patch, across and down, in widths of eye and mouth
_SIZE = (24, 12)
_LEAST_PX = 4
_MOVED = 1.35  # times the rest of a still face
_SHIFT_PX = 1.0  # of a patch's own pixels: what shifts further moves
_LEARN_S = 5.0
_OUTLIER = 3.0  # times the rest so far is all that one picture may teach
_LEAST_REST = 0.3  # of 255: rounding
_FIRM = 1e-3  # keeps flat patches' equations solvable

_DIAGONAL = np.eye(4, dtype=np.float32)
_AGE_NS = NS_PER_S
_NEAR_PX = 2  # boxes that follow the face by less stay where they are

_Patches = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A reading's patches, with what shift, light and gain do to them, worked out at ``made_ns``."""

    made_ns: int
    boxes: list[tuple[int, int, int, int]]
    patches: _Patches  # (3, 12, 24), gray
    changes: NDArray[np.float32]  # (3, 4, n)
    solve: NDArray[np.float32]  # (3, 4, 4)


class StillLook:
    """Compares pictures with the last one that was read."""

    def __init__(self) -> None:
        import cv2

        self._cv2 = cv2
        self._kept: _Kept | None = None
        self._cut: _Patches | None = None  # of the picture compared last
        self._rest: NDArray[np.float64] | None = None
        self._learned_s = 0.0

    def keep(self, t_ns: int, image: NDArray[np.uint8], found: FaceLandmarks) -> None:
        """Keep the patches of a picture that was read."""
        boxes, patches, before = _boxes(found), self._cut, self._kept
        if before is not None and patches is not None and _near(boxes, before.boxes):
            if t_ns - before.made_ns < _AGE_NS:  # what shift and light do to a still face is as it was
                self._kept = replace(before, patches=patches)
                return
            boxes = before.boxes  # cut already
        else:
            patches = self._take(image, boxes)
        if patches is None:
            self._kept = None
            return
        shaped = np.empty((len(patches), 4, _SIZE[1] - 2, _SIZE[0] - 2), np.float32)
        shaped[:, 0] = 1.0  # light
        shaped[:, 1] = patches[:, 1:-1, 1:-1]  # gain
        np.subtract(patches[:, 1:-1, 2:], patches[:, 1:-1, :-2], out=shaped[:, 2])  # shifts
        np.subtract(patches[:, 2:, 1:-1], patches[:, :-2, 1:-1], out=shaped[:, 3])
        changes = shaped.reshape(len(patches), 4, -1)
        squares = changes @ changes.transpose(0, 2, 1)
        squares += _FIRM * squares * _DIAGONAL
        squares += _DIAGONAL
        self._kept = _Kept(t_ns, boxes, patches, changes, np.linalg.inv(squares))

    def forget(self) -> None:
        """What was kept is of no use: the face is lost, or moves."""
        self._kept = self._cut = None

    def compare(self, image: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        """The rest in each patch, gray levels; ``None`` where it cannot be told, infinite where a patch has shifted."""
        kept = self._kept
        patches = self._cut = None if kept is None else self._take(image, kept.boxes)
        if kept is None or patches is None:
            return None
        apart = (patches - kept.patches)[:, 1:-1, 1:-1].reshape(len(patches), -1, 1)
        along = kept.changes @ apart
        fit = kept.solve @ along
        left = (apart * apart).sum(axis=(1, 2)) - (along * fit).sum(axis=(1, 2))
        rest: NDArray[np.float64] = np.sqrt(np.maximum(left, 0.0) / apart.shape[1])
        # differences are taken over two pixels
        rest[np.abs(fit[:, 2:, 0]).max(axis=1) > _SHIFT_PX / 2.0] = math.inf
        return rest

    def moved(self, rest: NDArray[np.float64] | None) -> bool:
        """Whether a picture must be read: more is left over than of a still face, or that is not known yet."""
        return rest is None or self._rest is None or bool((rest > _MOVED * self._rest).any())

    def learn(self, rest: NDArray[np.float64] | None, dt_s: float) -> None:
        """Take the rest of a face that was still between two readings ``dt_s`` apart."""
        if rest is None or not np.isfinite(rest).all():
            return
        if self._rest is None:
            self._rest = np.maximum(rest, _LEAST_REST)
        self._learned_s = min(_LEARN_S, self._learned_s + dt_s)
        share = min(1.0, dt_s / max(self._learned_s, 1e-3))
        self._rest = np.maximum(self._rest + share * (np.minimum(rest, _OUTLIER * self._rest) - self._rest), _LEAST_REST)

    def _take(self, image: NDArray[np.uint8], boxes: list[tuple[int, int, int, int]]) -> _Patches | None:
        """(3, 12, 24) of the green channel, or ``None`` when a box is out of the picture or too small."""
        cv2, (height, width) = self._cv2, image.shape[:2]
        out = np.empty((len(boxes), _SIZE[1], _SIZE[0]), np.float32)
        for k, (left, top, right, bottom) in enumerate(boxes):
            if left < 0 or top < 0 or right > width or bottom > height or right - left < _LEAST_PX or bottom - top < _LEAST_PX:
                return None
            out[k] = cv2.resize(cv2.extractChannel(image[top:bottom, left:right], 1), _SIZE, interpolation=cv2.INTER_AREA)
        return out


def _boxes(found: FaceLandmarks) -> list[tuple[int, int, int, int]]:
    points = found.points(_IDS)
    out = []
    for k, (across, down) in ((0, _EYE), (2, _EYE), (4, _MOUTH)):
        (ax, ay, _), (bx, by, _) = points[k], points[k + 1]
        width = math.hypot(bx - ax, by - ay)
        x, y = (ax + bx) / 2.0, (ay + by) / 2.0
        if k == 4:
            y = (points[6][1] + points[7][1]) / 2.0
        out.append((round(x - across * width), round(y - down * width), round(x + across * width), round(y + down * width)))
    return out


def _near(boxes: list[tuple[int, int, int, int]], others: list[tuple[int, int, int, int]]) -> bool:
    pairs = zip(boxes, others, strict=True)
    return all(abs(a - b) <= _NEAR_PX for box, other in pairs for a, b in zip(box, other, strict=True))
