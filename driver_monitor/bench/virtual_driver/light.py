"""Light in the cabin, as it is at one instant."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

LightKind: TypeAlias = Literal["day", "side_sun", "flicker", "dusk", "night", "infrared"]


@dataclass(frozen=True, slots=True)
class Light:
    """One light source and what comes from all sides, in units of a well-exposed white surface.

    ``direction`` points to the source in the vehicle (to the driver's left, up, forward); in ``infrared`` the source is at
    the camera. ``outside`` is the brightness through the windows. ``gain`` is the camera's; ``read_noise`` and
    ``shot_noise`` are standard deviations at its output, the second growing with the square root of the signal.
    """

    direction: tuple[float, float, float] = (0.45, 0.60, 0.75)
    key: float = 0.85
    ambient: float = 0.45
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    outside: float = 1.0
    shadows: bool = False
    infrared: bool = False
    gain: float = 1.0
    read_noise: float = 0.004
    shot_noise: float = 0.008


LIGHTS: dict[LightKind, Light] = {
    "day": Light(),
    "side_sun": Light((1.0, 0.40, 0.25), key=1.7, ambient=0.26, tint=(1.04, 1.0, 0.93), outside=1.5, shadows=True),
    "flicker": Light((0.9, 0.45, 0.45), key=1.5, ambient=0.30, outside=1.3, shadows=True),
    "dusk": Light(key=0.22, ambient=0.16, tint=(0.95, 0.97, 1.08), outside=0.30, gain=1.7, read_noise=0.012, shot_noise=0.03),
    # the instruments' glow from below, and a camera at the end of its gain
    "night": Light(
        (0.0, -0.7, 0.7), 0.045, 0.030, (0.85, 0.97, 1.10), outside=0.02, gain=4.5, read_noise=0.030, shot_noise=0.05
    ),
    "infrared": Light(key=0.80, ambient=0.05, outside=0.03, infrared=True, read_noise=0.016, shot_noise=0.02),
}


def _trees(t_s: float, seed: int) -> float:
    """Sun through roadside trees, 0 to 1: a sum of beats of 1.5 to 8 Hz, most of the time either on or off."""
    random = np.random.default_rng(seed)
    rates, phases = random.uniform(1.5, 8.0, 5), random.uniform(0.0, 2.0 * math.pi, 5)
    beat = float(np.sin(2.0 * math.pi * rates * t_s + phases).sum())
    return 1.0 / (1.0 + math.exp(-2.5 * beat))


def light_at(kind: LightKind, t_s: float, seed: int = 0) -> Light:
    """The light of a kind at a time; only ``flicker`` changes with it."""
    light = LIGHTS[kind]
    if kind != "flicker":
        return light
    sun = _trees(t_s, seed)
    return replace(light, key=0.15 + 1.5 * sun, outside=0.6 + 0.8 * sun)
