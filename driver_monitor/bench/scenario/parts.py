"""The parts of a scenario file beside its timeline."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from driver_monitor.bench.virtual_driver.camera import Place
from driver_monitor.bench.virtual_driver.light import LightKind


def figure(default: float, text: str, low: float, high: float) -> Any:
    """A figure within a closed range."""
    return Field(default, ge=low, le=high, description=text)


def choice(default: Any, text: str) -> Any:
    """A word or a switch."""
    return Field(default, description=text)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CameraPart(_Part):
    """The cabin camera."""

    place: Place = choice("column", "where it sits")
    width: int = Field(640, ge=160, le=1920, multiple_of=2, description="px, even")
    height: int = Field(480, ge=120, le=1080, multiple_of=2, description="px, even")
    fps: float = figure(30.0, "pictures a second", 2.0, 120.0)
    nearer: float = figure(1.0, "1.5 brings it half as near again to the face", 0.4, 2.0)
    jitter_ms: float = figure(0.0, "standard deviation of the pictures' times, ms", 0.0, 30.0)
    lost: float = figure(0.0, "share of pictures lost at random", 0.0, 0.9)
    fine: int = figure(1, "drawn this many times finer in each direction, then averaged", 1, 3)


class LightPart(_Part):
    """Light, noise and ride."""

    kind: LightKind = choice("day", "which")
    noise: float = figure(1.0, "times the light's own noise", 0.0, 10.0)
    vibration_px: float = figure(0.3, "standard deviation of the picture's shake, px", 0.0, 20.0)
    blur_px: float = figure(0.0, "length of the motion blur, px", 0.0, 40.0)


class DrivePart(_Part):
    """The vehicle."""

    on: bool = choice(True, "the bus is heard")
    speed_kmh: float = figure(90.0, "at the start, km/h", 0.0, 250.0)
    side: Literal["left", "right"] = choice("left", "where the driver sits")
    steering: bool = choice(True, "the bus tells the wheel's angle (only without pictures)")
    lane: bool = choice(False, "the bus tells the place in the lane (only without pictures)")
    hour: float | None = Field(None, ge=0.0, lt=24.0, description="local hour at the start (only without pictures)")


class SoundPart(_Part):
    """The cabin's sound."""

    on: bool = choice(True, "the microphone is there")
    snr_db: float = figure(15.0, "of the calm voice over the road's noise, dB", -10.0, 60.0)
    voice: Literal["babble", "espeak"] = choice("babble", "vowels without words, or espeak-ng where it is installed")
    f0_hz: float | None = Field(None, ge=70.0, le=300.0, description="the calm voice's pitch; left out: by the subject's sex")


class HeartPart(_Part):
    """The heart, and the wearable that feels it."""

    over: Literal["csv", "can", "none"] = choice("csv", "how its beats come: a feed of their own, on the vehicle's bus, or not")
    rest_bpm: float = figure(70.0, "the driver's own rate when alert", 45.0, 100.0)
    artefacts: float = figure(0.0, "share of beats felt too early or late", 0.0, 0.5)
    lost: float = figure(0.0, "share of beats not felt", 0.0, 0.5)


class PersonPart(_Part):
    """The driver's own habits."""

    blink_rate: float = figure(15.0, "a minute", 0.0, 60.0)
    blink_length: float = figure(0.15, "half shut to half open again, s", 0.12, 0.5)
    restless: float = figure(1.0, "how much head and gaze wander on the road", 0.0, 3.0)
