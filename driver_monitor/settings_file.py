"""Settings files: reading, with errors a person can act on, and writing with every field explained."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import re
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from driver_monitor.errors import SettingsError
from driver_monitor.resources import config_dir
from driver_monitor.settings import Settings

NONE = "none"
"""How a file says ``None`` where a setting allows it: TOML has no null."""

_HEADER = """\
# Every setting of driver-monitor with its default. A settings file needs only the lines it changes:
#   driver-monitor settings check FILE    says whether a file can be used
#   driver-monitor settings show --config FILE    shows what it sets
# Each setting stands below its meaning and, in brackets, its unit, its range and where the figure comes from.
# "secondary text": read in a text that quotes the source; "design": chosen here. Timed after the sources named, which is
# no claim to comply with them.
"""


class _Field(NamedTuple):
    """One setting: its place in the file, such as ``("eyes", "baseline_s")``, and what pydantic knows of it."""

    place: tuple[str, ...]
    info: FieldInfo

    @property
    def nullable(self) -> bool:
        return type(None) in get_args(self.info.annotation)


# --------------------------------------------------------------------------------------------------------------- reading


def load_settings(path: Path | None) -> Settings:
    """The settings of a file, or the defaults for ``None``.

    Parameters
    ----------
    path
        A settings file. A bare name such as ``bench`` or ``bench.toml`` that is no file here is taken from the files that
        come with the program.

    Raises
    ------
    SettingsError
        One sentence for each thing wrong, a line each.
    """
    if path is None:
        return Settings()
    file = _find(path)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise SettingsError(f"{path}: byte {e.start} is not UTF-8; save the file as UTF-8 text") from e
    except OSError as e:
        raise SettingsError(f"{path}: cannot be read ({e.strerror}); check the path and its permissions") from e
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise SettingsError(f"{path}: is not valid TOML: {_lower(str(e))}; mend that line") from e
    for field in _fields(Settings):
        if field.nullable:
            _replace_none(data, field.place)
    try:
        # strict: "30" is not 30, and a misplaced true is not 1
        return Settings.model_validate(data, strict=True)
    except ValidationError as e:
        raise SettingsError("\n".join(f"{path}{_line(text, d['loc'])}: {_sentence(d)}" for d in e.errors())) from e


def settings_sha256(settings: Settings) -> str:
    """The hash that names these settings, over canonical JSON: the same for a file and for the defaults it repeats."""
    canonical = json.dumps(settings.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _find(path: Path) -> Path:
    if path.exists() or len(path.parts) != 1:
        return path
    for name in (path.name, path.name + ".toml"):
        if (config_dir() / name).is_file():
            return config_dir() / name
    known = sorted(file.stem for file in config_dir().glob("*.toml"))
    near = difflib.get_close_matches(path.stem, known, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"give a path, or one of {', '.join(known)}"
    raise SettingsError(f"{path}: there is no such settings file; {hint}")


def _replace_none(data: dict[str, Any], place: tuple[str, ...]) -> None:
    for key in place[:-1]:
        inner = data.get(key)
        if not isinstance(inner, dict):
            return
        data = inner
    if data.get(place[-1]) == NONE:
        data[place[-1]] = None


def _line(text: str, loc: tuple[int | str, ...]) -> str:
    """", line N" of a key, found by reading headers and ``key =`` lines; empty when the key is written in another way."""
    keys = tuple(str(part) for part in loc)
    section: tuple[str, ...] = ()
    best = (0, 0)
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            here = section = _split(header[1])
        elif entry := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            here = section + _split(entry[1])
        else:
            continue
        if here == keys[: len(here)] and len(here) > best[0]:
            best = (len(here), number)
    return f", line {best[1]}" if best[1] else ""


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _sentence(detail: ErrorDetails) -> str:
    place = tuple(str(part) for part in detail["loc"])
    name = ".".join(place)
    field = next((f for f in _fields(Settings) if f.place == place), None)
    match detail["type"]:
        case "extra_forbidden":
            return _unknown(place)
        case "model_type":
            return f"'{name}' is a section, not one setting; write [{name}] and its settings below it"
        case "value_error":
            prefix = f"{name}: " if name else ""
            return f"{prefix}{detail['msg'].removeprefix('Value error, ')}"
        case "literal_error":
            expected = str(detail.get("ctx", {}).get("expected", ""))
            near = difflib.get_close_matches(str(detail["input"]), re.findall(r"'([^']*)'", expected), 1)
            hint = f"did you mean '{near[0]}'? It takes" if near else "give"
            return f"{name} = {_given(detail['input'])} is not known; {hint} {expected}"
        case _:
            wanted = f"give {_allowed(field)}" if field else _lower(detail["msg"])
            return f"{name} = {_given(detail['input'])} cannot be used; {wanted}"


def _unknown(place: tuple[str, ...]) -> str:
    *section, key = place
    siblings = [f.place[len(section)] for f in _fields(Settings) if f.place[:-1][: len(section)] == tuple(section)]
    elsewhere = [".".join(f.place) for f in _fields(Settings) if f.place[-1] == key]
    near = difflib.get_close_matches(key, list(dict.fromkeys(siblings)), 1)
    what = f"[{'.'.join(section)}] has no setting '{key}'" if section else f"there is no section '{key}'"
    if near:
        return f"{what}; did you mean '{near[0]}'?"
    if elsewhere:
        return f"{what}; did you mean {' or '.join(elsewhere)}?"
    return f"{what}; known: {', '.join(dict.fromkeys(siblings))}"


def _given(value: object) -> str:
    text = _toml(value) if isinstance(value, str | bool | int | float | list | dict) else str(value)
    return textwrap.shorten(text, 60, placeholder=" …")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


# --------------------------------------------------------------------------------------------------------------- writing


def render_default() -> str:
    """The text of ``configs/default.toml``: every setting with its meaning, unit, range, source and default."""
    return _HEADER + _render(Settings(), explain=True)


def render(settings: Settings) -> str:
    """The settings as TOML; those that differ from the default say so."""
    return f"# settings {settings_sha256(settings)}\n" + _render(settings, explain=False)


def _render(settings: Settings, *, explain: bool) -> str:
    lines: list[str] = []
    section: tuple[str, ...] = ()
    plain = Settings()
    for field in _fields(Settings):
        if field.place[:-1] != section:
            section = field.place[:-1]
            lines += ["", f"[{'.'.join(section)}]"]
            if explain:
                lines += [f"# {_purpose(section)}"]
        value, default = _at(settings, field.place), _at(plain, field.place)
        if explain:
            source = str(_extra(field.info).get("source", ""))
            text = f"{field.info.description} ({_allowed(field)}; {source})"
            lines += ["", *textwrap.wrap(text, 118, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)]
        changed = f"  # default {_toml(default)}" if value != default and not explain else ""
        lines.append(f"{field.place[-1]} = {_toml(value)}{changed}")
    return "\n".join(lines) + "\n"


def _purpose(section: tuple[str, ...]) -> str:
    model: type[BaseModel] = Settings
    for key in section:
        inner = model.model_fields[key].annotation
        assert isinstance(inner, type) and issubclass(inner, BaseModel)
        model = inner
    return (model.__doc__ or "").strip()


def _fields(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[_Field]:
    """All settings, a section's own before those of its sub-sections (TOML wants that order)."""
    inner: list[tuple[str, type[BaseModel]]] = []
    for key, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            inner.append((key, info.annotation))
        else:
            yield _Field((*above, key), info)
    for key, section in inner:
        yield from _fields(section, (*above, key))


