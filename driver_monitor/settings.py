"""Every setting, with its unit, range and source. A settings file is read by :mod:`driver_monitor.settings_file`.

A figure with the source ``design`` was chosen here; all others name where they come from. The product is "timed after"
the texts named, never "compliant" with them: nobody here has read the full regulations.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, field_validator, model_validator

from driver_monitor.can_ids import LAST_11, LAST_29, is_diagnostic, is_proprietary_b

NCAP = "Euro NCAP Driver Engagement v1.1 (secondary text)"
ADDW = "(EU) 2023/2590 ADDW (secondary text)"
DDAW = "(EU) 2021/1341 DDAW introduction"
OPENPILOT = "openpilot policy.py"
ATTEND = "Kircher & Ahlström, AttenD (secondary text)"
KNOWN = "common knowledge of the field, not verified"
VSS = "COVESA Vehicle Signal Specification"
DESIGN = "design"


def figure(default: float | None, text: str, unit: str, ge: float, le: float, source: str = DESIGN) -> Any:
    """A numeric setting: its meaning, unit, closed range and source."""
    return Field(default, ge=ge, le=le, description=text, json_schema_extra={"unit": unit, "source": source})


def choice(default: Any, text: str, source: str = DESIGN) -> Any:
    """A setting that is a word, a switch or a list."""
    return Field(default, description=text, json_schema_extra={"unit": "", "source": source})


_PIN = "a number (BCM on a Raspberry Pi, 0 to 511), or with gpiod a line's name"


def _pin(given: object) -> int | str | None:
    if given is None or (type(given) is int and 0 <= given <= 511) or (isinstance(given, str) and 0 < len(given) <= 64):
        return given
    raise ValueError(f"{given!r} is no pin; give {_PIN}, or 'none'")


GpioPin: TypeAlias = Annotated[int | str | None, PlainValidator(_pin)]


def pin(default: int | None, what: str) -> Any:
    """A setting that names a GPIO line."""
    return Field(default, description=f"GPIO pin of {what}", json_schema_extra={"unit": "", "source": DESIGN, "allowed": _PIN})


def _on_this_machine(value: str, instead: str) -> str:
    """A place that is no address: the sensors open before the lockdown, which could then no longer take their sockets away."""
    if "://" in value:
        raise ValueError(f"'{value}' is an address, and the process that sees the face reaches no network; give {instead}")
    return value


class Section(BaseModel):
    """A table of the settings file; unknown keys are refused and values cannot be changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Trip(Section):
    """Where the monitor works and for whom."""

    deployment: Literal["private", "fleet", "bench"] = choice(
        "private", "fleet: a workplace, where anger and stress never leave the vehicle", "EU AI Act art. 5(1)(f)"
    )
    emotion_safety_purpose: str = choice(
        "", "in a fleet, anger and stress are worked out only when a safety purpose is stated here", "EU AI Act art. 5(1)(f)"
    )
    drive_side: Literal["left", "right"] = choice("left", "the side of the car the driver sits on")


class Camera(Section):
    """The cabin camera."""

    source: str = choice("/dev/video0", "a V4L2 device, a video file, or 'virtual:SCENARIO' (it plays all sensors); nothing over a network")
    width: int = figure(640, "picture width asked for", "px", 160, 3840)
    height: int = figure(480, "picture height asked for", "px", 120, 2160)
    fps: int = figure(30, "frame rate asked for", "1/s", 5, 120)

    @field_validator("source")
    @classmethod
    def _no_address(cls, value: str) -> str:
        return _on_this_machine(value, "a device or a file's path")


class Microphone(Section):
    """The cabin microphone."""

    device: str = choice("default", "a sound device's name or number; 'none' for no microphone")
    chunk_ms: int = figure(32, "length of one chunk of sound", "ms", 10, 200)


class HeartRate(Section):
    """The heart-rate wearable."""

    source: str = choice(
        "none",
        "'none', a serial port of the bridge (/dev/ttyACM0), 'can' when the bus carries it, or by Bluetooth LE (extra ble) 'ble' "
        "for the first wearable found, 'ble:AA:BB:CC:DD:EE:FF' for one of them",
    )
    baud: int = figure(115200, "serial speed", "baud", 1200, 3_000_000)

    @field_validator("source")
    @classmethod
    def _address(cls, value: str) -> str:
        if re.match("ble", value) and not re.fullmatch(r"ble(:([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})?", value):
            raise ValueError(f"'{value}' names no Bluetooth wearable; write 'ble', or 'ble:' and its address such as AA:BB:CC:DD:EE:FF")
        return _on_this_machine(value, "a serial port such as /dev/ttyACM0, 'can' or 'ble'")


