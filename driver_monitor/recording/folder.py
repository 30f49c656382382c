"""A recording: a file or a folder of parts, as one stream of samples in time order.

The recording's time 0 is the video's first picture. It ends with its video; without one, with its longest part. The 10 Hz
ticks are made here, so that a replay has all that the road had.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from driver_monitor.errors import BadUseError, DriverMonitorError, RecordingError
from driver_monitor.recording.can_log import CanLogReader
from driver_monitor.recording.heart_csv import HeartReader, is_heart_csv
from driver_monitor.recording.parts_file import PARTS_FILE, PartEntry, read_parts_file
from driver_monitor.recording.sound import SoundReader
from driver_monitor.recording.video import VideoReader
from driver_monitor.signals import (
    NS_PER_S,
    TICK_NS,
    AudioChunk,
    ButtonPress,
    CameraFrame,
    CanFrame,
    HeartBeat,
    Part,
    Sample,
    SensorStatus,
    Tick,
    nanoseconds,
)

PARTS: tuple[Part, ...] = ("camera", "microphone", "heart_rate", "vehicle_bus")
_SUFFIXES: dict[Part, tuple[str, ...]] = {
    "camera": (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".mpg", ".mpeg", ".ts", ".flv", ".wmv", ".3gp", ".ogv"),
    "microphone": (".wav", ".flac"),
    "heart_rate": (".csv",),
    "vehicle_bus": (".asc", ".blf", ".log", ".mf4"),
}
_WORDS: dict[Part, str] = {
    "camera": "video",
    "microphone": "WAV",
    "heart_rate": "heart-rate CSV",
    "vehicle_bus": "CAN log",
}
_ORDER: dict[type, int] = {
    kind: i for i, kind in enumerate((SensorStatus, CanFrame, HeartBeat, ButtonPress, AudioChunk, CameraFrame, Tick))
}
"""The order of samples of one time; what a picture is judged by comes before it."""

_PART_OF: dict[type, Part] = {
    CameraFrame: "camera", AudioChunk: "microphone", HeartBeat: "heart_rate", CanFrame: "vehicle_bus",
}
_LONGEST_GAP_NS = 3600 * NS_PER_S  # without anything: a longer one is a broken time stamp, and its ticks would fill the disk
_GOES_ON_NS = NS_PER_S  # a part this much longer than the video is worth a word


class PartReader(Protocol):
    """One part of a recording."""

    notes: list[str]

    def samples(self) -> Iterator[Sample]:
        """The part's samples in time order."""
        ...

    def close(self) -> None:
        """Close the part's file."""
        ...


