"""Drawn faces, seen by the product's landmarks and by what looks at the eyes beside them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.light import LIGHTS, LightKind
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.model_store import model_path
from driver_monitor.perception.eye_patches import EyeLook
from driver_monitor.perception.face import measure_face
from driver_monitor.perception.face_landmarks import FaceDetector
from driver_monitor.signals import CameraFrame, FaceMeasurement, nanoseconds

Picture = NDArray[np.uint8]


class Watched:
    """Pictures one after another before one detector, which is shown an empty one between two faces."""

    def __init__(self, detector: FaceDetector, eyes: EyeLook) -> None:
        self._detector, self._eyes, self._t_s = detector, eyes, 0.0

    def see(self, image: Picture) -> FaceMeasurement:
        for picture in (np.zeros_like(image), image, image, image):
            self._t_s += 0.1
            found = self._detector.detect(CameraFrame(nanoseconds(self._t_s), picture))
        assert found is not None
        return self._eyes.look(image, found, measure_face(nanoseconds(self._t_s), found, None, 72.0))


def drawn(
    person: str, pose: Pose, light: LightKind = "day", glasses: Literal["none", "clear", "dark"] = "none", **worn: float
) -> Picture:
    driver = virtual_driver(model_path("virtual-driver"), PEOPLE[person].wearing(glasses=glasses, **worn))
    return driver.render(pose, Conditions(light=LIGHTS[light], seed=3))[0]