class VehicleSignals(Section):
    """Which signal of the DBC carries what, as 'Message.Signal'; empty when the bus does not carry it."""

    speed: str = choice("DriveState.VehicleSpeed", "Vehicle.Speed, km/h", VSS)
    steering: str = choice("DriveState.SteeringAngle", "Vehicle.Chassis.SteeringWheel.Angle, degrees, + left", VSS)
    indicator: str = choice("DriveState.TurnIndicator", "Vehicle.Body.Lights.DirectionIndicator: 0 off, 1 left, 2 right, 3 hazard", VSS)
    reverse: str = choice("DriveState.ReverseGear", "1 when the reverse gear is in")
    gear: str = choice("", "Vehicle.Powertrain.Transmission.CurrentGear, negative backwards; it may stand in for reverse", VSS)
    lane_offset: str = choice("", "way from the lane's middle, m, + left; the product's own DBC has 'DriveState.LaneOffset' for it")
    engine_speed: str = choice("", "Vehicle.Powertrain.CombustionEngine.Speed, rpm", VSS)
    throttle: str = choice("", "Vehicle.Powertrain.CombustionEngine.TPS, per cent", VSS)
    heart_rate: str = choice("WearableHeart.HeartRate", "Vehicle.Driver.HeartRate, beats per minute", VSS)
    rr_interval: str = choice("WearableHeart.RrInterval", "RR interval, ms")


_UNMAPPED = {"steering": "", "indicator": "", "reverse": "", "heart_rate": "", "rr_interval": ""}
_PROFILES: dict[str, tuple[str, dict[str, str]]] = {
    "obd2": (
        "obd2.dbc",
        _UNMAPPED | {"speed": "OBD2.VehicleSpeed", "engine_speed": "OBD2.EngineSpeed", "throttle": "OBD2.ThrottlePosition"},
    ),
    "j1939": (
        "j1939.dbc",
        _UNMAPPED
        | {
            "speed": "CCVS1.WheelBasedVehicleSpeed",
            "steering": "VDC2.SteeringWheelAngle",
            "indicator": "OEL.TurnSignalSwitch",
            "gear": "ETC2.TransmissionCurrentGear",
            "engine_speed": "EEC1.EngineSpeed",
            "throttle": "EEC2.AcceleratorPedalPosition1",
        },
    ),
}


class Obd(Section):
    """Asking the vehicle for its speed by OBD-II mode 01: requests to read, sent only when this is on."""

    poll: bool = choice(False, "ask; without it replies to somebody else's questions are still read")
    ids: Literal["11 bit", "29 bit"] = choice("11 bit", "the kind of ids this vehicle uses", "ISO 15765-4")
    speed_hz: float = figure(5.0, "ask for the speed this often; engine speed and throttle once a second", "1/s", 0.5, 10)


class VehicleOut(Section):
    """What is sent on the vehicle bus while vehicle.send_alerts is on."""

    format: Literal["can", "j1939"] = choice("can", "plain CAN messages (driver_monitor.dbc), or SAE J1939 groups (driver_monitor_j1939.dbc)")
    alert_id: int | None = figure(None, "id of DriverAlert, a 29-bit one from 0x800 on; 'none' for the DBC's own", "id", 0, LAST_29)
    state_id: int | None = figure(None, "id of DriverState, a 29-bit one from 0x800 on; 'none' for the DBC's own", "id", 0, LAST_29)
    source_address: int = figure(0xA8, "J1939: our source address; none is claimed, so no other unit may use it", "address", 0, 0xFD)
    alert_burst: int = figure(4, "steps of alerts sent at once between two of the 10 Hz messages; more wait for the next", "messages", 1, 20)

    @model_validator(mode="after")
    def _harmless_ids(self) -> VehicleOut:
        for name in ("alert_id", "state_id"):
            given = getattr(self, name)
            if given is None:
                continue
            if is_diagnostic(given, extended=given > LAST_11):
                raise ValueError(f"{name} = 0x{given:X} belongs to diagnostics (0x6F0 to 0x7FF, and groups CD, CE, DA, DB); take another")
            if self.format == "j1939" and not is_proprietary_b(given):
                raise ValueError(f"{name} = 0x{given:X} is no proprietary B group of J1939; take an id such as 0x18FF40A8")
        if self.alert_id is not None and self.alert_id == self.state_id:
            raise ValueError("alert_id and state_id must differ")
        return self


_OVER_NETWORK = ("socketcand", "udp_multicast", "remote")  # of python-can, and its plugin python-can-remote


