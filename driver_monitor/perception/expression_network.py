"""What a small network makes of a small or blurred face, where the action units are poor; seldom.

The network (models/expression.md) knows seven expressions of photographs of 48 × 48 pixels. It is not asked where the picture
has more detail than that: there it is the poorer reader. A yawn looks like anger to it, so pictures that say nothing of a mood
(``expression.usable``) are not shown to it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import ModelError
from driver_monitor.perception.expression import usable
from driver_monitor.perception.face_landmarks import FaceLandmarks, quiet
from driver_monitor.signals import CameraFrame, ExpressionReading, FaceMeasurement, nanoseconds

LOOK_S = 1.0
"""Time between two looks: a mood lasts 10 s before it is told (design)."""

MAX_ROLL_DEG = 40.0
"""A head that leans further is not what the network was trained on (design)."""

FULL_DETAIL, NO_DETAIL = 0.14, 0.10
"""Share of a face's contrast that is finer than a 48th of its width. Drivers filmed in cars have 0.10 to 0.25, faces enlarged
from 48 pixels 0.04 to 0.13: from the first on the network is not asked, below the second it counts in full."""

_SMALL_PX, _FINE_PX, _COARSE_PX = 64, 128, 48
_MIDDLE = slice(24, 104)  # of the fine crop: skin, eyes and mouth without the background
_DARK = 2.0  # pixel values: a face without contrast has no detail either
_RAISED = 0.03  # of the crop's side, up from the middle of the landmarks: its training pictures show the forehead
_OUTLINE = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
            136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 1, 4)  # fmt: skip
"""MediaPipe's face oval and the tip of the nose: their extent is that of all 478 points."""


class ExpressionNetwork(Protocol):
    """Tells how angry a face looks."""

    def angry(self, face: NDArray[np.uint8]) -> float:
        """Probability that the grey face (64, 64) shows anger, of seven expressions."""
        ...

    def close(self) -> None:
        """Let go of the model."""
        ...


class ExpressionLook(Protocol):
    """Reads the expression of a face now and then."""

    def look(self, frame: CameraFrame, found: FaceLandmarks, face: FaceMeasurement) -> FaceMeasurement:
        """The measurement, with a reading where one is due."""
        ...

    def close(self) -> None:
        """Let go of the model."""
        ...


class LiteRtExpression:
    """The network on LiteRT, one thread.

    Raises
    ------
    ModelError
        When the model file cannot be used.
    """

    def __init__(self, model: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            with quiet("litert"):
                self._interpreter = Interpreter(model_content=model.read_bytes(), num_threads=1)
                self._interpreter.allocate_tensors()
                self._interpreter.invoke()  # the first run makes its kernels ready
        except (OSError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"LiteRT cannot use {model} ({reason}); run 'driver-monitor models pull'") from None
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def angry(self, face: NDArray[np.uint8]) -> float:
        """Probability that the grey face (64, 64) shows anger: the first of the seven."""
        self._interpreter.set_tensor(self._input, (face.astype(np.float32) / 127.5 - 1.0)[None, :, :, None])
        self._interpreter.invoke()
        return float(self._interpreter.get_tensor(self._output)[0, 0])

    def close(self) -> None:
        """Let go of the model."""
        del self._interpreter


class ExpressionLooks:
    """Looks at the face with the network every ``LOOK_S``; :meth:`look` takes every picture."""

    def __init__(self, network: ExpressionNetwork, usable_yaw_deg: float) -> None:
        self._network = network
        self._usable_yaw_deg = usable_yaw_deg
        self._looked_ns: int | None = None

    def look(self, frame: CameraFrame, found: FaceLandmarks, face: FaceMeasurement) -> FaceMeasurement:
        """The measurement with a reading, where one is due and the face can be read."""
        if self._looked_ns is not None and face.t_ns - self._looked_ns < nanoseconds(LOOK_S):
            return face
        if face.head is None or abs(face.head.roll) > MAX_ROLL_DEG or not usable(face, self._usable_yaw_deg):
            return face
        self._looked_ns = face.t_ns
        return replace(face, expression=read_expression(self._network, frame.image, found))

    def close(self) -> None:
        """Let go of the model."""
        self._network.close()


def read_expression(network: ExpressionNetwork, image: NDArray[np.uint8], found: FaceLandmarks) -> ExpressionReading:
    """The detail of the face in one picture (height, width, 3), and what the network says where there is little of it."""
    crop = face_crop(image, found)
    detail = round(face_detail(crop), 4)
    if detail >= FULL_DETAIL:
        return ExpressionReading(detail)
    import cv2

    small = np.asarray(cv2.resize(crop, (_SMALL_PX, _SMALL_PX), interpolation=cv2.INTER_AREA), np.uint8)
    # and its mirror image: what the two answers differ by is noise. Rounded: processors differ in the last digits
    return ExpressionReading(detail, round((network.angry(small) + network.angry(small[:, ::-1])) / 2.0, 3))


def face_crop(image: NDArray[np.uint8], found: FaceLandmarks) -> NDArray[np.uint8]:
    """The grey square around the face, 128 × 128; what lies outside the picture is its edge drawn on."""
    import cv2

    points = found.points(_OUTLINE)
    left, right = min(x for x, _, _ in points), max(x for x, _, _ in points)
    top, bottom = min(y for _, y, _ in points), max(y for _, y, _ in points)
    side = max(2, round(max(right - left, bottom - top)))
    x0 = round((left + right - side) / 2.0)
    y0 = round((top + bottom - side) / 2.0 - _RAISED * side)
    height, width = image.shape[:2]
    inner = image[max(0, min(y0, height - 1)) : max(1, y0 + side), max(0, min(x0, width - 1)) : max(1, x0 + side)]
    grey = cv2.cvtColor(np.ascontiguousarray(inner), cv2.COLOR_RGB2GRAY)
    above, before = max(0, min(-y0, side - 1)), max(0, min(-x0, side - 1))
    below, after = max(0, side - above - grey.shape[0]), max(0, side - before - grey.shape[1])
    if above or before or below or after:
        grey = cv2.copyMakeBorder(grey, above, below, before, after, cv2.BORDER_REPLICATE)
    way = cv2.INTER_AREA if side >= _FINE_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (_FINE_PX, _FINE_PX), interpolation=way), np.uint8)


def face_detail(crop: NDArray[np.uint8]) -> float:
    """Share of the contrast of a face (128, 128) that is lost at 48 pixels across."""
    import cv2

    coarse = cv2.resize(crop, (_COARSE_PX, _COARSE_PX), interpolation=cv2.INTER_AREA)
    again = cv2.resize(coarse, (_FINE_PX, _FINE_PX), interpolation=cv2.INTER_CUBIC)
    seen = crop[_MIDDLE, _MIDDLE].astype(np.float64)
    lost = seen - again[_MIDDLE, _MIDDLE]
    return math.sqrt(float(np.mean(lost * lost))) / (float(seen.std()) + _DARK)
