"""Eye openness relative to the driver's own open eye and own shut one."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from driver_monitor import settings
from driver_monitor.perception.baseline import Learning, TimeHistogram
from driver_monitor.signals import Angles, EyeReading, FaceMeasurement, nanoseconds, seconds

_OPEN_QUANTILE = 0.7  # of usable time: above the blinks and half-closed stretches, below wide-eyed moments
_BLINK_REST_QUANTILE = 0.4
_BLINK_SHUT = 0.62  # the blink face unit of a shut eye (0.63-0.79 on rendered heads, 0.6-0.8 on real ones)
_PRIOR_S = 2.0  # the population's open eye counts as this much seen time
_PRIOR_BLINK_REST = 0.12
_NEAR_EYE_FULL_YAW = 30.0  # from this head yaw to the camera only the nearer eye counts
_OPEN_RANGE = (0.15, 0.45)  # an open eye's aspect ratio lies in here whoever it is
_REREAD_S = 0.2  # the open eye is read anew after this much more was learned
_DIP_S = 0.35  # a blink falls and rises again within this time on either side of its lowest point
_DIP_DEPTH = 0.4  # ... by at least this share of the open eye
_PRIOR_DIPS = 2.0  # the population's shut eye counts as this many blinks
_SHUT_SHARE = (0.03, 0.65)  # a shut eye's aspect ratio as a share of the open one lies in here, wherever the camera stands
_SHUT_BLINK = (0.35, 0.95)
_RISE = 1.10  # after freezing, a block may raise the open eye by no more than this factor


@dataclass(frozen=True, slots=True)
class EyeState:
    """Openness of one picture: 0 shut, 1 the driver's own open eye; ``None`` with a reason when it cannot be told."""

    t_ns: int
    left: float | None = None
    right: float | None = None
    openness: float | None = None
    reason: str | None = None


class _Dips:
    """The lowest points of blinks, found by their shape alone: what a shut eye of this driver looks like to this camera."""

    def __init__(self) -> None:
        self._window: deque[tuple[int, EyeReading]] = deque()
        self._taken_ns = 0

    def step(self, t_ns: int, reading: EyeReading, open_ear: float) -> EyeReading | None:
        """Take a reading; gives the lowest reading of a blink once both its sides have been seen."""
        window, half = self._window, nanoseconds(_DIP_S)
        window.append((t_ns, reading))
        while t_ns - window[0][0] > 2 * half:
            window.popleft()
        low_ns, low = min(window, key=lambda x: x[1].ear)
        if low_ns <= self._taken_ns or t_ns - low_ns < half or low_ns - window[0][0] < half // 2:
            return None
        rim = low.ear + _DIP_DEPTH * open_ear
        before = max(r.ear for t, r in window if t < low_ns)
        after = max(r.ear for t, r in window if t > low_ns)
        if before < rim or after < rim:
            return None
        self._taken_ns = low_ns
        return low


