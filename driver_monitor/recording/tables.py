"""Tables of an export: CSV, or Parquet where pyarrow is there."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Protocol, TextIO

from driver_monitor.errors import BadUseError, needs_extra

Value = str | float | int | bool | None
Kinds = dict[str, type]
"""A table's columns: ``float``, ``int``, ``bool`` or ``str``; ``None`` may stand in each."""

TABLES: dict[str, Kinds] = {
    "heart": {"t_s": float, "rr_ms": float, "rate_bpm": float, "contact": bool},
    "can": {"t_s": float, "id": int, "extended": bool, "data": str},
    "buttons": {"t_s": float, "button": str},
    "sensors": {"t_s": float, "part": str, "state": str, "reason": str},
    "states": {"t_s": float, "state": str, "value": float, "confidence": float, "kss": float, "reason": str, "evidence": str},
    "events": {"t_s": float, "event": str, "start_s": float, "end_s": float, "detail": str},
    "alerts": {
        "t_s": float,
        "event": str,
        "id": int,
        "kind": str,
        "level": str,
        "rule": str,
        "source": str,
        "evidence": str,
    },
    "health": {"t_s": float, "part": str, "state": str, "reason": str},
}


class Table(Protocol):
    """Takes rows."""

    def row(self, values: Sequence[Value]) -> None:
        """One row, in the order of the columns."""

    def close(self) -> None:
        """No more come."""


class CsvTable:
    """A table as CSV; what is not known is empty."""

    def __init__(self, path: Path, kinds: Kinds) -> None:
        self._file: TextIO = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(kinds)

    def row(self, values: Sequence[Value]) -> None:
        """One row."""
        self._writer.writerow([str(v).lower() if isinstance(v, bool) else v for v in values])

    def close(self) -> None:
        """No more come."""
        self._file.close()


def need_pyarrow() -> None:
    """Refuse where pyarrow is not installed.

    Raises
    ------
    BadUseError
        In one sentence.
    """
    if PathFinder.find_spec("pyarrow") is None:
        raise BadUseError(needs_extra("--as parquet: Parquet", "parquet"))


class ParquetTable:
    """A table as Parquet, written in groups so that memory stays flat."""

    _GROUP = 50_000

    def __init__(self, path: Path, kinds: Kinds) -> None:
        import pyarrow
        import pyarrow.parquet

        columns: dict[type, Any] = {
            float: pyarrow.float64(),
            int: pyarrow.int64(),
            bool: pyarrow.bool_(),
            str: pyarrow.string(),
        }
        self._pyarrow: Any = pyarrow
        self._schema: Any = pyarrow.schema([(name, columns[kind]) for name, kind in kinds.items()])
        self._writer: Any = pyarrow.parquet.ParquetWriter(str(path), self._schema)
        self._columns: list[list[Value]] = [[] for _ in kinds]

    def row(self, values: Sequence[Value]) -> None:
        """One row."""
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)
        if len(self._columns[0]) >= self._GROUP:
            self._write()

    def close(self) -> None:
        """No more come."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        if self._columns[0]:
            self._writer.write_table(self._pyarrow.Table.from_pydict(dict(zip(self._schema.names, self._columns, strict=True)),
                                                                    schema=self._schema))  # fmt: skip
            self._columns = [[] for _ in self._columns]
