"""What the driver does with the vehicle."""

from __future__ import annotations

from typing import Literal

from driver_monitor.bench.scenario.behaviours.base import Behaviour, choice, figure, length
from driver_monitor.bench.scenario.motion import smooth_ramp
from driver_monitor.bench.scenario.tracks import Span, Tracks


class Speed(Behaviour):
    """A new speed from here on."""

    NAME = "speed"
    to: float = figure(50.0, "km/h", 0.0, 250.0)
    over: float = figure(3.0, "how long the change takes, s", 0.1, 120.0)

    def _write(self, tracks: Tracks) -> None:
        tracks.speed += (self.to - tracks.speed) * smooth_ramp((tracks.t - self.at) / self.over)
        tracks.label("speed", self.at, self.at + self.over, to_kmh=self.to)


class Indicate(Behaviour):
    """The turn indicator."""

    NAME = "indicate"
    length: float = length(4.0, "how long, s", 0.5, 600.0)
    side: Literal["left", "right", "hazard"] = choice("left", "which")

    def _write(self, tracks: Tracks) -> None:
        tracks.indicator.append(Span(self.at, self.end_s, self.side))
        tracks.label("indicate", self.at, self.end_s, side=self.side)


class Reverse(Behaviour):
    """The reverse gear."""

    NAME = "reverse"
    length: float = length(10.0, "how long, s", 0.5, 600.0)

    def _write(self, tracks: Tracks) -> None:
        tracks.reverse.append(Span(self.at, self.end_s))
        tracks.label("reverse", self.at, self.end_s)


class Turn(Behaviour):
    """A turn of the wheel."""

    NAME = "turn"
    length: float = length(4.0, "how long, s", 1.0, 60.0)
    degrees: float = figure(90.0, "of the steering wheel, + to the left", -540.0, 540.0)

    def _write(self, tracks: Tracks) -> None:
        tracks.steer += self.degrees * tracks.pulse(self.at, self.length, 0.35 * self.length, 0.35 * self.length)
        tracks.label("turn", self.at, self.end_s, degrees=self.degrees)


class Press(Behaviour):
    """The driver presses the acknowledge button."""

    NAME = "press_button"

    def _write(self, tracks: Tracks) -> None:
        tracks.presses.append(self.at)
        tracks.label("press_button", self.at, self.at)
