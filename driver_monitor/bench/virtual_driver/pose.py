"""What the driver does with head, eyes, lids and face at one instant, and what that is in figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from driver_monitor.signals import Angles

HandAt: TypeAlias = Literal["mouth", "left_eye", "right_eye", "left_ear", "right_ear", "chin"]

STRAIGHT = Angles(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Pose:
    """One instant of the driver.

    ``head`` is the attitude in the vehicle, ``eyes`` the turn of both eyes in the head, ``lids`` how far the left and right
    lids are open as a share of the driver's own open eye, ``units`` the ARKit face units beside those of lids and gaze,
    ``shift_mm`` the body's place off the seat's middle (to the driver's left, up, forward), ``hand`` where a hand is held
    over the face (``phone`` puts a telephone in it), ``hand_in`` how far it has come there.
    """

    head: Angles = STRAIGHT
    eyes: Angles = STRAIGHT
    lids: tuple[float, float] = (1.0, 1.0)
    units: Mapping[str, float] = field(default_factory=dict)
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    hand: HandAt | None = None
    hand_in: float = 1.0
    phone: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """What the picture shows, measured on the mesh and not on the picture.

    ``gaze`` is head and eyes joined, in the vehicle. ``openness`` is the gap between the lids at the eye's middle as a share
    of the driver's own open eye, ``aperture_mm`` the same in millimetres (left, right): lids that follow a lowered gaze
    count as they stand. ``mouth_ratio`` is the lip gap over the mouth's width, ``brow_mm`` how far the inner brows stand
    above their rest. ``head_to_camera`` is the head's attitude as the camera sees it. ``face_box`` is (x0, y0, x1, y1) in
    pixels, unclipped.
    """

    head: Angles
    eyes: Angles
    gaze: Angles
    openness: tuple[float, float]
    aperture_mm: tuple[float, float]
    mouth_ratio: float
    mouth_gap_mm: float
    brow_mm: float
    head_to_camera: Angles | None = None
    face_box: tuple[float, float, float, float] | None = None
