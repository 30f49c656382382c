"""From light to picture: what the lens, the ride and the chip do to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.geometry import Array
from driver_monitor.bench.virtual_driver.light import Light

_GAMMA = 1.0 / 1.6
_STEPS = 4096
_IR_RESPONSE = np.array([0.75, 0.20, 0.05], np.float32)  # skin is bright in the near infrared, as it is in red


@dataclass(frozen=True, slots=True)
class Sensor:
    """Disturbances of one picture.

    ``noise`` multiplies the light's own noise; ``blur_px`` is the length of the motion blur along ``blur_deg``;
    ``shake_px`` how far the ride has moved the picture (right, down); ``covered`` the share of the picture's height that
    something dark hides from below, 1 is a covered lens.
    """

    noise: float = 1.0
    blur_px: float = 0.0
    blur_deg: float = 0.0
    shake_px: tuple[float, float] = (0.0, 0.0)
    covered: float = 0.0


STILL = Sensor()


def _motion_blur(image: Array, length: float, angle_deg: float) -> Array:
    import cv2

    size = 2 * math.ceil(length / 2.0) + 1
    kernel = np.zeros((size, size), np.float32)
    half, middle, angle = length / 2.0, (size - 1) / 2.0, math.radians(angle_deg)
    for along in np.linspace(-half, half, 8 * size):
        x, y = middle + along * math.cos(angle), middle - along * math.sin(angle)
        kernel[min(size - 1, round(y)), min(size - 1, round(x))] += 1.0
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


def _cover(image: Array, share: float) -> Array:
    """A dark thing before the lens, out of focus."""
    import cv2

    height, width = image.shape[:2]
    edge = (1.0 - share) * height
    mask = np.clip((np.arange(height, dtype=np.float32) - edge) / (0.04 * height) + 1.0, 0.0, 1.0)
    mask = cv2.GaussianBlur(np.repeat(mask[:, None], width, axis=1), (0, 0), width / 60.0)[..., None]
    if share >= 1.0:
        mask = np.ones_like(mask)
    return np.asarray(image * (1.0 - mask) + mask * np.array([0.004, 0.003, 0.003], np.float32), np.float32)


def expose(light_in: Array, light: Light, sensor: Sensor, random: np.random.Generator) -> NDArray[np.uint8]:
    """The picture, RGB uint8, of linear light (height, width, 3)."""
    import cv2

    image = light_in
    if light.infrared:
        image = np.repeat((image @ _IR_RESPONSE)[..., None], 3, axis=2)
    if sensor.blur_px >= 1.0:
        image = _motion_blur(image, sensor.blur_px, sensor.blur_deg)
    if any(sensor.shake_px):
        moved = np.array([[1, 0, sensor.shake_px[0]], [0, 1, sensor.shake_px[1]]], np.float32)
        size = (image.shape[1], image.shape[0])
        image = np.asarray(cv2.warpAffine(image, moved, size, borderMode=cv2.BORDER_REPLICATE), np.float32)
    if sensor.covered > 0.0:
        image = _cover(image, sensor.covered)
    image = image * np.float32(light.gain)
    image /= 1.0 + np.float32(0.15) * image
    image *= np.float32(_STEPS - 1)
    if sensor.noise > 0.0:
        signal = np.linspace(0.0, 1.0, _STEPS, dtype=np.float32)
        spread = sensor.noise * (_STEPS - 1) * np.sqrt(light.read_noise**2 + light.shot_noise**2 * signal)
        grain = _grain(image.shape, random)
        if light.infrared:
            grain = grain[..., :1]  # a grey chip
        image += grain * spread.astype(np.float32).take(_step(image))
    return np.asarray(_tone().take(_step(image)))


def _step(image: Array) -> NDArray[np.uint16]:
    return np.clip(image, 0.0, _STEPS - 1.0).astype(np.uint16)


@lru_cache(maxsize=1)
def _tone() -> NDArray[np.uint8]:
    """Linear light, in steps, to the picture's own scale."""
    return (np.linspace(0.0, 1.0, _STEPS) ** _GAMMA * 255.0 + 0.5).astype(np.uint8)


@lru_cache(maxsize=1)
def _bank() -> Array:
    """Noise drawn once: pictures take their grain from anywhere in it, which costs a tenth of drawing it anew."""
    return np.random.default_rng(20_000).standard_normal((1200, 1500, 3), np.float32)


def _grain(shape: tuple[int, ...], random: np.random.Generator) -> Array:
    """Unit noise of a picture's shape."""
    bank, (height, width) = _bank(), shape[:2]
    if height > bank.shape[0] or width > bank.shape[1]:
        return random.standard_normal(shape, np.float32)
    top, left = (int(random.integers(0, have - want + 1)) for have, want in zip(bank.shape, (height, width), strict=False))
    part = bank[top : top + height, left : left + width]
    part = part[::-1] if random.random() < 0.5 else part
    return part[:, ::-1] if random.random() < 0.5 else part
