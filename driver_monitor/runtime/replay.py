"""Replays a recording through the Monitor: the same code as on the road, only the two ends differ."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from driver_monitor.errors import BadUseError
from driver_monitor.privacy import may_leave_cab
from driver_monitor.recording.trip import Trip
from driver_monitor.runtime.output_files import check_outputs
from driver_monitor.runtime.reports import ReportWriter
from driver_monitor.runtime.sink import FromZero, Sink, Viewed
from driver_monitor.runtime.summary import Summary, clock, show_parts
from driver_monitor.signals import CameraFrame, Report, Sample, Tick, seconds

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from driver_monitor.runtime.lockdown import LockdownResult
    from driver_monitor.runtime.played import Played


class Stepper(Viewed, Protocol):
    """A Monitor, as far as a replay needs it."""

    def step(self, sample: Sample) -> list[Report]:
        """Take one sample."""
        ...

    def finish(self) -> list[Report]:
        """Report what still lasts at the end."""
        ...


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """How far a replay came."""

    samples: int
    frames: int
    length_s: float
    complete: bool


def replay(
    recording: Played,
    monitor: Stepper,
    sinks: Sequence[Sink],
    *,
    keep: Callable[[Report], bool] = lambda report: True,
    wait_until: Callable[[int], None] = lambda t_ns: None,
) -> ReplayResult:
    """Give every sample to the monitor and what comes of it to the sinks.

    ``keep`` holds back reports that may not be stored; ``wait_until`` may pace the replay. Ctrl-C ends it early,
    between two samples, and what still lasts is reported as at any end. A second one leaves at once, with no more reports.
    """
    count = frames = end_ns = 0
    complete = True

    def hand_out(sample: Sample | None, reports: Sequence[Report]) -> None:
        kept = [report for report in reports if keep(report)]
        for sink in sinks:
            sink.take(sample, kept, monitor)

    with _BetweenSamples() as between:
        try:
            for sample in between.each(recording.samples(), wait_until):
                hand_out(sample, monitor.step(sample))
                count += 1
                frames += isinstance(sample, CameraFrame)
                end_ns = sample.t_ns
        except KeyboardInterrupt:
            if not between.waits:
                raise
            complete = False
        hand_out(None, monitor.finish())
    return ReplayResult(count, frames, max(0.0, seconds(end_ns - recording.start_ns)), complete)


class _BetweenSamples:
    """Holds Ctrl-C back while a sample is taken: from half a step nothing can go on. A second one interrupts at once.

    While a sample is fetched and its time waited for, which may be long, the first one does.
    """

    def __init__(self) -> None:
        self._asked = self._ours = False
        self.waits = False
        """For a sample or for its time, and so no step is half done."""

    def __enter__(self) -> Self:
        here = threading.current_thread() is threading.main_thread()
        self._ours = here and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._ours:
            signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def each(self, samples: Iterator[Sample], wait_until: Callable[[int], None]) -> Iterator[Sample]:
        """Each sample when its time has come; before that Ctrl-C interrupts, also one that came while the last was taken."""
        while True:
            self.waits = True
            if self._asked:
                raise KeyboardInterrupt
            sample = next(samples, None)
            if sample is not None:
                wait_until(sample.t_ns)
            self.waits = False
            if sample is None:
                return
            yield sample

    def _ask(self, number: int, frame: object) -> None:
        at_once, self._asked = self._asked or self.waits, True
        if at_once:
            raise KeyboardInterrupt


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command ``replay`` was asked for besides the recording."""

    config: Path | None = None
    reports: Path | None = None
    video: Path | None = None
    compare: Path | None = None
    identity: Path | None = None
    pace: str = "max"
    from_s: float | None = None
    to_s: float | None = None
    rerun: Path | None = None
    live_port: int | None = None


