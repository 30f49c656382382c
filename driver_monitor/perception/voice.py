"""The driver's voice: speech, shouts and prosody from sound in chunks of any length and rate."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor import settings
from driver_monitor.perception.prosody import HIGH_PASS, HISTORY, HOP, RATE_HZ, Bands, Prosody, Stretch, bands, decibels, yin
from driver_monitor.signals import NS_PER_S, AudioChunk, Event, VoiceMeasurement, nanoseconds, seconds

BLOCK = 512
"""Samples of 16 kHz sound worked on at a time (32 ms), whatever the chunks."""

BLOCK_NS = BLOCK * NS_PER_S // RATE_HZ
HYSTERESIS = 0.15
"""Speech goes on until its probability falls this far below where it starts (Silero VAD's own default)."""

GAP_S = 0.25
"""Sound missing, or doubled, by more than this starts everything but the own voice anew; less is a jittering clock."""

NOISE_TAU_S = 0.5
"""How fast the noise floor follows the sound between words."""

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
SHOUT_HOPS = round(0.2 * RATE_HZ / HOP)
"""A shout's level is the median over 0.2 s."""

SHOUT_BACK_DB = 3.0
"""A shout ends this far below where it starts."""

NO_MODEL = "no speech model, so nobody can tell speech from noise"


class Voice:
    """Sound to speech, shouts and prosody. ``speech`` is a speech detector's step, ``reset`` makes it forget.

    Times come from the chunks: ``t_ns`` of a measurement is when the last of its 512 samples was captured.
    """

    def __init__(
        self,
        settings: settings.Voice,
        speech: Callable[[NDArray[np.float32]], float] | None,
        reset: Callable[[], None] | None = None,
    ) -> None:
        self._settings = settings
        self._speech = speech
        self._reset = reset
        self._baseline = VoiceBaseline(settings)
        self._rate_hz = 0
        self._resampler: Any = None
        self._restart()

    @property
    def baseline(self) -> VoiceBaseline:
        """The speaker's own voice as learned so far."""
        return self._baseline

    def _restart(self) -> None:
        self._pending: NDArray[np.float32] = np.zeros(0, np.float32)
        self._raw: NDArray[np.float64] = np.zeros(BLOCK + HIGH_PASS.size - 1)
        self._history: NDArray[np.float64] = np.zeros(HISTORY + HOP)
        self._taken = 0  # samples taken in, at the chunks' rate
        self._given = 0  # samples worked on, at 16 kHz
        self._end_ns: int | None = None
        self._noise: Bands | None = None
        self._stretch = Stretch()
        self._start_ns: int | None = None
        self._spoken_ns = 0
        self._confirmed = False
        self._loud: deque[float] = deque(maxlen=SHOUT_HOPS)
        self._shout_ns: int | None = None
        self._shouted_ns = 0
        self._shout_over = self._shout_speech = 0.0
        if self._reset is not None:
            self._reset()

    def step(self, chunk: AudioChunk) -> list[VoiceMeasurement | Event]:
        """Work on one chunk; what it completes comes back in time order."""
        sound = np.asarray(chunk.samples, np.float32).reshape(-1)
        if not MIN_RATE_HZ <= chunk.rate_hz <= MAX_RATE_HZ:
            reason = f"sound at {chunk.rate_hz} Hz cannot be used, {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz can"
            return [*self._break(), VoiceMeasurement(chunk.t_ns, None, None, None, reason=reason)]
        if not sound.size:
            return []
        if not np.isfinite(sound).all():
            reason = "the sound holds values that are no numbers"
            return [*self._break(), VoiceMeasurement(chunk.t_ns, None, None, None, reason=reason)]
        reports: list[VoiceMeasurement | Event] = []
        start_ns = chunk.t_ns - sound.size * NS_PER_S // chunk.rate_hz
        if self._end_ns is None or chunk.rate_hz != self._rate_hz or abs(start_ns - self._end_ns) > nanoseconds(GAP_S):
            reports += self._break()
            self._open(chunk.rate_hz)
        self._end_ns = chunk.t_ns
        self._taken += sound.size
        if self._resampler is not None:
            sound = self._resampler.resample_chunk(sound)
        self._pending = np.concatenate((self._pending, sound))
        while self._pending.size >= BLOCK:
            block, self._pending = self._pending[:BLOCK], self._pending[BLOCK:]
            self._given += BLOCK
            # counted back from the newest sample, so that a drifting sound clock never adds up
            behind_s = self._taken / self._rate_hz - self._given / RATE_HZ
            reports += self._block(chunk.t_ns - nanoseconds(behind_s), block)
        return reports

    def _open(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._resampler = None
        if rate_hz != RATE_HZ:
            import soxr

            self._resampler = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32", quality="HQ")

    def _break(self) -> list[Event]:
        """End what lasts, where it was last heard, and start anew."""
        events = self._end_speech(self._end_ns) + self._end_shout(self._end_ns) if self._end_ns is not None else []
        self._restart()
        return events

    def _block(self, t_ns: int, block: NDArray[np.float32]) -> list[VoiceMeasurement | Event]:
        self._raw = np.concatenate((self._raw[BLOCK:], block.astype(np.float64)))
        self._history = np.concatenate((self._history[BLOCK:], np.convolve(self._raw, HIGH_PASS, mode="valid")))
        hops = (bands(self._history[: self._history.size - HOP]), bands(self._history))
        level = 0.5 * (hops[0].loud + hops[1].loud)
        probability = 0.0 if self._speech is None else self._speech(block)
        events = self._follow_speech(t_ns, probability)
        speaking = self._start_ns is not None
        noise = self._follow_noise(hops[1], speaking)
        prosody = Prosody(None, None, None, None)
        voiced = False
        if speaking or self._over_own(decibels(level)) >= 0.0:
            # a scream is no speech to the detector, so what is loud and voiced is listened to as well
            for hop, end in zip(hops, (self._history.size - HOP, self._history.size), strict=True):
                f0 = yin(self._history[:end])
                if speaking:
                    self._stretch.add(hop, noise, f0)
                if f0 is not None:
                    voiced = True
                    self._loud.append(decibels(hop.loud))
        else:
            self._loud.clear()
        if self._confirmed:
            prosody = self._stretch.prosody()
        m = VoiceMeasurement(
            t_ns,
            round(probability, 4),
            round(decibels(level), 2),
            round(decibels(noise.loud), 2),
            _rounded(prosody.f0_hz),
            _rounded(prosody.f0_range_st),
            _rounded(prosody.tilt_db),
            _rounded(prosody.rate_sps),
            NO_MODEL if self._speech is None else None,
        )
        self._baseline.learn(m)
        return [*events, *self._follow_shout(t_ns, voiced, probability), m]

    def _follow_noise(self, heard: Bands, speaking: bool) -> Bands:
        old = self._noise or heard
        share = BLOCK / RATE_HZ / NOISE_TAU_S
        if speaking or self._speech is None:
            # words may lie on top: quickly down, and up only by 1.5 dB a second
            up = 10.0 ** (0.15 * BLOCK / RATE_HZ) if self._speech is None else 1.0
            new = [min(o * up, o + (h - o) * 4.0 * share) for o, h in zip(_powers(old), _powers(heard), strict=True)]
        else:
            new = [o + (h - o) * share for o, h in zip(_powers(old), _powers(heard), strict=True)]
        self._noise = Bands(*new)
        return self._noise

    def _follow_speech(self, t_ns: int, probability: float) -> list[Event]:
        if self._start_ns is None:
            if probability < self._settings.speech_probability:
                return []
            self._start_ns, self._confirmed = t_ns - BLOCK_NS, False
            self._stretch.clear()
        if probability >= self._settings.speech_probability - HYSTERESIS:
            self._spoken_ns = t_ns
        if t_ns - self._spoken_ns >= nanoseconds(self._settings.hang_s):
            return self._end_speech(t_ns)
        if not self._confirmed and seconds(self._spoken_ns - self._start_ns) >= self._settings.min_speech_s:
            self._confirmed = True
            return [Event(t_ns, "speech", self._start_ns, None)]
        return []

    def _end_speech(self, t_ns: int) -> list[Event]:
        start_ns, self._start_ns = self._start_ns, None
        if start_ns is None or not self._confirmed:
            return []
        self._confirmed = False
        return [Event(t_ns, "speech", start_ns, self._spoken_ns)]

    def _over_own(self, level_db: float) -> float:
        """How far a level lies above that of a shout (dB), or of the end of one that lasts."""
        own = self._baseline.level_db
        if own is None:
            return float("-inf")
        return level_db - own - self._settings.shout_db + (SHOUT_BACK_DB if self._shout_ns is not None else 0.0)

    def _follow_shout(self, t_ns: int, voiced: bool, probability: float) -> list[Event]:
        if voiced and len(self._loud) == SHOUT_HOPS and self._over_own(median(self._loud)) >= 0.0:
            own = self._baseline.level_db or 0.0
            if self._shout_ns is None:
                self._shout_ns = t_ns - SHOUT_HOPS * HOP * NS_PER_S // RATE_HZ
                self._shout_over = self._shout_speech = 0.0
            self._shouted_ns = t_ns
            self._shout_over = max(self._shout_over, median(self._loud) - own)
            self._shout_speech = max(self._shout_speech, probability)
        elif self._shout_ns is not None and t_ns - self._shouted_ns >= nanoseconds(self._settings.hang_s):
            return self._end_shout(t_ns)
        return []

    def _end_shout(self, t_ns: int) -> list[Event]:
        start_ns, self._shout_ns = self._shout_ns, None
        if start_ns is None:
            return []
        detail = (("over_own_db", round(self._shout_over, 1)), ("speech", round(self._shout_speech, 2)))
        return [Event(t_ns, "shout", start_ns, self._shouted_ns, detail)]

    def finish(self, t_ns: int) -> list[Event]:
        """Report what still lasts, now that the sound has ended."""
        return self._end_speech(t_ns) + self._end_shout(t_ns)


def _powers(b: Bands) -> tuple[float, float, float]:
    return b.loud, b.low, b.high


def _rounded(x: float | None) -> float | None:
    return None if x is None else round(x, 3)


@dataclass(frozen=True, slots=True)
class VoiceDeviation:
    """A voice against the speaker's own: semitones, semitones of range, dB of tilt, ratio of rates, dB of level."""

    f0_st: float
    range_st: float
    tilt_db: float | None
    rate_ratio: float | None
    level_db: float


class VoiceBaseline:
    """The speaker's own voice: medians over ``baseline_s`` of speech, then frozen."""

    def __init__(self, settings: settings.Voice) -> None:
        self._need_ns = nanoseconds(settings.baseline_s)
        self._had_ns = 0
        self._last_ns: int | None = None
        self._seen: dict[str, list[float]] = {"f0": [], "range": [], "tilt": [], "rate": [], "level": []}
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
        self._had_ns += max(0, min(m.t_ns - last_ns, 2 * BLOCK_NS))
        for name, value in (
            ("f0", m.f0_hz), ("range", m.f0_range_st), ("tilt", m.tilt_db), ("rate", m.rate_sps), ("level", m.level_db)
        ):  # fmt: skip
            if value is not None:
                self._seen[name].append(value)
        if self._had_ns >= self._need_ns:
            self._own = {name: median(values) for name, values in self._seen.items() if values}
            self._seen.clear()

    def deviation(self, m: VoiceMeasurement) -> VoiceDeviation | None:
        """How ``m`` differs from the own voice; ``None`` before that is learned or while nobody speaks."""
        own = self._own
        if not own or m.f0_hz is None or m.f0_range_st is None or m.level_db is None:
            return None
        return VoiceDeviation(
            float(12.0 * np.log2(m.f0_hz / own["f0"])),
            m.f0_range_st - own["range"],
            m.tilt_db - own["tilt"] if m.tilt_db is not None and "tilt" in own else None,
            m.rate_sps / own["rate"] if m.rate_sps is not None and own.get("rate", 0.0) > 0.0 else None,
            m.level_db - own["level"],
        )
