"""Curves and the figures of them: lines, spreads over people, where an eye is read as closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from driver_monitor.bench.accuracy.statistics import correlation
from driver_monitor.settings import Settings


@dataclass(frozen=True, slots=True)
class Point:
    """Truth and reading of one step; ``None`` where nothing was read."""

    true: float
    read: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The answer of one person's quantity."""

    quantity: str
    person: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """The straight line through a curve, reading = offset + slope x truth, and Pearson's r; ``None`` where none can be laid."""

    person: str
    r: float | None
    slope: float | None
    offset: float | None
    read: int
    lost: int


def line_through(curve: Curve) -> Line:
    """The least-squares line of a curve, over the steps that were read."""
    known = [(p.true, p.read) for p in curve.points if p.read is not None]
    true, read = (np.array(side, np.float64) for side in (zip(*known, strict=True) if known else ((), ())))
    lost = len(curve.points) - len(known)
    if len(known) < 2 or true.std() == 0.0:
        return Line(curve.person, None, None, None, len(known), lost)
    slope, offset = np.polyfit(true, read, 1)
    return Line(curve.person, correlation(true, read), float(slope), float(offset), len(known), lost)


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity over all people: least and median r, and (least, median, most) of slope and offset."""

    quantity: str
    r_min: float | None
    r_median: float | None
    weakest: str | None
    slope: tuple[float, float, float] | None
    offset: tuple[float, float, float] | None
    read: int
    lost: int


def rows_of(curves: Sequence[Curve]) -> list[Row]:
    """The table; a person without an r (nothing read, or a reading that does not move) counts as r = 0."""
    rows = []
    for name in dict.fromkeys(c.quantity for c in curves):
        lines = [line_through(c) for c in curves if c.quantity == name]
        strengths = [line.r or 0.0 for line in lines]
        weakest = lines[int(np.argmin(strengths))].person
        slopes = [line.slope for line in lines if line.slope is not None]
        offsets = [line.offset for line in lines if line.offset is not None]
        read, lost = sum(line.read for line in lines), sum(line.lost for line in lines)
        middle = float(np.median(strengths))
        rows.append(Row(name, min(strengths), middle, weakest, _spread(slopes), _spread(offsets), read, lost))
    return rows


def closed_at(curves: Sequence[Curve]) -> tuple[float, float, float] | None:
    """The lid gap (share of own; least, median, most over people) below which openness is read as closed by the P80 rule."""
    limit = Settings().eyes.closed_openness
    found = []
    for c in curves:
        known = [(p.true, p.read) for p in c.points if p.read is not None]
        if c.quantity != "openness" or not known or known[0][1] > limit:
            continue
        for (a, low), (b, high) in pairwise(known):
            if low <= limit < high:
                found.append(a + (b - a) * (limit - low) / (high - low))
                break
    return _spread(found)


def _spread(values: Sequence[float]) -> tuple[float, float, float] | None:
    return (min(values), float(np.median(values)), max(values)) if values else None
