"""Label tables beside the recordings."""

from __future__ import annotations

import csv
from pathlib import Path

from driver_monitor.errors import RecordingError


def columns(path: Path) -> tuple[str, ...]:
    """The header of a CSV file, empty when there is none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(next(csv.reader(file), ()))
    except (OSError, UnicodeDecodeError):
        return ()


def rows(path: Path, *needed: str) -> list[dict[str, str]]:
    """The rows of a CSV file that must have the columns ``needed``, none of them empty."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as problem:
        raise RecordingError(f"{path} cannot be read ({problem}); check the data set") from None
    if not table:
        raise RecordingError(f"{path} holds no rows; give the whole data set")
    for number, row in enumerate(table, start=2):
        for name in needed:
            if not row.get(name):
                raise RecordingError(f"{path} line {number}: column '{name}' is empty or missing; mend the table")
    return table


def number(path: Path, row: dict[str, str], name: str) -> float:
    """One cell as a number."""
    try:
        return float(row[name])
    except ValueError:
        raise RecordingError(f"{path}: column '{name}' holds '{row[name]}', which is no number; mend the table") from None


def file_beside(table: Path, name: str) -> Path:
    """A file that a table names."""
    path = table.parent / name
    if not path.is_file():
        raise RecordingError(f"{table} names {name}, which is not beside it; give the whole data set")
    return path
