"""The speaker's own voice in this trip, and how a voice differs from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from driver_monitor import settings
from driver_monitor.signals import VoiceMeasurement, nanoseconds, seconds

MAX_STEP_S = 0.064
"""One measurement teaches no more than this much speech, so that a gap teaches nothing."""


@dataclass(frozen=True, slots=True)
class VoiceDeviation:
    """A voice less the speaker's own: semitones, dB, octaves of brightness, share of roughness, ratio of rates.

    What this voice or the own one does not tell is ``None``.
    """

    f0_st: float
    range_st: float
    level_db: float
    tilt_db: float | None
    bass_db: float | None
    bright_oct: float | None
    rough: float | None
    rate_ratio: float | None


class VoiceBaseline:
    """The speaker's own voice: medians over ``baseline_s`` of speech, then frozen.

    A measurement counts by how much voice lies under it: the first words of a stretch are high and hardly spread.
    """

    def __init__(self, settings: settings.Voice) -> None:
        self._need_ns = nanoseconds(settings.baseline_s)
        self._had_ns = 0
        self._last_ns: int | None = None
        self._seen: dict[str, list[tuple[float, float]]] = {}
        self._own: dict[str, float] = {}

    @property
    def learned(self) -> bool:
        """True once the own voice is known and frozen."""
        return bool(self._own)

    @property
    def left_s(self) -> float:
        """Speech still to be heard (s)."""
        return max(0.0, seconds(self._need_ns - self._had_ns))

    @property
    def level_db(self) -> float | None:
        """Own level of speech (dB re full scale)."""
        return self._own.get("level")

    @property
    def f0_hz(self) -> float | None:
        """Own pitch (Hz)."""
        return self._own.get("f0")

    def learn(self, m: VoiceMeasurement) -> None:
        """Take in one measurement; only speech counts."""
        last_ns, self._last_ns = self._last_ns, m.t_ns
        if self._own or m.f0_hz is None or m.f0_range_st is None or (m.speech or 0.0) < 0.5 or last_ns is None:
            return
        self._had_ns += max(0, min(m.t_ns - last_ns, nanoseconds(MAX_STEP_S)))
        for name, value in figures(m).items():
            if value is not None:
                self._seen.setdefault(name, []).append((value, m.voiced_s if m.voiced_s is not None else 1.0))
        if self._had_ns >= self._need_ns:
            self._own = {name: _weighted_median(values) for name, values in self._seen.items()}
            self._seen.clear()

    def deviation(self, m: VoiceMeasurement) -> VoiceDeviation | None:
        """How ``m`` differs from the own voice; ``None`` before that is learned or while nobody speaks."""
        own = self._own
        if not own or m.f0_hz is None or m.f0_range_st is None or m.level_db is None:
            return None
        now = figures(m)

        def less(name: str) -> float | None:
            value = now[name]
            return None if value is None or name not in own else value - own[name]

        return VoiceDeviation(
            12.0 * math.log2(m.f0_hz / own["f0"]),
            m.f0_range_st - own["range"],
            m.level_db - own["level"],
            less("tilt"),
            less("bass"),
            less("bright"),
            less("rough"),
            m.rate_sps / own["rate"] if m.rate_sps is not None and own.get("rate", 0.0) > 0.0 else None,
        )


def figures(m: VoiceMeasurement) -> dict[str, float | None]:
    """What a voice is compared by; brightness in octaves, roughness as the share of power that does not repeat."""
    return {
        "f0": m.f0_hz,
        "range": m.f0_range_st,
        "level": m.level_db,
        "tilt": m.tilt_db,
        "bass": m.bass_db,
        "bright": None if m.centroid_hz is None else math.log2(m.centroid_hz),
        # no dB here: those of a clear voice swing too far
        "rough": None if m.hnr_db is None else 1.0 / (1.0 + 10.0 ** (m.hnr_db / 10.0)),
        "rate": m.rate_sps,
    }


def _weighted_median(values: list[tuple[float, float]]) -> float:
    values.sort()
    half, below = 0.5 * sum(weight for _, weight in values), 0.0
    for value, weight in values:
        below += weight
        if below >= half:
            return value
    return values[-1][0]
