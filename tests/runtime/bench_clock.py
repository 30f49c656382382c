"""A clock that only waiting moves, so that the loop's times are exact on a busy machine too."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import Sample


class BenchClock:
    """What ``time.monotonic_ns`` tells while a test runs; it begins at a moment that is no round number."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.start_ns = self.now_ns = 34_495_732_304_406
        monkeypatch.setattr("driver_monitor.runtime.live_loop.time.monotonic_ns", lambda: self.now_ns)

    def after(self, ms: float) -> int:
        """The time so long after the begin."""
        return self.start_ns + round(ms * 1e6)


class ArrivingQueue(SampleQueue):
    """Samples come into it at the told moments; a wait for one moves the clock."""

    def __init__(self, clock: BenchClock, arrivals: Iterable[tuple[int, Sample]] = ()) -> None:
        super().__init__()
        self._clock, self._coming = clock, sorted(arrivals, key=lambda arrival: arrival[0])

    def get(self, timeout_s: float) -> Sample | None:
        """Take the oldest sample; with none there, the clock goes to the next one's arrival, or to the end of the wait."""
        if self.oldest_ns() is None:
            end_ns = self._clock.now_ns + round(timeout_s * 1e9)
            self._clock.now_ns = min([end_ns, *(at_ns for at_ns, _ in self._coming[:1])])
            self._arrive()
        return super().get(0.0)

    def oldest_ns(self) -> int | None:
        """Tell the time of the sample that ``get`` gives next."""
        self._arrive()
        return super().oldest_ns()

    def _arrive(self) -> None:
        while self._coming and self._coming[0][0] <= self._clock.now_ns:
            self.put(self._coming.pop(0)[1])
