"""What the driver says, and the face that goes with it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from driver_monitor.bench.scenario.behaviours.base import Behaviour, choice, figure, length
from driver_monitor.bench.scenario.tracks import Speech, Tracks


class Talk(Behaviour):
    """Talking, with pauses for breath."""

    NAME = "talk"
    length: float = length(5.0, "how long, s", 0.5, 36_000.0)
    manner: Literal["calm", "angry", "tired"] = choice("calm", "how")
    louder: float = figure(0.0, "than the calm voice, dB", -20.0, 25.0)

    def _write(self, tracks: Tracks) -> None:
        start_s = self.at
        while start_s < self.end_s - 0.3:
            end_s = min(start_s + 3.2, self.end_s)
            tracks.speech.append(Speech(start_s, end_s, self.manner, self.louder))
            start_s = end_s + 0.6
        tracks.label("talk", self.at, self.end_s, manner=self.manner)


class Shout(Behaviour):
    """One loud shout."""

    NAME = "shout"
    length: float = length(0.8, "how long, s", 0.3, 5.0)
    louder: float = figure(18.0, "than the calm voice, dB", 6.0, 30.0)

    def _write(self, tracks: Tracks) -> None:
        tracks.speech.append(Speech(self.at, self.end_s, "angry", self.louder))
        tracks.label("shout", self.at, self.end_s)


class Laugh(Behaviour):
    """Laughing: a broad smile, narrowed eyes, a bobbing head."""

    NAME = "laugh"
    length: float = length(3.0, "how long, s", 1.0, 60.0)

    def _write(self, tracks: Tracks) -> None:
        laughing = tracks.pulse(self.at, self.length, 0.4, 0.6)
        for unit, strength in (("mouthSmile", 1.0), ("cheekSquint", 0.8), ("eyeSquint", 0.7)):
            tracks.move(unit, strength * laughing, both=True)
        tracks.close(0.25 * laughing)
        tracks.head_pitch += laughing * (2.0 + 1.5 * np.sin(2.0 * np.pi * 4.5 * tracks.t))
        tracks.speech.append(Speech(self.at + 0.2, self.end_s - 0.2, "laugh", 4.0))
        tracks.label("laugh", self.at, self.end_s)


class Sing(Behaviour):
    """Singing: long open vowels, a moving head."""

    NAME = "sing"
    length: float = length(8.0, "how long, s", 2.0, 600.0)

    def _write(self, tracks: Tracks) -> None:
        singing = tracks.pulse(self.at, self.length, 0.5, 0.5)
        tracks.head_roll += singing * 4.0 * np.sin(2.0 * np.pi * 0.5 * tracks.t)
        tracks.speech.append(Speech(self.at, self.end_s, "sing", 5.0))
        tracks.label("sing", self.at, self.end_s)
