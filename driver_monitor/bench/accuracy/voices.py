"""Angry voices: the voice measurement and the anger estimator against the speaker's own neutral voice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell, over_units
from driver_monitor.bench.accuracy.statistics import auc
from driver_monitor.bench.accuracy.tables import columns, file_beside, rows
from driver_monitor.bench.senses.voice import road_noise
from driver_monitor.errors import RecordingError
from driver_monitor.estimators.anger import Anger
from driver_monitor.perception.speech_detector import SpeechDetector
from driver_monitor.perception.voice import Voice
from driver_monitor.perception.words import Spotter
from driver_monitor.recording.sound import CHUNK, RATE_HZ, SoundReader
from driver_monitor.settings import Settings
from driver_monitor.signals import NS_PER_S, AudioChunk, Event, VoiceMeasurement, nanoseconds

QUIETER_DB = 20.0
ROAD_SNR_DB, ROAD_KMH, ROAD_BEFORE_S = 5.0, 100.0, 2.0
PAUSE_S = 0.5  # of silence after an utterance, so that its last word is worked on
ROUNDS = 60  # neutral utterances are repeated at most this often until the own voice is learned


Way: TypeAlias = Literal["usual", "quieter", "on the road"]


@dataclass(frozen=True, slots=True)
class _Utterance:
    file: str
    emotion: str
    heard: Mapping[Way, list[VoiceMeasurement]]


def read_sound(path: Path) -> NDArray[np.float32]:
    """One sound file at 16 kHz, mono, in [-1, 1]."""
    reader = SoundReader(path)
    try:
        return np.concatenate([np.zeros(0, np.float32), *(c.samples for c in reader.samples() if isinstance(c, AudioChunk))])
    finally:
        reader.close()


def hear_sound(
    sound: NDArray[np.float32], settings: Settings, detector: SpeechDetector, *, spotter: Spotter | None = None
) -> list[VoiceMeasurement | Event]:
    """What the product hears in sound at 16 kHz, and in the silence after it."""
    detector.reset()
    voice = Voice(settings.voice, detector.step, detector.reset, spotter=spotter)
    sound = np.concatenate((sound, np.zeros(round(PAUSE_S * RATE_HZ) + CHUNK - 1, np.float32)))
    heard: list[VoiceMeasurement | Event] = []
    end_ns = 0
    for k in range(len(sound) // CHUNK):
        end_ns = (k + 1) * CHUNK * NS_PER_S // RATE_HZ
        heard += voice.step(AudioChunk(end_ns, sound[k * CHUNK : (k + 1) * CHUNK], RATE_HZ))
    return [*heard, *voice.finish(end_ns)]


def hear(path: Path, settings: Settings, detector: SpeechDetector) -> list[VoiceMeasurement | Event]:
    """What the product hears in one sound file."""
    return hear_sound(read_sound(path), settings, detector)


def load_detector() -> SpeechDetector:
    """The product's speech detector."""
    from driver_monitor.model_store import model_path

    return SpeechDetector(model_path("silero_vad"))


def anger_after(own: Sequence[Iterable[VoiceMeasurement]], test: Sequence[VoiceMeasurement], settings: Settings) -> float | None:
    """Anger at the end of one utterance, after the speaker's neutral ones were heard until the own voice is learned."""
    anger = Anger(settings)
    shift_ns = 0
    needed, spoken = settings.voice.baseline_s, 0.0
    for _ in range(ROUNDS):
        if spoken > 1.5 * needed:
            break
        for utterance in own:
            last_ns = shift_ns
            for m in utterance:
                last_ns = m.t_ns + shift_ns
                anger.rest.voice(replace(m, t_ns=last_ns))
                spoken += 0.032 * (m.speech is not None and m.speech >= 0.5 and m.f0_hz is not None)
            shift_ns = last_ns
    # what was said last before the test has faded by then
    shift_ns += nanoseconds(10.0)
    end_ns = shift_ns
    for m in test:
        if m.f0_hz is not None:
            end_ns = m.t_ns + shift_ns
        anger.rest.voice(replace(m, t_ns=m.t_ns + shift_ns))
    return anger.step(end_ns)[0].value


