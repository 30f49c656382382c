"""What is moved in steps, and what is read off it beside which truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from driver_monitor.bench.virtual_driver.pose import Pose, Truth
from driver_monitor.perception.face_track import FaceTrack
from driver_monitor.signals import Angles, EyeReading, EyesInHead, FaceMeasurement

Read: TypeAlias = Callable[[FaceMeasurement, FaceTrack | None], float | None]
"""What is read off a picture's measurement, or off what a face tracker that knows the driver made of it."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A reading beside the truth it stands for; ``same`` when both are one quantity in one unit."""

    name: str
    truth: str
    unit: str
    true: Callable[[Truth], float]
    read: Read
    same: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """One thing moved in steps: each branch leaves from rest, so that the tracker goes along."""

    name: str
    branches: tuple[tuple[float, ...], ...]
    pose: Callable[[float], Pose]
    quantities: tuple[Quantity, ...]
    tracked: bool = False  # some are read off the face tracker

    def thinned(self, every: int) -> Sweep:
        """Every so many steps of each branch, and its last one."""
        return replace(self, branches=tuple((*b[:-1:every], b[-1]) for b in self.branches))


def _steps(first: float, last: float, step: float) -> tuple[float, ...]:
    return tuple(float(v) for v in np.linspace(first, last, round(abs(last - first) / step) + 1))


def _both_ways(low: float, high: float, step: float) -> tuple[tuple[float, ...], ...]:
    return _steps(0.0, high, step), _steps(-step, low, step)


def _mean_eye(of: Callable[[EyeReading], float]) -> Read:
    def read(face: FaceMeasurement, track: FaceTrack | None) -> float | None:
        del track
        return None if face.left_eye is None or face.right_eye is None else (of(face.left_eye) + of(face.right_eye)) / 2.0

    return read


def _head(of: Callable[[Angles], float]) -> Read:
    return lambda face, _: None if face.head is None else of(face.head)


def _eyes(of: Callable[[EyesInHead], float]) -> Read:
    return lambda face, _: None if face.eye_in_head is None else of(face.eye_in_head)


def _tracked_openness(face: FaceMeasurement, track: FaceTrack | None) -> float | None:
    del face
    return None if track is None else track.eyes.openness


def _tracked_pitch(face: FaceMeasurement, track: FaceTrack | None) -> float | None:
    del face
    return None if track is None or track.gaze.direction is None else track.gaze.direction.pitch


def _seen_head(truth: Truth) -> Angles:
    assert truth.head_to_camera is not None  # set by every rendered picture
    return truth.head_to_camera


def _frown(face: FaceMeasurement, track: FaceTrack | None) -> float | None:
    del track
    return (face.face_units["browDownLeft"] + face.face_units["browDownRight"]) / 2.0 if face.face_units else None


def _openness(truth: Truth) -> float:
    return sum(truth.openness) / 2.0


_LIDS, _CLOSED, _TO_CAMERA = "lid gap, share of own", "closed share of own", "head to camera"
SWEEPS: tuple[Sweep, ...] = (
    Sweep(
        "lids",
        (_steps(1.0, 0.0, 1.0 / 12.0),),
        lambda v: Pose(lids=(v, v)),
        (
            Quantity("eye aspect ratio", _LIDS, "", _openness, _mean_eye(lambda e: e.ear)),
            Quantity("blink unit", _CLOSED, "", lambda t: 1.0 - _openness(t), _mean_eye(lambda e: e.blink)),
            Quantity("openness", _LIDS, "", _openness, _tracked_openness, same=True),
        ),
        tracked=True,
    ),
    Sweep(
        "head yaw",
        _both_ways(-60.0, 60.0, 10.0),
        lambda v: Pose(head=Angles(v, 0.0)),
        (Quantity("head yaw", _TO_CAMERA, "°", lambda t: _seen_head(t).yaw, _head(lambda h: h.yaw), same=True),),
    ),
    Sweep(
        "head pitch",
        _both_ways(-30.0, 25.0, 5.0),
        lambda v: Pose(head=Angles(0.0, v)),
        (Quantity("head pitch", _TO_CAMERA, "°", lambda t: _seen_head(t).pitch, _head(lambda h: h.pitch), same=True),),
    ),
    Sweep(
        "head roll",
        _both_ways(-30.0, 30.0, 5.0),
        lambda v: Pose(head=Angles(0.0, 0.0, v)),
        (Quantity("head roll", _TO_CAMERA, "°", lambda t: _seen_head(t).roll, _head(lambda h: h.roll), same=True),),
    ),
    Sweep(
        "eye yaw",
        _both_ways(-30.0, 30.0, 5.0),
        lambda v: Pose(eyes=Angles(v, 0.0)),
        (Quantity("eye yaw", "eyes in head", "°", lambda t: t.eyes.yaw, _eyes(lambda e: e.yaw), same=True),),
    ),
    Sweep(
        "eye pitch",
        _both_ways(-30.0, 20.0, 5.0),
        lambda v: Pose(eyes=Angles(0.0, v)),
        (
            Quantity("eye pitch", "eyes in head", "°", lambda t: t.eyes.pitch, _tracked_pitch, same=True),
            Quantity("upper lids' height", "eyes in head, °", "%", lambda t: t.eyes.pitch, _eyes(lambda e: 100.0 * e.lid_height)),
            Quantity("irises' height", "eyes in head, °", "%", lambda t: t.eyes.pitch, _eyes(lambda e: 100.0 * e.iris_height)),
        ),
        tracked=True,
    ),
    Sweep(
        "mouth",
        (_steps(0.0, 1.0, 0.1),),
        lambda v: Pose(units={"jawOpen": v}),
        (Quantity("mouth ratio", "lip gap over width", "", lambda t: t.mouth_ratio, lambda f, _: f.mouth_ratio, same=True),),
    ),
    Sweep(
        "brows",
        (_steps(0.0, 1.2, 0.1),),
        lambda v: Pose(units={"browDownLeft": v, "browDownRight": v}),
        (Quantity("browDown units", "brows below rest, mm", "", lambda t: -t.brow_mm, _frown),),
    ),
)
QUANTITIES: Mapping[str, Quantity] = {q.name: q for sweep in SWEEPS for q in sweep.quantities}
