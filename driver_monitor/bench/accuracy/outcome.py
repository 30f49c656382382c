"""What a measurement on one data set says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from driver_monitor.bench.accuracy.statistics import FEWEST, Span, bootstrap, mean, wilson

Tell: TypeAlias = Callable[[int, int], None]
"""Told how far a measurement has come: done, of how many."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of merit with its 95 % interval, how that was had, and the counts behind it.

    A count is an ``int``, and so is shown whole; all else is a ``float``.
    """

    name: str
    value: float | int | None
    interval: Span | None
    by: str
    counts: Mapping[str, int]
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures on one data set; ``misses`` name single files and are for the one who mends the product."""

    data_set: str
    title: str
    method: str
    figures: Sequence[Figure]
    notes: Sequence[str] = ()
    misses: Sequence[str] = field(default=())


def share(name: str, hits: int, n: int, of: str) -> Figure:
    """A proportion with Wilson's interval."""
    return Figure(name, hits / n if n else None, wilson(hits, n), "Wilson", {of: n})


def over_units(name: str, values: Sequence[float], of: str, unit: str = "", counts: Mapping[str, int] | None = None) -> Figure:
    """A mean over people or clips: bootstrapped, or with its range where they are few."""
    shown = {of: len(values), **(counts or {})}
    if 1 < len(values) < FEWEST:
        return Figure(name, mean(values), (min(values), max(values)), f"range over {len(values)} {of}", shown, unit)
    return Figure(name, mean(values), bootstrap(values, mean), f"bootstrap over {of}", shown, unit)
