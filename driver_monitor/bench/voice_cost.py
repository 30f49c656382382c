"""What listening costs: processor seconds for each second of sound, so that a busy machine matters less."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.scenario.tracks import Speech
from driver_monitor.bench.senses.voice import babble, road_noise, syllables
from driver_monitor.perception.prosody import HISTORY, bands, yin
from driver_monitor.perception.speech_detector import SpeechDetector
from driver_monitor.perception.voice import Voice
from driver_monitor.perception.words import Spotter, find_phrases, read_phrases
from driver_monitor.settings import Settings
from driver_monitor.signals import NS_PER_S, AudioChunk, VoiceMeasurement

TARGET = 0.03
"""Of one core."""

RATE_HZ, CHUNK = 16_000, 512
_WARM_UP_S = 5.0


def cabin(length_s: float) -> NDArray[np.float32]:
    """A driver who talks half of the time, at 100 km/h."""
    random = np.random.default_rng(1)
    count = round(length_s * RATE_HZ)
    sound = 0.01 * road_noise(count, np.full(count, 100.0), random)
    for k in range(int(length_s // 8.0)):
        speech = Speech(8.0 * k + 1.0, 8.0 * k + 5.0, "calm", 0.0)
        voice = babble(speech, 120.0, syllables(speech, random), random)
        first = round(speech.start_s * RATE_HZ)
        sound[first : first + len(voice)] += 0.05 * voice[: count - first]
    return sound.astype(np.float32)


def _cpu(call: Callable[[], object]) -> float:
    """Processor seconds; of three times the least, which a busy machine disturbs least."""
    least = float("inf")
    for _ in range(3):
        start = time.process_time()
        call()
        least = min(least, time.process_time() - start)
    return least


def _listen(voice: Voice, sound: NDArray[np.float32], start_s: float) -> list[VoiceMeasurement]:
    """One sitting a second, as the Monitor does it."""
    told: list[VoiceMeasurement] = []
    for k in range(len(sound) // CHUNK):
        end_ns = round(start_s * NS_PER_S) + (k + 1) * CHUNK * NS_PER_S // RATE_HZ
        chunk = AudioChunk(end_ns, sound[k * CHUNK : (k + 1) * CHUNK], RATE_HZ)
        told += [m for m in voice.step(chunk) if isinstance(m, VoiceMeasurement)]
    return told


def measure(length_s: float, spotter: Spotter | None = None) -> dict[str, float]:
    """Processor seconds a second of sound, of the whole path and of its parts; the share of blocks spoken in."""
    from driver_monitor.model_store import model_path

    sound = cabin(length_s + _WARM_UP_S)
    warm, rest = sound[: round(_WARM_UP_S * RATE_HZ)], sound[round(_WARM_UP_S * RATE_HZ) :]
    detector = SpeechDetector(model_path("silero_vad"))
    voice = Voice(Settings().voice, detector.step, detector.reset, spotter=spotter)
    told = _listen(voice, warm, 0.0)
    starts = iter([_WARM_UP_S + k * length_s for k in range(3)])
    whole = _cpu(lambda: told.extend(_listen(voice, rest, next(starts))))
    blocks = [rest[k * CHUNK : (k + 1) * CHUNK] for k in range(len(rest) // CHUNK)]
    wide = rest.astype(np.float64)
    ends = range(HISTORY, len(wide), CHUNK // 2)
    return {
        "whole": whole / length_s,
        "speech detector": _cpu(lambda: [detector.step(block) for block in blocks]) / length_s,
        "spectra": _cpu(lambda: [bands(wide[:end][-HISTORY:]) for end in ends]) / length_s,
        "pitch, were all of it spoken": _cpu(lambda: [yin(wide[:end][-HISTORY:]) for end in ends]) / length_s,
        "spoken": sum(m.f0_hz is not None for m in told) / max(len(told), 1),
    }


def voice_command(length_s: float, as_json: bool) -> int:
    """Print what listening costs."""
    from rich.console import Console

    from driver_monitor.runtime.lockdown import lock_down

    lock_down()
    cost = measure(length_s)
    spotter = _spotter()
    if spotter is not None:
        cost["whole, words listened for"] = measure(length_s, spotter)["whole"]
    if as_json:
        print(json.dumps({"seconds": length_s, "share_of_a_core": cost, "target": TARGET, "machine": platform.machine()}))
        return 0
    console = Console(highlight=False)
    for name, share in cost.items():
        if name != "spoken":
            console.print(f"{name}: {share:.2%} of one core")
    verdict = "within" if cost["whole"] <= TARGET else "OVER"
    console.print(f"{length_s:g} s of sound, prosody in {cost['spoken']:.0%} of it: {verdict} the target of {TARGET:.0%}")
    return 0


def _spotter() -> Any:
    """The phrase spotter, where it is installed."""
    from driver_monitor.errors import ModelError
    from driver_monitor.perception.words_pocketsphinx import PocketSphinxSpotter

    words = Settings().words
    try:
        return PocketSphinxSpotter(read_phrases(find_phrases(words.phrases)), Path(words.model) if words.model else None)
    except ModelError:
        return None
