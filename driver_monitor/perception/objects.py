"""Things in the picture by an ONNX object detector of the user's own (none comes along). Beside the voice's the only ONNX here.

Fits are exports with one picture input (1, 3, height, width), float32 RGB from 0 to 1, and one of these outputs, told apart
by their shape:

* (1, 4 + labels, boxes): YOLOv8, YOLO11 and kin as Ultralytics exports them;
* (1, boxes, 5 + labels): YOLOv5, YOLOv7, with the score of "an object" in the fifth place;
* (1, boxes, 6): YOLOv10 and exports with suppression inside: corners, score, label.

Labels come from the file's own metadata ("names"), else they are the 80 of COCO, in which "cell phone" is number 67.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import ModelError
from driver_monitor.perception.onnx_session import open_session
from driver_monitor.signals import CameraFrame, ObjectMeasurement

_COCO_LABELS = 80
_COCO = {67: "cell phone"}
_SIDE = 640  # where the export leaves the picture's size open
_GREY = 114.0 / 255.0  # what these networks were trained to see around a picture of another shape


class ObjectDetector(Protocol):
    """Finds things in single pictures."""

    def detect(self, frame: CameraFrame) -> ObjectMeasurement:
        """The best score of each label found."""
        ...


class OnnxObjects:
    """An object detector on ONNX Runtime; see this file's text for the exports that fit.

    Raises
    ------
    ModelError
        When the file cannot be used, or its shapes are of none of the known kinds.
    """

    def __init__(self, model: Path) -> None:
        if not model.is_file():
            raise ModelError(f"there is no object detector {model}; put a model there or set phone.detector to ''")
        self._session: Any = open_session(model, "object detector", "set phone.detector anew")
        self._name = model.name
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shape = inputs[0].shape
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(shape) != 4 or shape[1] not in (3, "channels"):
            raise self._unfit(model, f"takes {inputs[0].type} {shape}", "one float picture (1, 3, height, width)")
        self._input: str = inputs[0].name
        self._size = tuple(side if isinstance(side, int) and side > 0 else _SIDE for side in (shape[3], shape[2]))
        self._labels, self._count = self._read_labels()
        found = self._run(np.zeros((self._size[1], self._size[0], 3), np.uint8))
        if len(outputs) != 1 or self._scores(found) is None:
            raise self._unfit(model, f"gives {found.shape}", "an output as docs/hands.md tells")

    def detect(self, frame: CameraFrame) -> ObjectMeasurement:
        """The best score of each label found."""
        best = self._scores(self._run(frame.image))
        assert best is not None
        found = [(self._labels[k], round(float(best[k]), 4)) for k in map(int, np.flatnonzero(best > 0.0)) if k in self._labels]
        return ObjectMeasurement(frame.t_ns, tuple(sorted(found)), self._name)

    @staticmethod
    def _unfit(model: Path, what: str, wanted: str) -> ModelError:
        return ModelError(f"the object detector {model} {what} where {wanted} is wanted; export it anew")

    def _read_labels(self) -> tuple[dict[int, str], int]:
        """The labels by number, and how many numbers there are."""
        try:
            names = ast.literal_eval(self._session.get_modelmeta().custom_metadata_map.get("names", ""))
            labels = {int(k): str(v) for k, v in (names.items() if isinstance(names, dict) else enumerate(names))}
            return labels, max(labels) + 1
        except (ValueError, SyntaxError, TypeError):
            return _COCO, _COCO_LABELS

    def _run(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        import cv2

        width, height = self._size
        share = min(width / image.shape[1], height / image.shape[0])
        inner = (max(1, round(image.shape[1] * share)), max(1, round(image.shape[0] * share)))
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        picture = np.full((height, width, 3), _GREY, np.float32)
        small = cv2.resize(image, inner, interpolation=cv2.INTER_LINEAR)
        picture[top : top + inner[1], left : left + inner[0]] = small.astype(np.float32) / 255.0
        outputs: list[Any] = self._session.run(None, {self._input: np.ascontiguousarray(picture.transpose(2, 0, 1)[None])})
        return np.asarray(outputs[0], np.float32)

    def _scores(self, found: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """The best score of each label, ``None`` when the shape is of no known kind."""
        if found.ndim != 3 or found.shape[0] != 1:
            return None
        count, (rows, columns) = self._count, found.shape[1:]
        best = np.zeros(count, np.float32)
        if columns == 6:
            for score, label in found[0, :, 4:6]:
                if 0 <= round(float(label)) < count:
                    best[round(float(label))] = max(best[round(float(label))], score)
            return best
        if rows == 4 + count:
            return found[0, 4:].max(axis=1) if columns else best
        if columns == 5 + count:
            return (found[0, :, 4:5] * found[0, :, 5:]).max(axis=0) if rows else best
        return None
