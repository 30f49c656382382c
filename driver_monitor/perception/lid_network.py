"""How far the lids stand apart, seen in the picture of each eye by a small network (models/lids.md).

Landmarks are a face fitted as a whole: on a dark face, behind tinted lenses or in a slumped head they leave shut eyes half
open, and they take lowered eyes for shut ones. The network sees the eye itself, and says how sure it is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.eye_network import EyeNetwork
from driver_monitor.perception.eye_patches import both_eyes
from driver_monitor.perception.face_landmarks import FaceLandmarks
from driver_monitor.signals import FaceMeasurement, nanoseconds

HOLD_S: Final = 0.25
"""Half the length from which lids are no blink: what the landmarks miss is seen in time (design)."""

_STILL_EAR: Final = 0.03  # a tenth of an open eye; lids that shut move the landmarks by more, however little they show of it
_STILL_BLINK: Final = 0.06
_STILL_DEG: Final = 3.0


def open_lid_network(model: Path) -> EyeNetwork:
    """The network of the file; it tells the gap as a share of 30 mm."""
    return EyeNetwork(model, "lid model")


class LidLooks:
    """Looks at both eyes; while the landmarks' lids and head stand still, what was seen holds for up to ``HOLD_S``."""

    def __init__(self, network: EyeNetwork) -> None:
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
        seen_left, seen_right = self._network.tell(both_eyes(image, found))
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
