"""A scenario as measurements: what face landmarks would give for each picture, the drive, the button, and ticks."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from driver_monitor.bench.protocol.played import motion
from driver_monitor.bench.protocol.reader import FaceCurves, Noise, Series, face_found, mouth_ratio, narrowed
from driver_monitor.bench.scenario.played import Played, Shot
from driver_monitor.bench.virtual_driver.camera import camera_view
from driver_monitor.bench.virtual_driver.geometry import MM_PER_DM
from driver_monitor.bench.virtual_driver.light import LightKind
from driver_monitor.bench.virtual_driver.pose import HandAt
from driver_monitor.signals import (
    NS_PER_S,
    TICK_NS,
    Angles,
    ButtonPress,
    EyeReading,
    EyesInHead,
    FaceMeasurement,
    HandMeasurement,
    HandPlace,
    HandReading,
    Indicator,
    Input,
    LocalTime,
    PictureQuality,
    Tick,
    VehicleMeasurement,
    nanoseconds,
    seconds,
)

_SIDED = (
    *("browDown", "browOuterUp", "cheekSquint", "eyeBlink", "eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp"),
    *("eyeSquint", "eyeWide", "mouthDimple", "mouthFrown", "mouthLowerDown", "mouthPress", "mouthSmile", "mouthStretch"),
    *("mouthUpperUp", "noseSneer"),
)
_SINGLE = (
    *("browInnerUp", "cheekPuff", "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthFunnel", "mouthLeft"),
    *("mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
)
_SIDES = ("Left", "Right")
_REST_UNIT = 0.02
_AT_REST = dict.fromkeys((*(unit + side for unit in _SIDED for side in _SIDES), *_SINGLE), _REST_UNIT)
_UNIT_GAIN = {"noseSneer": 0.0, "mouthPress": 0.2, "mouthFrown": 0.2}
"""How face landmarks answer a face unit where they do not answer it fully; on rendered heads noseSneer never answers."""

_LIGHT_NOISE: dict[LightKind, float] = {"side_sun": 2.0, "flicker": 2.0, "dusk": 1.25, "infrared": 1.4}
_CLEAR_GLASSES_NOISE = 2.0
_ASIDE_NOISE = 1.5  # cameras far off the face's axis
"""From how far open and shut eyes stand apart on rendered heads in each condition, against day."""

_FACE_DM = (0.0, -0.45, 0.1)
_FACE_WIDTH_DM = 1.5
_SEEN_SHARE = 0.55  # a cover from below that leaves less of the picture hides the face
_BRIGHT, _SPREAD = 110.0, 45.0
_LID_PER_SQUINT = 0.03  # a full squint raises the lower lid and hardly lowers the upper one
_DRIVE_NS = NS_PER_S // 10
_LOOK_NS = NS_PER_S // 2
_HAND_THERE = 0.8  # of its way up a hand has come to the face
_NOISE = 77  # the stream of chance
_HELD_S = 1.0  # equal pictures for this long are a frozen camera


class MeasuredFaces:
    """The measurements of a scenario's pictures."""

    def __init__(self, played: Played, noise: Noise | None = None) -> None:
        script = played.script
        self._played = played
        camera = script.camera
        self._view = camera_view(camera.place, (camera.width, camera.height), script.drive.side, camera.nearer)
        self._face = FaceCurves.of(script.subject.model_dump_json(exclude={"rim_mm"}))  # rims are no part of the face
        glasses = _CLEAR_GLASSES_NOISE if script.subject.glasses != "none" else 1.0
        aside = _ASIDE_NOISE if camera.place in ("mirror", "a_pillar") else 1.0
        self._straight = float(self._towards_camera(np.zeros(1), np.zeros(1))[1][0])
        self._noise = (noise or Noise()).times(glasses * aside * _LIGHT_NOISE.get(script.light.kind, 1.0))

    def measure(self, shots: Sequence[Shot]) -> Iterator[FaceMeasurement]:
        """One measurement a picture."""
        now = motion(self._played, np.array([seconds(s.shows_ns) for s in shots]))
        yaw, pitch = self._towards_camera(now.head_yaw, now.head_pitch)
        x, y, width = self._place(now.shift)
        light = np.clip(1.0 - now.covered, 0.0, 1.0)
        found = face_found(yaw, pitch) & (x > 0.05) & (x < 0.95) & (y > 0.0) & (y < 0.75) & (light > _SEEN_SHARE)
        face, noise = self._face, self._noise
        # a picture's noise hangs on what it shows: a frozen camera repeats it
        number = np.array([s.shows_number for s in shots])
        grain = np.random.default_rng([self._played.script.seed, _NOISE]).standard_normal((number.max() + 1, 9))[number].T
        grain_eyes = np.random.default_rng([self._played.script.seed, _NOISE, 1]).standard_normal((number.max() + 1, 2))[number].T
        read_yaw, read_pitch = face.head(yaw, pitch)
        read_yaw, read_pitch = read_yaw + noise.head * grain[0], read_pitch + noise.head * grain[1]
        still = np.zeros(len(shots))
        squint = np.mean([now.units.get(f"eyeSquint{side}", still) for side in _SIDES], axis=0)
        cheeks = np.mean([now.units.get(f"cheekSquint{side}", still) for side in _SIDES], axis=0)
        lids = narrowed(now.lids, squint, cheeks)
        look_yaw = face.eye_yaw(now.eye_yaw, yaw) + noise.eyes * grain[2]
        lid_height, iris_height = face.eye_heights(now.eye_pitch, now.lids, yaw, pitch, self._straight)
        lid_height = lid_height - _LID_PER_SQUINT * squint + noise.heights * grain_eyes[0]
        iris_height = iris_height + noise.heights * grain_eyes[1]
        ear, blink = face.lids(lids, now.eye_pitch)
        ears = np.maximum(0.0, ear + noise.ear * grain[4:6])
        blinks = np.clip(blink + noise.blink * grain[6:8], 0.0, 1.0)
        mouth = np.maximum(0.0, mouth_ratio(now.units.get("jawOpen", still), face.mouth_rest) + 0.01 * grain[8])
        units = [(name, _answered(name, series)) for name, series in now.units.items()]
        first_ns: dict[int, int] = {}
        for k, shot in enumerate(shots):
            held_s = seconds(shot.t_ns - first_ns.setdefault(shot.shows_number, shot.t_ns))
            quality = PictureQuality(_BRIGHT * float(light[k]), _SPREAD * float(light[k]), frozen=held_s >= _HELD_S)
            if not found[k]:
                yield FaceMeasurement(shot.t_ns, quality=quality, reason="no face in the picture")
                continue
            left, right = (EyeReading(float(ears[side, k]), float(blinks[side, k])) for side in (0, 1))
            yield FaceMeasurement(
                shot.t_ns,
                head=Angles(float(read_yaw[k]), float(read_pitch[k]), float(now.head_roll[k])),
                left_eye=left,
                right_eye=right,
                eye_in_head=EyesInHead(float(look_yaw[k]), float(lid_height[k]), float(iris_height[k])),
                mouth_ratio=float(mouth[k]),
                face_units={
                    **_AT_REST,
                    **{name: float(series[k]) for name, series in units},
                    "eyeBlinkLeft": left.blink,
                    "eyeBlinkRight": right.blink,
                },
                centre=(float(x[k]), float(y[k])),
                width=float(width[k]),
                quality=quality,
            )

    def _towards_camera(self, yaw: Series, pitch: Series) -> tuple[Series, Series]:
        """Head angles as the camera sees them, degrees."""
        y, p = np.radians(yaw), np.radians(pitch)
        nose = np.stack([np.sin(y) * np.cos(p), np.sin(p), np.cos(y) * np.cos(p)], axis=1) @ self._view.matrix[:3, :3].T
        return np.degrees(np.arctan2(nose[:, 0], nose[:, 2])), np.degrees(np.arcsin(np.clip(nose[:, 1], -1.0, 1.0)))

    def _place(self, shift_mm: Series) -> tuple[Series, Series, Series]:
        """Where the face's middle lies in the picture (right, down) and how wide it is, as shares of the picture's width."""
        x, y, away = self._view.project((np.array(_FACE_DM) + shift_mm / MM_PER_DM).astype(np.float32)).astype(float).T
        width, height = self._view.size
        focal = height / 2.0 / float(np.tan(self._view.fov_y / 2.0))
        return x / width, y / width, _FACE_WIDTH_DM * focal / away / width


