"""Scenario files: TOML in, and errors that name the line and the nearest known word."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from driver_monitor.errors import SettingsError

_M = TypeVar("_M", bound=BaseModel)
_TABLE = re.compile(r"^\s*\[\[?\s*([\w.-]+)\s*\]\]?")


class Lines:
    """Where a scenario's tables and keys stand in its text."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._lines = text.splitlines()

    def of(self, table: str, key: str = "", number: int = 0) -> int | None:
        """Line of a key in the ``number``-th table of a name, or of the table's own head; top-level keys have table ''."""
        current, seen, head = "", -1 if table else 0, None
        for line_number, line in enumerate(self._lines, 1):
            found = _TABLE.match(line)
            if found:
                current = found.group(1)
                if current == table:
                    seen += 1
                    head = line_number if seen == number else head
                continue
            if current == table and seen == number and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                return line_number
        return head

    def wrong(self, what: str, table: str, key: str = "", number: int = 0) -> SettingsError:
        """The error for something wrong at a place."""
        line = self.of(table, key, number)
        return SettingsError(f"{self.name}{f', line {line}' if line else ''}: {what}")


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint that names the nearest known word, or all when none is near."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(known))}"


def read_toml(path: Path) -> tuple[dict[str, Any], Lines]:
    """A TOML file and the place of everything in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(f"{path} does not exist; give a scenario file") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(f"{path} cannot be read as a scenario ({problem}); give a TOML file") from None
    return parse_toml(text, str(path))


def parse_toml(text: str, name: str) -> tuple[dict[str, Any], Lines]:
    """TOML text and the place of everything in it."""
    try:
        return tomllib.loads(text), Lines(name, text)
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError(f"{name} is not TOML: {problem}") from None


def build(
    model: type[_M], values: dict[str, Any], lines: Lines, table: str, number: int = 0, *, called: str = ""
) -> _M:
    """A model of a table's values, or one sentence on the first thing wrong in it; ``called`` is the table's name there."""
    try:
        return model.model_validate(values)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        called = called or f"[{table}]"
        known = [info.alias or name for name, info in model.model_fields.items()]
        if first["type"] == "extra_forbidden":
            raise lines.wrong(f"{called} has no '{key}'; {nearest(key, known)}", table, key, number) from None
        if first["type"] == "missing":
            raise lines.wrong(f"{called} needs '{key}'", table, number=number) from None
        given = values.get(key)
        message = str(first["msg"])
        if first["type"] == "literal_error" and isinstance(given, str):
            words = re.findall(r"'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
            message = nearest(given, words)
        shown = f"'{given}'" if isinstance(given, str) else str(given)
        raise lines.wrong(f"{key} = {shown} in {called}: {message[:1].lower()}{message[1:]}", table, key, number) from None
