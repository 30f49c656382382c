"""The head's attitude from 478 landmarks: a weighted Procrustes fit of the canonical face, as MediaPipe does it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import ModelError

_POINTS = 468  # the iris points are not part of the canonical face
_VERTEX = 5  # x, y, z and two texture coordinates
_FIELD_OF_VIEW_DEG = 63.0  # vertical; MediaPipe's default camera
_VARINT, _BYTES, _FLOAT = 0, 2, 5  # protobuf's wire types


class HeadFit:
    """Turns landmarks into a rotation.

    ``metadata`` is the bundle's geometry_pipeline_metadata: the canonical face (cm) and the weights of its points.

    MediaPipe estimates the face's scale in three such fits before it takes the rotation. The scale divides all points alike
    and so leaves the rotation as it is: one fit gives the same.
    """

    def __init__(self, metadata: bytes) -> None:
        canonical, weights = _read_metadata(metadata)
        self._used = np.flatnonzero(weights)
        w = weights[self._used] / weights[self._used].sum()
        face = canonical[self._used]
        self._weighted = (face - w @ face) * w[:, None]  # (n, 3)
        self._mean = np.full(_POINTS, 1.0 / _POINTS)
        self._near = 2.0 * math.tan(math.radians(_FIELD_OF_VIEW_DEG) / 2.0)

    def rotation(self, points: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
        """(3, 3) head to camera from (3, 478) points in pixels: camera x right, y up, z towards the camera."""
        scale = self._near / height
        x, y, z = points.take(self._used, axis=1)
        # the camera's plane lies at 1, the middle of the face in it; what is nearer or farther is put out along its ray
        away = (z - points[2, :_POINTS] @ self._mean) * scale + 1.0
        ray = away * scale
        design = np.array([(x - width / 2.0) * ray, (height / 2.0 - y) * ray, -away]) @ self._weighted
        u, _, vt = np.linalg.svd(design)
        rotation = u @ vt
        if _determinant(rotation.tolist()) < 0.0:  # a mirrored face: the nearest true rotation
            u[:, 2] *= -1.0
            rotation = u @ vt
        return rotation  # type: ignore[no-any-return]


def _determinant(m: list[list[float]]) -> float:
    (a, b, c), (d, e, f), (g, h, i) = m
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def _read_metadata(data: bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Canonical points (468, 3) and their weights (468,) from the protobuf message.

    GeometryPipelineMetadata: canonical_mesh = 1 (Mesh3d: vertex_buffer = 3), procrustes_landmark_basis = 2 (landmark_id = 1,
    weight = 2).
    """
    vertices: list[float] = []
    weights = np.zeros(_POINTS)
    try:
        for field, value in _fields(data):
            if field == 1 and isinstance(value, bytes):
                vertices += [v for k, v in _fields(value) if k == 3 and isinstance(v, float)]
            elif field == 2 and isinstance(value, bytes):
                basis = dict(_fields(value))
                weights[int(basis.get(1, 0))] = float(basis[2])
        canonical = np.array(vertices).reshape(_POINTS, _VERTEX)[:, :3]
    except (ValueError, IndexError, KeyError) as e:
        raise ModelError(f"the bundle's face geometry cannot be read ({e}); run 'driver-monitor models pull'") from e
    if not weights.any():
        raise ModelError("the bundle's face geometry weighs no point; run 'driver-monitor models pull'")
    return canonical, weights


def _fields(data: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """The fields of a protobuf message in their order (no fixed 64-bit ones occur here)."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    while at < len(data):
        tag = varint()
        kind = tag & 7
        if kind == _VARINT:
            yield tag >> 3, varint()
        elif kind == _BYTES:
            length = varint()
            yield tag >> 3, data[at : at + length]
            at += length
        elif kind == _FLOAT:
            yield tag >> 3, float(np.frombuffer(data, "<f4", 1, at)[0])
            at += 4
        else:
            raise ValueError(f"wire type {kind}")