def _answered(name: str, weight: Series) -> Series:
    gain = _UNIT_GAIN.get(name.removesuffix("Left").removesuffix("Right"), 0.9)
    return np.clip(_REST_UNIT + gain * weight, 0.0, 1.0)


def samples(played: Played, noise: Noise | None = None) -> Iterator[Input]:
    """All inputs of a scenario in time order, without a picture: faces, drive, button presses and ticks."""
    length_ns = nanoseconds(played.tracks.seconds)
    faces: Iterator[Input] = MeasuredFaces(played, noise).measure(played.shots)
    drive: Iterator[Input] = iter(())
    if played.script.drive.on:
        drive = (_drive(played, t_ns) for t_ns in range(0, length_ns, _DRIVE_NS))
    presses: list[Input] = [ButtonPress(nanoseconds(t_s)) for t_s in sorted(played.tracks.presses)]
    hands = _hands(played) if played.tracks.hands else iter(())
    ticks: Iterator[Input] = (Tick(t_ns) for t_ns in range(0, length_ns, TICK_NS))
    clock: list[Input] = [] if played.script.drive.hour is None else [LocalTime(0, played.script.drive.hour)]
    return heapq.merge(clock, drive, faces, hands, presses, ticks, key=lambda s: s.t_ns)


def _hands(played: Played) -> Iterator[Input]:
    """Looks at the hands; between them nothing is known of them, as in a drive."""
    for t_ns in range(0, nanoseconds(played.tracks.seconds), _LOOK_NS):
        pose = played.pose(t_ns)
        place = _HAND_PLACES[pose.hand] if pose.hand is not None and pose.hand_in > _HAND_THERE else None
        yield HandMeasurement(t_ns, () if place is None else (HandReading(*place, 0.1),))