class Vehicle(Section):
    """The vehicle bus, in and out."""

    interface: str = choice("none", "a python-can interface (socketcan, virtual, slcan, …), none over a network; 'none' for no bus")
    channel: str = choice("can0", "the interface's channel")
    bitrate: int = figure(500_000, "bit rate where the interface sets it", "bit/s", 10_000, 1_000_000)
    profile: Literal["dbc", "obd2", "j1939"] = choice(
        "dbc", "a ready dbc and signals: obd2 for OBD-II replies, j1939 for trucks; what is set besides still counts"
    )
    dbc: str = choice("driver_monitor.dbc", "the DBC: a path, or a file's name in configs/")
    signals: VehicleSignals = VehicleSignals()
    obd: Obd = Obd()
    stale_s: float = figure(2.0, "a signal older than this is unknown", "s", 0.2, 30)
    harsh_braking_ms2: float = figure(4.0, "losing speed this fast over a second is harsh braking, an event", "m/s²", 2, 9, "fleet telematics count from 0.3 to 0.5 g on; " + KNOWN)
    send_alerts: bool = choice(False, "send alerts and states; the bus is only listened to unless this is on")
    out: VehicleOut = VehicleOut()

    @field_validator("interface")
    @classmethod
    def _no_network(cls, value: str) -> str:
        if value in _OVER_NETWORK:
            raise ValueError(
                f"'{value}' reaches the bus over a network, and the process that sees the face reaches none; "
                "take socketcan, and have another process bring the frames to a vcan interface"
            )
        return value

    @field_validator("channel")
    @classmethod
    def _no_address(cls, value: str) -> str:
        return _on_this_machine(value, "a channel of this machine such as can0 or /dev/ttyUSB0")

    @model_validator(mode="before")
    @classmethod
    def _ready(cls, given: Any) -> Any:
        """Put the profile's DBC and signals under what is given."""
        if not isinstance(given, dict) or given.get("profile") not in _PROFILES:
            return given
        dbc, signals = _PROFILES[given["profile"]]
        own = given.get("signals", {})
        return {"dbc": dbc, **given, "signals": {**signals, **own} if isinstance(own, dict) else own}


class Face(Section):
    """Face landmarks."""

    backend: Literal["auto", "mediapipe", "litert"] = choice(
        "auto", "who finds the landmarks: MediaPipe, or our own pipeline on LiteRT; auto: MediaPipe where the CPU can run it"
    )
    most_fps: float = figure(
        15.0, "while open eyes rest on the road and nothing moves, about so many pictures are read, and every one in which something does; 240: all", "1/s", 8, 240, "design, checked on recorded and drawn drivers"
    )
    detection_confidence: float = figure(0.5, "least confidence to find a face", "1", 0.1, 0.95)
    presence_confidence: float = figure(0.5, "least confidence that the face is still there", "1", 0.1, 0.95)
    min_eye_width_px: float = figure(
        72.0, "a narrower face gives no eye state: the lids are too few pixels apart", "px", 30, 300, "design, checked on recorded drivers"
    )
    usable_yaw_deg: float = figure(52.0, "beyond this head yaw to the camera eye state is not used", "deg", 20, 80, "design, checked on recorded drivers")
    dark_luma: float = figure(18.0, "mean luma below this: the picture is dark or covered", "0-255", 1, 80)
    flat_contrast: float = figure(6.0, "luma spread below this: the lens is covered", "0-255", 1, 40)
    frozen_s: float = figure(1.0, "the same picture for longer: frozen", "s", 0.2, 10)
    glare_share: float = figure(0.4, "this share of the picture, or of the face, saturated: glare", "1", 0.1, 1.0)
    blurred_share: float = figure(
        0.4, "fine detail below this share of the camera's own usual: blurred", "1", 0.1, 0.8, "design, checked on recorded and drawn drivers"
    )
    lens_share: float = figure(
        0.37,
        "skin about the eyes darker than this share of the cheek's pixel value: sunglasses, the eyes are not usable",
        "1",
        0.1,
        0.6,
        "sunglasses of ≤ 15 % transmittance, Euro NCAP (secondary text); the figure checked on stills of drivers",
    )
    lens_reflecting: float = figure(
        0.97,
        "light and colour of the skin about the eyes, as shares of the face's, sum to less: lenses that reflect, the eyes are not usable",
        "1",
        0.0,
        1.5,
        "design; checked on stills of drivers and on drawn drivers in side sun",
    )
    glint_share: float = figure(0.35, "this share of the eye saturated: a reflection lies over it", "1", 0.1, 1.0)
    worn_s: float = figure(2.0, "glasses, reflection or mask are believed after this long", "s", 0.5, 10)
    place_s: float = figure(10.0, "the driver's place in the picture is learned over this much time", "s", 2, 60)
    place_reach: float = figure(1.0, "a face found anew this many face widths from the driver's place is not the driver's", "widths", 0.5, 5)
    place_new_s: float = figure(10.0, "at standstill, a lone steady face elsewhere is the driver's after this long", "s", 2, 120)
    place_new_moving_s: float = figure(60.0, "the same while moving, or with the speed unknown", "s", 10, 600)


