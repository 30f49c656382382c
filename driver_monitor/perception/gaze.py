"""Where the driver looks: head and eyes joined, relative to the driver's own straight-ahead, as zones and glances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from driver_monitor import settings
from driver_monitor.perception.baseline import Learning, TimeHistogram
from driver_monitor.signals import Angles, Event, FaceMeasurement, Value, nanoseconds, seconds

Zone: TypeAlias = Literal[
    "road", "up", "cluster", "lap", "centre_stack", "rear_mirror", "left_mirror", "right_mirror", "left_window", "right_window"
]
MIRRORS: frozenset[Zone] = frozenset({"rear_mirror", "left_mirror", "right_mirror"})
INSTRUMENTS: frozenset[Zone] = frozenset({"cluster"})

# centres as (yaw, pitch) for a driver on the left; mirrored for one on the right. First version: typical car geometry.
_CENTRES: dict[Zone, tuple[float, float]] = {
    "up": (0.0, 38.0),
    "cluster": (0.0, -23.0),
    "lap": (0.0, -46.0),
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
_PITCH_WEIGHT = 1.4  # zones are wider than they are high
_HYSTERESIS_DEG = 3.0  # a look must come back this far inside the road's edge to be on it again
_MODE_SPAN_DEG = 14.0  # straight-ahead is the densest stretch of this width
_REREAD_S = 0.2  # straight-ahead is read anew after this much more was learned
_EYES_OPEN = 0.45  # below this openness the eyeLook units follow the lid, not the eye


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
        self._zone: Zone = "road"

    @property
    def learning_left_s(self) -> float:
        """Usable time until straight-ahead is frozen, s (0 when it is)."""
        return self._learning.left_s

    @property
    def trusted(self) -> bool:
        """Straight-ahead has been learned for long enough to alarm on."""
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
            return GazeState(face.t_ns, reason=face.reason or "no face")
        if openness is not None and openness < _EYES_OPEN and not mouth_wide:
            self._learning.step(face.t_ns, usable=False)
            return GazeState(face.t_ns, reason="the eyes are closed or closing")
        head_only = eyes is None or mouth_wide or openness is None
        weight = self._learning.step(face.t_ns, usable=not head_only)
        if weight > 0.0 and eyes is not None:
            self._head.learn(head.yaw, head.pitch, weight)
            self._joined.learn(head.yaw + eyes.yaw, head.pitch + eyes.pitch, weight)
        if self._learning.learned_s < self._gaze.neutral_first_s and not self._learning.done:
            return GazeState(face.t_ns, reason="learning straight-ahead")
        if head_only or eyes is None:
            pitch = head.pitch - self._head.pitch
            # a yawn tilts the head back while the eyes stay where they were
            direction = Angles(head.yaw - self._head.yaw, min(0.0, pitch) if mouth_wide else pitch, head.roll)
        else:
            direction = Angles(
                head.yaw + eyes.yaw - self._joined.yaw, head.pitch + eyes.pitch - self._joined.pitch, head.roll
            )
        self._zone = self.zone(direction, self._zone)
        return GazeState(face.t_ns, direction, self._zone, head_only)

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
    """Glances away from the road after ISO 15007: from the start of the move towards the target to the start of the next.

    A look shorter than ``min_dwell_s`` is none, and a gap or return shorter than ``bridge_s`` does not split one.
    """

    def __init__(self, gaze: settings.Gaze) -> None:
        self._min_ns = nanoseconds(gaze.min_dwell_s)
        self._bridge_ns = nanoseconds(gaze.bridge_s)
        self._start_ns: int | None = None
        self._away_ns = 0
        self._time_in: dict[Zone, int] = {}
        self._head_only_ns = 0
        self._road_ns: int | None = None
        self._last_ns: int | None = None
        self._announced = False

    def step(self, gaze: GazeState) -> list[Event]:
        """Take one picture's gaze; a glance is reported when it ends, and when it begins to be long (1 s)."""
        last, self._last_ns = self._last_ns, gaze.t_ns
        dt = 0 if last is None else min(gaze.t_ns - last, self._bridge_ns)
        if gaze.zone is None:
            if self._start_ns is not None and self._away_ns and gaze.t_ns - self._away_ns > self._bridge_ns * 3:
                return self._end(gaze.t_ns, self._away_ns)
            return []
        if gaze.zone == "road":
            if self._start_ns is None:
                return []
            if self._road_ns is None:
                self._road_ns = gaze.t_ns
            return self._end(gaze.t_ns, self._road_ns) if gaze.t_ns - self._road_ns >= self._bridge_ns else []
        if self._start_ns is None:
            self._start_ns, self._time_in, self._head_only_ns, self._announced = gaze.t_ns, {}, 0, False
            dt = 0
        self._road_ns, self._away_ns = None, gaze.t_ns
        self._time_in[gaze.zone] = self._time_in.get(gaze.zone, 0) + dt
        self._head_only_ns += dt if gaze.head_only else 0
        if not self._announced and gaze.t_ns - self._start_ns >= nanoseconds(1.0):
            self._announced = True
            return [Event(gaze.t_ns, "glance", self._start_ns, None, (("zone", self._target()),))]
        return []

    def finish(self, t_ns: int) -> list[Event]:
        """The recording ends: report a glance that still lasts."""
        return self._end(t_ns, t_ns, cut=True) if self._start_ns is not None else []

    def _target(self) -> Zone:
        return max(self._time_in, key=lambda z: self._time_in[z])

    def _end(self, t_ns: int, end_ns: int, cut: bool = False) -> list[Event]:
        assert self._start_ns is not None
        start_ns, self._start_ns, self._road_ns = self._start_ns, None, None
        if end_ns - start_ns < self._min_ns:
            return []
        lead = "head" if 2 * self._head_only_ns > sum(self._time_in.values()) else "head and eyes"
        detail: list[tuple[str, Value]] = [("zone", self._target()), ("duration_s", round(seconds(end_ns - start_ns), 3))]
        detail += [("seen_by", lead), *([("cut", True)] if cut else [])]
        return [Event(t_ns, "glance", start_ns, end_ns, tuple(detail))]
