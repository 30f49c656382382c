"""The annotated video: every picture with what was read off it, states and alerts (see overlay.py)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from driver_monitor.errors import BadUseError, DriverMonitorError
from driver_monitor.runtime.overlay import Overlay
from driver_monitor.runtime.sink import Viewed
from driver_monitor.signals import (
    NS_PER_S,
    CameraFrame,
    Report,
)

if TYPE_CHECKING:
    from av.video.stream import VideoStream

    from driver_monitor.monitor import View

_TIME_BASE = Fraction(1, 60_000)  # MPEG-4 part 2 allows no finer one than 1/65535


class AnnotatedVideo:
    """Writes an MP4 (H.264 where its encoder is there, MPEG-4 otherwise) of the frames it is given, as drawn over.

    Parameters
    ----------
    path : Path
        The file to write.
    fps : float
        Pictures per second, as a hint; every picture keeps its own time.
    size : (int, int)
        Width and height of the pictures that will come.
    """

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        import av

        self._path = path
        self._overlay = Overlay(size)
        self._last_pts = -1
        self._closed = False
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        try:
            self._container = av.open(f"file:{path}", "w", format="mp4")
            rate = Fraction(max(1.0, min(240.0, fps))).limit_denominator(1001)
            stream: Any = self._container.add_stream(codec, rate=rate)
            stream.width, stream.height = self._overlay.out_size
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = _TIME_BASE
            if codec == "libx264":
                stream.options = {"preset": "veryfast", "crf": "22"}
            else:
                stream.codec_context.qmin, stream.codec_context.qmax = 2, 5
            self._stream: VideoStream = stream
            self._container.start_encoding()  # opens the file now, not with the first picture
        except FileNotFoundError:
            raise BadUseError(f"{path} cannot be written: the folder {path.parent} does not exist; make it first") from None
        except (OSError, ValueError) as problem:
            raise BadUseError(f"{path} cannot be written ({problem}); give another file") from None

    def take(self, sample: object, reports: Sequence[Report], monitor: Viewed) -> None:
        """Take what one sample led to; a picture is drawn on and written."""
        self._overlay.note(reports)
        if isinstance(sample, CameraFrame):
            self.write(sample, monitor.view)

    def write(self, frame: CameraFrame, view: View | None) -> None:
        """Draw on one picture and write it."""
        import av

        pts = round(frame.t_ns * _TIME_BASE.denominator / NS_PER_S)
        if pts <= self._last_pts:  # two pictures within the time base: the file can hold one
            return
        self._last_pts = pts
        picture = av.VideoFrame.from_ndarray(self._overlay.draw(frame, view), format="rgb24")
        picture.pts, picture.time_base = pts, _TIME_BASE
        self._encode(picture)

    def close(self) -> None:
        """Finish the file; may be called again."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._last_pts >= 0:
                self._encode(None)
        finally:
            self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _encode(self, picture: Any) -> None:
        try:
            self._container.mux(self._stream.encode(picture))
        except (OSError, ValueError) as problem:
            raise DriverMonitorError(f"{self._path} cannot be written any further ({problem}); free some space") from None
