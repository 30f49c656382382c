"""The commands of ``driver-monitor recording``; as in cli.py, what a command needs is imported inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from driver_monitor.errors import BadUseError

app = typer.Typer(
    help="Recorded trips: what is in them, mending, cutting, and to and from other formats.",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

FromS = Annotated[float | None, typer.Option("--from", metavar="S", min=0.0, help="From this second of the trip.")]
ToS = Annotated[float | None, typer.Option("--to", metavar="S", min=0.0, help="Up to this second of the trip.")]
Identity = Annotated[
    Path | None, typer.Option("--identity", metavar="KEY.txt", help="The secret key of an encrypted recording (age).")
]
TripPath = Annotated[Path, typer.Argument(metavar="TRIP.mcap", help="A recorded trip, or a folder with its parts.")]
OutPath = Annotated[Path, typer.Argument(metavar="OUT.mcap", help="A file that is not there yet.")]


@app.command("info")
def info(path: TripPath, identity: Identity = None) -> int:
    """Tell what a recording holds."""
    from driver_monitor.recording.look import info_lines

    for line in info_lines(path, identity):
        print(line)
    return 0


@app.command("check")
def check(path: TripPath, identity: Identity = None) -> int:
    """Read all of a recording and say what is wrong with it; exit code 1 when anything is."""
    from driver_monitor.recording.look import faults

    wrong = faults(path, identity)
    for line in wrong or [f"{path}: good"]:
        print(line)
    return 1 if wrong else 0


@app.command("recover")
def recover(
    path: Annotated[Path, typer.Argument(metavar="BROKEN.mcap", help="One file, cut or broken anywhere.")],
    out: OutPath,
    identity: Identity = None,
) -> int:
    """Bring all whole pieces of a cut or broken recording into a new, whole file."""
    from driver_monitor.recording.copy import copy_trip
    from driver_monitor.recording.trip import Trip

    with Trip(path, identity, mend=True) as trip:
        copied = copy_trip(trip, out, "recover")
    print(f"{out}: {copied.messages} messages over {copied.length_s:.1f} s")
    for note in copied.notes:
        print(f"note: {note}")
    return 0


@app.command("cut")
def cut(path: TripPath, out: OutPath, from_s: FromS = None, to_s: ToS = None, identity: Identity = None) -> int:
    """Write a stretch of a recording to a new file; its times stay those of the whole trip."""
    from driver_monitor.recording.copy import copy_trip
    from driver_monitor.recording.trip import Trip

    if from_s is not None and to_s is not None and to_s <= from_s:
        raise BadUseError(f"--to {to_s:g} lies before --from {from_s:g}; give a later end")
    with Trip(path, identity, from_s, to_s) as trip:
        copied = copy_trip(trip, out, "cut")
    print(f"{out}: {copied.messages} messages over {copied.length_s:.1f} s")
    return 0
