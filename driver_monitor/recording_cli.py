"""The commands of ``driver-monitor recording``; as in cli.py, what a command needs is imported inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from driver_monitor.cli_options import PLAIN, FromS, Identity, ToS
from driver_monitor.errors import BadUseError

app = typer.Typer(
    help="Recorded trips: what is in them, mending, cutting, and to and from other formats.",
    short_help="Recorded trips: look, mend, cut, import, export.",
    **PLAIN,
)

TripPath = Annotated[Path, typer.Argument(metavar="TRIP.mcap", help="A recorded trip, or a folder with its parts.")]
OutPath = Annotated[Path, typer.Argument(metavar="OUT.mcap", help="A file that is not there yet.")]


@app.command("info")
def info(path: TripPath, identity: Identity = None) -> int:
    """Tell what a recording holds."""
    from driver_monitor.recording.look import info_lines

    for line in info_lines(path, identity):
        print(line)
    return 0


@app.command("check", short_help="Read all of it and say what is wrong.")
def check(path: TripPath, identity: Identity = None) -> int:
    """Read all of a recording and say what is wrong with it; exit code 1 when anything is."""
    from driver_monitor.recording.look import faults

    wrong = faults(path, identity)
    for line in wrong or [f"{path}: good"]:
        print(line)
    return 1 if wrong else 0


@app.command("recover", short_help="Bring what is whole in a broken file into a new one.")
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


@app.command("cut", short_help="Write a stretch to a new file.")
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


@app.command("import")
def bring_in(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A video, or a folder of video, sound, bus log and heart beats.")],
    out: OutPath,
    config: Annotated[Path | None, typer.Option("--config", "-c", metavar="FILE", help="Settings to attach.")] = None,
    offset: Annotated[
        list[str] | None,
        typer.Option("--offset", metavar="PART=S", help="Where a part begins, seconds after the first picture."),
    ] = None,
    align: Annotated[
        Literal["clap", "flash"] | None,
        typer.Option("--align", help="Find the sound's offset: a clap in both, or a flash that sounds."),
    ] = None,
) -> int:
    """Make a trip of a video, or of a folder of parts."""
    from driver_monitor.recording.bring_in import bring_in as made
    from driver_monitor.recording.bring_in import offsets_of
    from driver_monitor.runtime.recorder import attached
    from driver_monitor.settings_file import load_settings

    settings = load_settings(config)
    copied = made(path, out, settings, attached(settings, {}), offsets_of(offset or []), align)
    print(f"{out}: {copied.messages} messages over {copied.length_s:.1f} s")
    for note in copied.notes:
        print(f"note: {note}")
    return 0


@app.command("export", short_help="Write a trip as files that other tools read.")
def export(
    path: TripPath,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder.")],
    formats: Annotated[
        str, typer.Option("--as", metavar="LIST", help="Of mp4, wav, blf, asc, log, mf4, csv, parquet, jsonl.")
    ] = "mp4,wav,blf,csv,jsonl",
    from_s: FromS = None,
    to_s: ToS = None,
    identity: Identity = None,
) -> int:
    """Write a trip as files that other tools read; only what they need is read."""
    from driver_monitor.recording.export import export as written
    from driver_monitor.recording.trip import Trip

    with Trip(path, identity, from_s, to_s) as trip:
        for file in written(trip, folder, [word.strip() for word in formats.split(",")]):
            print(file)
    return 0
