"""Our own backend: the networks inside ``face_landmarker.task`` on LiteRT, and all around them as MediaPipe's graph has it.

It runs where MediaPipe cannot, needs no threads of its own, and asks no server for anything.
"""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import ModelError
from driver_monitor.perception.face_landmarks.head import HeadFit
from driver_monitor.perception.face_landmarks.interface import FaceLandmarks, FoundFace
from driver_monitor.perception.face_landmarks.names import BLENDSHAPE_POINTS, FACE_UNITS
from driver_monitor.perception.face_landmarks.quiet import quiet
from driver_monitor.perception.face_landmarks.region import Region, region_of_detection, region_of_landmarks, whole_picture
from driver_monitor.perception.face_landmarks.smoothing import OneEuro
from driver_monitor.signals import CameraFrame

_DETECTOR_PX, _MESH_PX = 128, 256
_SAMPLING = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
_BLENDSHAPE_POINTS = np.array(BLENDSHAPE_POINTS)


class _Network:
    """One network with one input; its answers in the order the file names them."""

    def __init__(self, model: bytes, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_content=model, num_threads=threads)
        self._interpreter.allocate_tensors()
        (only,) = self._interpreter.get_input_details()
        self._into = self._interpreter.tensor(only["index"])
        self._out = [d["index"] for d in self._interpreter.get_output_details()]

    def fill(self) -> NDArray[np.float32]:
        """The input, to be written and let go of before :meth:`run`."""
        return self._into()[0]  # type: ignore[no-any-return]

    def run(self, answers: int) -> list[NDArray[np.float32]]:
        """The first ``answers`` outputs, copied."""
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(k) for k in self._out[:answers]]


class LiteRtFace:
    """Face detector, face mesh and face units on LiteRT, tracking from picture to picture.

    The detector looks only when there is no face to follow; ``threads`` are LiteRT's for the face mesh.

    Raises
    ------
    ModelError
        When the model file cannot be used.
    """

    def __init__(self, model: Path, *, detection: float, presence: float, threads: int = 1) -> None:
        try:
            with quiet("litert"), zipfile.ZipFile(model) as bundle:
                self._detector = _Network(bundle.read("face_detector.tflite"), 1)
                self._mesh = _Network(bundle.read("face_landmarks_detector.tflite"), threads)
                self._units = _Network(bundle.read("face_blendshapes.tflite"), 1)
                self._head = HeadFit(bundle.read("geometry_pipeline_metadata_landmarks.binarypb"))
                for network in (self._detector, self._mesh, self._units):
                    network.run(0)  # the first run makes its kernels ready
        except (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"LiteRT cannot use {model} ({reason}); run 'driver-monitor models pull'") from None
        self._least_detection, self._least_presence = detection, presence
        # used again for every picture
        self._cut = np.zeros(0, np.uint8)
        self._warped = np.zeros((_MESH_PX, _MESH_PX, 4), np.uint8)
        self._crop = np.zeros((_MESH_PX, _MESH_PX, 3), np.uint8)
        self._smoothing = OneEuro()
        self._region: Region | None = None

    def detect(self, frame: CameraFrame) -> FaceLandmarks | None:
        """The face in ``frame``; pictures must come in time order."""
        picture = np.ascontiguousarray(frame.image)
        height, width = picture.shape[:2]
        region = self._region or self._find(picture)
        self._region = None
        found = None if region is None else self._landmarks(picture, region)
        if found is None:
            self._smoothing.reset()
            return None
        seen, presence = found
        self._region = region_of_landmarks(seen)
        xyz = self._smoothing.step(frame.t_ns, seen)
        np.copyto(self._units.fill(), xyz[:2].take(_BLENDSHAPE_POINTS, axis=1).T, casting="same_kind")
        (units,) = self._units.run(1)
        return FoundFace(
            xyz,
            dict(zip(FACE_UNITS, units.tolist(), strict=True)),
            self._head.rotation(xyz, width, height),
            (width, height),
            presence,
        )

    def close(self) -> None:
        """Let go of the models."""
        del self._detector, self._mesh, self._units

    def _find(self, picture: NDArray[np.uint8]) -> Region | None:
        height, width = picture.shape[:2]
        turn = whole_picture(width, height).to_picture(_DETECTOR_PX)
        small = cv2.warpAffine(picture, turn, (_DETECTOR_PX, _DETECTOR_PX), flags=_SAMPLING, borderMode=cv2.BORDER_CONSTANT)
        into = self._detector.fill()
        np.multiply(small, np.float32(1.0 / 127.5), out=into)
        into -= 1.0
        del into
        boxes, logits = self._detector.run(2)
        return region_of_detection(boxes[0], logits[0], self._least_detection, width, height)

    def _landmarks(self, picture: NDArray[np.uint8], region: Region) -> tuple[NDArray[np.float64], float] | None:
        """The (3, 478) points in pixels of the picture and their presence, or ``None`` when no face is there."""
        turn = region.to_picture(_MESH_PX)
        height, width = picture.shape[:2]
        # OpenCV turns four channels in half the time that three take: worth the two conversions, of the face's part alone
        left, top, right, bottom = region.bounds(width, height)
        cut = self._room_for(bottom - top, right - left)
        cv2.cvtColor(picture[top:bottom, left:right], cv2.COLOR_RGB2RGBA, dst=cut)
        from_cut = turn - ((0.0, 0.0, left), (0.0, 0.0, top))
        cv2.warpAffine(cut, from_cut, (_MESH_PX, _MESH_PX), self._warped, _SAMPLING, cv2.BORDER_REPLICATE)
        cv2.cvtColor(self._warped, cv2.COLOR_RGBA2RGB, dst=self._crop)
        np.multiply(self._crop, np.float32(1.0 / 255.0), out=self._mesh.fill())
        flat, logit = self._mesh.run(2)
        presence = 1.0 / (1.0 + math.exp(-logit.item()))
        if presence < self._least_presence:
            return None
        (xx, xy, x), (yx, yy, y) = turn.tolist()
        # MediaPipe scales the depth of a leaning head by the picture's shape, too: kept, so that both read the same head
        to_picture = np.array([[xx, xy, 0.0], [yx, yy, 0.0], [0.0, 0.0, math.hypot(xx, yx * width / height)]])
        points: NDArray[np.float64] = to_picture @ flat.reshape(-1, 3).T
        points += ((x,), (y,), (0.0,))
        return points, presence

    def _room_for(self, height: int, width: int) -> NDArray[np.uint8]:
        """(height, width, 4) in memory that is kept: fresh memory costs more than what is done in it."""
        if self._cut.size < height * width * 4:
            self._cut = np.zeros(height * width * 4, np.uint8)
        return self._cut[: height * width * 4].reshape(height, width, 4)