class Recording:
    """An open recording. ``samples`` streams it once, in time order."""

    def __init__(
        self,
        name: str,
        opened: dict[Part, tuple[str, PartReader]],
        absent: dict[Part, str],
        notes: list[str],
        files: dict[Part, Path],
    ) -> None:
        self.name = name
        self.file_of = files
        self.files = list(files.values())
        self.start_ns = 0
        self.parts: list[tuple[Part, str]] = [(part, opened[part][0]) for part in PARTS if part in opened]
        self.missing: list[Part] = [part for part in PARTS if part not in opened]
        self._readers: dict[Part, PartReader] = {part: opened[part][1] for part in PARTS if part in opened}
        self._absent = absent
        self._notes = notes
        self._used = False
        self._video_end_ns: int | None = None
        video = self._readers.get("camera")
        self._video = video if isinstance(video, VideoReader) else None

    @property
    def frame_rate(self) -> float | None:
        """Pictures per second, on average, as the video says."""
        return None if self._video is None else self._video.frame_rate

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """Width and height of the pictures."""
        return None if self._video is None else self._video.size

    @property
    def duration_s(self) -> float | None:
        """Length in seconds where it is known before reading."""
        if self._video is not None:
            return self._video.duration_s
        lengths = [reader.duration_s for reader in self._readers.values() if isinstance(reader, SoundReader)]
        return lengths[0] if lengths and len(self._readers) == 1 else None

    @property
    def notes(self) -> list[str]:
        """What the user should know: how parts were placed in time and, after reading, what was left out."""
        return [*self._notes, *(note for reader in self._readers.values() for note in reader.notes)]

    def samples(self) -> Iterator[Sample]:
        """All samples with their ticks, in time order. The files are read as it goes, so this can be had once."""
        if self._used:
            raise RecordingError(f"{self.name} has been read already; open it again to read it again")
        self._used = True
        return self._ticked()

    def close(self) -> None:
        """Close all files."""
        for reader in self._readers.values():
            reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # -------------------------------------------------------------------------------------------------------- merging

    def _ticked(self) -> Iterator[Sample]:
        for part in self.missing:
            yield SensorStatus(0, part, "missing", self._absent[part])
        tick_ns = 0
        end_ns = 0
        for sample in self._merged():
            if sample.t_ns - end_ns > _LONGEST_GAP_NS:
                raise RecordingError(self._far(sample, end_ns))
            while tick_ns < sample.t_ns:
                yield Tick(tick_ns)
                tick_ns += TICK_NS
            end_ns = sample.t_ns
            yield sample
        while tick_ns <= end_ns:
            yield Tick(tick_ns)
            tick_ns += TICK_NS

    def _far(self, sample: Sample, last_ns: int) -> str:
        part = sample.part if isinstance(sample, SensorStatus) else _PART_OF.get(type(sample), "camera")
        file = next((file for there, file in self.parts if there == part), self.name)
        return (
            f"{file} goes from {last_ns / NS_PER_S:.1f} s to {sample.t_ns / NS_PER_S:.1f} s, and no part has anything between "
            "(an hour is the most): mend or delete what has that time stamp, or make two recordings of it"
        )

    def _merged(self) -> Iterator[Sample]:
        streams = [
            self._until_its_end(reader) if reader is self._video else reader.samples() for reader in self._readers.values()
        ]
        beyond: set[type] = set()
        for sample in heapq.merge(*streams, key=lambda s: (s.t_ns, _ORDER[type(s)])):
            end_ns = self._video_end_ns
            if end_ns is None or sample.t_ns <= end_ns:
                yield sample
            elif sample.t_ns > end_ns + _GOES_ON_NS:
                beyond.add(type(sample))
                break
        if beyond:
            self._notes.append("parts that go on after the video's end were replayed up to it")

    def _until_its_end(self, video: PartReader) -> Iterator[Sample]:
        last_ns = 0
        for sample in video.samples():
            last_ns = sample.t_ns
            yield sample
        self._video_end_ns = last_ns


def open_recording(path: Path, offsets: Mapping[Part, float] | None = None) -> Recording:
    """Open a video file, or a folder with at most one video, WAV, CAN log and heart-rate CSV.

    ``offsets``, in seconds, go before those of the folder's own recording.toml.

    All files are opened here, so nothing needs to be opened once the process is locked down.

    Raises
    ------
    BadUseError
        When there is nothing at ``path`` that can be used, or two files could be the same part.
    RecordingError
        When a file is broken.
    """
    if not path.exists():
        raise BadUseError(f"{path} does not exist; give a video file or a folder with the parts of a recording")
    if path.is_dir():
        return _open_folder(path, offsets or {})
    if not path.is_file():
        raise BadUseError(f"{path} is neither a file nor a folder; give a video file or a folder with the parts of a recording")
    kind: Part = next((part for part in PARTS if path.suffix.lower() in _SUFFIXES[part]), "camera")
    return _open_parts(path.name, {kind: PartEntry(path, (offsets or {}).get(kind, 0.0))}, {}, path.parent, [])


