"""Measurements as face landmarks give them, from what the driver does, without a picture.

The curves are those that MediaPipe's landmarks and face units drew on virtual drivers (three people, lids, eyes, head and jaw
swept one at a time): lids show a knee below half open and a floor, a lowered gaze takes the lids along, a closing lid takes
the eyeLook units along, looks down are read far too small, the zero of the eyes' pitch moves with the head's, and every face
has its own offset. They are not measurements of people.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

_LIDS = np.array([0.0, 0.08, 0.17, 0.25, 0.33, 0.42, 0.50, 0.67, 0.83, 1.0, 1.3])
_LIDS_READ = np.array([0.02, 0.04, 0.13, 0.30, 0.45, 0.55, 0.64, 0.77, 0.90, 1.0, 1.1])
"""Eye aspect ratio above its floor, as a share of the open eye's: the mean of the faces swept."""
_LID_DOWN = 0.0155  # share of the ratio lost per degree of lowered gaze: much less than a lid closing as far loses
_EYE_YAW_MOST = 28.5  # the eyeLook units end here
_EYE_PITCH_PER_HEAD = -0.23  # the eyes' zero against the head's pitch
_YAW_KNEE, _YAW_SLOPE = 40.0, 0.62  # beyond the knee a turned head is read smaller
FACE_LOST_YAW, FACE_LOST_DOWN, FACE_LOST_UP = 66.0, -62.0, 46.0
"""Head angles to the camera beyond which no face is found, degrees."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviations from picture to picture: eye aspect ratio, blink unit, angles of head and eyes (degrees)."""

    ear: float = 0.006
    blink: float = 0.015
    head: float = 0.35
    eyes: float = 1.0

    def times(self, factor: float) -> Noise:
        """The same, so many times larger."""
        return Noise(self.ear * factor, self.blink * factor, self.head * factor, self.eyes * factor)


@dataclass(frozen=True, slots=True)
class FaceCurves:
    """How one face answers: ranges over the faces swept."""

    open_ear: float = 0.28
    shut_ear: float = 0.03
    blink_open: float = 0.08
    blink_shut: float = 0.80
    head_gain: float = 0.86
    head_offset: float = -7.0
    eye_offset: float = -8.0
    eye_down: float = 0.40
    eye_up: float = 0.65
    eye_yaw_offset: float = 1.0
    mouth_rest: float = 0.04

    @classmethod
    def of(cls, who: str) -> FaceCurves:
        """The face of a name: always the same one."""
        random = np.random.default_rng(int.from_bytes(hashlib.sha256(who.encode()).digest()[:8], "big"))
        low = cls(0.26, 0.02, 0.03, 0.70, 0.83, -12.0, -17.0, 0.30, 0.55, -1.5, 0.02)
        high = cls(0.34, 0.06, 0.13, 0.86, 0.90, -1.5, -5.0, 0.50, 0.75, 1.5, 0.09)
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
        return np.sign(yaw) * read, self.head_gain * pitch + self.head_offset

    def eyes(self, yaw: Series, pitch: Series, lids: Series, head_yaw: Series, head_pitch: Series) -> tuple[Series, Series]:
        """Eyes in the head as read; a closing lid draws them down, whatever the eye does."""
        read_yaw = np.clip(1.05 * yaw, -_EYE_YAW_MOST, _EYE_YAW_MOST) + self.eye_yaw_offset
        turned = np.clip(0.12 * head_yaw, -6.0, 6.0)
        read = np.where(pitch < 0.0, self.eye_down * pitch, np.minimum(self.eye_up * pitch, 12.0)) + self.eye_offset
        read = read + _EYE_PITCH_PER_HEAD * head_pitch - 0.1 * np.minimum(np.abs(head_yaw), 50.0)
        drawn = (1.0 - np.clip(lids, 0.0, 1.0)) ** 2 * (read + 28.5)
        return read_yaw + turned, np.maximum(-28.5, read - np.maximum(0.0, drawn))


def narrowed(lids: Series, squint: Series, cheeks: Series) -> Series:
    """Lids as they show when lid and cheek are drawn up, as in laughter (a drawn laugh read 0.75 open lids as 0.36)."""
    return lids * np.clip(1.0 - 0.45 * squint - 0.25 * cheeks, 0.2, 1.0)


def mouth_ratio(jaw: Series, rest: float) -> Series:
    """Inner-lip gap over mouth width of an opened jaw."""
    return rest + 0.88 * jaw


def face_found(yaw: Series, pitch: Series) -> NDArray[np.bool_]:
    """A face turned so far towards the camera is still found."""
    return (np.abs(yaw) < FACE_LOST_YAW) & (pitch > FACE_LOST_DOWN) & (pitch < FACE_LOST_UP)