def _at(settings: BaseModel, place: tuple[str, ...]) -> Any:
    value: Any = settings
    for key in place:
        value = getattr(value, key)
    return value


def _extra(info: FieldInfo) -> dict[str, Any]:
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


def _allowed(field: _Field) -> str:
    """What a setting takes, in words: "a whole number, 5 to 120 1/s"."""
    if get_origin(field.info.annotation) is tuple:
        return "yaw and pitch"
    if (said := _extra(field.info).get("allowed")) is not None:
        return str(said) + (f', or "{NONE}"' if field.nullable else "")
    kinds = [kind for kind in get_args(field.info.annotation) or (field.info.annotation,) if kind is not type(None)]
    if all(isinstance(kind, str) for kind in kinds):
        return "one of " + ", ".join(_toml(kind) for kind in kinds)
    bounds = {type(m).__name__: m for m in field.info.metadata}
    words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}.get(kinds[0], "a table of settings")
    if "Ge" in bounds and "Le" in bounds:
        unit = _extra(field.info).get("unit", "")
        words += f", {_number(bounds['Ge'].ge)} to {_number(bounds['Le'].le)}" + (f" {unit}" if unit not in ("", "1") else "")
    return words + (f', or "{NONE}"' if field.nullable else "")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _toml(value: object) -> str:
    if value is None:
        return f'"{NONE}"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    # JSON's texts, numbers, truth values and flat lists are TOML's too
    return json.dumps(value, ensure_ascii=False)
