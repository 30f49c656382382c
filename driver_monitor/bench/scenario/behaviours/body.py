"""What head, mouth, hands and body do."""

from __future__ import annotations

from typing import Literal

import numpy as np

from driver_monitor.bench.scenario.behaviours.base import Behaviour, choice, figure, length
from driver_monitor.bench.scenario.behaviours.eyes import Target, direction, glance
from driver_monitor.bench.scenario.motion import closure
from driver_monitor.bench.scenario.tracks import GazeShift, HandRaise, Span, Tracks
from driver_monitor.bench.virtual_driver.pose import HandAt

_REACH_S = 0.8  # a hand comes up within this


class Yawn(Behaviour):
    """The mouth opens wide, the eyes narrow, the head tips back a little."""

    NAME = "yawn"
    length: float = length(5.0, "how long the mouth is open, s", 1.5, 12.0)
    hand: bool = choice(False, "a hand comes before the mouth")

    def _write(self, tracks: Tracks) -> None:
        wide = tracks.pulse(self.at, self.length, 0.30 * self.length, 0.22 * self.length)
        tracks.move("jawOpen", 1.0 * wide)
        tracks.move("browInnerUp", 0.35 * wide)
        tracks.move("eyeSquint", 0.4 * wide, both=True)
        tracks.close(0.50 * wide**2)
        tracks.head_pitch += 5.0 * wide
        tracks.no_blinks.append(Span(self.at - 0.3, self.end_s + 0.3))
        if self.hand:
            tracks.hands.append(HandRaise(self.at + 0.2 * self.length, self.end_s - 0.1 * self.length, "mouth", phone=False))
        tracks.label("yawn", self.at, self.end_s)


class Nod(Behaviour):
    """A drowsy nod: the head sinks with closing eyes and comes up with a start."""

    NAME = "nod"
    length: float = length(1.6, "from the first sinking to the head's being up, s", 0.8, 4.0)
    degrees: float = figure(16.0, "how far the head sinks, degrees", 5.0, 35.0)

    def _write(self, tracks: Tracks) -> None:
        tracks.head_pitch -= self.degrees * tracks.pulse(self.at, self.length, 0.7 * self.length, 0.25)
        shut_s = 0.65 * self.length
        tracks.close(closure(tracks.t, self.at + 0.25 * self.length, shut_s, 0.2, 0.15))
        tracks.no_blinks.append(Span(self.at - 0.3, self.end_s + 0.3))
        tracks.label("nod", self.at, self.end_s, degrees=self.degrees)


class Slump(Behaviour):
    """The body sinks to a side and stays there, eyes shut: a driver who no longer answers."""

    NAME = "slump"
    length: float = length(10.0, "how long, s", 3.0, 600.0)
    side: Literal["left", "right"] = choice("right", "to which side")

    def _write(self, tracks: Tracks) -> None:
        sunk = tracks.pulse(self.at, self.length, 1.5, 0.8)
        way = 1.0 if self.side == "left" else -1.0
        tracks.head_roll -= way * 28.0 * sunk
        tracks.head_pitch -= 22.0 * sunk
        tracks.shift += np.outer(sunk, [way * 70.0, -60.0, 30.0])
        tracks.close(closure(tracks.t, self.at + 0.4, self.length - 0.8, 0.25, 0.25))
        tracks.no_blinks.append(Span(self.at - 0.3, self.end_s + 0.3))
        tracks.label("slump", self.at, self.end_s, side=self.side)


class LeanOut(Behaviour):
    """The driver leans out of the picture and comes back."""

    NAME = "lean_out"
    length: float = length(4.0, "how long, s", 1.0, 600.0)
    side: Literal["left", "right"] = choice("right", "to which side")
    far: float = figure(520.0, "how far, mm", 50.0, 900.0)

    def _write(self, tracks: Tracks) -> None:
        leaning = tracks.pulse(self.at, self.length, 0.9, 0.8)
        way = 1.0 if self.side == "left" else -1.0
        tracks.shift += np.outer(leaning, [way * self.far, -0.35 * self.far, 0.1 * self.far])
        tracks.head_roll -= way * 20.0 * leaning
        tracks.label("lean_out", self.at, self.end_s, side=self.side)


class Hand(Behaviour):
    """A hand before the face: rubbing an eye, hiding the mouth, holding the chin."""

    NAME = "hand"
    length: float = length(2.5, "from the hand's coming up to its going down, s", 1.0, 600.0)
    to: HandAt = choice("mouth", "where the hand is held")

    def _write(self, tracks: Tracks) -> None:
        tracks.hands.append(HandRaise(self.at, self.end_s, self.to, phone=False))
        if self.to in {"left_eye", "right_eye"}:
            side = "Left" if self.to == "left_eye" else "Right"
            tracks.move(f"eyeSquint{side}", tracks.pulse(self.at, self.length, _REACH_S, _REACH_S))
        tracks.label("hand_to_face", self.at, self.end_s, to=self.to)


class Eat(Behaviour):
    """A hand goes to the mouth again and again, and the jaw chews."""

    NAME = "eat"
    length: float = length(12.0, "how long, s", 4.0, 600.0)

    def _write(self, tracks: Tracks) -> None:
        for start_s in np.arange(self.at, self.end_s - 2.0, 5.0):
            tracks.hands.append(HandRaise(float(start_s), float(start_s) + 1.9, "mouth", phone=False))
        during = tracks.pulse(self.at, self.length, 0.4, 0.4)
        tracks.move("jawOpen", during * 0.10 * (1.0 - np.cos(2.0 * np.pi * 1.4 * tracks.t)))
        tracks.label("eat", self.at, self.end_s)


class Phone(Behaviour):
    """A telephone: looked at in the lap, on the knee, behind the wheel or in a mount, or held to the ear."""

    NAME = "phone"
    length: float = length(4.0, "how long, s", 0.5, 600.0)
    place: Literal["lap", "knee", "wheel", "dash", "ear"] = choice("lap", "where the telephone is")
    glances: int = choice(1, "in how many looks, with the road for half a second between them")

    def _write(self, tracks: Tracks) -> None:
        tracks.label("phone", self.at, self.end_s, place=self.place)
        if self.place == "ear":
            ear: HandAt = "right_ear" if tracks.mirror > 0.0 else "left_ear"
            tracks.hands.append(HandRaise(self.at, self.end_s, ear, phone=True))
            return
        targets: dict[str, Target] = {"lap": "phone_lap", "knee": "phone_knee", "wheel": "phone_wheel", "dash": "phone_dash"}
        back_s = 0.5
        each_s = (self.length - back_s * (self.glances - 1)) / self.glances
        for k in range(self.glances):
            glance(tracks, self.at + k * (each_s + back_s), max(each_s, 0.3), targets[self.place])


class Shoulder(Behaviour):
    """A look over the shoulder, the body turning with it."""

    NAME = "shoulder_check"
    length: float = length(1.2, "from the start of the move there to the start of the move back, s", 0.5, 5.0)
    side: Literal["left", "right"] = choice("left", "over which shoulder")

    def _write(self, tracks: Tracks) -> None:
        yaw, pitch = direction("left_window" if self.side == "left" else "right_window", tracks.mirror)
        tracks.gaze.append(GazeShift(self.at, self.end_s, yaw, pitch, f"{self.side}_window", 0.85))
        tracks.label("shoulder_check", self.at, self.end_s, side=self.side)
