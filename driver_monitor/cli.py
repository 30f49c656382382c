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
from driver_monitor.errors import DriverMonitorError
from driver_monitor.recording_cli import FromS, Identity, ToS
from driver_monitor.recording_cli import app as recording_app

if TYPE_CHECKING:
    from driver_monitor.model_store import Progress
    from driver_monitor.runtime.cabin_sensors import Cabin

DEBUG_VARIABLE = "DRIVER_MONITOR_DEBUG"
_DONE, _NOT_DONE, _STOPPED, _BROKEN_PIPE = 0, 1, 130, 141  # the last two as a shell says: 128 + SIGINT, 128 + SIGPIPE

_PLAIN = {"rich_markup_mode": None, "no_args_is_help": True, "add_completion": False, "pretty_exceptions_enable": False}
app = typer.Typer(
    name="driver-monitor",
    help="Watches the driver: fatigue, distraction, stress and anger, explained.",
    context_settings={"help_option_names": ["-h", "--help"]},
    **_PLAIN,  # type: ignore[arg-type]
)
models_app = typer.Typer(help="The models the monitor uses.", **_PLAIN)  # type: ignore[arg-type]
settings_app = typer.Typer(help="Settings files.", **_PLAIN)  # type: ignore[arg-type]
bench_app = typer.Typer(help="Measure the monitor.", **_PLAIN)  # type: ignore[arg-type]
app.add_typer(models_app, name="models")
app.add_typer(settings_app, name="settings")
app.add_typer(bench_app, name="bench")
app.add_typer(recording_app, name="recording")

Config = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="Settings file, or the name of one that comes along.")
]
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


@bench_app.command("demo", short_help="A scripted drive, filmed and reported.")
def bench_demo(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where film, page and reports go.")] = Path("out"),
    config: Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="Settings to use.")] = Path("demo"),
) -> int:
    """A scripted drive of the virtual driver through the live loop, filmed and reported."""
    from driver_monitor.bench.demo import demo_command

    return demo_command(out, config)


@bench_app.command("scenario", short_help="A labelled recording from a scenario file.")
def bench_scenario(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A scenario (configs/scenarios has some).")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Write the recording and its truth here.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show it in a window.")] = False,
) -> int:
    """Make a labelled recording of the virtual driver from a scenario file."""
    from driver_monitor.bench.scenario_command import scenario_command

    return scenario_command(file, out, watch)


@bench_app.command("speed", short_help="Milliseconds a picture, stage by stage.")
def bench_speed(
    video: Annotated[Path | None, typer.Option("--video", metavar="FILE", help="A video of a driver's face.")] = None,
    frames: Annotated[int, typer.Option("--frames", metavar="N", min=1, help="How many pictures.")] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    backends: Annotated[
        Literal["chosen", "all"], typer.Option("--backends", help="all: the face backends beside each other, on one core.")
    ] = "chosen",
    fps: Annotated[
        float | None, typer.Option("--fps", metavar="N", min=5.0, max=120.0, help="Pictures a second of the virtual driver.")
    ] = None,
) -> int:
    """Milliseconds a picture for each stage, beside the face landmarks alone."""
    from driver_monitor.bench.speed import speed_command

    return speed_command(video, frames, as_json, backends, fps)


@bench_app.command("drawn-faces", short_help="Anger in rendered faces against the own neutral.")
def bench_drawn_faces(
    people: Annotated[str, typer.Option("--people", metavar="NAMES", help="Virtual drivers (a,b), or 'all'.")] = "all",
) -> int:
    """Anger in rendered faces against the own neutral, in two lights, sharp and out of focus."""
    from driver_monitor.bench.accuracy.drawn_faces import drawn_faces_command

    return drawn_faces_command(people)


