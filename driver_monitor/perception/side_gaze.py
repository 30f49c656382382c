"""Which way the eyes of a turned head look, seen in the picture of the nearer one by a small network (models/side_gaze.md).

In a head turned far from the camera the landmarks leave the irises in the middle of the eyes: of a look to the far window
they see the head's part alone. The nearer eye itself shows it: there is white where the iris would be.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.eye_network import EyeNetwork
from driver_monitor.perception.eye_patches import one_eye
from driver_monitor.perception.face_landmarks import FaceLandmarks
from driver_monitor.signals import Estimate, FaceMeasurement, seconds

FROM_DEG: Final = 15.0
"""From this head yaw to the camera the network is asked; up to there the landmarks see both irises well enough."""

_REST_S: Final = 0.3  # over which eyes that rest are averaged: as long as a fixation at least (design)
_HEAD_MOVES_DEG: Final = 6.0
_EYES_MOVE: Final = 2.0  # errors; what differs by more is another look
_LEAST_ERROR_DEG: Final = 1.0

FACTS: Final = 5
"""How many figures the network is given beside the picture."""


def facts(face: FaceMeasurement, *, mirrored: bool) -> list[float]:
    """Where the head is and how it stands to the camera, about 1 each at the most; of a left eye ``mirrored`` as its picture.

    Raises
    ------
    ValueError
        When no head was measured.
    """
    head, centre = face.head, face.centre
    if head is None or centre is None:
        raise ValueError("no head was measured")
    way = -1.0 if mirrored else 1.0
    across, down = centre
    return [way * head.yaw / 45.0, head.pitch / 20.0, way * head.roll / 20.0, way * 4.0 * (across - 0.5), 4.0 * (down - 0.375)]


def open_side_gaze_network(model: Path) -> EyeNetwork:
    """The network of the file; it tells the degrees that an eye is turned to the nose's side."""
    return EyeNetwork(model, "side gaze model")


class RestingEyes:
    """What was seen of eyes that rest, over the last moments, by its error; a head or eyes that move begin anew."""

    def __init__(self) -> None:
        self._value = self._weight = self._count = self._head = 0.0
        self._t_ns = 0

    def step(self, t_ns: int, head_yaw: float, seen: Estimate) -> Estimate:
        """Take what one picture shows; the mean, with the error of a single picture, for what the pictures share stays."""
        faded = math.exp(-seconds(t_ns - self._t_ns) / _REST_S)
        self._t_ns = t_ns
        told = max(seen.error, _LEAST_ERROR_DEG) ** -2
        if self._count > 0.0:
            spread = max(seen.error, math.sqrt(self._count / self._weight))
            moved = abs(head_yaw - self._head) > _HEAD_MOVES_DEG or abs(seen.value - self._value) > _EYES_MOVE * spread
            faded = 0.0 if moved else faded
        if faded == 0.0 or self._count == 0.0:
            self._head = head_yaw
        self._weight, self._count = faded * self._weight + told, faded * self._count + 1.0
        self._value += (seen.value - self._value) * told / self._weight
        return Estimate(self._value, math.sqrt(self._count / self._weight))


class SideLooks:
    """Looks at the nearer eye of heads that are turned."""

    def __init__(self, network: EyeNetwork) -> None:
        self._network = network

    def look(self, image: NDArray[np.uint8], found: FaceLandmarks, face: FaceMeasurement) -> FaceMeasurement:
        """The measurement of a picture (height, width, 3) RGB, with what is seen of the eyes' turn in the head."""
        head, eyes = face.head, face.eye_in_head
        if head is None or eyes is None or abs(head.yaw) < FROM_DEG:
            return face
        left = head.yaw < 0.0
        patch = one_eye(image, found, left=left)
        (seen,) = self._network.tell(patch[None], np.array([facts(face, mirrored=left)], np.float32))
        return replace(face, eye_in_head=replace(eyes, seen_yaw=Estimate(-seen.value if left else seen.value, seen.error)))
