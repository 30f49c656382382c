"""The kept drives: a scenario each, played as measurements with the heart's beats, and the reports it led to."""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from driver_monitor.bench.protocol.measurements import samples
from driver_monitor.bench.protocol.run_case import measured_settings
from driver_monitor.bench.scenario.played import Played
from driver_monitor.bench.scenario.script import Script
from driver_monitor.monitor import Monitor
from driver_monitor.runtime import compare
from driver_monitor.runtime.reports import Line, as_bytes, encode
from driver_monitor.signals import NS_PER_S, DriverState, HeartBeat, Input, Report, nanoseconds

_HERE = Path(__file__).parent
_STATE_NS = 5 * NS_PER_S  # of the states, one in so long is kept
_DIGITS = 3  # of what is kept; other processors differ in the last ones
_NEAR = 2e-3


def stories() -> list[Path]:
    """The scenarios' files."""
    return sorted((_HERE / "stories").glob("*.toml"))


def now(story: Path) -> list[Line]:
    """The story's reports by the code of now."""
    played = Played(Script.load(story))
    beats: Iterator[Input] = (HeartBeat(nanoseconds(b.t_s), rr_ms=b.rr_ms) for b in played.beats)
    monitor = Monitor(measured_settings())
    reports: list[Report] = []
    for sample in heapq.merge(samples(played), beats, key=lambda s: s.t_ns):
        reports += monitor.step(sample)
    reports += monitor.finish()
    return [_rounded(encode(r, 0)) for r in reports if not isinstance(r, DriverState) or r.t_ns % _STATE_NS == 0]


def kept(story: Path) -> list[Line]:
    """The story's reports as they were kept; none when it is new."""
    file = _kept_in(story)
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def write(story: Path, lines: Sequence[Line]) -> None:
    """Keep these reports."""
    _kept_in(story).write_bytes(b"".join(as_bytes(line) + b"\n" for line in lines))


def difference(before: Sequence[Line], after: Sequence[Line]) -> str:
    """Where they first differ, in words; empty where they do not."""
    for was, new in zip_longest(before, after):
        if was is None:
            return f"new: {compare.told(new)}"
        if new is None:
            return f"gone: {compare.told(was)}"
        if not _same(was, new):
            return compare.difference(was, new)
    return ""


def _kept_in(story: Path) -> Path:
    return _HERE / "reports" / f"{story.stem}.jsonl"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list) else value


def _same(was: Any, new: Any) -> bool:
    if isinstance(was, float) and isinstance(new, float):
        return math.isclose(was, new, rel_tol=_NEAR, abs_tol=_NEAR)
    if isinstance(was, dict) and isinstance(new, dict):
        return was.keys() == new.keys() and all(_same(was[key], new[key]) for key in was)
    if isinstance(was, list) and isinstance(new, list):
        return len(was) == len(new) and all(map(_same, was, new))
    return bool(was == new)
