"""The command line: only commands. What a command needs is imported inside it, so that ``--help`` is there at once."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.exceptions import TyperException

from driver_monitor import __version__
from driver_monitor.bench_cli import app as bench_app
from driver_monitor.cli_options import PLAIN, Config, FromS, Identity, ToS
from driver_monitor.errors import DriverMonitorError
from driver_monitor.recording_cli import app as recording_app

if TYPE_CHECKING:
    from driver_monitor.model_store import Progress
    from driver_monitor.runtime.cabin_sensors import Cabin

DEBUG_VARIABLE = "DRIVER_MONITOR_DEBUG"
_DONE, _NOT_DONE, _STOPPED, _BROKEN_PIPE = 0, 1, 130, 141  # the last two as a shell says: 128 + SIGINT, 128 + SIGPIPE

app = typer.Typer(
    name="driver-monitor",
    help="Watches the driver: fatigue, distraction, stress and anger, explained.",
    context_settings={"help_option_names": ["-h", "--help"]},
    **PLAIN,
)
models_app = typer.Typer(help="The models the monitor uses.", **PLAIN)
settings_app = typer.Typer(help="Settings files.", **PLAIN)
app.add_typer(models_app, name="models")
app.add_typer(settings_app, name="settings")
app.add_typer(bench_app, name="bench")
app.add_typer(recording_app, name="recording")

Reports = Annotated[Path | None, typer.Option("--reports", metavar="FILE.jsonl", help="Write the reports here as JSON Lines.")]
Seconds = Annotated[float | None, typer.Option("--seconds", metavar="N", min=0.0, help="Stop after this long.")]
LivePort = Annotated[int, typer.Option("--live-port", metavar="N", min=0, max=65_535, help="Where --live listens; 0: any.")]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Models; when none is named, all that a drive uses.")
]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"driver-monitor {__version__}")
        raise typer.Exit


@app.callback()
def _global(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more to the terminal.")] = False,
) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    for ours in ("driver_monitor", "firmware_bridge"):  # others' debugging would bury it
        logging.getLogger(ours).setLevel(logging.DEBUG if verbose else logging.NOTSET)


@app.command()
def replay(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A recorded trip (.mcap), a video, or a folder of parts.")],
    config: Config = None,
    reports: Reports = None,
    video: Annotated[Path | None, typer.Option("--video", metavar="FILE.mp4", help="Write the annotated video here.")] = None,
    pace: Annotated[Literal["real", "max"], typer.Option("--pace", help="As fast as it was, or as can be.")] = "max",
    compare: Annotated[
        Path | None, typer.Option("--compare", metavar="FILE", help="Say where the reports first differ from these.")
    ] = None,
    from_s: FromS = None,
    to_s: ToS = None,
    identity: Identity = None,
    rerun: Annotated[
        Path | None, typer.Option("--rerun", metavar="FILE.rrd", help="Write all on one time line, for Rerun's viewer.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Show it in Foxglove, on this machine, at real pace.")] = False,
    live_port: LivePort = 8765,
) -> int:
    """Run the monitor on a recording and show its alerts."""
    from driver_monitor.runtime.replay import Wishes, replay_command

    shown = live_port if live else None
    return replay_command(path, Wishes(config, reports, video, compare, identity, pace, from_s, to_s, rerun, shown))


@app.command()
def run(
    config: Config = None,
    reports: Reports = None,
    seconds: Seconds = None,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE.mcap", help="Record all that the monitor is given here; or a folder.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Show reports, never pictures, in Foxglove on this machine.")] = False,
    live_port: LivePort = 8765,
) -> int:
    """Run the monitor live on this machine's sensors."""
    from driver_monitor.runtime.live import run_command

    return run_command(config, reports, seconds, _virtual_cabin, record, live_port=live_port if live else None)


@app.command()
def record(
    target: Annotated[Path, typer.Argument(metavar="FILE.mcap", help="A file that is not there yet, or a folder.")],
    config: Config = None,
    seconds: Seconds = None,
) -> int:
    """Record this machine's sensors; nobody watches."""
    from driver_monitor.runtime.live import run_command

    return run_command(config, None, seconds, _virtual_cabin, target, only_record=True)


@app.command(short_help="Say what this machine lacks.")
def doctor(config: Config = None) -> int:
    """Say whether this machine has what the settings want: CPU, face backend, models, devices. Exit code 1 if not."""
    from driver_monitor.runtime.doctor import doctor_command

    return doctor_command(config)


def _virtual_cabin(source: str) -> Cabin:
    from driver_monitor.bench.virtual_cabin import VirtualCabin, find_scenario

    cabin = VirtualCabin(find_scenario(source))
    cabin.draw()
    return cabin


@settings_app.command("show")
def settings_show(
    config: Config = None,
    explain: Annotated[bool, typer.Option("--explain", help="The defaults with meaning, unit, range and source.")] = False,
) -> int:
    """Print the settings in force as TOML."""
    from driver_monitor.errors import BadUseError
    from driver_monitor.settings_file import load_settings, render, render_default

    if explain and config:
        raise BadUseError("--explain shows the defaults; leave out --config")
    print(render_default() if explain else render(load_settings(config)), end="")
    return _DONE


