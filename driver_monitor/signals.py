"""The vocabulary that flows through driver_monitor.

Samples come in, measurements are taken from them, reports go out. Every record is frozen; every time is an ``int`` of
nanoseconds on the recording's own monotonic clock, taken at capture. Angles are degrees in the driver's own directions:
yaw + to the driver's left, pitch + up, roll + towards the driver's right shoulder. A quantity that could not be measured
is ``None`` beside a ``reason``, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

NS_PER_S = 1_000_000_000
TICK_NS = NS_PER_S // 10
"""Ticks, and so state reports, come at 10 Hz."""

Part: TypeAlias = Literal[
    "camera",
    "microphone",
    "heart_rate",
    "vehicle_bus",
    "button",
    "clock",
    "face",
    "eyes",
    "gaze",
    "hands",
    "buzzer",
    "light",
    "motor",
    "bus",
    "speech",
]
"""What a health report or a sensor status speaks of."""

PartState: TypeAlias = Literal["ok", "missing", "lost", "degraded", "learning", "learned", "unknown", "off"]
"""``off``: the driver has switched it off."""


def seconds(t_ns: int) -> float:
    """A time or span in seconds."""
    return t_ns / NS_PER_S


def nanoseconds(t_s: float) -> int:
    """Seconds as the nearest whole nanosecond."""
    return round(t_s * NS_PER_S)


# ---------------------------------------------------------------------------------------------------------- samples in


@dataclass(frozen=True, slots=True, eq=False)
class CameraFrame:
    """One picture of the cabin camera: ``image`` is (height, width, 3) uint8, RGB; ``jpeg`` what it was decoded from, if that."""

    t_ns: int
    image: NDArray[np.uint8]
    jpeg: bytes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AudioChunk:
    """Mono sound in [-1, 1], float32 (n,). ``t_ns`` is when its *last* sample was captured."""

    t_ns: int
    samples: NDArray[np.float32]
    rate_hz: int


@dataclass(frozen=True, slots=True)
class HeartBeat:
    """One message of a wearable: an RR interval (ms), a rate (beats per minute), or both; ``contact`` is skin contact.

    Where it sends them: skin conductance ``skin_us`` (µS) and skin temperature ``skin_c`` (°C).
    """

    t_ns: int
    rr_ms: float | None = None
    rate_bpm: float | None = None
    contact: bool | None = None
    skin_us: float | None = None
    skin_c: float | None = None


@dataclass(frozen=True, slots=True)
class CanFrame:
    """One frame of the vehicle bus as it was received."""

    t_ns: int
    arbitration_id: int
    data: bytes
    is_extended: bool = False


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """The driver pressed a button."""

    t_ns: int
    button: Literal["acknowledge", "privacy"] = "acknowledge"


@dataclass(frozen=True, slots=True)
class SensorStatus:
    """A sensor came, went or was never there; the live loop and the recording both send it, so a replay sees it too."""

    t_ns: int
    part: Part
    state: PartState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LocalTime:
    """The clock on the driver's wall: ``hour`` (0 to 24, with its fraction) at ``t_ns``; once a trip is enough."""

    t_ns: int
    hour: float


@dataclass(frozen=True, slots=True)
class Tick:
    """The 10 Hz beat on which states are reported and time-outs are seen."""

    t_ns: int


# -------------------------------------------------------------------------------------------------------- measurements


@dataclass(frozen=True, slots=True)
class Angles:
    """A direction or attitude in degrees (see the module's text for signs)."""

    yaw: float
    pitch: float
    roll: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, and the error that it is expected to have."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class EyeReading:
    """One eye in one picture.

    ``ear``: lid gap over eye width along the head's own up, about 0 when shut, from whatever side; ``blink``: the face unit,
    0 to 1; ``seen``: the gap as a share of 30 mm, where the lid network looks at it.
    """

    ear: float
    blink: float
    seen: Estimate | None = None


@dataclass(frozen=True, slots=True)
class EyesInHead:
    """What both eyes tell of where they turn in the head, in one picture.

    ``yaw`` in degrees; ``lid_height`` and ``iris_height``, of the upper lids and the irises over the line through the eyes'
    corners, as shares of the eye's width in the head's own axes: every face has its own zero of both. ``seen_yaw``: the yaw
    where the network looks at the nearer eye of a turned head.
    """

    yaw: float
    lid_height: float
    iris_height: float
    seen_yaw: Estimate | None = None


