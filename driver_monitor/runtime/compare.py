"""Holds the reports of a replay against those made before, and says in words where they first differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from driver_monitor import __version__
from driver_monitor.errors import BadUseError
from driver_monitor.recording.trip import Trip, is_trip
from driver_monitor.runtime.reports import Line, as_bytes, encode, read_reports
from driver_monitor.settings import Settings
from driver_monitor.settings_file import settings_sha256
from driver_monitor.signals import Report

_MOST_TOLD = 3  # keys of one line


class Comparison:
    """A sink that compares as it goes.

    Parameters
    ----------
    path
        A report file, or a recorded trip, whose own reports are then taken.
    settings, models
        Of this replay.
    start_ns
        The recording's time 0.
    identity
        For an encrypted trip.
    """

    def __init__(
        self, path: Path, settings: Settings, models: Mapping[str, str], start_ns: int, identity: Path | None = None
    ) -> None:
        self._path = path
        self._start_ns = start_ns
        self._trip: Trip | None = None
        self._count = 0
        self._first = ""
        self._notes: list[str] = []
        if is_trip(path):
            self._trip = Trip(path, identity)
            about = self._trip.about
            if about.lossy:
                self._trip.close()
                raise BadUseError(f"{path} can be no reference: it does not hold what the monitor saw ({about.lossy})")
            if fault := _fault(self._trip):
                self._trip.close()
                raise BadUseError(f"{path} can be no reference: {fault}; give another file")
            before = {"version": about.version, "models": dict(about.models)}
            self._lines = self._of_trip(self._trip)
        else:
            if path.is_file():  # a pipe can be read but once
                for _ in _of_file(path):  # a file that is broken further on is told now, and not after the replay
                    pass
            lines = _of_file(path)
            _, before = next(lines)
            self._lines = ((data, line) for data, line in lines if line["type"] != "summary")
        now = {"version": __version__, "models": dict(models), "settings_sha256": settings_sha256(settings)}
        self._notes = [f"made with other {_HEAD[key]}" for key in _HEAD if key in before and before[key] != now[key]]

    @property
    def same(self) -> bool:
        """Whether nothing has differed; after the end, whether all is the same."""
        return not self._first

    def take(self, sample: object, reports: Iterable[Report], monitor: object) -> None:
        """Compare what one sample led to."""
        for report in reports:
            line = encode(report, self._start_ns)
            if not self._first:
                self._step(as_bytes(line), line)
        if sample is None and not self._first and (left := next(self._lines, None)) is not None:
            self._first = f"{self._path.name} goes on after report {self._count}, with {told(left[1])}; this replay has ended"

    def in_words(self) -> str:
        """What came of it."""
        notes = f" ({'; '.join(self._notes)})" if self._notes else ""
        if self.same:
            return f"Compared with {self._path.name}: all {self._count} reports are the same to the byte{notes}"
        return f"Compared with {self._path.name}{notes}: {self._first}"

    def close(self) -> None:
        """Close the trip that was compared with."""
        if self._trip is not None:
            self._trip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _step(self, data: bytes, line: Line) -> None:
        other = next(self._lines, None)
        if other is None:
            self._first = f"{self._path.name} ends after report {self._count}; this replay goes on with {told(line)}"
            return
        self._count += 1
        if other[0] != data:
            self._first = f"report {self._count} differs: {difference(other[1], line)}"

    @staticmethod
    def _of_trip(trip: Trip) -> Iterator[tuple[bytes, Line]]:
        for data in trip.report_lines():
            try:
                line = json.loads(data)
            except (ValueError, RecursionError):
                line = {"type": "broken"}
            yield data, line if isinstance(line, dict) else {"type": "broken"}


def _of_file(path: Path) -> Iterator[tuple[bytes, Line]]:
    for number, line in enumerate(read_reports(path), 1):
        try:
            yield as_bytes(line), line
        except (ValueError, RecursionError) as problem:  # what Python's JSON reads, and no report holds: NaN, half a character
            raise BadUseError(f"{path} line {number} is no report ({problem}); the file is broken there") from None


def _fault(trip: Trip) -> str:
    """What is wrong with a trip's reports; empty without an index, where the pictures would have to be read as well."""
    if any(part.end_ns is None for part in trip.pieces):
        return ""
    count = sum(1 for _ in trip.report_lines())
    if broken := sum(part.broken_chunks for part in trip.pieces):
        return f"{broken} pieces of its reports are broken"
    return "" if count else "it holds no reports"


_HEAD = {"version": "software", "settings_sha256": "settings", "models": "models"}


def difference(before: Line, now: Line) -> str:
    """How two reports differ, in words."""
    if _what(before) != _what(now) or before.get("t_s") != now.get("t_s"):
        return f"it was {told(before)}, and now is {told(now)}"
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    if not keys:
        return f"{told(now)}: the same values, written otherwise"
    shown = "; ".join(_key(key, before.get(key), now.get(key)) for key in keys[:_MOST_TOLD])
    more = f"; and {len(keys) - _MOST_TOLD} more" if len(keys) > _MOST_TOLD else ""
    return f"{told(now)}: {shown}{more}"


def told(line: Line) -> str:
    """A report in a few words: "the state fatigue at 12.3 s"."""
    at = f" at {line['t_s']:.3f} s" if isinstance(line.get("t_s"), int | float) else ""
    return f"{_what(line)}{at}"


def _what(line: Line) -> str:
    match line.get("type"):
        case "state":
            return f"the state {line.get('state')}"
        case "alert":
            return f"the alert {line.get('kind')} {line.get('event')}"
        case "event":
            still = "the beginning" if line.get("end_s") is None else "the end"
            return f"{still} of the event {line.get('event')}"
        case "health":
            return f"the health of {line.get('part')}"
        case kind:
            return f"a line '{kind}'"


def _key(key: str, before: Any, now: Any) -> str:
    if key != "evidence" or not isinstance(before, list) or not isinstance(now, list):
        return f"{key} was {_short(before)}, now {_short(now)}"
    earlier = {term.get("term"): term for term in before if isinstance(term, dict)}
    later = {term.get("term"): term for term in now if isinstance(term, dict)}
    for name in {**earlier, **later}:
        if earlier.get(name) != later.get(name):
            was, new = (_short((terms.get(name) or {}).get("contribution")) for terms in (earlier, later))
            if was == new:
                was, new = (_short((terms.get(name) or {}).get("measured")) for terms in (earlier, later))
            return f"evidence '{name}' was {was}, now {new}"
    return "evidence is in another order"


def _short(value: Any) -> str:
    if value is None:
        return "not known"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
