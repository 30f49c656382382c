"""What a face backend gives and what it must do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor.signals import CameraFrame

Point: TypeAlias = tuple[float, float, float]


class FaceLandmarks(Protocol):
    """478 points in MediaPipe's order, the 52 ARKit face units, and the head's attitude."""

    @property
    def face_units(self) -> dict[str, float]:
        """The face units by their ARKit names, 0 to 1."""
        ...

    @property
    def rotation(self) -> NDArray[np.float64]:
        """(3, 3), head to camera: camera x to the picture's right, y up, z towards the camera."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture, pixels."""
        ...

    @property
    def presence(self) -> float | None:
        """How sure it is that a face is there, 0 to 1; ``None`` where the backend does not tell (MediaPipe's Python)."""
        ...

    def points(self, indices: Iterable[int]) -> list[Point]:
        """The points asked for, in pixels: x right, y down, z away from the camera in the same scale as x."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FoundFace:
    """A face as an array: ``xyz`` (3, 478) in pixels, as :meth:`FaceLandmarks.points` gives them."""

    xyz: NDArray[np.float64]
    face_units: dict[str, float]
    rotation: NDArray[np.float64]
    size: tuple[int, int]
    presence: float | None = None

    def points(self, indices: Iterable[int]) -> list[Point]:
        """The points asked for."""
        return list(zip(*self.xyz.take(list(indices), axis=1).tolist(), strict=True))


class FaceDetector(Protocol):
    """Finds the driver's face in pictures that come in time order."""

    def detect(self, frame: CameraFrame) -> FaceLandmarks | None:
        """The face, or ``None`` when there is none."""
        ...

    def close(self) -> None:
        """Let go of the model."""
        ...
