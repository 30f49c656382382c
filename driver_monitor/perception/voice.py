"""The driver's voice: speech, shouts and prosody from sound in chunks of any length and rate."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor import settings
from driver_monitor.perception.own_sounds import OwnSounds
from driver_monitor.perception.prosody import (
    HIGH_PASS,
    HISTORY,
    HOP,
    RATE_HZ,
    Bands,
    Pitch,
    Prosody,
    Stretch,
    bands,
    decibels,
    loud,
    yin,
)
from driver_monitor.perception.snores import Snores
from driver_monitor.perception.voice_baseline import VoiceBaseline
from driver_monitor.perception.words import Spotter, Words
from driver_monitor.perception.yawn_sounds import YawnSounds
from driver_monitor.signals import NS_PER_S, AudioChunk, Event, VoiceMeasurement, nanoseconds, seconds

BLOCK = 512
"""Samples of 16 kHz sound worked on at a time (32 ms), whatever the chunks."""

BLOCK_NS = BLOCK * NS_PER_S // RATE_HZ
HYSTERESIS = 0.15
"""Speech goes on until its probability falls this far below where it starts (Silero VAD's own default)."""

GAP_S = 0.25
"""Sound missing, or doubled, by more than this starts everything but the own voice anew; less is a jittering clock."""

NOISE_TAU_S = 1.0
"""How fast the noise floor follows the sound between words."""

CLEAR_HOPS = 6
"""A stretch is speech once this much clear voice (0.1 s) was in it: the detector takes some snores for speech."""

NOISE_WAIT = 3
"""Blocks (0.1 s) that sound waits before it counts as noise: the speech detector hears a word a little late."""

PROSODY_BLOCKS = 3
"""Prosody is worked out every 0.1 s, as often as states are told."""

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
SHOUT_HOPS = round(0.2 * RATE_HZ / HOP)
"""A shout's level and pitch are medians over 0.2 s."""

SHOUT_BACK_DB = 3.0
"""A shout ends this far below where it starts."""

YAWN_OVER_DB = 10.0
"""Sound that is no speech is listened to for yawns from this far above the quiet fifth of the last 12 s (design)."""

OWN_SOUND = "the monitor's own alert sounds"
NO_MODEL = "no speech model, so nobody can tell speech from noise"


class Voice:
    """Sound to speech, shouts and prosody. ``speech`` is a speech detector's step, ``reset`` makes it forget.

    While the monitor's own alerts sound (``own``) nothing is heard. Without ``moods`` neither prosody nor shouts are told;
    with them, and a ``spotter``, also what is spoken of.

    Times come from the chunks: ``t_ns`` of a measurement is when the last of its 512 samples was captured.
    """

    def __init__(
        self,
        settings: settings.Voice,
        speech: Callable[[NDArray[np.float32]], float] | None,
        reset: Callable[[], None] | None = None,
        own: OwnSounds | None = None,
        *,
        moods: bool = True,
        spotter: Spotter | None = None,
    ) -> None:
        self._words = Words(spotter) if spotter is not None and moods else None
        self._snores = None if speech is None else Snores()
        self._yawns = YawnSounds()
        self._moods = moods
        self._own_sounds = OwnSounds() if own is None else own
        self._settings = settings
        self._speech = speech
        self._reset = reset
        self._baseline = VoiceBaseline(settings)
        self._louds: list[float] = []  # levels of voiced sound, until the own voice is learned
        self._own_loud_db: float | None = None
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
        self._quiet: deque[Bands] = deque(maxlen=NOISE_WAIT + 1)
        self._stretch = Stretch()
        self._prosody: Prosody | None = None
        self._start_ns: int | None = None
        self._spoken_ns = 0
        self._confirmed = False
        self._loud: deque[float] = deque(maxlen=SHOUT_HOPS)
        self._pitch: deque[float] = deque(maxlen=SHOUT_HOPS)  # of the same hops
        self._shout_ns: int | None = None
        self._shouted_ns = 0
        self._shout_over = self._shout_speech = 0.0
        if self._reset is not None:
            self._reset()
        if self._words is not None:
            self._words.restart()
        if self._snores is not None:
            self._snores.restart()
        self._yawns.restart()

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
        events = [] if self._end_ns is None else self.finish(self._end_ns)
        self._restart()
        return events

    def _block(self, t_ns: int, block: NDArray[np.float32]) -> list[VoiceMeasurement | Event]:
        self._raw = np.concatenate((self._raw[BLOCK:], block.astype(np.float64)))
        self._history = np.concatenate((self._history[BLOCK:], np.convolve(self._raw, HIGH_PASS, mode="valid")))
        hops = (bands(self._history[: self._history.size - HOP]), bands(self._history))
        level = 0.5 * (loud(hops[0]) + loud(hops[1]))
        probability = 0.0 if self._speech is None else self._speech(block)
        if self._own_sounds.between(t_ns - BLOCK_NS, t_ns):
            # neither speech nor shout nor the road's noise: nothing is learned of it
            self._forget_loud()
            m = VoiceMeasurement(t_ns, None, None, None, reason=OWN_SOUND)
            if self._words is not None:
                self._words.restart()
            if self._snores is not None:
                self._snores.restart()
            self._yawns.restart()
            return [*self._follow_speech(t_ns, 0.0), *self._follow_shout(t_ns, False, 0.0), m]
        events = self._follow_speech(t_ns, probability)
        speaking = self._start_ns is not None
        if self._words is not None:
            events += self._words.step(t_ns, block, speaking)
        if self._snores is not None:
            events += self._snores.step(t_ns, hops[1], probability)
        noise = self._follow_noise(hops[1], speaking)
        prosody = Prosody()
        pitch: Pitch | None = None
        voiced = False
        if speaking or self._over_own(decibels(level)) >= 0.0:
            # a scream is no speech to the detector, so what is loud and voiced is listened to as well
            for hop, end in zip(hops, (self._history.size - HOP, self._history.size), strict=True):
                pitch = yin(self._history[:end])
                if speaking:
                    self._stretch.add(hop, noise, pitch, self._history[:end])
                if pitch is not None:
                    voiced = True
                    self._loud.append(decibels(loud(hop)))
                    self._pitch.append(pitch.f0_hz)
        else:
            self._forget_loud()
            floor_db = None if self._snores is None else self._snores.floor_db
            if floor_db is not None and decibels(level) >= floor_db + YAWN_OVER_DB:
                pitch = yin(self._history)  # nor is a yawn
        events += self._yawns.step(t_ns, None if pitch is None or self._shout_ns is not None else pitch.f0_hz)
        if self._confirmed and self._moods:
            if self._prosody is None or self._given % (PROSODY_BLOCKS * BLOCK) == 0:
                self._prosody = self._stretch.prosody()
            prosody = self._prosody
        m = VoiceMeasurement(
            t_ns,
            round(probability, 4),
            round(decibels(level), 2),
            round(decibels(loud(noise)), 2),
            _rounded(prosody.f0_hz),
            _rounded(prosody.f0_range_st),
            _rounded(prosody.tilt_db),
            _rounded(prosody.rate_sps),
            NO_MODEL if self._speech is None else None,
            bass_db=_rounded(prosody.bass_db),
            centroid_hz=_rounded(prosody.centroid_hz),
            hnr_db=_rounded(prosody.hnr_db),
            voiced_s=round(prosody.voiced_s, 3),
            jitter=None if prosody.jitter is None else round(prosody.jitter, 5),
            shimmer_db=_rounded(prosody.shimmer_db),
            f0_slope_st=_rounded(prosody.f0_slope_st),
            pause_share=_rounded(prosody.pause_share),
        )
        self._baseline.learn(m)
        self._learn_loud(voiced and speaking)
        return [*events, *self._follow_shout(t_ns, voiced, probability), m]

    def _follow_noise(self, heard: Bands, speaking: bool) -> Bands:
        old = heard if self._noise is None else self._noise
        share = BLOCK / RATE_HZ / NOISE_TAU_S
        if speaking or self._speech is None:
            # words may lie on top: down, and up only by 1.5 dB a second
            self._quiet.clear()
            up = 10.0 ** (0.15 * BLOCK / RATE_HZ) if self._speech is None else 1.0
            # a recording may begin amid a word: what was heard first is soon forgotten
            down = max(share, 0.25) if self._given <= NOISE_TAU_S * RATE_HZ else share
            self._noise = np.minimum(old * up, old + (heard - old) * down)
        else:
            self._quiet.append(heard)
            waited = self._quiet[0] if len(self._quiet) > NOISE_WAIT else np.minimum(old, heard)
            self._noise = old + (waited - old) * share
        return self._noise

    def _follow_speech(self, t_ns: int, probability: float) -> list[Event]:
        if self._start_ns is None:
            if probability < self._settings.speech_probability:
                return []
            self._start_ns, self._confirmed = t_ns - BLOCK_NS, False
            self._stretch.clear()
            self._prosody = None
        if probability >= self._settings.speech_probability - HYSTERESIS:
            self._spoken_ns = t_ns
        if t_ns - self._spoken_ns >= nanoseconds(self._settings.hang_s):
            return self._end_speech(t_ns)
        long_enough = seconds(self._spoken_ns - self._start_ns) >= self._settings.min_speech_s
        if not self._confirmed and long_enough and self._stretch.clear_hops >= CLEAR_HOPS:
            self._confirmed = True
            return [Event(t_ns, "speech", self._start_ns, None)]
        return []

    def _end_speech(self, t_ns: int) -> list[Event]:
        start_ns, self._start_ns = self._start_ns, None
        if start_ns is None or not self._confirmed:
            return []
        self._confirmed = False
        return [Event(t_ns, "speech", start_ns, self._spoken_ns)]

    def _forget_loud(self) -> None:
        self._loud.clear()
        self._pitch.clear()

    def _learn_loud(self, voiced: bool) -> None:
        """The own level as a shout's is taken: of voiced sound alone, for pauses and consonants lie many dB below it."""
        if self._own_loud_db is not None:
            return
        if voiced and self._confirmed and len(self._loud) == SHOUT_HOPS:
            self._louds.append(median(self._loud))
        if self._baseline.learned and self._louds:
            self._own_loud_db = median(self._louds)
            self._louds.clear()

    def _over_own(self, level_db: float) -> float:
        """How far a level lies above that of a shout (dB), or of the end of one that lasts."""
        own = self._own_loud_db
        if own is None:
            return float("-inf")
        return level_db - own - self._settings.shout_db + (SHOUT_BACK_DB if self._shout_ns is not None else 0.0)

    def _high(self) -> bool:
        """The pitch lies as far above the own one as a shout's does: a stressed word is as loud, and hardly higher."""
        own_hz = self._baseline.f0_hz
        return own_hz is not None and median(self._pitch) >= own_hz * 2.0 ** (self._settings.shout_st / 12.0)

    def _follow_shout(self, t_ns: int, voiced: bool, probability: float) -> list[Event]:
        if voiced and self._moods and len(self._loud) == SHOUT_HOPS and self._over_own(median(self._loud)) >= 0.0:
            own = self._own_loud_db or 0.0
            if self._shout_ns is None:
                if not self._high():
                    return []
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
        spoken = [] if self._words is None else self._words.stop(t_ns)
        snored = [] if self._snores is None else self._snores.finish(t_ns)
        return self._end_speech(t_ns) + self._end_shout(t_ns) + spoken + snored + self._yawns.finish(t_ns)


def _rounded(x: float | None) -> float | None:
    return None if x is None else round(x, 3)
