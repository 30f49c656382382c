"""A scenario as measurements: what face landmarks would give for each picture, the drive, the button, and ticks."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

import numpy as np

from driver_monitor.bench.protocol.reader import FaceCurves, Noise, face_found, mouth_ratio
from driver_monitor.bench.scenario.played import Played, Shot
from driver_monitor.bench.virtual_driver.camera import camera_view
from driver_monitor.bench.virtual_driver.light import LightKind
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.signals import (
    NS_PER_S,
    TICK_NS,
    Angles,
    ButtonPress,
    EyeReading,
    FaceMeasurement,
    Indicator,
    Input,
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
_UNITS = (*(unit + side for unit in _SIDED for side in ("Left", "Right")), *_SINGLE)
_REST_UNIT = 0.02
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
_DRIVE_NS = NS_PER_S // 10
_HELD_S = 1.0  # equal pictures for this long are a frozen camera


class MeasuredFaces:
    """The measurements of a scenario's pictures."""

    def __init__(self, played: Played, noise: Noise | None = None) -> None:
        script = played.script
        self._played = played
        camera = script.camera
        self._view = camera_view(camera.place, (camera.width, camera.height), script.drive.side, camera.nearer)
        self._face = FaceCurves.of(script.subject.model_dump_json())
        glasses = _CLEAR_GLASSES_NOISE if script.subject.glasses != "none" else 1.0
        aside = _ASIDE_NOISE if camera.place in ("mirror", "a_pillar") else 1.0
        self._noise = (noise or Noise()).times(glasses * aside * _LIGHT_NOISE.get(script.light.kind, 1.0))

    def measure(self, shots: Sequence[Shot]) -> Iterator[FaceMeasurement]:
        """One measurement a picture."""
        poses = [self._played.pose(s.shows_ns) for s in shots]
        head_yaw = np.array([p.head.yaw for p in poses])
        head_pitch = np.array([p.head.pitch for p in poses])
        eye_yaw, eye_pitch = np.array([p.eyes.yaw for p in poses]), np.array([p.eyes.pitch for p in poses])
        lids = np.array([(p.lids[0] + p.lids[1]) / 2.0 for p in poses])
        yaw, pitch = self._towards_camera(head_yaw, head_pitch)
        found = face_found(yaw, pitch)
        face, noise = self._face, self._noise
        read_yaw, read_pitch = face.head(yaw, pitch)
        ear, blink = face.lids(lids, eye_pitch)
        look_yaw, look_pitch = face.eyes(eye_yaw, eye_pitch, lids, head_yaw, head_pitch)
        mouth = mouth_ratio(np.array([float(p.units.get("jawOpen", 0.0)) for p in poses]), face.mouth_rest)
        # a picture's noise hangs on what it shows: a frozen camera repeats it
        kicks = {s.shows_number: np.random.default_rng([self._played.script.seed, 77, s.shows_number]) for s in shots}
        grain = {number: random.standard_normal(9) for number, random in kicks.items()}
        first_ns: dict[int, int] = {}
        for k, (shot, pose) in enumerate(zip(shots, poses, strict=True)):
            held_s = seconds(shot.t_ns - first_ns.setdefault(shot.shows_number, shot.t_ns))
            covered = float(np.interp(seconds(shot.shows_ns), self._played.tracks.t, self._played.tracks.covered))
            light = max(0.0, 1.0 - covered)
            quality = PictureQuality(_BRIGHT * light, _SPREAD * light, frozen=held_s >= _HELD_S)
            centre, width = self._place(pose)
            inside = 0.05 < centre[0] < 0.95 and 0.0 < centre[1] < 0.75
            if not found[k] or not inside or light < _SEEN_SHARE:
                yield FaceMeasurement(shot.t_ns, quality=quality, reason="no face in the picture")
                continue
            g = grain[shot.shows_number]
            left = EyeReading(max(0.0, ear[k] + noise.ear * g[0]), float(np.clip(blink[k] + noise.blink * g[1], 0.0, 1.0)))
            right = EyeReading(max(0.0, ear[k] + noise.ear * g[2]), float(np.clip(blink[k] + noise.blink * g[3], 0.0, 1.0)))
            yield FaceMeasurement(
                shot.t_ns,
                head=Angles(read_yaw[k] + noise.head * g[4], read_pitch[k] + noise.head * g[5], -pose.head.roll),
                left_eye=left,
                right_eye=right,
                eye_in_head=Angles(look_yaw[k] + noise.eyes * g[6], look_pitch[k] + noise.eyes * g[7]),
                mouth_ratio=max(0.0, mouth[k] + 0.01 * g[8]),
                face_units=_units(pose, left.blink, right.blink),
                centre=centre,
                width=width,
                quality=quality,
            )

    def _towards_camera(self, yaw: np.ndarray, pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Head angles as the camera sees them, degrees."""
        y, p = np.radians(yaw), np.radians(pitch)
        nose = np.stack([np.sin(y) * np.cos(p), np.sin(p), np.cos(y) * np.cos(p)], axis=1) @ self._view.matrix[:3, :3].T
        return np.degrees(np.arctan2(nose[:, 0], nose[:, 2])), np.degrees(np.arcsin(np.clip(nose[:, 1], -1.0, 1.0)))

    def _place(self, pose: Pose) -> tuple[tuple[float, float], float]:
        """Where the face lies in the picture and how wide it is, as shares of the picture's width."""
        middle = np.array([_FACE_DM], np.float32) + np.array([pose.shift_mm], np.float32) / 100.0
        x, y, away = (float(v) for v in self._view.project(middle)[0])
        width, height = self._view.size
        focal = height / 2.0 / float(np.tan(self._view.fov_y / 2.0))
        return (x / width, y / width), _FACE_WIDTH_DM * focal / away / width


def _units(pose: Pose, blink_left: float, blink_right: float) -> dict[str, float]:
    units = dict.fromkeys(_UNITS, _REST_UNIT)
    for name, weight in pose.units.items():
        gain = _UNIT_GAIN.get(name.removesuffix("Left").removesuffix("Right"), 0.9)
        units[name] = min(1.0, max(0.0, _REST_UNIT + gain * float(weight)))
    units["eyeBlinkLeft"], units["eyeBlinkRight"] = blink_left, blink_right
    return units


def samples(played: Played, noise: Noise | None = None) -> Iterator[Input]:
    """All inputs of a scenario in time order, without a picture: faces, drive, button presses and ticks."""
    length_ns = nanoseconds(played.tracks.seconds)
    faces: Iterator[Input] = MeasuredFaces(played, noise).measure(played.shots)
    drive: Iterator[Input] = iter(())
    if played.script.drive.on:
        drive = (_drive(played, t_ns) for t_ns in range(0, length_ns, _DRIVE_NS))
    presses: list[Input] = [ButtonPress(nanoseconds(t_s)) for t_s in sorted(played.tracks.presses)]
    ticks: Iterator[Input] = (Tick(t_ns) for t_ns in range(0, length_ns, TICK_NS))
    return heapq.merge(drive, faces, presses, ticks, key=lambda s: s.t_ns)


def _drive(played: Played, t_ns: int) -> VehicleMeasurement:
    tracks, t_s = played.tracks, seconds(t_ns)
    side = next((s.value for s in tracks.indicator if s.start_s <= t_s < s.end_s), "off")
    return VehicleMeasurement(
        t_ns,
        speed_kmh=max(0.0, float(np.interp(t_s, tracks.t, tracks.speed))),
        steering_deg=float(np.interp(t_s, tracks.t, tracks.steer)),
        indicator=_INDICATORS[side],
        reverse=any(s.start_s <= t_s < s.end_s for s in tracks.reverse),
    )


_INDICATORS: dict[str, Indicator] = {"off": "off", "left": "left", "right": "right", "hazard": "hazard"}
