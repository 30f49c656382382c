"""A video file as camera frames."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import RecordingError
from driver_monitor.recording.media import Damage, exact_ns, open_media, seconds_or_none
from driver_monitor.signals import NS_PER_S, CameraFrame, SensorStatus, seconds

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_USUAL_RATE = Fraction(30)  # where a file gives no rate
_RATES = (Fraction(1, 60), Fraction(1000))  # a rate outside is a broken header
_LONGEST_GAP_NS = 3600 * NS_PER_S  # a longer step between two pictures is a broken time stamp
_HOLE_NS = 2 * NS_PER_S  # pictures further apart than this (and than ten periods) have others missing between them
_SQUARE = 0.02  # pixels this far from square are made square: a stretched face has other angles


class VideoReader:
    """The pictures of a video, the first of them at ``offset_ns``.

    The file is opened, and its first picture decoded, at once; the rest is decoded as it is asked for.
    """

    def __init__(self, path: Path, offset_ns: int = 0) -> None:
        self._path = path
        self._container = open_media(path, "a video")
        self._offset_ns = offset_ns
        self._damage = Damage("camera", "piece of the video")
        self.notes: list[str] = []
        streams = self._container.streams.video
        if not streams:
            self.close()
            raise RecordingError(f"{path} holds no video, only sound; give a video file, or a folder with the other parts")
        self._stream: VideoStream = streams[0]
        self._stream.thread_type = "AUTO"
        rate = self._stream.average_rate or self._stream.guessed_rate
        rate = rate if rate and _RATES[0] <= rate <= _RATES[1] else _USUAL_RATE
        self._period_ns = round(NS_PER_S / rate)
        self.frame_rate: float = round(float(rate), 6)
        self._broken_off = False
        self._shift_ns = 0
        self._last_ns: int | None = None
        decoded = self._decode()
        first = next(decoded, None)
        if first is None:
            self.close()
            raise RecordingError(f"no picture in {path} can be decoded; the file is broken, copy it again or convert it")
        self._origin: int | None = first.pts
        self._frames = chain([first], decoded)
        picture = self._picture(first)
        self.size: tuple[int, int] = (picture.shape[1], picture.shape[0])
        self._length_s = self._length_told()
        # where the last picture will lie, as far as the file tells
        self.duration_s: float | None = None if self._length_s is None else max(0.0, self._length_s + seconds(offset_ns))

    @property
    def has_sound(self) -> bool:
        """Whether the file has a sound track."""
        return bool(self._container.streams.audio)

    def start_s(self) -> float:
        """Where the first picture lies on the file's own clock, in seconds (the sound track is placed by it)."""
        return 0.0 if self._origin is None else float(self._origin * self._time_base())

    def samples(self) -> Iterator[CameraFrame | SensorStatus]:
        """The pictures in time order, with a status where some could not be decoded."""
        for frame in self._frames:
            before_ns = self._last_ns
            t_ns = self._time(frame)
            if t_ns < 0:  # before the recording's start, by a negative offset
                continue
            if before_ns is not None and t_ns - before_ns > max(_HOLE_NS, 10 * self._period_ns):
                hole = f"no picture for {seconds(t_ns - before_ns):.1f} s"
                self.notes.append(f"{self._path.name}: {hole} before {seconds(t_ns):.1f} s")
                yield SensorStatus(t_ns, "camera", "degraded", hole)
            yield from self._damage.step(t_ns)
            yield CameraFrame(t_ns, self._picture(frame))
        end_ns = max(0, self._last_ns or 0)
        yield from self._damage.end(end_ns)
        self.notes.extend(self._damage.note(self._path))
        if early := self._ended_early():
            self.notes.append(f"{self._path.name} {early}")
            yield SensorStatus(end_ns, "camera", "degraded", f"the video {early}")

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    # ------------------------------------------------------------------------------------------------------- decoding

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        try:
            yield from self._container.demux(self._stream)
        except (OSError, ValueError):  # the container itself breaks off
            self._broken_off = True

    def _decode(self) -> Iterator[VideoFrame]:
        for packet in self._packets():
            try:
                frames = packet.decode()
            except (OSError, ValueError):
                self._damage.hit()
                continue
            for frame in frames:
                if frame.is_corrupt:  # concealed by the decoder: half a picture is no measurement
                    self._damage.hit()
                    continue
                yield frame

    def _time_base(self) -> Fraction:
        return self._stream.time_base or Fraction(1, NS_PER_S)

    def _time(self, frame: VideoFrame) -> int:
        """The picture's time; without a usable stamp it follows the last one by one period."""
        last, period = self._last_ns, self._period_ns
        if frame.pts is None or self._origin is None:
            t_ns = self._offset_ns if last is None else last + period
        else:
            base = frame.time_base or self._time_base()
            stamp = exact_ns(frame.pts, base) - exact_ns(self._origin, base) + self._offset_ns
            if last is not None and not 0 < stamp + self._shift_ns - last <= _LONGEST_GAP_NS:
                self._shift_ns = last + period - stamp  # the clock jumped: go on from here
            t_ns = stamp + self._shift_ns
        self._last_ns = t_ns
        return t_ns

    def _picture(self, frame: VideoFrame) -> NDArray[np.uint8]:
        ratio = self._stream.sample_aspect_ratio
        width = frame.width
        if ratio and abs(float(ratio) - 1.0) > _SQUARE and 0.2 < float(ratio) < 5.0:
            width = round(width * float(ratio))
        image = frame.reformat(width=width, height=frame.height, format="rgb24").to_ndarray().astype(np.uint8, copy=False)
        turns = round(frame.rotation / 90.0) % 4  # counterclockwise quarter turns
        return np.ascontiguousarray(np.rot90(image, turns)) if turns else image

    # --------------------------------------------------------------------------------------------------------- length

    def _length_told(self) -> float | None:
        """What the file says of the video's length."""
        stream, container = self._stream, self._container
        if length := seconds_or_none(stream.duration, stream.time_base):
            return length
        if len(container.streams) == 1:
            return seconds_or_none(container.duration, Fraction(1, 1_000_000))
        hours, _, rest = stream.metadata.get("DURATION", "").partition(":")  # Matroska's own, "00:00:02.200000000"
        minutes, _, secs = rest.partition(":")
        try:
            return float(hours) * 3600 + float(minutes) * 60 + float(secs)
        except ValueError:
            return None

    def _ended_early(self) -> str:
        if self._last_ns is None:
            return ""
        got_s = seconds(self._last_ns - self._offset_ns + self._period_ns)
        told_s = self._length_s
        if told_s is not None and told_s - got_s > max(0.5, 3 * seconds(self._period_ns)):
            return f"ends early, at {got_s:.1f} s of {told_s:.1f} s: the file is cut short, or pieces of it are missing"
        if self._broken_off:
            return f"breaks off at {got_s:.1f} s: the file is broken there"
        return ""
