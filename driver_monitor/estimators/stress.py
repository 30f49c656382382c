"""Stress: heart, voice and face against the driver's own rest, as a sum of log-odds.

No channel alone can pass the default threshold; the weights are design choices checked in docs/voice_heart.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from driver_monitor import settings
from driver_monitor.estimators.driving_terms import Weights
from driver_monitor.estimators.emotion import Channel, Emotion, bounded
from driver_monitor.estimators.evidence import ramp, term
from driver_monitor.estimators.own_rest import FaceChange, HeartChange, OwnRest, VoiceChange


class Stress(Emotion):
    """Stress: a faster and steadier heart, a higher and faster voice, a tense face."""

    NAME = "stress"
    KIND = "stress"
    PRIOR = -2.0  # about 12 % of driving time (design)
    TRUST_ALL = 1.2
    DRIVING = Weights(0.4, 0.3, 0.4)
    WORDS: ClassVar[Mapping[str, float]] = {"stop": 1.0, "break": 0.5, "swearing": 0.5}  # design

    def __init__(self, settings: settings.Settings, rest: OwnRest | None = None) -> None:
        super().__init__(settings, settings.emotion.stress_threshold, rest)

    def _channels(self, t_ns: int) -> list[Channel]:
        heart, voice, face = self.rest.heart_change(t_ns), self.rest.voice_change(t_ns), self.rest.face_change(t_ns)
        channels = []
        if heart is not None:
            channels.append(self._heart_terms(heart))
        if voice is not None:
            channels.append(self._voice_terms(voice))
        if face is not None:
            channels.append(self._face_terms(face))
        return channels

    def _heart_terms(self, heart: HeartChange) -> Channel:
        terms = [term("heart rate", bounded(0.8 * (heart.rise_sd - 0.5), -1.5, 2.2), heart.rise_sd, "own SD above own rest")]
        if heart.rmssd_log_ratio is not None:
            fall = -heart.rmssd_log_ratio
            terms.append(term("heart variability", bounded(1.2 * fall - 0.2, -0.4, 0.8), -fall, "ln of RMSSD over own rest"))
        if heart.skin_log_ratio is not None:
            sweat = heart.skin_log_ratio
            terms.append(term("skin conductance", bounded(1.5 * (sweat - 0.1), -0.5, 1.0), sweat, "ln of own rest"))
        return Channel(terms, 0.4 * (1.0 - heart.artefact_share))

    def _voice_terms(self, voice: VoiceChange) -> Channel:
        d, w = voice.deviation, voice.weight
        terms = [term("pitch", w * bounded(0.3 * (d.f0_st - 1.0), -0.3, 1.2), d.f0_st, "semitones above own")]
        if d.rate_ratio is not None:
            terms.append(term("speech rate", w * bounded(2.0 * (d.rate_ratio - 1.15), -0.2, 0.6), d.rate_ratio, "times own"))
        return Channel(terms, 0.3 * w)

    def _face_terms(self, change: FaceChange) -> Channel:
        face = change.above
        smile = 1.0 - ramp(face["smile"], 0.1, 0.4)  # a smile narrows the eyes and presses the lips too
        press = max(face["pressed lips"], face["rolled lips"])
        narrow = face["narrow eyes"]
        return Channel(
            [
                term("brow lowered", 1.2 * ramp(face["brow"], 0.08, 0.35), face["brow"], "above own neutral"),
                term("lips pressed", 0.5 * smile * ramp(press, 0.08, 0.3), press, "above own neutral"),
                term("eyes narrowed", 0.3 * smile * ramp(narrow, 0.1, 0.4), narrow, "above own neutral"),
            ],
            0.3,
        )
