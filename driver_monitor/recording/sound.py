"""A sound file, or a video's sound track, as chunks of mono sound at 16 kHz."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import RecordingError
from driver_monitor.recording.media import Damage, open_media, seconds_or_none
from driver_monitor.signals import NS_PER_S, AudioChunk, SensorStatus, nanoseconds

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream

RATE_HZ = 16_000
CHUNK = 512
"""32 ms: what voice activity takes at a time."""

_SAMPLE_NS = NS_PER_S // RATE_HZ  # 62,500 exactly
_GAP_NS = NS_PER_S // 10  # sound whose stamps leave the count by more than this has a hole


class SoundReader:
    """Sound from ``path``; ``origin_s`` on the file's own clock lies at ``offset_ns`` of the recording.

    ``origin_s`` ``None`` takes the sound's own beginning.
    """

    def __init__(self, path: Path, offset_ns: int = 0, origin_s: float | None = None) -> None:
        from av.audio.resampler import AudioResampler

        self._path = path
        self._container = open_media(path, "sound")
        self._damage = Damage("microphone", "piece of the sound")
        self.notes: list[str] = []
        streams = self._container.streams.audio
        if not streams:
            self.close()
            raise RecordingError(f"{path} holds no sound; give a WAV file")
        self._stream: AudioStream = streams[0]
        self._resampler = AudioResampler(format="fltp", rate=RATE_HZ)  # channels are kept, and averaged here
        decoded = self._decode()
        first = next(decoded, None)
        if first is None:
            self.close()
            raise RecordingError(f"no sound in {path} can be decoded; the file is broken or empty, record or convert it again")
        self._frames = chain([first], decoded)
        start_s = 0.0 if first.pts is None or first.time_base is None else float(first.pts * first.time_base)
        self._offset_ns = offset_ns - nanoseconds(start_s if origin_s is None else origin_s)
        self.duration_s: float | None = seconds_or_none(self._stream.duration, self._stream.time_base)

    def samples(self) -> Iterator[AudioChunk | SensorStatus]:
        """Chunks of 32 ms in time order; a chunk's time is the end of its last sample."""
        rest: NDArray[np.float32] = np.empty(0, np.float32)
        start_ns: int | None = None  # the time of rest[0]
        end_ns = 0
        for stamp_ns, sound in self._resampled():
            if start_ns is None:
                start_ns = stamp_ns
            elif stamp_ns is not None and abs(stamp_ns - (start_ns + len(rest) * _SAMPLE_NS)) > _GAP_NS and stamp_ns > start_ns:
                rest, start_ns = rest[:0], stamp_ns
            if start_ns is None:
                continue
            rest = np.concatenate((rest, sound)) if len(rest) else sound
            used = 0
            while len(rest) - used >= CHUNK:
                start_ns += CHUNK * _SAMPLE_NS
                if start_ns >= CHUNK * _SAMPLE_NS:  # a chunk that began before the recording is left out
                    yield from self._damage.step(start_ns)
                    yield AudioChunk(start_ns, rest[used : used + CHUNK].copy(), RATE_HZ)
                    end_ns = start_ns
                used += CHUNK
            rest = rest[used:]
        yield from self._damage.end(end_ns)
        self.notes.extend(self._damage.note(self._path))

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _decode(self) -> Iterator[AudioFrame]:
        try:
            for packet in self._container.demux(self._stream):
                try:
                    yield from packet.decode()
                except (OSError, ValueError):
                    self._damage.hit()
        except (OSError, ValueError):  # the container breaks off
            self._damage.hit()

    def _resampled(self) -> Iterator[tuple[int | None, NDArray[np.float32]]]:
        counted_ns: int | None = None
        for frame in chain(self._frames, [None]):
            stamp_ns = None
            if frame is not None:
                if frame.pts is not None and frame.time_base is not None:
                    stamp_ns = round(frame.pts * frame.time_base * NS_PER_S) + self._offset_ns
                elif counted_ns is None:
                    stamp_ns = self._offset_ns
                counted_ns = stamp_ns
            for out in self._resampler.resample(frame):
                sound = np.clip(np.nan_to_num(out.to_ndarray().mean(axis=0, dtype=np.float32)), -1.0, 1.0)
                yield stamp_ns, sound
                stamp_ns = None
