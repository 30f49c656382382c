"""Anger: a lowered brow with tense lids or lips, an angry voice, a fast heart, as a sum of log-odds.

Face after EMFACS (AU4 with AU5, AU7, AU23/24), voice after Juslin & Laukka 2003, doi:10.1037/0033-2909.129.5.770. Joy
sounds much the same, so a smile speaks against, and no channel alone can pass the default threshold. In a small or blurred
face whose brow is read poorly, so that it strays in the own neutral already, an expression network takes over in part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from driver_monitor import settings
from driver_monitor.estimators.angry_voice import voice_terms
from driver_monitor.estimators.driving_terms import Weights
from driver_monitor.estimators.emotion import Channel, Emotion, bounded
from driver_monitor.estimators.evidence import ramp, term
from driver_monitor.estimators.own_expression import NetworkChange, OwnExpression
from driver_monitor.estimators.own_rest import FaceChange, HeartChange, OwnRest, VoiceChange
from driver_monitor.signals import Evidence, ExpressionReading

UNITS_LEFT = 0.4
"""What the action units still count where the network counts in full (docs/voice_heart.md)."""

STEADY, UNSTEADY = 0.4, 0.7
"""How far the brow strays in the own neutral (``FaceChange.unsteady``) up to which the action units are trusted alone, and from
which the network counts as its picture says: drawn faces, blurred or not, have 0.03 to 0.4, strangers as one driver 0.8."""

NETWORK_WEIGHT, NETWORK_FOR, NETWORK_AGAINST = 0.8, 2.8, 1.0
"""Log-odds for each of the network's own about the own neutral, and the most it says for anger and against it (design)."""


class Anger(Emotion):
    """Anger from face, voice and heart."""

    NAME = "anger"
    KIND = "anger"
    PRIOR = -3.0  # about 5 % of driving time (design)
    TRUST_ALL = 1.2
    DRIVING = Weights(0.2, 0.3, 0.2)
    WORDS: ClassVar[Mapping[str, float]] = {"swearing": 1.0}  # design

    def __init__(self, settings: settings.Settings, rest: OwnRest | None = None) -> None:
        super().__init__(settings, settings.emotion.anger_threshold, rest)
        self._expression = OwnExpression()

    def look(self, t_ns: int, reading: ExpressionReading) -> None:
        """Take one look of the expression network; not to be given those at a yawn."""
        if self._on:
            self._expression.step(t_ns, reading)

    def _channels(self, t_ns: int) -> list[Channel]:
        heart, voice, face = self.rest.heart_change(t_ns), self.rest.voice_change(t_ns), self.rest.face_change(t_ns)
        channels = []
        if face is not None:
            channels.append(self._face_terms(face, self._expression.change(t_ns)))
        if voice is not None:
            channels.append(self._voice_terms(voice))
        if heart is not None:
            channels.append(self._heart_terms(heart))
        return channels

    def _face_terms(self, change: FaceChange, network: NetworkChange | None) -> Channel:
        face = change.above
        lowered, raised = change.ratio["brow"], change.ratio["raised brow"]
        brow = ramp(lowered, 0.3, 1.8)
        press, narrow = max(face["pressed lips"], face["rolled lips"]), face["narrow eyes"]
        share = 0.0 if network is None else network.share * ramp(change.unsteady, STEADY, UNSTEADY)
        left = 1.0 - (1.0 - UNITS_LEFT) * share
        # lids and lips count only with the brow: alone they are sun, thought or the letter m
        units = [
            term("brow lowered", left * bounded(0.9 * lowered, -0.7, 1.4), lowered, "ln of own neutral"),
            # a raised inner brow is fear, sorrow or surprise
            term("brow raised", left * bounded(-0.5 * raised, -1.0, 0.2), raised, "ln of own neutral"),
            term("lips pressed", left * 0.9 * brow * ramp(press, 0.08, 0.3), press, "above own neutral"),
            term("eyes narrowed", left * 0.4 * brow * ramp(narrow, 0.1, 0.4), narrow, "above own neutral"),
            term("eyes wide", left * 0.4 * brow * ramp(face["wide eyes"], 0.08, 0.3), face["wide eyes"], "above own neutral"),
            term("smile", -2.0 * left * ramp(face["smile"], 0.15, 0.5), face["smile"], "above own neutral"),
        ]
        return Channel(units if network is None or share <= 0.0 else [*units, _network_term(network.above, share)], 0.4)

    def _voice_terms(self, voice: VoiceChange) -> Channel:
        return Channel(voice_terms(voice.deviation, voice.level_db, voice.weight), 0.4 * voice.weight)

    def _heart_terms(self, heart: HeartChange) -> Channel:
        terms = [term("heart rate", bounded(0.3 * (heart.rise_sd - 1.0), -0.2, 0.8), heart.rise_sd, "own SD above own rest")]
        return Channel(terms, 0.2 * (1.0 - heart.artefact_share))


def _network_term(above: float, share: float) -> Evidence:
    most = NETWORK_FOR if above > 0.0 else NETWORK_AGAINST
    # bent, not cut off: of two angry faces the angrier one still counts for more
    contribution = share * most * math.tanh(NETWORK_WEIGHT * above / most)
    return term("expression network", contribution, above, "log-odds above own neutral")
