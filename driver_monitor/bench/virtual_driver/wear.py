"""What a driver wears on the head: long hair, glasses, a face mask, a cap.

Small meshes in the head's own frame, dm from between the eyes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.asset import BODY
from driver_monitor.bench.virtual_driver.geometry import Array
from driver_monitor.bench.virtual_driver.head import Head
from driver_monitor.bench.virtual_driver.raster import Rasteriser, flat_view
from driver_monitor.bench.virtual_driver.subject import HAIR

_FRAME = (0.03, 0.03, 0.03)
_CLOTH = (0.50, 0.64, 0.72)
_CAP = (0.10, 0.13, 0.24)
# glasses as opticians fit them, dm: lens 50 by 37 mm, 12 mm before the lids, tilted by 7 degrees
_LENS_HALF = (0.25, 0.185)  # half width and height
_BRIDGE = 0.17  # between the lenses
_VERTEX = 0.12
_TILT = 0.12  # pantoscopic: the upper edge stands further out
_PUPIL_ABOVE = 0.03  # the lens's middle


@dataclass(frozen=True, eq=False)
class Worn:
    """A thing on the head: a mesh seen from both sides, its colour, and for a lens that it is seen through.

    ``follow`` are for each vertex the vertices of the face it moves with, (n, k); ``None`` is rigid with the head.
    """

    vertices: Array
    triangles: NDArray[np.intp]
    colour: tuple[float, float, float]
    lens: bool = False
    strands: bool = False
    follow: NDArray[np.intp] | None = None

    def placed(self, face: Array, rest: Array) -> Array:
        """The vertices on a face that has moved from its rest."""
        if self.follow is None:
            return self.vertices
        return np.asarray(self.vertices + (face - rest)[self.follow].mean(axis=1), np.float32)


def _tube(line: NDArray[np.floating], radius: float, closed: bool) -> tuple[Array, NDArray[np.intp]]:
    """A three-sided rod along a line of points."""
    line = np.asarray(line, float)
    count = len(line)
    along = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0)
    if not closed:
        along[0], along[-1] = line[1] - line[0], line[-1] - line[-2]
    across = np.stack([-along[:, 1], along[:, 0], np.zeros(count)], axis=1)
    length = np.linalg.norm(across, axis=1, keepdims=True)
    across = np.where(length > 1e-3, across / np.maximum(length, 1e-9), [[0.0, 1.0, 0.0]])
    vertices = np.concatenate([line + across * radius, line - across * radius, line + np.array([0.0, 0.0, radius])])
    triangles = []
    for i in range(count if closed else count - 1):
        j = (i + 1) % count
        for a, b in ((0, 1), (0, 2), (1, 2)):
            triangles += [[i + a * count, j + a * count, i + b * count], [j + a * count, j + b * count, i + b * count]]
    return vertices.astype(np.float32), np.array(triangles, np.intp)


def _grid(rows: int, columns: int) -> NDArray[np.intp]:
    row, column = np.mgrid[0 : rows - 1, 0 : columns - 1]
    a = (row * columns + column).ravel()
    b, c, d = a + 1, a + columns, a + columns + 1
    return np.concatenate([np.stack([a, c, b], axis=1), np.stack([b, c, d], axis=1)]).astype(np.intp)


def _glasses(head: Head) -> Iterator[Worn]:
    """A frame as an optician fits it: the bridge over the nose, the pupils a little above and inside the lenses' middles."""
    half_x, half_y = _LENS_HALF
    around = np.linspace(0.0, 2.0 * np.pi, 28, endpoint=False)
    rounded = (np.abs(np.cos(around)) ** 4 + np.abs(np.sin(around)) ** 4) ** -0.25
    eye_y = float(np.mean([centre[1] for centre in head.eye_centres]))
    rim_radius = head.subject.rim_mm / 200.0
    front = max(_before(head, centre, 0.06) for centre in head.eye_centres) + _VERTEX
    middle_x, middle_y = _BRIDGE / 2.0 + half_x, eye_y - _PUPIL_ABOVE

    def plane(points: NDArray[np.floating]) -> NDArray[np.floating]:
        # lenses wrap a little about the face, and their lower edges are nearer the cheeks
        points[..., 2] = front - 0.10 * points[..., 0] ** 2 + _TILT * (points[..., 1] - eye_y)
        return points

    for side in (-1.0, 1.0):
        middle = np.array([side * middle_x, middle_y, 0.0])
        rim = plane(middle + np.stack([half_x * rounded * np.cos(around), half_y * rounded * np.sin(around), 0 * around], axis=1))
        fan = np.array([[0, 1 + i, 1 + (i + 1) % len(rim)] for i in range(len(rim))], np.intp)
        yield Worn(np.vstack([plane(middle)[None], rim]).astype(np.float32), fan, (0.02, 0.02, 0.025), lens=True)
        yield Worn(*_tube(rim, rim_radius, closed=True), _FRAME)
        hinge = middle_x + half_x
        temple = [
            (side * hinge, eye_y + 0.05, front - 0.06),
            (side * (hinge + 0.10), eye_y + 0.05, front - 0.35),
            (side * (hinge + 0.13), eye_y + 0.04, front - 1.2),
        ]
        yield Worn(*_tube(np.array(temple), 0.03, closed=False), _FRAME)
    inner = _BRIDGE / 2.0
    bridge = np.array([(-inner, eye_y + 0.03, front), (0.0, eye_y + 0.07, front + 0.03), (inner, eye_y + 0.03, front)])
    yield Worn(*_tube(bridge, rim_radius, closed=False), _FRAME)


