"""What each alert sounds like, as data: tones with their seconds on and off, and how loud they must be in the cabin's noise.

A level is told by rhythm, so that an active buzzer of one pitch tells it too, and, where the buzzer can, by pitch: higher is more
urgent. Advice is silent: it is for the log and the light.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from driver_monitor.signals import Alert, AlertKind, AudioChunk, Level

CLOSED_EYES: frozenset[AlertKind] = frozenset({"microsleep", "sleep", "unresponsive"})
"""The closed-eye family sounds more urgent than any distraction (Euro NCAP Driver Engagement v1.1, secondary text)."""


@dataclass(frozen=True, slots=True)
class Step:
    """A tone: seconds on, then seconds off; ``tone_hz`` for buzzers that have a choice."""

    on_s: float
    off_s: float
    tone_hz: float


@dataclass(frozen=True, slots=True)
class Pattern:
    """Steps, played once, or over and over."""

    steps: tuple[Step, ...]
    repeat: bool


# 0.5 to 2 kHz: heard over road noise, and by those who have lost the highs (common knowledge of the field)
PATTERNS: dict[Level, Pattern] = {
    "caution": Pattern((Step(0.15, 0.10, 660.0), Step(0.15, 0.0, 880.0)), repeat=False),
    "warning": Pattern((Step(0.20, 0.40, 1047.0),), repeat=True),
    "critical": Pattern((Step(0.50, 0.10, 1319.0),), repeat=True),
}
# More sound a second than any other cause at the same level; at the top it does not stop
CLOSED_EYE_PATTERNS: dict[Level, Pattern] = {
    "caution": Pattern((*(Step(0.10, 0.05, 1047.0),) * 3, Step(0.30, 0.0, 1319.0)), repeat=False),
    "warning": Pattern((Step(0.15, 0.05, 1319.0), Step(0.15, 0.05, 1319.0), Step(0.15, 0.20, 1568.0)), repeat=True),
    "critical": Pattern((Step(0.50, 0.0, 1568.0), Step(0.50, 0.0, 1976.0)), repeat=True),
}


def pattern_of(alert: Alert) -> Pattern | None:
    """Give the sound of an alert; ``None`` is silence."""
    return (CLOSED_EYE_PATTERNS if alert.kind in CLOSED_EYES else PATTERNS).get(alert.level)


class CabinNoise:
    """How loud the cabin is, by the microphone's own scale, over the last seconds.

    Parameters
    ----------
    quiet_db, loud_db
        Levels (dB re full scale) at and below which, and at and above which, sounds are at their softest and loudest.
    least
        The softest, as a share of the loudest.
    """

    _TAU_S = 3.0  # slower than speech, quicker than a change of road (design)

    def __init__(self, quiet_db: float, loud_db: float, least: float) -> None:
        self._quiet_db, self._loud_db, self._least = quiet_db, loud_db, least
        self._power: float | None = None

    def hear(self, chunk: AudioChunk) -> None:
        """Take a chunk in which no sound of ours can be."""
        if not len(chunk.samples):
            return
        power = float(np.mean(np.square(chunk.samples, dtype=np.float64)))
        share = 1.0 if self._power is None else 1.0 - math.exp(-len(chunk.samples) / chunk.rate_hz / self._TAU_S)
        self._power = share * power + (1.0 - share) * (self._power or 0.0)

    @property
    def loudness(self) -> float:
        """How loud to sound, ``least`` to 1; 1 while the cabin has not been heard."""
        if self._power is None:
            return 1.0
        level_db = 10.0 * math.log10(max(self._power, 1e-12))
        share = (level_db - self._quiet_db) / (self._loud_db - self._quiet_db)
        return self._least + (1.0 - self._least) * min(1.0, max(0.0, share))
