"""A scripted driver at the level of measurements: eyelids, head, gaze and mouth as functions of time, no pixels.

Truth is exact to the nanosecond, so tests can ask *when* an alert comes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from driver_monitor.monitor import Monitor
from driver_monitor.settings import Settings
from driver_monitor.signals import (
    Alert,
    Angles,
    Event,
    EyeReading,
    EyesInHead,
    FaceMeasurement,
    Input,
    PictureQuality,
    Report,
    Tick,
    VehicleMeasurement,
    nanoseconds,
    seconds,
)

_BROWS_EYES = ("browDown", "browOuterUp", "cheekSquint", "eyeBlink", "eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp")
_BOTH_SIDES = (*_BROWS_EYES, "eyeSquint", "eyeWide", "mouthFrown", "mouthPress", "mouthSmile", "noseSneer")
_MIDDLE = ("browInnerUp", "jawOpen", "mouthPucker", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper")
UNITS = [f"{unit}{side}" for unit in _BOTH_SIDES for side in ("Left", "Right")] + list(_MIDDLE)

OPEN_EAR, SHUT_EAR = 0.30, 0.05
LID_S = 0.1  # a lid falls and rises in this time
TICKS_PER_S = 10


@dataclass
class Drive:
    """A drive to be played to a Monitor. Times are seconds; spans are closed eyes, looks and so on."""

    length_s: float
    fps: float = 30.0
    jitter: float = 0.0  # share of the frame time
    loss: float = 0.0  # share of frames that never come
    speed_kmh: float | None = 90.0
    indicator: str = "off"
    reverse: bool = False
    seed: int = 1
    blinks: bool = True
    closed: list[tuple[float, float]] = field(default_factory=list)
    looks: list[tuple[float, float, float, float]] = field(default_factory=list)  # start, end, yaw, pitch (head and eyes)
    head_share: float = 0.6  # how much of a look the head does
    yawns: list[tuple[float, float]] = field(default_factory=list)
    hidden: list[tuple[float, float]] = field(default_factory=list)  # no face in the picture
    dark: list[tuple[float, float]] = field(default_factory=list)  # covered lens
    units: list[tuple[float, float, dict[str, float]]] = field(default_factory=list)
    camera_yaw: float = 0.0  # where the camera stands, as the head yaw that looking ahead shows
    camera_pitch: float = 0.0
    centre: tuple[float, float] = (0.5, 0.4)
    drooping: float = 1.0  # openness of the eyes when not closed

    def _openness(self, t: float) -> float:
        closed = list(self.closed)
        if self.blinks:
            closed += [(k * 4.0 + 1.3, k * 4.0 + 1.5) for k in range(int(self.length_s / 4.0) + 1)]
        openness = self.drooping
        for start, end in closed:
            # half-way down at the start, half-way up at the end
            down = 0.5 - (t - start) / LID_S
            up = 0.5 + (t - end) / LID_S
            openness = min(openness, max(0.0, min(1.0, max(down, up))) * self.drooping)
        return openness

    def face(self, t: float) -> FaceMeasurement:
        """The measurement of a picture taken at ``t``."""
        t_ns = nanoseconds(t)
        if any(a <= t < b for a, b in self.dark):
            return FaceMeasurement(t_ns, quality=PictureQuality(2.0, 1.0), reason="no face in the picture")
        quality = PictureQuality(110.0, 45.0)
        if any(a <= t < b for a, b in self.hidden):
            return FaceMeasurement(t_ns, quality=quality, reason="no face in the picture")
        yaw = pitch = 0.0
        for start, end, to_yaw, to_pitch in self.looks:
            if start <= t < end:
                yaw, pitch = to_yaw, to_pitch
        openness = self._openness(t)
        eye_pitch = pitch * (1.0 - self.head_share)
        lid = openness * max(0.4, min(1.0, 1.0 + eye_pitch / 45.0))  # the lid follows a lowered gaze
        mouth = 0.9 if any(a <= t < b for a, b in self.yawns) else 0.02
        units = dict.fromkeys(UNITS, 0.02)
        units["jawOpen"] = 0.7 if mouth > 0.5 else 0.01
        for start, end, more in self.units:
            if start <= t < end:
                units |= more
        eye = EyeReading(SHUT_EAR + (OPEN_EAR - SHUT_EAR) * lid, 0.1 + 0.58 * (1.0 - lid))
        return FaceMeasurement(
            t_ns,
            head=Angles(self.camera_yaw + yaw * self.head_share, self.camera_pitch + pitch * self.head_share),
            left_eye=eye,
            right_eye=eye,
            # the upper lid tells of a look down, and of its own closing; the iris of a look up
            eye_in_head=EyesInHead(
                yaw * (1.0 - self.head_share),
                0.17 + min(0.0, eye_pitch) / 275.0 - 0.2 * (1.0 - openness),
                0.06 + max(0.0, eye_pitch) / 220.0 - 0.08 * (1.0 - openness),
            ),
            mouth_ratio=mouth,
            face_units=units,
            centre=self.centre,
            width=0.25,
            quality=quality,
        )

    def samples(self) -> Iterator[Input]:
        """All samples in time order: pictures, the bus twice a second, ticks."""
        rng = random.Random(self.seed)
        out: list[tuple[int, int, Input]] = []
        for k in range(int(self.length_s * self.fps)):
            t = max(0.0, (k + rng.uniform(-self.jitter, self.jitter)) / self.fps)
            if rng.random() >= self.loss:
                out.append((nanoseconds(t), 1, self.face(t)))
        for k in range(int(self.length_s * 2)):
            t_ns = nanoseconds(k / 2.0)
            indicator = self.indicator
            drive = VehicleMeasurement(t_ns, self.speed_kmh, 0.0, indicator, self.reverse)  # type: ignore[arg-type]
            if self.speed_kmh is not None:
                out.append((t_ns, 0, drive))
        out += [(nanoseconds(k / TICKS_PER_S), 2, Tick(nanoseconds(k / TICKS_PER_S))) for k in range(int(self.length_s * 10))]
        out.sort(key=lambda x: x[:2])
        yield from (sample for _, _, sample in out)


def play(drive: Drive, settings: Settings | None = None) -> list[Report]:
    """What a Monitor reports of the drive."""
    monitor = Monitor(settings or Settings())
    reports = [report for sample in drive.samples() for report in monitor.step(sample)]
    return reports + monitor.finish()


def alerts(reports: list[Report], kind: str | None = None, action: str | None = None) -> list[Alert]:
    """The alert steps among reports."""
    found = [r for r in reports if isinstance(r, Alert)]
    return [a for a in found if (kind is None or a.kind == kind) and (action is None or a.action == action)]


def events(reports: list[Report], name: str) -> list[Event]:
    """The finished events of one name."""
    return [r for r in reports if isinstance(r, Event) and r.name == name and r.end_ns is not None]


def first(reports: list[Report], kind: str) -> float | None:
    """When the first alert of a kind was raised, s."""
    raised = alerts(reports, kind, "raised")
    return seconds(raised[0].t_ns) if raised else None
