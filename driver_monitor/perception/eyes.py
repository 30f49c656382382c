"""Eye openness relative to the driver's own open eye and own shut one."""

from __future__ import annotations

from dataclasses import dataclass

from driver_monitor import settings
from driver_monitor.perception.baseline import Learning, TimeHistogram
from driver_monitor.perception.own_eye import OwnEye
from driver_monitor.perception.stillness import Stillness
from driver_monitor.signals import Angles, EyeReading, FaceMeasurement, seconds

_NEAR_EYE_FULL_YAW = 30.0  # from this head yaw to the camera only the nearer eye counts
_LEVEL_PITCH = 30.0  # a head pitched further teaches no open eye
_REREAD_S = 0.2
_SMILE_NARROWS = 0.15  # the cheeks of a broad smile push up the lower lids, so far: what they hide is not shut (rendered heads)


@dataclass(frozen=True, slots=True)
class EyeState:
    """Openness of one picture: 0 shut, 1 the driver's own open eye; ``None`` with a reason when it cannot be told.

    ``lowered``: the head looks down, and the lids go with it.
    """

    t_ns: int
    left: float | None = None
    right: float | None = None
    openness: float | None = None
    reason: str | None = None
    lowered: bool = False


class _RestPitch:
    """The head's usual pitch to the camera, degrees: how high the camera hangs."""

    def __init__(self) -> None:
        self._seen = TimeHistogram(-60.0, 60.0, 60)
        self._read_s = 0.0
        self.value = 0.0

    def learn(self, pitch: float, weight: float) -> None:
        self._seen.add(pitch, weight)
        if self._read_s == 0.0 or self._seen.total - self._read_s >= _REREAD_S:
            self._read_s = self._seen.total
            self.value = self._seen.quantile(0.5) or 0.0


class Eyes:
    """Openness of both eyes, joined; the nearer eye counts for more when the head is turned to the camera."""

    def __init__(self, eyes: settings.Eyes, face: settings.Face) -> None:
        self._eyes = eyes
        self._face = face
        self._learning = Learning(eyes.baseline_s)
        self._left = OwnEye(eyes)
        self._right = OwnEye(eyes)
        self._pitch = _RestPitch()
        self._stillness = Stillness(eyes)
        self._last_ns: int | None = None

    @property
    def learning_left_s(self) -> float:
        """Usable time until the own open eye is frozen, s (0 when it is)."""
        return self._learning.left_s

    def step(self, face: FaceMeasurement, head_drop_deg: float | None, smile: float = 0.0) -> EyeState:
        """Openness in one picture.

        ``head_drop_deg`` is how far the head is below its own straight-ahead, ``smile`` how broad the smile is, 0 to 1.
        """
        left, right, head = face.left_eye, face.right_eye, face.head
        reason = self._unusable(face)
        if reason is not None or left is None or right is None or head is None:
            self._learning.step(face.t_ns, usable=False)
            return EyeState(face.t_ns, reason=reason or "the eyes were not measured")
        dt_s = 0.0 if self._last_ns is None else seconds(face.t_ns - self._last_ns)
        self._last_ns = face.t_ns
        self._left.see(face.t_ns, left, head.pitch)
        self._right.see(face.t_ns, right, head.pitch)
        lowered = head_drop_deg is not None and head_drop_deg >= self._eyes.down_gaze_deg / 2.0
        rest = head.pitch if lowered else self._pitch.value  # a lowered head is seen from higher up
        open_left = self._unsmiled(self._left.openness(left, dt_s, lowered, head.pitch, rest), smile)
        open_right = self._unsmiled(self._right.openness(right, dt_s, lowered, head.pitch, rest), smile)
        # turned to the own left, the right eye is the one the camera sees squarely
        share_right = max(0.0, min(1.0, 0.5 + head.yaw / (2.0 * _NEAR_EYE_FULL_YAW)))
        self._learn(face.t_ns, dt_s, left, right, lowered, head)
        openness = share_right * open_right + (1.0 - share_right) * open_left
        if self._stillness.step(face.t_ns, openness, None if face.eye_in_head is None else face.eye_in_head.yaw):
            return EyeState(face.t_ns, reason=f"no blink and no look for {self._eyes.still_s:.0f} s: the eyes are hidden")
        return EyeState(face.t_ns, open_left, open_right, openness, lowered=lowered)

    def _unsmiled(self, openness: float, smile: float) -> float:
        """Without what a smile hides; of a shut eye it hides nothing."""
        return openness + _SMILE_NARROWS * smile * min(1.0, openness / self._eyes.closed_openness)

    def _unusable(self, face: FaceMeasurement) -> str | None:
        if face.head is None or face.left_eye is None or face.right_eye is None:
            return face.reason or "no face"
        if abs(face.head.yaw) > self._face.usable_yaw_deg:
            return f"the head is turned {abs(face.head.yaw):.0f}° from the camera"
        return None

    def _learn(self, t_ns: int, dt_s: float, left: EyeReading, right: EyeReading, lowered: bool, head: Angles) -> None:
        usable = not lowered and abs(head.pitch) < _LEVEL_PITCH
        if not self._learning.done:
            weight = self._learning.step(t_ns, usable)
            if weight > 0.0:
                self._left.learn(left, weight)
                self._right.learn(right, weight)
                self._pitch.learn(head.pitch, weight)
        elif usable and dt_s > 0.0:
            weight = min(dt_s, 0.25)
            self._left.watch(left, weight)
            self._right.watch(right, weight)
