"""MediaPipe's answer, read where it lies in memory.

MediaPipe's Python makes an object of each of the 478 points, a twentieth of a reading's whole time, and a few dozen are
asked for. What is used here is not public, so it is used of the releases alone that it was tried with (:func:`known`).
"""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_TRIED = "1.2."


def known(release: str) -> bool:
    """Whether this release of MediaPipe has its answers where they are looked for here."""
    return release.startswith(_TRIED)


class Answer(NamedTuple):
    """One face: points (3, 478) as shares of the picture, face units by name, and the head's matrix (4, 4)."""

    points: NDArray[np.float32]
    face_units: dict[str, float]
    matrix: NDArray[np.float32]


class InPlace:
    """Asks a FaceLandmarker in video mode past its Python objects."""

    def __init__(self, landmarker: Any) -> None:
        from mediapipe.tasks.python.components.containers.category_c import MpCategoryC
        from mediapipe.tasks.python.components.containers.landmark_c import MpNormalizedLandmarkC
        from mediapipe.tasks.python.vision.face_landmarker import MpFaceLandmarkerResultC

        self._handle = landmarker._handle
        self._ask, self._free = landmarker._lib.MpFaceLandmarkerDetectForVideo, landmarker._lib.MpFaceLandmarkerCloseResult
        self._result = MpFaceLandmarkerResultC
        self._point = _layout(MpNormalizedLandmarkC, "x", "y", "z")
        self._unit = _layout(MpCategoryC, "score")
        self._names: list[str] = []

    def detect(self, image: Any, t_ms: int) -> Answer | None:
        """The face in a ``mediapipe.Image``, copied out, or ``None``."""
        result = self._result()
        self._ask(self._handle, image._image_ptr, None, t_ms, ctypes.byref(result))
        try:
            if not result.face_landmarks_count:
                return None
            found, units = result.face_landmarks[0], result.face_blendshapes[0]
            if len(self._names) != units.categories_count:  # they are the same for every picture
                self._names = [units.categories[k].category_name.decode() for k in range(units.categories_count)]
            points = _view(found.landmarks, found.landmarks_count, self._point)
            scores = _view(units.categories, units.categories_count, self._unit)["score"].tolist()
            return Answer(
                np.array([points["x"], points["y"], points["z"]]),
                dict(zip(self._names, scores, strict=True)),
                result.facial_transformation_matrixes[0].to_numpy(),
            )
        finally:
            self._free(ctypes.byref(result))


def _layout(struct: Any, *fields: str) -> np.dtype[np.void]:
    """Some of a struct's float fields, where they lie in it."""
    offsets = [getattr(struct, name).offset for name in fields]
    return np.dtype({"names": fields, "formats": ["f4"] * len(fields), "offsets": offsets, "itemsize": ctypes.sizeof(struct)})


def _view(pointer: Any, count: int, layout: np.dtype[np.void]) -> NDArray[np.void]:
    """``count`` structs, not copied: they live as long as the result."""
    memory = (ctypes.c_char * (count * layout.itemsize)).from_address(ctypes.addressof(pointer.contents))
    return np.frombuffer(memoryview(memory), layout)
