"""Where a sound file lies beside a video: found by a clap that both have, or by a flash that sounds (an LED with a beeper).

The first minute is searched. A clap is placed to a sample by holding the two waves against each other, a flash to a
picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import RecordingError
from driver_monitor.recording.sound import RATE_HZ, SoundReader
from driver_monitor.recording.video import VideoReader
from driver_monitor.signals import AudioChunk, CameraFrame, seconds

Mark = Literal["clap", "flash"]

_SEARCHED_S = 60.0
_STEP = RATE_HZ // 1000  # loudness is taken each millisecond
_BEFORE_MS = 200  # a clap comes out of this much quiet
_CLEAR = 8.0  # times as loud as before, so that it is one
_AROUND_S = 0.15  # of sound that is held against the other
_SLACK_S = 0.02  # the two onsets are this far off at most
_LEAST_FLASH = 6.0  # mean luma, of 255
_CLEAR_FLASH = 4.0  # times the largest step but this one


def sound_offset_s(video: Path, sound: Path, mark: Mark) -> float:
    """The start of ``sound`` in seconds after the video's first picture.

    Raises
    ------
    RecordingError
        When one of them has no clear mark.
    """
    wave = _wave(SoundReader(sound))
    at = _onset(wave, sound.name)
    if mark == "flash":
        return _flash_s(video) - at / RATE_HZ
    reader = VideoReader(video)
    try:
        if not reader.has_sound:
            raise RecordingError(f"{video.name} has no sound track to hear a clap in; use --align flash, or give --offset")
        origin_s = reader.start_s()
    finally:
        reader.close()
    # the track keeps its own delay: its samples lie on the video's time
    track, start_s = _timed_wave(SoundReader(video, origin_s=origin_s))
    there = _onset(track, video.name)
    return start_s + (there - at + _shift(track, there, wave, at)) / RATE_HZ


def _wave(reader: SoundReader) -> NDArray[np.float32]:
    return _timed_wave(reader)[0]


def _timed_wave(reader: SoundReader) -> tuple[NDArray[np.float32], float]:
    """The first minute of sound, and when it begins."""
    chunks: list[AudioChunk] = []
    try:
        for sample in reader.samples():
            if isinstance(sample, AudioChunk):
                chunks.append(sample)
            if sample.t_ns > _SEARCHED_S * 1e9:
                break
    finally:
        reader.close()
    if not chunks:
        return np.zeros(0, np.float32), 0.0
    return np.concatenate([c.samples for c in chunks]), seconds(chunks[0].t_ns) - len(chunks[0].samples) / RATE_HZ


def _onset(wave: NDArray[np.float32], name: str) -> int:
    """The sample at which the clearest clap begins."""
    blocks = len(wave) // _STEP
    loud = np.sqrt(np.mean(np.square(wave[: blocks * _STEP].reshape(blocks, _STEP), dtype=np.float64), axis=1))
    if blocks <= _BEFORE_MS:
        raise RecordingError(f"{name} is too short to find a clap in; give --offset")
    sums = np.concatenate(([0.0], np.cumsum(loud)))
    before = (sums[_BEFORE_MS:-1] - sums[: -_BEFORE_MS - 1]) / _BEFORE_MS
    rise = loud[_BEFORE_MS:] / (before + 1e-4) * np.minimum(1.0, loud[_BEFORE_MS:] / max(1e-9, float(loud.max())) * 2)
    best = int(np.argmax(rise))
    if rise[best] < _CLEAR:
        raise RecordingError(f"{name} has no clear clap in its first {_SEARCHED_S:g} s; give --offset")
    return (best + _BEFORE_MS) * _STEP


def _shift(track: NDArray[np.float32], there: int, wave: NDArray[np.float32], at: int) -> int:
    """By how many samples the onsets were taken wrongly, from the waves themselves."""
    half, slack = round(_AROUND_S * RATE_HZ), round(_SLACK_S * RATE_HZ)
    piece = wave[max(0, at - slack) : at + half]
    room = track[max(0, there - 2 * slack) : there + half + slack]
    if len(piece) < half or len(room) <= len(piece):
        return 0
    fit = np.correlate(room.astype(np.float64), piece.astype(np.float64), "valid")
    return int(np.argmax(fit)) + max(0, there - 2 * slack) - there - (max(0, at - slack) - at)


def _flash_s(video: Path) -> float:
    """The time of the first picture of the clearest flash."""
    times: list[float] = []
    lumas: list[float] = []
    for frame in _pictures(video):
        times.append(seconds(frame.t_ns))
        lumas.append(float(frame.image[::8, ::8].mean()))
        if times[-1] > _SEARCHED_S:
            break
    steps = np.diff(lumas)
    if len(steps) < 3:
        raise RecordingError(f"{video.name} is too short to find a flash in; give --offset")
    best = int(np.argmax(steps))
    others = np.delete(np.abs(steps), [best, *([best + 1] if best + 1 < len(steps) else [])])  # its end may come at once
    if steps[best] < _LEAST_FLASH or steps[best] < _CLEAR_FLASH * float(np.max(others, initial=0.0)):
        raise RecordingError(f"{video.name} has no clear flash in its first {_SEARCHED_S:g} s; give --offset")
    return times[best + 1]


def _pictures(video: Path) -> Iterator[CameraFrame]:
    reader = VideoReader(video)
    try:
        yield from (sample for sample in reader.samples() if isinstance(sample, CameraFrame))
    finally:
        reader.close()
