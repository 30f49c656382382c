"""The driver's own rest in this trip: what heart, voice and face say against it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from driver_monitor import settings
from driver_monitor.estimators.evidence import ramp
from driver_monitor.perception.expression import Neutral, action_units, usable
from driver_monitor.perception.heart import HeartBaseline
from driver_monitor.perception.voice_baseline import VoiceBaseline, VoiceDeviation
from driver_monitor.signals import FaceMeasurement, HeartMeasurement, VoiceMeasurement, nanoseconds, seconds

FACE_TAU_S = 1.5  # a face is read over this long: a syllable or a blink is no mood (design)
FACE_FRESH_S = 1.0
FACE_FLOOR = 0.03  # below this a face unit is noise: what is compared by its ratio stands on it
HEART_TAU_S = 30.0  # a mood lasts; a cough or a bump does not (docs/voice_heart.md)
VOICE_FULL_S, VOICE_GONE_S = 3.0, 8.0  # what was said counts in full this long, then fades (design)
LEVEL_TAU_S = 1.0


@dataclass(frozen=True, slots=True)
class FaceChange:
    """The face against its own neutral: action units less their neutral, and the natural log of their ratio for the brow.

    ``unsteady`` is how far the brow itself strayed while the neutral was learned: half the way from its 16th to its 84th
    percentile, as a natural log.
    """

    above: dict[str, float]
    ratio: dict[str, float]
    unsteady: float = 0.0


class FaceNeutral:
    """The face against its own neutral."""

    def __init__(self, usable_yaw_deg: float) -> None:
        self._usable_yaw_deg = usable_yaw_deg
        self._neutral = Neutral()
        self._now: dict[str, float] = {}
        self._last_ns: int | None = None

    @property
    def left_s(self) -> float:
        """Usable face time still needed (s)."""
        return self._neutral.left_s

    def step(self, face: FaceMeasurement) -> None:
        """Take one picture."""
        units = action_units(face) if usable(face, self._usable_yaw_deg) else None
        self._neutral.learn(face.t_ns, units)
        if units is None:
            return
        gap_s = math.inf if self._last_ns is None else seconds(face.t_ns - self._last_ns)
        share = 1.0 if gap_s > FACE_FRESH_S else 1.0 - math.exp(-gap_s / FACE_TAU_S)
        self._now = {name: old + share * (units[name] - old) for name, old in (self._now or units).items()}
        self._last_ns = face.t_ns

    def seen(self, t_ns: int) -> bool:
        """Whether a usable picture came in the last second."""
        return self._last_ns is not None and t_ns - self._last_ns <= nanoseconds(FACE_FRESH_S)

    def change(self, t_ns: int) -> FaceChange | None:
        """The face now; ``None`` before its neutral is learned or when it is not seen."""
        neutral = self._neutral.units
        if not neutral or not self.seen(t_ns):
            return None
        low, high = self._neutral.brow_range
        return FaceChange(
            {name: value - neutral[name] for name, value in self._now.items()},
            {name: math.log((self._now[name] + FACE_FLOOR) / (neutral[name] + FACE_FLOOR)) for name in ("brow", "raised brow")},
            0.5 * math.log((high + FACE_FLOOR) / (low + FACE_FLOOR)),
        )


@dataclass(frozen=True, slots=True)
class HeartChange:
    """Heart against own rest: rate in own standard deviations, natural logs of RMSSD's and skin conductance's ratios."""

    rise_sd: float
    rmssd_log_ratio: float | None
    artefact_share: float
    skin_log_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class VoiceChange:
    """Voice against the own one; ``weight`` falls from 1 to 0 as what was said grows old."""

    deviation: VoiceDeviation
    level_db: float
    weight: float


class OwnRest:
    """What the three channels say, each against the driver's own rest in this trip; nothing is learned where moods are off."""

    def __init__(self, settings: settings.Settings) -> None:
        self._on = settings.emotions_on
        self._stale_ns = nanoseconds(settings.heart.stale_s)
        self._heart = HeartBaseline(settings.heart)
        self._voice = VoiceBaseline(settings.voice)
        self._face = FaceNeutral(settings.face.usable_yaw_deg)
        self._rate_bpm: float | None = None
        self._last_heart: HeartMeasurement | None = None
        self._last_voice: VoiceMeasurement | None = None
        self._level_db: float | None = None

    def heart(self, m: HeartMeasurement) -> None:
        """Take one heart measurement."""
        if not self._on:
            return
        self._heart.learn(m)
        last, self._last_heart = self._last_heart, m
        if m.rate_bpm is None:
            return
        if last is None or last.rate_bpm is None or self._rate_bpm is None or m.t_ns - last.t_ns > self._stale_ns:
            self._rate_bpm = m.rate_bpm
        else:
            share = 1.0 - math.exp(-seconds(m.t_ns - last.t_ns) / HEART_TAU_S)
            self._rate_bpm += share * (m.rate_bpm - self._rate_bpm)

    def voice(self, m: VoiceMeasurement) -> None:
        """Take one voice measurement."""
        if not self._on:
            return
        self._voice.learn(m)
        deviation = self._voice.deviation(m)
        if m.f0_hz is None:
            return
        if deviation is not None and (m.speech or 0.0) >= 0.5:
            old = self._level_db
            last_s = math.inf if old is None or self._last_voice is None else seconds(m.t_ns - self._last_voice.t_ns)
            share = 1.0 if last_s > VOICE_FULL_S else 1.0 - math.exp(-last_s / LEVEL_TAU_S)
            self._level_db = deviation.level_db if old is None else old + share * (deviation.level_db - old)
        self._last_voice = m

    def face(self, m: FaceMeasurement) -> None:
        """Take one face measurement; not to be given pictures of a yawn."""
        if self._on:
            self._face.step(m)

    def heart_change(self, t_ns: int) -> HeartChange | None:
        """Heart now; ``None`` when stale or not learned."""
        m = self._last_heart
        if m is None or m.rate_bpm is None or self._rate_bpm is None or t_ns - m.t_ns > self._stale_ns:
            return None
        rise = self._heart.rise_sd(self._rate_bpm)
        return None if rise is None else HeartChange(
            rise, self._heart.rmssd_log_ratio(m), m.artefact_share, self._heart.skin_log_ratio(m)
        )

    def voice_change(self, t_ns: int) -> VoiceChange | None:
        """Voice in the last seconds; ``None`` when nobody spoke or not learned."""
        m = self._last_voice
        if m is None:
            return None
        weight = 1.0 - ramp(seconds(t_ns - m.t_ns), VOICE_FULL_S, VOICE_GONE_S)
        deviation = self._voice.deviation(m)
        if deviation is None or weight <= 0.0:
            return None
        return VoiceChange(deviation, self._level_db or 0.0, weight)

    def face_change(self, t_ns: int) -> FaceChange | None:
        """Face against neutral; ``None`` when not seen or not learned."""
        return self._face.change(t_ns)

    def why_unknown(self, t_ns: int) -> str:
        """Why there is nothing to tell a mood from."""
        left = []
        heart = self._last_heart
        beats = heart is not None and heart.rate_bpm is not None and t_ns - heart.t_ns <= self._stale_ns
        if beats and not self._heart.learned:
            left.append((self._heart.left_s, "heart"))
        spoke = self._last_voice is not None and t_ns - self._last_voice.t_ns < nanoseconds(VOICE_GONE_S)
        if spoke and not self._voice.learned:
            left.append((self._voice.left_s, "voice"))
        if self._face.seen(t_ns) and self._face.left_s > 0.0:
            left.append((self._face.left_s, "face"))
        if left:
            need_s, channel = min(left)
            return f"learning the driver's own rest, {math.ceil(need_s)} s left ({channel})"
        return "neither heart, voice nor face can be read now"
