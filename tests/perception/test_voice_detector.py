"""The speech detector, on its real model."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from driver_monitor.errors import ModelError
from driver_monitor.model_store import model_path
from driver_monitor.perception.speech_detector import BLOCK, SpeechDetector
from tests.perception.test_voice import Sound, babble, silence


@pytest.fixture(scope="module")
def detector() -> SpeechDetector:
    return SpeechDetector(model_path("silero_vad"))


def probabilities(detector: SpeechDetector, sound: Sound) -> list[float]:
    return [detector.step(sound[i : i + BLOCK]) for i in range(0, sound.size - BLOCK + 1, BLOCK)]


def test_a_voice_is_speech_and_road_noise_a_tone_and_silence_are_not(detector: SpeechDetector) -> None:
    rng = np.random.default_rng(0)
    road = np.cumsum(rng.normal(0, 0.01, 64_000))
    road -= np.convolve(road, np.ones(800) / 800, mode="same")
    tone = 0.3 * np.sin(np.arange(64_000) * 0.1)
    detector.reset()
    assert np.mean(np.array(probabilities(detector, babble(4.0))) >= 0.5) > 0.3
    for other in (np.asarray(road, np.float32), np.asarray(tone, np.float32), silence(4.0)):
        detector.reset()
        assert max(probabilities(detector, other)) < 0.3


def test_each_block_comes_with_the_last_64_samples_before_it(detector: SpeechDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[Sound] = []

    class Session:
        def run(self, _: None, inputs: dict[str, Sound]) -> tuple[Sound, Sound]:
            fed.append(inputs["input"].copy())
            return np.zeros((1, 1), np.float32), inputs["state"]

    sound = np.asarray(0.3 * np.sin(np.arange(3200) * 0.1), np.float32)
    detector.reset()
    with monkeypatch.context() as patch:
        patch.setattr(detector, "_session", Session())
        probabilities(detector, sound)
    assert fed[0][0].tolist() == [0.0] * 64 + sound[:512].tolist()
    assert fed[2][0].tolist() == sound[1024 - 64 : 1536].tolist()


def test_a_voice_far_from_the_microphone_is_speech_as_much_as_a_near_one(detector: SpeechDetector) -> None:
    near = babble(3.0, rms=0.05)
    heard = []
    for db in (0.0, -20.0, -30.0):
        detector.reset()
        heard.append(float(np.mean(np.array(probabilities(detector, near * np.float32(10.0 ** (db / 20.0)))) >= 0.5)))
    assert heard[0] > 0.3
    assert heard[1:] == pytest.approx([heard[0]] * 2, abs=0.1)


def test_what_was_heard_is_forgotten_on_reset_and_only_then(detector: SpeechDetector) -> None:
    detector.reset()
    first = probabilities(detector, babble(1.0))
    assert probabilities(detector, babble(1.0)) != first
    detector.reset()
    assert probabilities(detector, babble(1.0)) == first


def test_a_block_of_another_length_is_refused(detector: SpeechDetector) -> None:
    with pytest.raises(ValueError, match="512 samples"):
        detector.step(silence(0.1))


def test_a_file_that_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "vad.onnx"
    path.write_text("not a model")
    with pytest.raises(ModelError, match=r"vad\.onnx cannot be loaded .* 'driver-monitor models pull'$"):
        SpeechDetector(path)


def test_importing_the_detector_does_not_load_the_runtime() -> None:
    module = importlib.import_module("driver_monitor.perception.speech_detector")
    assert not hasattr(module, "onnxruntime")