_HAND_PLACES: dict[HandAt, tuple[HandPlace, Literal["left", "right"] | None]] = {
    "mouth": ("mouth", None),
    "chin": ("chin", None),
    "left_eye": ("eye", "left"),
    "right_eye": ("eye", "right"),
    "left_ear": ("ear", "left"),
    "right_ear": ("ear", "right"),
}


def _drive(played: Played, t_ns: int) -> VehicleMeasurement:
    tracks, driven, t_s = played.tracks, played.drive, seconds(t_ns)
    lane_m = float(np.interp(t_s, driven.t, driven.lane_m)) if played.script.drive.lane else None
    side = next((s.value for s in tracks.indicator if s.start_s <= t_s < s.end_s), "off")
    return VehicleMeasurement(
        t_ns,
        speed_kmh=max(0.0, float(np.interp(t_s, tracks.t, tracks.speed))),
        steering_deg=float(np.interp(t_s, driven.t, driven.steering_deg)) if played.script.drive.steering else None,
        indicator=_INDICATORS[side],
        reverse=any(s.start_s <= t_s < s.end_s for s in tracks.reverse),
        lane_offset_m=lane_m,
    )


_INDICATORS: dict[str, Indicator] = {"off": "off", "left": "left", "right": "right", "hazard": "hazard"}
