"""The commands of ``driver-monitor bench``; as in cli.py, what a command needs is imported inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from driver_monitor.cli_options import PLAIN, Config

app = typer.Typer(help="Measure the monitor.", **PLAIN)

People = Annotated[str, typer.Option("--people", metavar="NAMES", help="Virtual drivers (a,b), or 'all'.")]
Jobs = Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="Processes.")]
JsonFile = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here as JSON.")]


@app.command("demo", short_help="A scripted drive, filmed and reported.")
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where film, page and reports go.")] = Path("out"),
    config: Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="Settings to use.")] = Path("demo"),
) -> int:
    """A scripted drive of the virtual driver through the live loop, filmed and reported."""
    from driver_monitor.bench.demo import demo_command

    return demo_command(out, config)


@app.command("scenario", short_help="A labelled recording from a scenario file.")
def scenario(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A scenario (configs/scenarios has some).")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Write the recording and its truth here.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show it in a window.")] = False,
) -> int:
    """Make a labelled recording of the virtual driver from a scenario file."""
    from driver_monitor.bench.scenario_command import scenario_command

    return scenario_command(file, out, watch)


@app.command("speed", short_help="Milliseconds a picture, stage by stage.")
def speed(
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


@app.command("drawn-faces", short_help="Anger in rendered faces against the own neutral.")
def drawn_faces(
    people: People = "all",
) -> int:
    """Anger in rendered faces against the own neutral, in two lights, sharp and out of focus."""
    from driver_monitor.bench.accuracy.drawn_faces import drawn_faces_command

    return drawn_faces_command(people)


@app.command("voice", short_help="What listening costs, as a share of one core.")
def voice(
    seconds: Annotated[float, typer.Option("--seconds", metavar="N", min=10.0, help="How much sound.")] = 120.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """What listening costs, as a share of one core (processor time)."""
    from driver_monitor.bench.voice_cost import voice_command

    return voice_command(seconds, as_json)


@app.command("recording", short_help="What recording costs, and how fast it is read.")
def recording(
    seconds: Annotated[float, typer.Option("--seconds", metavar="N", min=2.0, help="How long to record.")] = 20.0,
    json_file: JsonFile = None,
) -> int:
    """What recording all senses costs, and how fast a recording is read (processor time, so a busy machine matters less)."""
    from driver_monitor.bench.recording_cost import recording_command

    return recording_command(seconds, json_file)


@app.command("accuracy", short_help="How right the monitor is on labelled recordings.")
def accuracy(
    data_set: Annotated[str, typer.Argument(metavar="DATASET", help="A data set's name, or 'all'.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The data set's folder, or one that holds several.")],
    config: Config = None,
    json_file: JsonFile = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", metavar="FILE", help="Write them here as a page.")] = None,
) -> int:
    """How right the monitor is on labelled recordings, with 95 % intervals."""
    from driver_monitor.bench.accuracy.command import accuracy_command

    return accuracy_command(data_set, folder, config, json_file, markdown)


@app.command("protocol", short_help="Does each alert come when it is due, and no other?")
def protocol(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A protocol's name, the path of one, or 'all'.")],
    level: Annotated[
        Literal["measurements", "pixels"], typer.Option("--level", help="Scripted measurements (seconds), or drawn pictures.")
    ] = "measurements",
    jobs: Jobs = 1,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with every case's plot here.")] = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML here.")] = None,
    json_file: JsonFile = None,
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


@app.command("attentive", short_help="Alerts an hour in attentive driving.")
def attentive(
    hours: Annotated[float, typer.Option("--hours", metavar="N", min=0.05, max=1000.0, help="How long to drive.")] = 1.0,
    jobs: Jobs = 1,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Another drive.")] = 1,
    json_file: JsonFile = None,
) -> int:
    """Alerts an hour in attentive driving: natural glances, mirrors, blinks, talk."""
    from driver_monitor.bench.attentive import attentive_command

    return attentive_command(hours, jobs, seed, json_file)


@app.command("response", short_help="Truth against reading on rendered faces.")
def response(
    people: People = "all",
    place: Annotated[
        Literal["column", "cluster", "mirror", "a_pillar"], typer.Option("--place", help="Where the camera sits.")
    ] = "column",
    glasses: Annotated[Literal["none", "clear", "dark"], typer.Option("--glasses", help="What all of them wear.")] = "none",
    light: Annotated[
        Literal["day", "side_sun", "flicker", "dusk", "night", "infrared"], typer.Option("--light", help="The light.")
    ] = "day",
    jobs: Jobs = 2,
    every: Annotated[int, typer.Option("--every", metavar="N", min=1, help="Only every Nth step: a quick look.")] = 1,
    json_file: JsonFile = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with the curves here.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", metavar="FILE", help="Write the table here as a page.")] = None,
) -> int:
    """Truth against reading on rendered faces: lids, head, eyes, mouth and brows, moved one at a time."""
    from driver_monitor.bench.response.command import response_command
    from driver_monitor.bench.response.measure import Scene

    return response_command(people, Scene(place, glasses, light), jobs, every, json_file, html, markdown)
