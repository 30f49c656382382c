"""Phrases: told by topic and never as text, only of speech, each once; and found in really spoken sound."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.errors import ModelError, SettingsError
from driver_monitor.monitor import Monitor
from driver_monitor.perception.speech_detector import SpeechDetector
from driver_monitor.perception.voice import Voice
from driver_monitor.perception.words import Topic, Words, find_phrases, read_phrases
from driver_monitor.perception.words_pocketsphinx import PocketSphinxSpotter
from driver_monitor.runtime.reports import encode
from driver_monitor.settings import Settings
from driver_monitor.signals import AudioChunk, DriverState, Event, Report, Tick, nanoseconds
from tests.perception.test_voice import babble, hear, silence

Sound = NDArray[np.float32]


class Heard:
    """A spotter that takes loud samples for a phrase and keeps what it was fed."""

    def __init__(self, topic: Topic = "tired") -> None:
        self.topic = topic
        self.fed = 0
        self.stretches = 0

    def begin(self) -> None:
        self.stretches += 1

    def step(self, samples: Sound) -> Sequence[tuple[Topic, float]]:
        self.fed += 1
        return [(self.topic, 0.5)] if float(np.abs(samples).max()) > 0.5 else []

    def end(self) -> Sequence[tuple[Topic, float]]:
        return []


def test_only_speech_is_listened_to_with_a_little_from_before() -> None:
    spotter, quiet = Heard(), np.zeros(512, np.float32)
    words = Words(spotter)
    for k in range(100):
        words.step(k, quiet, speaking=40 <= k < 60)
    assert (spotter.stretches, spotter.fed) == (1, 20 + 12)


def test_a_phrase_found_twice_in_one_sentence_is_told_once() -> None:
    words, loud = Words(Heard()), np.ones(512, np.float32)
    told = [e for k in range(100) for e in words.step(nanoseconds(k * 0.032), loud, speaking=True)]
    assert [round(e.t_ns * 1e-9, 2) for e in told] == [0.0, 2.02]


def test_the_event_says_the_topic_and_nothing_else() -> None:
    words = Words(Heard("stop"))
    (event,) = words.step(nanoseconds(3.0), np.ones(512, np.float32), speaking=True)
    assert asdict(event) == {
        "t_ns": nanoseconds(3.0), "name": "keyword", "start_ns": nanoseconds(2.5), "end_ns": nanoseconds(3.0),
        "detail": (("about", "stop"),),
    }  # fmt: skip


@pytest.mark.parametrize("line", ["tired i am", "hungry | i want food | 1e-5", "tired | | 1e-5", "tired | i'm tired | often", ""])
def test_a_list_with_a_fault_is_refused_and_says_where(tmp_path: Path, line: str) -> None:
    (tmp_path / "list.txt").write_text(f"# mine\n{line}\n", "utf-8")
    with pytest.raises(SettingsError, match=r"line 2|no phrases"):
        read_phrases(tmp_path / "list.txt")


def drive(settings: Settings, topic: Topic) -> list[Report]:
    """A monitor that hears one loud second of speech and then waits."""
    monitor = Monitor(settings, speech=cast("SpeechDetector", Speech()), words=Heard(topic))
    sound = np.concatenate([silence(1.0), babble(1.5, rms=0.4), silence(3.0)])
    out: list[Report] = []
    for k in range(len(sound) // 1600):
        t_ns = nanoseconds((k + 1) * 0.1)
        monitor.step(AudioChunk(t_ns, sound[k * 1600 : (k + 1) * 1600], 16_000))
        out += monitor.step(Tick(t_ns))
    return out


class Speech:
    """Every sound is speech."""

    def step(self, samples: Sound) -> float:
        return float(np.abs(samples).max() > 1e-3)

    def reset(self) -> None:
        pass


def test_what_was_said_is_reported_by_its_topic() -> None:
    told = [encode(r) for r in drive(Settings(), "swearing") if isinstance(r, Event) and r.name == "keyword"]
    assert [line["about"] for line in told] == ["swearing"]


@pytest.mark.parametrize("purpose", ["", "calming drivers of dangerous goods"])
def test_in_a_fleet_no_word_leaves_the_cab_not_even_as_a_reason(purpose: str) -> None:
    from driver_monitor.privacy import may_leave_cab

    settings = Settings.model_validate({"trip": {"deployment": "fleet", "emotion_safety_purpose": purpose}})
    left = [r for r in drive(settings, "tired") if may_leave_cab(r, "fleet")]
    assert not [r for r in left if isinstance(r, Event) and r.name == "keyword"]
    assert not [e for r in left if isinstance(r, DriverState) for e in r.evidence if "said" in e.term or "break" in e.term]


# ------------------------------------------------------------------------------------------------ really spoken sound


def spoken(text: str) -> Sound:
    """A sentence by flite or espeak-ng, at 16 kHz, with half a second of quiet on either side."""
    import soxr

    if shutil.which("flite") is not None:
        command = ["flite", "-voice", "slt", "-t", text, "-o", "/dev/stdout"]
    elif shutil.which("espeak-ng") is not None:
        command = ["espeak-ng", "-v", "en-us+f3", "--stdout", text]
    else:
        pytest.skip("neither flite nor espeak-ng is here to speak")
    with wave.open(io.BytesIO(subprocess.run(command, check=True, capture_output=True).stdout)) as file:
        rate, sound = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
    sound = np.asarray(soxr.resample(sound / 32768.0, rate, 16_000))
    sound *= 0.05 / float(np.sqrt(np.mean(sound**2)))
    return np.concatenate([silence(0.5), sound.astype(np.float32), silence(0.8)])


def topics(text: str) -> list[object]:
    """What is told of a sentence by the spotter that ships its list, and the real speech detector."""
    pytest.importorskip("pocketsphinx")
    from driver_monitor.bench.accuracy.voices import load_detector

    detector = load_detector()
    spotter = PocketSphinxSpotter(read_phrases(find_phrases("words-en.txt")))
    voice = Voice(Settings().voice, detector.step, detector.reset, spotter=spotter)
    _, events = hear(voice, spoken(text))
    return [dict(e.detail)["about"] for e in events if e.name == "keyword"]


def test_a_tired_driver_who_says_so_is_heard() -> None:
    assert topics("I have been up all night, I'm falling asleep.") == ["tired"]


def test_a_wish_for_a_break_is_heard() -> None:
    assert topics("I think I need a break soon.") == ["break"]


def test_talk_of_the_way_is_no_phrase() -> None:
    assert topics("Turn left at the next crossing and then keep right until the bridge.") == []


def test_a_list_with_a_word_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pocketsphinx")
    (tmp_path / "list.txt").write_text("tired | ich bin xqzwv | 1e-10\n", "utf-8")
    with pytest.raises(ModelError, match="the word 'xqzwv' of the phrases is not in"):
        PocketSphinxSpotter(read_phrases(tmp_path / "list.txt"))


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pocketsphinx")
    with pytest.raises(ModelError, match="acoustic model"):
        PocketSphinxSpotter(read_phrases(find_phrases("words-en.txt")), tmp_path)
