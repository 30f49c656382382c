"""Is somebody speaking: Silero VAD on ONNX Runtime, one thread."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import ModelError
from driver_monitor.perception.onnx_session import open_session

RATE_HZ = 16_000
BLOCK = 512
"""Samples a step takes (32 ms): the only length the network was trained on at 16 kHz."""

CONTEXT = 64
"""Samples of the block before that go in front: fed 512 alone it takes any shape and hears next to no speech at all."""

LEVEL, MOST_GAIN, PEAK_TAU_S = 0.05, 31.6, 4.0
"""Quiet sound is raised (by 30 dB at most) until the loudest of the last seconds comes to -26 dBFS: far from the microphone, or
with its gain set low, the network hears no speech at all (docs/voice_heart.md)."""

_FADES = math.exp(-BLOCK / RATE_HZ / PEAK_TAU_S)


class SpeechDetector:
    """Silero VAD (Silero Team, MIT): probability of speech in each 32 ms of 16 kHz sound.

    The network remembers; :meth:`reset` makes it forget, after a gap in the sound.
    """

    def __init__(self, model: Path) -> None:
        self._session: Any = open_session(model, "speech model", "fetch it with 'driver-monitor models pull'")
        inputs = {i.name for i in self._session.get_inputs()}
        if inputs != {"input", "state", "sr"}:
            raise ModelError(
                f"the model {model} is no Silero VAD (its inputs are {', '.join(sorted(inputs))}); "
                "fetch it with 'driver-monitor models pull'"
            )
        self._sr = np.array(RATE_HZ, np.int64)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._state = np.zeros((2, 1, 128), np.float32)
        self._heard = np.zeros((1, CONTEXT + BLOCK), np.float32)
        self._peak = 0.0

    def step(self, samples: NDArray[np.float32]) -> float:
        """Probability of speech in ``samples``, float32 (512,) at 16 kHz in [-1, 1]."""
        if samples.shape != (BLOCK,):
            raise ValueError(f"the speech detector takes {BLOCK} samples at a time, not {samples.shape}")
        self._peak = max(math.sqrt(float(np.dot(samples, samples)) / BLOCK), self._peak * _FADES)
        gain = min(MOST_GAIN, max(1.0, LEVEL / max(self._peak, 1e-9)))
        self._heard[0, :CONTEXT] = self._heard[0, BLOCK:]
        np.clip(samples * np.float32(gain), -1.0, 1.0, out=self._heard[0, CONTEXT:])
        probability, self._state = self._session.run(None, {"input": self._heard, "state": self._state, "sr": self._sr})
        return float(probability[0, 0])