def replay_command(path: Path, wishes: Wishes) -> int:
    """The command ``replay``; its exit code is 0 when the recording was replayed to its end and nothing differs."""
    from rich.console import Console

    from driver_monitor.model_store import MONITOR_MODELS, hashes_in_use, model_path
    from driver_monitor.runtime.annotate import AnnotatedVideo
    from driver_monitor.runtime.compare import Comparison
    from driver_monitor.runtime.lockdown import lock_down
    from driver_monitor.runtime.played import open_played

    reports, video = wishes.reports, wishes.video
    with ExitStack() as stack:
        played = open_played(path, wishes.config, wishes.identity, wishes.from_s, wishes.to_s)
        recording, settings = stack.enter_context(played.recording), played.settings
        # whatever may be refused comes first, and files are opened last: bad use must not cost an older one
        check_outputs(
            {"--reports": reports, "--video": video, "--rerun": wishes.rerun},
            {
                "part of the recording": recording.files,
                "the file to compare with": [wishes.compare],
                "the settings file": [wishes.config],
                "the secret key": [wishes.identity],
            },
        )
        for name in MONITOR_MODELS:
            model_path(name)
        size, rate = recording.picture_size, recording.frame_rate
        if video is not None and (size is None or rate is None):
            raise BadUseError(f"{path} holds no video, so there is nothing to draw on; leave --video out")
        hashes = hashes_in_use(settings.phone.detector)
        summary = Summary()
        shown: list[Sink] = [summary]
        sinks: list[Sink] = []
        comparison = None
        if wishes.compare is not None:
            comparison = Comparison(wishes.compare, settings, hashes, recording.start_ns, wishes.identity)
            sinks.append(stack.enter_context(comparison))
        rerun = None
        if wishes.rerun is not None:
            from driver_monitor.runtime.rerun_file import RerunFile

            rerun = RerunFile(wishes.rerun)
        view = None
        if wishes.live_port is not None:
            from driver_monitor.runtime.live_view import LiveReplay, LiveView

            view = stack.enter_context(LiveView(wishes.live_port, pictures=True))
            sinks.append(LiveReplay(view, recording.start_ns, _wall_ns(recording)))
        locked = lock_down()
        from driver_monitor.runtime.assembly import build_monitor  # loads models: only behind the lock

        monitor = build_monitor(settings)
        stack.callback(monitor.close)
        pace = RealPace() if wishes.pace == "real" or view is not None else None
        console = Console(highlight=False)
        if view is not None:
            console.print(f"Live: waiting for a viewer at {view.url} (Foxglove: open connection)", soft_wrap=True)
            view.wait_for_viewer()
        if video is not None and size is not None and rate is not None:
            shown.append(stack.enter_context(AnnotatedVideo(video, rate, size)))
        if rerun is not None:
            shown.append(stack.enter_context(rerun))
        writer = None
        if reports is not None:
            writer = ReportWriter(
                reports, recording=path.resolve().name, settings=settings, models=hashes, start_ns=recording.start_ns
            )
            sinks.append(stack.enter_context(writer))
        with ProgressBar(recording.duration_s) as progress:
            result = replay(
                recording,
                monitor,
                [*sinks, FromZero([*shown, progress], recording.start_ns)],
                keep=lambda report: may_leave_cab(report, played.deployment),
                wait_until=pace.wait_until if pace is not None else lambda t_ns: None,
            )
        if writer is not None:
            writer.summary(_figures(recording, result, summary))
        _show(console, recording, result, summary, locked)
        if pace is not None:
            console.print(pace.in_words())
        for output, what in ((reports, "Reports"), (video, "Annotated video"), (wishes.rerun, "Rerun")):
            if output is not None:
                console.print(f"{what}: {output}", markup=False, soft_wrap=True)
        if comparison is not None:
            console.print(comparison.in_words(), markup=False, soft_wrap=True)
    if not result.complete:
        return 130  # the shell's own code for Ctrl-C
    return 0 if comparison is None or comparison.same else 1


def _wall_ns(recording: Played) -> int:
    """What makes Unix time of the recording's: the road's own where it is known, else as if it began now."""
    return recording.about.wall_ns if isinstance(recording, Trip) else time.time_ns() - recording.start_ns


def _figures(recording: Played, result: ReplayResult, summary: Summary) -> dict[str, object]:
    return {
        "t_s": round(result.length_s, 6),
        "complete": result.complete,
        "parts": dict(recording.parts),
        "missing": list(recording.missing),
        "notes": recording.notes,
        "frames": result.frames,
        **summary.figures(),
    }


def _show(console: Console, recording: Played, result: ReplayResult, summary: Summary, locked: LockdownResult) -> None:
    show_parts(console, recording, result.length_s)
    if not result.complete:
        console.print(f"Stopped by the user at {clock(result.length_s)}")
    console.print(f"Network: {locked.reason}", markup=False, soft_wrap=True)
    console.print()
    summary.show(console)


class RealPace:
    """Keeps the recording's own time on the wall, and how well it did."""

    def __init__(self) -> None:
        self._start_ns: int | None = None
        self._late_ns: list[int] = []

    def wait_until(self, t_ns: int) -> None:
        """Wait until a sample's time has come."""
        now_ns = time.monotonic_ns()
        if self._start_ns is None:
            self._start_ns = now_ns - t_ns
        ahead_ns = t_ns - (now_ns - self._start_ns)
        if ahead_ns > 0:
            time.sleep(seconds(ahead_ns))
        self._late_ns.append(time.monotonic_ns() - self._start_ns - t_ns)

    def in_words(self) -> str:
        """How late the samples came."""
        if not self._late_ns:
            return "Pace: nothing was replayed"
        late_ms = sorted(late_ns / 1e6 for late_ns in self._late_ns)
        half, most = late_ms[len(late_ms) // 2], late_ms[len(late_ms) * 99 // 100]
        return f"Pace: samples came {half:.1f} ms late in the middle, {most:.1f} ms in 99 of 100, {late_ms[-1]:.1f} ms at most"


class ProgressBar:
    """How far the replay is, and how fast; silent where nobody watches."""

    def __init__(self, total_s: float | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(stderr=True)
        self._total_s = total_s
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

    def take(self, sample: Sample | None, reports: Sequence[Report], monitor: Viewed) -> None:
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
