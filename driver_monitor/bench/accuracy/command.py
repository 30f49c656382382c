"""The command ``bench accuracy``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from driver_monitor.bench.accuracy.outcome import Outcome, Tell
from driver_monitor.bench.accuracy.registry import DataSet, found
from driver_monitor.bench.accuracy.report import as_markdown, json_text, show
from driver_monitor.bench.out_file import write_text
from driver_monitor.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console


def measure(there: Sequence[tuple[DataSet, list[Path]]], settings: Settings, bar: Bar) -> list[Outcome]:
    """The outcomes on each folder of each data set."""
    outcomes = []
    for data, folders in there:
        for folder in folders:
            with bar.task(f"{data.name}: {folder.name}") as tell:
                outcomes.append(data.measure(folder, settings, tell))
    return outcomes


def accuracy_command(name: str, place: Path, config: Path | None, json_file: Path | None, markdown: Path | None) -> int:
    """Measure, print, and write the files asked for."""
    import sys

    from rich.console import Console

    from driver_monitor.model_store import model_path
    from driver_monitor.runtime.lockdown import lock_down
    from driver_monitor.runtime.output_files import check_outputs
    from driver_monitor.settings_file import load_settings

    check_outputs({"--json": json_file, "--markdown": markdown}, {"the settings file": [config]})
    there = found(name, place)  # said before models are looked for
    settings = load_settings(config)
    for model in sorted({model for data, folders in there if folders for model in data.models}):
        model_path(model)
    lock_down()  # this process will see faces
    outcomes = measure(there, settings, Bar(Console(stderr=True)))
    missing = [data.name for data, folders in there if not folders]
    # a pipe has no width: lines must not be broken there
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    show(console, outcomes)
    if missing:
        console.print(f"No data here for: {', '.join(missing)}.", markup=False)
    command = f"driver-monitor bench accuracy {name} DIR"
    if config is not None:
        command += f" --config {config.name}"
    if json_file is not None:
        write_text(json_file, json_text(outcomes, command + " --json FILE"))
    if markdown is not None:
        shown = f"{command} --markdown {markdown.name if markdown.is_absolute() else markdown}"
        write_text(markdown, as_markdown(outcomes, missing, shown, None if config is None else config.name))
    return 0


class Bar:
    """A progress bar on a terminal, one line for each data set elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def task(self, name: str) -> Iterator[Tell]:
        """Show one data set's progress."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        if not self._console.is_terminal:
            self._console.print(f"measuring {name}", markup=False)
            yield lambda done, total: None
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task(name, total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)
