"""A scenario as figures in time: what behaviours write and the picture, sound, heart and drive are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from driver_monitor.bench.scenario.motion import Series, pulse
from driver_monitor.bench.virtual_driver.light import LightKind
from driver_monitor.bench.virtual_driver.pose import HandAt
from driver_monitor.signals import Value

RATE_HZ = 200
"""Motion is worked out this finely, whatever the camera's rate: the same lids fall alike at 10 and 60 pictures a second."""

HeartMood: TypeAlias = Literal["alert", "stressed", "angry", "drowsy"]
Manner: TypeAlias = Literal["calm", "angry", "tired", "laugh", "sing"]
DriveStyle: TypeAlias = Literal["attentive", "drowsy", "distracted", "angry"]


@dataclass(frozen=True, slots=True)
class Label:
    """Something that was done between two times, seconds."""

    what: str
    start_s: float
    end_s: float
    detail: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class GazeShift:
    """Eyes, and as far as needed the head, go to a direction (degrees, vehicle) and come back at the end."""

    start_s: float
    end_s: float
    yaw: float
    pitch: float
    zone: str
    head_share: float


@dataclass(frozen=True, slots=True)
class Speech:
    """Somebody speaks: how, and how much louder than calmly (dB)."""

    start_s: float
    end_s: float
    manner: Manner
    louder_db: float = 0.0


@dataclass(frozen=True, slots=True)
class HandRaise:
    """A hand comes to the face and goes again."""

    start_s: float
    end_s: float
    at: HandAt
    phone: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which something holds."""

    start_s: float
    end_s: float
    value: str = ""


@dataclass(frozen=True, slots=True)
class BlinkRate:
    """Spontaneous blinks over a stretch: how many a minute and how long, seconds between half shut and half open."""

    start_s: float
    end_s: float
    per_minute: float
    length_s: float


@dataclass(eq=False)
class Tracks:
    """The whole drive. Series are sampled at :data:`RATE_HZ`; openness is a share of the own open eye."""

    seconds: float
    mirror: float = 1.0  # 1 where the driver sits on the left, -1 on the right: zones change sides
    speed_kmh: float = 90.0
    labels: list[Label] = field(default_factory=list)
    gaze: list[GazeShift] = field(default_factory=list)
    speech: list[Speech] = field(default_factory=list)
    hands: list[HandRaise] = field(default_factory=list)
    blink_rates: list[BlinkRate] = field(default_factory=list)
    no_blinks: list[Span] = field(default_factory=list)
    frozen: list[Span] = field(default_factory=list)
    picture_lost: list[Span] = field(default_factory=list)
    heart_lost: list[Span] = field(default_factory=list)
    heart_mood: list[tuple[Span, HeartMood]] = field(default_factory=list)
    drive_style: list[tuple[Span, DriveStyle]] = field(default_factory=list)
    light: list[tuple[Span, LightKind]] = field(default_factory=list)
    indicator: list[Span] = field(default_factory=list)
    reverse: list[Span] = field(default_factory=list)
    presses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.t: Series = np.arange(int(self.seconds * RATE_HZ) + RATE_HZ) / RATE_HZ
        zero = np.zeros(len(self.t))
        self.shut: Series = zero.copy()
        self.droop: Series = zero.copy()
        self.wide: Series = zero.copy()
        self.speed: Series = np.full(len(self.t), self.speed_kmh)
        self.steer: Series = zero.copy()
        self.covered: Series = zero.copy()
        self.vibration: Series = zero.copy()
        self.passenger: Series = zero.copy()  # how far the passenger leans over, 0 to 1
        self.units: dict[str, Series] = {}
        # the head's and body's own movement beside that of the gaze: degrees, millimetres
        self.head_yaw, self.head_pitch, self.head_roll = zero.copy(), zero.copy(), zero.copy()
        self.shift = np.zeros((len(self.t), 3))

    def pulse(self, start_s: float, length_s: float, rise_s: float, fall_s: float) -> Series:
        """A rise and fall on this drive's time."""
        return pulse(self.t, start_s, length_s, rise_s, fall_s)

    def close(self, shut: Series) -> None:
        """Shut the lids at least so far."""
        self.shut = np.maximum(self.shut, shut)

    def move(self, unit: str, weight: Series, *, both: bool = False) -> None:
        """Add a face unit; ``both`` is of both sides."""
        for name in (f"{unit}Left", f"{unit}Right") if both else (unit,):
            self.units[name] = self.units.get(name, 0.0) + weight

    def express(self, expression: Iterable[tuple[str, bool, float]], weight: Series) -> None:
        """Put on an expression: (unit, both sides, strength)."""
        for unit, both, strength in expression:
            self.move(unit, strength * weight, both=both)

    def label(self, what: str, start_s: float, end_s: float, **detail: Value) -> None:
        """Write down what is done."""
        self.labels.append(Label(what, round(start_s, 4), round(end_s, 4), tuple(detail.items())))
