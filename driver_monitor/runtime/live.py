"""The live loop: sensors in, the Monitor in the middle, alerts and reports out.

A thread a sensor fills one queue; the thread that calls :meth:`LiveLoop.run` owns the Monitor.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from driver_monitor.alerts.outputs import AlertOutput, Hears, Pins, open_outputs, open_pins
from driver_monitor.perception.driving import Driving
from driver_monitor.privacy import may_leave_cab
from driver_monitor.runtime.lockdown import lock_down
from driver_monitor.runtime.recorder import Recorder, Unwatched
from driver_monitor.runtime.reports import ReportWriter
from driver_monitor.runtime.screen import Screen
from driver_monitor.runtime.watchdog import Watchdog
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.button import AcknowledgeButton
from driver_monitor.sensors.camera import Camera
from driver_monitor.sensors.heart_rate import HeartRate
from driver_monitor.sensors.heart_rate_ble import HeartRateBle
from driver_monitor.sensors.microphone import Microphone
from driver_monitor.sensors.privacy import PrivacySwitch
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.sensors.vehicle_bus import VehicleBus
from driver_monitor.settings import Settings
from driver_monitor.signals import (
    NS_PER_S,
    TICK_NS,
    Alert,
    AudioChunk,
    CameraFrame,
    DriverState,
    LocalTime,
    Part,
    Report,
    Sample,
    SensorStatus,
    Tick,
    nanoseconds,
    seconds,
)

if TYPE_CHECKING:
    from rich.console import Console

    from driver_monitor.monitor import Monitor

_LOGGER = logging.getLogger("driver_monitor.live")
_CLOCK_SET_S = 1_735_689_600  # 2025: an earlier clock was never set
_BEHIND_NS = NS_PER_S // 2  # so late a tick goes before older samples


class Steps(Protocol):
    """What the loop needs of the Monitor."""

    def step(self, sample: Sample) -> list[Report]:
        """Take one sample."""

    def finish(self) -> list[Report]:
        """The samples have ended."""


@dataclass(slots=True)
class Summary:
    """What a run came to."""

    start_ns: int
    end_ns: int = 0
    pictures: int = 0
    overtaken: int = 0
    dropped: dict[Part, int] = field(default_factory=dict)
    raised: list[Alert] = field(default_factory=list)

    def figures(self, zero_ns: int, settings: Settings) -> dict[str, object]:
        """The figures of the report file's last line."""
        return {
            "t_s": round(seconds(self.end_ns - zero_ns), 6),
            "complete": True,
            "frames": self.pictures,
            "overtaken": self.overtaken,
            "dropped": dict(self.dropped),
            "alerts": self._told(settings),
        }

    def in_words(self, settings: Settings) -> str:
        """The run in one line."""
        length_s = seconds(self.end_ns - self.start_ns)
        alerts = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in self._told(settings).items()) or "none"
        rate = self.pictures / length_s if length_s > 0 else 0.0
        lost = "".join(f"; {count} samples of the {part.replace('_', ' ')} lost" for part, count in self.dropped.items())
        return (
            f"ended after {length_s:.1f} s: {self.pictures} pictures read ({rate:.1f} a second, {self.overtaken} overtaken); "
            f"alerts raised: {alerts}{lost}"
        )

    def _told(self, settings: Settings) -> dict[str, int]:
        kept = [alert for alert in self.raised if may_leave_cab(alert, settings.trip.deployment)]
        return dict(sorted(Counter(alert.kind for alert in kept).items()))


