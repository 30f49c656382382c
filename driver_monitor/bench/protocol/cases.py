"""Protocol files: short TOML tables of cases, spread over sets of variants.

A case is a scenario (behaviours in time) with the alerts that must come. ``over`` spreads it over every combination of the
named sets, ``each`` changes one thing at a time. A set maps a variant's name to changes of the scenario; ``let`` in a case or
variant gives the words that stand as ``"$word"`` elsewhere.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from driver_monitor.errors import BadUseError
from driver_monitor.resources import config_dir
from driver_monitor.signals import AlertAction, AlertKind, Level

Since: TypeAlias = Literal["off_road", "low", "shared", "closed", "unseen", "at"]
"""What the time of an alert is counted from: see :class:`Expected`."""

_SHARED = "matrix"  # the file whose sets all protocols may use
_Tree: TypeAlias = dict[str, Any]


class Expected(BaseModel):
    """One alert that must come, by when its cause has lasted so long in truth.

    Exactly one of these says when, in seconds: ``off_road`` of gaze off the forward road without a real look back, ``low`` of
    gaze below the plane of ADDW area 3, ``shared`` of gaze off the road summed within the time-sharing window, ``closed`` of
    lids shut, ``unseen`` of a camera that shows no driver; or ``at`` is the time in the scenario itself. Only what happens
    from ``since`` on counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: AlertKind
    off_road: float | None = None
    low: float | None = None
    shared: float | None = None
    closed: float | None = None
    unseen: float | None = None
    at: float | None = None
    since: float = 0.0
    within: Annotated[float, Field(gt=0.0, le=120.0)] = 0.2
    action: AlertAction = "raised"
    level: Level | None = None

    @property
    def timer(self) -> tuple[Since, float]:
        """What is timed, and its limit in seconds."""
        return next((name, limit) for name in get_args(Since) if (limit := getattr(self, name)) is not None)

    @model_validator(mode="after")
    def _one_time(self) -> Expected:
        if sum(getattr(self, name) is not None for name in get_args(Since)) != 1:
            raise ValueError(f"exactly one of {', '.join(get_args(Since))} says when the alert must come")
        return self