@dataclass(frozen=True, slots=True)
class PictureQuality:
    """What the picture itself allows: mean luma and its spread (0 to 255), and whether it is the same picture over and over.

    ``saturated`` is the share of the picture that is as bright as it can be. ``sharpness`` is fine detail against coarse,
    relative to this camera's own usual (1), ``None`` when the picture is too flat to tell. ``seat`` is luma and spread (without
    the noise) where the driver's face was last, ``None`` when that is not known.
    """

    luma: float
    contrast: float
    frozen: bool = False
    saturated: float = 0.0
    sharpness: float | None = None
    seat: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class FaceRegions:
    """What lies over a face, from its pixels.

    ``around_eyes`` is the brightness about the eyes over that of the cheeks (a dark lens covers the one and not the other),
    ``eyes_colour`` the same of the colour of skin (what a lens reflects has none of it; ``None`` in a pale picture), ``glint``
    the share of the eye that is saturated, ``washed`` the share of the face that is, ``mask`` that the lower face has one
    colour, and not the skin's.
    """

    around_eyes: float
    glint: float
    washed: float
    mask: bool
    eyes_colour: float | None = None


@dataclass(frozen=True, slots=True)
class ExpressionReading:
    """One look of the expression network at a face.

    ``detail`` is the share of the face's contrast that is finer than a 48th of its width; ``angry`` the probability of anger,
    ``None`` where the picture has enough detail for the action units, and the network was not asked.
    """

    detail: float
    angry: float | None = None


@dataclass(frozen=True, slots=True)
class FaceMeasurement:
    """Everything read off one picture before any memory is applied.

    ``face_units`` are the 52 ARKit face units, 0 to 1, by name. ``centre`` is the middle of the face in the picture and
    ``width`` its width, both as shares of the picture's width, ``width_px`` the same in pixels. ``regions`` and ``expression``
    come a few times a second. With no face all but ``t_ns`` and ``quality`` is ``None`` and ``reason`` says why; ``other_face``
    when there is a face and it is not the driver's.
    """

    t_ns: int
    head: Angles | None = None
    left_eye: EyeReading | None = None
    right_eye: EyeReading | None = None
    eye_in_head: EyesInHead | None = None
    mouth_ratio: float | None = None
    face_units: dict[str, float] = field(default_factory=dict)
    centre: tuple[float, float] | None = None
    width: float | None = None
    quality: PictureQuality | None = None
    reason: str | None = None
    width_px: float | None = None
    regions: FaceRegions | None = None
    expression: ExpressionReading | None = None
    other_face: bool = False

    @property
    def present(self) -> bool:
        """True when a face was found."""
        return self.head is not None


HandPlace: TypeAlias = Literal["mouth", "chin", "cheek", "eye", "ear", "raised"]
"""Where a hand is: at a part of the face, or raised beside or below the face without touching it."""


