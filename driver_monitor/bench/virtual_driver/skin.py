"""The face's paint: no photograph of a person is used, every colour is worked out from where on the head a point lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from driver_monitor.bench.virtual_driver.asset import BODY, Asset
from driver_monitor.bench.virtual_driver.geometry import Array, smooth
from driver_monitor.bench.virtual_driver.raster import Rasteriser, View
from driver_monitor.bench.virtual_driver.subject import HAIR, SKIN, Subject

# the head's chart in MakeHuman's UV layout, and the texture made of it
_U0, _U1, _V0, _V1 = 0.63, 1.0, 0.14, 0.83
WIDTH, HEIGHT = 768, 1432
# brows 12.5 mm above the eye's centre: painted 4 mm higher, MediaPipe saw raised brows at rest and no frown at all
_BROW_Y = 0.125


def texture_places(uv: Array) -> Array:
    """UV coordinates as texture pixels (x, y); a point off the head's chart has a negative x."""
    x = (uv[..., 0] - _U0) / (_U1 - _U0) * WIDTH
    y = (1.0 - (uv[..., 1] - _V0) / (_V1 - _V0)) * HEIGHT
    return np.stack([x, y], axis=-1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Paint:
    """A face's texture, and where its scalp hair grows (both (HEIGHT, WIDTH), linear light)."""

    colour: Array
    scalp: Array


@dataclass(frozen=True, eq=False)
class _Chart:
    """Where on the base head each texture pixel lies: distance from the middle, height over the eyes, depth; dm."""

    x: Array
    side: Array
    y: Array
    z: Array
    covered: Array


def _chart(asset: Asset) -> _Chart:
    body = asset.parts == BODY
    places = texture_places(asset.uv)[asset.triangles_uv[body]]
    on_chart = places[:, :, 0].min(axis=1) > 0
    # the texture as a screen: at distance 1 with a 90 degree view, half the height is 1
    flat = np.empty((int(on_chart.sum()), 3, 3), np.float32)
    flat[..., 0] = (places[on_chart][..., 0] - WIDTH / 2.0) / (HEIGHT / 2.0)
    flat[..., 1] = (HEIGHT / 2.0 - places[on_chart][..., 1]) / (HEIGHT / 2.0)
    flat[..., 2] = -1.0
    index = np.arange(flat.size // 3).reshape(-1, 3)
    view = View(np.eye(4, dtype=np.float32), float(np.pi / 2.0), (WIDTH, HEIGHT), near=0.1, far=10.0)
    fragments, _ = Rasteriser(index, culling="none").draw(flat.reshape(-1, 3), view)
    # places on the base mesh: the paint then fits every shape of head
    corners = asset.vertices[asset.triangles[body][on_chart]] - asset.eye_centres.mean(axis=0)
    place = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    place[fragments.rows, fragments.columns] = fragments.mix(corners)
    covered = np.zeros((HEIGHT, WIDTH), np.float32)
    covered[fragments.rows, fragments.columns] = 1.0
    return _Chart(np.abs(place[..., 0]), place[..., 0], place[..., 1], place[..., 2], covered)


class _Grain:
    """Smooth noise by grain size, pixels."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def __call__(self, size: float) -> Array:
        import cv2

        coarse = self._random.standard_normal((int(HEIGHT / size) + 2, int(WIDTH / size) + 2)).astype(np.float32)
        return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)


def _masks(asset: Asset) -> dict[str, Array]:
    import cv2

    masks: dict[str, Array] = {}
    for name, data in asset.mask_files.items():
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.float32) / 255.0
        side = image.shape[0]
        u, v = np.linspace(_U0, _U1, WIDTH), 1.0 - np.linspace(_V1, _V0, HEIGHT)
        at_u, at_v = np.meshgrid((u * side).astype(np.float32), (v * side).astype(np.float32))
        masks[name] = np.asarray(cv2.remap(image, at_u, at_v, cv2.INTER_LINEAR), np.float32)
    return masks


def _over(below: Array, share: Array, colour: Array) -> Array:
    share = share[..., None]
    return np.asarray(below * (1.0 - share) + share * colour, np.float32)


def _brows(c: _Chart, grain: _Grain, strength: float) -> Array:
    along = np.clip((c.x - 0.10) / 0.48, 0.0, 1.0)
    middle = _BROW_Y + 0.055 * np.sin(np.pi * np.clip(along * 0.8, 0.0, 1.0)) - 0.02 * along
    half = 0.048 * (1.0 - 0.7 * along**2)
    shape = smooth(half - np.abs(c.y - middle), -0.016, 0.022) * smooth(c.x, 0.07, 0.14) * (1.0 - smooth(c.x, 0.50, 0.60))
    hairs = np.clip(0.85 + 0.18 * grain(2.0), 0.3, 1.0)
    return np.asarray(np.clip(shape * (c.z > -0.6) * strength * hairs, 0.0, 1.0), np.float32)


def _scalp(c: _Chart, grain: _Grain, ears: Array, age: float, male: float) -> Array:
    """Where the head hair grows: above a hairline that recedes with a man's age."""
    receding = 0.10 * smooth(np.array(age), 0.4, 1.0) * male
    line = 0.70 + receding - (0.20 - 1.2 * receding) * smooth(c.x, 0.30, 0.62) - 0.55 * smooth(c.x, 0.58, 0.74)
    front = smooth(c.y - line + 0.02 * grain(6) + 0.02 * grain(3), -0.05, 0.06)
    back = smooth(-c.z, 0.70, 1.10) * smooth(c.y, -0.75, -0.45)
    return np.asarray(np.clip(np.maximum(front, back), 0.0, 1.0) * c.covered * (1.0 - ears) * (c.y > -1.0), np.float32)


def _beard(c: _Chart, grain: _Grain, lips: Array) -> Array:
    chin = smooth(-c.y, 0.55, 0.75) * (c.z > -1.05) * smooth(c.y, -1.35, -1.1) * np.clip(0.8 + 0.3 * grain(2), 0.0, 1.0)
    lip = smooth(-c.y, 0.48, 0.53) * (1.0 - smooth(-c.y, 0.62, 0.66)) * smooth(-c.x, -0.35, -0.2) * (c.z > -0.05)
    return np.asarray(np.maximum(chin, lip) * (1.0 - lips), np.float32)


def paint(asset: Asset, subject: Subject) -> Paint:
    """The texture of one subject."""
    import cv2

    c, grain, masks = _chart(asset), _Grain(subject.seed), _masks(asset)
    skin = np.array(SKIN[subject.skin_type], np.float32)
    hair = np.array(HAIR[subject.hair_colour], np.float32)
    colour = np.tile(skin, (HEIGHT, WIDTH, 1))
    colour *= (1.0 + 0.02 * grain(3) + 0.02 * grain(12) + 0.03 * grain(60))[..., None]
    eye_x = float(asset.eye_centres[0, 0] - asset.eye_centres[:, 0].mean())
    blood = 0.5 * np.exp(-((c.x - 0.52) ** 2 + (c.y + 0.38) ** 2) / 0.05) * (c.z > -0.45)
    blood += 0.5 * np.exp(-(c.x**2 + (c.y + 0.42) ** 2) / 0.02) * (c.z > 0.15)
    blood += 0.25 * np.exp(-((c.x - eye_x) ** 2 / 0.04 + (c.y + 0.1) ** 2 / 0.006)) * (c.z > -0.25)
    colour *= 1.0 - np.stack([0.06 * blood, 0.25 * blood, 0.22 * blood], axis=-1)
    painted = subject.makeup
    lip_tint = np.array([0.80, 0.55, 0.55]) * (1.0 - painted) + np.array([0.75, 0.22, 0.26]) * painted
    colour = _over(colour, masks["lips"], (skin * lip_tint * (1.0 + 0.05 * grain(4)[..., None])).astype(np.float32))
    colour = _over(colour, masks["inside-mouth"], np.array([0.30, 0.09, 0.09], np.float32))
    colour *= (1.0 - (0.12 + 0.45 * painted) * masks["eyelids"])[..., None]

    strands = hair * (1.0 + 0.25 * grain(2) + 0.2 * grain(8))[..., None]
    scalp = _scalp(c, grain, masks["ears"], subject.age, subject.male)
    if subject.hair == "bald":
        scalp *= 0.0
    colour = _over(colour, 0.94 * scalp, strands)
    colour = _over(colour, 0.85 * _brows(c, grain, subject.brows), strands * 1.2)
    if subject.beard > 0.0:
        colour = _over(colour, subject.beard * _beard(c, grain, masks["lips"]), strands * 1.3)
    colour = np.clip(colour, 0.0, 1.2)
    # off the chart's edge the colour goes on, so that sampling at a seam finds skin
    spread = cv2.blur(colour, (9, 9))
    return Paint(np.where(c.covered[..., None] > 0, colour, spread).astype(np.float32), scalp)
