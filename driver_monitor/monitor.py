"""The Monitor: samples in, reports out. No clock, no file, no thread, no chance: the same samples give the same reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driver_monitor.alerts.policy import AlertPolicy
from driver_monitor.estimators.anger import Anger
from driver_monitor.estimators.blink_pattern import Judge
from driver_monitor.estimators.closed_eyes import ClosedEyes
from driver_monitor.estimators.distraction import Distraction
from driver_monitor.estimators.fatigue import Fatigue
from driver_monitor.estimators.own_rest import OwnRest
from driver_monitor.estimators.phone import Phone
from driver_monitor.estimators.responsiveness import Responsiveness
from driver_monitor.estimators.sight import NotSeen, sensors_lost
from driver_monitor.estimators.stress import Stress
from driver_monitor.perception.braking import Braking
from driver_monitor.perception.driving import Driving
from driver_monitor.perception.driving_style import DrivingStyles
from driver_monitor.perception.expression import Expressions
from driver_monitor.perception.expression_network import ExpressionLook
from driver_monitor.perception.eye_patches import EyeLook
from driver_monitor.perception.face_landmarks import FaceDetector
from driver_monitor.perception.face_track import FaceTrack, FaceTracker
from driver_monitor.perception.hand_landmarks import HandDetector
from driver_monitor.perception.heart import Heart
from driver_monitor.perception.objects import ObjectDetector
from driver_monitor.perception.own_sounds import OwnSounds
from driver_monitor.perception.pictures import Pictures, Reading
from driver_monitor.perception.speech_detector import SpeechDetector
from driver_monitor.perception.steering import Steering
from driver_monitor.perception.voice import Voice
from driver_monitor.perception.words import Spotter
from driver_monitor.settings import Settings
from driver_monitor.signals import (
    NS_PER_S,
    AlertKind,
    Angles,
    AudioChunk,
    ButtonPress,
    CameraFrame,
    CanFrame,
    Condition,
    DriverState,
    Event,
    FaceMeasurement,
    HandMeasurement,
    Health,
    HeartBeat,
    HeartMeasurement,
    Input,
    LocalTime,
    ObjectMeasurement,
    Part,
    PartState,
    Report,
    SensorStatus,
    Tick,
    VehicleMeasurement,
    VoiceMeasurement,
    nanoseconds,
    seconds,
)

_LISTEN_NS = NS_PER_S
_STRICTEST = "every alert counts as at speed"
_LOOKS: frozenset[AlertKind] = frozenset({"long_distraction", "time_sharing"})
_UNSEEN: frozenset[AlertKind] = frozenset({"stress", "anger", "sensor_lost"})  # told without a camera, too


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The inside of the Monitor after its last picture, for those who draw it."""

    t_ns: int
    landmarks: NDArray[np.float32] | None  # (478, 2) pixels
    face: FaceMeasurement
    openness: tuple[float | None, float | None]  # left, right
    closed: bool | None
    gaze: Angles | None  # vehicle directions, road = (0, 0)
    zone: str | None
    learning: tuple[str, ...]
    hands: tuple[NDArray[np.float32], ...] = ()  # (21, 2) pixels each, of a look just taken
    held: bool = False  # the picture was left out: all this is as the last one read told