@dataclass(frozen=True, slots=True)
class HandReading:
    """One hand in one picture; ``distance`` is from the hand's middle to the place, in face widths, ``None`` when it is raised.

    ``side`` is the driver's own, ``None`` for the middle of the face.
    """

    place: HandPlace
    side: Literal["left", "right"] | None = None
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class HandMeasurement:
    """The driver's hands near the face in one picture (few pictures are looked at); none seen and no ``reason``: none there."""

    t_ns: int
    hands: tuple[HandReading, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectMeasurement:
    """Things found in one picture, by label with the best score of each, 0 to 1, and the ``model`` that found them."""

    t_ns: int
    scores: tuple[tuple[str, float], ...]
    model: str


@dataclass(frozen=True, slots=True)
class VoiceMeasurement:
    """The voice at one instant; prosody is over the last spoken stretch and ``None`` while nobody speaks.

    ``speech`` is the probability of speech; ``level_db`` dB re full scale; ``f0_hz`` the median pitch and ``f0_range_st``
    its spread (10th to 90th percentile) in semitones; ``tilt_db`` the alpha ratio (energy above 1 kHz over below, dB);
    ``rate_sps`` syllable nuclei per second; ``bass_db`` energy of 100-300 Hz over 300-800 Hz (dB); ``centroid_hz`` the
    spectrum's centre between 300 Hz and 5 kHz; ``hnr_db`` harmonics over noise; ``voiced_s`` how much voice lies under these;
    ``jitter`` (share of the period) and ``shimmer_db`` the change from one period to the next; ``f0_slope_st`` the pitch's
    rise in semitones a second, ``pause_share`` the share of silence in what was spoken.
    """

    t_ns: int
    speech: float | None
    level_db: float | None
    noise_db: float | None
    f0_hz: float | None = None
    f0_range_st: float | None = None
    tilt_db: float | None = None
    rate_sps: float | None = None
    reason: str | None = None
    bass_db: float | None = None
    centroid_hz: float | None = None
    hnr_db: float | None = None
    voiced_s: float | None = None
    jitter: float | None = None
    shimmer_db: float | None = None
    f0_slope_st: float | None = None
    pause_share: float | None = None


@dataclass(frozen=True, slots=True)
class HeartMeasurement:
    """Heart figures over their own windows; each is ``None`` until its minimum window is filled.

    ``rate_bpm`` beats per minute; ``rmssd_ms`` (>= 30 s), ``sdnn_ms`` and ``pnn50`` (>= 60 s), ``lf_hf`` and Baevsky's
    ``stress_index`` (>= 120 s); ``artefact_share`` of beats left out. ``skin_us`` and ``skin_c`` are as the wearable sent them.
    """

    t_ns: int
    rate_bpm: float | None
    rmssd_ms: float | None = None
    sdnn_ms: float | None = None
    artefact_share: float = 0.0
    reason: str | None = None
    pnn50: float | None = None
    lf_hf: float | None = None
    stress_index: float | None = None
    skin_us: float | None = None
    skin_c: float | None = None


Indicator: TypeAlias = Literal["off", "left", "right", "hazard"]


@dataclass(frozen=True, slots=True)
class VehicleMeasurement:
    """What the bus says of the drive, each ``None`` when never seen or stale.

    ``steering_ns``, ``speed_ns`` and ``lane_offset_ns`` are when that value came (``None``: with this measurement);
    ``lane_offset_m`` is the way from the lane's middle, + left. Their VSS names stand in :mod:`driver_monitor.perception.vss`.
    """

    t_ns: int
    speed_kmh: float | None = None
    steering_deg: float | None = None
    indicator: Indicator | None = None
    reverse: bool | None = None
    reason: str | None = None
    lane_offset_m: float | None = None
    steering_ns: int | None = None
    speed_ns: int | None = None
    lane_offset_ns: int | None = None
    engine_rpm: float | None = None
    throttle_pct: float | None = None


Sample: TypeAlias = CameraFrame | AudioChunk | HeartBeat | CanFrame | ButtonPress | SensorStatus | LocalTime | Tick
Measurement: TypeAlias = (
    FaceMeasurement | HandMeasurement | ObjectMeasurement | VoiceMeasurement | HeartMeasurement | VehicleMeasurement
)
Input: TypeAlias = Sample | Measurement
"""``Monitor.step`` takes samples, or measurements made elsewhere (scripted benches, a camera that measures by itself)."""

# ---------------------------------------------------------------------------------------------------------- reports out

Value: TypeAlias = str | float | int | bool | None

EventName: TypeAlias = Literal[
    "blink",
    "eyes_closed",
    "yawn",
    "glance",
    "nod",
    "slump",
    "lean_out",
    "harsh_braking",
    "hand_to_face",
    "speech",
    "shout",
    "snore",
    "yawn_sound",
    "keyword",
    "camera_pulse",
    "expression",
    "visibility",
]
StateName: TypeAlias = Literal["fatigue", "distraction", "stress", "anger", "responsiveness"]
Level: TypeAlias = Literal["advice", "caution", "warning", "critical"]
LEVELS: tuple[Level, ...] = ("advice", "caution", "warning", "critical")
AlertKind: TypeAlias = Literal[
    "microsleep",
    "sleep",
    "unresponsive",
    "drowsy",
    "long_distraction",
    "time_sharing",
    "phone",
    "camera_blocked",
    "driver_not_visible",
    "stress",
    "anger",
    "sensor_lost",
    "monitor_fault",
]
AlertAction: TypeAlias = Literal["raised", "escalated", "repeated", "acknowledged", "cleared"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened between two times; ``end_ns`` is ``None`` while it still lasts."""

    t_ns: int
    name: EventName
    start_ns: int
    end_ns: int | None
    detail: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One named term of a state in log-odds, with the measured figure behind it."""

    term: str
    contribution: float
    measured: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class DriverState:
    """A state of the driver: ``value`` is the logistic of the sum of the evidence, or ``None`` with a ``reason``.

    Only of fatigue: ``kss`` with its interval, and ``not_read``, the channels that could not be read now, each with why.
    """

    t_ns: int
    state: StateName
    value: float | None
    confidence: float
    evidence: tuple[Evidence, ...] = ()
    reason: str | None = None
    kss: float | None = None
    kss_low: float | None = None
    kss_high: float | None = None
    not_read: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule as it stands now: met, not met, or (``None``) not to be told, which never clears an alert.

    ``rule`` is the rule in words with its figures, ``source`` where the figures come from; ``level`` is set where the rule
    itself says how loud it starts. ``ending``: met only until it is sure to be over; an alert goes on with it, none begins.
    """

    kind: AlertKind
    met: bool | None
    rule: str
    source: str
    evidence: tuple[Evidence, ...] = ()
    level: Level | None = None
    ending: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """One step in the life of an alert; ``id`` ties its steps together."""

    t_ns: int
    action: AlertAction
    id: int
    kind: AlertKind
    level: Level
    rule: str
    source: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """How a part of the monitor is."""

    t_ns: int
    part: Part
    state: PartState
    reason: str = ""


Report: TypeAlias = Event | DriverState | Alert | Health
