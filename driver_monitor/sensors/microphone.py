"""The cabin microphone: mono float32 at the device's own rate, resampled to 16 kHz."""

from __future__ import annotations

import queue as stdlib_queue
import time
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from driver_monitor import settings
from driver_monitor.errors import DeviceError
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import AudioChunk, Part, SensorStatus, nanoseconds

RATE_HZ = 16_000
"""What the speech detector takes."""
_SILENT_S = 1.0
"""A device that delivers nothing for so long is gone."""


class Resampler:
    """Sound at the device's rate in, 16 kHz out, the times carried along."""

    def __init__(self, rate_hz: int) -> None:
        import soxr

        self._stream = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32") if rate_hz != RATE_HZ else None

    def step(self, t_ns: int, samples: NDArray[np.float32]) -> AudioChunk | None:
        """Resample one block that ended at ``t_ns``; ``None`` while the filter fills."""
        if self._stream is None:
            return AudioChunk(t_ns, samples, RATE_HZ)
        out = self._stream.resample_chunk(samples)
        # what the filter still holds was captured after the last sample that came out
        return AudioChunk(t_ns - nanoseconds(self._stream.delay() / RATE_HZ), out, RATE_HZ) if len(out) else None


class Microphone(Sensor):
    """Sound as :class:`AudioChunk`."""

    part: ClassVar[Part] = "microphone"

    def __init__(self, microphone: settings.Microphone) -> None:
        super().__init__()
        self._settings = microphone
        self._stream: Any = None
        self._resampler: Resampler | None = None
        self._blocks: stdlib_queue.SimpleQueue[tuple[int, bytes]] = stdlib_queue.SimpleQueue()
        self._rate_hz = RATE_HZ
        self._overflows = self._told = 0

    def _open(self) -> None:
        try:
            import sounddevice
        except OSError as problem:  # PortAudio itself is missing
            raise DeviceError(f"microphone: {problem}; install libportaudio2") from None
        name = self._settings.device
        device: int | str | None = int(name) if name.isdigit() else None if name == "default" else name
        try:
            rate_hz = self._rate_hz = int(sounddevice.query_devices(device, "input")["default_samplerate"])
            self._resampler = Resampler(rate_hz)
            self._blocks = stdlib_queue.SimpleQueue()
            self._stream = sounddevice.RawInputStream(
                samplerate=rate_hz,
                blocksize=rate_hz * self._settings.chunk_ms // 1000,
                device=device,
                channels=1,
                dtype="float32",
                callback=self._take,
            )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as problem:
            first = str(problem).splitlines()[0]
            raise DeviceError(
                f"microphone: the sound device '{name}' cannot be opened ({first}); name another one in [microphone] device"
            ) from None

    def _take(self, data: Any, frames: int, times: Any, status: Any) -> None:  # PortAudio's own thread
        # from PortAudio's clock only a difference is used, and only where the host gives one
        age_s = times.currentTime - times.inputBufferAdcTime - frames / self._rate_hz
        age_ns = nanoseconds(age_s) if times.inputBufferAdcTime > 0 and 0 <= age_s < 1 else 0
        self._blocks.put((time.monotonic_ns() - age_ns, bytes(data)))
        self._overflows += bool(status.input_overflow)

    def _read(self, queue: SampleQueue) -> None:
        try:
            t_ns, data = self._blocks.get(timeout=_SILENT_S)
        except stdlib_queue.Empty:
            raise DeviceError(
                f"microphone: the sound device '{self._settings.device}' gives no sound; look at its plug"
            ) from None
        if self._overflows > self._told:
            self._told = self._overflows
            queue.put(
                SensorStatus(t_ns, self.part, "degraded", f"{self._told} blocks of sound lost so far: the machine is too busy")
            )
        if self._resampler is not None and (chunk := self._resampler.step(t_ns, np.frombuffer(data, np.float32))):
            queue.put(chunk)

    def _release(self) -> None:
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.close(ignore_errors=True)