@bench_app.command("voice", short_help="What listening costs, as a share of one core.")
def bench_voice(
    seconds: Annotated[float, typer.Option("--seconds", metavar="N", min=10.0, help="How much sound.")] = 120.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """What listening costs, as a share of one core (processor time)."""
    from driver_monitor.bench.voice_cost import voice_command

    return voice_command(seconds, as_json)


@bench_app.command("recording", short_help="What recording costs, and how fast it is read.")
def bench_recording(
    seconds: Annotated[float, typer.Option("--seconds", metavar="N", min=2.0, help="How long to record.")] = 20.0,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here as JSON.")] = None,
) -> int:
    """What recording all senses costs, and how fast a recording is read (processor time, so a busy machine matters less)."""
    from driver_monitor.bench.recording_cost import recording_command

    return recording_command(seconds, json_file)


@bench_app.command("accuracy", short_help="How right the monitor is on labelled recordings.")
def bench_accuracy(
    data_set: Annotated[str, typer.Argument(metavar="DATASET", help="A data set's name, or 'all'.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The data set's folder, or one that holds several.")],
    config: Config = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here as JSON.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", metavar="FILE", help="Write them here as a page.")] = None,
) -> int:
    """How right the monitor is on labelled recordings, with 95 % intervals."""
    from driver_monitor.bench.accuracy.command import accuracy_command

    return accuracy_command(data_set, folder, config, json_file, markdown)


@bench_app.command("protocol", short_help="Does each alert come when it is due, and no other?")
def bench_protocol(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A protocol's name, the path of one, or 'all'.")],
    level: Annotated[
        Literal["measurements", "pixels"], typer.Option("--level", help="Scripted measurements (seconds), or drawn pictures.")
    ] = "measurements",
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="Processes.")] = 1,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with every case's plot here.")] = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML here.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here as JSON.")] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=1, help="Only N cases, the same each time (for each --hand).")
    ] = None,
    case: Annotated[str | None, typer.Option("--case", metavar="PATTERN", help="Only cases named like this.")] = None,
    deal: Annotated[
        bool, typer.Option("--deal", help="Deal each case a person, eyewear, a light and a frame rate.")
    ] = False,
    hand: Annotated[
        str | None, typer.Option("--hand", metavar="WORD", help="Like --deal, with another hand and sample for each word.")
    ] = None,
    backend: Annotated[
        Literal["auto", "mediapipe", "litert"], typer.Option("--backend", help="Which runtime finds the face in drawn pictures.")
    ] = "auto",
) -> int:
    """Which alerts come when they are due, and that no other comes; exit code 1 when a case fails."""
    from driver_monitor.bench.protocol.run import protocol_command

    hand = "" if deal and hand is None else hand
    return protocol_command(name, level, jobs, html, junit, json_file, sample, case, hand, backend)


@bench_app.command("attentive", short_help="Alerts an hour in attentive driving.")
def bench_attentive(
    hours: Annotated[float, typer.Option("--hours", metavar="N", min=0.05, max=1000.0, help="How long to drive.")] = 1.0,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="Processes.")] = 1,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Another drive.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here as JSON.")] = None,
) -> int:
    """Alerts an hour in attentive driving: natural glances, mirrors, blinks, talk."""
    from driver_monitor.bench.attentive import attentive_command

    return attentive_command(hours, jobs, seed, json_file)


@bench_app.command("response", short_help="Truth against reading on rendered faces.")
def bench_response(
    people: Annotated[str, typer.Option("--people", metavar="NAMES", help="Virtual drivers (a,b), or 'all'.")] = "all",
    place: Annotated[
        Literal["column", "cluster", "mirror", "a_pillar"], typer.Option("--place", help="Where the camera sits.")
    ] = "column",
    glasses: Annotated[Literal["none", "clear", "dark"], typer.Option("--glasses", help="What all of them wear.")] = "none",
    light: Annotated[
        Literal["day", "side_sun", "flicker", "dusk", "night", "infrared"], typer.Option("--light", help="The light.")
    ] = "day",
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="Processes.")] = 2,
    every: Annotated[int, typer.Option("--every", metavar="N", min=1, help="Only every Nth step: a quick look.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here as JSON.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with the curves here.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", metavar="FILE", help="Write the table here as a page.")] = None,
) -> int:
    """Truth against reading on rendered faces: lids, head, eyes, mouth and brows, moved one at a time."""
    from driver_monitor.bench.response.command import response_command
    from driver_monitor.bench.response.measure import Scene

    return response_command(people, Scene(place, glasses, light), jobs, every, json_file, html, markdown)


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
