"""Where the driver looks: head and eyes joined, relative to the driver's own straight-ahead, as zones and glances."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal, TypeAlias

from driver_monitor import settings
from driver_monitor.perception.baseline import Learning, TimeHistogram
from driver_monitor.signals import NS_PER_S, Angles, Event, FaceMeasurement, Value, nanoseconds, seconds

Zone: TypeAlias = Literal[
    "road", "up", "cluster", "lap", "centre_stack", "rear_mirror", "left_mirror", "right_mirror", "left_window", "right_window"
]
MIRRORS: frozenset[Zone] = frozenset({"rear_mirror", "left_mirror", "right_mirror"})
INSTRUMENTS: frozenset[Zone] = frozenset({"cluster"})

# centres as (yaw, pitch) for a driver on the left; mirrored for one on the right. First version: typical car geometry.
_CENTRES: dict[Zone, tuple[float, float]] = {
    "up": (0.0, 38.0),
    "cluster": (0.0, -23.0),
    "lap": (0.0, -33.0),  # all that is low: a phone behind the wheel, in the lap, on the knee
    "centre_stack": (-30.0, -30.0),
    "rear_mirror": (-38.0, 8.0),
    "left_mirror": (38.0, -8.0),
    "right_mirror": (-62.0, -8.0),
    "left_window": (75.0, -5.0),
    "right_window": (-85.0, -5.0),
}
_OTHER_SIDE: dict[Zone, Zone] = {
    "left_mirror": "right_mirror",
    "right_mirror": "left_mirror",
    "left_window": "right_window",
    "right_window": "left_window",
}
_HEAD_PITCH_GAIN = 1.15  # the landmark model's head pitch falls short (slope 0.78-0.92 on rendered heads)
_LID_PITCH_DEG = 26.0  # with a lowered head a lowered lid follows the eye down: so far for a whole lid (rendered heads)
_PITCH_WEIGHT = 1.4  # zones are wider than they are high
_HYSTERESIS_DEG = 3.0  # a look must come back this far inside the road's edge to be on it again
_MODE_SPAN_DEG = 14.0  # straight-ahead is the densest stretch of this width
_LID_GAP_S = 0.25
_LID_AFTER_S = 0.1  # the eyeLook units come to rest a little after the lid
_HIDDEN_S = 0.9  # a glance ends where it was last seen when nothing is known for longer
_MOVE_S = 0.2  # a look's move takes no longer
_TRANSIT_S = 0.1  # passing over the road faster than this belongs to the move
_TEACHING_S = 2.0
_REREAD_S = 0.2  # straight-ahead is read anew after this much more was learned
_EYES_OPEN = 0.25  # below this openness the eyeLook units follow the lid, not the eye
_LID_SPEED = 3.5  # 1/s; a lid that moves faster is blinking, or follows a saccade that is not over
_LID_SPAN_S = 0.045  # ... measured over at least this time, against noise at high frame rates


@dataclass(frozen=True, slots=True)
class GazeState:
    """Gaze in vehicle directions (road = 0, 0) with its zone; ``None`` with a reason when it cannot be told.

    ``head_only`` says that the eyes' own part could not be used.
    """

    t_ns: int
    direction: Angles | None = None
    zone: Zone | None = None
    head_only: bool = False
    reason: str | None = None
    face_lost: bool = False


class _StraightAhead:
    """A direction's own zero, learned as the densest stretch of where it has been."""

    def __init__(self) -> None:
        self._yaw = TimeHistogram(-90.0, 90.0, 180)
        self._pitch = TimeHistogram(-60.0, 60.0, 120)
        self._read_s = 0.0
        self.yaw = 0.0
        self.pitch = 0.0

    def learn(self, yaw: float, pitch: float, weight: float) -> None:
        self._yaw.add(yaw, weight)
        self._pitch.add(pitch, weight)
        if self._read_s > 0.0 and self._yaw.total - self._read_s < _REREAD_S:
            return
        self._read_s = self._yaw.total
        self.yaw = self._yaw.densest(_MODE_SPAN_DEG) or 0.0
        self.pitch = self._pitch.densest(_MODE_SPAN_DEG) or 0.0