def _before(head: Head, centre: Array, reach: float) -> float:
    """How far the lids stand before the eye's middle."""
    near = (np.abs(head.rest[:, :2] - centre[:2]) < reach).all(axis=1)
    return float(head.rest[near, 2].max())


def _face_radius(head: Head, angles: Array, heights: Array) -> Array:
    """How far the face reaches from the neck's axis, by angle from straight ahead (rad) and height, (heights, angles)."""
    import cv2

    rest, asset = head.rest, head.asset
    axis_z = -0.7
    x, y, z = rest[:, 0], rest[:, 1], rest[:, 2] - axis_z
    unrolled = np.stack([np.arctan2(x, z), y + 0.75, np.hypot(x, z)], axis=1).astype(np.float32)
    skin = (asset.parts == BODY) & (np.abs(unrolled[asset.triangles, 0]).max(axis=1) < 1.6)
    view = flat_view((320, 160), 0.8)
    shown, _ = Rasteriser(asset.triangles[skin], culling="none").draw(unrolled, view)
    radius = np.zeros((160, 320), np.float32)
    radius[shown.rows, shown.columns] = shown.mix(unrolled[asset.triangles[skin]])[:, 2]
    # dilate, then smooth: cloth spans hollows such as the mouth and the sides of the nose
    spanned = cv2.GaussianBlur(cv2.dilate(radius, np.ones((9, 9), np.uint8)), (0, 0), 5)
    to_x = (160.0 + angles * 100.0).astype(np.float32)
    to_y = (80.0 - (heights + 0.75) * 100.0).astype(np.float32)
    return np.asarray(cv2.remap(spanned, to_x, to_y, cv2.INTER_LINEAR), np.float32)


def _mask(head: Head) -> Iterator[Worn]:
    rows, columns = 18, 29
    angle = np.linspace(-1.15, 1.15, columns)
    aside = np.abs(angle) / 1.15
    top, bottom = -0.27 - 0.22 * aside**1.5, -1.24 + 0.22 * aside**2
    down = np.linspace(0.0, 1.0, rows)[:, None]
    heights = top * (1.0 - down) + bottom * down
    angles = np.broadcast_to(angle, heights.shape)
    radius = _face_radius(head, np.asarray(angles, np.float32), np.asarray(heights, np.float32)) + 0.035
    radius = radius - 0.05 * _edge(down) - 0.04 * (aside**6)[None]  # the edges lie on the skin
    cloth = np.stack([radius * np.sin(angles), heights, radius * np.cos(angles) - 0.7], axis=-1)
    vertices = cloth.reshape(-1, 3).astype(np.float32)
    body = head.asset.corners_of(BODY)
    away = np.linalg.norm(head.rest[body][None] - vertices[:, None], axis=2)
    follow = body[np.argsort(away, axis=1)[:, :14]]
    yield Worn(vertices, _grid(rows, columns), _CLOTH, follow=follow.astype(np.intp))
    for side, column in ((-1.0, 0), (1.0, columns - 1)):
        for row, ear_y in ((2, 0.10), (rows - 3, -0.35)):
            start = cloth[row, column]
            loop = np.array([start, [side * 0.79, (start[1] + ear_y) / 2.0, -0.65], [side * 0.80, ear_y, -0.98]])
            yield Worn(*_tube(loop, 0.012, closed=False), (0.7, 0.7, 0.7))


