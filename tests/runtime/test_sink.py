"""Times as people read them: from the start of the drive."""

from __future__ import annotations

from collections.abc import Sequence

from driver_monitor.monitor import Monitor
from driver_monitor.runtime.sink import FromZero, Viewed
from driver_monitor.settings import Settings
from driver_monitor.signals import Event, Report, Sample, Tick


def test_an_event_that_lasts_keeps_its_length() -> None:
    told: list[Report] = []

    class Kept:
        def take(self, sample: Sample | None, reports: Sequence[Report], monitor: Viewed) -> None:
            assert sample == Tick(3)
            assert monitor.view is None
            told.extend(reports)

    events = [Event(9, "glance", 7, None), Event(9, "glance", 7, 8)]
    FromZero([Kept()], 6).take(Tick(9), events, Monitor(Settings()))
    assert told == [Event(3, "glance", 1, None), Event(3, "glance", 1, 2)]
