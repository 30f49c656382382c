"""Which pictures are read: every one while something happens in the face, fewer while nothing does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.face_landmarks import FaceLandmarks
from driver_monitor.perception.face_track import FaceTrack
from driver_monitor.perception.still_look import StillLook
from driver_monitor.signals import NS_PER_S, Angles, CameraFrame, EyeReading, FaceMeasurement, seconds

_EARLY = 0.7  # of the time between readings: the camera's clock is not ours, and 20 pictures a second are not halved
# what is no movement from one reading to the next: well above the landmarks' own noise
_OPEN = 0.7
_LIDS = 0.15
_HEAD_DEG = 2.0
_GAZE_DEG = 4.0
_MOUTH = 0.1
# ... and from a reading to a picture measured elsewhere
_EAR_SHARE, _BLINK, _HEIGHT = 0.15, 0.1, 0.03


class Pace:
    """Leaves pictures out while the last two readings show open eyes on the road and nothing that moves.

    About ``most_fps`` pictures a second are read then, and at once each in which a look finds the eyes or the mouth changed.
    One that is left out holds what the last reading said.
    """

    def __init__(self, most_fps: float) -> None:
        self._apart_ns = round(_EARLY * NS_PER_S / most_fps)
        self._look = StillLook()
        self._rest: NDArray[np.float64] | None = None
        self._last: FaceTrack | None = None
        self._read_ns = 0
        self._seen_ns = 0
        self._often = False  # pictures come faster than they need be read
        self._still = False

    def leaves_out(self, sample: CameraFrame | FaceMeasurement) -> bool:
        """Whether what the last reading said holds for this picture, too."""
        t_ns, last = sample.t_ns, self._last
        self._often, self._seen_ns = t_ns - self._seen_ns < self._apart_ns, t_ns
        self._rest = None
        if last is None or not self._still or not self._often:
            return False
        if isinstance(sample, FaceMeasurement):
            return t_ns - self._read_ns < self._apart_ns and not _moved(last.face, sample)
        self._rest = self._look.compare(sample.image)
        return t_ns - self._read_ns < self._apart_ns and not self._look.moved(self._rest)

    def read(self, track: FaceTrack, *, calm: bool, image: NDArray[np.uint8] | None, found: FaceLandmarks | None) -> None:
        """What the picture that was read told; ``calm``: eyes open, on the road, no alert stands."""
        t_ns, last = track.face.t_ns, self._last
        quiet = calm and not track.in_yawn
        self._still = quiet and last is not None and _still(last, track)
        if self._still and self._rest is not None:
            self._look.learn(self._rest, seconds(t_ns - self._read_ns))
        if self._still and self._often and image is not None and found is not None:
            self._look.keep(t_ns, image, found)
        else:
            self._look.forget()
        self._last, self._read_ns = track, t_ns

    def wake(self) -> None:
        """Read the next picture: something happens beside the face."""
        self._still = False
        self._look.forget()


def _still(before: FaceTrack, now: FaceTrack) -> bool:
    then, lids = before.eyes.openness, now.eyes.openness
    mouth_then, mouth = before.face.mouth_ratio, now.face.mouth_ratio
    return (
        then is not None
        and lids is not None
        and lids >= _OPEN
        and abs(lids - then) <= _LIDS
        and mouth_then is not None
        and mouth is not None
        and abs(mouth - mouth_then) <= _MOUTH
        and _near(before.face.head, now.face.head, _HEAD_DEG)
        and _near(before.gaze.direction, now.gaze.direction, _GAZE_DEG)
    )


def _moved(before: FaceMeasurement, now: FaceMeasurement) -> bool:
    """What a look at the picture would see, of a picture that was measured elsewhere."""
    then, eyes = before.eye_in_head, now.eye_in_head
    return not (
        then is not None
        and eyes is not None
        and before.mouth_ratio is not None
        and now.mouth_ratio is not None
        and _as_open(before.left_eye, now.left_eye)
        and _as_open(before.right_eye, now.right_eye)
        and abs(eyes.yaw - then.yaw) <= _GAZE_DEG
        and abs(eyes.lid_height - then.lid_height) <= _HEIGHT
        and abs(eyes.iris_height - then.iris_height) <= _HEIGHT
        and abs(now.mouth_ratio - before.mouth_ratio) <= _MOUTH
        and _near(before.head, now.head, _HEAD_DEG)
    )


def _as_open(before: EyeReading | None, now: EyeReading | None) -> bool:
    return (
        before is not None
        and now is not None
        and abs(now.ear - before.ear) <= _EAR_SHARE * before.ear
        and abs(now.blink - before.blink) <= _BLINK
    )


def _near(one: Angles | None, other: Angles | None, deg: float) -> bool:
    return one is not None and other is not None and abs(one.yaw - other.yaw) <= deg and abs(one.pitch - other.pitch) <= deg
