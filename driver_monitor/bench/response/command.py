"""The command ``bench response``."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from driver_monitor import __version__
from driver_monitor.bench.out_file import write_text
from driver_monitor.bench.response.curves import Curve, closed_at, line_through, rows_of
from driver_monitor.bench.response.measure import Scene, measure
from driver_monitor.bench.response.sweeps import QUANTITIES
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.errors import BadUseError
from driver_monitor.model_store import model_path

FORMAT = 2


def chosen_people(text: str) -> list[str]:
    """The people of a list with commas, or all."""
    if text.strip() == "all":
        return list(PEOPLE)
    names = list(dict.fromkeys(n for part in text.split(",") if (n := part.strip())))
    if not names:
        raise BadUseError(f"--people names nobody; give 'all' or some of {', '.join(PEOPLE)}, with commas between")
    for name in names:
        if name not in PEOPLE:
            near = difflib.get_close_matches(name, PEOPLE, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(PEOPLE)}"
            raise BadUseError(f"--people: there is no virtual driver '{name}'; {hint}")
    return names


def as_json(curves: Sequence[Curve], scene: Scene, every: int) -> dict[str, Any]:
    """The figures as what a JSON file holds."""
    return {
        "format": FORMAT,
        "version": __version__,
        "scene": asdict(scene),
        "every": every,
        "closed_below_gap": closed_at(curves),
        "table": [asdict(row) for row in rows_of(curves)],
        "curves": [
            {
                "quantity": c.quantity,
                "truth": QUANTITIES[c.quantity].truth,
                "unit": QUANTITIES[c.quantity].unit,
                "line": asdict(line_through(c)),
                "points": [[p.true, p.read] for p in c.points],
            }
            for c in curves
        ],
    }


def response_command(
    people: str, scene: Scene, jobs: int, every: int, json_file: Path | None, html: Path | None, markdown: Path | None
) -> int:
    """The command ``bench response``."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from driver_monitor.bench.response import page
    from driver_monitor.runtime.lockdown import lock_down
    from driver_monitor.runtime.output_files import check_outputs

    names = chosen_people(people)
    check_outputs({"--json": json_file, "--html": html, "--markdown": markdown})
    for model in ("virtual-driver", "face_landmarker"):
        model_path(model)
    lock_down()
    bar = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=bar, transient=True, disable=not bar.is_terminal) as progress:
        task = progress.add_task("people", total=len(names))
        curves = measure(names, scene, jobs, every, lambda done: progress.update(task, completed=done))
    # a pipe has no width: lines must not be broken there
    page.show(Console(width=None if sys.stdout.isatty() else 200, highlight=False), curves, scene)
    command = f"driver-monitor bench response --people {people} {_options(scene)}" + (f" --every {every}" if every > 1 else "")
    if json_file is not None:
        write_text(json_file, json.dumps(as_json(curves, scene, every), indent=1, ensure_ascii=False) + "\n")
    if html is not None:
        write_text(html, page.page(curves, scene))
    if markdown is not None:
        shown = f"{command} --markdown {markdown.name if markdown.is_absolute() else markdown}"
        write_text(markdown, page.as_markdown(curves, scene, shown))
    return 0


def _options(scene: Scene) -> str:
    return " ".join(f"--{name} {value}" for name, value in asdict(scene).items() if value not in ("none", "day"))
