"""``recording.toml``: which file of a folder is which part, and where each part starts.

::

    [vehicle_bus]
    file = "drive.asc"
    offset_s = 2.5        # the log's own time 0 lies 2.5 s after the recording's start

    [microphone]
    file = "none"         # leave the sound out
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver_monitor.errors import BadUseError
from driver_monitor.signals import Part

PARTS_FILE = "recording.toml"
_LONGEST_OFFSET_S = 86_400.0


@dataclass(frozen=True, slots=True)
class PartEntry:
    """One part: its file (``None``: the one that is found) and its start in the recording, in seconds."""

    file: Path | None
    offset_s: float = 0.0


def read_parts_file(path: Path, parts: Sequence[Part]) -> dict[Part, PartEntry | None]:
    """The entries of a parts file; ``None`` where a part is to be left out (``file = "none"``)."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise BadUseError(f"{path} cannot be read ({problem})") from None
    except tomllib.TOMLDecodeError as problem:
        raise BadUseError(f"{path} is not TOML: {problem}") from None
    known: dict[str, Part] = {part: part for part in parts}
    entries: dict[Part, PartEntry | None] = {}
    for name, table in tables.items():
        if name not in known:
            raise BadUseError(f"{path}: [{name}] is no part of a recording; known: {', '.join(parts)}")
        if not isinstance(table, dict):
            raise BadUseError(f"{path}: {name} must be a table, [{name}], with file and offset_s")
        entries[known[name]] = _entry(path, name, table)
    return entries


def _entry(path: Path, name: str, table: dict[str, Any]) -> PartEntry | None:
    if strange := sorted(set(table) - {"file", "offset_s"}):
        raise BadUseError(f"{path}: [{name}] has no key '{strange[0]}'; known: file, offset_s")
    offset = table.get("offset_s", 0.0)
    if isinstance(offset, bool) or not isinstance(offset, int | float) or not math.isfinite(offset):
        raise BadUseError(f"{path}: [{name}] offset_s must be a number of seconds, not {offset!r}")
    if abs(offset) > _LONGEST_OFFSET_S:
        raise BadUseError(f"{path}: [{name}] offset_s must lie within ± {_LONGEST_OFFSET_S:g} s, not {offset!r}")
    file = table.get("file")
    if file is None:
        return PartEntry(None, float(offset))
    if not isinstance(file, str) or not file:
        raise BadUseError(f"{path}: [{name}] file must be a file's name, or 'none', not {file!r}")
    if file == "none":
        return None
    if not (path.parent / file).is_file():
        raise BadUseError(f"{path}: [{name}] names {file}, which is not there; check the name")
    return PartEntry(path.parent / file, float(offset))
