"""What the eyes do: glances, blinks, closures."""

from __future__ import annotations

from typing import Literal

from driver_monitor.bench.scenario.behaviours.base import Behaviour, choice, figure, length
from driver_monitor.bench.scenario.motion import BLINK_CLOSING_S, BLINK_OPENING_S, closure
from driver_monitor.bench.scenario.tracks import BlinkRate, GazeShift, Span, Tracks

Target = Literal[
    "road",
    "up",
    "cluster",
    "lap",
    "centre_stack",
    "rear_mirror",
    "left_mirror",
    "right_mirror",
    "left_window",
    "right_window",
    "passenger",
    "phone_lap",
    "phone_knee",
    "phone_wheel",
    "phone_dash",
]

# where a driver on the left looks, degrees to the own left and up from the road ahead: typical passenger-car geometry
_DIRECTIONS: dict[Target, tuple[float, float]] = {
    "road": (0.0, 0.0),
    "up": (0.0, 38.0),
    "cluster": (0.0, -22.0),
    "lap": (0.0, -45.0),
    "centre_stack": (-30.0, -28.0),
    "rear_mirror": (-38.0, 9.0),
    "left_mirror": (40.0, -8.0),
    "right_mirror": (-57.0, -8.0),
    "left_window": (72.0, -4.0),
    "right_window": (-80.0, -4.0),
    "passenger": (-70.0, -3.0),
    "phone_lap": (-8.0, -44.0),
    "phone_knee": (16.0, -42.0),
    "phone_wheel": (0.0, -33.0),
    "phone_dash": (-20.0, -14.0),
}
_OTHER_SIDE: dict[Target, Target] = {
    "left_mirror": "right_mirror",
    "right_mirror": "left_mirror",
    "left_window": "right_window",
    "right_window": "left_window",
}
_HEAD_SHARE = {"head": 1.0, "eyes": 0.0, "both": 0.6}


def direction(target: Target, mirror: float) -> tuple[float, float]:
    """Yaw and pitch of a target, degrees; ``mirror`` is -1 for a driver on the right."""
    if mirror > 0.0:
        return _DIRECTIONS[target]
    yaw, pitch = _DIRECTIONS[_OTHER_SIDE.get(target, target)]
    return -yaw, pitch


def glance(tracks: Tracks, start_s: float, length_s: float, target: Target, lead: str = "both") -> None:
    """Look at a target from the start of the move there to the start of the move back (ISO 15007)."""
    yaw, pitch = direction(target, tracks.mirror)
    tracks.gaze.append(GazeShift(start_s, start_s + length_s, yaw, pitch, target, _HEAD_SHARE[lead]))
    tracks.label("look", start_s, start_s + length_s, zone=target)


class Look(Behaviour):
    """A glance."""

    NAME = "look"
    length: float = length(2.0, "from the start of the move there to the start of the move back, s", 0.1, 600.0)
    zone: Target = choice("rear_mirror", "where to")
    lead: Literal["head", "eyes", "both"] = choice("both", "whether the head goes all the way, not at all, or in part")

    def _write(self, tracks: Tracks) -> None:
        glance(tracks, self.at, self.length, self.zone, self.lead)


class LookAt(Behaviour):
    """A glance in any direction."""

    NAME = "look_at"
    length: float = length(2.0, "from the start of the move there to the start of the move back, s", 0.1, 600.0)
    yaw: float = figure(0.0, "to the driver's left, degrees", -90.0, 90.0)
    pitch: float = figure(0.0, "up, degrees", -60.0, 45.0)
    lead: Literal["head", "eyes", "both"] = choice("both", "whether the head goes all the way, not at all, or in part")

    def _write(self, tracks: Tracks) -> None:
        tracks.gaze.append(
            GazeShift(self.at, self.end_s, self.yaw, self.pitch, f"{self.yaw:g},{self.pitch:g}", _HEAD_SHARE[self.lead])
        )
        tracks.label("look", self.at, self.end_s, yaw=self.yaw, pitch=self.pitch)