class LiveLoop:
    """Turns samples into reports, on time, until it is told to stop.

    Parameters
    ----------
    monitor
        Owned by the thread that runs the loop.
    queue
        Filled by the sensors.
    outputs
        Given each step of an alert, and the states at each tick.
    on_report
        Called with every report.
    watchdog
        Told after each tick.
    """

    def __init__(
        self,
        monitor: Steps,
        queue: SampleQueue,
        outputs: Sequence[AlertOutput],
        on_report: Callable[[Report], None],
        watchdog: Watchdog | None = None,
    ) -> None:
        self._monitor = monitor
        self._queue = queue
        self._outputs = outputs
        self._hearing = [output for output in outputs if isinstance(output, Hears)]
        self._on_report = on_report
        self._watchdog = watchdog or Watchdog()
        self._troubles: dict[Part, str | None] = {}
        self._due_ns = self._last_ns = 0

    def run(self, stop: threading.Event, limit_s: float | None = None) -> Summary:
        """Turn until ``stop`` is set or ``limit_s`` is over."""
        self._due_ns = start_ns = time.monotonic_ns()
        end_ns = None if limit_s is None else start_ns + nanoseconds(limit_s)
        summary = Summary(start_ns)
        while not stop.is_set() and (end_ns is None or time.monotonic_ns() < end_ns):
            sample = self._next()
            if sample is None:
                continue
            sample = self._in_order(sample)
            reports = self._monitor.step(sample)
            self._hand_out(reports, summary)
            summary.pictures += isinstance(sample, CameraFrame)
            if isinstance(sample, AudioChunk):
                for hearing in self._hearing:
                    hearing.hear(sample)
            if isinstance(sample, Tick):
                self._tick_outputs([r for r in reports if isinstance(r, DriverState)])
                self._watchdog.turned(sample.t_ns)
        self._hand_out(self._monitor.finish(), summary)
        summary.end_ns = time.monotonic_ns()
        summary.overtaken, summary.dropped = self._queue.replaced, dict(self._queue.dropped)
        return summary

    def _next(self) -> Sample | None:
        now_ns = time.monotonic_ns()
        if now_ns >= self._due_ns:
            # ticks that a slow step swallowed are not made up for
            tick_ns = self._due_ns + (now_ns - self._due_ns) // TICK_NS * TICK_NS
            oldest_ns = self._queue.oldest_ns()
            if oldest_ns is None or oldest_ns > tick_ns or now_ns - self._due_ns > _BEHIND_NS:
                self._due_ns = tick_ns + TICK_NS
                return Tick(tick_ns)
        return self._queue.get(max(0, self._due_ns - now_ns) / NS_PER_S)

    def _in_order(self, sample: Sample) -> Sample:
        """The Monitor wants time to run forwards: a sample that was a few ms on its way takes the time of the one before."""
        if sample.t_ns < self._last_ns:
            return replace(sample, t_ns=self._last_ns)
        self._last_ns = sample.t_ns
        return sample

    def _hand_out(self, reports: Sequence[Report], summary: Summary) -> None:
        for report in reports:
            if isinstance(report, Alert):
                if report.action == "raised":
                    summary.raised.append(report)
                for output in self._outputs:
                    self._guard(output, lambda output=output, alert=report: output.handle(alert))  # type: ignore[misc]
            self._on_report(report)

    def _tick_outputs(self, states: Sequence[DriverState]) -> None:
        for output in self._outputs:
            self._guard(output, lambda output=output: output.states(states))  # type: ignore[misc]
            part = output.part
            if part is not None and (trouble := output.trouble) != self._troubles.get(part):
                self._troubles[part] = trouble
                # a sample, so that a replay sees it too
                self._queue.put(SensorStatus(self._last_ns, part, "lost" if trouble else "ok", trouble or "works again"))

    def _guard(self, output: AlertOutput, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:  # one broken output must not keep the others silent
            _LOGGER.exception("the %s failed", output.part)


class Cabin(Protocol):
    """Sensors that something else plays in their place: one input for several parts, with a clock to start."""

    parts: frozenset[Part]
    seconds: float

    def start(self, queue: SampleQueue, *, required: bool = False) -> bool:
        """Open it."""

    def begin(self) -> None:
        """Start its clock."""

    def close(self) -> None:
        """Let go of it."""


def open_sensors(
    settings: Settings,
    queue: SampleQueue,
    stack: ExitStack,
    pins: Pins,
    cabin: Cabin | None = None,
    *,
    keep_jpeg: bool = False,
    whole_bus: bool = False,
) -> tuple[VehicleBus | None, HeartRate | None]:
    """Open every sensor the settings name, the camera first; what is missing is put on the queue as a status.

    The parts that a ``cabin`` plays are left to it; the bus is opened all the same, to send on. ``keep_jpeg``: see
    :class:`Camera`. With ``whole_bus`` all frames are taken, not only those that the Monitor reads.

    Returns
    -------
    tuple
        The bus, for those who send on it, and the bridge, for those who drive its outputs.

    Raises
    ------
    DeviceError
        There is no camera.
    """
    filters = Driving(settings.vehicle).filters  # a wrong DBC is told before any device is touched
    played: frozenset[Part] = frozenset()
    microphone = None if settings.microphone.device == "none" else Microphone(settings.microphone)
    if cabin is None:
        camera = stack.enter_context(Camera(settings.camera, keep_jpeg=keep_jpeg))
        if settings.outputs.privacy_pin is not None and pins.factory is not None:
            watching = [sensor for sensor in (camera, microphone) if sensor is not None]
            switch = PrivacySwitch(settings.outputs.privacy_pin, pins.factory, watching)
            stack.enter_context(switch).start(queue)  # before what it shuts
        camera.start(queue, required=True)
    else:
        stack.callback(cabin.close)
        cabin.start(queue, required=True)
        played = cabin.parts
    bus = bridge = None
    sensors: list[Sensor] = []
    absent: list[tuple[Part, str]] = []
    if "microphone" in played:
        pass
    elif microphone is None:
        absent.append(("microphone", "the settings name none"))
    else:
        sensors.append(microphone)
    if settings.vehicle.interface == "none":
        if "vehicle_bus" not in played:
            absent.append(("vehicle_bus", "the settings name none"))
    else:
        sensors.append(bus := VehicleBus(settings.vehicle, () if whole_bus else filters))
    if "heart_rate" in played:
        pass
    elif settings.heart_rate.source == "none":
        absent.append(("heart_rate", "the settings name none"))
    elif settings.heart_rate.source == "can":
        if bus is None:
            absent.append(("heart_rate", "it should come by the vehicle bus, and the settings name none"))
    elif settings.heart_rate.source.startswith("ble"):
        sensors.append(HeartRateBle(settings.heart_rate))
    else:
        sensors.append(bridge := HeartRate(settings.heart_rate))
    if settings.outputs.button_pin is not None:
        if pins.factory is not None:
            sensors.append(AcknowledgeButton(settings.outputs.button_pin, pins.factory))
        if pins.reason is not None:
            absent.append(("button", "simulated" if pins.factory else "no pin factory"))
    if settings.outputs.privacy_pin is not None and pins.reason is not None:
        why = "its pin is simulated" if pins.factory else "there is no pin factory"
        absent.append(("button", f"the privacy switch does nothing: {why}"))
    for sensor in sensors:
        stack.enter_context(sensor).start(queue)
    for part, reason in absent:
        queue.put(SensorStatus(time.monotonic_ns(), part, "missing", reason))
    return bus, bridge


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
    logger.setLevel(min(logging.INFO, logging.getLogger().level))
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
    """Watch the driver until Ctrl-C, SIGTERM or the end of ``seconds``; give the exit code.

    ``virtual`` opens a camera source "virtual:SCENARIO", which this room knows nothing of. ``record`` names the file or
    folder to record in; with ``only_record`` nobody watches. At ``live_port`` the reports are shown live.
    """
    from driver_monitor.settings_file import load_settings

    settings = load_settings(config)
    source = settings.camera.source
    cabin = virtual(source) if virtual is not None and source.startswith("virtual:") else None
    watch(settings, reports, seconds, cabin, record=record, only_record=only_record, live_port=live_port)
    return 0


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
    """Run the live loop; ``around`` may put something between loop and Monitor that looks on."""
    from rich.console import Console

    from driver_monitor.model_store import MONITOR_MODELS, hashes_in_use, model_path

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
        writer = None
        if reports is not None:
            name = "live" if recorder is None else recorder.name
            writer = ReportWriter(reports, recording=name, settings=settings, models=hashes, start_ns=start_ns)
            stack.enter_context(writer)
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
    if recorder is not None:
        console.print(recorder.in_words(), soft_wrap=True, markup=False)
    return summary
