"""Which pictures are read: every one while something happens in the face, fewer while nothing does."""

from __future__ import annotations

from driver_monitor.perception.face_track import FaceTrack
from driver_monitor.signals import NS_PER_S, Angles

_EARLY = 0.7  # of the time between readings: the camera's clock is not ours, and 45 pictures a second are halved, too
# what is no movement from one reading to the next: well above the landmarks' own noise
_OPEN = 0.7
_LIDS = 0.15
_HEAD_DEG = 2.0
_GAZE_DEG = 4.0
_MOUTH = 0.1


class Pace:
    """Leaves pictures out above ``most_fps`` (1/s) while the last two readings show open eyes on the road and nothing that moves.

    What begins in a picture that was left out is seen in the next one that is read, and from then on every picture is read.
    """

    def __init__(self, most_fps: float) -> None:
        self._apart_ns = round(_EARLY * NS_PER_S / most_fps)
        self._last: FaceTrack | None = None
        self._still = False

    def due(self, t_ns: int) -> bool:
        """Whether the picture of ``t_ns`` is to be read."""
        return not self._still or self._last is None or t_ns - self._last.face.t_ns >= self._apart_ns

    def read(self, track: FaceTrack, *, calm: bool) -> None:
        """What the picture that was read told; ``calm``: eyes open, on the road, no alert stands."""
        self._still = calm and not track.in_yawn and self._last is not None and _still(self._last, track)
        self._last = track


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


def _near(one: Angles | None, other: Angles | None, deg: float) -> bool:
    return one is not None and other is not None and abs(one.yaw - other.yaw) <= deg and abs(one.pitch - other.pitch) <= deg
