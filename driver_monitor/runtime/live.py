"""The commands `run` and `record`: what is opened, in which order around the lock, and what is said at the end."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from driver_monitor.alerts.outputs import open_outputs, open_pins
from driver_monitor.runtime.cabin_sensors import Cabin, open_sensors
from driver_monitor.runtime.live_loop import LiveLoop, Steps, Summary
from driver_monitor.runtime.lockdown import lock_down
from driver_monitor.runtime.output_files import check_outputs
from driver_monitor.runtime.recorder import Recorder, Unwatched
from driver_monitor.runtime.reports import ReportWriter
from driver_monitor.runtime.screen import Screen
from driver_monitor.runtime.watchdog import Watchdog
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.settings import Settings
from driver_monitor.signals import LocalTime, Report

if TYPE_CHECKING:
    from rich.console import Console

    from driver_monitor.monitor import Monitor

_LOGGER = logging.getLogger("driver_monitor.live")
_CLOCK_SET_S = 1_735_689_600  # 2025: an earlier clock was never set

OpenCabin: TypeAlias = Callable[[str], Cabin]


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; a second Ctrl-C interrupts at once."""
    stop = threading.Event()

    def ask(number: int, frame: object) -> None:
        stop.set()
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _log_to(console: Console) -> Iterator[None]:
    """Show the program's log on the terminal: coloured above the status line, or as plain lines."""
    from rich.logging import RichHandler

    handler: logging.Handler
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False, show_time=False, markup=False)
    else:
        handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("driver_monitor")
    level, logger.propagate = logger.level, False  # else the root's own handler says it all again
    logger.addHandler(handler)
    logger.setLevel(min(logging.INFO, logger.getEffectiveLevel()))
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = True
        logger.setLevel(level)


def run_command(
    config: Path | None,
    reports: Path | None,
    seconds: float | None,
    virtual: OpenCabin | None = None,
    record: Path | None = None,
    *,
    only_record: bool = False,
    live_port: int | None = None,
) -> int:
    """Watch the driver until Ctrl-C, SIGTERM or the end of ``seconds``; give the exit code: 1 when a file ended early.

    ``virtual`` opens a camera source "virtual:SCENARIO", which this room knows nothing of. ``record`` names the file or
    folder to record in; with ``only_record`` nobody watches. At ``live_port`` the reports are shown live.
    """
    from driver_monitor.settings_file import load_settings

    settings = load_settings(config)
    check_outputs({"--reports": reports}, {"the settings file": [config]})
    source = settings.camera.source
    cabin = virtual(source) if virtual is not None and source.startswith("virtual:") else None
    summary = watch(settings, reports, seconds, cabin, record=record, only_record=only_record, live_port=live_port)
    return int(summary.unwritten)


def local_time(now_s: float, t_ns: int) -> LocalTime | None:
    """The wall clock for the Monitor, which has none; ``None`` when it was plainly never set (a board without a battery)."""
    if now_s < _CLOCK_SET_S:
        return None
    there = time.localtime(now_s)
    return LocalTime(t_ns, there.tm_hour + there.tm_min / 60.0)


def watch(
    settings: Settings,
    reports: Path | None,
    seconds: float | None,
    cabin: Cabin | None = None,
    around: Callable[[Monitor], Steps] = lambda monitor: monitor,
    *,
    record: Path | None = None,
    only_record: bool = False,
    live_port: int | None = None,
) -> Summary:
    """Run the live loop; ``around`` may put something between loop and Monitor that looks on.

    Raises
    ------
    BadUseError
        Before any device is touched, when ``reports`` or ``record`` cannot be written or are one file.
    DriverMonitorError
        When a model, the camera or a privacy switch that is set is not there.
    """
    from rich.console import Console

    from driver_monitor.model_store import MONITOR_MODELS, hashes_in_use, model_path

    check_outputs({"--reports": reports, "--record": None if record is None or record.is_dir() else record})
    for name in MONITOR_MODELS if not only_record else ():  # said before any device is touched
        model_path(name)
    start_ns = time.monotonic_ns()
    console, queue = Console(highlight=False), SampleQueue()
    with ExitStack() as stack:
        stack.enter_context(_log_to(console))
        stop = stack.enter_context(stop_on_signal())
        shown = None
        if live_port is not None:  # its own process, so before the lock
            from driver_monitor.runtime.live_view import LiveReports, open_for_drive

            view = stack.enter_context(open_for_drive(live_port, settings))
            shown = LiveReports(view, start_ns, time.time_ns() - time.monotonic_ns())
            console.print(f"Live: reports at {view.url} (Foxglove: open connection)", soft_wrap=True)
        pins = open_pins(settings.outputs.pin_factory, settings.outputs.gpio_chip)
        hashes = hashes_in_use(settings.phone.detector)
        recorder = None
        if record is not None:
            recorder = stack.enter_context(Recorder(record, settings, hashes, start_ns, "record" if only_record else "run"))
        bus, bridge = open_sensors(settings, queue, stack, pins, cabin, keep_jpeg=recorder is not None, whole_bus=only_record)
        send = bus.send if bus else None
        outputs, problems = open_outputs(
            settings, _LOGGER, pins=pins, send=send, bridge=bridge, watched=not only_record, zero_ns=start_ns
        )
        for output in outputs:
            stack.callback(output.close)
        for problem in problems:
            queue.put(problem)
        stack.callback((watchdog := Watchdog()).close)
        locked = lock_down()
        _LOGGER.log(logging.INFO if locked.active else logging.WARNING, "%s", locked.reason)
        steps: Steps = Unwatched()
        if not only_record:
            from driver_monitor.runtime.assembly import build_monitor  # loads models: only behind the lock

            monitor = build_monitor(settings)
            stack.callback(monitor.close)
            steps = around(monitor)
        if recorder is not None:
            steps = recorder.around(steps)
        writer = None
        if reports is not None:  # opened last: what fails above must not cost an older file
            name = "live" if recorder is None else recorder.name
            writer = ReportWriter(reports, recording=name, settings=settings, models=hashes, start_ns=start_ns, go_on=True)
            stack.enter_context(writer)
        screen = stack.enter_context(Screen(settings, console, start_ns))

        def take(report: Report) -> None:
            screen.show(report)
            if writer is not None:
                writer.write(report)
            if shown is not None:
                shown.show(report)

        if cabin is not None:
            cabin.begin()
        elif (clock := local_time(time.time(), time.monotonic_ns())) is not None:
            queue.put(clock)
        limit_s = cabin.seconds if seconds is None and cabin is not None else seconds
        summary = LiveLoop(steps, queue, outputs, take, watchdog).run(stop, limit_s)
        if writer is not None:
            writer.summary(summary.figures(start_ns, settings))
    console.print(summary.in_words(settings), soft_wrap=True)
    if writer is not None and writer.trouble:
        summary.unwritten = True
        console.print(writer.trouble, soft_wrap=True, markup=False)
    if recorder is not None:
        summary.unwritten |= bool(recorder.trouble)
        console.print(recorder.in_words(), soft_wrap=True, markup=False)
    return summary
