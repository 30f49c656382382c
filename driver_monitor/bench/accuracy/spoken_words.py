"""Phrases found that nobody said, in utterances of a known other text; and phrases found that a program speaks."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell, share
from driver_monitor.bench.accuracy.tables import file_beside, rows
from driver_monitor.bench.accuracy.voices import hear_sound, load_detector, read_sound
from driver_monitor.errors import ModelError
from driver_monitor.perception.speech_detector import SpeechDetector
from driver_monitor.perception.words import Phrase, Spotter, find_phrases, read_phrases
from driver_monitor.perception.words_pocketsphinx import PocketSphinxSpotter
from driver_monitor.settings import Settings, Voice, Words
from driver_monitor.signals import Event

RATE_HZ = 16_000
_SPEAKERS = (
    *(("flite", "-voice", voice) for voice in ("slt", "rms", "awb")),
    *(("espeak-ng", "-v", voice) for voice in ("en-us", "en-us+f3", "en-gb")),
)
_SENTENCES = ("{}.", "Oh well, {}.", "You know, {}, I have been driving since this morning.")
_OTHER = (
    "I was on my way home from work and then the lights on the road went out so I had to wait there for a while.",
    "Turn left at the next crossing and then keep right until the bridge.",
    "Do you want to have pizza or pasta for dinner tonight?",
    "The weather in the north will be cloudy with some rain in the evening.",
    "My sister called yesterday and told me about the new car she bought.",
    "The meeting was moved to Thursday at ten in the morning.",
)


def false_words(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """How often a phrase is found in utterances in which nobody said one."""
    table = folder / "labels.csv"
    labels = rows(table, "file", "emotion")
    name, title = "words", f"Phrases found that nobody said ({folder.name.split('_')[0]})"
    try:
        _, spotter = _open(settings.words)
    except ModelError as missing:
        return Outcome(name, title, "", [], notes=[f"Not measured: {missing}."])
    detector = load_detector()
    found: Counter[str] = Counter()
    spoken_s, misses = 0.0, []
    for k, row in enumerate(labels):
        tell(k, len(labels))
        sound = read_sound(file_beside(table, row["file"]))
        spoken_s += len(sound) / RATE_HZ
        for topic in _topics(sound, settings, detector, spotter):
            found[topic] += 1
            misses.append(f"{row['file']}: {topic}")
    figures = [
        Figure("phrases found that nobody said, an hour of speech", 3600.0 * found.total() / spoken_s, None, "",
               {"found": found.total(), "minutes": round(spoken_s / 60.0)}, "/h"),
        *(Figure(f"of them {topic}", n, None, "", {"utterances": len(labels)}) for topic, n in sorted(found.items())),
    ]  # fmt: skip
    more, notes = _by_programs(settings.words, settings.voice)
    return Outcome(
        name,
        title,
        "Each utterance through the voice measurement with the phrase spotter and the list that ship.",
        [*figures, *more],
        notes=[
            "An hour of speech without a pause, much of it acted anger, in few texts; a drive alone has far less.",
            "The list's thresholds were chosen with these sets and these speaking programs: no held-out figures.",
            *notes,
        ],
        misses=misses,
    )


def _open(words: Words) -> tuple[Sequence[Phrase], PocketSphinxSpotter]:
    phrases = read_phrases(find_phrases(words.phrases))
    return phrases, PocketSphinxSpotter(phrases, Path(words.model) if words.model else None)


@lru_cache(maxsize=1)  # the same whatever the set
def _by_programs(words: Words, voice: Voice) -> tuple[Sequence[Figure], Sequence[str]]:
    """Phrases that programs speak, in three sentences each, and other sentences."""
    settings = Settings(words=words, voice=voice)
    (phrases, spotter), detector = _open(words), load_detector()
    said: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    false = others = 0
    there = [speaker for speaker in _SPEAKERS if shutil.which(speaker[0])]
    for speaker in there:
        who = speaker[0]
        for phrase in phrases:
            for sentence in _SENTENCES:
                topics = _topics(_speak(speaker, sentence.format(phrase.text)), settings, detector, spotter)
                said[who] += 1
                hit[who] += phrase.topic in topics
        for sentence in _OTHER:
            others += 1
            false += bool(_topics(_speak(speaker, sentence), settings, detector, spotter))
    figures = [share(f"spoken by {who}: phrase found by its topic", hit[who], said[who], "sentences") for who in sorted(said)]
    if there:
        figures.append(share("spoken by them: another sentence with a phrase found", false, others, "sentences"))
    missing = sorted({speaker[0] for speaker in _SPEAKERS} - {speaker[0] for speaker in there})
    return figures, [f"Not here to speak: {', '.join(missing)} (Debian packages of these names)."] if missing else []


def _topics(sound: NDArray[np.float32], settings: Settings, detector: SpeechDetector, spotter: Spotter) -> list[str]:
    heard = hear_sound(sound, settings, detector, spotter=spotter)
    return [str(dict(e.detail)["about"]) for e in heard if isinstance(e, Event) and e.name == "keyword"]


def _speak(speaker: Sequence[str], text: str) -> NDArray[np.float32]:
    """A sentence by a program that speaks, at a calm level, with quiet before it."""
    import soxr

    out = ["-t", text, "-o", "/dev/stdout"] if speaker[0] == "flite" else ["--stdout", text]
    raw = subprocess.run([*speaker, *out], check=True, capture_output=True, timeout=60).stdout
    with wave.open(io.BytesIO(raw)) as file:
        rate, sound = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
    sound = np.asarray(soxr.resample(sound / 32768.0, rate, RATE_HZ))
    sound *= 0.05 / max(float(np.sqrt(np.mean(sound**2))), 1e-9)
    return np.concatenate([np.zeros(RATE_HZ // 2), sound]).astype(np.float32)
