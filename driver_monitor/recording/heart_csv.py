"""A heart-rate CSV as heart beats: with named columns, or as an Empatica E4 wristband exports it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

from driver_monitor.errors import BadUseError, RecordingError
from driver_monitor.signals import HeartBeat, nanoseconds

_TIME = ("t_s", "time_s")
_INTERVAL = ("rr_ms",)
_RATE = ("hr_bpm", "rate_bpm")
_ABSOLUTE_S = 1e8  # a first time beyond three years counts from 1970
_MOST_S = 1e12
_LAYOUTS = "a header with t_s and rr_ms or hr_bpm, or an Empatica E4 IBI.csv or HR.csv"

_SKIN_US = ("skin_us", "eda_us", "gsr_us")
_SKIN_C = ("skin_c", "temp_c")
_Row = tuple[float, float | None, float | None, float | None, float | None]
"""Seconds, RR interval (ms), rate (1/min), skin conductance (µS), skin temperature (°C)."""


class HeartReader:
    """The beats of a CSV; one with clock times starts at 0, all are moved by ``offset_ns``."""

    def __init__(self, path: Path, offset_ns: int = 0) -> None:
        self._path = path
        self._offset_ns = offset_ns
        self._number = 0
        self.notes: list[str] = []
        try:
            self._file = path.open(encoding="utf-8-sig", errors="replace", newline="")
        except FileNotFoundError:
            raise BadUseError(f"{path} does not exist; check the path") from None
        except OSError as problem:
            raise BadUseError(f"{path} cannot be read ({problem.strerror or problem})") from None
        try:
            rows = self._rows(self._file)
            first = next(rows, None)
            if first is None:
                raise RecordingError(f"{path} holds no heart beat; give {_LAYOUTS}")
        except RecordingError:
            self.close()
            raise
        self._all = chain([first], rows)
        self._base_s = 0.0
        if first[0] > _ABSOLUTE_S:
            self._base_s = first[0]
            self.notes.append(
                f"{path.name} has clock times: its first row is placed at {offset_ns / 1e9:g} s of the recording "
                "(offset_s in recording.toml moves it)"
            )

    def samples(self) -> Iterator[HeartBeat]:
        """The beats in time order."""
        for t_s, rr_ms, rate_bpm, skin_us, skin_c in self._all:
            t_ns = nanoseconds(t_s - self._base_s) + self._offset_ns
            if t_ns >= 0:
                yield HeartBeat(t_ns, rr_ms, rate_bpm, None, skin_us, skin_c)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rows(self, file: TextIO) -> Iterator[_Row]:
        reader = csv.reader(self._numbered(file))
        try:
            head = [cell.strip().lower() for cell in next(reader, [])]
            if len(head) == 2 and head[1] == "ibi":
                rows = self._e4_intervals(reader, head[0])
            elif len(head) == 1 and _is_number(head[0]):
                rows = self._e4_rates(reader, head[0])
            else:
                rows = self._named(reader, head)
            last_s = -math.inf
            for row in rows:
                if abs(row[0]) > _MOST_S:
                    raise self._wrong(f"has {row[0]:g} s, which is no time; mend or delete that line")
                if row[0] < last_s:
                    raise self._wrong(f"goes back in time, from {last_s:g} s to {row[0]:g} s; sort the rows by time")
                last_s = row[0]
                yield row
        except csv.Error as problem:
            raise self._wrong(f"is not CSV ({problem})") from None

    def _numbered(self, file: TextIO) -> Iterator[str]:
        for number, line in enumerate(file, 1):
            self._number = number
            yield line

    def _named(self, reader: Iterator[list[str]], head: list[str]) -> Iterator[_Row]:
        time = _column(head, _TIME)
        interval, rate = _column(head, _INTERVAL), _column(head, _RATE)
        skins = _column(head, _SKIN_US), _column(head, _SKIN_C)
        if time is None or (interval is None and rate is None):
            raise self._wrong(f"is no header of a heart-rate file ('{','.join(head)[:60]}'); give {_LAYOUTS}")
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            t_s = self._number_in(row, time, head)
            if t_s is None:
                raise self._wrong(f"has no {head[time]}")
            rr_ms = None if interval is None else self._number_in(row, interval, head)
            rate_bpm = None if rate is None else self._number_in(row, rate, head)
            skin = [None if i is None else self._number_in(row, i, head) for i in skins]
            if rr_ms is not None or rate_bpm is not None or any(s is not None for s in skin):
                yield t_s, rr_ms, rate_bpm, skin[0], skin[1]

    def _e4_intervals(self, reader: Iterator[list[str]], start: str) -> Iterator[_Row]:
        """First row: start of the session (unix time); then seconds since, and the interval in seconds."""
        self._e4_note(start, "IBI")
        for row in reader:
            if not row:
                continue
            t_s, interval_s = (self._number_in(row, i, ["time", "IBI"]) for i in (0, 1))
            if t_s is None or interval_s is None:
                raise self._wrong("needs a time and an interval")
            yield t_s, round(interval_s * 1000.0, 3), None, None, None

    def _e4_rates(self, reader: Iterator[list[str]], start: str) -> Iterator[_Row]:
        """First row: start of the session (unix time); second: samples per second; then one rate a row."""
        self._e4_note(start, "HR")
        rate_hz = self._number_in(next(reader, []), 0, ["sample rate"])
        if rate_hz is None or not 0.01 <= rate_hz <= 100:
            raise self._wrong(f"must hold the sample rate in Hz; give {_LAYOUTS}")
        count = 0
        for row in reader:
            if not row:
                continue
            value = self._number_in(row, 0, ["rate"])
            if value is not None:
                yield count / rate_hz, None, value, None, None
            count += 1

    def _e4_note(self, start: str, kind: str) -> None:
        if not _is_number(start) or float(start) < _ABSOLUTE_S:
            raise self._wrong(f"must hold the start of the session as unix time ('{start[:30]}'); give {_LAYOUTS}")
        self.notes.append(
            f"{self._path.name} (E4 {kind}) has clock times: its session starts at {self._offset_ns / 1e9:g} s of the recording "
            "(offset_s in recording.toml moves it)"
        )

    def _number_in(self, row: list[str], index: int, names: list[str]) -> float | None:
        cell = row[index].strip() if index < len(row) else ""
        if not cell:
            return None
        if not _is_number(cell):
            raise self._wrong(f"has '{cell[:30]}' for {names[index]}, which is no number; mend or delete that line")
        return float(cell)

    def _wrong(self, what: str) -> RecordingError:
        return RecordingError(f"{self._path} line {max(1, self._number)} {what}")


def is_heart_csv(path: Path) -> bool:
    """Whether a CSV in a folder is meant as heart rate (a wristband's export has other files of the same layout)."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            head = [cell.strip().lower() for cell in file.readline(1000).split(",")]
    except OSError:
        return False
    if len(head) == 2 and head[1] == "ibi":
        return True
    if len(head) == 1 and _is_number(head[0]):
        return path.stem.upper().endswith("HR")
    heartlike = {*_INTERVAL, *_RATE, "rr", "hr", "ibi", "heart_rate", "bpm"}
    return bool(heartlike & set(head)) or "heart" in path.stem.lower()


def _column(head: list[str], names: tuple[str, ...]) -> int | None:
    return next((head.index(name) for name in names if name in head), None)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
