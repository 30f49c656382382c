"""What lies between the sensors' threads and the loop: bounded, the newest picture wins, nothing else is lost unsaid."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque

from driver_monitor.signals import NS_PER_S, AudioChunk, CameraFrame, CanFrame, HeartBeat, Part, Sample, SensorStatus

CAPACITY = 2048
"""About a minute of sound in 32 ms chunks, or 4 s of a busy, filtered bus."""
_CALM_NS = 5 * NS_PER_S  # this long without a loss and the part is ok again


class SampleQueue:
    """Samples on their way to the loop.

    Only the newest picture waits. Sound, beats and bus frames wait in order, at most ``capacity`` of them; what comes on
    top is dropped, counted, and told as a ``SensorStatus`` "degraded". Presses and statuses are never dropped.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._samples: deque[Sample] = deque()
        self._frame: CameraFrame | None = None
        self._ready = threading.Condition()
        self._untold: Counter[Part] = Counter()
        self._last_loss_ns: dict[Part, int] = {}
        self.dropped: Counter[Part] = Counter()
        """Samples lost for want of room, by part."""
        self.replaced = 0
        """Pictures that a newer one overtook."""

    def put(self, sample: Sample) -> None:
        """Hand a sample over; never waits."""
        with self._ready:
            if isinstance(sample, CameraFrame):
                self.replaced += self._frame is not None
                self._frame = sample
            elif (part := _may_drop(sample)) and len(self._samples) >= self._capacity:
                self.dropped[part] += 1
                self._untold[part] += 1
                self._last_loss_ns[part] = sample.t_ns
                return
            else:
                self._samples.append(sample)
            self._ready.notify()

    def get(self, timeout_s: float) -> Sample | None:
        """Take the oldest sample, or ``None`` when none came in time."""
        with self._ready:
            self._ready.wait_for(lambda: self._samples or self._frame is not None, timeout_s)
            return self._news() or self._oldest()

    def oldest_ns(self) -> int | None:
        """Tell the time of the sample that ``get`` gives next."""
        with self._ready:
            waiting = [s.t_ns for s in (self._samples[0] if self._samples else None, self._frame) if s is not None]
            return min(waiting, default=None)

    def _oldest(self) -> Sample | None:
        frame = self._frame
        if frame is not None and (not self._samples or frame.t_ns <= self._samples[0].t_ns):
            self._frame = None
            return frame
        return self._samples.popleft() if self._samples else None

    def _news(self) -> SensorStatus | None:
        """What is to be said of losses, once there is room again."""
        now_ns = time.monotonic_ns()
        if self._untold and len(self._samples) < self._capacity:
            part, count = self._untold.popitem()
            return SensorStatus(now_ns, part, "degraded", f"{count} samples lost: the loop could not keep up")
        for part, last_ns in self._last_loss_ns.items():
            if now_ns - last_ns > _CALM_NS:
                del self._last_loss_ns[part]
                return SensorStatus(now_ns, part, "ok", "no more samples lost")
        return None


def _may_drop(sample: Sample) -> Part | None:
    match sample:
        case AudioChunk():
            return "microphone"
        case HeartBeat():
            return "heart_rate"
        case CanFrame():
            return "vehicle_bus"
        case _:
            return None
