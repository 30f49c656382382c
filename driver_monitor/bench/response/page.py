"""Response curves as a table on the terminal, as a page that opens without a network, and as Markdown."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

from driver_monitor import __version__
from driver_monitor.bench.page_style import STYLE
from driver_monitor.bench.response.curves import Curve, Row, closed_at, rows_of
from driver_monitor.bench.response.measure import HOLD, Scene
from driver_monitor.bench.response.sweeps import QUANTITIES

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 460.0, 300.0, 46.0, 10.0, 10.0, 42.0
_STYLE = """.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(24rem,1fr));gap:.5rem 1.5rem}.two h3{margin:.8rem 0 0}
.person path{stroke-width:1.6}.person:hover path{stroke-width:4}.key span{display:inline-block}
.grid{stroke:var(--line);stroke-width:.7}"""
_HEADER = ("quantity", "against", "r, least", "r, median", "slope", "offset", "read", "not read", "least r of")
_RIGHT_ALIGNED = frozenset(range(2, 8))
_ABOUT = (
    "One thing at a time is moved in known steps on rendered pictures, all else at rest, each step held for {hold} pictures in "
    "video mode; the last one counts. Truth is measured on the mesh; the reading is the product's own (perception, default "
    "settings). Openness is read after the face tracker has learned the driver's own eye from a minute of rest and blinks."
)
_LIMITS = (
    "The heads are virtual and were tuned until the landmark model answered: the curves show where a reading bends, saturates or "
    "is lost, not accuracy on people. Eyes lowered in steps as slow as these are in part taken for lids that sink, and for no "
    "look: of a real one, which falls at once, more of the pitch is read."
)


def _cells(row: Row) -> tuple[str, ...]:
    q = QUANTITIES[row.quantity]
    return (
        row.quantity,
        q.truth,
        _r(row.r_min),
        _r(row.r_median),
        _spread(row.slope, 2),
        _spread(row.offset, 1 if q.unit else 2, q.unit),
        str(row.read),
        str(row.lost),
        row.weakest or "",
    )


def _r(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def _spread(values: tuple[float, float, float] | None, digits: int, unit: str = "") -> str:
    if values is None:
        return "—"
    low, middle, high = (f"{round(v, digits) + 0.0:.{digits}f}" for v in values)  # no -0.00
    return f"{middle}{unit}" if values[0] == values[2] else f"{middle}{unit} ({low} to {high})"


def _closed(curves: Sequence[Curve]) -> str:
    at = closed_at(curves)
    if at is None:
        return ""
    return f"Openness is read as closed (the P80 rule) below a true lid gap of {_spread(at, 2)} of the own open eye."


def show(console: Console, curves: Sequence[Curve], scene: Scene) -> None:
    """Print the table."""
    from rich.table import Table

    people = list(dict.fromkeys(c.person for c in curves))
    who = f"{len(people)} people" if len(people) > 1 else people[0]
    table = Table(title=f"Truth against reading: {who}, {scene}", title_justify="left")
    for k, name in enumerate(_HEADER):
        table.add_column(name, justify="right" if k in _RIGHT_ALIGNED else "left")
    for row in rows_of(curves):
        table.add_row(*_cells(row))
    console.print(table)
    console.print("reading = offset + slope x truth; slope and offset: median (least to most) over people.", soft_wrap=True)
    if closed := _closed(curves):
        console.print(closed, soft_wrap=True)


def as_markdown(curves: Sequence[Curve], scene: Scene, command: str) -> str:
    """The table as a page of the documentation."""
    people = list(dict.fromkeys(c.person for c in curves))
    lines = [
        "# Response curves",
        "",
        f"Made by `{command}` with driver-monitor {__version__}; run it again to have it anew (`--html FILE` draws the curves).",
        "",
        _ABOUT.format(hold=HOLD),
        "",
        f"Pictures: {scene}. People: {', '.join(people)} (`models/virtual_driver.md`). {_LIMITS}",
        "",
        "| " + " | ".join(_HEADER) + " |",
        "|" + "|".join("--:" if k in _RIGHT_ALIGNED else "---" for k in range(len(_HEADER))) + "|",
        *("| " + " | ".join(_cells(row)) + " |" for row in rows_of(curves)),
        "",
        "Reading = offset + slope × truth, by least squares for each person; slope and offset are the median over people",
        "(least to most). `r` is Pearson's; a reading that does not move counts as 0. `read` and `not read` count steps over all",
        "people: a step is not read where no face is found or the eyes cannot be told. An offset that differs from person to",
        "person is what the product learns of each driver; a slope that differs is what it does not.",
        "",
        *([closed, ""] if (closed := _closed(curves)) else []),
    ]
    return "\n".join(lines)


def page(curves: Sequence[Curve], scene: Scene) -> str:
    """The curves as HTML."""
    people = list(dict.fromkeys(c.person for c in curves))
    head = "".join(f"<th>{escape(name)}</th>" for name in _HEADER)
    body = "".join(f"<tr>{_row(row)}</tr>" for row in rows_of(curves))
    key = "".join(f'<span><i style="color:{_colour(k, len(people))}"></i>{escape(p)}</span>' for k, p in enumerate(people))
    figures = "".join(
        f"<div><h3>{escape(name)}</h3>{plot(name, [c for c in curves if c.quantity == name], people)}</div>"
        for name in dict.fromkeys(c.quantity for c in curves)
    )
    return "\n".join(
        [
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>Response curves</title><style>{STYLE}{_STYLE}</style><h1>Response curves</h1>",
            f"<p>{escape(_ABOUT.format(hold=HOLD))} {escape(_LIMITS)}</p>",
            f"<p>Pictures: {escape(str(scene))} · driver-monitor {escape(__version__)}</p>",
            f"<table><tr>{head}</tr>{body}</table><p class=rule>Reading = offset + slope × truth; slope and offset: median "
            f"(least to most) over people. {escape(_closed(curves))}</p>",
            f'<p class="key">{key}<span><i style="color:var(--true)"></i>reading = truth</span></p>',
            f'<div class="two">{figures}</div></html>',
        ]
    )


def _row(row: Row) -> str:
    return "".join(f"<td{' class=n' if k in _RIGHT_ALIGNED else ''}>{escape(c)}</td>" for k, c in enumerate(_cells(row)))


def plot(name: str, curves: Sequence[Curve], people: Sequence[str]) -> str:
    """One quantity: truth to the right, reading upwards, a line for each person, broken where nothing was read."""
    q = QUANTITIES[name]
    true = [p.true for c in curves for p in c.points]
    read = [p.read for c in curves for p in c.points if p.read is not None]
    if not true or not read:
        return "<p>Nothing was read.</p>"
    across, upward = ticks(min(true), max(true)), ticks(min(read), max(read))

    def x(value: float) -> float:
        return _LEFT + (value - across[0]) / (across[-1] - across[0]) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (value - upward[0]) / (upward[-1] - upward[0]) * (_HEIGHT - _TOP - _BOTTOM)

    title = f"{escape(name)} read against {escape(q.truth)}"
    parts = [f'<svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-label="{title}">']
    for v in across:
        parts.append(f'<path class="grid" d="M{x(v):.1f} {_TOP}V{_HEIGHT - _BOTTOM}"/>')
        parts.append(f'<text x="{x(v):.1f}" y="{_HEIGHT - _BOTTOM + 14}" text-anchor="middle">{v:g}{q.unit}</text>')
    for v in upward:
        parts.append(f'<path class="grid" d="M{_LEFT} {y(v):.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{v:g}{q.unit}</text>')
    if q.same:
        low, high = max(across[0], upward[0]), min(across[-1], upward[-1])
        parts.append(f'<path class="true" d="M{x(low):.1f} {y(low):.1f}L{x(high):.1f} {y(high):.1f}"/>')
    for c in curves:
        line = f'<path style="stroke:{_colour(people.index(c.person), len(people))}" d="{_path(c, x, y)}"/>'
        parts.append(f'<g class="person"><title>{escape(c.person)}</title>{line}</g>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2.0
    parts.append(f'<text x="{middle:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">truth: {escape(q.truth)}</text>')
    return "".join([*parts, "</svg>"])


def ticks(low: float, high: float) -> list[float]:
    """Round figures from at or below ``low`` to at or above ``high``, about six."""
    span = max(high - low, 1e-6)
    rough = span / 7.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in (1.0, 2.0, 5.0, 10.0) if power * k >= rough)
    first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
    return [round(k * step, 9) for k in range(first, max(last, first + 1) + 1)]


def _path(curve: Curve, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    out, pen = [], False
    for p in curve.points:
        if p.read is None:
            pen = False
            continue
        out.append(f"{'L' if pen else 'M'}{x(p.true):.1f} {y(p.read):.1f}")
        pen = True
    return "".join(out)


def _colour(k: int, of: int) -> str:
    return f"hsl({360 * k // max(1, of)} 65% {(42, 58)[k % 2]}%)"
