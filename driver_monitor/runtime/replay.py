"""Replays a recording through the Monitor: the same code as on the road, only the two ends differ."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from driver_monitor.errors import BadUseError
from driver_monitor.privacy import may_leave_cab
from driver_monitor.runtime.reports import ReportWriter
from driver_monitor.runtime.summary import Summary, clock, show_parts
from driver_monitor.signals import CameraFrame, Report, Sample, Tick, seconds

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from driver_monitor.monitor import View
    from driver_monitor.recording.folder import Recording
    from driver_monitor.runtime.lockdown import LockdownResult

"""The models a Monitor is built from; their hashes stand in the report file's header."""


class Stepper(Protocol):
    """A Monitor, as far as a replay needs it."""

    @property
    def view(self) -> View | None:
        """The last picture as it was read."""
        ...

    def step(self, sample: Sample) -> list[Report]:
        """Take one sample."""
        ...

    def finish(self) -> list[Report]:
        """Report what still lasts at the end."""
        ...


class Sink(Protocol):
    """Takes what a sample led to; the sample is ``None`` for what is reported at the end."""

    def take(self, sample: Sample | None, reports: Sequence[Report], monitor: Stepper) -> None:
        """Take one sample with its reports, in time order."""
        ...


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """How far a replay came."""

    samples: int
    frames: int
    length_s: float
    complete: bool


def replay(
    recording: Recording,
    monitor: Stepper,
    sinks: Sequence[Sink],
    *,
    keep: Callable[[Report], bool] = lambda report: True,
    wait_until: Callable[[int], None] = lambda t_ns: None,
) -> ReplayResult:
    """Give every sample to the monitor and what comes of it to the sinks.

    ``keep`` holds back reports that may not be stored; ``wait_until`` may pace the replay. Ctrl-C ends it early, and what
    still lasts is reported as at any end.
    """
    count = frames = end_ns = 0
    complete = True

    def hand_out(sample: Sample | None, reports: Sequence[Report]) -> None:
        kept = [report for report in reports if keep(report)]
        for sink in sinks:
            sink.take(sample, kept, monitor)

    try:
        for sample in recording.samples():
            wait_until(sample.t_ns)
            hand_out(sample, monitor.step(sample))
            count += 1
            frames += isinstance(sample, CameraFrame)
            end_ns = sample.t_ns
    except KeyboardInterrupt:
        complete = False
    hand_out(None, monitor.finish())
    return ReplayResult(count, frames, seconds(end_ns), complete)


def replay_command(path: Path, config: Path | None, reports: Path | None, video: Path | None, pace: str) -> int:
    """The command ``replay``; its exit code is 0 when the recording was replayed to its end."""
    from rich.console import Console

    from driver_monitor.model_store import MONITOR_MODELS, model_path, models
    from driver_monitor.recording.folder import open_recording
    from driver_monitor.runtime.annotate import AnnotatedVideo
    from driver_monitor.runtime.lockdown import lock_down
    from driver_monitor.settings_file import load_settings

    settings = load_settings(config)
    with ExitStack() as stack:
        recording = stack.enter_context(open_recording(path))
        for name in MONITOR_MODELS:  # a missing model must not cost an older report file
            model_path(name)
        for output in (reports, video):
            if output is not None:
                check_output(output, recording.files)
        if reports is not None and video is not None and reports.resolve() == video.resolve():
            raise BadUseError(f"--reports and --video name the same file, {reports}; give two")
        hashes = {model.name: model.sha256 for model in models(MONITOR_MODELS)}
        summary = Summary()
        sinks: list[Sink] = [summary]
        writer = None
        if reports is not None:
            writer = stack.enter_context(ReportWriter(reports, recording=path.resolve().name, settings=settings, models=hashes))
            sinks.append(writer)
        if video is not None:
            size, rate = recording.picture_size, recording.frame_rate
            if size is None or rate is None:
                raise BadUseError(f"{path} holds no video, so there is nothing to draw on; leave --video out")
            sinks.append(stack.enter_context(AnnotatedVideo(video, rate, size)))
        locked = lock_down()
        from driver_monitor.runtime.assembly import build_monitor  # loads models: only behind the lock

        monitor = build_monitor(settings)
        stack.callback(monitor.close)
        with ProgressBar(recording) as progress:
            result = replay(
                recording,
                monitor,
                [*sinks, progress],
                keep=lambda report: may_leave_cab(report, settings.trip.deployment),
                wait_until=_real_pace() if pace == "real" else lambda t_ns: None,
            )
        if writer is not None:
            writer.summary(_figures(recording, result, summary))
        console = Console(highlight=False)
        _show(console, recording, result, summary, locked)
        for output, what in ((reports, "Reports"), (video, "Annotated video")):
            if output is not None:
                console.print(f"{what}: {output}", markup=False, soft_wrap=True)
    return 0 if result.complete else 130  # the shell's own code for Ctrl-C


def check_output(output: Path, inputs: Sequence[Path]) -> None:
    """Refuse an output that would overwrite the recording or cannot be written.

    Raises
    ------
    BadUseError
        In one sentence.
    """
    if output.is_dir():
        raise BadUseError(f"{output} is a folder; give a file's name")
    if not output.parent.is_dir():
        raise BadUseError(f"{output} cannot be written: the folder {output.parent} does not exist; make it first")
    if output.exists() and any(output.samefile(file) for file in inputs):
        raise BadUseError(f"{output} is part of the recording and would be overwritten; give another file")


def _figures(recording: Recording, result: ReplayResult, summary: Summary) -> dict[str, object]:
    return {
        "t_s": round(result.length_s, 6),
        "complete": result.complete,
        "parts": dict(recording.parts),
        "missing": list(recording.missing),
        "notes": recording.notes,
        "frames": result.frames,
        **summary.figures(),
    }


def _show(console: Console, recording: Recording, result: ReplayResult, summary: Summary, locked: LockdownResult) -> None:
    show_parts(console, recording, result.length_s)
    if not result.complete:
        console.print(f"Stopped by the user at {clock(result.length_s)}")
    console.print(f"Network: {locked.reason}", markup=False, soft_wrap=True)
    console.print()
    summary.show(console)


def _real_pace() -> Callable[[int], None]:
    start_ns: list[int] = []

    def wait_until(t_ns: int) -> None:
        now_ns = time.monotonic_ns()
        if not start_ns:
            start_ns.append(now_ns - t_ns)
        ahead_ns = t_ns - (now_ns - start_ns[0])
        if ahead_ns > 0:
            time.sleep(seconds(ahead_ns))

    return wait_until


class ProgressBar:
    """How far the replay is, and how fast; silent where nobody watches."""

    def __init__(self, recording: Recording) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(stderr=True)
        self._total_s = recording.duration_s
        self._on = console.is_terminal
        self._started = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            console=console,
            transient=True,
            disable=not self._on,
        )
        self._task: TaskID = self._bar.add_task("Replaying", total=self._total_s, told="")

    def take(self, sample: Sample | None, reports: Sequence[Report], monitor: Stepper) -> None:
        """Move on with the ticks."""
        if not self._on or not isinstance(sample, Tick):
            return
        t_s = seconds(sample.t_ns)
        speed = t_s / max(1e-3, time.monotonic() - self._started)
        total = f" of {clock(self._total_s)}" if self._total_s else ""
        self._bar.update(self._task, completed=t_s, told=f"{clock(t_s)}{total}  {speed:.1f}×")

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.stop()