class Mirrors(Behaviour):
    """Mirror checks, one after another, with the road between them."""

    NAME = "mirrors"
    length: float = length(8.0, "how long the checks go on, s", 2.0, 36_000.0)
    every: float = figure(4.0, "from one check to the next, s", 1.5, 120.0)
    each: float = figure(0.9, "how long one check lasts, s", 0.3, 3.0)

    def _write(self, tracks: Tracks) -> None:
        order: tuple[Target, ...] = ("rear_mirror", "left_mirror", "rear_mirror", "right_mirror")
        start_s, k = self.at, 0
        while start_s + self.each <= self.end_s:
            glance(tracks, start_s, self.each, order[k % len(order)])
            start_s, k = start_s + self.every, k + 1


class DownGaze(Behaviour):
    """Eyes lowered with the head kept up: what a two-dimensional eye aspect ratio takes for closed eyes."""

    NAME = "down_gaze"
    length: float = length(3.0, "how long, s", 0.2, 600.0)
    degrees: float = figure(27.0, "how far down, degrees", 10.0, 45.0)

    def _write(self, tracks: Tracks) -> None:
        tracks.gaze.append(GazeShift(self.at, self.end_s, 0.0, -self.degrees, "down", 0.0))
        tracks.label("down_gaze", self.at, self.end_s, degrees=self.degrees)


class Blinks(Behaviour):
    """The driver's own blinks from here on."""

    NAME = "blinks"
    length: float = length(36_000.0, "how long this rate holds, s", 1.0, 36_000.0)
    rate: float = figure(15.0, "blinks a minute", 0.0, 60.0)
    closed: float = figure(0.15, "half shut to half open again, s", 0.12, 0.5)

    def _write(self, tracks: Tracks) -> None:
        tracks.blink_rates.append(BlinkRate(self.at, self.end_s, self.rate, self.closed))


class Blink(Behaviour):
    """One blink."""

    NAME = "blink"
    length: float = length(0.16, "half shut to half open again, s", 0.12, 0.49)

    def _write(self, tracks: Tracks) -> None:
        tracks.close(closure(tracks.t, self.at, self.length, BLINK_CLOSING_S, BLINK_OPENING_S))
        tracks.no_blinks.append(Span(self.at - 0.4, self.end_s + 0.4))
        tracks.label("blink", self.at, self.end_s)


class LongBlink(Behaviour):
    """A blink of a tired driver."""

    NAME = "long_blink"
    length: float = length(0.7, "half shut to half open again, s", 0.5, 1.0)

    def _write(self, tracks: Tracks) -> None:
        tracks.close(closure(tracks.t, self.at, self.length, 0.14, 0.25))
        tracks.no_blinks.append(Span(self.at - 0.5, self.end_s + 0.5))
        tracks.label("long_blink", self.at, self.end_s)


class Microsleep(Behaviour):
    """The eyes fall shut, and the head sinks a little."""

    NAME = "microsleep"
    length: float = length(1.5, "half shut to half open again, s", 0.5, 3.0)
    nod: float = figure(8.0, "how far the head sinks, degrees", 0.0, 30.0)

    def _write(self, tracks: Tracks) -> None:
        fall_asleep(tracks, self.at, self.length, self.nod)
        tracks.label("microsleep", self.at, self.end_s)


class Sleep(Behaviour):
    """The eyes stay shut, and the head sinks."""

    NAME = "sleep"
    length: float = length(4.0, "half shut to half open again, s", 3.0, 600.0)
    nod: float = figure(16.0, "how far the head sinks, degrees", 0.0, 40.0)

    def _write(self, tracks: Tracks) -> None:
        fall_asleep(tracks, self.at, self.length, self.nod)
        tracks.label("sleep", self.at, self.end_s)


def fall_asleep(tracks: Tracks, start_s: float, length_s: float, nod_deg: float) -> None:
    """Lids shut for a length; the head sinks after them and is up again as they open."""
    tracks.close(closure(tracks.t, start_s, length_s, 0.18, 0.20))
    sink_s = max(0.3, length_s - 0.5)
    tracks.head_pitch -= nod_deg * tracks.pulse(start_s + 0.3, max(sink_s, 0.5), min(1.2, 0.8 * sink_s), 0.25)
    tracks.no_blinks.append(Span(start_s - 0.6, start_s + length_s + 0.5))