@settings_app.command("check")
def settings_check(file: Annotated[Path, typer.Argument(metavar="FILE", help="The settings file.")]) -> int:
    """Say whether a settings file can be used."""
    from driver_monitor.alerts.bus import BusOutput
    from driver_monitor.perception.driving import Driving
    from driver_monitor.settings_file import load_settings, settings_sha256

    settings = load_settings(file)
    Driving(settings.vehicle)  # reads the DBC, as a run does
    if settings.vehicle.send_alerts:
        BusOutput(settings, lambda *frame: None)
    print(f"{file}: good (settings {settings_sha256(settings)[:12]})")
    return _DONE


@models_app.command("pull")
def models_pull(names: Names = None) -> int:
    """Fetch the models that are not here yet."""
    from driver_monitor.model_store import cache_dir, pull

    without: list[str] = []
    with _progress() as progress:
        fetched = pull(names or (), progress=progress, spared=without.append)
    for model in fetched:
        print(f"{model.name} {model.version}: {model.path}")
    for told in without:
        _say(told, _DONE)
    if not fetched and not without:
        print(f"All models are in {cache_dir()}.")
    return _DONE


@models_app.command("list")
def models_list() -> int:
    """Show each model with its version, size, licence and state."""
    from rich.console import Console
    from rich.table import Table

    from driver_monitor.model_store import cache_dir, models

    table = Table("name", "version", "size", "licence", "state", title=str(cache_dir()), title_justify="left")
    for model in models():
        absent = (model.only_bench or model.optional) and not model.path.exists()
        why = "only the bench needs it" if model.only_bench else "a drive can do without"
        state = f"not fetched ({why})" if absent else model.fault() or "good"
        table.add_row(model.name, model.version, f"{model.size / 1e6:.1f} MB", model.licence, state)
    # a pipe has no width: lines must not be broken there
    Console(width=None if sys.stdout.isatty() else 250).print(table)
    return _DONE


@models_app.command("verify", short_help="Check size and hash of each model.")
def models_verify(names: Names = None) -> int:
    """Check size and hash of each model; exit code 1 if not all good."""
    from driver_monitor.model_store import models

    known = [m for m in models(names or ()) if names or not (m.only_bench or m.optional) or m.path.exists()]
    faults = {model: model.fault() for model in known}
    for model, fault in faults.items():
        print(f"{model.name}: {fault or 'good'}")
    if wrong := [model for model, fault in faults.items() if fault]:
        fetched = " ".join(model.name for model in wrong if not model.own)
        mends = [f"run 'driver-monitor models pull {fetched}'"] if fetched else []
        mends += [f"for {model.name} {model.mend}" for model in wrong if model.own]
        raise DriverMonitorError(f"not all models are good; {'; '.join(mends)}")
    return _DONE


@contextlib.contextmanager
def _progress() -> Iterator[Progress]:
    """A progress bar on a terminal; elsewhere one line for each thing fetched."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
                if not console.is_terminal:
                    print(f"fetching {what} ({total / 1e6:.1f} MB)", file=sys.stderr)
            bar.update(tasks[what], completed=done)

        yield show


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code: 0 done, 1 not done, 2 bad use, 130 stopped by Ctrl-C."""
    # python-can loads asammdf wherever it finds it, and that takes a second; recording/mf4.py has it elsewhere
    loaded: dict[str, Any] = sys.modules
    loaded.setdefault("asammdf", None)
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader has gone (… | head): what is left goes nowhere, and Python's own flush at exit must not complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    return code


def _run(arguments: list[str]) -> int:
    command = typer.main.get_command(app)
    try:
        # not command.main(): it hides Ctrl-C and broken pipes
        with command.make_context("driver-monitor", arguments) as context:
            result = command.invoke(context)
    except typer.Exit as e:
        return e.exit_code
    except KeyboardInterrupt:
        return _say("stopped", _STOPPED)
    except TyperException as e:
        return _usage(e)
    except DriverMonitorError as e:
        _debug(e)
        return _say(str(e), e.exit_code)
    except BrokenPipeError:
        raise
    except Exception as e:
        _debug(e)
        return _say(f"{type(e).__name__}: {e}; set {DEBUG_VARIABLE}=1 for the traceback", _NOT_DONE)
    return result if isinstance(result, int) else _DONE


def _usage(error: TyperException) -> int:
    message = error.format_message().rstrip(".").replace("Value error, ", "")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "driver-monitor"
    if "\n" in message:  # a group without its command: the message is the help
        print(message, file=sys.stderr)
        return error.exit_code
    return _say(f"{message} (see '{command} --help')", error.exit_code)


def _say(text: str, code: int) -> int:
    for line in text.splitlines():
        print(f"driver-monitor: {line}", file=sys.stderr)
    return code


def _debug(error: Exception) -> None:
    if os.environ.get(DEBUG_VARIABLE):
        import traceback

        traceback.print_exception(error)