class Eyes(Section):
    """Eye openness and closures."""

    prior_open_ear: float = figure(0.27, "open-eye aspect ratio before the driver's own is learned", "1", 0.15, 0.45, "0.257 ± 0.021 over 27 people")
    closed_share: float = figure(
        0.0, "a shut eye's aspect ratio as a share of the open one, seen squarely; the own one is learned from blinks", "1", -0.2, 0.4, "rendered heads, checked on recorded drivers"
    )
    baseline_s: float = figure(60.0, "the own open eye is learned over this much usable time, then frozen", "s", 5, 300, "literature (secondary text)")
    closed_openness: float = figure(0.2, "openness at or below this is closed (P80)", "1", 0.05, 0.5, "PERCLOS P80")
    edge_openness: float = figure(0.5, "a closure starts and ends where openness crosses this", "1", 0.2, 0.8, KNOWN)
    blink_max_s: float = figure(0.5, "a closure shorter than this is a blink", "s", 0.2, 1.0, "blink 100-400 ms alert, > 500 ms drowsy (secondary text)")
    down_gaze_deg: float = figure(18.0, "looking this far below the road closes no eye", "deg", 5, 45, "27-33° of down-gaze looks closed (secondary text)")
    min_fps_blink: float = figure(15.0, "blink statistics need this frame rate", "1/s", 5, 60, "secondary text")
    still_s: float = figure(30.0, "eyes that neither blink nor look anywhere for so long are hidden (dark or shining lenses)", "s", 15, 300, "design; people blink 10-20 times a minute")
    max_gap_s: float = figure(0.5, "a longer gap between usable frames ends a closure's timing", "s", 0.1, 2)


class Mouth(Section):
    """Yawns."""

    open_ratio: float = figure(0.25, "inner-lip gap over mouth width above this is open", "1", 0.1, 0.8, "between 0.2 (99 % of yawns, 3 % of others in 1,407 stills) and 0.3 (96.4 %, 0.3 %)")
    wide_ratio: float = figure(0.45, "a yawn opens at least this far", "1", 0.2, 1.2, "design, checked on recorded drivers")
    yawn_min_s: float = figure(1.5, "the mouth is open at least this long in a yawn", "s", 0.5, 5, "secondary text")


Direction: TypeAlias = Annotated[
    tuple[Annotated[float, Field(ge=-90.0, le=90.0)], Annotated[float, Field(ge=-60.0, le=60.0)]],
    BeforeValidator(lambda given: tuple(given) if isinstance(given, list) else given),  # TOML has lists, no tuples
]
CAR = "typical passenger-car geometry, a driver on the left"


class Zones(Section):
    """Yaw (+ left) and pitch (+ up) of each place from straight ahead, deg; on the right-hand seat the sides are swapped."""

    up: Direction = choice((0.0, 38.0), "sun visor, roof", CAR)
    cluster: Direction = choice((0.0, -23.0), "instrument cluster, and a telephone held up at the wheel", CAR)
    lap: Direction = choice((0.0, -36.0), "all that is low: a telephone behind the wheel, in the lap, on the knee", CAR)
    phone: Direction = choice((-26.0, -15.0), "a telephone in a mount on the dash, or held up", CAR)
    centre_stack: Direction = choice((-30.0, -30.0), "screen, radio, climate", CAR)
    rear_mirror: Direction = choice((-38.0, 8.0), "inside mirror", CAR)
    left_mirror: Direction = choice((38.0, -8.0), "outside mirror on the driver's side", CAR)
    right_mirror: Direction = choice((-58.0, -8.0), "outside mirror on the passenger's side", CAR)
    passenger: Direction = choice((-72.0, -3.0), "the passenger", CAR)
    left_window: Direction = choice((75.0, -5.0), "side window on the driver's side, shoulder", CAR)
    right_window: Direction = choice((-88.0, -5.0), "side window on the passenger's side", CAR)


class Gaze(Section):
    """Gaze direction and zones."""

    neutral_s: float = figure(60.0, "the head's and eyes' own straight-ahead is learned over this much usable time, then frozen", "s", 5, 300, DESIGN)
    neutral_first_s: float = figure(1.0, "a first straight-ahead is used after this much", "s", 0.5, 30, DESIGN)
    trust_s: float = figure(10.0, "distraction may alarm only after straight-ahead has been learned for this long", "s", 1, 120, DESIGN)
    road_yaw_deg: float = figure(20.0, "half width of the forward road", "deg", 5, 40, DESIGN)
    road_up_deg: float = figure(20.0, "the road reaches up to here", "deg", 5, 45, DESIGN)
    road_down_deg: float = figure(16.0, "the road reaches down to here", "deg", 5, 30, DESIGN)
    turn_from_deg: float = figure(30.0, "steering beyond this is a turn: the road reaches further to its side …", "deg", 5, 180, OPENPILOT)
    turn_share: float = figure(0.15, "… by this share of the steering beyond it …", "1", 0, 1, OPENPILOT)
    turn_most_deg: float = figure(22.5, "… and at most by this", "deg", 0, 45, OPENPILOT)
    lap_pitch_deg: float = figure(-30.0, "below this plane lies ADDW area 3 (lap, phone, centre stack low)", "deg", -60, -15, ADDW)
    min_dwell_s: float = figure(0.15, "a look shorter than this is no glance", "s", 0.05, 0.5, "ISO 15007: fixations ≥ 100 ms")
    bridge_s: float = figure(0.3, "a shorter look away from a glance's target does not split it", "s", 0.0, 1.0, DESIGN)
    zones: Zones = Zones()


