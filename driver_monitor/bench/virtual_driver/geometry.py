"""Small vector tools of the virtual driver. Lengths are decimetres, x to the driver's left, y up, z forward."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor.signals import Angles

Array: TypeAlias = NDArray[np.float32]
MM_PER_DM = 100.0


def rotation(angles: Angles) -> Array:
    """The attitude as a matrix, (3, 3): the nose points along ``rotation @ (0, 0, 1)``."""
    yaw, pitch, roll = (math.radians(a) for a in (angles.yaw, -angles.pitch, angles.roll))
    cy, sy, cp, sp, cr, sr = math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch), math.cos(roll), math.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z, np.float32)


def angles_of(matrix: NDArray[np.floating]) -> Angles:
    """The attitude of a matrix, as :func:`rotation` makes it."""
    nose = matrix[:, 2]
    yaw, pitch = math.atan2(nose[0], nose[2]), math.asin(max(-1.0, min(1.0, float(nose[1]))))
    upright = rotation(Angles(math.degrees(yaw), math.degrees(pitch)))
    left = upright.T @ matrix[:, 0]
    return Angles(math.degrees(yaw), math.degrees(pitch), math.degrees(math.atan2(left[1], left[0])))


def smooth(x: NDArray[np.floating], low: float, high: float) -> Array:
    """0 below ``low``, 1 above ``high``, a smooth step between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def unit(vectors: NDArray[np.floating]) -> Array:
    """Vectors of length one."""
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9), np.float32)


class VertexNormals:
    """Normals of a mesh whose triangles stay while its vertices move."""

    def __init__(self, triangles: NDArray[np.integer], count: int) -> None:
        self._triangles = triangles
        flat = triangles.ravel()
        self._order = np.argsort(flat, kind="stable") // 3
        used, self._starts = np.unique(np.sort(flat), return_index=True)
        self._used = used
        self._count = count

    def __call__(self, vertices: Array) -> Array:
        """Unit normals, (n, 3)."""
        a, b, c = (vertices[self._triangles[:, k]] for k in range(3))
        faces = np.cross(b - a, c - a)
        normals = np.zeros((self._count, 3), np.float32)
        normals[self._used] = np.add.reduceat(faces[self._order], self._starts, axis=0)
        return unit(normals)
