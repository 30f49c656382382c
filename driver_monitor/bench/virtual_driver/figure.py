"""Draws the driver: head, shoulders and what is worn, over a given background."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.asset import BODY, LASHES, LEFT_EYE, RIGHT_EYE, TEETH, TONGUE
from driver_monitor.bench.virtual_driver.camera import position_of
from driver_monitor.bench.virtual_driver.geometry import Array, VertexNormals, smooth, unit
from driver_monitor.bench.virtual_driver.head import Head, Posed
from driver_monitor.bench.virtual_driver.light import Light
from driver_monitor.bench.virtual_driver.raster import Fragments, Rasteriser, View
from driver_monitor.bench.virtual_driver.shading import ambient_occlusion, light_vertices
from driver_monitor.bench.virtual_driver.subject import HAIR, IRIS, SKIN
from driver_monitor.bench.virtual_driver.wear import worn_by

_SHIRT: Final = (0.14, 0.19, 0.27)
_BELT: Final = (0.025, 0.025, 0.028)
_TEETH: Final = (0.44, 0.42, 0.37)
_TONGUE: Final = (0.30, 0.12, 0.12)
_WHITE: Final = np.array([0.80, 0.76, 0.74], np.float32)
_PLAIN: Final = 100  # parts from here on are worn things, each of one colour
# degrees from the eye's axis: pupil, iris and its dark rim
_PUPIL, _IRIS = (8.5, 11.0), (24.5, 28.5)
_LASH = 0.62


class Figure:
    """The meshes of one driver and how they are painted."""

    def __init__(self, head: Head) -> None:
        self._head = head
        asset = head.asset
        self._worn = worn_by(head)
        opaque = (BODY, LEFT_EYE, RIGHT_EYE, TEETH, TONGUE)
        shown = np.isin(asset.parts, opaque)
        solid = [w for w in self._worn if not w.lens]
        triangles, parts = [asset.triangles[shown].astype(np.intp)], [asset.parts[shown].astype(np.intp)]
        count = len(head.rest)
        for k, worn in enumerate(solid):
            triangles.append(worn.triangles + count)
            parts.append(np.full(len(worn.triangles), _PLAIN + k))
            count += len(worn.vertices)
        self._solid = solid
        self._triangles, self._parts = np.concatenate(triangles), np.concatenate(parts)
        self._normals = VertexNormals(self._triangles, count)
        backs = self._parts >= _PLAIN  # cloth and hair are thin: their backs are seen too, lit as their fronts
        self._triangles = np.concatenate([self._triangles, self._triangles[backs][:, ::-1]])
        self._parts = np.concatenate([self._parts, self._parts[backs]])
        self._raster = Rasteriser(self._triangles)
        self._lashes = Rasteriser(asset.triangles[asset.parts == LASHES], culling="none")
        self._lenses = [(w, Rasteriser(w.triangles, culling="none")) for w in self._worn if w.lens]
        self._rest = self._all_vertices(head.rest, None)
        self._occlusion = ambient_occlusion(self._raster, self._rest, self._normals(self._rest))
        self._own_colour()
        self._corner_attributes(shown)

    def draw(self, posed: Posed, view: View, light: Light, background: Array) -> Array:
        """The driver over a background, linear light (height, width, 3)."""
        camera = position_of(view)
        vertices = self._all_vertices(posed.in_head, posed)
        normals = self._normals(vertices)
        colour, gloss = light_vertices(light, vertices, normals, self._occlusion, camera, self._raster)
        shown, depth = self._raster.draw(vertices, view)
        if not len(shown.rows):
            return background  # nobody in the picture
        lit = shown.mix(np.concatenate([colour, gloss[:, None]], axis=1)[self._triangles])
        albedo, shine = self._albedo(shown, posed, light, camera)
        image = background.copy()
        albedo *= lit[:, :3]
        albedo += lit[:, 3:] * shine[:, None]
        image[shown.rows, shown.columns] = albedo
        image = self._draw_lashes(image, posed, view, depth)
        return self._draw_lenses(image, posed, view, depth, light)

    def _all_vertices(self, face: Array, posed: Posed | None) -> Array:
        rest = self._head.rest
        things = [worn.placed(face, rest) for worn in self._solid]
        if posed is None:
            return np.concatenate([face, *things])
        return np.concatenate([posed.vertices, *(self._on_head(t, posed) for t in things)])

    @staticmethod
    def _on_head(points: Array, posed: Posed) -> Array:
        return np.asarray(points @ posed.head.T + posed.origin, np.float32)

    def _own_colour(self) -> None:
        """One colour for each part that has no texture."""
        table = np.zeros((_PLAIN + len(self._solid), 3), np.float32)
        table[[TEETH, TONGUE]] = _TEETH, _TONGUE
        for k, worn in enumerate(self._solid):
            table[_PLAIN + k] = worn.colour
        self._colours = table
        self._shine = np.full(len(table), 0.2, np.float32)
        self._shine[BODY], self._shine[_PLAIN:] = 1.0, 0.5
        self._strands = np.array([False] * _PLAIN + [worn.strands for worn in self._solid])

    def _corner_attributes(self, shown: NDArray[np.bool_]) -> None:
        """What does not move: texture places, eye directions, and where cloth and belt begin."""
        head, asset = self._head, self._head.asset
        texture, _ = head.texture_corners()
        base = asset.vertices - asset.eye_centres.mean(axis=0)
        x, y, z = base.T
        reach = np.hypot(x / 0.80, (z + 1.10) / 0.86) + np.clip(-y - 1.7, 0.0, 1.0) * 1.2
        cloth = smooth(-y, 1.10, 1.30) * smooth(reach, 0.9, 1.1) * (asset.head_weight < 0.35)
        belt = (head.rest[:, 0] - 0.95) - 0.62 * (head.rest[:, 1] + 2.2)  # 0 on the belt's middle, dm across
        corners = asset.triangles[shown]
        still = np.concatenate([texture[shown], cloth[corners][..., None], belt[corners][..., None]], axis=2)
        blank = np.zeros((len(self._triangles) - len(still), 3, still.shape[2]), np.float32)
        self._still = np.concatenate([still, blank]).astype(np.float32)
        eyes = head.eye_directions[corners]
        self._eyes = np.concatenate([eyes, np.zeros((len(blank), 3, 3), np.float32)]).astype(np.float32)

    def _albedo(self, shown: Fragments, posed: Posed, light: Light, camera: Array) -> tuple[Array, Array]:
        import cv2

        subject, paint = self._head.subject, self._head.paint.colour
        part = self._parts[shown.triangle]
        still = shown.mix(self._still)
        width = 2048  # OpenCV samples pictures: the pixels are laid out as one
        pad = -len(still) % width
        at = np.concatenate([still[:, :2], np.zeros((pad, 2), np.float32)]).reshape(-1, width, 2)
        sampled = cv2.remap(paint, at[..., 0], at[..., 1], cv2.INTER_LINEAR).reshape(-1, 3)[: len(still)]
        body = part == BODY
        albedo = self._colours.take(part, axis=0)
        np.copyto(albedo, sampled, where=body[:, None])
        shine = self._shine.take(part)
        albedo[body & (still[:, 0] < 4.0)] = SKIN[subject.skin_type]
        cloth = np.flatnonzero(body & (still[:, 2] > 0.5))
        albedo[cloth] = _SHIRT
        albedo[cloth[np.abs(still[cloth, 3]) < 0.27]] = _BELT
        shine[cloth] = 0.1
        strands = self._strands.take(part)
        if strands.any():
            place = shown.where(strands).mix(self._rest[self._triangles])
            around = np.arctan2(place[:, 0], -0.8 - place[:, 2])
            wave = np.sin(around * 61.0 + 2.0 * np.sin(place[:, 1] * 2.0)) + np.sin(around * 137.0 + place[:, 1])
            albedo[strands] *= (1.0 + 0.17 * wave)[:, None].astype(np.float32)
        eye = (part == LEFT_EYE) | (part == RIGHT_EYE)
        if eye.any():
            albedo[eye], extra = self._eye(shown.where(eye), posed, light, camera)
            shine[eye] = extra
        return albedo, shine

    def _eye(self, shown: Fragments, posed: Posed, light: Light, camera: Array) -> tuple[Array, Array]:
        """Colour of the eyeballs' pixels, and their shine."""
        axis = unit(shown.mix(self._eyes))
        angle = np.degrees(np.arccos(np.clip(axis[:, 2], -1.0, 1.0)))
        around = np.arctan2(axis[:, 1], axis[:, 0])
        fibres = 0.85 + 0.15 * np.sin(around * 37.0 + 2.0 * np.sin(around * 11.0))
        outward = 0.8 + 0.35 * np.clip((angle - 9.0) / 18.0, 0.0, 1.0)
        iris = np.array(IRIS[self._head.subject.eyes], np.float32) * (fibres * outward)[:, None]
        if light.infrared:
            iris = 0.6 * iris + 0.18  # even dark irises are grey in the near infrared
        white = smooth(angle, *_IRIS)[:, None]
        colour = iris * (1.0 - white) + _WHITE * white
        colour *= (1.0 - 0.55 * np.exp(-(((angle - 25.5) / 2.2) ** 2)))[:, None]
        colour *= (smooth(angle, *_PUPIL) * 0.97 + 0.03)[:, None]
        return colour.astype(np.float32), np.full(len(colour), 0.5, np.float32)

    def _draw_lashes(self, image: Array, posed: Posed, view: View, depth: Array) -> Array:
        """Strands, half seen through: solid lashes made the two eyes' gaze disagree."""
        shown, _ = self._lashes.draw(posed.vertices, view, depth)
        if not len(shown.rows):
            return image
        asset = self._head.asset
        across = shown.mix(asset.uv[asset.triangles_uv[asset.parts == LASHES]])[:, 0]
        thickness = _LASH + 0.2 * self._head.subject.makeup
        share = (thickness * (0.55 + 0.45 * np.sin(across * 2600.0)))[:, None]
        dark = np.array(HAIR[self._head.subject.hair_colour], np.float32) * 0.15
        below = image[shown.rows, shown.columns]
        image[shown.rows, shown.columns] = below * (1.0 - share) + share * dark
        return image

    def _draw_lenses(self, image: Array, posed: Posed, view: View, depth: Array, light: Light) -> Array:
        through = self._head.subject.lens_transmittance(light.infrared)
        for worn, raster in self._lenses:
            shown, _ = raster.draw(self._on_head(worn.vertices, posed), view, depth)
            if not len(shown.rows):
                continue
            place = shown.mix(worn.vertices[worn.triangles])
            across = (place[:, 0] - worn.vertices[0, 0]) + 0.5 * (place[:, 1] - worn.vertices[0, 1])
            mirrored = 0.10 * light.outside * np.exp(-(((across + 0.08) / 0.05) ** 2)) * (0.6 if through > 0.5 else 1.0)
            below = image[shown.rows, shown.columns]
            own = np.array(worn.colour, np.float32) * (1.0 - through) * light.key
            image[shown.rows, shown.columns] = below * through + own + mirrored[:, None]
        return image
