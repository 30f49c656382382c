"""The pattern of this driver's blinks, how far the lids move and for how long, against the blinks the trip began with.

The first ``blink_reference`` blinks stand for the driver awake and are then frozen: who starts drowsy is not seen by this. Every
later blink is told in standard deviations from them, and the last 90, within ten minutes, are judged by a small model
(models/blink_drowsiness.md). It belongs to the channel "eyelids": never a cue by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor.estimators.evidence import term
from driver_monitor.signals import Event, Evidence, nanoseconds

FEWEST_BLINKS, MOST_BLINKS = 30, 90
"""Blinks that the model judges, as it was trained."""

MOST, LEAST = 0.8, -0.3
"""Bounds of the term, log-odds (design): the model comes from videos of people at a telephone, not from drives."""

_SPREAD_LEAST = np.array([0.05, 0.03])  # amplitude, duration in s: blinks cannot be measured steadier than so (design)
_STALE_NS = nanoseconds(300.0)
_WITHIN_NS = nanoseconds(600.0)  # as long as the videos the model was trained on

Judge: TypeAlias = Callable[[NDArray[np.float32]], float]
"""Log-odds of drowsy for a run, float32 (n, 2): amplitude and duration in standard deviations from the reference."""


class BlinkPattern:
    """Collects blinks; :meth:`says` gives the term, or why there is none."""

    def __init__(self, judge: Judge | None, reference: int) -> None:
        self._judge = judge
        self._needed = reference
        self._reference: list[tuple[float, float]] = []
        self._own: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._run: deque[tuple[int, tuple[float, float]]] = deque(maxlen=MOST_BLINKS)
        self._last_ns = 0
        self._told: float | None = None

    def events(self, events: list[Event]) -> None:
        """Take what ended; closures without a shape (at too low a frame rate there is none) and those of a yawn are left out."""
        for event in events:
            if self._judge is None or event.name not in ("blink", "eyes_closed") or event.end_ns is None:
                continue
            told = dict(event.detail)
            amplitude, whole_s = told.get("amplitude"), told.get("whole_s")
            if isinstance(amplitude, float) and isinstance(whole_s, float) and "during" not in told:
                self._take(event.end_ns, (amplitude, whole_s))

    def says(self, t_ns: int) -> tuple[Evidence | None, str | None]:
        """The term now, or ``None`` and why."""
        if self._judge is None:
            return None, "no blink model"
        if self._own is None:
            return None, f"learning the own blinks, {self._needed - len(self._reference)} left"
        while self._run and self._run[0][0] < t_ns - _WITHIN_NS:
            self._run.popleft()
            self._told = None
        if len(self._run) < FEWEST_BLINKS:
            return None, f"the blink pattern needs {FEWEST_BLINKS} blinks in ten minutes, {len(self._run)} so far"
        if t_ns - self._last_ns > _STALE_NS:
            return None, "no blinks for five minutes"
        if self._told is None:
            mean, spread = self._own
            self._told = self._judge(((np.array([blink for _, blink in self._run]) - mean) / spread).astype(np.float32))
        return term("blink pattern", max(LEAST, min(MOST, self._told)), self._told, "log-odds of the model"), None

    def _take(self, end_ns: int, blink: tuple[float, float]) -> None:
        self._last_ns = end_ns
        if self._own is not None:
            self._run.append((end_ns, blink))
            self._told = None
            return
        self._reference.append(blink)
        if len(self._reference) >= self._needed:
            seen = np.array(self._reference)
            self._own = seen.mean(axis=0), np.maximum(seen.std(axis=0), _SPREAD_LEAST)
