"""One subject's head: its shape, how it moves, and the figures measured on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.aperture import Aperture, LidTable
from driver_monitor.bench.virtual_driver.asset import BODY, ETHNICITIES, LEFT_EYE, RIGHT_EYE, TEETH, Asset
from driver_monitor.bench.virtual_driver.geometry import MM_PER_DM, Array, VertexNormals, angles_of, rotation, smooth
from driver_monitor.bench.virtual_driver.pose import Pose, Truth
from driver_monitor.bench.virtual_driver.skin import HEIGHT, WIDTH, Paint, paint, texture_places
from driver_monitor.bench.virtual_driver.subject import Subject
from driver_monitor.signals import Angles

# lids follow the gaze: degrees of eye pitch per full eyeLook unit, and the lid raiser's part in looking up; tuned until
# MediaPipe's eyeLook units answered
_LID_DOWN_DEG, _LID_UP_DEG, _WIDE_PER_DEG = 16.0, 16.0, 0.03
_FULL_TRAVEL_MM = 8.8  # the lids of a narrower eye go down less: else a look down would shut it
_NECK = np.array([0.0, -1.0, -1.05], np.float32)  # the head turns about the top of the neck, from between the eyes, dm
_HAIR_DM = 0.10
# on the base mesh, from between the eyes, dm
_LIP_TOP, _LIP_BOTTOM = (0.0, -0.676, 0.308), (0.0, -0.683, 0.294)
_MOUTH_LEFT, _MOUTH_RIGHT = (0.246, -0.675, 0.172), (-0.246, -0.675, 0.172)
_ARM_DROP_DEG = 62.0  # the base mesh holds its arms out; a driver's hang towards the wheel


def _mixture(subject: Subject) -> Iterator[tuple[str, float]]:
    origins = np.array([subject.african, subject.asian, max(0.0, 1.0 - subject.african - subject.asian)])
    origins = origins / origins.sum()
    sizes = {
        "averageweight": 1.0 - abs(subject.weight),
        "maxweight": max(0.0, subject.weight),
        "minweight": max(0.0, -subject.weight),
    }
    for sex, by_sex in (("female", 1.0 - subject.male), ("male", subject.male)):
        for age, by_age in (("young", 1.0 - subject.age), ("old", subject.age)):
            for origin, share in zip(ETHNICITIES, origins, strict=True):
                yield f"{origin}-{sex}-{age}", by_sex * by_age * float(share)
            for size, share in sizes.items():
                yield f"{sex}-{age}-{size}", by_sex * by_age * share


def _shape(asset: Asset, subject: Subject) -> Array:
    vertices = asset.vertices.copy()
    for name, weight in _mixture(subject):
        if weight > 0.0:
            vertices += np.float32(weight) * asset.macros[name]
    for side in (-1.0, 1.0):
        out = side * vertices[:, 0]
        shoulder = np.array([side * 1.62, vertices[(out > 1.5) & (out < 1.8), 1].mean() - 0.1, 0.0])
        turn = -side * np.radians(_ARM_DROP_DEG) * smooth(out, 1.25, 2.1) * (asset.head_weight < 0.01)
        x, y, z = (vertices - shoulder).T
        lowered = shoulder + np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn), z], axis=1)
        vertices = np.where((turn != 0)[:, None], lowered, vertices).astype(np.float32)
    vertices[asset.corners_of(TEETH), 2] -= 0.03  # behind the lips of every shape
    return vertices


@dataclass(frozen=True, eq=False)
class Posed:
    """The mesh in one pose, in the vehicle: vertices (n, 3) dm from the nominal point between the eyes."""

    vertices: Array
    head: Array
    origin: Array
    in_head: Array


class Head:
    """A subject's head and shoulders."""

    def __init__(self, asset: Asset, subject: Subject) -> None:
        self.asset = asset
        self.subject = subject
        shape = _shape(asset, subject)
        eyes = [self._eyeball(shape, part) for part in (LEFT_EYE, RIGHT_EYE)]
        middle = (eyes[0][1] + eyes[1][1]) / 2.0
        shape = shape - middle
        self._eyes = [(index, (centre - middle).astype(np.float32)) for index, centre in eyes]
        self.eye_centres: tuple[Array, Array] = (self._eyes[0][1], self._eyes[1][1])
        self.paint: Paint = paint(asset, subject)
        self.normals = VertexNormals(asset.triangles, len(shape))
        self.rest: Array = self._with_hair(shape)
        self.head_weight = asset.head_weight[:, None]
        self.eye_directions = self._eye_directions()
        self._find_landmarks()
        self._aperture = Aperture(asset, self.eye_centres)
        self.lids = LidTable(self._lid_gap, subject.eyelid_mm)
        self.brow_rest = self._brow_height(self.rest)
        self.mouth_rest = self._lip_gap(self.deformed(Pose()))

    def pose(self, pose: Pose) -> Posed:
        """The mesh as it stands in ``pose``."""
        vertices = self.deformed(pose)
        turn = rotation(pose.head)
        turned = (vertices - _NECK) @ turn.T + _NECK
        shift = np.array(pose.shift_mm, np.float32) / MM_PER_DM
        placed = vertices * (1.0 - self.head_weight) + turned * self.head_weight + shift
        return Posed(placed.astype(np.float32), turn, _NECK + shift - turn @ _NECK, vertices)

    def deformed(self, pose: Pose) -> Array:
        """The face's vertices in the head's own frame: face units, lids and eyes moved, the head not turned."""
        vertices = self.rest.copy()
        for name, weight in self.face_units(pose).items():
            moved, move = self.asset.units[name]
            vertices[moved] += np.float32(weight) * move
        turn = rotation(pose.eyes)
        for index, centre in self._eyes:
            vertices[index] = (self.rest[index] - centre) @ turn.T + centre
        return vertices

    def face_units(self, pose: Pose) -> dict[str, float]:
        """All face units of a pose: its own, and those that its lids and gaze make."""
        units = {name: float(weight) for name, weight in pose.units.items() if weight}
        down, up = max(0.0, -pose.eyes.pitch), max(0.0, pose.eyes.pitch)
        travel = min(1.0, self.lids.own_mm / _FULL_TRAVEL_MM)
        for side, lid in zip(("Left", "Right"), pose.lids, strict=True):
            close, wide = self.lids.weights(lid)
            free = min(1.0, max(0.0, lid))  # a shut lid has no room left to follow the gaze
            added = {
                f"eyeBlink{side}": close,
                f"eyeWide{side}": wide + _WIDE_PER_DEG * up * free,
                f"eyeLookDown{side}": down / _LID_DOWN_DEG * free * travel,
                f"eyeLookUp{side}": up / _LID_UP_DEG * free,
            }
            for name, weight in added.items():
                if weight:
                    units[name] = units.get(name, 0.0) + weight
        return units

    def truth(self, pose: Pose, posed: Posed | None = None) -> Truth:
        """The figures of a pose, measured on the mesh."""
        posed = posed or self.pose(pose)
        face = posed.in_head
        gaps = self._aperture(face)
        gap = max(0.0, self._lip_gap(face) - self.mouth_rest)
        width = float(np.linalg.norm(face[self._mouth[0]] - face[self._mouth[1]]))
        gaze = angles_of(posed.head @ rotation(pose.eyes))
        own = self.lids.own_mm
        return Truth(
            head=pose.head,
            eyes=pose.eyes,
            gaze=Angles(gaze.yaw, gaze.pitch),
            openness=(gaps[0] / own, gaps[1] / own),
            aperture_mm=gaps,
            mouth_ratio=gap / width,
            mouth_gap_mm=gap * MM_PER_DM,
            brow_mm=(self._brow_height(face) - self.brow_rest) * MM_PER_DM,
        )

    @property
    def face_outline(self) -> NDArray[np.int64]:
        """The vertices whose extent is the face: forehead to chin, ear to ear."""
        return self._outline

    def _eyeball(self, shape: Array, part: int) -> tuple[NDArray[np.int64], Array]:
        index = self.asset.corners_of(part)
        return index, (shape[index].max(axis=0) + shape[index].min(axis=0)) / 2.0

    def _with_hair(self, shape: Array) -> Array:
        """The scalp raised by its short hair."""
        import cv2

        if self.subject.hair == "bald":
            return shape
        places = texture_places(self.asset.uv)
        soft = cv2.GaussianBlur(self.paint.scalp, (0, 0), 6)
        at_uv = cv2.remap(soft, places[None, :, 0], places[None, :, 1], cv2.INTER_LINEAR)[0]
        at_uv[places[:, 0] < 0] = 0.0
        body = self.asset.parts == BODY
        hair = np.zeros(len(shape), np.float32)
        # along the chart's seam a vertex has several places on it; one of them is on the hair
        np.maximum.at(hair, self.asset.triangles[body].ravel(), at_uv[self.asset.triangles_uv[body].ravel()])
        return np.asarray(shape + (_HAIR_DM * hair * smooth(hair, 0.3, 1.0))[:, None] * self.normals(shape), np.float32)

    def _eye_directions(self) -> Array:
        """For each vertex of an eyeball the direction from its centre, at rest: tells iris from white."""
        directions = np.zeros_like(self.rest)
        for index, centre in self._eyes:
            away = self.rest[index] - centre
            directions[index] = away / np.linalg.norm(away, axis=1, keepdims=True)
        return directions

    def _find_landmarks(self) -> None:
        base = self.asset.vertices - self.asset.eye_centres.mean(axis=0)
        body = self.asset.corners_of(BODY)

        def nearest(place: tuple[float, float, float]) -> int:
            return int(body[np.argmin(np.linalg.norm(base[body] - np.array(place), axis=1))])

        self._lips = nearest(_LIP_TOP), nearest(_LIP_BOTTOM)
        self._mouth = nearest(_MOUTH_LEFT), nearest(_MOUTH_RIGHT)
        x, y, z = np.abs(base[body, 0]), base[body, 1], base[body, 2]
        self._brows = body[(x > 0.08) & (x < 0.35) & (y > 0.10) & (y < 0.20) & (z > -0.1)]
        self._outline: NDArray[np.int64] = body[(self.asset.head_weight[body] > 0.9) & (y > -1.25) & (y < 0.75) & (z > -0.9)]

    def _lip_gap(self, face: Array) -> float:
        return float(face[self._lips[0], 1] - face[self._lips[1], 1])

    def _brow_height(self, face: Array) -> float:
        return float(face[self._brows, 1].mean())

    def _lid_gap(self, close: float, wide: float) -> float:
        """Lid gap, mm, of the left eye looking straight ahead at given weights of the lid units."""
        face = self.rest.copy()
        for name, weight in (("eyeBlinkLeft", close), ("eyeWideLeft", wide)):
            index, move = self.asset.units[name]
            face[index] += np.float32(weight) * move
        return self._aperture(face)[0]

    def texture_corners(self) -> tuple[Array, tuple[int, int]]:
        """Texture pixels at each triangle's corners (t, 3, 2), and the texture's size."""
        return texture_places(self.asset.uv)[self.asset.triangles_uv], (WIDTH, HEIGHT)
