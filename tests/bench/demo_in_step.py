"""The demo with a clock that only the loop's waiting moves: ``python -m tests.bench.demo_in_step`` takes the demo's options.

However busy the machine is, no picture is overtaken and each comes when the scenario says; all else is the demo as it is.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from driver_monitor.bench import demo, virtual_cabin
from driver_monitor.cli import main
from driver_monitor.runtime import live
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import NS_PER_S, Sample

_NOW_NS = [time.monotonic_ns()]
_STEP = threading.Condition()


class Closed(threading.Event):
    """The cabin's thread waits on it for its next sample."""

    def __init__(self) -> None:
        super().__init__()
        self.due_ns: int | None = None

    def set(self) -> None:
        """Wake the thread: it is to end."""
        with _STEP:
            super().set()
            _STEP.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait as long by the loop's clock."""
        assert timeout is not None
        with _STEP:
            self.due_ns = _NOW_NS[0] + round(timeout * NS_PER_S)
            _STEP.notify_all()
            _STEP.wait_for(lambda: self.is_set() or _NOW_NS[0] >= (self.due_ns or 0))
            self.due_ns = None
        return self.is_set()


CLOSED = Closed()


class VirtualCabin(virtual_cabin.VirtualCabin):
    """Its thread waits in step with the loop."""

    def __init__(self, scenario: Path) -> None:
        super().__init__(scenario)
        self._closed = CLOSED


class InStep(SampleQueue):
    """Where the loop waits for a sample, the clock goes on to what is due next: the cabin's, or the end of the wait."""

    def get(self, timeout_s: float) -> Sample | None:
        """Take the oldest sample."""
        end_ns = _NOW_NS[0] + round(timeout_s * NS_PER_S)
        while self.oldest_ns() is None and _NOW_NS[0] < end_ns:
            with _STEP:
                self._settle()
                if self.oldest_ns() is None:
                    _NOW_NS[0] = min(end_ns, CLOSED.due_ns or end_ns)
                    _STEP.notify_all()
                    self._settle()
        return super().get(0.0)

    def _settle(self) -> None:
        """Until the cabin has handed over all that is due."""
        assert _STEP.wait_for(lambda: CLOSED.due_ns is not None and CLOSED.due_ns > _NOW_NS[0], 120.0)


if __name__ == "__main__":
    time.monotonic_ns = lambda: _NOW_NS[0]
    demo.VirtualCabin = VirtualCabin  # type: ignore[attr-defined]
    live.SampleQueue = InStep  # type: ignore[attr-defined]
    sys.exit(main(["bench", "demo", *sys.argv[1:]]))
