"""What befalls the camera, the light and the heart sensor."""

from __future__ import annotations

import numpy as np

from driver_monitor.bench.scenario.behaviours.base import Behaviour, choice, figure, length
from driver_monitor.bench.scenario.tracks import Span, Tracks
from driver_monitor.bench.virtual_driver.light import LightKind


class CoverCamera(Behaviour):
    """Something dark before the lens."""

    NAME = "cover_camera"
    length: float = length(10.0, "how long, s", 0.2, 600.0)
    share: float = figure(1.0, "of the picture that is hidden, from below", 0.1, 1.0)

    def _write(self, tracks: Tracks) -> None:
        inside = (tracks.t >= self.at) & (tracks.t < self.end_s)
        tracks.covered = np.maximum(tracks.covered, self.share * inside)
        tracks.label("cover_camera", self.at, self.end_s, share=self.share)


class Freeze(Behaviour):
    """The camera sends the same picture again and again."""

    NAME = "freeze"
    length: float = length(5.0, "how long, s", 0.2, 600.0)

    def _write(self, tracks: Tracks) -> None:
        tracks.frozen.append(Span(self.at, self.end_s))
        tracks.label("freeze", self.at, self.end_s)


class LosePictures(Behaviour):
    """No pictures come."""

    NAME = "lose_pictures"
    length: float = length(5.0, "how long, s", 0.1, 600.0)

    def _write(self, tracks: Tracks) -> None:
        tracks.picture_lost.append(Span(self.at, self.end_s))
        tracks.label("lose_pictures", self.at, self.end_s)


class LoseHeart(Behaviour):
    """No heart beats come."""

    NAME = "lose_heart"
    length: float = length(20.0, "how long, s", 1.0, 36_000.0)

    def _write(self, tracks: Tracks) -> None:
        tracks.heart_lost.append(Span(self.at, self.end_s))
        tracks.label("lose_heart", self.at, self.end_s)


class ChangeLight(Behaviour):
    """Other light: a tunnel, the sun, night."""

    NAME = "light"
    length: float = length(36_000.0, "how long, s", 0.1, 36_000.0)
    kind: LightKind = choice("night", "which")

    def _write(self, tracks: Tracks) -> None:
        tracks.light.append((Span(self.at, self.end_s), self.kind))
        tracks.label("light", self.at, min(self.end_s, tracks.seconds), kind=self.kind)


class Shake(Behaviour):
    """A rough road shakes the camera."""

    NAME = "shake"
    length: float = length(5.0, "how long, s", 0.2, 36_000.0)
    pixels: float = figure(3.0, "how far, pixels", 0.2, 30.0)

    def _write(self, tracks: Tracks) -> None:
        tracks.vibration = np.maximum(tracks.vibration, self.pixels * tracks.pulse(self.at, self.length, 0.1, 0.1))
        tracks.label("shake", self.at, self.end_s, pixels=self.pixels)
