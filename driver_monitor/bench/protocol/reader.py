"""Measurements as face landmarks give them, from what the driver does, without a picture.

The curves are those that MediaPipe's landmarks and face units drew on virtual drivers (lids, eyes, head and jaw swept one at a
time: three people; twelve for the eyes in the head): lids show a knee below half open and a floor, a
lowered gaze takes the lids along, irises rise with a look up and are left behind in a look down, both heights move with the
head, and every face has its own offsets. They are not measurements of people.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.face import HEAD_YAW_GAIN, unsaturated

Series = NDArray[np.float64]

_LIDS = np.array([0.0, 0.08, 0.17, 0.25, 0.33, 0.42, 0.50, 0.67, 0.83, 1.0, 1.3])
_LIDS_READ = np.array([0.02, 0.04, 0.13, 0.30, 0.45, 0.55, 0.64, 0.77, 0.90, 1.0, 1.1])
"""Eye aspect ratio above its floor, as a share of the open eye's: the mean of the faces swept."""
_LID_DOWN = 0.0155  # share of the ratio lost per degree of lowered gaze: much less than a lid closing as far loses
_EYES_YAW = np.array([0.0, 10.0, 20.0, 30.0, 34.0])
_EYES_UNIT = np.array([0.0, 0.36, 0.77, 0.91, 0.94])
"""Difference of the eyeLook units, mean of both eyes."""
_DEG_PER_UNIT = 31.0
_TURNED = np.array([0.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0])
_EYES_BY_TURN = np.array([0.0, -3.0, -3.6, -2.7, -0.4, 1.9, 4.9, 1.7])
"""What still eyes in a head turned so far are read as, in such degrees."""
_TURNED_FAR = np.array([15.0, 25.0, 40.0, 50.0, 60.0])
_LEFT_WITH, _LEFT_AGAINST = np.array([1.0, 0.8, 0.33, 0.22, 0.05]), np.array([1.0, 0.95, 0.7, 0.35, 0.25])
"""What is left of the eyes' yaw in a turned head, for eyes that go with the head and against it."""
_HEIGHT_LIDS = np.array([0.0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0, 1.3])
_HEIGHT_OF_LIDS = np.array([0.0, 0.20, 0.40, 0.55, 0.69, 0.79, 0.935, 1.0, 1.1])
"""The upper lids' height over that of shut ones, as a share of the open eye's."""
_HEIGHT_LOOKS = np.array([-30.0, -25.0, -20.0, -15.0, -10.0, -5.0, 0.0])
_LOST_BY_LOOK = np.array([1.0, 0.85, 0.72, 0.56, 0.37, 0.14, 0.0])
"""How much of what a look 30° down takes from that height is gone."""
_LID_PER_HEAD, _LID_PER_YAW = -0.0012, -0.0006  # of the height, per degree of the head's pitch, and of its yaw either way
_IRIS_OF_LIDS = np.array([-0.08, -0.055, -0.035, -0.02, -0.01, 0.0, 0.0, 0.0, 0.0])  # a closing lid draws the iris down
_IRIS_PER_YAW = -0.0005
_LID_BY_CAMERA = 0.02  # the more of a lid's way is seen for each degree that the camera sits higher than one on the column, ...
_COLUMN_DEG = 18.0  # ... to which a straight head looks up so far
_YAW_KNEE, _YAW_SLOPE = 40.0, 0.62  # beyond the knee a turned head is read smaller
FACE_LOST_YAW, FACE_LOST_DOWN, FACE_LOST_UP = 66.0, -62.0, 46.0
"""Head angles to the camera beyond which no face is found, degrees."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviations from picture to picture: eye aspect ratio, blink unit, angles of head and eyes (degrees), heights."""

    ear: float = 0.006
    blink: float = 0.015
    head: float = 0.35
    eyes: float = 1.0
    heights: float = 0.004

    def times(self, factor: float) -> Noise:
        """The same, so many times larger."""
        return Noise(self.ear * factor, self.blink * factor, self.head * factor, self.eyes * factor, self.heights * factor)