class _OwnEye:
    """One eye, open and shut. Open: learned, frozen, later only raised. Shut: learned from blinks as long as they come."""

    def __init__(self, eyes: settings.Eyes) -> None:
        self._settings = eyes
        self._ear = TimeHistogram(0.0, 0.6, 120)
        self._rest = TimeHistogram(0.0, 1.0, 100)
        self._ear.add(eyes.prior_open_ear, _PRIOR_S)
        self._rest.add(_PRIOR_BLINK_REST, _PRIOR_S)
        self._block = TimeHistogram(0.0, 0.6, 120)
        self.ear = eyes.prior_open_ear
        self.rest = _PRIOR_BLINK_REST
        self._read_s = 0.0
        self._dips = _Dips()
        self._shut_shares = TimeHistogram(0.0, 1.0, 100)
        self._shut_blinks = TimeHistogram(0.0, 1.0, 100)
        self._shut_shares.add(eyes.closed_share, _PRIOR_DIPS)
        self._shut_blinks.add(_BLINK_SHUT, _PRIOR_DIPS)
        self._shut_share = eyes.closed_share
        self._shut_blink = _BLINK_SHUT

    def see(self, t_ns: int, reading: EyeReading) -> None:
        """Watch for blinks, and take from them what shut looks like."""
        low = self._dips.step(t_ns, reading, self.ear)
        if low is None:
            return
        self._shut_shares.add(low.ear / self.ear, 1.0)
        self._shut_blinks.add(low.blink, 1.0)
        # the deeper blinks: at a low frame rate many are met half-way
        share, blink = self._shut_shares.quantile(0.35), self._shut_blinks.quantile(0.65)
        if share is not None and blink is not None:
            self._shut_share = max(_SHUT_SHARE[0], min(_SHUT_SHARE[1], share))
            self._shut_blink = max(self.rest + 0.15, _SHUT_BLINK[0], min(_SHUT_BLINK[1], blink))

    def learn(self, reading: EyeReading, weight: float) -> None:
        self._ear.add(reading.ear, weight)
        self._rest.add(reading.blink, weight)
        if self._ear.total - self._read_s < _REREAD_S:
            return
        self._read_s = self._ear.total
        ear = self._ear.quantile(_OPEN_QUANTILE)
        rest = self._rest.quantile(_BLINK_REST_QUANTILE)
        if ear is not None and rest is not None:
            self.ear = max(_OPEN_RANGE[0], min(_OPEN_RANGE[1], ear))
            self.rest = min(0.35, rest)

    def watch(self, reading: EyeReading, weight: float) -> None:
        """After freezing: a whole block of wider eyes raises the baseline, nothing lowers it."""
        self._block.add(reading.ear, weight)
        if self._block.total >= self._settings.baseline_s:
            wider = self._block.quantile(_OPEN_QUANTILE)
            if wider is not None and wider > self.ear:
                self.ear = min(wider, self.ear * _RISE, _OPEN_RANGE[1])
            self._block = TimeHistogram(0.0, 0.6, 120)

    def openness(self, reading: EyeReading, lowered: bool) -> float:
        shut = self.ear * self._shut_share
        by_shape = (reading.ear - shut) / (self.ear - shut)
        by_unit = (self._shut_blink - reading.blink) / (self._shut_blink - self.rest)
        # a lowered gaze pulls the lid down with it: then both cues must say closed
        both = max(by_shape, by_unit) if lowered else (by_shape + by_unit) / 2.0
        return max(0.0, min(1.2, both))


class Eyes:
    """Openness of both eyes, joined; the nearer eye counts for more when the head is turned to the camera."""

    def __init__(self, eyes: settings.Eyes, face: settings.Face) -> None:
        self._eyes = eyes
        self._face = face
        self._learning = Learning(eyes.baseline_s)
        self._left = _OwnEye(eyes)
        self._right = _OwnEye(eyes)
        self._last_ns: int | None = None

    @property
    def learning_left_s(self) -> float:
        """Usable time until the own open eye is frozen, s (0 when it is)."""
        return self._learning.left_s

    def step(self, face: FaceMeasurement, head_drop_deg: float | None) -> EyeState:
        """Openness in one picture; ``head_drop_deg`` is how far the head is below its own straight-ahead."""
        left, right, head = face.left_eye, face.right_eye, face.head
        reason = self._unusable(face)
        if reason is not None or left is None or right is None or head is None:
            self._learning.step(face.t_ns, usable=False)
            return EyeState(face.t_ns, reason=reason or "the eyes were not measured")
        self._left.see(face.t_ns, left)
        self._right.see(face.t_ns, right)
        lowered = head_drop_deg is not None and head_drop_deg >= self._eyes.down_gaze_deg / 2.0
        open_left = self._left.openness(left, lowered)
        open_right = self._right.openness(right, lowered)
        # turned to the own left, the right eye is the one the camera sees squarely
        share_right = max(0.0, min(1.0, 0.5 + head.yaw / (2.0 * _NEAR_EYE_FULL_YAW)))
        self._learn(face.t_ns, left, right, lowered, head)
        return EyeState(
            face.t_ns, open_left, open_right, openness=share_right * open_right + (1.0 - share_right) * open_left
        )

    def _unusable(self, face: FaceMeasurement) -> str | None:
        if face.head is None or face.left_eye is None or face.right_eye is None:
            return face.reason or "no face"
        if abs(face.head.yaw) > self._face.usable_yaw_deg:
            return f"the head is turned {abs(face.head.yaw):.0f}° from the camera"
        return None

    def _learn(self, t_ns: int, left: EyeReading, right: EyeReading, lowered: bool, head: Angles) -> None:
        usable = not lowered and abs(head.pitch) < 30.0
        if not self._learning.done:
            weight = self._learning.step(t_ns, usable)
            if weight > 0.0:
                self._left.learn(left, weight)
                self._right.learn(right, weight)
        elif usable and self._last_ns is not None:
            weight = min(seconds(t_ns - self._last_ns), 0.25)
            self._left.watch(left, weight)
            self._right.watch(right, weight)
        self._last_ns = t_ns
