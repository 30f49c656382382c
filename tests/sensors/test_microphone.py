"""Sound: resampling, times, and a sound card that overflows."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from driver_monitor import settings
from driver_monitor.errors import DeviceError
from driver_monitor.sensors.microphone import RATE_HZ, Microphone, Resampler
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import AudioChunk
from tests.sensors.bench import collect, statuses


def test_sound_is_resampled_and_its_time_is_its_last_sample() -> None:
    rate = 48_000
    t = np.arange(2 * rate) / rate
    click_s = 1.2345
    sound = np.exp(-(((t - click_s) / 0.001) ** 2)).astype(np.float32)
    resampler, chunks = Resampler(rate), []
    for i in range(0, len(sound), 1536):
        block = sound[i : i + 1536]
        chunk = resampler.step(round((i + len(block)) / rate * 1e9), block)
        chunks += [chunk] if chunk else []
    peak = max(chunks, key=lambda c: float(c.samples.max()))
    behind = len(peak.samples) - int(peak.samples.argmax())
    assert peak.t_ns * 1e-9 - behind / RATE_HZ == pytest.approx(click_s, abs=0.0005)
    assert peak.samples.dtype == np.float32
    assert {c.rate_hz for c in chunks} == {RATE_HZ}


def test_a_sound_device_that_is_not_there() -> None:
    with pytest.raises(
        DeviceError, match=r"microphone: the sound device 'no such microphone' cannot be opened \(.*\); name another"
    ):
        Microphone(settings.Microphone(device="no such microphone")).start(SampleQueue(), required=True)


class SoundCard:
    """PortAudio as far as the microphone uses it: 44.1 kHz, blocks by callback, until it falls silent."""

    PortAudioError = RuntimeError
    handed_ns = 0

    def query_devices(self, device: object, kind: str) -> dict[str, float]:
        return {"default_samplerate": 44_100.0}

    def RawInputStream(self, **how: object) -> object:  # noqa: N802
        def start() -> None:
            block = np.full(how["blocksize"], 0.25, np.float32)  # type: ignore[call-overload]
            for i in range(4):
                times = SimpleNamespace(currentTime=10.0, inputBufferAdcTime=10.0 - 0.02 - len(block) / 44_100)
                how["callback"](block.tobytes(), len(block), times, SimpleNamespace(input_overflow=i == 3))  # type: ignore[operator]
                self.handed_ns = self.handed_ns or time.monotonic_ns()

        return SimpleNamespace(start=start, close=lambda ignore_errors: None)


def test_blocks_become_chunks_overflows_are_told_and_silence_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    card, queue = SoundCard(), SampleQueue()
    monkeypatch.setitem(__import__("sys").modules, "sounddevice", card)
    monkeypatch.setattr("driver_monitor.sensors.microphone._SILENT_S", 0.2)
    with Microphone(settings.Microphone()) as microphone:
        microphone.start(queue)
        got = collect(queue, lambda s: ("microphone", "lost") in statuses(s))
    chunks = [s for s in got if isinstance(s, AudioChunk)]
    assert chunks
    assert chunks[0].t_ns < card.handed_ns - 15_000_000  # the sound was captured 20 ms before it was handed over
    assert chunks[-1].samples[-1] == pytest.approx(0.25, abs=0.01)
    assert statuses(got) == [("microphone", "ok"), ("microphone", "degraded"), ("microphone", "lost")]