@dataclass(frozen=True, slots=True)
class FaceCurves:
    """How one face answers: ranges over the faces swept."""

    open_ear: float = 0.28
    shut_ear: float = 0.03
    blink_open: float = 0.08
    blink_shut: float = 0.80
    head_gain: float = 0.86
    head_offset: float = -7.0
    lid_open: float = 0.18
    lid_travel: float = 0.24
    lid_down: float = 0.43
    eye_yaw_offset: float = 1.0
    mouth_rest: float = 0.04
    lid_up: float = 0.0021
    iris_open: float = 0.06
    iris_up: float = 0.0030
    iris_down: float = 0.0012

    @classmethod
    def of(cls, who: str) -> FaceCurves:
        """The face of a name: always the same one."""
        random = np.random.default_rng(int.from_bytes(hashlib.sha256(who.encode()).digest()[:8], "big"))
        low = cls(0.26, 0.02, 0.03, 0.70, 0.83, -12.0, 0.158, 0.21, 0.37, -1.5, 0.02, 0.0014, 0.03, 0.0019, 0.0)
        high = cls(0.34, 0.06, 0.13, 0.86, 0.90, -1.5, 0.22, 0.27, 0.51, 1.5, 0.09, 0.0028, 0.08, 0.0040, 0.0026)
        names = cls.__dataclass_fields__
        return cls(**{name: float(random.uniform(getattr(low, name), getattr(high, name))) for name in names})

    def lids(self, lids: Series, eye_pitch: Series) -> tuple[Series, Series]:
        """Eye aspect ratio and blink unit."""
        by_lid = np.interp(lids, _LIDS, _LIDS_READ)
        share = by_lid * np.clip(1.0 + _LID_DOWN * np.minimum(0.0, eye_pitch), 0.3, 1.0)
        return self.shut_ear + (self.open_ear - self.shut_ear) * share, self.blink_open + (
            self.blink_shut - self.blink_open
        ) * np.clip(1.0 - share, 0.0, 1.0)

    def head(self, yaw: Series, pitch: Series) -> tuple[Series, Series]:
        """Yaw and pitch as read, from those towards the camera."""
        size = np.abs(yaw)
        read = np.where(size <= _YAW_KNEE, 1.03 * size, 1.03 * _YAW_KNEE + _YAW_SLOPE * (size - _YAW_KNEE))
        return HEAD_YAW_GAIN * np.sign(yaw) * read, self.head_gain * pitch + self.head_offset

    def eye_yaw(self, yaw: Series, head_yaw: Series) -> Series:
        """Both eyes' yaw in the head as read; ``head_yaw`` is towards the camera."""
        size = np.abs(head_yaw)
        turned = np.sign(head_yaw) * np.interp(size, _TURNED, _EYES_BY_TURN)
        with_it, against = (np.interp(size, _TURNED_FAR, left) for left in (_LEFT_WITH, _LEFT_AGAINST))
        seen = np.where(yaw * head_yaw > 0.0, with_it, against) * np.sign(yaw) * np.interp(np.abs(yaw), _EYES_YAW, _EYES_UNIT)
        unit = seen + (self.eye_yaw_offset + turned) / _DEG_PER_UNIT
        return np.array([unsaturated(float(u)) for u in np.clip(unit, -1.0, 1.0)])

    def eye_heights(
        self, pitch: Series, lids: Series, head_yaw: Series, head_pitch: Series, straight: float
    ) -> tuple[Series, Series]:
        """Heights of upper lids and irises, as shares of the eye's width; ``straight``: a straight head's pitch to the camera."""
        down, up = np.minimum(0.0, pitch), np.maximum(0.0, pitch)
        turned = np.minimum(np.abs(head_yaw), 50.0)
        down_more = 1.0 + _LID_BY_CAMERA * max(0.0, _COLUMN_DEG - straight)
        kept = 1.0 - self.lid_down * down_more * np.interp(down, _HEIGHT_LOOKS, _LOST_BY_LOOK)
        lid = self.lid_open - self.lid_travel * (1.0 - np.interp(lids, _HEIGHT_LIDS, _HEIGHT_OF_LIDS) * kept) + self.lid_up * up
        iris = self.iris_open + self.iris_up * up + self.iris_down * down + np.interp(lids, _HEIGHT_LIDS, _IRIS_OF_LIDS)
        return lid + _LID_PER_HEAD * head_pitch + _LID_PER_YAW * turned, iris + _IRIS_PER_YAW * turned


def narrowed(lids: Series, squint: Series, cheeks: Series) -> Series:
    """Lids as they show when lid and cheek are drawn up, as in laughter (a drawn laugh read 0.75 open lids as 0.36)."""
    return lids * np.clip(1.0 - 0.45 * squint - 0.25 * cheeks, 0.2, 1.0)


def mouth_ratio(jaw: Series, rest: float) -> Series:
    """Inner-lip gap over mouth width of an opened jaw."""
    return rest + 0.88 * jaw


def face_found(yaw: Series, pitch: Series) -> NDArray[np.bool_]:
    """A face turned so far towards the camera is still found."""
    return (np.abs(yaw) < FACE_LOST_YAW) & (pitch > FACE_LOST_DOWN) & (pitch < FACE_LOST_UP)
