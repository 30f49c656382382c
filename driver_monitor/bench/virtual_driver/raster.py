"""Triangles to pixels by OpenCV's rasteriser: which triangle each pixel shows, and where in it. No shading here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.geometry import Array

_NEAR, _FAR = 0.5, 400.0  # dm


@dataclass(frozen=True, eq=False)
class View:
    """A pinhole: ``matrix`` (4, 4) takes the vehicle to the camera (x right, y up, z towards the viewer)."""

    matrix: Array
    fov_y: float
    size: tuple[int, int]
    near: float = _NEAR
    far: float = _FAR

    def project(self, points: Array) -> Array:
        """Pixels (x right, y down) and distance of points, (n, 3)."""
        seen = points @ self.matrix[:3, :3].T + self.matrix[:3, 3]
        focal = self.size[1] / 2.0 / np.tan(self.fov_y / 2.0)
        away = np.maximum(-seen[:, 2], 1e-3)
        x = self.size[0] / 2.0 + focal * seen[:, 0] / away
        y = self.size[1] / 2.0 - focal * seen[:, 1] / away
        return np.stack([x, y, away], axis=1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Fragments:
    """The pixels that show a mesh: where they are, their triangle, and the weights of its three corners."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    triangle: NDArray[np.intp]
    weights: Array

    def mix(self, corners: Array) -> Array:
        """An attribute (triangles, 3, k) given at the corners, at each pixel: (n, k)."""
        return np.asarray(np.einsum("nk,nkj->nj", self.weights, corners.take(self.triangle, axis=0)), np.float32)

    def where(self, keep: NDArray[np.bool_]) -> Fragments:
        """Only some of the pixels."""
        return Fragments(self.rows[keep], self.columns[keep], self.triangle[keep], self.weights[keep])


class Rasteriser:
    """One mesh's triangles, drawn again and again as its vertices move."""

    def __init__(self, triangles: NDArray[np.integer], culling: Literal["back", "none"] = "back") -> None:
        import cv2

        self._cv2 = cv2
        self.triangles = triangles.astype(np.intp)
        count = len(triangles)
        self._index = np.arange(3 * count, dtype=np.int32).reshape(-1, 3)
        # colours carry two corner weights and the triangle's number: one pass then gives all that shading needs
        tags = np.zeros((count, 3, 3), np.float32)
        tags[:, 0, 0] = tags[:, 1, 1] = 1.0
        tags[:, :, 2] = np.arange(count, dtype=np.float32)[:, None]
        self._tags = tags.reshape(-1, 3)
        self._settings = cv2.TriangleRasterizeSettings()
        self._settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
        self._settings.setCullingMode(cv2.RASTERIZE_CULLING_CW if culling == "back" else cv2.RASTERIZE_CULLING_NONE)
        self._settings.setGlCompatibleMode(cv2.RASTERIZE_COMPAT_DISABLED)

    def draw(self, vertices: Array, view: View, depth: Array | None = None) -> tuple[Fragments, Array]:
        """The mesh's visible pixels, and the depths (dm) with it drawn in; ``depth`` is what already stands there."""
        width, height = view.size
        tags = np.full((height, width, 3), -1.0, np.float32)
        # the rasteriser wants its far plane, not infinity, where nothing stands
        depth = np.full((height, width), view.far, np.float32) if depth is None else depth.copy()
        corners = np.ascontiguousarray(vertices[self.triangles].reshape(-1, 3), np.float32)
        # both buffers are drawn into
        self._cv2.triangleRasterize(
            corners, self._index, self._tags, tags, depth, view.matrix, view.fov_y, view.near, view.far, self._settings
        )
        flat = np.flatnonzero(self._cv2.extractChannel(tags, 2) >= 0.0)
        found = tags.reshape(-1, 3).take(flat, axis=0)
        triangle = np.minimum(np.rint(found[:, 2]).astype(np.intp), len(self.triangles) - 1)
        weights = found
        weights[:, 2] = 1.0 - found[:, 0] - found[:, 1]
        return Fragments(*np.divmod(flat, width), triangle, weights), depth


def flat_view(size: tuple[int, int], half_height: float, distance: float = 100.0, depth: float = 10.0) -> View:
    """A view along -z that is parallel but for one part in a hundred: ``half_height`` dm above and below the origin."""
    matrix = np.eye(4, dtype=np.float32)
    matrix[2, 3] = -distance
    fov = 2.0 * float(np.arctan(half_height / distance))
    return View(matrix, fov, size, near=distance - depth, far=distance + depth)
