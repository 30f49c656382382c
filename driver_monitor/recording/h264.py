"""Pictures as H.264: a small part of JPEG's space, and no longer quite what the monitor saw."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import BadUseError

_QUALITY = "21"  # x264's constant rate factor
_KEY_S = 1.0  # a reader that begins anywhere waits no longer for a whole picture


class Encoder:
    """Each picture becomes one message: no picture waits for a later one (Foxglove's CompressedVideo wants it so too).

    Raises
    ------
    BadUseError
        When this machine's FFmpeg has no H.264 encoder.
    """

    def __init__(self, fps: float) -> None:
        self._key = max(1, round(_KEY_S * fps))
        self._codec: Any = None
        self._size = (0, 0)
        try:
            _codec("libx264", "w")
        except ValueError as problem:
            raise BadUseError(f"pictures cannot be kept as H.264 here ({problem}); set recording.video to \"jpeg\"") from None

    def encode(self, image: NDArray[np.uint8]) -> bytes:
        """An RGB picture, (height, width, 3) uint8; an odd last row or column is left out.

        Raises
        ------
        ValueError
            When it cannot be encoded.
        """
        import av

        try:
            return self._encoded(image)
        except (av.error.FFmpegError, ValueError, MemoryError) as problem:
            raise ValueError(f"a picture cannot be made H.264: {problem or type(problem).__name__}") from problem

    def _encoded(self, image: NDArray[np.uint8]) -> bytes:
        import av

        height, width = image.shape[0] & ~1, image.shape[1] & ~1
        if not (height and width):
            raise ValueError(f"it is {image.shape[1]} by {image.shape[0]} pixels small")
        if self._codec is None or self._size != (width, height):
            from fractions import Fraction

            self._size, self._codec = (width, height), _codec("libx264", "w")
            self._codec.width, self._codec.height, self._codec.pix_fmt = width, height, "yuv420p"
            self._codec.time_base = Fraction(1, 1000)
            self._codec.gop_size = self._key
            self._codec.options = {"preset": "superfast", "tune": "zerolatency", "crf": _QUALITY}
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="rgb24")
        return b"".join(bytes(packet) for packet in self._codec.encode(frame))


class Decoder:
    """The pictures back, from the first whole one on."""

    def __init__(self) -> None:
        self._codec = _codec("h264", "r")
        self._codec.thread_type = "NONE"  # threads hold pictures back
        self._begun = False

    def decode(self, data: bytes) -> NDArray[np.uint8] | None:
        """The picture of one message; ``None`` before the first whole one.

        Raises
        ------
        ValueError
            When it is no picture.
        """
        import av

        packet = av.Packet(data)
        if not self._begun and not _is_whole(data):
            return None
        try:
            frames = self._codec.decode(packet)
        except av.error.FFmpegError as problem:
            self._begun = False
            raise ValueError("no picture in H.264") from problem
        self._begun = True
        if not frames:
            raise ValueError("no picture in H.264")
        return np.asarray(frames[-1].to_ndarray(format="rgb24"), np.uint8)


def _is_whole(data: bytes) -> bool:
    """Whether the message has a sequence parameter set (NAL unit type 7), as one with a whole picture does."""
    at = data.find(b"\0\0\1")
    while at >= 0 and at + 3 < len(data):
        if data[at + 3] & 0x1F == 7:
            return True
        at = data.find(b"\0\0\1", at + 3)
    return False


def _codec(name: str, mode: Literal["r", "w"]) -> Any:
    import av

    try:
        return av.CodecContext.create(name, mode)
    except (ValueError, av.error.FFmpegError) as problem:
        raise ValueError(f"FFmpeg has no {name}") from problem