class Monitor:
    """One driver, one trip.

    ``face`` finds landmarks in pictures, ``hands`` hands, ``objects`` things, and ``speech`` finds speech in sound; without
    one of them that is not read (measurements made elsewhere still are). ``eyes`` looks at the eyes beside the landmarks,
    ``blinks`` judges runs of blinks, ``expression`` small faces, ``words`` finds phrases in speech. ``facts`` about them are
    reported with the first sample.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        face: FaceDetector | None = None,
        speech: SpeechDetector | None = None,
        hands: HandDetector | None = None,
        objects: ObjectDetector | None = None,
        blinks: Judge | None = None,
        expression: ExpressionLook | None = None,
        eyes: EyeLook | None = None,
        words: Spotter | None = None,
        facts: Sequence[tuple[Part, PartState, str]] = (),
    ) -> None:
        self._settings = settings
        # in a fleet that states no safety purpose nothing of a mood is worked out
        self._pictures = Pictures(settings, face, hands, objects, expression if settings.emotions_on else None, eyes)
        self._held = False
        self._phone = Phone(settings.phone)
        self._tracker = FaceTracker(settings)
        self._own_sounds = OwnSounds(spoken=bool(settings.outputs.speak_with))
        step, reset = (None, None) if speech is None else (speech.step, speech.reset)
        self._voice = Voice(settings.voice, step, reset, self._own_sounds, moods=settings.emotions_on, spotter=words)
        self._heart = Heart(settings.heart)
        self._driving = Driving(settings.vehicle)
        self._braking = Braking(settings.vehicle.harsh_braking_ms2)
        self._steering = Steering(settings.fatigue)
        self._style = DrivingStyles(settings.emotion, settings.vehicle.stale_s)
        self._closed_eyes = ClosedEyes(settings.fatigue)
        self._fatigue = Fatigue(settings, blinks)
        self._distraction = Distraction(settings.distraction, settings.gaze.lap_pitch_deg)
        self._responsiveness = Responsiveness(settings.fatigue)
        self._expressions = Expressions(settings.face.usable_yaw_deg) if settings.emotions_on else None
        self._rest = OwnRest(settings)
        self._stress = Stress(settings, self._rest)
        self._anger = Anger(settings, self._rest)
        self._not_seen = NotSeen(settings.fatigue)
        self._policy = AlertPolicy(settings.alerts, settings.distraction, settings.fatigue)
        self._vehicle = VehicleMeasurement(0, reason="the bus has not been heard yet")
        self._scripted: VehicleMeasurement | None = None  # measured elsewhere
        self._heard: list[AudioChunk] = []
        self._bus_frames: list[CanFrame] = []
        self._lost: dict[str, str] = {}
        self._camera_off = False  # switched off by the driver: nothing is to be seen, and that is no trouble
        self._bus_told: tuple[bool, bool] | None = None  # in doubt, speed known
        self._track: FaceTrack | None = None
        self._felt_ns: int | None = None  # the picture stress and anger last read
        self._conditions: list[Condition] = []
        self._slow: list[Condition] = []
        self._now_ns: int | None = None
        self._clock_told = False
        self._facts = facts

    def step(self, sample: Input) -> list[Report]:
        """Take one sample and give what it leads to. Samples come in time order; one from the past is left out and said."""
        if self._facts:
            told: list[Report] = [Health(sample.t_ns, *fact) for fact in self._facts]
            self._facts = ()
            return told + self.step(sample)
        t_ns = sample.t_ns
        if self._now_ns is not None and t_ns < self._now_ns:
            if self._clock_told:
                return []
            self._clock_told = True
            back_s = (self._now_ns - t_ns) * 1e-9
            return [Health(self._now_ns, "clock", "degraded", f"a sample came {back_s:.3f} s late and was left out")]
        self._now_ns = t_ns
        match sample:
            case CameraFrame():
                return self._frame(sample)
            case FaceMeasurement():
                return self._face(self._pictures.measured(sample, self._vehicle.speed_kmh))
            case Tick():
                return self._tick(t_ns)
            case HandMeasurement():
                return list(self._hand(sample))
            case ObjectMeasurement():
                self._phone.objects(sample)
                return []
            case AudioChunk():
                self._heard.append(sample)  # read once a second: one sitting costs a third of many
                return []
            case VoiceMeasurement():
                self._phone.voice(sample)
                self._rest.voice(sample)
                return []
            case CanFrame():
                self._bus_frames.append(sample)  # read at the next tick, for the same reason
                return []
            case VehicleMeasurement():
                self._vehicle = self._scripted = sample
                return list(self._driven(sample))
            case HeartBeat():
                return self._pulse(self._heart.step(sample))
            case HeartMeasurement():
                return self._pulse(sample)
            case SensorStatus():
                return self._sensor(sample)
            case LocalTime():
                self._fatigue.local_time(t_ns, sample.hour)
                return []
            case ButtonPress():
                if sample.button != "acknowledge":
                    return []
                answered = self._policy.acknowledge(t_ns, self._conditions)
                for alert in answered:
                    self._own_sounds.step(alert)
                return list(answered)

    def finish(self) -> list[Report]:
        """The samples have ended: report what still lasts."""
        t_ns = self._now_ns
        if t_ns is None:
            return []
        heard = [*self._listen(t_ns), *self._voice.finish(t_ns)]
        return [*heard, *self._braking.finish(t_ns), *self._tracker.finish(t_ns), *self._pictures.hands.finish(t_ns)]

    def close(self) -> None:
        """Let go of the models."""
        self._pictures.close()

    @property
    def view(self) -> View | None:
        """The last picture as the Monitor read it."""
        track = self._track
        if track is None:
            return None
        closed = None if track.eyes.openness is None else track.closure is not None
        return View(
            track.face.t_ns,
            self._pictures.landmarks(),
            track.face,
            (track.eyes.left, track.eyes.right),
            closed,
            track.gaze.direction,
            track.gaze.zone,
            self._tracker.learning(),
            self._pictures.hand_points(track.face.t_ns),
            self._held,
        )

    # ------------------------------------------------------------------------------------------------ one sample's way

    def _frame(self, frame: CameraFrame) -> list[Report]:
        reading = self._pictures.read(frame, self._vehicle.speed_kmh)
        if reading is None:
            return []
        if reading.objects is not None:
            self._phone.objects(reading.objects)
        hands = [] if reading.hands is None else self._hand(reading.hands)
        return [*reading.pulse, *hands, *self._face(reading)]

    def _hand(self, measured: HandMeasurement) -> list[Event]:
        self._phone.hands(measured)
        return self._pictures.hands.step(measured)

    def _face(self, reading: Reading) -> list[Report]:
        face, self._held = reading.face, reading.held
        track, events = self._tracker.step(face)
        self._track = track
        usable = track.eyes.openness is not None
        squeezed = track.squeezed is not None
        self._closed_eyes.picture(face.t_ns, usable, squeezed, track.closure, track.open_since_ns)
        self._fatigue.picture(face.t_ns, usable, squeezed, track.closure)
        self._fatigue.events(events)
        self._phone.events(events)
        self._distraction.picture(track.gaze, self._tracker.gaze_trusted)
        if self._expressions is not None:
            events += self._expressions.step(face, track.in_yawn)
            if track.face.expression is not None and not track.in_yawn:
                self._anger.look(face.t_ns, track.face.expression)
        calm = self._calm(track)
        self._pictures.told(track, held=reading.held, calm=calm)
        alerts = [] if calm else self._decide(face.t_ns)
        return [*events, *self._pictures.health(), *self._tracker.health(face.t_ns), *alerts]

    def _calm(self, track: FaceTrack) -> bool:
        """Eyes open, on the road, nothing standing: no rule can begin to be met before the next tick, which looks at all."""
        return (
            track.closure is None
            and track.eyes.openness is not None
            and self._distraction.on_road is True
            and self._tracker.visibility.sight == "clear"
            and not self._policy.standing()
        )

    def _listen(self, t_ns: int) -> list[Event]:
        out: list[Event] = []
        for chunk in self._heard:
            for heard in self._voice.step(chunk):
                if isinstance(heard, Event):
                    out.append(replace(heard, t_ns=t_ns))
                    if heard.name == "keyword":
                        self._said(heard)
                else:
                    self._phone.voice(heard)
                    self._rest.voice(heard)
        self._heard.clear()
        return out

    def _read_bus(self, t_ns: int) -> list[Event]:
        out: list[Event] = []
        for frame in self._bus_frames:
            drive, beat = self._driving.step(frame)
            if drive is not None:
                out += [replace(event, t_ns=t_ns) for event in self._driven(drive)]
            if beat is not None:
                self._pulse(self._heart.step(beat))
        self._bus_frames.clear()
        return out

    def _said(self, event: Event) -> None:
        self._stress.said(event)
        self._anger.said(event)
        if self._settings.trip.deployment != "fleet":  # the fatigue state leaves a fleet's cab, words never do
            self._fatigue.said(event)

    def _driven(self, drive: VehicleMeasurement) -> list[Event]:
        self._steering.step(drive)
        braked = self._braking.step(drive)
        self._style.step(drive, braked)
        return braked

    def _pulse(self, heart: HeartMeasurement) -> list[Report]:
        self._fatigue.heart(heart)
        self._rest.heart(heart)
        return []

    def _sensor(self, status: SensorStatus) -> list[Report]:
        if status.state == "lost":
            self._lost[status.part] = status.reason
        elif status.state in ("ok", "missing", "off"):
            self._lost.pop(status.part, None)
        if status.part == "camera":
            self._camera_off = status.state == "off"
        return [Health(status.t_ns, status.part, status.state, status.reason)]

    def _tick(self, t_ns: int) -> list[Report]:
        braked = self._read_bus(t_ns)
        self._vehicle = self._drive(t_ns)
        speed = self._vehicle.speed_kmh
        self._tracker.drive(self._vehicle.steering_deg, speed is not None and speed < self._settings.fatigue.standstill_kmh)
        events = braked + self._tracker.visibility.tick(t_ns)
        if self._heard and t_ns - self._heard[0].t_ns >= _LISTEN_NS:
            events += self._listen(t_ns)
        states = self._states(t_ns)
        return [*events, *self._speed_health(t_ns), *states, *self._decide(t_ns)]

    # -------------------------------------------------------------------------------------------------------- deciding

    def _drive(self, t_ns: int) -> VehicleMeasurement:
        """The drive as known now, without what is stale."""
        scripted = self._scripted
        if scripted is not None and t_ns - scripted.t_ns <= nanoseconds(self._settings.vehicle.stale_s):
            return scripted
        return self._driving.measure(t_ns)

    def _decide(self, t_ns: int) -> list[Report]:
        """Rules that answer within a picture, joined with the slow ones as they stood at the last tick."""
        vehicle = self._vehicle
        sight = self._tracker.visibility.sight
        unresponsive = self._responsiveness.condition(
            t_ns,
            seen=self._track is not None and self._track.eyes.openness is not None and sight == "clear",
            closed_s=self._closed_eyes.closed_s,
            slumped_s=self._slumped_s(t_ns),
            on_road=None if self._track is None or self._track.gaze.zone is None else self._track.gaze.zone == "road",
            learned=self._tracker.gaze_trusted,
            critical_since_ns=self._policy.critical_since_ns,
        )
        closed = self._closed_eyes.conditions(t_ns)
        away = self._distraction.conditions(t_ns, vehicle.speed_kmh, self._seen)
        visibility = self._tracker.visibility
        unseen = [] if self._track is None else self._not_seen.step(t_ns, sight, visibility.why, visibility.since_ns)
        self._conditions = [unresponsive, *closed, *away, *unseen, sensors_lost(self._lost), *self._slow]
        if self._camera_off:
            self._conditions = [replace(c, met=False) if c.kind not in _UNSEEN else c for c in self._conditions]
        alerts = self._policy.step(t_ns, self._conditions, vehicle)
        for alert in alerts:
            self._own_sounds.step(alert)
        if not _LOOKS.isdisjoint(self._policy.standing()):
            self._phone.answered()
        return list(alerts)

    @property
    def _seen(self) -> float:
        """How well the driver is seen, 0 to 1."""
        return 1.0 if self._track is None else self._track.worn.quality

    def _slumped_s(self, t_ns: int) -> float:
        since_ns = self._tracker.body.slumped_since_ns
        return 0.0 if since_ns is None else seconds(t_ns - since_ns)

    def _states(self, t_ns: int) -> list[DriverState]:
        """All states; what changes over seconds or minutes is worked out here, ten times a second."""
        if self._track is not None and not self._track.in_yawn and self._track.face.t_ns != self._felt_ns:
            self._felt_ns = self._track.face.t_ns
            self._rest.face(self._track.face)
        steering = self._steering.measure(t_ns)
        style = self._style.measure(t_ns, steering)
        self._stress.drive(style)
        self._anger.drive(style)
        fatigue, drowsy = self._fatigue.step(t_ns, steering)
        stress, stressed = self._stress.step(t_ns)
        anger, angry = self._anger.step(t_ns)
        self._slow = [drowsy, self._phone.step(t_ns), stressed, angry]
        from_face = (fatigue, self._distraction.state(t_ns), self._responsiveness.state(t_ns))
        fatigue, distraction, responsiveness = (replace(s, confidence=round(self._seen * s.confidence, 4)) for s in from_face)
        return [fatigue, distraction, stress, anger, responsiveness]

    def _speed_health(self, t_ns: int) -> list[Report]:
        vehicle = self._vehicle
        doubt = self._driving.doubt(t_ns)
        known = vehicle.speed_kmh is not None
        if (doubt is not None, known) == self._bus_told:
            return []
        self._bus_told = doubt is not None, known
        state: PartState = "degraded" if doubt else "ok" if known else "unknown"
        told = [doubt or "speed known"] if known else [doubt, vehicle.reason or "no speed on the bus", _STRICTEST]
        return [Health(t_ns, "vehicle_bus", state, "; ".join(text for text in told if text))]
