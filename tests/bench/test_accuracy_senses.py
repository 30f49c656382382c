"""Accuracy of hearts and pitch: feeds with gaps, and oracles that may not be there."""

from __future__ import annotations

import math
import wave
from pathlib import Path

import numpy as np
import pytest

from driver_monitor.bench.accuracy import cabin_sounds, hearts, oracles, spoken_words
from driver_monitor.bench.accuracy.outcome import Outcome
from driver_monitor.bench.voice_cost import cabin, measure
from driver_monitor.errors import RecordingError
from driver_monitor.settings import Settings
from tests.perception.test_voice import babble


def quiet(done: int, total: int) -> None:
    """No progress."""


def figures(outcome: Outcome) -> dict[str, float | None]:
    return {f.name: f.value for f in outcome.figures}


def e4(folder: Path, rates: list[float]) -> None:
    """One person's files as an Empatica E4 writes them."""
    (folder / "S01_Final_HR.csv").write_text("1500000000.0\n1.0\n" + "".join(f"{r:.2f}\n" for r in rates), "utf-8")
    (folder / "S01_Final_IBI.csv").write_text("1500000000.0, IBI\n10.5,0.8\n11.3,0.8\n", "utf-8")


def test_a_heart_that_races_for_a_minute_is_one_stretch_and_no_alert(tmp_path: Path) -> None:
    calm = [70.0 + 2.0 * math.sin(k) for k in range(300)]
    e4(tmp_path, [*calm, *[120.0] * 90, *calm])
    told = figures(hearts.exams(tmp_path, Settings(), quiet))
    assert told["stress alerts, an hour"] == 0.0
    assert told["stretches of 10 s at 0.5 or more, an hour"] == pytest.approx(1.0 / (690 / 3600.0), rel=0.02)
    assert told["value known, share of time"] == pytest.approx((690 - 180) / 690, abs=0.02)


def test_a_file_that_is_no_rate_is_named(tmp_path: Path) -> None:
    (tmp_path / "S01_Final_HR.csv").write_text("time,rate\n1,2\n", "utf-8")
    with pytest.raises(RecordingError, match="S01_Final_HR"):
        hearts.exams(tmp_path, Settings(), quiet)


def test_without_the_oracle_it_says_so_and_gives_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracles, "_oracle", lambda module: None)
    for outcome in (oracles.pitch(tmp_path, Settings(), quiet), oracles.variability(tmp_path, Settings(), quiet)):
        assert not outcome.figures
        assert ".venv/bin/pip install -e '.[oracles]'" in outcome.notes[0]


def test_the_same_variability_as_neurokit(tmp_path: Path) -> None:
    pytest.importorskip("neurokit2")
    rr = np.round(900.0 + 40.0 * np.sin(np.arange(200) / 3.0))
    np.save(tmp_path / "a_NNI_b.npy", rr)
    told = figures(oracles.variability(tmp_path, Settings(), quiet))
    assert max(v for v in told.values() if v is not None) < 0.2


def test_the_cost_of_listening_counts_every_part() -> None:
    assert len(cabin(8.0)) == 8 * 16_000
    cost = measure(8.0)
    assert 0.0 < cost["spoken"] < 1.0
    assert cost["whole"] > cost["speech detector"] > 0.0


def spoken(folder: Path, file: str, length_s: float, rms: float, f0_hz: float = 120.0) -> None:
    """A voice without words in a sound file."""
    sound = babble(length_s, f0_hz, rms=rms)
    with wave.open(str(folder / file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes((np.clip(sound, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())


def speakers(folder: Path) -> None:
    """Two speakers with a calm and an angry utterance each."""
    lines = ["file,emotion,speaker"]
    for speaker in ("a", "b"):
        for emotion, rms, f0_hz in (("neutral", 0.05, 120.0), ("angry", 0.3, 200.0)):
            spoken(folder, f"{speaker}_{emotion}.wav", 5.0, rms, f0_hz)
            lines.append(f"{speaker}_{emotion}.wav,{emotion},{speaker}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", "utf-8")


def test_calm_voices_and_an_empty_road_shout_snore_and_yawn_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speakers(tmp_path)
    monkeypatch.setattr(cabin_sounds, "ROAD_MINUTES", 0.5)
    outcome = cabin_sounds.no_sounds(tmp_path, Settings(), quiet)
    told = figures(outcome)
    assert (told.pop("for comparison: shouts told of all other speech, an hour of it") or 0.0) > 0.0
    assert set(told.values()) == {0.0}
    assert len(told) == 7


def test_a_babble_without_words_holds_no_phrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pocketsphinx")
    monkeypatch.setattr(spoken_words, "_SPEAKERS", ())
    spoken_words._by_programs.cache_clear()
    speakers(tmp_path)
    told = figures(spoken_words.false_words(tmp_path, Settings(), quiet))
    spoken_words._by_programs.cache_clear()
    assert told == {"phrases found that nobody said, an hour of speech": 0.0}


def test_a_breath_made_a_rhythm_comes_back_evenly() -> None:
    sound = cabin_sounds._breathe(np.ones(16_000, np.float32), np.random.default_rng(1))
    starts = np.flatnonzero(np.diff((sound > 0.5).astype(int)) == 1) / 16_000
    assert np.diff(starts) == pytest.approx([cabin_sounds.PERIOD_S] * (cabin_sounds.BREATHS - 1), abs=1e-3)
