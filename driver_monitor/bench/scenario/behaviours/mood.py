"""Moods: what they do to face, voice, heart and driving together."""

from __future__ import annotations

from driver_monitor.bench.scenario.behaviours.base import Behaviour, choice, figure, length
from driver_monitor.bench.scenario.tracks import BlinkRate, Span, Speech, Tracks

# (face unit, both sides, strength); after EMFACS: anger lowers the brows and tightens lids and lips. Lips are rolled in, not
# pressed: this head's mouthPress draws the corners up, which MediaPipe reads as a smile
_ANGRY = (
    ("browDown", True, 1.25),
    ("eyeSquint", True, 0.45),
    ("noseSneer", True, 0.8),
    ("mouthFrown", True, 0.8),
    ("mouthRollLower", False, 0.6),
    ("mouthRollUpper", False, 0.5),
)
_STRESSED = (
    ("browInnerUp", False, 0.6),
    ("browDown", True, 0.5),
    ("mouthRollLower", False, 0.6),
    ("mouthRollUpper", False, 0.5),
)
_SMILE = (("mouthSmile", True, 0.8), ("cheekSquint", True, 0.5))


class Angry(Behaviour):
    """An outburst: face, a raised voice, a faster heart, a rougher drive."""

    NAME = "angry"
    length: float = length(8.0, "how long, s", 2.0, 600.0)
    strength: float = figure(1.0, "of the face", 0.2, 1.3)
    voice: bool = choice(True, "with a raised voice")
    heart: bool = choice(True, "with a faster heart")

    def _write(self, tracks: Tracks) -> None:
        tracks.express(_ANGRY, self.strength * tracks.pulse(self.at, self.length, 0.5, 0.8))
        span = Span(self.at, self.end_s)
        if self.voice:
            start_s = self.at + 0.4
            while start_s < self.end_s - 1.0:
                end_s = min(start_s + 2.6, self.end_s - 0.2)
                tracks.speech.append(Speech(start_s, end_s, "angry", louder_db=9.0))
                start_s = end_s + 0.5
        if self.heart:
            tracks.heart_mood.append((span, "angry"))
        tracks.drive_style.append((span, "angry"))
        tracks.label("angry", self.at, self.end_s)


class Stressed(Behaviour):
    """Strain: a tense face, a fast and steady heart, more blinks."""

    NAME = "stressed"
    length: float = length(60.0, "how long, s", 5.0, 36_000.0)
    strength: float = figure(1.0, "of the face", 0.0, 1.3)

    def _write(self, tracks: Tracks) -> None:
        tracks.express(_STRESSED, self.strength * tracks.pulse(self.at, self.length, 1.0, 1.0))
        tracks.heart_mood.append((Span(self.at, self.end_s), "stressed"))
        tracks.blink_rates.append(BlinkRate(self.at, self.end_s, 24.0, 0.14))
        tracks.label("stressed", self.at, self.end_s)


class Happy(Behaviour):
    """A smile."""

    NAME = "smile"
    length: float = length(4.0, "how long, s", 1.0, 600.0)
    strength: float = figure(1.0, "of the face", 0.2, 1.2)

    def _write(self, tracks: Tracks) -> None:
        tracks.express(_SMILE, self.strength * tracks.pulse(self.at, self.length, 0.5, 0.7))
        tracks.label("smile", self.at, self.end_s)


class Drowsy(Behaviour):
    """Growing sleepiness: drooping lids, slow blinks, a slower heart, late steering."""

    NAME = "drowsy"
    length: float = length(60.0, "how long, s", 5.0, 36_000.0)
    level: float = figure(1.0, "at its height", 0.1, 1.0)
    ramp: float = figure(10.0, "how long it takes to come on, s", 0.5, 3600.0)
    heart: bool = choice(True, "with a slower heart")

    def _write(self, tracks: Tracks) -> None:
        rising = tracks.pulse(self.at, self.length, min(self.ramp, self.length / 2.0), min(3.0, self.length / 4.0))
        tracks.droop += 0.42 * self.level * rising
        tracks.head_pitch -= 5.0 * self.level * rising
        # blinks grow longer with it, in steps of a fifth
        steps = 5
        ramp_s = min(self.ramp, self.length / 2.0)
        for k in range(steps):
            start_s = self.at + ramp_s * k / steps
            share = self.level * (k + 1) / steps
            end_s = self.end_s if k == steps - 1 else self.at + ramp_s * (k + 1) / steps
            tracks.blink_rates.append(BlinkRate(start_s, end_s, 15.0 + 9.0 * share, 0.16 + 0.28 * share))
        span = Span(self.at, self.end_s)
        if self.heart:
            tracks.heart_mood.append((span, "drowsy"))
        tracks.drive_style.append((span, "drowsy"))
        tracks.label("drowsy", self.at, self.end_s, level=self.level)