class Gaze:
    """Gaze direction and zone of each picture."""

    def __init__(self, gaze: settings.Gaze, drive_side: Literal["left", "right"]) -> None:
        self._gaze = gaze
        self._mirror = 1.0 if drive_side == "left" else -1.0
        self._learning = Learning(gaze.neutral_s)
        self._head = _StraightAhead()
        self._joined = _StraightAhead()
        self._alone = _StraightAhead()  # the head's, while the eyes are hidden behind dark lenses
        self._alone_learning = Learning(gaze.neutral_s)
        self._eyes_hidden = False
        self._zone: Zone = "road"
        self._road_ns: int | None = None  # last seen on the road
        self._lids: deque[tuple[int, float]] = deque()
        self._lid_moved_ns: int | None = None

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

    def head_drop_deg(self, face: FaceMeasurement) -> float | None:
        """How far the head points below its own straight-ahead, degrees; ``None`` until that is known."""
        if face.head is None or self._learning.learned_s < self._gaze.neutral_first_s:
            return None
        return self._head.pitch - face.head.pitch

    def step(self, face: FaceMeasurement, openness: float | None, mouth_wide: bool) -> GazeState:
        """Gaze in one picture. A blink hides it; in a yawn, or with eyes not measured, the head alone tells."""
        head, eyes = face.head, face.eye_in_head
        if head is None:
            self._learning.step(face.t_ns, usable=False)
            turned = face.quality is None or not face.quality.frozen
            return GazeState(face.t_ns, reason=face.reason or "no face", face_lost=turned)
        moving = self._lid_moves(face.t_ns, openness)
        if openness is not None and (openness < _EYES_OPEN or moving) and not mouth_wide:
            self._learning.step(face.t_ns, usable=False)
            return GazeState(face.t_ns, reason="the eyes are closed or closing")
        head_only = eyes is None or mouth_wide or openness is None
        self._eyes_hidden = eyes is None
        weight = self._learning.step(face.t_ns, usable=not head_only and not self._long_away(face.t_ns))
        if weight > 0.0 and eyes is not None:
            self._head.learn(head.yaw, head.pitch, weight)
            self._joined.learn(head.yaw + eyes.yaw, _HEAD_PITCH_GAIN * head.pitch + eyes.pitch, weight)
        zero = self._head
        if self._learning.learned_s < self._gaze.neutral_first_s and not self._learning.done:
            zero = self._alone
            if not self._by_head_alone(face.t_ns, head, mouth_wide):
                return GazeState(face.t_ns, reason="learning straight-ahead")
        if head_only or eyes is None:
            pitch = _HEAD_PITCH_GAIN * (head.pitch - zero.pitch)
            # a yawn tilts the head back while the eyes stay where they were
            direction = Angles(head.yaw - zero.yaw, min(0.0, pitch) if mouth_wide else pitch, head.roll)
        else:
            pitch = _HEAD_PITCH_GAIN * head.pitch + eyes.pitch - self._joined.pitch
            if openness is not None:
                lowered = max(0.0, min(1.0, (self._head.pitch - head.pitch - 4.0) / 4.0))
                pitch -= _LID_PITCH_DEG * lowered * max(0.0, 1.0 - openness)
            direction = Angles(head.yaw + eyes.yaw - self._joined.yaw, pitch, head.roll)
        self._zone = self.zone(direction, self._zone)
        self._road_ns = face.t_ns if self._zone == "road" or self._road_ns is None else self._road_ns
        return GazeState(face.t_ns, direction, self._zone, head_only)

    def _by_head_alone(self, t_ns: int, head: Angles, mouth_wide: bool) -> bool:
        """Eyes hidden since the trip began: the head's own straight-ahead is learned by itself, and is all there is."""
        usable = self._eyes_hidden and not mouth_wide and not self._long_away(t_ns)
        weight = self._alone_learning.step(t_ns, usable)
        if weight > 0.0:
            self._alone.learn(head.yaw, head.pitch, weight)
        return self._eyes_hidden and self._alone_learning.learned_s >= min(self._gaze.neutral_first_s, self._gaze.neutral_s)

    def _long_away(self, t_ns: int) -> bool:
        """A long look away teaches no straight-ahead, once that is known at all."""
        return self.trusted and self._road_ns is not None and t_ns - self._road_ns > nanoseconds(_TEACHING_S)

    def _lid_moves(self, t_ns: int, openness: float | None) -> bool:
        lids, span = self._lids, nanoseconds(_LID_SPAN_S)
        if openness is None or (lids and t_ns - lids[-1][0] > nanoseconds(_LID_GAP_S)):
            lids.clear()
            return False
        while len(lids) > 1 and t_ns - lids[1][0] >= span:
            lids.popleft()
        lids.append((t_ns, openness))
        then_ns, then = lids[0]
        if t_ns - then_ns >= span and abs(openness - then) / seconds(t_ns - then_ns) > _LID_SPEED:
            self._lid_moved_ns = t_ns
        return self._lid_moved_ns is not None and t_ns - self._lid_moved_ns <= nanoseconds(_LID_AFTER_S)

    def zone(self, direction: Angles, before: Zone = "road") -> Zone:
        """The zone of a direction; ``before`` gives the road's edge its hysteresis."""
        margin = 0.0 if before == "road" else _HYSTERESIS_DEG
        gaze = self._gaze
        yaw, pitch = direction.yaw * self._mirror, direction.pitch
        if abs(yaw) <= gaze.road_yaw_deg - margin and -gaze.road_down_deg + margin <= pitch <= gaze.road_up_deg - margin:
            return "road"
        nearest = min(
            _CENTRES, key=lambda z: (yaw - _CENTRES[z][0]) ** 2 + (_PITCH_WEIGHT * (pitch - _CENTRES[z][1])) ** 2
        )
        return nearest if self._mirror > 0.0 else _OTHER_SIDE.get(nearest, nearest)


