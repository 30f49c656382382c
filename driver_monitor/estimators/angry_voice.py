"""An angry voice against the speaker's own: higher, brighter, rougher, with less in the bass. Level hardly counts.

The weights come from six acted speakers (``models/training/angry_voice.py``, ``models/angry_voice.md``). What speaks for
each figure: Juslin & Laukka 2003, doi:10.1037/0033-2909.129.5.770.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from driver_monitor.estimators.evidence import term
from driver_monitor.perception.voice_baseline import VoiceDeviation
from driver_monitor.signals import Evidence


@dataclass(frozen=True, slots=True)
class _Weight:
    """A figure's weight, and its middle between angry and other voices, from where it speaks for anger."""

    term: str
    unit: str
    weight: float
    middle: float


_WEIGHTS = {
    "f0_st": _Weight("pitch", "semitones above own", 0.0424, 5.82),
    "tilt_db": _Weight("flat spectrum", "dB above own", 0.0272, 7.39),
    "bass_db": _Weight("bass", "dB above own", -0.0257, -4.39),
    "bright_oct": _Weight("brightness", "octaves above own", 0.9623, 0.374),
    "rough": _Weight("roughness", "share above own", 5.7233, 0.0273),
}

LOUD_WEIGHT, LOUD_MAX_DB = 0.025, 10.0
"""A louder voice says a little only: a recording may be level-normalised, and a quieter one must not hide anger (design)."""

MOST_FOR, MOST_AGAINST = 3.0, 1.5
"""Log-odds the voice may say in all, so that no voice alone reaches the default threshold (design)."""

STEEPNESS = 3.0
"""Log-odds for each of the fitted model's own, about its middle (design)."""


def voice_terms(d: VoiceDeviation, loudness_db: float, fade: float) -> list[Evidence]:
    """The voice's terms; ``fade`` falls from 1 to 0 as what was said grows old."""
    parts = [
        (w.term, w.weight * (x - w.middle), x, w.unit)
        for name, w in _WEIGHTS.items()
        if (x := getattr(d, name)) is not None
    ]
    parts.append(("loudness", LOUD_WEIGHT * max(0.0, min(LOUD_MAX_DB, loudness_db)), loudness_db, "dB above own"))
    total = STEEPNESS * sum(part for _, part, _, _ in parts)
    most = MOST_FOR if total > 0.0 else MOST_AGAINST
    # bent, not cut off: of two angry voices the angrier one still counts for more
    scale = fade * STEEPNESS * (most * math.tanh(total / most) / total if total else 1.0)
    return [term(name, scale * part, measured, unit) for name, part, measured, unit in parts]