def angry_voices(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Angry against other utterances of the same speaker."""
    table = folder / "labels.csv"
    who = "speaker" if "speaker" in columns(table) else "actor"
    labels = rows(table, "file", "emotion", who)
    detector = load_detector()
    sounds = [read_sound(file_beside(table, row["file"])) for row in labels]
    own_power: dict[str, float] = {
        speaker: float(np.mean([_power(x) for row, x in zip(labels, sounds, strict=True) if _neutral_of(row, who, speaker)]))
        for speaker in sorted({row[who] for row in labels})
        if any(_neutral_of(row, who, speaker) for row in labels)
    }
    random = np.random.default_rng(5)
    speakers: dict[str, list[_Utterance]] = defaultdict(list)
    for k, (row, sound) in enumerate(zip(labels, sounds, strict=True)):
        tell(k, len(labels))
        versions: dict[Way, NDArray[np.float32]] = {
            "usual": sound,
            "quieter": sound * np.float32(10.0 ** (-QUIETER_DB / 20.0)),
            "on the road": _on_the_road(sound, own_power.get(row[who], _power(sound)), random),
        }
        heard = {
            way: [m for m in hear_sound(version, settings, detector) if isinstance(m, VoiceMeasurement)]
            for way, version in versions.items()
        }
        speakers[row[who]].append(_Utterance(row["file"], row["emotion"], heard))
    ways: dict[str, tuple[Way, Way]] = {
        "": ("usual", "usual"),
        f", all {QUIETER_DB:g} dB quieter": ("quieter", "quieter"),
        f", only the test {QUIETER_DB:g} dB quieter": ("usual", "quieter"),
        f", own voice in quiet, the test on the road ({ROAD_SNR_DB:g} dB)": ("usual", "on the road"),
        f", all on the road ({ROAD_SNR_DB:g} dB)": ("on the road", "on the road"),
    }
    figures: list[Figure] = []
    misses: list[str] = []
    notes: list[str] = []
    for words, (own_way, test_way) in ways.items():
        areas: dict[str, list[float]] = defaultdict(list)
        counts: dict[str, int] = defaultdict(int)
        unknown = 0
        for speaker, utterances in sorted(speakers.items()):
            values = _values(utterances, settings, own_way, test_way)
            unknown += sum(v is None for _, v in values)
            by: dict[str, list[float]] = defaultdict(list)
            for u, value in values:
                if value is not None:
                    by[u.emotion].append(value)
                    counts[u.emotion] += 1
            for other in sorted(set(by) - {"angry"}):
                if (area := auc(by["angry"], by[other])) is not None:
                    areas[other].append(area)
                    if not words and area < 0.8 and other == "neutral":
                        misses.append(f"speaker {speaker}: AUC angry against neutral {area:.2f}")
            if not words:
                misses += _odd(values)
        for other in sorted(areas) if not words else ("neutral",):
            used = {"angry": counts["angry"], other: counts[other]}
            figures.append(over_units(f"AUC angry against {other}{words}", areas[other], "speakers", counts=used))
        if unknown:
            notes.append(f"In {unknown} of {len(labels)} utterances{words}, no voice was read; they are left out of the figures.")
    return Outcome(
        "speech_anger",
        f"Anger in the voice, acted ({folder.name.split('_')[0]})",
        "The anger estimator's value at the end of each utterance, from the voice alone, after the speaker's own neutral "
        "utterances; AUC for each speaker, then their mean.",
        figures,
        notes=[
            f"The own voice is learned over {settings.voice.baseline_s:g} s of speech; a speaker's neutral utterances are "
            "shorter together, so they are repeated until it is. A neutral utterance under test is left out of its own baseline.",
            f"The road is made-up noise at {ROAD_KMH:g} km/h, {ROAD_SNR_DB:g} dB below the speaker's neutral voice over "
            "all frequencies, and begins two seconds before the words.",
            *notes,
        ],
        misses=misses,
    )


def _neutral_of(row: Mapping[str, str], who: str, speaker: str) -> bool:
    return row[who] == speaker and row["emotion"] == "neutral"


def _power(sound: NDArray[np.float32]) -> float:
    """Mean square where somebody speaks: blocks within 20 dB of the loudest."""
    blocks = np.mean(np.square(sound[: len(sound) // CHUNK * CHUNK].reshape(-1, CHUNK).astype(np.float64)), axis=1)
    return float(blocks[blocks >= 0.01 * blocks.max()].mean()) if blocks.size else 0.0


def _on_the_road(sound: NDArray[np.float32], voice_power: float, random: np.random.Generator) -> NDArray[np.float32]:
    """The utterance over made-up road noise, which begins before it: ``ROAD_SNR_DB`` below the speaker's neutral voice."""
    before = round(ROAD_BEFORE_S * RATE_HZ)
    count = before + len(sound) + round(PAUSE_S * RATE_HZ)
    noise = road_noise(count, np.full(count, ROAD_KMH), random)
    noise *= np.sqrt(voice_power * 10.0 ** (-ROAD_SNR_DB / 10.0) / max(float(np.mean(noise**2)), 1e-12))
    noise[before : before + len(sound)] += sound
    return noise.astype(np.float32)


def _values(
    utterances: Sequence[_Utterance], settings: Settings, own_way: Way, test_way: Way
) -> list[tuple[_Utterance, float | None]]:
    out: list[tuple[_Utterance, float | None]] = []
    for u in utterances:
        own = [n.heard[own_way] for n in utterances if n.emotion == "neutral" and n is not u]
        if not own:
            raise RecordingError("a speaker has fewer than two neutral utterances, so there is no own voice to compare with")
        out.append((u, anger_after(own, u.heard[test_way], settings)))
    return out


def _odd(values: Sequence[tuple[_Utterance, float | None]]) -> list[str]:
    """Neutral utterances that are angrier than the speaker's median angry one, and the other way round."""
    angry = [v for u, v in values if u.emotion == "angry" and v is not None]
    neutral = [v for u, v in values if u.emotion == "neutral" and v is not None]
    if not angry or not neutral:
        return []
    high, low = float(np.median(angry)), float(np.median(neutral))
    out = [f"{u.file}: neutral, anger {v:.3f}" for u, v in values if u.emotion == "neutral" and v is not None and v >= high]
    return out + [f"{u.file}: angry, anger {v:.3f}" for u, v in values if u.emotion == "angry" and v is not None and v <= low]