class Hands(Section):
    """Hands near the face. They are looked at only where the model hand_landmarker is."""

    enabled: bool = choice(True, "look for hands, where the model is there")
    every_s: float = figure(2.0, "look for hands this often: a look costs more than the face", "s", 0.2, 30, "design, from `bench speed`")
    near_s: float = figure(0.5, "… and this often for a while after a hand came to the face, or the face was lost", "s", 0.1, 5, DESIGN)
    confidence: float = figure(0.5, "least confidence to find a hand", "1", 0.1, 0.95, "MediaPipe's own default")
    reach: float = figure(0.45, "a hand whose middle is this near to a part of the face is at it", "face widths", 0.1, 1.0, "design, checked on rendered heads")
    min_s: float = figure(0.5, "a hand at the face for longer is an event", "s", 0.0, 5, DESIGN)


class Phone(Section):
    """Signs of phone use."""

    window_s: float = figure(30.0, "looks at the places of a phone are summed over this", "s", 10, 120, NCAP)
    looks: int = figure(3, "so many looks at lap, knee, wheel or mount speak for a phone", "1", 2, 10, DESIGN)
    looks_sum_s: float = figure(4.0, "… that last so long in all", "s", 1, 30, DESIGN)
    looks_alone: bool = choice(False, "looks alone may give an advice; else they need a second sign, for time sharing alerts on them anyway")
    ear_s: float = figure(5.0, "a hand at the ear for this long speaks for a call", "s", 2, 60, "design; phone at the ear: " + NCAP)
    detector: str = choice("", "an ONNX object detector: a path or a name in the model manifest; empty for none")
    detector_every_s: float = figure(2.0, "look for objects this often", "s", 0.2, 30, DESIGN)
    detector_label: str = choice("cell phone", "the detector's label of a phone", "COCO")
    detector_score: float = figure(0.5, "a score from here on speaks for a phone", "1", 0.05, 0.99, DESIGN)


class Body(Section):
    """Nods, slumping and leaning out."""

    nod_drop_deg: float = figure(10.0, "in a nod the head is read to drop at least this far below its straight-ahead", "deg", 5, 40, "drowsy nods 12-20° (secondary text), read at 0.84 on rendered heads")
    nod_closed_s: float = figure(0.5, "… with the eyes closed for this long", "s", 0.2, 2, DESIGN)
    nod_longest_s: float = figure(5.0, "a head that stays down for longer does not nod", "s", 1, 15, DESIGN)
    usual_s: float = figure(20.0, "the face's usual place and size are learned over this much time, and follow slowly", "s", 5, 300, DESIGN)
    slump_s: float = figure(2.5, "the head has sunk, eyes shut or not to be seen, for this long", "s", 1, 15, DESIGN)
    slump_open_s: float = figure(5.0, "… or, where the eyes look open, tilted and with the gaze off the road for this long", "s", 2, 30, DESIGN)
    slump_drop: float = figure(0.35, "sunk: the face lies this far below its usual place", "face widths", 0.1, 2, "design, checked on rendered drivers")
    slump_roll_deg: float = figure(18.0, "… or is tilted this far from its usual attitude", "deg", 8, 60, "design, checked on rendered drivers")
    lean_out: float = figure(1.5, "leaning out: the face is this far aside of its usual place", "face widths", 0.5, 5, "design, checked on rendered drivers")
    lean_edge: float = figure(0.06, "… or its middle this near to the picture's edge", "picture widths", 0.0, 0.3, DESIGN)
    lean_s: float = figure(1.0, "… for this long", "s", 0.3, 15, DESIGN)


class Distraction(Section):
    """Glance timers."""

    long_glance_s: float = figure(3.0, "one glance off the forward road", "s", 1, 10, NCAP)
    long_mirror_s: float = figure(4.0, "the same for cluster and mirrors", "s", 1, 10, NCAP)
    sharing_off_s: float = figure(10.0, "time off road summed …", "s", 3, 30, NCAP)
    sharing_window_s: float = figure(30.0, "… within this window", "s", 10, 120, NCAP)
    sharing_reset_s: float = figure(2.0, "this much unbroken road resets the sum", "s", 0.5, 10, "Seeing Machines (secondary text)")
    area3_fast_s: float = figure(3.5, "gaze below the 30° plane at ≥ 50 km/h", "s", 1, 10, ADDW)
    area3_slow_s: float = figure(6.0, "gaze below the 30° plane at 20-50 km/h", "s", 1, 15, ADDW)
    area3_degraded_s: float = figure(1.5, "more for both while the driver is seen poorly", "s", 0, 5, ADDW)
    area3_fast_kmh: float = figure(50.0, "where the faster limit starts", "km/h", 20, 130, ADDW)
    min_kmh: float = figure(20.0, "distraction is watched from this speed", "km/h", 0, 80, NCAP)
    attend_buffer_s: float = figure(2.0, "attention buffer; empty means distracted", "s", 0.5, 10, ATTEND)
    attend_free_s: float = figure(1.0, "the first part of a mirror or cluster glance drains nothing", "s", 0, 5, ATTEND)
    recovery_s: float = figure(1.0, "this much road ends an intervention", "s", 0.2, 5, NCAP)
    clear_s: float = figure(2.0, "this much road clears the state", "s", 0.5, 10, NCAP)
    reset_s: float = figure(0.5, "a shorter look at the road never restarts a timer", "s", 0.1, 2, "(EU) 2023/2590 §3.3.2.4 (secondary text): no figure given; design")


