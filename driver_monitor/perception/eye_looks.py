"""All that looks at the eyes beside the landmarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.eye_patches import EyeLook
from driver_monitor.perception.face_landmarks import FaceLandmarks
from driver_monitor.perception.lid_network import LidLooks, open_lid_network
from driver_monitor.perception.side_gaze import SideLooks, open_side_gaze_network
from driver_monitor.signals import FaceMeasurement


class EyeLooks:
    """The lid network, and the one for side looks."""

    def __init__(self, model_path: Callable[[str], Path]) -> None:
        """``model_path`` gives the file of a model by its name.

        Raises
        ------
        ModelError
            When one of them cannot be loaded.
        """
        self._looks: tuple[EyeLook, ...] = (
            LidLooks(open_lid_network(model_path("lids"))),
            SideLooks(open_side_gaze_network(model_path("side_gaze"))),
        )

    def look(self, image: NDArray[np.uint8], found: FaceLandmarks, face: FaceMeasurement) -> FaceMeasurement:
        """The measurement of a picture (height, width, 3) RGB, with all that is seen in its eyes."""
        for eyes in self._looks:
            face = eyes.look(image, found, face)
        return face
