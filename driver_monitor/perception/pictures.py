"""A camera's pictures: what is looked for in each, how often, and what a picture that is left out holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driver_monitor import settings
from driver_monitor.perception.camera_pulse import CameraPulse, read_skin
from driver_monitor.perception.driver_place import DriverPlace
from driver_monitor.perception.expression_network import ExpressionLook
from driver_monitor.perception.eye_patches import EyeLook
from driver_monitor.perception.face import measure_face
from driver_monitor.perception.face_landmarks import FaceDetector, FaceLandmarks
from driver_monitor.perception.face_regions import read_regions
from driver_monitor.perception.face_track import FaceTrack
from driver_monitor.perception.hand_landmarks import HandDetector, HandLandmarks
from driver_monitor.perception.hands import Hands
from driver_monitor.perception.objects import ObjectDetector
from driver_monitor.perception.pace import Pace
from driver_monitor.perception.picture import PictureCheck
from driver_monitor.signals import (
    NS_PER_S,
    CameraFrame,
    Event,
    FaceMeasurement,
    HandMeasurement,
    Health,
    ObjectMeasurement,
    PictureQuality,
    nanoseconds,
)

_REGIONS_NS = NS_PER_S * 2 // 5  # glasses and masks do not come and go from picture to picture
_SHOWN_NS = NS_PER_S // 2  # hands move: what an older look found is not drawn


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What one picture gave. ``held``: it was left out, and the face is as the last reading saw it."""

    face: FaceMeasurement
    held: bool = False
    pulse: tuple[Event, ...] = ()
    objects: ObjectMeasurement | None = None
    hands: HandMeasurement | None = None


class Pictures:
    """Reads pictures with the detectors that are there; ``hands`` follows those seen."""

    def __init__(
        self,
        settings: settings.Settings,
        face: FaceDetector | None,
        hands: HandDetector | None,
        objects: ObjectDetector | None,
        expression: ExpressionLook | None,
        eyes: EyeLook | None,
    ) -> None:
        self._least_px = settings.face.min_eye_width_px
        self._objects_every_ns = nanoseconds(settings.phone.detector_every_s)
        self._face, self._hand_detector, self._objects, self._expression = face, hands, objects, expression
        self._eyes = eyes
        self.hands = Hands(settings.hands)
        self._skin = CameraPulse(settings.heart.camera_pulse_snr_db) if settings.heart.camera_pulse else None
        self._pace = Pace(settings.face.most_fps)
        self._quality = PictureCheck(settings.face)
        self._place = DriverPlace(settings.face, settings.fatigue.standstill_kmh)
        self._read: FaceMeasurement | None = None  # the last picture that was not left out
        self._found: FaceLandmarks | None = None
        self._image: NDArray[np.uint8] | None = None
        self._regions_ns: int | None = None
        self._objects_ns: int | None = None
        self._seen_hands: list[HandLandmarks] = []
        self._looked_ns = 0

    def read(self, frame: CameraFrame, speed_kmh: float | None) -> Reading | None:
        """Take a picture; ``None`` where nothing finds faces."""
        if self._face is None:
            return None
        held = self._pace.leaves_out(frame)
        if not held:
            self._found = self._face.detect(self._place.look(frame))
        quality = self._quality.step(frame, self._place.box)
        if held:
            face = self._with_regions(frame, self._hold(frame.t_ns, quality))
        else:
            face = measure_face(frame.t_ns, self._found, quality, self._least_px)
            if self._eyes is not None and self._found is not None:
                face = self._eyes.look(frame.image, self._found, face)
            face = self._with_regions(frame, face)
            face = self._place.step(face, speed_kmh)
            if face.other_face:
                self._found = None
            if self._expression is not None and self._found is not None:
                face = self._expression.look(frame, self._found, face)
            self._read = face
        self._image = frame.image
        return Reading(face, held, self._pulse(frame), self._look_for_objects(frame), self._look_for_hands(frame))

    def measured(self, face: FaceMeasurement, speed_kmh: float | None) -> Reading:
        """Take a picture that was measured elsewhere."""
        self._image = None
        if self._pace.leaves_out(face):
            return Reading(self._hold(face.t_ns, face.quality), held=True)
        self._read = self._place.step(face, speed_kmh)
        return Reading(self._read)

    def told(self, track: FaceTrack, *, held: bool, calm: bool) -> None:
        """What came of the picture; ``calm``: eyes open, on the road, no alert stands."""
        if not held:
            self._pace.read(track, calm=calm, image=self._image, found=self._found)
        elif not calm:
            self._pace.wake()

    def health(self) -> list[Health]:
        """What has been learned of the driver's place since the last call."""
        return self._place.health()

    def landmarks(self) -> NDArray[np.float32] | None:
        """(478, 2) pixels, of the last picture that was read."""
        return None if self._found is None else np.array(self._found.points(range(478)), np.float32)[:, :2]

    def hand_points(self, t_ns: int) -> tuple[NDArray[np.float32], ...]:
        """(21, 2) pixels of each hand, where a look was just taken."""
        return tuple(hand.points for hand in self._seen_hands) if t_ns - self._looked_ns <= _SHOWN_NS else ()

    def close(self) -> None:
        """Let go of the models."""
        for detector in (self._face, self._hand_detector, self._expression):
            if detector is not None:
                detector.close()

    def _hold(self, t_ns: int, quality: PictureQuality | None) -> FaceMeasurement:
        assert self._read is not None
        return replace(self._read, t_ns=t_ns, quality=quality, regions=None, expression=None)

    def _with_regions(self, frame: CameraFrame, face: FaceMeasurement) -> FaceMeasurement:
        t_ns = frame.t_ns
        if self._found is None or face.head is None or (self._regions_ns is not None and t_ns - self._regions_ns < _REGIONS_NS):
            return face
        self._regions_ns = t_ns
        return replace(face, regions=read_regions(frame.image, self._found, face.head.yaw))

    def _pulse(self, frame: CameraFrame) -> tuple[Event, ...]:
        if self._skin is None:
            return ()
        return tuple(self._skin.step(frame.t_ns, None if self._found is None else read_skin(frame.image, self._found)))

    def _look_for_objects(self, frame: CameraFrame) -> ObjectMeasurement | None:
        due = self._objects_ns is None or frame.t_ns - self._objects_ns >= self._objects_every_ns
        if self._objects is None or not due:
            return None
        self._objects_ns = frame.t_ns
        return self._objects.detect(frame)

    def _look_for_hands(self, frame: CameraFrame) -> HandMeasurement | None:
        if self._hand_detector is None or not self.hands.due(frame.t_ns, face_found=self._found is not None):
            return None
        self._looked_ns = frame.t_ns
        self._seen_hands = self._hand_detector.detect(frame)
        return self.hands.look(frame.t_ns, self._seen_hands, self._found)
