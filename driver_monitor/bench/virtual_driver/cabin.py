"""What stands behind the driver: seat, headrest, pillar, windows. Out of focus, and drawn once for each camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.geometry import Array
from driver_monitor.bench.virtual_driver.light import Light
from driver_monitor.bench.virtual_driver.raster import Rasteriser, View

_TRIM, _SEAT, _ROOF = (0.10, 0.10, 0.105), (0.075, 0.070, 0.066), (0.30, 0.29, 0.275)
_FRONT = 4.5  # nothing reaches the camera: a triangle that crosses its plane would not be drawn
_SKY, _LAND = (0.62, 0.70, 0.80), (0.20, 0.24, 0.16)
_BLUR_SHARE = 1.0 / 130.0  # of the picture's width


_Point: TypeAlias = tuple[float, float, float]


def _box(low: _Point, high: _Point, power: float = 6.0, steps: int = 14) -> tuple[Array, NDArray[np.intp]]:
    """A box with rounded edges (a superellipsoid), dm."""
    across, up = np.meshgrid(np.linspace(-np.pi, np.pi, 2 * steps + 1), np.linspace(-np.pi / 2, np.pi / 2, steps + 1))
    point = np.stack([np.cos(up) * np.sin(across), np.sin(up), np.cos(up) * np.cos(across)], axis=-1)
    point /= (np.abs(point) ** power).sum(axis=-1, keepdims=True) ** (1.0 / power)
    centre, half = (np.array(low) + np.array(high)) / 2.0, (np.array(high) - np.array(low)) / 2.0
    row, column = np.mgrid[0:steps, 0 : 2 * steps]
    a = row * (2 * steps + 1) + column
    b, c, d = a + 1, a + 2 * steps + 1, a + 2 * steps + 2
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])
    return (centre + half * point.reshape(-1, 3)).astype(np.float32), triangles.astype(np.intp)


def _quad(*corners: _Point) -> tuple[Array, NDArray[np.intp]]:
    return np.array(corners, np.float32), np.array([[0, 1, 2], [0, 2, 3]], np.intp)


@dataclass(frozen=True, eq=False)
class _Piece:
    vertices: Array
    triangles: NDArray[np.intp]
    colour: tuple[float, float, float]
    window: bool = False


def _pieces(mirror: float) -> list[_Piece]:
    """The cabin of a car driven on the left (``mirror`` 1) or right (-1); dm from between the driver's eyes."""
    boxes = [
        ((-1.35, -1.55, -2.9), (1.35, 0.75, -1.75), _SEAT),  # headrest
        ((-2.7, -9.0, -3.3), (2.7, -1.75, -2.0), _SEAT),  # seat back
        ((-9.9, -1.4, -2.9), (-7.2, 0.8, -1.9), _SEAT),  # passenger's headrest
        ((-11.3, -9.0, -3.3), (-5.8, -1.6, -2.0), _SEAT),  # passenger's seat back
        ((4.1, -9.0, -4.2), (4.7, 3.0, -2.9), _TRIM),  # B-pillar
        ((-13.6, -9.0, -4.2), (-13.0, 3.0, -2.9), _TRIM),
        ((3.9, -9.0, -30.0), (4.6, -2.3, _FRONT), _TRIM),  # door
        ((-13.5, -9.0, -30.0), (-12.8, -2.3, _FRONT), _TRIM),
        ((-11.0, -9.0, -12.0), (2.2, -2.1, -10.5), _SEAT),  # rear bench
    ]
    pieces = [_Piece(*_box(low, high), colour=colour) for low, high, colour in boxes]
    pieces += [
        _Piece(*_quad((5, 1.9, _FRONT), (5, 1.9, -30), (-14, 1.9, -30), (-14, 1.9, _FRONT)), colour=_ROOF),
        _Piece(*_quad((5, 3.0, -26), (5, -9, -26), (-14, -9, -26), (-14, 3.0, -26)), colour=_TRIM),
        _Piece(*_quad((2.6, 1.5, -25.5), (2.9, -2.0, -25.5), (-11.9, -2.0, -25.5), (-11.6, 1.5, -25.5)), _SKY, window=True),
        _Piece(*_quad((4.8, 1.8, _FRONT), (4.8, -2.3, _FRONT), (4.8, -2.3, -14), (4.8, 1.8, -14)), _SKY, window=True),
        _Piece(*_quad((-13.8, 1.8, _FRONT), (-13.8, -2.3, _FRONT), (-13.8, -2.3, -14), (-13.8, 1.8, -14)), _SKY, window=True),
    ]
    return [_Piece(p.vertices * np.array([mirror, 1, 1], np.float32), p.triangles, p.colour, p.window) for p in pieces]


class Cabin:
    """The cabin as one camera sees it."""

    def __init__(self, view: View, drive_side: Literal["left", "right"] = "left") -> None:
        import cv2

        pieces = _pieces(1.0 if drive_side == "left" else -1.0)
        starts = np.cumsum([0, *(len(p.vertices) for p in pieces)])
        vertices = np.concatenate([p.vertices for p in pieces])
        triangles = np.concatenate([p.triangles + start for p, start in zip(pieces, starts, strict=False)]).astype(np.intp)
        piece_of = np.concatenate([np.full(len(p.triangles), k) for k, p in enumerate(pieces)])
        shown, _ = Rasteriser(triangles, culling="none").draw(vertices, view)

        piece = piece_of[shown.triangle]
        window = np.array([p.window for p in pieces])[piece]
        place = shown.mix(vertices[triangles])
        a, b, c = (vertices[triangles[:, k]] for k in range(3))
        normal = np.cross(b - a, c - a)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
        shade = 0.75 + 0.35 * np.abs(normal[shown.triangle] @ np.array([0.3, 0.8, 0.5], np.float32))
        colour = np.array([p.colour for p in pieces], np.float32)[piece] * shade[:, None]
        # the world outside is far away: its horizon lies at the height of the eyes in the line of sight
        camera = -view.matrix[:3, :3].T @ view.matrix[:3, 3]
        ray = place - camera
        slope = ray[:, 1] / np.linalg.norm(ray, axis=1)
        land = np.clip(0.5 - slope / 0.06, 0.0, 1.0)[:, None]
        colour[window] = (np.array(_SKY) * (1.0 - land) + np.array(_LAND) * land)[window]

        width, height = view.size
        inside, outside = np.zeros((height, width, 3), np.float32), np.zeros((height, width, 3), np.float32)
        inside[...] = _TRIM
        inside[shown.rows, shown.columns] = np.where(window[:, None], 0.0, colour)
        outside[shown.rows, shown.columns] = np.where(window[:, None], colour, 0.0)
        sigma = width * _BLUR_SHARE
        self._inside = np.asarray(cv2.GaussianBlur(inside, (0, 0), sigma), np.float32)
        self._outside = np.asarray(cv2.GaussianBlur(outside, (0, 0), sigma), np.float32)

    def picture(self, light: Light) -> Array:
        """The cabin in linear light."""
        level = light.ambient + 0.6 * light.key * (0.35 if light.infrared else 1.0)
        return np.asarray(self._inside * level + self._outside * light.outside, np.float32)