class _Case(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    rule: str = Field(min_length=8)
    source: str = Field(min_length=2)
    let: dict[str, Any] = {}
    seconds: float | None = None
    seed: int | None = None
    subject: _Tree = {}
    person: _Tree = {}
    camera: _Tree = {}
    light: _Tree = {}
    drive: _Tree = {}
    sound: _Tree = {}
    heart: _Tree = {}
    do: list[_Tree] = []
    alert: list[_Tree] = []
    may: list[AlertKind] = []
    settings: _Tree = {}
    over: list[str] = []
    each: list[str] = []
    only: Literal["measurements", "pixels"] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    about: str = ""
    base: _Tree = {}
    sets: dict[str, dict[str, _Tree]] = {}
    case: list[_Case] = []

    @field_validator("case")
    @classmethod
    def _own_names(cls, cases: list[_Case]) -> list[_Case]:
        names = [c.name for c in cases]
        if twice := next((n for n in names if names.count(n) > 1), None):
            raise ValueError(f"two cases are named '{twice}'")
        return cases


@dataclass(frozen=True, slots=True)
class Case:
    """One case ready to run: ``scenario`` is what a scenario file would hold, ``settings`` what it changes of the defaults."""

    protocol: str
    name: str
    rule: str
    source: str
    scenario: _Tree
    alerts: tuple[Expected, ...]
    may: tuple[AlertKind, ...]
    settings: _Tree
    only: str | None = None

    @property
    def digest(self) -> str:
        """A name for the scenario by its content."""
        return digest(self.scenario)


@dataclass(frozen=True, slots=True)
class Protocol:
    """A named list of cases."""

    name: str
    title: str
    about: str
    cases: tuple[Case, ...]


def digest(content: object) -> str:
    """SHA-256 of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def protocol_names() -> list[str]:
    """The protocols that come with the package."""
    return sorted(p.stem for p in (config_dir() / "protocols").glob("*.toml") if p.stem != _SHARED)


def load_protocol(name: str) -> Protocol:
    """Read a protocol by its name, or by the path of its file.

    Raises
    ------
    BadUseError
        When there is none such, or it cannot be used; the message names file, case and key.
    """
    path = Path(name) if name.endswith(".toml") else config_dir() / "protocols" / f"{name}.toml"
    if not path.is_file():
        known = protocol_names()
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}, or the path of a .toml file"
        raise BadUseError(f"there is no protocol '{name}'; {hint}")
    file = _read(path)
    shared = config_dir() / "protocols" / f"{_SHARED}.toml"
    sets = (_read(shared).sets if shared.is_file() else {}) | file.sets
    cases = tuple(case for spec in file.case for case in _spread(path, file.base, spec, sets))
    names = [c.name for c in cases]
    if twice := next((n for n in names if names.count(n) > 1), None):
        raise BadUseError(f"{path}: the case '{twice}' comes twice; give its variants different names")
    return Protocol(path.stem, file.title, file.about, cases)


def _read(path: Path) -> _File:
    try:
        return _File.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise BadUseError(f"{path}: cannot be read as TOML ({str(e).splitlines()[0]})") from None
    except ValidationError as e:
        raise BadUseError(f"{path}: {_first_fault(e, _Case)}") from None


def _first_fault(error: ValidationError, model: type[BaseModel]) -> str:
    """The first fault in words; a key nobody knows comes with the nearest one that is known."""
    fault = error.errors()[0]
    place = ".".join(str(p) for p in fault["loc"])
    if fault["type"] == "extra_forbidden":
        key = str(fault["loc"][-1])
        near = difflib.get_close_matches(key, [f.alias or n for n, f in model.model_fields.items()], 1)
        return f"'{place}' is no key of a protocol" + (f"; did you mean '{near[0]}'?" if near else "")
    return f"{place}: {fault['msg'].removeprefix('Value error, ')}"


def _spread(path: Path, base: _Tree, spec: _Case, sets: Mapping[str, dict[str, _Tree]]) -> Iterator[Case]:
    for wanted in (*spec.over, *spec.each):
        if wanted not in sets:
            near = difflib.get_close_matches(wanted, sets, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(sets))}"
            raise BadUseError(f"{path}: case '{spec.name}': there is no set '{wanted}'; {hint}")
    first = [next(iter(sets[name].items())) for name in spec.over]
    # a case that only changes one thing at a time has those changes for its cases
    every = list(itertools.product(*(sets[name].items() for name in spec.over))) if spec.over or not spec.each else []
    alone = [[*first, variant] for name in spec.each for variant in sets[name].items()]
    # what stands first in "over" is not repeated in the names of the one-at-a-time cases
    for words, variants in [([n for n, _ in v], v) for v in every] + [([v[-1][0]], v) for v in alone]:
        yield _case(path, base, spec, words, [changes for _, changes in variants])


def _case(path: Path, base: _Tree, spec: _Case, words: list[str], variants: list[_Tree]) -> Case:
    name = "/".join([spec.name, *words])
    own = spec.model_dump(exclude={"name", "rule", "source", "over", "each"}, exclude_none=True, exclude_unset=True)
    tree: _Tree = {}
    for layer in (base, own, *variants):
        tree = _merge(tree, layer)
    let = tree.pop("let", {})
    try:
        tree = _fill(tree, let)
        alerts = tuple(Expected.model_validate(a) for a in tree.pop("alert", []))
    except KeyError as e:
        raise BadUseError(f"{path}: case '{name}': '${e.args[0]}' is given no value; add it to 'let'") from None
    except ValidationError as e:
        raise BadUseError(f"{path}: case '{name}': alert: {_first_fault(e, Expected)}") from None
    may, settings, only = tuple(tree.pop("may", ())), tree.pop("settings", {}), tree.pop("only", None)
    return Case(path.stem, name, spec.rule, spec.source, tree, alerts, may, settings, only)


def _merge(tree: _Tree, changes: Mapping[str, Any]) -> _Tree:
    """``tree`` with ``changes`` laid over it, table by table; lists are joined."""
    out = dict(tree)
    for key, value in changes.items():
        before = out.get(key)
        if isinstance(before, dict) and isinstance(value, Mapping):
            out[key] = _merge(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            out[key] = [*before, *value]
        else:
            out[key] = value
    return out


def _fill(value: Any, let: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith("$"):
        return let[value[1:]]
    if isinstance(value, Mapping):
        return {key: _fill(v, let) for key, v in value.items()}
    if isinstance(value, list):
        return [_fill(v, let) for v in value]
    return value
