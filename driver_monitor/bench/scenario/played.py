"""A script played out: poses, conditions, sound, beats and drive at every time. The same script gives the same figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.scenario import natural
from driver_monitor.bench.scenario.motion import Series, pulse, smooth_ramp, wander
from driver_monitor.bench.scenario.script import Script
from driver_monitor.bench.scenario.tracks import HandRaise, Span, Speech, Tracks
from driver_monitor.bench.senses import heart, vehicle, voice
from driver_monitor.bench.virtual_driver.light import LightKind, light_at
from driver_monitor.bench.virtual_driver.passenger import passenger_at
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions
from driver_monitor.bench.virtual_driver.sensor import Sensor
from driver_monitor.signals import Angles, nanoseconds, seconds

_HAND_S = 0.7
# one stream of chance for each thing, so that a change to one leaves the others as they were
_BLINKS, _GAZE, _SWAY, _SPEECH, _SOUND, _HEART, _DRIVE, _CAMERA, _SHAKE, _NOISE = range(10)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to take: when, and which moment it shows (another one while the camera is frozen)."""

    number: int
    t_ns: int
    shows_number: int
    shows_ns: int


class Played:
    """What happens in a script, at any time."""

    def __init__(self, script: Script) -> None:
        self.script = script
        side = 1.0 if script.drive.side == "left" else -1.0
        self.tracks = Tracks(script.seconds, side, script.drive.speed_kmh)
        for behaviour in script.do:
            behaviour.apply(self.tracks)
        self.said: list[tuple[Speech, list[voice.Syllable]]] = []
        random = self._chance(_SPEECH)
        for speech in sorted(self.tracks.speech, key=lambda s: s.start_s):
            words = voice.syllables(speech, random)
            self.said.append((speech, words))
            self._mouth(speech, words)
        natural.blink(self.tracks, script.person, self._chance(_BLINKS))
        natural.sway(self.tracks, script.person, self._chance(_SWAY))
        self._gaze = natural.look(self.tracks, script.person, self._chance(_GAZE))
        self.tracks.labels.sort(key=lambda label: label.start_s)
        shake = self._chance(_SHAKE)
        self._shake = np.stack([wander(self.tracks.t, shake, 1.0, 0.03) for _ in range(2)], axis=1)

    def _chance(self, stream: int, number: int = 0) -> np.random.Generator:
        return np.random.default_rng([self.script.seed, stream, number])

    def _mouth(self, speech: Speech, words: list[voice.Syllable]) -> None:
        """The jaw and lips of what is said."""
        t = self.tracks.t
        widest = {"sing": 0.42, "laugh": 0.34, "angry": 0.38}.get(speech.manner, 0.28)
        jaw, round_lips = np.zeros(len(t)), np.zeros(len(t))
        for word in words:
            # lips move a little before the sound
            bump = pulse(t, word.start_s - 0.04, word.length_s * 1.15, word.length_s * 0.5, word.length_s * 0.6)
            jaw = np.maximum(jaw, bump * widest * word.open)
            round_lips = np.maximum(round_lips, bump * 0.5 * word.rounded)
        self.tracks.move("jawOpen", jaw)
        self.tracks.move("mouthPucker", round_lips)

    # --------------------------------------------------------------------------------------------------------- camera

    @cached_property
    def shots(self) -> list[Shot]:
        """The pictures that reach the monitor, in time order: with the camera's jitter, without those it loses."""
        camera, tracks = self.script.camera, self.tracks
        random = self._chance(_CAMERA)
        count = int(tracks.seconds * camera.fps)
        steady = np.arange(count) / camera.fps
        late = np.clip(random.standard_normal(count) * camera.jitter_ms / 1000.0, -0.45 / camera.fps, 0.45 / camera.fps)
        late[0] = 0.0
        kept = random.random(count) >= camera.lost
        kept[0] = True
        found: list[Shot] = []
        for k, t_s in enumerate(steady + late):
            if not kept[k] or any(s.start_s <= t_s < s.end_s for s in tracks.picture_lost):
                continue
            t_ns = nanoseconds(float(t_s))
            stuck = any(s.start_s <= t_s < s.end_s for s in tracks.frozen)
            if stuck and found:
                found.append(Shot(k, t_ns, found[-1].shows_number, found[-1].shows_ns))
            else:
                found.append(Shot(k, t_ns, k, t_ns))
        return found

    def pose(self, t_ns: int) -> Pose:
        """The driver at a time."""
        tracks, t_s = self.tracks, seconds(t_ns)

        def at(series: Series) -> float:
            return float(np.interp(t_s, tracks.t, series))

        head = Angles(
            at(self._gaze.head_yaw) + at(tracks.head_yaw),
            at(self._gaze.head_pitch) + at(tracks.head_pitch),
            at(tracks.head_roll),
        )
        lid = max(0.0, (1.0 - min(0.9, at(tracks.droop))) * (1.0 - at(tracks.shut)) + at(tracks.wide))
        units = {name: weight for name, series in tracks.units.items() if abs(weight := at(series)) > 1e-4}
        hand, amount = self._hand(t_s)
        shift = (at(tracks.shift[:, 0]), at(tracks.shift[:, 1]), at(tracks.shift[:, 2]))
        pose = Pose(head, Angles(at(self._gaze.eye_yaw), at(self._gaze.eye_pitch)), (lid, lid), units, shift)
        return pose if hand is None else replace(pose, hand=hand.at, hand_in=amount, phone=hand.phone)

    def _hand(self, t_s: float) -> tuple[HandRaise | None, float]:
        for hand in self.tracks.hands:
            if hand.start_s <= t_s < hand.end_s:
                move_s = min(_HAND_S, (hand.end_s - hand.start_s) / 2.0)
                up, down = np.array([(t_s - hand.start_s) / move_s]), np.array([(hand.end_s - t_s) / move_s])
                return hand, float(np.minimum(smooth_ramp(up), smooth_ramp(down))[0])
        return None, 0.0

    def conditions(self, shot: Shot) -> Conditions:
        """Camera, light and disturbances of a picture."""
        script, tracks, t_s = self.script, self.tracks, seconds(shot.shows_ns)
        extra = float(np.interp(t_s, tracks.t, tracks.vibration))
        spread = float(np.hypot(script.light.vibration_px, extra))
        wobble = [float(np.interp(t_s, tracks.t, self._shake[:, k])) * spread for k in (0, 1)]
        sensor = Sensor(
            noise=script.light.noise,
            blur_px=script.light.blur_px + 1.2 * extra,
            blur_deg=75.0,
            shake_px=(0.5 * wobble[0], wobble[1]),
            covered=float(np.interp(t_s, tracks.t, tracks.covered)),
        )
        return Conditions(
            place=script.camera.place,
            size=(script.camera.width, script.camera.height),
            drive_side=script.drive.side,
            nearer=script.camera.nearer,
            light=light_at(self.light_kind(t_s), t_s, script.seed),
            sensor=sensor,
            passenger=passenger_at(float(np.interp(t_s, tracks.t, tracks.passenger)), t_s),
            fine=script.camera.fine,
            seed=int(self._chance(_NOISE, shot.shows_number).integers(2**32)),
        )

    def light_kind(self, t_s: float) -> LightKind:
        """The light at a time."""
        return _last(self.tracks.light, t_s) or self.script.light.kind

    def zone(self, t_s: float) -> str:
        """What the driver means to look at."""
        return next((s.zone for s in reversed(self.tracks.gaze) if s.start_s <= t_s < s.end_s), "road")

    # ---------------------------------------------------------------------------------------------------- other senses

    @cached_property
    def beats(self) -> list[heart.Beat]:
        """The heart beats that the wearable tells of."""
        if self.script.heart.over == "none":
            return []
        return heart.beats(self.tracks, self.script.heart, self._chance(_HEART))

    @cached_property
    def drive(self) -> vehicle.Drive:
        """Speed, steering and place in the lane."""
        return vehicle.drive(self.tracks, self._chance(_DRIVE))

    @cached_property
    def sound(self) -> NDArray[np.float32]:
        """The cabin's sound at :data:`driver_monitor.bench.senses.voice.RATE_HZ`."""
        part, male = self.script.sound, self.script.subject.male
        return voice.cabin_sound(
            self.tracks,
            self.said,
            f0_hz=part.f0_hz or 200.0 - 85.0 * male,
            snr_db=part.snr_db,
            random=self._chance(_SOUND),
            espeak=part.voice == "espeak",
        )


def _last(spans: list[tuple[Span, LightKind]], t_s: float) -> LightKind | None:
    return next((value for span, value in reversed(spans) if span.start_s <= t_s < span.end_s), None)
