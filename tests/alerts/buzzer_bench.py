"""A clock for the buzzer that only the test moves, so that what sounds, and when, is exact on a busy machine too."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import TypeVar

import pytest

T = TypeVar("T")


class BuzzerClock:
    """The seconds of every buzzer made while a test runs, and of the simulated pins; buzzers wait for them in :meth:`after`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 4711.0
        self._waits: list[_Wait] = []
        clock = SimpleNamespace(monotonic=lambda: self.now_s)  # nothing else: no sleep of the buzzer would pass
        threads = SimpleNamespace(Thread=threading.Thread, Condition=self._wait)
        monkeypatch.setattr("driver_monitor.alerts.buzzer.time", clock)
        monkeypatch.setattr("driver_monitor.alerts.buzzer.threading", threads)
        monkeypatch.setattr("gpiozero.pins.mock.monotonic", clock.monotonic)

    def after(self, seconds: float) -> None:
        """Let this time pass, and every buzzer do all that falls into it; with none, what it has to do at once."""
        end_s = self.now_s + seconds
        while (due_s := min(wait.settled() for wait in self._waits)) <= end_s + 1e-9:
            self.now_s = due_s
            for wait in self._waits:
                with wait:
                    wait.notify_all()
        self.now_s = end_s

    def _wait(self) -> _Wait:
        self._waits.append(wait := _Wait(self))
        return wait


class _Wait(threading.Condition):
    """What a buzzer's thread waits on."""

    def __init__(self, clock: BuzzerClock) -> None:
        super().__init__()
        self._clock = clock
        self._until: tuple[float, Callable[[], object]] | None = None

    def wait_for(self, predicate: Callable[[], T], timeout: float | None = None) -> T:
        """Wait as long by the clock."""
        due_s = math.inf if timeout is None else self._clock.now_s + timeout
        while not (met := predicate()) and self._clock.now_s < due_s:
            self._until = due_s, predicate
            self.wait()
        self._until = None
        return met

    def settled(self) -> float:
        """Until the thread has nothing left to do but wait; gives for how long."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with self:
                if self._until is not None and self._clock.now_s < self._until[0] and not self._until[1]():
                    return self._until[0]
            time.sleep(0.0005)
        raise AssertionError("the buzzer's thread does not come to rest")