class Fatigue(Section):
    """Closed eyes and drowsiness."""

    microsleep_s: float = figure(1.5, "eyes closed this long", "s", 0.8, 3, NCAP)
    sleep_s: float = figure(3.0, "eyes closed this long", "s", 2, 10, NCAP)
    unresponsive_s: float = figure(6.0, "eyes closed this long", "s", 3, 20, NCAP)
    answer_s: float = figure(3.0, "no gaze back on the road this long after a critical alert", "s", 1, 10, NCAP)
    perclos_short_s: float = figure(60.0, "short PERCLOS window", "s", 20, 300, "secondary text")
    perclos_long_s: float = figure(180.0, "long PERCLOS window", "s", 60, 1200, "secondary text")
    perclos_advice: float = figure(0.08, "PERCLOS for advice", "1", 0.02, 0.5, "secondary text")
    perclos_short: float = figure(0.15, "drowsy: PERCLOS over the short window …", "1", 0.05, 0.6, "secondary text")
    perclos_long: float = figure(0.10, "… and over the long one", "1", 0.03, 0.6, "secondary text")
    perclos_min_s: float = figure(30.0, "usable time PERCLOS needs at least", "s", 10, 120, "secondary text")
    perclos_min_usable: float = figure(0.5, "usable share of the window PERCLOS needs at least", "1", 0.1, 1, "secondary text")
    perclos_min_fps: float = figure(10.0, "frame rate PERCLOS needs at least", "1/s", 4, 30, "secondary text")
    blink_left_out_s: float = figure(0.25, "shorter closures are blinks and left out of PERCLOS", "s", 0.1, 0.5, "NHTSA trial (secondary text)")
    kss_warn: float = figure(8.0, "estimated KSS for a drowsiness warning", "KSS 1-9", 6, 9, DDAW)
    cues_needed: int = figure(2, "independent cues before a drowsiness alarm", "1", 1, 4, "PERCLOS alone 8.4 % false, with a second cue 0.8 % (secondary text)")
    drowsy_min_kmh: float = figure(50.0, "drowsiness is watched from this speed", "km/h", 0, 130, NCAP)
    standstill_kmh: float = figure(1.0, "below this the car stands", "km/h", 0, 10, DESIGN)
    not_visible_s: float = figure(10.0, "driver not tracked, or camera covered, this long while moving", "s", 2, 60, NCAP)
    yawn_window_s: float = figure(300.0, "yawns and nods are counted over this window", "s", 60, 1800, DESIGN)
    steering_min_hz: float = figure(10.0, "steering is read from so many angles a second", "1/s", 5, 100, DESIGN)
    steering_own_s: float = figure(120.0, "the own steering and lane keeping are learned over this much time at speed, then frozen", "s", 60, 1200, DESIGN)
    steering_min_s: float = figure(60.0, "time at speed that steering needs within its window", "s", 20, 600, DESIGN)
    steering_window_s: float = figure(180.0, "late big corrections and weaving are told over this window", "s", 60, 1200, DESIGN)
    steering_corrections: int = figure(3, "so many late big corrections are a cue", "1", 1, 20, DESIGN)
    sdlp_m: float = figure(0.4, "weaving (SDLP over the same window) from this is a cue, when it is also well above the own", "m", 0.2, 1.0, KNOWN)
    blink_reference: int = figure(40, "blinks at the trip's start that stand for this driver awake", "1", 20, 200, DESIGN)
    night_from_h: float = figure(2.0, "the body's low at night starts …", "h", 0, 24, KNOWN)
    night_to_h: float = figure(6.0, "… and ends", "h", 0, 24, KNOWN)
    noon_from_h: float = figure(14.0, "the lesser low after noon starts …", "h", 0, 24, KNOWN)
    noon_to_h: float = figure(16.0, "… and ends", "h", 0, 24, KNOWN)


class Heart(Section):
    """Heart figures."""

    rr_min_ms: float = figure(300.0, "a shorter RR interval is an artefact", "ms", 200, 500, KNOWN)
    rr_max_ms: float = figure(2000.0, "a longer RR interval is an artefact", "ms", 1200, 3000, KNOWN)
    rr_jump: float = figure(0.2, "an RR interval this far off its local median is an artefact", "1", 0.05, 0.5, KNOWN)
    window_s: float = figure(180.0, "sliding window", "s", 60, 600, "Fujiwara 2019")
    rmssd_min_s: float = figure(30.0, "RMSSD needs this much clean heart time", "s", 10, 300, KNOWN)
    sdnn_min_s: float = figure(60.0, "SDNN needs this much clean heart time", "s", 30, 600, KNOWN)
    spectrum_min_s: float = figure(120.0, "LF/HF and Baevsky's index need this much clean heart time", "s", 60, 600, KNOWN)
    baseline_s: float = figure(180.0, "the driver's own rest is learned over this much clean heart time", "s", 30, 1200, "Fujiwara 2019 (personal baseline)")
    stale_s: float = figure(10.0, "no beat for this long: heart unknown", "s", 3, 60, DESIGN)
    camera_pulse: bool = choice(False, "estimate the pulse from the skin's colour; it is shown with its quality, and nothing uses it")
    camera_pulse_snr_db: float = figure(1.0, "a pulse off the camera is told from this signal-to-noise ratio on", "dB", -5, 20, "design; index: de Haan & Jeanne 2013")


