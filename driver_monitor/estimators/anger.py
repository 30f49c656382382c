"""Anger: a lowered brow with tense lids or lips, an angry voice, a fast heart, as a sum of log-odds.

Face after EMFACS (AU4 with AU5, AU7, AU23/24), voice after Juslin & Laukka 2003, doi:10.1037/0033-2909.129.5.770. Joy
sounds much the same, so a smile speaks against, and no channel alone can pass the default threshold.
"""

from __future__ import annotations

from driver_monitor import settings
from driver_monitor.estimators.emotion import Channel, Emotion, bounded
from driver_monitor.estimators.evidence import ramp, term
from driver_monitor.estimators.own_rest import HeartChange, VoiceChange


class Anger(Emotion):
    """Anger from face, voice and heart."""

    NAME = "anger"
    KIND = "anger"
    PRIOR = -3.0  # about 5 % of driving time (design)
    TRUST_ALL = 1.0

    def __init__(self, settings: settings.Settings) -> None:
        super().__init__(settings, settings.emotion.anger_threshold)

    def _channels(self, t_ns: int) -> list[Channel]:
        heart, voice, face = self._rest.heart_change(t_ns), self._rest.voice_change(t_ns), self._rest.face_change(t_ns)
        channels = []
        if face is not None:
            channels.append(self._face_terms(face))
        if voice is not None:
            channels.append(self._voice_terms(voice))
        if heart is not None:
            channels.append(self._heart_terms(heart))
        return channels

    def _face_terms(self, face: dict[str, float]) -> Channel:
        brow = ramp(face["brow"], 0.1, 0.4)
        press = max(face["pressed lips"], face["rolled lips"])
        # lids and lips count only with the brow: alone they are sun, thought or the letter m
        return Channel(
            [
                term("brow lowered", 1.4 * brow, face["brow"], "above own neutral"),
                term("lips pressed", 0.9 * brow * ramp(press, 0.08, 0.3), press, "above own neutral"),
                term("eyes narrowed", 0.4 * brow * ramp(face["narrow eyes"], 0.1, 0.4), face["narrow eyes"], "above own neutral"),
                term("eyes wide", 0.4 * brow * ramp(face["wide eyes"], 0.08, 0.3), face["wide eyes"], "above own neutral"),
                term("smile", -2.0 * ramp(face["smile"], 0.15, 0.5), face["smile"], "above own neutral"),
            ],
            0.4,
        )

    def _voice_terms(self, voice: VoiceChange) -> Channel:
        d, w = voice.deviation, voice.weight
        terms = [
            term("pitch", w * bounded(0.3 * (d.f0_st - 1.0), -0.6, 1.3), d.f0_st, "semitones above own"),
            term("pitch range", w * bounded(0.15 * (d.range_st - 1.0), -0.3, 0.6), d.range_st, "semitones above own"),
            # a little only: a recording may be level-normalised, and a quieter one must not hide an angry voice
            term("loudness", w * bounded(0.03 * voice.level_db, 0.0, 0.3), voice.level_db, "dB above own"),
        ]
        if d.tilt_db is not None:
            terms.append(term("flat spectrum", w * bounded(0.15 * (d.tilt_db - 1.0), -0.5, 0.8), d.tilt_db, "dB above own"))
        if d.rate_ratio is not None:
            terms.append(term("speech rate", w * bounded(1.0 * (d.rate_ratio - 1.1), 0.0, 0.2), d.rate_ratio, "times own"))
        return Channel(terms, 0.4 * w)

    def _heart_terms(self, heart: HeartChange) -> Channel:
        terms = [term("heart rate", bounded(0.3 * (heart.rise_sd - 1.0), -0.2, 0.8), heart.rise_sd, "own SD above own rest")]
        return Channel(terms, 0.2 * (1.0 - heart.artefact_share))
