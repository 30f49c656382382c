"""The files of an export that are no tables: video, sound, and logs of the bus."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from driver_monitor.recording.mf4 import Frame, Mf4Writer
from driver_monitor.signals import NS_PER_S, AudioChunk, CameraFrame, CanFrame, seconds

_VIDEO_BASE = Fraction(1, 90_000)
_HOLE_NS = NS_PER_S // 20  # sound that comes so late has a hole before it


class BusLog:
    """A log of the bus, in the format of its name, by the wall clock."""

    def __init__(self, path: Path, wall_ns: int) -> None:
        import can

        self._can: Any = can
        self._log: Any = can.Logger(str(path))
        self._wall_ns = wall_ns

    def take(self, frame: CanFrame) -> None:
        """Write a frame."""
        self._log.on_message_received(
            self._can.Message(
                timestamp=seconds(frame.t_ns + self._wall_ns),
                arbitration_id=frame.arbitration_id,
                is_extended_id=frame.is_extended,
                data=frame.data,
                is_fd=len(frame.data) > 8,
                channel="can0",
            )
        )

    def close(self) -> None:
        """End the file."""
        self._log.stop()


class Mf4Log:
    """A log of the bus as MF4, by the wall clock."""

    def __init__(self, path: Path, wall_ns: int) -> None:
        self._log = Mf4Writer(path)
        self._wall_ns = wall_ns

    def take(self, frame: CanFrame) -> None:
        """Write a frame."""
        self._log.put(Frame(seconds(frame.t_ns + self._wall_ns), frame.arbitration_id, frame.is_extended, frame.data))

    def close(self) -> None:
        """End the file."""
        self._log.close()


class SoundFile:
    """Sound as 16-bit WAV, with silence where it had holes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Any = None
        self._next_ns = 0
        self._rate_hz = 0

    def take(self, chunk: AudioChunk) -> None:
        """Write a piece of sound."""
        length_ns = len(chunk.samples) * NS_PER_S // chunk.rate_hz
        if self._file is None:
            self._file = wave.open(str(self._path), "wb")  # noqa: SIM115
            self._file.setnchannels(1)
            self._file.setsampwidth(2)
            self._file.setframerate(chunk.rate_hz)
            self._rate_hz, self._next_ns = chunk.rate_hz, chunk.t_ns - length_ns
        if chunk.rate_hz != self._rate_hz:
            return
        hole_ns = chunk.t_ns - length_ns - self._next_ns
        if hole_ns > _HOLE_NS:
            missing = hole_ns * self._rate_hz // NS_PER_S
            for start in range(0, missing, self._rate_hz):
                self._file.writeframes(bytes(2 * min(self._rate_hz, missing - start)))
            self._next_ns += missing * NS_PER_S // self._rate_hz
        self._file.writeframes(np.rint(chunk.samples * 32768).clip(-32768, 32767).astype("<i2").tobytes())
        self._next_ns += length_ns

    def close(self) -> None:
        """End the file."""
        if self._file is not None:
            self._file.close()


class VideoFile:
    """Pictures as MP4 (H.264), each at its own time; sound goes beside it as WAV."""

    def __init__(self, path: Path, rate: float) -> None:
        self._path = path
        self._rate = rate
        self._container: Any = None
        self._stream: Any = None
        self._first_ns = 0
        self._last = -1

    def take(self, frame: CameraFrame) -> None:
        """Write a picture."""
        import av

        if self._container is None:
            self._container = av.open(f"file:{self._path}", "w", format="mp4")
            codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
            stream = self._container.add_stream(codec, rate=Fraction(self._rate).limit_denominator(1001))
            height, width = frame.image.shape[:2]
            stream.width, stream.height, stream.pix_fmt = width - width % 2, height - height % 2, "yuv420p"
            stream.codec_context.time_base = _VIDEO_BASE if codec == "libx264" else Fraction(1, 60_000)
            if codec == "libx264":
                stream.options = {"preset": "veryfast", "crf": "18"}
            self._stream, self._first_ns = stream, frame.t_ns
        base = self._stream.codec_context.time_base
        pts = round(Fraction(frame.t_ns - self._first_ns, NS_PER_S) / base)
        if pts <= self._last:
            return
        self._last = pts
        image = np.ascontiguousarray(frame.image[: self._stream.height, : self._stream.width])
        if image.shape[:2] != (self._stream.height, self._stream.width):  # the camera changed its size on the way
            return
        picture = av.VideoFrame.from_ndarray(image, format="rgb24")
        picture.pts, picture.time_base = pts, base
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """End the file."""
        if self._container is not None:
            self._container.mux(self._stream.encode(None))
            self._container.close()
