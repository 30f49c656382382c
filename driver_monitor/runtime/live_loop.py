"""The loop of a drive: samples in, the Monitor in the middle, alerts and reports out, on time.

A thread a sensor fills one queue; the thread that calls :meth:`LiveLoop.run` owns the Monitor.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from driver_monitor.alerts.outputs import AlertOutput, Hears
from driver_monitor.privacy import may_leave_cab
from driver_monitor.runtime.watchdog import Watchdog
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.settings import Settings
from driver_monitor.signals import (
    NS_PER_S,
    TICK_NS,
    Alert,
    AudioChunk,
    CameraFrame,
    DriverState,
    Part,
    Report,
    Sample,
    SensorStatus,
    Tick,
    nanoseconds,
    seconds,
)

_LOGGER = logging.getLogger("driver_monitor.live")
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
    unwritten: bool = False
    """Whether the disk ended the reports or the recording early."""

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
