"""Hand landmarks of one picture. Beside face_landmarks the only file that knows MediaPipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import ModelError
from driver_monitor.perception.face_landmarks import quiet
from driver_monitor.signals import CameraFrame

_HANDS = 2


@dataclass(frozen=True, slots=True, eq=False)
class HandLandmarks:
    """The 21 points of one hand in MediaPipe's order (0 the wrist, 4, 8, 12, 16, 20 the tips): (21, 2) float32, pixels."""

    points: NDArray[np.float32]


class HandDetector(Protocol):
    """Finds hands in single pictures, with no memory of others: the same picture gives the same hands."""

    def detect(self, frame: CameraFrame) -> list[HandLandmarks]:
        """The hands in the picture, at most two."""
        ...

    def close(self) -> None:
        """Let go of the model."""
        ...


class MediaPipeHands:
    """MediaPipe's HandLandmarker in image mode: looks are too far apart for tracking to help.

    Raises
    ------
    ModelError
        When MediaPipe cannot use the model file.
    """

    def __init__(self, model: Path, *, confidence: float) -> None:
        with quiet():
            import mediapipe as mp
            from mediapipe.tasks.python import BaseOptions, vision

            options = vision.HandLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=str(model)),
                running_mode=vision.RunningMode.IMAGE,
                num_hands=_HANDS,
                min_hand_detection_confidence=confidence,
                min_hand_presence_confidence=confidence,
            )
            try:
                self._landmarker = vision.HandLandmarker.create_from_options(options)
            except (RuntimeError, ValueError, OSError) as error:
                reason = str(error).splitlines()[0]
                raise ModelError(f"MediaPipe cannot use {model} ({reason}); run 'driver-monitor models pull'") from None
            self._image = mp.Image
            self._format = mp.ImageFormat.SRGB
            # the first picture makes its helpers speak once more, and takes longer
            self.detect(CameraFrame(0, np.zeros((64, 64, 3), np.uint8)))

    def detect(self, frame: CameraFrame) -> list[HandLandmarks]:
        """The hands in ``frame``."""
        height, width = frame.image.shape[:2]
        found = self._landmarker.detect(self._image(image_format=self._format, data=np.ascontiguousarray(frame.image)))
        return [
            HandLandmarks(np.array([(p.x * width, p.y * height) for p in hand], np.float32)) for hand in found.hand_landmarks
        ]

    def close(self) -> None:
        """Let go of the model."""
        with quiet():
            self._landmarker.close()
