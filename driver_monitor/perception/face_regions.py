"""What lies over the face: dark lenses, a reflection over an eye, washed-out skin, a mask. Read off a few hundred pixels.

A dark lens makes the skin about the eye darker than the cheek; 15 % transmittance leaves a third of the pixel value. In the sun
what the lens reflects fills that up again, but has not the skin's colour. A mask
makes the lower face one colour that is not the colour of the skin above it; in grey (infrared) pictures it cannot be told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.face_landmarks import FaceLandmarks
from driver_monitor.signals import FaceRegions

# MediaPipe's point numbers, each the driver's right side, then the left
_OVER_EYE = ((27, 28, 29, 30, 56, 190, 247), (257, 258, 259, 260, 286, 414, 467))
_BELOW_EYE = ((22, 23, 24, 110, 25, 26, 112), (252, 253, 254, 339, 255, 256, 341))
_UNDER_EYE = ((229, 230, 231), (449, 450, 451))
_IN_EYE = ((159, 158, 160, 145, 144, 153, 469, 471, 468, 470, 472), (386, 385, 387, 374, 373, 380, 474, 476, 473, 475, 477))
_CHEEK = ((50, 205, 101, 36, 203), (280, 425, 330, 266, 423))
_FOREHEAD = (9, 151, 108, 337)
_BRIDGE = (6, 197, 168)
_LIPS = (0, 17, 37, 267, 84, 314, 13, 14)
_AROUND_LIPS = (164, 18, 200, 43, 273, 57, 287, 165, 391, 106, 335, 204, 424, 202, 422)

_WEIGHTS = (0.45, 0.30, 0.25)  # over, below and well under the eye: brows and frames darken each of them alone
_FULL_YAW = 20.0  # beyond this head yaw to the camera only the nearer eye counts
_FLOOR = 3.0  # pixel values: black is no ratio
_SATURATED = 245
_SKIN_COLOUR = 0.2  # log of red over blue: paler pictures have no colour to lose
_MASK_CHROMA, _MASK_RED = 0.20, 0.17  # log ratios: how far the lower face's colour lies from the skin's, and less red
_LIPS_CHROMA, _LIPS_LUMA = 0.10, 0.25  # log ratios: lips stand out from the skin about them, cloth over them does not


_Colour: TypeAlias = tuple[float, float, float]
"""Luma, and the logs of red and blue over green."""


def _groups() -> tuple[list[int], list[slice]]:
    ids: list[int] = []
    slices: list[slice] = []
    for group in (
        *(side for both in (_OVER_EYE, _BELOW_EYE, _UNDER_EYE, _IN_EYE, _CHEEK) for side in both),
        *(_FOREHEAD, _BRIDGE, _LIPS, _AROUND_LIPS),
    ):
        slices.append(slice(len(ids), len(ids) + len(group)))
        ids += group
    return ids, slices


_IDS, _SLICES = _groups()


def _middle(values: Sequence[int]) -> float:
    """The median, raised a little so that ratios of black are tame; ten times as fast as NumPy's on a handful."""
    ranked = sorted(values)
    return (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2.0 + _FLOOR


def read_regions(image: NDArray[np.uint8], found: FaceLandmarks, yaw_deg: float) -> FaceRegions:
    """What lies over the face in one picture (height, width, 3); ``yaw_deg`` is the head's yaw towards the camera."""
    bottom, right_edge = image.shape[0] - 1, image.shape[1] - 1
    at = found.points(_IDS)
    columns = [min(right_edge, max(0, round(x))) for x, _, _ in at]
    rows = [min(bottom, max(0, round(y))) for _, y, _ in at]
    red, luma, blue = image[rows, columns].T.tolist()  # green stands for luma
    over, below, under, inside, cheek = (_SLICES[k : k + 2] for k in range(0, 10, 2))
    forehead, bridge, lips, about = _SLICES[10:]
    skin = (*under, bridge, forehead)

    def colour(*parts: slice) -> _Colour:
        r, g, b = (_middle([v for part in parts for v in channel[part]]) for channel in (red, luma, blue))
        return g, math.log(r / g), math.log(b / g)

    mask = _masked(colour(*skin), colour(about), colour(lips))
    _, *eyes_tint = colour(*over, *below)
    _, *face_tint = colour(forehead, *(() if mask else cheek))
    full = face_tint[0] - face_tint[1]
    ratios, glints = [], []
    for side in (0, 1):
        bright = _middle(luma[forehead if mask else cheek[side]])
        parts = zip(_WEIGHTS, (over, below, under), strict=True)
        ratios.append(sum(w * math.log(_middle(luma[part[side]]) / bright) for w, part in parts))
        glints.append(_saturated([luma[inside[side]]]))
    right = max(0.0, min(1.0, 0.5 + yaw_deg / (2.0 * _FULL_YAW)))
    return FaceRegions(
        around_eyes=math.exp(right * ratios[0] + (1.0 - right) * ratios[1]),
        glint=right * glints[0] + (1.0 - right) * glints[1],
        washed=_saturated([luma[part] for part in (*cheek, forehead, bridge)]),
        mask=mask,
        eyes_colour=(eyes_tint[0] - eyes_tint[1]) / full if full >= _SKIN_COLOUR else None,
    )


def _saturated(groups: list[list[int]]) -> float:
    values = [v for group in groups for v in group]
    return sum(v >= _SATURATED for v in values) / len(values)


def _masked(skin: _Colour, below: _Colour, lips: _Colour) -> bool:
    """The lower face is coloured otherwise than the skin above it, with less red in it, and there are no lips to be seen."""
    off_skin = math.hypot(below[1] - skin[1], below[2] - skin[2])
    off_lips = math.hypot(lips[1] - below[1], lips[2] - below[2])
    return (
        off_skin >= _MASK_CHROMA
        and below[1] <= skin[1] - _MASK_RED
        and off_lips <= _LIPS_CHROMA
        and abs(math.log(lips[0] / below[0])) <= _LIPS_LUMA
    )
