"""Outcomes on the terminal: a progress bar, a table of the groups of cases, and every failure by name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from driver_monitor.bench.protocol.outcome import Outcome


@contextmanager
def progress(total: int) -> Iterator[Callable[[Outcome], None]]:
    """A progress bar on a terminal; elsewhere failures are told as they come."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("cases", total=total)

        def step(outcome: Outcome) -> None:
            bar.update(task, advance=1, description=outcome.group[:28])

        yield step


def show(outcomes: Sequence[Outcome]) -> None:
    """Print what came of the cases."""
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    table = Table("protocol", "case", "hold", "worst", "rule")
    for protocol, group in dict.fromkeys((o.protocol, o.group) for o in outcomes):
        mine = [o for o in outcomes if (o.protocol, o.group) == (protocol, group)]
        good = sum(o.passed for o in mine)
        worst = max((w for o in mine if (w := o.worst_s) is not None), default=None)
        colour = "green" if good == len(mine) else "red"
        table.add_row(
            protocol, group, f"[{colour}]{good}/{len(mine)}[/]", "" if worst is None else f"{worst:.2f} s", mine[0].rule
        )
    console.print(table)
    for o in outcomes:
        if not o.passed:
            console.print(f"[red]fails[/] {o.protocol} {o.name}: {'; '.join(o.faults)}", soft_wrap=True)
    good = sum(o.passed for o in outcomes)
    wall_s = sum(o.wall_s for o in outcomes)
    console.print(f"{good} of {len(outcomes)} cases hold ({outcomes[0].level}, {wall_s:.0f} s of work)")