class Voice(Section):
    """Voice activity and prosody."""

    speech_probability: float = figure(0.5, "speech starts at this probability", "1", 0.1, 0.95, "Silero VAD's own default")
    min_speech_s: float = figure(0.25, "shorter bursts are not speech", "s", 0.05, 2, "Silero VAD's own default")
    hang_s: float = figure(0.3, "a pause shorter than this does not end a stretch of speech", "s", 0.05, 2, DESIGN)
    baseline_s: float = figure(20.0, "the speaker's own voice is learned over this much speech", "s", 5, 300, DESIGN)
    shout_db: float = figure(12.0, "a shout lies this far above the speaker's own level", "dB", 6, 40, DESIGN)
    shout_st: float = figure(4.0, "and begins this far above the speaker's own pitch: loud words of calm speech do not rise so", "semitones", 0, 24, "design; up to 3.1 in loud words of calm RAVDESS speech")


class Words(Section):
    """Phrases that say how the driver feels. The text is nowhere kept: an event names the topic."""

    enabled: bool = choice(False, "listen for the phrases below; needs the extra 'speech' (PocketSphinx), which runs on the device")
    phrases: str = choice("words-en.txt", "the list of phrases: a path, or a file's name in configs/")
    model: str = choice("", "a folder with another PocketSphinx model (mdef and a .dict); empty for its own English one")
    memory_s: float = figure(60.0, "what was said counts for stress and anger for this long, fading", "s", 10, 600, DESIGN)


class Emotion(Section):
    """Stress and anger."""

    hold_s: float = figure(10.0, "a state is flagged only after it has held this long", "s", 2, 120, "Fujiwara 2019")
    stress_threshold: float = figure(0.8, "stress value for an alert", "1", 0.5, 0.99, DESIGN)
    anger_threshold: float = figure(0.8, "anger value for an alert", "1", 0.5, 0.99, DESIGN)
    channels_needed: int = figure(2, "independent channels (face, voice, heart) before an alert", "1", 1, 3, DESIGN)
    expression_network: bool = choice(True, "a small or blurred face is read by the model expression too, where it is there (models/expression.md)")
    driving_window_s: float = figure(180.0, "slow traffic and harsh braking are told over this window", "s", 60, 600, "Fujiwara 2019 (3-min window)")
    slow_kmh: float = figure(60.0, "below this the car is in a city or a queue", "km/h", 20, 120, "design; city drives most stressful: Healey & Picard 2005")


class Alerts(Section):
    """Alert policy."""

    repeat_s: float = figure(30.0, "re-alarm while the cause lasts", "s", 5, 120, "Euro NCAP (Guardian, openpilot practice)")
    same_kind_s: float = figure(15.0, "least time between two alerts of one kind unless it rises", "s", 5, 120, DESIGN)
    mood_s: float = figure(600.0, "least time between two pieces of advice on stress or anger, whichever it is", "s", 60, 7200, DESIGN)
    rise_s: float = figure(3.0, "an unanswered caution or warning rises one level after this", "s", 1, 30, DESIGN)
    top_level: dict[str, Literal["advice", "caution", "warning", "critical"]] = choice(
        {}, "the highest level a kind may rise to, where it differs from the built-in one"
    )

    @field_validator("top_level")
    @classmethod
    def _known_kinds(cls, value: dict[str, str]) -> dict[str, str]:
        from typing import get_args

        from driver_monitor.signals import AlertKind

        for kind in value:
            if kind not in get_args(AlertKind):
                raise ValueError(f"'{kind}' is no kind of alert; known: {', '.join(get_args(AlertKind))}")
        return value


