"""What looks on at a run: it takes every sample with the reports it led to, and the view of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from driver_monitor.signals import Event, Report, Sample

if TYPE_CHECKING:
    from driver_monitor.monitor import View


class Viewed(Protocol):
    """A Monitor, as far as one may look into it."""

    @property
    def view(self) -> View | None:
        """The last picture as it was read."""
        ...


class Sink(Protocol):
    """Takes what a sample led to; the sample is ``None`` for what is reported at the end."""

    def take(self, sample: Sample | None, reports: Sequence[Report], monitor: Viewed) -> None:
        """Take one sample with its reports, in time order."""
        ...


class FromZero:
    """Hands on to ``sinks`` with all times counted from ``zero_ns``, as people read them."""

    def __init__(self, sinks: Sequence[Sink], zero_ns: int) -> None:
        self._sinks = sinks
        self._zero_ns = zero_ns

    def take(self, sample: Sample | None, reports: Sequence[Report], monitor: Viewed) -> None:
        """Take what one sample led to."""
        moved = None if sample is None else replace(sample, t_ns=sample.t_ns - self._zero_ns)
        told = [self._moved(report) for report in reports]
        for sink in self._sinks:
            sink.take(moved, told, _ViewFromZero(monitor, self._zero_ns))

    def _moved(self, report: Report) -> Report:
        t_ns = report.t_ns - self._zero_ns
        if isinstance(report, Event):
            end_ns = None if report.end_ns is None else report.end_ns - self._zero_ns
            return replace(report, t_ns=t_ns, start_ns=report.start_ns - self._zero_ns, end_ns=end_ns)
        return replace(report, t_ns=t_ns)


class _ViewFromZero:
    def __init__(self, monitor: Viewed, zero_ns: int) -> None:
        self._monitor = monitor
        self._zero_ns = zero_ns

    @property
    def view(self) -> View | None:
        view = self._monitor.view
        return None if view is None else replace(view, t_ns=view.t_ns - self._zero_ns)