def _open_folder(folder: Path, offsets: Mapping[Part, float]) -> Recording:
    name = folder.resolve().name
    notes: list[str] = []
    try:
        files = sorted(f for f in folder.iterdir() if f.is_file() and not f.name.startswith("."))
    except OSError as problem:
        raise BadUseError(f"{folder} cannot be listed ({problem.strerror or problem})") from None
    entries: dict[Part, PartEntry | None] = {}
    if (folder / PARTS_FILE).is_file():
        entries = read_parts_file(folder / PARTS_FILE, PARTS)
    named = {entry.file.resolve() for entry in entries.values() if entry is not None and entry.file is not None}
    chosen: dict[Part, PartEntry] = {}
    for part in PARTS:
        entry = entries.get(part, PartEntry(None))
        if entry is None:  # left out by the parts file
            continue
        if entry.file is not None:
            chosen[part] = entry
            continue
        found = [f for f in files if f.suffix.lower() in _SUFFIXES[part] and f.resolve() not in named]
        if part == "heart_rate":
            found = [f for f in found if is_heart_csv(f)]
        if len(found) > 1:
            names = ", ".join(f.name for f in found)
            raise BadUseError(
                f"{folder} holds more than one {_WORDS[part]}: {names}; "
                f"keep one, or name it in {PARTS_FILE} ([{part}] file = \"{found[0].name}\")"
            )
        if found:
            chosen[part] = PartEntry(found[0], entry.offset_s)
    chosen = {part: PartEntry(entry.file, offsets.get(part, entry.offset_s)) for part, entry in chosen.items()}
    notes += [
        f"{f.name} was not read: MDF before version 4 is not supported, convert it to MF4, ASC, BLF or a candump log"
        for f in files
        if f.suffix.lower() == ".mdf"
    ]
    if not chosen:
        raise BadUseError(
            f"{folder} holds nothing to replay; put a video (MP4, MKV, AVI), WAV, CAN log (ASC, BLF, MF4, candump .log) or "
            "heart-rate CSV there"
        )
    left_out = {part: f"left out by {PARTS_FILE}" for part, entry in entries.items() if entry is None}
    return _open_parts(name, chosen, left_out, folder, notes)


def _open_parts(
    name: str, chosen: dict[Part, PartEntry], left_out: dict[Part, str], folder: Path, notes: list[str]
) -> Recording:
    opened: dict[Part, tuple[str, PartReader]] = {}
    absent = {part: left_out.get(part, f"no {_WORDS[part]} in the recording") for part in PARTS}
    openers: dict[Part, Callable[[Path, int], PartReader]] = {
        "camera": VideoReader,
        "microphone": SoundReader,
        "heart_rate": HeartReader,
        "vehicle_bus": CanLogReader,
    }
    try:
        for part in PARTS:
            entry = chosen.get(part)
            if entry is not None and entry.file is not None:
                opened[part] = (_within(entry.file, folder), openers[part](entry.file, nanoseconds(entry.offset_s)))
        video = chosen.get("camera")
        if "microphone" not in chosen and "microphone" not in left_out and video is not None and video.file is not None:
            track = _sound_track(video.file, opened["camera"][1], nanoseconds(video.offset_s), notes)
            if track is None:
                absent["microphone"] = f"no WAV and no sound track in {video.file.name}"
            else:
                opened["microphone"] = (f"{_within(video.file, folder)} (sound track)", track)
    except DriverMonitorError:
        for _, reader in opened.values():
            reader.close()
        raise
    files = {part: entry.file for part, entry in chosen.items() if entry.file is not None}
    return Recording(name, opened, absent, notes, files)


def _sound_track(path: Path, video: PartReader, offset_ns: int, notes: list[str]) -> SoundReader | None:
    """The video's own sound, or ``None``; a broken track does not keep the video from being replayed."""
    if not isinstance(video, VideoReader) or not video.has_sound:
        return None
    try:
        return SoundReader(path, offset_ns, origin_s=video.start_s())
    except RecordingError:
        notes.append(f"the sound track of {path.name} cannot be decoded and was left out")
        return None


def _within(file: Path, folder: Path) -> str:
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else file.name