class Outputs(Section):
    """Where alerts go."""

    pin_factory: Literal["auto", "mock", "lgpio", "gpiod", "rpigpio", "native"] = choice(  # pigpio speaks to its daemon over a network
        "auto", "gpiozero's pin factory; auto takes the board's and falls back to mock with a line in the log; gpiod is for a Jetson and others"
    )
    gpio_chip: str = choice("", "gpiod: the chip that plain numbers count on, by path or label; empty for the board's header")
    buzzer_pin: GpioPin = pin(18, "the buzzer")
    light_pin: GpioPin = pin(23, "the alert light")
    button_pin: GpioPin = pin(24, "the acknowledge button")
    privacy_pin: GpioPin = pin(None, "the privacy switch: while it is closed to ground, camera and microphone are shut")
    buzzer: Literal["active", "tonal"] = choice("active", "active: it has a pitch of its own; tonal: it plays the pitch it is given, by PWM")
    least_loudness: float = figure(1.0, "the buzzer's loudness in a quiet cabin; below 1 it follows the noise, by PWM, and critical stays at 1", "1", 0.1, 1)
    quiet_db: float = figure(-60.0, "the microphone's level in a quiet cabin", "dBFS", -90, -20)
    loud_db: float = figure(-30.0, "the level at which the buzzer is at its loudest", "dBFS", -80, 0)
    bridge_outputs: Literal["none", "motor", "all"] = choice("motor", "which outputs of the serial bridge alerts use; all: buzzer and lamp too")
    motor_strength: float = figure(80.0, "strength of the bridge's vibration motor", "%", 1, 100, DESIGN)
    speak_with: str = choice("", "the program that speaks a line with advice on a mood, with what goes before the line, as 'espeak-ng -s 150'; empty: nothing is spoken")
    stress_line: str = choice("A short break would do you good.", "what is spoken with advice on stress; empty: nothing")
    anger_line: str = choice("Take your time. A calmer route may be more pleasant.", "what is spoken with advice on anger; empty: nothing")
    bridge_alarm: bool = choice(True, "the bridge sounds an alarm of its own when this program falls silent for 5 s while it watches")

    @field_validator("stress_line", "anger_line")
    @classmethod
    def _a_line(cls, value: str) -> str:
        if len(value) > 80 or value.startswith("-") or not value.isprintable():
            raise ValueError("a line has up to 80 characters and does not begin with '-'")
        return value

    @model_validator(mode="after")
    def _one_pin_each(self) -> Outputs:
        taken: dict[str, str] = {}
        for name in ("buzzer_pin", "light_pin", "button_pin", "privacy_pin"):
            given = getattr(self, name)
            if given is None:
                continue
            if (other := taken.setdefault(str(given), name)) != name:
                raise ValueError(f"{other} and {name} are both {given}; give each a pin of its own, or 'none'")
        return self

    @model_validator(mode="after")
    def _louder_is_more(self) -> Outputs:
        if self.quiet_db >= self.loud_db:
            raise ValueError("quiet_db must lie below loud_db")
        return self


class Recording(Section):
    """Recordings made with --record or 'record'; nothing is recorded otherwise."""

    jpeg_quality: int = figure(95, "quality of pictures that the camera does not give as JPEG; the monitor sees them so too", "1", 60, 100)
    video: Literal["jpeg", "h264"] = choice("jpeg", "how pictures are kept; h264 takes far less space, but a replay then sees other pictures than the monitor did")
    part_mb: float = figure(4000.0, "a new file begins at this size", "MB", 0, 1_000_000)
    part_minutes: float = figure(60.0, "a new file begins after this long", "min", 0, 1440)
    folder_gb: float = figure(0.0, "a folder of recordings holds this much (more than part_mb), the oldest go first; 0 for no limit", "GB", 0, 100_000)
    public_key: str = choice("", "an age public key (age1…): recordings are encrypted to it and can be read only with its secret key")

    @field_validator("public_key")
    @classmethod
    def _age_key(cls, value: str) -> str:
        if value and not value.startswith("age1"):
            raise ValueError(f"'{value[:20]}' is no age public key; it begins with age1 (age-keygen makes one)")
        return value

    @model_validator(mode="after")
    def _folder_holds_a_part(self) -> Recording:
        if self.folder_gb and self.folder_gb * 1000 <= self.part_mb:
            raise ValueError(
                f"folder_gb = {self.folder_gb:g} leaves no room beside one file of part_mb = {self.part_mb:g}: "
                "make folder_gb larger, or part_mb smaller"
            )
        return self


class Settings(Section):
    """All settings; a file needs only those it changes."""

    trip: Trip = Trip()
    camera: Camera = Camera()
    microphone: Microphone = Microphone()
    heart_rate: HeartRate = HeartRate()
    vehicle: Vehicle = Vehicle()
    face: Face = Face()
    eyes: Eyes = Eyes()
    mouth: Mouth = Mouth()
    gaze: Gaze = Gaze()
    hands: Hands = Hands()
    phone: Phone = Phone()
    body: Body = Body()
    distraction: Distraction = Distraction()
    fatigue: Fatigue = Fatigue()
    heart: Heart = Heart()
    voice: Voice = Voice()
    words: Words = Words()
    emotion: Emotion = Emotion()
    alerts: Alerts = Alerts()
    outputs: Outputs = Outputs()
    recording: Recording = Recording()

    @model_validator(mode="after")
    def _ordered(self) -> Settings:
        f = self.fatigue
        if not f.microsleep_s < f.sleep_s < f.unresponsive_s:
            raise ValueError("fatigue: microsleep_s < sleep_s < unresponsive_s must hold")
        return self

    @property
    def emotions_on(self) -> bool:
        """Stress and anger are worked out at all (always, save in a fleet that states no safety purpose)."""
        return self.trip.deployment != "fleet" or bool(self.trip.emotion_safety_purpose.strip())
