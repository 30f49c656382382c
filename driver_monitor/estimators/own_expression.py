"""What the expression network says against the driver's own neutral face, and how far it is to be asked at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

from driver_monitor.estimators.evidence import ramp
from driver_monitor.perception.baseline import Learning, TimeHistogram
from driver_monitor.perception.expression import NEUTRAL_S
from driver_monitor.perception.expression_network import FULL_DETAIL, NO_DETAIL
from driver_monitor.signals import ExpressionReading, nanoseconds, seconds

LOOK_TAU_S = 1.5
"""As the action units are read (``own_rest.FACE_TAU_S``)."""

FRESH_S = 3.0
"""Two looks may fail before what was seen no longer counts (design)."""

MAX_STEP_S = 1.5
"""One look teaches no more than this; they are a second apart."""

FLOOR = 0.01
"""Probabilities below this are alike: a hundredth of a hundredth is no calmer face (design)."""


@dataclass(frozen=True, slots=True)
class NetworkChange:
    """Log-odds of anger above the own neutral's, and the network's share in reading this face, 0 (sharp) to 1 (little detail)."""

    above: float
    share: float


class OwnExpression:
    """Learns the network's own neutral over ``NEUTRAL_S`` of looks, then freezes it; :meth:`step` takes every look."""

    def __init__(self) -> None:
        self._learning = Learning(NEUTRAL_S, MAX_STEP_S)
        self._seen = TimeHistogram(-5.0, 5.0, 1000)
        self._neutral: float | None = None
        self._now: float | None = None
        self._detail = 0.0
        self._last_ns: int | None = None

    def step(self, t_ns: int, reading: ExpressionReading) -> None:
        """Take one look."""
        odds = None if reading.angry is None else math.log((reading.angry + FLOOR) / (1.0 - reading.angry + FLOOR))
        dt = self._learning.step(t_ns, odds is not None)
        if odds is not None and dt > 0.0:
            self._seen.add(odds, dt)
            if self._learning.done:
                self._neutral = self._seen.quantile(0.5)
        gap_s = math.inf if self._last_ns is None else seconds(t_ns - self._last_ns)
        keep = 0.0 if gap_s > FRESH_S else math.exp(-gap_s / LOOK_TAU_S)
        self._detail = reading.detail + keep * (self._detail - reading.detail)
        if odds is not None:
            self._now = odds if self._now is None else odds + keep * (self._now - odds)
        self._last_ns = t_ns

    def change(self, t_ns: int) -> NetworkChange | None:
        """The face now; ``None`` where it is sharp, before its neutral is learned, or when it was not looked at of late."""
        share = 1.0 - ramp(self._detail, NO_DETAIL, FULL_DETAIL)
        if self._neutral is None or self._now is None or self._last_ns is None or share <= 0.0:
            return None
        if t_ns - self._last_ns > nanoseconds(FRESH_S):
            return None
        return NetworkChange(self._now - self._neutral, share)
