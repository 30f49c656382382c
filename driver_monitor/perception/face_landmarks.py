"""Face landmarks of one picture. The only file that knows MediaPipe; everything after it sees :class:`FaceLandmarks`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from driver_monitor.signals import CameraFrame


@dataclass(frozen=True, slots=True, eq=False)
class FaceLandmarks:
    """478 points in MediaPipe's order, the 52 ARKit face units, and the head's attitude.

    ``raw`` holds the backend's own points (each with ``x``, ``y``, ``z`` as shares of the picture); :meth:`points` makes
    pixels of those asked for. ``rotation`` is (3, 3), head to camera: camera x to the picture's right, y up, z towards
    the camera. ``size`` is (width, height) in pixels.
    """

    raw: Any
    face_units: dict[str, float]
    rotation: NDArray[np.float64]
    size: tuple[int, int]

    def points(self, indices: tuple[int, ...] | range) -> NDArray[np.float64]:
        """The points asked for, (n, 3) pixels: x right, y down, z away from the camera in the same scale as x."""
        w, h = self.size
        raw = self.raw
        return np.array([(raw[i].x * w, raw[i].y * h, raw[i].z * w) for i in indices])


class FaceDetector(Protocol):
    """Finds the driver's face in pictures that come in time order."""

    def detect(self, frame: CameraFrame) -> FaceLandmarks | None:
        """The face, or ``None`` when there is none."""
        ...

    def close(self) -> None:
        """Let go of the model."""
        ...


class MediaPipeFace:
    """MediaPipe's FaceLandmarker in video mode (it tracks from picture to picture)."""

    def __init__(self, model: Path, *, detection: float, presence: float) -> None:
        # MediaPipe's own log lines say nothing a driver can use; errors still come as exceptions
        os.environ.setdefault("GLOG_minloglevel", "3")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import mediapipe as mp
        from mediapipe.tasks.python import BaseOptions, vision

        self._image = mp.Image
        self._format = mp.ImageFormat.SRGB
        self._landmarker = vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=str(model)),
                running_mode=vision.RunningMode.VIDEO,
                num_faces=1,
                min_face_detection_confidence=detection,
                min_face_presence_confidence=presence,
                min_tracking_confidence=presence,
                output_face_blendshapes=True,
                output_facial_transformation_matrixes=True,
            )
        )
        self._last_ms = -1

    def detect(self, frame: CameraFrame) -> FaceLandmarks | None:
        """The face in ``frame``; pictures must come in time order."""
        # video mode wants strictly rising milliseconds
        self._last_ms = max(self._last_ms + 1, frame.t_ns // 1_000_000)
        image = self._image(image_format=self._format, data=np.ascontiguousarray(frame.image))
        found = self._landmarker.detect_for_video(image, self._last_ms)
        if not found.face_landmarks:
            return None
        matrix = np.asarray(found.facial_transformation_matrixes[0], dtype=np.float64)[:3, :3]
        height, width = frame.image.shape[:2]
        return FaceLandmarks(
            raw=found.face_landmarks[0],
            face_units={unit.category_name: float(unit.score) for unit in found.face_blendshapes[0]},
            rotation=matrix / np.linalg.norm(matrix, axis=0),
            size=(width, height),
        )

    def close(self) -> None:
        """Let go of the model."""
        self._landmarker.close()