def _edge(down: NDArray[np.floating]) -> NDArray[np.floating]:
    """1 at the upper and lower edge of a cloth, 0 within."""
    return np.asarray(np.clip(1.0 - np.minimum(down, 1.0 - down) / 0.12, 0.0, 1.0) ** 2)


def _skull(head: Head, above: float) -> tuple[Array, Array]:
    """The lowest and highest corner of a box about the skull above a height."""
    points = head.rest[head.asset.corners_of(BODY)]
    points = points[points[:, 1] > above]
    return points.min(axis=0), points.max(axis=0)


def _long_hair(head: Head) -> Iterator[Worn]:
    """Hair to the shoulders, open at the face; what grows over the forehead is painted and raised on the skull."""
    low, high = _skull(head, 0.45)
    centre, half = (low + high) / 2.0, (high - low) / 2.0 + 0.03
    around, down = np.meshgrid(np.linspace(0.95, 2.0 * np.pi - 0.95, 61), np.linspace(0.0, 1.0, 25))
    top, waist, end = high[1] + 0.02, 0.35, -1.75
    dome = np.clip(down / 0.4, 0.0, 1.0) * np.pi / 2.0
    fall = np.clip((down - 0.4) / 0.6, 0.0, 1.0)
    height = np.where(down <= 0.4, waist + (top - waist) * np.cos(dome), waist + (end - waist) * fall)
    ripple = 1.0 + 0.012 * np.sin(around * 23.0)
    wide = np.sin(dome) * ripple * (1.0 + 0.10 * np.sin(np.pi * fall) - 0.04 * fall)
    shell = np.stack(
        [centre[0] + half[0] * wide * np.sin(around), height, centre[2] - 0.08 * fall + half[2] * wide * np.cos(around)], axis=-1
    )
    colour = HAIR[head.subject.hair_colour]
    yield Worn(shell.reshape(-1, 3).astype(np.float32), _grid(25, 61), colour, strands=True)


def _cap(head: Head) -> Iterator[Worn]:
    rim_y, room = 0.44, 0.16 if head.subject.hair == "long" else 0.07
    low, high = _skull(head, rim_y)
    low, high = low - room, high + room
    centre, half = (low + high) / 2.0, (high - low) / 2.0
    around, up = np.meshgrid(np.linspace(-np.pi, np.pi, 49), np.linspace(0.0, np.pi / 2.0, 13))
    crown = np.stack(
        [
            centre[0] + half[0] * np.cos(up) * np.sin(around),
            rim_y + (high[1] - rim_y) * np.sin(up) ** 0.8,
            centre[2] + half[2] * np.cos(up) * np.cos(around),
        ],
        axis=-1,
    )
    yield Worn(crown.reshape(-1, 3).astype(np.float32), _grid(13, 49)[:, ::-1], _CAP)
    turn, out = np.meshgrid(np.linspace(-1.15, 1.15, 21), np.linspace(0.0, 1.0, 5))
    reach = 0.72 * np.cos(turn * 0.85) * out
    visor = np.stack(
        [
            centre[0] + half[0] * np.sin(turn) * (1.0 + 0.05 * out),
            rim_y + 0.03 - 0.10 * out - 0.12 * np.sin(turn) ** 2 * out,
            centre[2] + half[2] * np.cos(turn) + reach,
        ],
        axis=-1,
    )
    yield Worn(visor.reshape(-1, 3).astype(np.float32), _grid(5, 21)[:, ::-1], _CAP)


def worn_by(head: Head) -> list[Worn]:
    """All that the subject wears."""
    worn: list[Worn] = []
    if head.subject.hair == "long":
        worn += _long_hair(head)
    if head.subject.mask:
        worn += _mask(head)
    if head.subject.cap:
        worn += _cap(head)
    if head.subject.glasses != "none":
        worn += _glasses(head)
    return worn