class Glances:
    """Glances after ISO 15007: each lasts from the start of the move towards its target to the start of the next move.

    A place is a target once it was looked at for ``min_dwell_s``; after a glance the road is one only after ``bridge_s``, so
    that a flick to it and back does not split the glance, nor does a blink.
    """

    def __init__(self, gaze: settings.Gaze) -> None:
        self._min_ns = nanoseconds(gaze.min_dwell_s)
        self._bridge_ns = nanoseconds(gaze.bridge_s)
        self._target: Zone = "road"
        self._start_ns = 0
        self._seen_ns: int | None = None  # the last picture with a known zone
        self._left_ns: int | None = None  # the target was left then
        self._next: Zone = "road"  # where the gaze went instead; the move to it began, and a picture first showed it:
        self._next_ns = 0
        self._next_seen_ns = 0
        self._head_only = [0, 0]  # pictures of this glance seen by the head alone, and all
        self._announced = False

    def step(self, gaze: GazeState) -> list[Event]:
        """Take one picture's gaze; a glance is reported when it ends, and when it has lasted a second."""
        t_ns, zone = gaze.t_ns, gaze.zone
        if zone is None:
            seen_ns = self._seen_ns
            if self._target != "road" and seen_ns is not None and t_ns - seen_ns > nanoseconds(_HIDDEN_S):
                return self._turn(t_ns, seen_ns if self._left_ns is None else self._left_ns, "road")
            return []
        # a move begins after the last picture that could be read, but a long closure before it is no part of it
        before_ns = max(t_ns - nanoseconds(_MOVE_S), t_ns if self._seen_ns is None else self._seen_ns)
        self._seen_ns = t_ns
        self._head_only[0] += gaze.head_only
        self._head_only[1] += 1
        if zone == self._target:
            self._left_ns = None
            return self._announce(t_ns)
        if self._left_ns is None:
            self._left_ns = before_ns
            self._look_to(zone, before_ns, t_ns)
        elif zone != self._next:
            passed_road = self._next == "road" and t_ns - self._next_seen_ns > nanoseconds(_TRANSIT_S)
            self._look_to(zone, before_ns if zone == "road" or passed_road else self._left_ns, t_ns)
        needed = self._bridge_ns if zone == "road" else self._min_ns
        return self._turn(t_ns, self._left_ns, zone) if t_ns - self._next_seen_ns >= needed else []

    def _look_to(self, zone: Zone, start_ns: int, seen_ns: int) -> None:
        self._next, self._next_ns, self._next_seen_ns = zone, start_ns, seen_ns

    def finish(self, t_ns: int) -> list[Event]:
        """The recording ends: report a glance that still lasts."""
        return self._end(t_ns, t_ns, cut=True)

    def _announce(self, t_ns: int) -> list[Event]:
        if self._target == "road" or self._announced or t_ns - self._start_ns < NS_PER_S:
            return []
        self._announced = True
        return [Event(t_ns, "glance", self._start_ns, None, (("zone", self._target),))]

    def _turn(self, t_ns: int, left_ns: int, zone: Zone) -> list[Event]:
        events = self._end(t_ns, left_ns)
        self._target, self._start_ns, self._left_ns = zone, self._next_ns, None
        self._announced, self._head_only = False, [0, 0]
        return events

    def _end(self, t_ns: int, end_ns: int, cut: bool = False) -> list[Event]:
        if self._target == "road" or end_ns - self._start_ns < self._min_ns:
            return []
        lead = "head" if 2 * self._head_only[0] > self._head_only[1] else "head and eyes"
        detail: list[tuple[str, Value]] = [
            ("zone", self._target),
            ("duration_s", round(seconds(end_ns - self._start_ns), 3)),
            ("seen_by", lead),
            *([("cut", True)] if cut else []),
        ]
        return [Event(t_ns, "glance", self._start_ns, end_ns, tuple(detail))]
