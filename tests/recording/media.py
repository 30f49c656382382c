"""Small recordings made by the tests themselves: a moving square, a tone, a bus log, heart beats."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import can
import numpy as np
from numpy.typing import NDArray


def picture(index: int, size: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
    """A red square on grey that moves to the right with every picture."""
    width, height = size
    image = np.full((height, width, 3), 90, np.uint8)
    left = (index * 4) % (width - 16)
    image[8:24, left : left + 16] = (220, 20, 20)
    return image


def write_video(
    path: Path,
    *,
    frames: int = 30,
    fps: int = 10,
    codec: str = "mpeg4",
    size: tuple[int, int] = (64, 48),
    times_ms: Sequence[int] | None = None,
    sound_s: float = 0.0,
    options: dict[str, str] | None = None,
) -> Path:
    """A video of ``frames`` pictures at ``fps``, or at the given times; with a tone of ``sound_s`` where wanted."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream: Any = container.add_stream(codec, rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
        if codec == "mpeg4":
            stream.codec_context.gop_size = 5
        if times_ms is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        sound: Any = container.add_stream("aac", rate=44_100, layout="mono") if sound_s else None
        for index in range(frames if times_ms is None else len(times_ms)):
            frame = av.VideoFrame.from_ndarray(picture(index, size), format="rgb24").reformat(format=stream.pix_fmt)
            if times_ms is not None:
                frame.pts, frame.time_base = times_ms[index], Fraction(1, 1000)
            else:
                frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            data = tone(sound_s, 44_100).reshape(1, -1)
            for start in range(0, data.shape[1], 1024):
                block = np.ascontiguousarray(data[:, start : start + 1024])
                piece = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                piece.sample_rate, piece.pts, piece.time_base = 44_100, start, Fraction(1, 44_100)
                container.mux(sound.encode(piece))
            container.mux(sound.encode(None))
    return path


def tone(length_s: float, rate_hz: int, pitch_hz: float = 440.0) -> NDArray[np.float32]:
    t = np.arange(round(length_s * rate_hz)) / rate_hz
    return (0.5 * np.sin(2 * np.pi * pitch_hz * t)).astype(np.float32)


def write_wav(path: Path, samples: NDArray[np.float32], rate_hz: int = 16_000) -> Path:
    """Sound, (n,) or (n, channels), as 16-bit WAV."""
    import wave

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def write_can(path: Path, times_s: Sequence[float], *, start_s: float = 1_700_000_000.0) -> Path:
    """A CAN log in the format of its name, one frame at each time after ``start_s`` (unix time)."""
    with can.Logger(str(path)) as log:
        for index, t_s in enumerate(times_s):
            log.on_message_received(
                can.Message(timestamp=start_s + t_s, arbitration_id=0x123, data=bytes([index % 256, 7]), is_extended_id=False)
            )
    return path
