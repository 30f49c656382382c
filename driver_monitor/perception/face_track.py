"""One driver's face over time: each picture's measurement through eyes, mouth, gaze and visibility, in the order they need."""

from __future__ import annotations

from dataclasses import dataclass, replace

from driver_monitor.perception.blinks import Blinks
from driver_monitor.perception.body import Body
from driver_monitor.perception.closures import Closure, Closures
from driver_monitor.perception.eyes import Eyes, EyeState
from driver_monitor.perception.gaze import Gaze, GazeState
from driver_monitor.perception.glances import Glances
from driver_monitor.perception.mouth import Squeeze, Yawns
from driver_monitor.perception.nods import Nods
from driver_monitor.perception.smile import Smile
from driver_monitor.perception.visibility import BLOCKED, Visibility
from driver_monitor.perception.worn import Worn, WornCheck, without_hidden
from driver_monitor.settings import Settings
from driver_monitor.signals import Event, FaceMeasurement, Health, PartState


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """What is known after one picture."""

    face: FaceMeasurement
    eyes: EyeState
    gaze: GazeState
    closure: Closure | None
    open_since_ns: int | None
    squeezed: Squeeze | None
    worn: Worn

    @property
    def in_yawn(self) -> bool:
        """The mouth is wide open, in a yawn."""
        return self.squeezed == "yawn"


class FaceTracker:
    """Follows one face; :meth:`step` takes its pictures' measurements in time order."""

    def __init__(self, settings: Settings) -> None:
        self._eyes = Eyes(settings.eyes, settings.face)
        self._closures = Closures(settings.eyes)
        self._blinks = Blinks(settings.eyes)
        self._yawns = Yawns(settings.mouth)
        self._smile = Smile()
        self._gaze = Gaze(settings.gaze, settings.trip.drive_side)
        self._glances = Glances(settings.gaze)
        self._nods = Nods(settings.body)
        self.body = Body(settings.body)
        self._worn = WornCheck(settings.face)
        self._masked = False
        self._usable_yaw_deg = settings.face.usable_yaw_deg
        self.visibility = Visibility(settings.face)
        self._told: dict[str, PartState] = {}

    @property
    def gaze_trusted(self) -> bool:
        """Straight-ahead is known well enough to alarm on."""
        return self._gaze.trusted

    def step(self, face: FaceMeasurement) -> tuple[FaceTrack, list[Event]]:
        """Take one picture's measurement."""
        t_ns = face.t_ns
        if face.quality is not None and face.quality.frozen:
            # an eye that is shut in a picture that stands still is not asleep
            face = FaceMeasurement(t_ns, quality=face.quality, reason="the picture stands still")
        worn = self._worn.step(face)
        self._masked = worn.mask
        yawned = self._yawns.step(t_ns, face.mouth_ratio)
        # what landmarks guess of a mouth under cloth is no yawn, but enough to mistrust eyes and gaze
        events = [] if worn.mask else yawned
        in_yawn = self._yawns.wide_open
        face = without_hidden(face, worn)
        drop = self._gaze.head_drop_deg(face)
        self._smile.step(face)
        eyes = self._eyes.step(face, drop, self._smile.value)
        squeezed: Squeeze | None = "yawn" if in_yawn else "laugh" if self._smile.laughs else None
        gaze = self._gaze.step(face, eyes.openness, in_yawn, self._smile.value, self._smile.laughs)
        closures = self._closures.step(t_ns, eyes.openness, squeezed, eyes.lowered)
        closure = self._closures.current
        events += self._blinks.step(t_ns, eyes.openness, closures, closure is not None, in_yawn)
        events += self._glances.step(gaze)
        events += self._nods.step(t_ns, drop, 0.0 if closure is None else closure.lasted_s)
        on_road = None if gaze.zone is None else gaze.zone == "road"
        events += self.body.step(face, 0.0 if closure is None else closure.lasted_s, eyes.openness is not None, on_road)
        events += self.visibility.step(face, eyes.openness is not None, worn.eyes_hidden or self._why(face), worn.mask)
        if self._beyond_use(face):
            gaze = replace(gaze, turned=True)
        if gaze.face_lost and self.visibility.sight in BLOCKED:
            gaze = replace(gaze, face_lost=False)  # a covered lens hides the driver; nobody has turned away
        track = FaceTrack(face, eyes, gaze, closure, self._closures.open_since_ns, squeezed, worn)
        return track, events

    def drive(self, steering_deg: float | None, standing: bool) -> None:
        """Where the steering wheel stands now, degrees, + left; ``None``: not known. ``standing``: the car is known to stand."""
        self._gaze.drive(steering_deg, standing)

    def _why(self, face: FaceMeasurement) -> str:
        """Why eyes that nothing lies over are not usable."""
        if face.left_eye is None:
            return "face too small"
        return "head turned away" if self._beyond_use(face) else "no blink and no look"

    def _beyond_use(self, face: FaceMeasurement) -> bool:
        return face.head is not None and abs(face.head.yaw) > self._usable_yaw_deg

    def finish(self, t_ns: int) -> list[Event]:
        """The recording ends: report what still lasts."""
        yawned = [] if self._masked else self._yawns.finish(t_ns)
        blinks = self._blinks.finish(t_ns, self._closures.finish(t_ns))
        return [*yawned, *blinks, *self._glances.finish(t_ns), *self.body.finish(t_ns)]

    def learning(self) -> tuple[str, ...]:
        """What is still being learned, in words with the seconds left."""
        left = {"open eyes": self._eyes.learning_left_s, "straight ahead": self._gaze.learning_left_s}
        return tuple(f"learning {name}, {s:.0f} s left" for name, s in left.items() if s > 0.0)

    def health(self, t_ns: int) -> list[Health]:
        """Say once that the eyes and the gaze are being learned, and once that they are."""
        out: list[Health] = []
        for part, left_s, what in (
            ("eyes", self._eyes.learning_left_s, "the driver's own open eyes"),
            ("gaze", self._gaze.learning_left_s, "the driver's own straight-ahead"),
        ):
            state: PartState = "learning" if left_s > 0.0 else "learned"
            if self._told.get(part) != state:
                self._told[part] = state
                reason = f"{what}, {left_s:.0f} s left" if left_s > 0.0 else what
                out.append(Health(t_ns, "eyes" if part == "eyes" else "gaze", state, reason))
        return out
