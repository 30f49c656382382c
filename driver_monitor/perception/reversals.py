"""Steering reversals: how often the wheel turns back by more than a gap, after Markkula & Engström 2006.

Many small ones go with a mind that is elsewhere (secondary text). Shown beside the steering of the fatigue state, and weighed
nowhere: the rate depends on road and wheel, and was not measured on drivers here.
"""

from __future__ import annotations

import math
from collections import deque

_CUT_HZ = 0.6
_CELL_S = 0.1
_GAP_DEG = 3.0


class Reversals:
    """Takes the wheel's angle in cells of a tenth of a second, numbered ``k``; ``None`` where the row is broken."""

    def __init__(self, window_s: float) -> None:
        self._window = round(window_s / _CELL_S)
        self._found: deque[int] = deque()
        # second-order Butterworth low-pass by the bilinear transform (a textbook's)
        w = math.tan(math.pi * _CUT_HZ * _CELL_S)
        scale = 1.0 / (1.0 + math.sqrt(2.0) * w + w * w)
        self._b = w * w * scale
        self._a = (2.0 * (w * w - 1.0) * scale, (1.0 - math.sqrt(2.0) * w + w * w) * scale)
        self._state: tuple[float, float] | None = None
        self._turned = 0.0  # the extreme that the next reversal is counted from
        self._way = 0  # +1 while the wheel goes left, -1 right, 0 not yet told

    def step(self, k: int, angle_deg: float | None) -> None:
        """Take one cell."""
        if angle_deg is None:
            self._state, self._way = None, 0
            return
        smooth = self._smooth(angle_deg)
        if self._way == 0:
            if abs(smooth - self._turned) >= _GAP_DEG:
                self._way, self._turned = (1 if smooth > self._turned else -1), smooth
        elif (smooth - self._turned) * self._way >= 0.0:
            self._turned = smooth
        elif abs(smooth - self._turned) >= _GAP_DEG:
            self._found.append(k)
            self._way, self._turned = -self._way, smooth

    def count(self, k: int) -> int:
        """Reversals in the window that ends with cell ``k``."""
        while self._found and self._found[0] <= k - self._window:
            self._found.popleft()
        return len(self._found)

    def _smooth(self, x: float) -> float:
        b, (a1, a2) = self._b, self._a
        if self._state is None:  # as if it had been so for ever
            self._state = (x * (1.0 - b), x * (b - a2))
            self._turned = x
        z1, z2 = self._state
        y = b * x + z1
        self._state = (2.0 * b * x - a1 * y + z2, b * x - a2 * y)
        return y
