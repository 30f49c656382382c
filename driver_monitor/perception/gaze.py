"""Where the driver looks: head and eyes joined, relative to the driver's own straight-ahead.

Which way the eyes are raised is told by the upper lids' height when they look down, since lids go with the eyes and the model
places the iris in the middle of what is left open; and by the irises' height when they look up, since raised lids hardly rise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from driver_monitor import settings
from driver_monitor.perception.baseline import Learning, Usual
from driver_monitor.perception.gaze_zones import Zone, Zones
from driver_monitor.perception.lid_rest import LidRest
from driver_monitor.perception.motion import Speed, Way
from driver_monitor.perception.side_gaze import FROM_DEG, RestingEyes
from driver_monitor.signals import Angles, EyesInHead, FaceMeasurement, nanoseconds

_HEAD_PITCH_GAIN = 1.2  # the landmark model's head pitch falls short (people left out, rendered heads: docs/bench.md)
_LID_DEG = 275.0  # of eye pitch per unit of the upper lids' height, looking down: the lid goes with the eye, ...
_LID_BY_CAMERA = (0.95, 0.017)  # ... and is read so many times that, and more by each degree that the camera sits below, ...
_LID_BY_CAMERA_RANGE = (0.65, 1.1)
_LID_PER_HEAD = 0.0012  # ... and stands so much higher for each degree that the head is lowered
_LID_UP_DEG, _IRIS_UP_DEG = 400.0, 270.0  # looking up both must say so: the irises rise, and a little the lids
_SMILE_LID = 0.07  # in a broad smile the lids sink by themselves, so far, ...
_NARROW = 0.5  # eyes narrowed to this openness by a laugh tell nothing of a look down, ...
_THROWN_BACK_DEG = 20.0  # ... nor do those of a head raised so far, half hidden by cheeks and rims
_TURNED_PITCH = 0.16  # a face turned by a degree reads so much lower, up to ...
_TURNED_MOST_DEG = 50.0
_ASIDE_FROM_DEG, _ASIDE_PER_DEG, _ASIDE_MOST = 28.0, 0.1, 2.6  # eyes that go with a far turned head are read too near ...
# ... (twelve rendered people: of 30° 19 are read at 25° of head yaw to the camera, 10 at 40°, beyond 50° hardly any), ...
_SEEN_FULL_DEG = 25.0  # ... where, from FROM_DEG and in full from here, what the network sees counts instead, by its error ...
# ... beside that of the landmarks, which tell ever less: of a degree half is read there, a sixth at 50° (models/side_gaze.md)
_ASIDE_ERROR_DEG, _ASIDE_ERROR_PER_DEG = 10.0, 1.3
_RETURN_DEG_S = 60.0  # a head that comes back faster is led by its eyes, of which little is seen in a turned face: ...
_RETURN_LEAD_S, _RETURN_MOST_DEG = 0.08, 10.0  # ... the gaze is so far ahead of what is read
_RETURN_SPAN_S = 0.06
_MODE_SPAN_DEG = 14.0  # straight-ahead is the densest stretch of this width, ...
_MODE_SPAN_SHARE = 0.05  # ... and this of the irises' heights
_BLINK_S = 0.5
_NO_NOISE_S = 0.15  # a head that points at the road for less has not come back to it
_REST_S = 0.4  # a look that has been on a place for so long rests there, and noise at the place's edge is no new look
_LID_AFTER_S = 0.1  # the eyeLook units come to rest a little after the lid
_TEACHING_S = 0.3  # for so long after the road pictures still teach: the lids' noise at its edge is no look away
_MISTAUGHT_S = 8.0  # nobody looks away for longer while all is well: what was learned may not have been the road
_EYES_AGAIN_S = 0.3  # eyes lost for less than this will say more than a head that points at the road
_EYES_OPEN = 0.25  # below this openness the lid tells of its closing, not of the eye
_LID_SPEED = 3.5  # 1/s; a lid that moves faster is blinking, or follows a saccade that is not over
_LID_SPAN_S = 0.045  # ... measured over at least this time, against noise at high frame rates
_LID_MEAN_S = 0.025  # ... in openness averaged over this time
_LID_MOST_S = 0.1  # a blink's lid falls within this, however far apart the pictures are


@dataclass(frozen=True, slots=True)
class GazeState:
    """Gaze in vehicle directions (road = 0, 0) with its zone; ``None`` with a reason when it cannot be told.

    ``head_only`` says that the eyes' own part could not be used; ``face_lost`` that the picture shows no face (where nothing at
    all is to be seen, see :class:`FaceTracker`, that tells nothing of the driver, and is not said); ``turned`` that the head is
    turned so far from the camera that its eyes cannot be used. ``head_away_ns`` is since when the head alone pointed off the road
    behind lids that hid the gaze until this picture; ``None``: it did not. ``lost_to`` is where a head was on its way from
    straight-ahead as its face was lost; ``None``: it stood.
    """

    t_ns: int
    direction: Angles | None = None
    zone: Zone | None = None
    head_only: bool = False
    reason: str | None = None
    face_lost: bool = False
    turned: bool = False
    head_away_ns: int | None = None
    lost_to: Zone | None = None


class Gaze:
    """Gaze direction and zone of each picture."""

    def __init__(self, gaze: settings.Gaze, drive_side: Literal["left", "right"]) -> None:
        self._gaze = gaze
        self._zones = Zones(gaze, drive_side)
        self._learning = Learning(gaze.neutral_s)
        self._head_yaw = Usual(-90.0, 90.0, 180, _MODE_SPAN_DEG)
        self._head_pitch = Usual(-60.0, 60.0, 120, _MODE_SPAN_DEG)
        self._yaw = Usual(-90.0, 90.0, 180, _MODE_SPAN_DEG)
        # the head's, while the eyes are hidden behind dark lenses
        self._alone_yaw = Usual(-90.0, 90.0, 180, _MODE_SPAN_DEG)
        self._alone_pitch = Usual(-60.0, 60.0, 120, _MODE_SPAN_DEG)
        self._alone_learning = Learning(gaze.neutral_s)
        self._eyes_hidden = False
        self._eyes_ns: int | None = None  # last read
        self._lids = LidRest()
        self._iris = Usual(-0.2, 0.3, 200, _MODE_SPAN_SHARE)
        self._zone: Zone = "road"
        self._rested_ns = 0  # seen there for so long
        self._told_ns: int | None = None  # last told
        self._step_ns: int | None = None  # the last picture, told or not
        self._road_ns: int | None = None  # last seen on the road
        self._turn = Speed(_RETURN_SPAN_S)
        self._lid_speed = Speed(_LID_SPAN_S, _LID_MOST_S, _LID_MEAN_S)
        self._lid_moved_ns: int | None = None
        self._standing = False
        self._head_away_ns: int | None = None  # since when, and when last, it pointed off the road behind shut lids
        self._still_away_ns = 0
        self._way = Way()
        self._resting = RestingEyes()
        self._lost_to: Zone | None = None

    @property
    def learning_left_s(self) -> float:
        """Usable time until straight-ahead is frozen, s (0 when it is)."""
        return self._learning.left_s

    @property
    def trusted(self) -> bool:
        """Straight-ahead has been learned for long enough to alarm on."""
        if self._eyes_hidden and self._alone_learning.learned_s >= min(self._gaze.trust_s, self._gaze.neutral_s):
            return True
        return self._learning.learned_s >= self._gaze.trust_s or self._learning.done

    def drive(self, steering_deg: float | None, standing: bool) -> None:
        """How the wheel stands now: in a turn the road reaches further to its side; a car that stands teaches no road."""
        self._zones.steer(steering_deg)
        self._standing = standing

    def head_drop_deg(self, face: FaceMeasurement) -> float | None:
        """How far the head points below its own straight-ahead, degrees; ``None`` until that is known."""
        if face.head is None or self._learning.learned_s < self._gaze.neutral_first_s:
            return None
        return self._head_pitch.zero - face.head.pitch

    def step(
        self, face: FaceMeasurement, openness: float | None, mouth_wide: bool, smile: float = 0.0, laughs: bool = False
    ) -> GazeState:
        """Gaze in one picture. A blink hides it; in a yawn, or with eyes not measured, the head alone tells.

        ``smile`` is how broad it is, 0 to 1; one that ``laughs`` narrows the eyes, and they tell nothing.
        """
        head, eyes = face.head, face.eye_in_head
        if head is not None and eyes is not None and eyes.seen_yaw is not None:
            eyes = replace(eyes, seen_yaw=self._resting.step(face.t_ns, head.yaw, eyes.seen_yaw))
        before_ns, self._step_ns = self._step_ns, face.t_ns
        if head is None:
            self._head_away_ns = None
            self._learning.step(face.t_ns, usable=False)
            self._lost_to = self._lost_to or self._on_its_way(face.t_ns)
            return GazeState(face.t_ns, reason=face.reason or "no face", face_lost=True, lost_to=self._lost_to)
        self._lost_to = None
        place = None if face.centre is None else face.centre[0]
        self._way.step(face.t_ns, head.yaw - self._head_yaw.zero, head.pitch - self._head_pitch.zero, place, face.width)
        moving = self._lid_moves(face.t_ns, openness)
        shut = openness is not None and (openness < _EYES_OPEN or moving)
        if shut or mouth_wide:
            self._lids.hide(face.t_ns)
        if shut and not mouth_wide:
            self._learning.step(face.t_ns, usable=False)
            self._follow_head(face.t_ns, head)
            return GazeState(face.t_ns, reason="the eyes are closed or closing")
        head_only = eyes is None or mouth_wide or openness is None
        self._eyes_hidden = eyes is None
        if not head_only:
            self._eyes_ns = face.t_ns
        weight = self._learning.step(face.t_ns, usable=not head_only and self._teaches(face.t_ns))
        if weight > 0.0 and eyes is not None:
            self._head_yaw.learn(head.yaw, weight)
            self._head_pitch.learn(head.pitch, weight)
            self._yaw.learn(head.yaw + eyes.yaw, weight)
            self._lids.learn(eyes.lid_height, weight)
            self._iris.learn(eyes.iris_height, weight)
        yaw_zero, pitch_zero = self._head_yaw.zero, self._head_pitch.zero
        if self._learning.learned_s < self._gaze.neutral_first_s and not self._learning.done:
            if not self._by_head_alone(face.t_ns, head, mouth_wide):
                return GazeState(face.t_ns, reason="learning straight-ahead")
            yaw_zero, pitch_zero = self._alone_yaw.zero, self._alone_pitch.zero
        lowered = pitch_zero - head.pitch
        lead = self._lead(face.t_ns, head.yaw - yaw_zero)
        narrow = not head_only and openness is not None and openness < _NARROW
        laughed = narrow and laughs
        if laughed or (narrow and lowered < -_THROWN_BACK_DEG):
            self._lids.hide(face.t_ns)
            head_only = True
        if head_only or eyes is None:
            # a yawn tilts the head back while the eyes stay where they were
            pitch = min(0.0, -lowered) if mouth_wide else -lowered
            direction = Angles(head.yaw - yaw_zero + lead, _HEAD_PITCH_GAIN * pitch, head.roll)
        else:
            lid_height = eyes.lid_height + _SMILE_LID * smile - _LID_PER_HEAD * lowered
            self._lids.follow(face.t_ns, lid_height, lowered, self._zone == "road")
            pitch = self._eye_pitch(lid_height, eyes.iris_height) - _HEAD_PITCH_GAIN * lowered
            turned = min(abs(head.yaw), _TURNED_MOST_DEG) - min(abs(yaw_zero), _TURNED_MOST_DEG)
            aside = self._aside(head.yaw, head.yaw - yaw_zero, eyes, self._yaw.zero - yaw_zero)
            direction = Angles(head.yaw - yaw_zero + aside + lead, pitch + _TURNED_PITCH * turned, head.roll)
        if self._told_ns is not None and face.t_ns - self._told_ns > nanoseconds(_BLINK_S):
            self._rested_ns = 0  # a look hidden for longer than by a blink rests anew
        elif self._told_ns is not None and self._told_ns == before_ns:
            self._rested_ns += face.t_ns - self._told_ns
        zone = self._zones.zone(direction, self._zone, rests=self._rested_ns >= nanoseconds(_REST_S))
        if laughed and zone == "road":
            return GazeState(face.t_ns, reason="a laugh narrows the eyes")
        came_back = zone == "road" and self._zone != "road"
        if came_back and head_only and not mouth_wide and self._eyes_seen_lately(face.t_ns):
            return GazeState(face.t_ns, reason="the eyes cannot be read for a moment")
        if zone != self._zone:
            self._zone, self._rested_ns = zone, 0
        self._told_ns = face.t_ns
        self._road_ns = face.t_ns if self._zone == "road" or self._road_ns is None else self._road_ns
        head_away_ns, self._head_away_ns = self._head_away_ns, None
        return GazeState(face.t_ns, direction, self._zone, head_only, head_away_ns=head_away_ns)

    def _follow_head(self, t_ns: int, head: Angles) -> None:
        """Behind shut lids the head alone tells since when a look away may have lasted."""
        known = self._learning.done or self._learning.learned_s >= self._gaze.neutral_first_s
        yaw, pitch = head.yaw - self._head_yaw.zero, _HEAD_PITCH_GAIN * (head.pitch - self._head_pitch.zero)
        if known and self._zones.zone(Angles(yaw, pitch, head.roll)) != "road":
            self._head_away_ns = t_ns if self._head_away_ns is None else self._head_away_ns
            self._still_away_ns = t_ns
        elif t_ns - self._still_away_ns >= nanoseconds(_NO_NOISE_S):
            self._head_away_ns = None

    def _on_its_way(self, t_ns: int) -> Zone | None:
        """Where the head was going as its face was lost: past the mirrors, whose looks it can be seen to make."""
        ahead = self._way.ahead(t_ns)
        if ahead is None:
            return None
        yaw, pitch = ahead
        if self._zones.zone(Angles(yaw, _HEAD_PITCH_GAIN * pitch)) == "road":
            return None
        if abs(pitch) > abs(yaw):
            return "up" if pitch > 0.0 else "lap"
        return "left_window" if yaw > 0.0 else "right_window"

    def _eyes_seen_lately(self, t_ns: int) -> bool:
        return self._eyes_ns is not None and t_ns - self._eyes_ns < nanoseconds(_EYES_AGAIN_S)

    def _by_head_alone(self, t_ns: int, head: Angles, mouth_wide: bool) -> bool:
        """Eyes hidden since the trip began: the head's own straight-ahead is learned by itself, and is all there is."""
        usable = self._eyes_hidden and not mouth_wide and self._teaches(t_ns)
        weight = self._alone_learning.step(t_ns, usable)
        if weight > 0.0:
            self._alone_yaw.learn(head.yaw, weight)
            self._alone_pitch.learn(head.pitch, weight)
        return self._eyes_hidden and self._alone_learning.learned_s >= min(self._gaze.neutral_first_s, self._gaze.neutral_s)

    def _lead(self, t_ns: int, yaw: float) -> float:
        """How far the gaze is ahead of a head that turns back to straight-ahead, degrees of yaw."""
        speed = self._turn.step(t_ns, yaw)
        if speed is None or speed * yaw >= 0.0 or abs(speed) < _RETURN_DEG_S:
            return 0.0
        return math.copysign(min(_RETURN_MOST_DEG, abs(speed) * _RETURN_LEAD_S, abs(yaw)), speed)

    def _aside(self, to_camera: float, turned: float, eyes: EyesInHead, zero: float) -> float:
        """Yaw of the eyes in a head turned so far from the camera and from straight-ahead, where they are read as ``zero``.

        A camera that sees a straight-ahead head from the side changes nothing near the road: its readings there are learned.
        """
        by_landmarks, far = eyes.yaw - zero, min(abs(to_camera), abs(turned)) if to_camera * turned > 0.0 else 0.0
        if by_landmarks * turned > 0.0:
            by_landmarks *= min(_ASIDE_MOST, 1.0 + _ASIDE_PER_DEG * max(0.0, far - _ASIDE_FROM_DEG))
        seen = eyes.seen_yaw
        if seen is None or far <= FROM_DEG:
            return by_landmarks
        share = min(1.0, (far - FROM_DEG) / (_SEEN_FULL_DEG - FROM_DEG))
        share /= 1.0 + (seen.error / (_ASIDE_ERROR_DEG + _ASIDE_ERROR_PER_DEG * (far - FROM_DEG))) ** 2
        return by_landmarks + share * (seen.value - zero - by_landmarks)

    def _eye_pitch(self, lid_height: float, iris_height: float) -> float:
        """Of the eyes in the head, from straight ahead."""
        lid = self._lids.above(lid_height)
        if lid > 0.0:
            return max(0.0, min(_LID_UP_DEG * lid, _IRIS_UP_DEG * (iris_height - self._iris.zero)))
        # the lower the camera, the less of a lid's way it sees
        seen = _LID_BY_CAMERA[0] + _LID_BY_CAMERA[1] * self._head_pitch.zero
        return _LID_DEG * max(_LID_BY_CAMERA_RANGE[0], min(_LID_BY_CAMERA_RANGE[1], seen)) * lid

    def _teaches(self, t_ns: int) -> bool:
        return not self._standing and not self._away(t_ns)

    def _away(self, t_ns: int) -> bool:
        """A look away teaches no straight-ahead, once that is known at all; a very long one may be the road itself."""
        if not self.trusted or self._road_ns is None:
            return False
        return nanoseconds(_TEACHING_S) < t_ns - self._road_ns <= nanoseconds(_MISTAUGHT_S)

    def _lid_moves(self, t_ns: int, openness: float | None) -> bool:
        speed = self._lid_speed.step(t_ns, openness)
        if openness is None:
            return False
        if openness < _EYES_OPEN or (speed is not None and abs(speed) > _LID_SPEED):
            self._lid_moved_ns = t_ns  # a lid that was nearly shut is on its way, however slowly it rises
        return self._lid_moved_ns is not None and t_ns - self._lid_moved_ns <= nanoseconds(_LID_AFTER_S)
