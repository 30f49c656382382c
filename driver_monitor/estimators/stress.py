"""Stress: heart, voice and face against the driver's own rest, as a sum of log-odds.

No channel alone can pass the default threshold; the weights are design choices checked in docs/voice_heart.md.
This room also holds what stress and anger share: the driver's own rest (:class:`OwnRest`) and the hold (:class:`Hold`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from driver_monitor import settings
from driver_monitor.estimators.evidence import ramp, state, term, unknown
from driver_monitor.perception.baseline import Learning, TimeHistogram
from driver_monitor.perception.heart import HeartBaseline
from driver_monitor.perception.voice import VoiceBaseline, VoiceDeviation
from driver_monitor.signals import (
    AlertKind,
    Condition,
    DriverState,
    Evidence,
    FaceMeasurement,
    HeartMeasurement,
    StateName,
    VoiceMeasurement,
    nanoseconds,
    seconds,
)

SWITCHED_OFF = "switched off in a fleet"
SOURCE = "hold: Fujiwara 2019; threshold and channels: design"

FACE_NEUTRAL_S = 30.0  # of usable face, then the own neutral face is frozen (design)
FACE_TAU_S = 1.5  # a face is read over this long: a syllable or a blink is no mood (design)
FACE_FRESH_S = 1.0
WIDE_JAW = 0.35  # yawning, singing, laughing and shouting draw brow and eyelids along: such pictures are left out
CLOSED_EYES = 0.5  # so do blinks and looking down
FACE_UNITS: dict[str, tuple[str, ...]] = {
    "brow": ("browDownLeft", "browDownRight"),  # AU4
    "wide eyes": ("eyeWideLeft", "eyeWideRight"),  # AU5
    "narrow eyes": ("eyeSquintLeft", "eyeSquintRight"),  # AU7
    "pressed lips": ("mouthPressLeft", "mouthPressRight"),  # AU24
    "rolled lips": ("mouthRollLower", "mouthRollUpper"),  # AU23
    "smile": ("mouthSmileLeft", "mouthSmileRight"),  # AU12
}

HEART_TAU_S = 30.0  # a mood lasts; a cough or a bump does not (docs/voice_heart.md)
VOICE_FULL_S, VOICE_GONE_S = 3.0, 8.0  # what was said counts in full this long, then fades (design)
LEVEL_TAU_S = 1.0
POSITIVE = 0.1  # log-odds from which a channel is said to speak for the state (design)
BREAK_S = 1.0  # a shorter break, in evidence or in measuring, does not restart the hold


class FaceNeutral:
    """The face above its own neutral, which is the median of the first ``FACE_NEUTRAL_S``."""

    def __init__(self, usable_yaw_deg: float) -> None:
        self._usable_yaw_deg = usable_yaw_deg
        self._learning = Learning(FACE_NEUTRAL_S)
        self._seen = {name: TimeHistogram(0.0, 1.0, 100) for name in FACE_UNITS}
        self._neutral: dict[str, float] = {}
        self._now: dict[str, float] = {}
        self._last_ns: int | None = None

    @property
    def left_s(self) -> float:
        """Usable face time still needed (s)."""
        return self._learning.left_s

    def step(self, face: FaceMeasurement) -> None:
        """Take one picture."""
        usable = self._usable(face)
        dt = self._learning.step(face.t_ns, usable)
        if not usable:
            return
        units = {name: sum(face.face_units.get(u, 0.0) for u in parts) / len(parts) for name, parts in FACE_UNITS.items()}
        if dt > 0.0:
            for name, value in units.items():
                self._seen[name].add(value, dt)
            if self._learning.done:
                self._neutral = {name: seen.quantile(0.5) or 0.0 for name, seen in self._seen.items()}
        gap_s = math.inf if self._last_ns is None else seconds(face.t_ns - self._last_ns)
        share = 1.0 if gap_s > FACE_FRESH_S else 1.0 - math.exp(-gap_s / FACE_TAU_S)
        self._now = {name: old + share * (units[name] - old) for name, old in (self._now or units).items()}
        self._last_ns = face.t_ns

    def _usable(self, face: FaceMeasurement) -> bool:
        u = face.face_units
        return (
            face.head is not None
            and bool(u)
            and abs(face.head.yaw) <= self._usable_yaw_deg
            and u.get("jawOpen", 0.0) <= WIDE_JAW
            and min(u.get("eyeBlinkLeft", 0.0), u.get("eyeBlinkRight", 0.0)) <= CLOSED_EYES
        )

    def seen(self, t_ns: int) -> bool:
        """Whether a usable picture came in the last second."""
        return self._last_ns is not None and t_ns - self._last_ns <= nanoseconds(FACE_FRESH_S)

    def above(self, t_ns: int) -> dict[str, float] | None:
        """Each unit above its neutral now; ``None`` before that is learned or when the face is not seen."""
        if not self._neutral or not self.seen(t_ns):
            return None
        return {name: value - self._neutral[name] for name, value in self._now.items()}


@dataclass(frozen=True, slots=True)
class HeartChange:
    """Heart against own rest: rate in own standard deviations, natural log of the RMSSD ratio, share of artefacts."""

    rise_sd: float
    rmssd_log_ratio: float | None
    artefact_share: float


@dataclass(frozen=True, slots=True)
class VoiceChange:
    """Voice against the own one; ``weight`` falls from 1 to 0 as what was said grows old."""

    deviation: VoiceDeviation
    level_db: float
    weight: float


class OwnRest:
    """What the three channels say, each against the driver's own rest in this trip."""

    def __init__(self, settings: settings.Settings) -> None:
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
        self._voice.learn(m)
        deviation = self._voice.deviation(m)
        if m.f0_hz is None:
            return
        if deviation is not None and m.speech >= 0.5:
            old = self._level_db
            last_s = math.inf if old is None or self._last_voice is None else seconds(m.t_ns - self._last_voice.t_ns)
            share = 1.0 if last_s > VOICE_FULL_S else 1.0 - math.exp(-last_s / LEVEL_TAU_S)
            self._level_db = deviation.level_db if old is None else old + share * (deviation.level_db - old)
        self._last_voice = m

    def face(self, m: FaceMeasurement) -> None:
        """Take one face measurement."""
        self._face.step(m)

    def heart_change(self, t_ns: int) -> HeartChange | None:
        """Heart now; ``None`` when stale or not learned."""
        m = self._last_heart
        if m is None or m.rate_bpm is None or self._rate_bpm is None or t_ns - m.t_ns > self._stale_ns:
            return None
        rise = self._heart.rise_sd(self._rate_bpm)
        return None if rise is None else HeartChange(rise, self._heart.rmssd_log_ratio(m), m.artefact_share)

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

    def face_change(self, t_ns: int) -> dict[str, float] | None:
        """Face units above neutral; ``None`` when not seen or not learned."""
        return self._face.above(t_ns)

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


