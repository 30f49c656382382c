"""A recorded trip as one stream of samples, exactly as the Monitor was given them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from driver_monitor.errors import BadUseError, RecordingError
from driver_monitor.recording.h264 import Decoder
from driver_monitor.recording.sealed import SEALED_SUFFIX
from driver_monitor.recording.trip_format import CAMERA, LOCAL_TIME, REPORT_TOPICS, SAMPLE_TOPICS, STATUS, TOPIC, VIDEO
from driver_monitor.recording.trip_messages import picture_h264, read_sample
from driver_monitor.recording.trip_part import TripMessage, TripPart, open_part
from driver_monitor.recording.trip_writer import SUFFIX
from driver_monitor.settings import Settings
from driver_monitor.signals import CameraFrame, LocalTime, Part, Sample, SensorStatus, seconds

PARTS: tuple[Part, ...] = ("camera", "microphone", "heart_rate", "vehicle_bus", "button")
_PART_NUMBER = re.compile(r"-part(\d{3,})$")


def is_trip(path: Path) -> bool:
    """Whether a path names a recorded trip, by its name: a file, or a folder that holds some."""
    if path.is_dir():
        return any(_is_file(file) for file in path.iterdir())
    return _is_file(path)


def _is_file(path: Path) -> bool:
    return path.name.removesuffix(SEALED_SUFFIX).endswith(SUFFIX)


class Trip:
    """An open trip: one file and the parts that follow it. ``samples`` streams it once, in time order.

    Parameters
    ----------
    path
        The file, or a folder with the parts of one trip.
    identity
        The file with the secret key, for an encrypted one.
    mend
        Read this one file from its beginning, believing no index.
    from_s, to_s
        Only what lies between these times, in seconds since the trip's start.

    Raises
    ------
    BadUseError, RecordingError
        When it cannot be read.
    """

    def __init__(
        self,
        path: Path,
        identity: Path | None = None,
        from_s: float | None = None,
        to_s: float | None = None,
        *,
        mend: bool = False,
    ) -> None:
        self.files = [path] if mend else _files(path)
        self._parts = [open_part(self.files[0], identity, mend=mend)]
        try:
            for file in self.files[1:]:
                self._parts.append(open_part(file, identity))
            self._check_parts(path)
        except Exception:
            self.close()
            raise
        self.about = self._parts[0].about
        self.name = self.files[0].name
        self.start_ns = self.about.zero_ns
        self.frames_seen = 0
        self._from_ns = None if from_s is None else self.start_ns + round(from_s * 1e9)
        self._to_ns = None if to_s is None else self.start_ns + round(to_s * 1e9)
        self._used = False
        self._seen: Counter[str] = Counter()
        self._bad: Counter[str] = Counter()
        self._late = 0
        self._video: Decoder | None = None
        self._unbegun = 0

    def _check_parts(self, path: Path) -> None:
        trips = {part.about.trip for part in self._parts}
        if len(trips) > 1:
            raise BadUseError(f"{path} holds {len(trips)} trips; name the file of one")
        self._parts.sort(key=lambda part: part.about.part)
        self.files = [part.path for part in self._parts]

    # -------------------------------------------------------------------------------------------------- what it says

    def settings(self) -> Settings:
        """The settings of the drive.

        Raises
        ------
        RecordingError
            When there are none that this version knows.
        """
        kept = self.attachments.get("settings.json")
        if kept is None:
            raise RecordingError(f"{self.name} has lost its settings; give --config")
        try:
            return Settings.model_validate_json(kept, strict=True)
        except ValueError as problem:
            first = str(problem).splitlines()[1:2]
            where = f" ({first[0].strip()})" if first else ""
            raise RecordingError(
                f"{self.name} was recorded with settings that this version does not know{where}; give --config"
            ) from None

    @property
    def pieces(self) -> list[TripPart]:
        """The open files."""
        return self._parts

    @property
    def attachments(self) -> dict[str, bytes]:
        """What is attached, by name."""
        return self._parts[0].attachments

    @property
    def parts(self) -> list[tuple[Part, str]]:
        """What was found, as far as it was read."""
        there = {TOPIC[topic].part for topic in self._seen if topic in SAMPLE_TOPICS}
        return [(part, self.name) for part in PARTS if part in there]

    @property
    def missing(self) -> list[Part]:
        """What was not found, as far as it was read; a button that nobody pressed is not missed."""
        there = [part for part, _ in self.parts]
        return [part for part in PARTS if part not in there and part != "button"]

    @property
    def duration_s(self) -> float | None:
        """Length in seconds where the files' index tells it."""
        ends = [part.end_ns for part in self._parts]
        last = ends[-1]
        if last is None:
            return None
        end_ns = last if self._to_ns is None else min(last, self._to_ns)
        return max(0.0, seconds(end_ns - self.start_ns))

    @property
    def frame_rate(self) -> float | None:
        """Pictures per second, as the settings asked for them."""
        return None if self.picture_size is None else self._asked_rate()

    def _asked_rate(self) -> float:
        try:
            return float(json.loads(self.attachments["settings.json"])["camera"]["fps"])
        except (KeyError, ValueError, TypeError):
            return 30.0

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """Width and height of the first picture."""
        from driver_monitor import jpeg
        from driver_monitor.recording.trip_messages import picture_jpeg

        for message in self._parts[0].peek():
            try:
                if message.topic == CAMERA:
                    return jpeg.size(picture_jpeg(message.data)[0])
                if message.topic == VIDEO and (image := Decoder().decode(picture_h264(message.data))) is not None:
                    return image.shape[1], image.shape[0]
            except ValueError:
                continue
        return None

    @property
    def lossy_note(self) -> str:
        """That a replay does not see what the monitor saw; empty when it does."""
        return f"{self.name} does not hold what the monitor saw: {self.about.lossy}" if self.about.lossy else ""

    @property
    def notes(self) -> list[str]:
        """What the user should know, the more the further it was read."""
        notes = [note for part in self._parts for note in part.notes]
        if self.lossy_note:
            notes.append(self.lossy_note)
        notes += [f"{count} messages of {topic} make no sense and were left out" for topic, count in self._bad.items()]
        if self._unbegun:
            notes.append(f"{self._unbegun} pictures before the first whole one were left out")
        if self._late:
            notes.append(f"{self._late} messages go back in time and were taken at the last one's time")
        return notes

    # -------------------------------------------------------------------------------------------------------- reading

    def messages(self, topics: frozenset[str] = SAMPLE_TOPICS | REPORT_TOPICS) -> Iterator[TripMessage]:
        """The messages of these topics in the order in which they were made, with the samples' own times."""
        last_ns: int | None = None
        for part in self._parts:
            for message in part.messages(topics, self._from_ns, self._to_ns):
                self._seen[message.topic] += 1
                if last_ns is not None and message.t_ns < last_ns:
                    self._late += 1
                    yield replace(message, t_ns=last_ns)
                    continue
                last_ns = message.t_ns
                yield message

    def samples(self, topics: frozenset[str] = SAMPLE_TOPICS, *, pictures: bool = True) -> Iterator[Sample]:
        """All samples; what makes no sense is left out and counted. This can be had once."""
        if self._used:
            raise RecordingError(f"{self.name} has been read already; open it again to read it again")
        self._used = True
        yield from self.standing()
        for message in self.messages(topics & SAMPLE_TOPICS):
            try:
                sample = self.read(message, pictures=pictures)
            except ValueError:
                self._bad[message.topic] += 1
                continue
            if sample is not None:
                yield sample

    def read(self, message: TripMessage, *, pictures: bool = True) -> Sample | None:
        """A message as sample; messages come in order. ``None`` for a picture of H.264 before the first whole one.

        Raises
        ------
        ValueError
            When the message is not what its topic says.
        """
        if message.topic != VIDEO or not pictures:
            return read_sample(message.topic, message.t_ns, message.data, pictures=pictures)
        if self._video is None:
            self._video = Decoder()
        image = self._video.decode(picture_h264(message.data))
        if image is None:
            self._unbegun += 1
            return None
        return CameraFrame(message.t_ns, image)

    def report_lines(self) -> Iterator[bytes]:
        """The reports as they were made on the road, each a line of the report file."""
        for message in self.messages(REPORT_TOPICS):
            yield message.data

    def standing(self) -> Iterator[SensorStatus | LocalTime]:
        """How the parts stood when the reading begins, and the hour then: the last word on each before ``from_s``."""
        from_ns = self._from_ns
        if from_ns is None:
            return
        stands: dict[str, SensorStatus | LocalTime] = {}
        for part in self._parts:
            if part.streams_once:
                return
            for message in part.messages(frozenset({STATUS, LOCAL_TIME}), None, from_ns):
                try:
                    status = read_sample(message.topic, from_ns, message.data)
                except ValueError:
                    continue
                if isinstance(status, SensorStatus):
                    stands[status.part] = status
                elif isinstance(status, LocalTime):
                    since_h = seconds(from_ns - message.t_ns) / 3600.0
                    stands["clock"] = LocalTime(from_ns, (status.hour + since_h) % 24.0)
        yield from stands.values()

    def close(self) -> None:
        """Close the files."""
        for part in self._parts:
            part.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        try:
            there = sorted(file for file in path.iterdir() if _is_file(file))
        except OSError as problem:
            raise BadUseError(f"{path} cannot be listed ({problem.strerror or problem})") from None
        if not there:
            raise BadUseError(f"{path} holds no recorded trip ({SUFFIX}); give a trip's file, or a folder with its parts")
        return there
    if not path.exists():
        raise BadUseError(f"{path} does not exist; check the path")
    stem, dot, rest = path.name.partition(SUFFIX)
    own = _PART_NUMBER.search(stem)
    number = int(own[1]) if own else 1
    first = stem[: own.start()] if own else stem
    files = [path]
    while (follows := path.with_name(f"{first}-part{number + len(files):03d}{dot}{rest}")).is_file():
        files.append(follows)
    return files
