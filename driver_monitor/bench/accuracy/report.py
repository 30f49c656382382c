"""The figures as a table on the terminal, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from driver_monitor import __version__
from driver_monitor.bench.accuracy.outcome import Figure, Outcome
from driver_monitor.bench.accuracy.registry import NOT_MEASURED
from driver_monitor.bench.accuracy.statistics import FEWEST

if TYPE_CHECKING:
    from rich.console import Console

FORMAT = 1
_PREFACE = """# Accuracy on recordings

Made by `{command}` with driver-monitor {version}; run it again to have it anew. DIR holds the data sets, which do not
come with the product.

The product's own perception and estimators run with their default settings{config}; nothing is trained or tuned on the way.
Intervals are 95 %: Wilson's for proportions, else a bootstrap with a fixed seed over the units named, or the range where
there are fewer than {fewest}; none is given where all units agree. The sets are small, acted, or filmed in parked cars: they
show what the parts can tell, not how often the product is right on the road.
"""


def value_text(figure: Figure) -> str:
    """The value as it is shown."""
    if figure.value is None:
        return "not known"
    return _number(figure.value, figure.unit) + (f" {figure.unit}" if figure.unit and figure.unit != "°" else figure.unit)


def interval_text(figure: Figure) -> str:
    """The interval as it is shown, empty where there is none."""
    if figure.interval is None:
        return ""
    return f"{_number(figure.interval[0], figure.unit)} to {_number(figure.interval[1], figure.unit)}"


def counts_text(figure: Figure) -> str:
    """The counts as they are shown."""
    return ", ".join(f"{n} {what}" for what, n in figure.counts.items())


def _number(x: float | int, unit: str) -> str:
    if isinstance(x, int):
        return str(x)
    return f"{x:.1f}" if unit in ("°", "km/h") else f"{x:.3f}"


def show(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Print a table for each data set."""
    from rich.table import Table

    for outcome in outcomes:
        table = Table(title=f"{outcome.title} [{outcome.data_set}]".replace("[", r"\["), title_justify="left")
        table.add_column("figure")
        table.add_column("value", justify="right")
        table.add_column("95 % interval")
        table.add_column("n")
        for f in outcome.figures:
            table.add_row(f.name, value_text(f), interval_text(f), counts_text(f))
        console.print(table)
        for note in outcome.notes:
            console.print(f"  {note}", markup=False)
        console.print()


def as_json(outcomes: Sequence[Outcome], command: str) -> dict[str, Any]:
    """The figures as what a JSON file holds."""
    return {
        "format": FORMAT,
        "version": __version__,
        "command": command,
        "results": [
            {
                "data_set": o.data_set,
                "title": o.title,
                "method": o.method,
                "figures": [
                    {
                        "name": f.name,
                        "value": f.value,
                        "unit": f.unit,
                        "interval_95": None if f.interval is None else list(f.interval),
                        "interval_by": f.by if f.interval is not None else None,
                        "counts": dict(f.counts),
                    }
                    for f in o.figures
                ],
                "notes": list(o.notes),
                "misses": list(o.misses),
            }
            for o in outcomes
        ],
    }


def as_markdown(outcomes: Sequence[Outcome], missing: Sequence[str], command: str, config: str | None) -> str:
    """The figures as one page. Files are not named: they are other people's pictures and voices."""
    own = f" changed by {config}" if config else ""
    parts = [_PREFACE.format(command=command, version=__version__, config=own, fewest=FEWEST)]
    for o in outcomes:
        lines = [f"## {o.title}", "", f"`{o.data_set}`. {o.method}", ""]
        lines += ["| figure | value | 95 % interval | n |", "|---|--:|---|---|"]
        for f in o.figures:
            interval = f"{interval_text(f)} ({f.by})" if f.interval is not None else ""
            lines.append(f"| {f.name} | {value_text(f)} | {interval} | {counts_text(f)} |")
        lines += ["", *(f"* {note}" for note in o.notes)]
        parts.append("\n".join(lines).rstrip() + "\n")
    left_out = [f"* `{name}`: {why}." for name, why in NOT_MEASURED.items()]
    left_out += [f"* `{name}`: no data was there." for name in missing]
    parts.append("\n".join(["## Not measured", "", *left_out]) + "\n")
    return "\n".join(parts)


def json_text(outcomes: Sequence[Outcome], command: str) -> str:
    """The JSON file's text."""
    return json.dumps(as_json(outcomes, command), indent=1, ensure_ascii=False) + "\n"