class Hold:
    """A condition that must hold for a while; breaks shorter than ``BREAK_S`` neither end nor restart it."""

    def __init__(self, hold_s: float) -> None:
        self._hold_ns = nanoseconds(hold_s)
        self._since_ns: int | None = None
        self._last_ns = 0

    def step(self, t_ns: int, holds: bool) -> bool:
        """Whether it has held long enough by ``t_ns``."""
        if self._since_ns is not None and t_ns - self._last_ns > nanoseconds(BREAK_S):
            self._since_ns = None
        if holds:
            self._since_ns = t_ns if self._since_ns is None else self._since_ns
            self._last_ns = t_ns
        return self._since_ns is not None and t_ns - self._since_ns >= self._hold_ns


def bounded(x: float, low: float, high: float) -> float:
    """``x`` within ``low`` and ``high``."""
    return max(low, min(high, x))


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel's terms, and how much they can be trusted, 0 to 1."""

    terms: Sequence[Evidence]
    trust: float

    @property
    def speaks_for(self) -> bool:
        """Whether it speaks for the state."""
        return sum(t.contribution for t in self.terms) >= POSITIVE


class Emotion:
    """What stress and anger do alike: sum the channels that are known, and hold before a condition is met."""

    NAME: StateName
    KIND: AlertKind
    PRIOR: float
    TRUST_ALL: float
    """Summed trust of the channels at which confidence is full."""

    def __init__(self, settings: settings.Settings, threshold: float) -> None:
        self._on = settings.emotions_on
        self._threshold = threshold
        self._channels_needed = settings.emotion.channels_needed
        self._hold_s = settings.emotion.hold_s
        self._hold = Hold(settings.emotion.hold_s)
        self._rest = OwnRest(settings)

    def heart(self, m: HeartMeasurement) -> None:
        """Take one heart measurement."""
        if self._on:
            self._rest.heart(m)

    def voice(self, m: VoiceMeasurement) -> None:
        """Take one voice measurement."""
        if self._on:
            self._rest.voice(m)

    def face(self, m: FaceMeasurement) -> None:
        """Take one face measurement; not to be given pictures of a yawn."""
        if self._on:
            self._rest.face(m)

    def _channels(self, t_ns: int) -> list[Channel]:
        raise NotImplementedError

    def step(self, t_ns: int) -> tuple[DriverState, Condition]:
        """Tell the state and its condition now."""
        if not self._on:
            return unknown(t_ns, self.NAME, SWITCHED_OFF), Condition(self.KIND, False, SWITCHED_OFF, "EU AI Act art. 5(1)(f)")
        channels = self._channels(t_ns)
        rule = (
            f"{self.NAME} ≥ {self._threshold:g} for {self._hold_s:g} s, "
            f"{self._channels_needed} of heart, voice and face speaking for it"
        )
        if not channels:
            self._hold.step(t_ns, False)
            return unknown(t_ns, self.NAME, self._rest.why_unknown(t_ns)), Condition(self.KIND, None, rule, SOURCE)
        terms = [term("base rate", self.PRIOR, None, "")]
        for channel in channels:
            terms += channel.terms
        now = state(t_ns, self.NAME, terms, sum(c.trust for c in channels) / self.TRUST_ALL)
        agree = sum(c.speaks_for for c in channels)
        over = now.value is not None and now.value >= self._threshold and agree >= self._channels_needed
        return now, Condition(self.KIND, self._hold.step(t_ns, over), rule, SOURCE, now.evidence)


class Stress(Emotion):
    """Stress: a faster and steadier heart, a higher and faster voice, a tense face."""

    NAME = "stress"
    KIND = "stress"
    PRIOR = -2.0  # about 12 % of driving time (design)
    TRUST_ALL = 1.0

    def __init__(self, settings: settings.Settings) -> None:
        super().__init__(settings, settings.emotion.stress_threshold)

    def _channels(self, t_ns: int) -> list[Channel]:
        heart, voice, face = self._rest.heart_change(t_ns), self._rest.voice_change(t_ns), self._rest.face_change(t_ns)
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
        return Channel(terms, 0.4 * (1.0 - heart.artefact_share))

    def _voice_terms(self, voice: VoiceChange) -> Channel:
        d, w = voice.deviation, voice.weight
        terms = [term("pitch", w * bounded(0.3 * (d.f0_st - 1.0), -0.3, 1.2), d.f0_st, "semitones above own")]
        if d.rate_ratio is not None:
            terms.append(term("speech rate", w * bounded(2.0 * (d.rate_ratio - 1.15), -0.2, 0.6), d.rate_ratio, "times own"))
        return Channel(terms, 0.3 * w)

    def _face_terms(self, face: dict[str, float]) -> Channel:
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
