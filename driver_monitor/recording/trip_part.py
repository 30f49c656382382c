"""One file of a trip: what it says of itself, and its messages in the order in which they were made."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from driver_monitor.errors import BadUseError, RecordingError
from driver_monitor.recording.mcap_scan import (
    ATTACHMENT,
    CHUNK,
    FOOTER,
    HEADER,
    METADATA,
    ChunkPlace,
    Message,
    Scan,
    attachment,
    chunk_places,
    map_at,
    text_at,
    unpack_chunk,
)
from driver_monitor.recording.sealed import SEALED_SUFFIX, SealedInput, identities
from driver_monitor.recording.trip_format import ABOUT, CHANNEL, END, FORMAT, LANES, PROFILE, TOPICS, About, held_to, lossy_with

_RECORD_HEAD = 9
_LANE_OF = {CHANNEL[topic.name]: LANES.index(topic.lane) for topic in TOPICS}
_PEEKED = 6  # chunks: two flushes of three lanes


@dataclass(frozen=True, slots=True)
class TripMessage:
    """A message on the samples' own time."""

    topic: str
    t_ns: int
    data: bytes


class TripPart:
    """An open file. Its head (what stands before the first message) is read at once."""

    def __init__(self, path: Path, file: IO[bytes] | SealedInput, size: int | None, *, mend: bool = False) -> None:
        self.path = path
        self.attachments: dict[str, bytes] = {}
        self.told: dict[str, str] = {}
        """What the file says of its end; empty when it was not ended in order."""
        self.streams_once = isinstance(file, SealedInput)
        self.broken_chunks = 0
        self.chunks = 0
        self.read_whole = False
        self._mend = mend
        self._file = file
        self._size = size
        self._ahead: list[bytes] = []
        self._scan = self._new_scan()
        if not self._scan.begins_well():
            raise RecordingError(f"{path} is no recording (it does not begin as an MCAP file does); check the name")
        self._records = self._scan.records()
        self._held_to = ""
        self._places: list[ChunkPlace] | None = None
        about = self._read_head()
        if about is None and mend:
            about = self._about_lost()
        if about is None:
            raise RecordingError(f"{path} has lost its head: nothing in it says when and how it was recorded")
        self.about = about
        if isinstance(file, io.BufferedReader) and size is not None and not mend:
            self._places = chunk_places(file, file.seek, size)
            if self._places:
                self._read_end(file, size, self._places[-1])
            # one that was recovered without its head may not say so itself
            told = lossy_with(channel for place in self._places or () for channel in place.channels)
            self.about = replace(about, lossy=about.lossy or told)

    @property
    def end_ns(self) -> int | None:
        """The last message's time, where the index tells it."""
        if not self._places:
            return None
        return max(place.end_ns for place in self._places) - self.about.wall_ns

    @property
    def notes(self) -> list[str]:
        """What the user should know of this file, the more the further it was read."""
        notes = []
        if self.read_whole and self._scan.ending != "whole":
            cut = isinstance(self._file, SealedInput) and self._file.cut
            how = f"could not be decrypted further ({cut})" if cut else f"is {self._scan.ending}: it was not ended in order"
            notes.append(f"{self.path.name} {how}; what is whole in it was read")
        elif self._places is None and not self.streams_once and self.read_whole and not self._mend:  # mending asks no index
            notes.append(f"{self.path.name} has no index that can be trusted; it was read from its beginning")
        if self.broken_chunks:
            notes.append(f"{self.path.name}: {self.broken_chunks} pieces are broken and were left out")
        if self._scan.passed_over:
            notes.append(f"{self.path.name} makes no sense at {self._scan.passed_over} places; they were passed over")
        if self._held_to:
            why = "as its settings say" if "settings.json" in self.attachments else "the strictest, as its settings are lost too"
            notes.append(f"{self.path.name} has lost its head; its deployment is taken for '{self._held_to}' ({why})")
        lost = self.told.get("lost", "0")
        if lost.isdecimal() and int(lost):
            notes.append(f"{self.path.name}: {int(lost)} messages were lost while recording, as the disk could not keep up")
        return notes

    def messages(self, topics: frozenset[str], from_ns: int | None = None, to_ns: int | None = None) -> Iterator[TripMessage]:
        """The messages of these topics, from ``from_ns`` up to before ``to_ns`` on the samples' own time."""
        wall_ns = self.about.wall_ns
        wanted = frozenset(CHANNEL[topic] for topic in topics)
        first = None if from_ns is None else from_ns + wall_ns
        behind = None if to_ns is None else to_ns + wall_ns
        for message in self._joined(self._chunks(wanted, first, behind), wanted):
            if (first is None or message.log_ns >= first) and (behind is None or message.log_ns < behind):
                yield TripMessage(TOPICS[message.channel - 1].name, message.log_ns - wall_ns, message.data)

    def peek(self) -> Iterator[TripMessage]:
        """The messages of the first chunks; they are read again later."""
        for content in self._first_chunks():
            for message in self._unpacked(content, None, count=False):
                if 1 <= message.channel <= len(TOPICS):
                    yield TripMessage(TOPICS[message.channel - 1].name, message.log_ns - self.about.wall_ns, message.data)

    def _first_chunks(self) -> Iterator[bytes]:
        if self._places is not None:
            yield from (self._at(place) for place in self._places[:_PEEKED])
            return
        yield from list(self._ahead)
        while len(self._ahead) < _PEEKED and not self.read_whole:
            record = next((record for record in self._records if record.opcode == CHUNK), None)
            if record is None:
                return
            self._ahead.append(record.content)
            yield record.content

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # ------------------------------------------------------------------------------------------------------- chunks

    def _joined(self, chunks: Iterator[bytes], wanted: frozenset[int]) -> Iterator[Message]:
        """The lanes as one: a flush writes each lane once, in their order, so a chunk of no later lane begins the next flush."""
        waiting: list[Message] = []
        lane = -1
        for content in chunks:
            fresh = self._unpacked(content, wanted)
            if not fresh:
                continue
            last, lane = lane, _LANE_OF[fresh[0].channel]
            if lane <= last:
                waiting.sort(key=_order)
                yield from waiting
                waiting = []
            waiting += fresh
        waiting.sort(key=_order)
        yield from waiting

    def _unpacked(self, content: bytes, wanted: frozenset[int] | None, *, count: bool = True) -> list[Message]:
        try:
            messages = unpack_chunk(content, wanted)
        except ValueError:
            self.broken_chunks += count
            return []
        self.chunks += count
        return messages

    def _chunks(self, wanted: frozenset[int], first: int | None, behind: int | None) -> Iterator[bytes]:
        if self._places is not None:
            for place in self._places:
                late = first is not None and place.end_ns < first
                if not late and (behind is None or place.start_ns < behind) and place.channels & wanted:
                    yield self._at(place)
            return
        if self.streams_once:
            if self.read_whole:
                raise RecordingError(f"{self.path} is encrypted and can be read once; open it again")
            yield from self._ahead
        else:
            self._start_again()
        for record in self._records:
            if record.opcode == CHUNK:
                yield record.content
            elif record.opcode == METADATA:
                self._take_metadata(record.content)
        self.read_whole = True

    def _at(self, place: ChunkPlace) -> bytes:
        file = self._file
        assert isinstance(file, io.BufferedReader)
        file.seek(place.offset + _RECORD_HEAD)
        return file.read(place.length - _RECORD_HEAD)

    def _start_again(self) -> None:
        file = self._file
        assert isinstance(file, io.BufferedReader)
        file.seek(0)
        self.broken_chunks = self.chunks = 0
        self._scan = self._new_scan()
        self._scan.begins_well()
        self._records = self._scan.records()

    def _new_scan(self) -> Scan:
        file = self._file
        return Scan(file, self._size, None if isinstance(file, SealedInput) else file.seek)

    # --------------------------------------------------------------------------------------------------------- head

    def _read_head(self) -> About | None:
        about: About | None = None
        for record in self._records:
            if record.opcode == HEADER:
                self._check_profile(record.content)
            elif record.opcode == METADATA:
                about = self._take_metadata(record.content) or about
            elif record.opcode == ATTACHMENT:
                if (attached := attachment(record.content)) is not None:
                    self.attachments[attached[0]] = attached[1]
            elif record.opcode == CHUNK:
                self._ahead.append(record.content)
                break
            elif record.opcode == FOOTER:
                break
        return about

    def _read_end(self, file: io.BufferedReader, size: int, last: ChunkPlace) -> None:
        behind = last.offset + last.length
        file.seek(behind)
        for record in Scan(file, size, start=behind).records():
            if record.opcode == METADATA:
                self._take_metadata(record.content)

    def _about_lost(self) -> About | None:
        """What can be said without the head: the trip begins with its first message."""
        messages = [message for content in self._first_chunks() for message in self._unpacked(content, None, count=False)]
        if not messages:
            return None
        self._held_to = self._deployment_attached()
        return About(
            zero_ns=min(message.log_ns for message in messages),
            wall_ns=0,
            trip="unknown",
            deployment=self._held_to,
            lossy=lossy_with(message.channel for message in messages),
        )

    def _deployment_attached(self) -> str:
        """Whose trip it was, by the settings attached; a fleet's, where these are lost too: nobody's privacy is guessed away."""
        try:
            told = json.loads(self.attachments["settings.json"])["trip"]["deployment"]
        except (KeyError, TypeError, ValueError):
            told = ""
        return held_to(told)

    def _check_profile(self, content: bytes) -> None:
        profile = text_at(content, 0)
        if profile is not None and profile[0] != PROFILE:
            made = f"profile '{profile[0][:30]}'" if profile[0] else "no profile"
            raise RecordingError(f"{self.path} is an MCAP file, but none of driver-monitor's ({made})")

    def _take_metadata(self, content: bytes) -> About | None:
        name = text_at(content, 0)
        if name is None or name[0] not in (ABOUT, END):
            return None
        words = map_at(content, name[1])
        if name[0] == END:
            self.told = words
            return None
        form = words.get("format", "")
        if form.isdecimal() and int(form) > FORMAT:
            raise RecordingError(f"{self.path} is of recording format {form}, not {FORMAT}; update this program")
        try:
            return About.from_metadata(words)
        except ValueError:
            return None


def _order(message: Message) -> int:
    return message.sequence


def open_part(path: Path, identity: Path | None = None, *, mend: bool = False) -> TripPart:
    """Open one file of a trip; to ``mend`` it, its index is not believed and its head may be lost.

    Raises
    ------
    BadUseError
        When it cannot be opened.
    RecordingError
        When it is no recording, or not one of a version known here.
    """
    try:
        size = path.stat().st_size
        if size == 0:
            raise RecordingError(f"{path} is empty (0 bytes); nothing was written to it")
        if path.name.endswith(SEALED_SUFFIX):
            if identity is None:
                raise BadUseError(f"{path} is encrypted; give the file with the secret key (--identity KEY.txt)")
            sealed = SealedInput(path, identities(identity))
            return _opened(path, sealed, None, mend)
        file = path.open("rb")
    except OSError as problem:
        raise BadUseError(f"{path} cannot be read ({problem.strerror or problem})") from None
    return _opened(path, file, os.fstat(file.fileno()).st_size, mend)


def _opened(path: Path, file: IO[bytes] | SealedInput, size: int | None, mend: bool) -> TripPart:
    try:
        return TripPart(path, file, size, mend=mend)
    except BaseException:
        file.close()
        raise
