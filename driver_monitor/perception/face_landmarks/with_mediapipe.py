"""The backend that is MediaPipe's own FaceLandmarker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import ModelError
from driver_monitor.perception.face_landmarks.in_place import InPlace, known
from driver_monitor.perception.face_landmarks.interface import FaceLandmarks, FoundFace, Point
from driver_monitor.perception.face_landmarks.quiet import quiet
from driver_monitor.signals import CameraFrame


@dataclass(frozen=True, slots=True, eq=False)
class _Objects:
    """``raw`` holds MediaPipe's own points (``x``, ``y``, ``z`` as shares of the picture): only those asked for are read."""

    raw: Any
    face_units: dict[str, float]
    rotation: NDArray[np.float64]
    size: tuple[int, int]
    presence: float | None = None

    def points(self, indices: Iterable[int]) -> list[Point]:
        w, h = self.size
        return [(p.x * w, p.y * h, p.z * w) for p in map(self.raw.__getitem__, indices)]


class MediaPipeFace:
    """MediaPipe's FaceLandmarker in video mode (it tracks from picture to picture).

    ``plain``: through MediaPipe's own Python, as it is published; else what it finds is read in place where that can be done.

    Raises
    ------
    ModelError
        When MediaPipe cannot use the model file.
    """

    def __init__(self, model: Path, *, detection: float, presence: float, plain: bool = False) -> None:
        with quiet():
            import mediapipe as mp
            from mediapipe.tasks.python import BaseOptions, vision

            options = vision.FaceLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=str(model)),
                running_mode=vision.RunningMode.VIDEO,
                num_faces=1,
                min_face_detection_confidence=detection,
                min_face_presence_confidence=presence,
                min_tracking_confidence=presence,
                output_face_blendshapes=True,
                output_facial_transformation_matrixes=True,
            )
            try:
                self._landmarker = vision.FaceLandmarker.create_from_options(options)
            except (RuntimeError, ValueError, OSError) as error:
                reason = str(error).splitlines()[0]
                raise ModelError(f"MediaPipe cannot use {model} ({reason}); run 'driver-monitor models pull'") from None
            self._image = mp.Image
            self._format = mp.ImageFormat.SRGB
            # the first picture makes its helpers speak once more
            self._landmarker.detect_for_video(self._wrap(np.zeros((64, 64, 3), np.uint8)), 0)
        self._in_place = InPlace(self._landmarker) if known(mp.__version__) and not plain else None
        self._last_ms = 0

    def detect(self, frame: CameraFrame) -> FaceLandmarks | None:
        """The face in ``frame``; pictures must come in time order."""
        # video mode wants strictly rising milliseconds
        self._last_ms = max(self._last_ms + 1, frame.t_ns // 1_000_000)
        image = self._wrap(frame.image)
        return self._in_memory(self._in_place, image, frame) if self._in_place else self._by_objects(image, frame)

    def _in_memory(self, in_place: InPlace, image: Any, frame: CameraFrame) -> FaceLandmarks | None:
        answer = in_place.detect(image, self._last_ms)
        if answer is None:
            return None
        height, width = frame.image.shape[:2]
        xyz = answer.points.astype(np.float64) * ((width,), (height,), (width,))
        return FoundFace(xyz, answer.face_units, _rotation(answer.matrix), (width, height))

    def _by_objects(self, image: Any, frame: CameraFrame) -> FaceLandmarks | None:
        found = self._landmarker.detect_for_video(image, self._last_ms)
        if not found.face_landmarks:
            return None
        height, width = frame.image.shape[:2]
        return _Objects(
            raw=found.face_landmarks[0],
            face_units={unit.category_name: float(unit.score) for unit in found.face_blendshapes[0]},
            rotation=_rotation(found.facial_transformation_matrixes[0]),
            size=(width, height),
        )

    def close(self) -> None:
        """Let go of the model."""
        with quiet():
            self._landmarker.close()

    def _wrap(self, image: NDArray[np.uint8]) -> Any:
        return self._image(image_format=self._format, data=np.ascontiguousarray(image))


def _rotation(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    turn = np.asarray(matrix, np.float64)[:3, :3]
    return np.asarray(turn / np.sqrt((turn * turn).sum(axis=0)), np.float64)
