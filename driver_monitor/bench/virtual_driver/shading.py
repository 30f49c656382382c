"""Light on the mesh: at the vertices, with what the head itself hides from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.geometry import Array, unit
from driver_monitor.bench.virtual_driver.light import Light
from driver_monitor.bench.virtual_driver.raster import Rasteriser, View

_SHADOW_SIZE, _SHADOW_HALF_DM = 256, 3.2
_BIAS_DM = 0.07
# red light wanders further under the skin: each colour is lit a little beyond the terminator
_WRAP = np.array([0.35, 0.22, 0.18], np.float32)


def seen_from(raster: Rasteriser, vertices: Array, direction: NDArray[np.floating]) -> Array:
    """For each vertex 1 when nothing stands between it and a far source in ``direction``, 0 when something does."""
    towards = unit(np.asarray(direction, np.float32))
    helper = np.array([0.0, 1.0, 0.0]) if abs(towards[1]) < 0.9 else np.array([1.0, 0.0, 0.0])
    right = unit(np.cross(helper, towards))
    basis = np.stack([right, np.cross(towards, right), towards]).astype(np.float32)
    middle = np.array([0.0, -0.6, -0.7], np.float32)
    seen = np.asarray((vertices - middle) @ basis.T, np.float32)
    distance = 100.0
    matrix = np.eye(4, dtype=np.float32)
    matrix[2, 3] = -distance
    fov = 2.0 * float(np.arctan(_SHADOW_HALF_DM / distance))
    view = View(matrix, fov, (_SHADOW_SIZE, _SHADOW_SIZE), near=distance - 12.0, far=distance + 12.0)
    _, depth = raster.draw(seen, view)
    at = view.project(seen)
    column = np.clip(np.rint(at[:, 0] - 0.5).astype(np.intp), 0, _SHADOW_SIZE - 1)
    row = np.clip(np.rint(at[:, 1] - 0.5).astype(np.intp), 0, _SHADOW_SIZE - 1)
    return np.asarray(at[:, 2] <= depth[row, column] + _BIAS_DM, np.float32)


def ambient_occlusion(raster: Rasteriser, vertices: Array, normals: Array, rays: int = 80) -> Array:
    """How much of the sky above each vertex is free, 0.25 to 1."""
    directions = unit(np.random.default_rng(1).standard_normal((rays, 3)))
    free, total = np.zeros(len(vertices), np.float32), np.full(len(vertices), 1e-6, np.float32)
    for direction in directions:
        facing = np.maximum(normals @ direction, 0.0)
        free += facing * seen_from(raster, vertices, direction)
        total += facing
    return np.asarray(0.25 + 0.75 * free / total, np.float32)


def light_vertices(
    light: Light, vertices: Array, normals: Array, occlusion: Array, camera: Array, raster: Rasteriser
) -> tuple[Array, Array]:
    """Colour factor (n, 3) and gloss (n,) at each vertex."""
    to_camera = unit(camera - vertices)
    # infrared lamps sit beside the lens
    towards = unit(camera + np.array([0.0, 0.6, 0.0])) if light.infrared else unit(np.array(light.direction, np.float32))
    facing = normals @ towards
    direct = np.clip((facing[:, None] + _WRAP) / (1.0 + _WRAP), 0.0, 1.0) * np.sqrt(occlusion)[:, None]
    gloss_key = np.float32(light.key)
    if light.shadows:
        lit = seen_from(raster, vertices, towards)[:, None]
        direct = direct * (0.12 + 0.88 * lit)
    ambient = light.ambient * (0.72 + 0.28 * normals[:, 1]) * occlusion
    colour = (ambient[:, None] + light.key * direct) * np.array(light.tint, np.float32)
    half = unit(to_camera + towards)
    gloss = gloss_key * 0.16 * occlusion * np.clip((normals * half).sum(axis=1), 0.0, 1.0) ** 14
    rim = 0.08 * light.ambient * (1.0 - np.clip((normals * to_camera).sum(axis=1), 0.0, 1.0)) ** 3
    return colour.astype(np.float32), (gloss + rim).astype(np.float32)
