"""Learning what is normal for this driver in this trip, weighted by time so that the frame rate does not matter."""

from __future__ import annotations

import math

from driver_monitor.signals import seconds

_REREAD_S = 0.2  # a zero is read anew after this much more was learned


class TimeHistogram:
    """How long a quantity spent in each of ``bins`` equal cells between ``low`` and ``high`` (outliers go to the edge cells)."""

    def __init__(self, low: float, high: float, bins: int) -> None:
        self._low = low
        self._width = (high - low) / bins
        self._weights = [0.0] * bins
        self.total = 0.0

    def add(self, value: float, weight: float) -> None:
        """Count ``value`` for ``weight`` (seconds)."""
        cell = math.floor((value - self._low) / self._width)
        self._weights[max(0, min(len(self._weights) - 1, cell))] += weight
        self.total += weight

    def quantile(self, q: float) -> float | None:
        """The value below which a share ``q`` of the time lies, ``None`` when nothing was counted."""
        if self.total <= 0.0:
            return None
        left = q * self.total
        for cell, weight in enumerate(self._weights):
            if weight > 0.0 and left <= weight:
                return self._low + (cell + left / weight) * self._width
            left -= weight
        return self._low + len(self._weights) * self._width

    def densest(self, span: float) -> float | None:
        """The mean of the ``span``-wide stretch that holds the most time: a mode that side glances do not pull."""
        if self.total <= 0.0:
            return None
        n = max(1, round(span / self._width))
        sums = [0.0]
        for weight in self._weights:
            sums.append(sums[-1] + weight)
        start = max(range(len(self._weights) - n + 1), key=lambda k: sums[k + n] - sums[k])
        cells = range(start, start + n)
        mass = sums[start + n] - sums[start]
        return sum((self._low + (k + 0.5) * self._width) * self._weights[k] for k in cells) / mass


class Usual:
    """A quantity's own zero, learned as the densest stretch of where it has been."""

    def __init__(self, low: float, high: float, bins: int, span: float) -> None:
        self._seen = TimeHistogram(low, high, bins)
        self._span = span
        self._read_s = 0.0
        self.zero = 0.0

    def learn(self, value: float, weight: float) -> None:
        """Count ``value`` for ``weight`` seconds."""
        self._seen.add(value, weight)
        if self._read_s > 0.0 and self._seen.total - self._read_s < _REREAD_S:
            return
        self._read_s = self._seen.total
        self.zero = self._seen.densest(self._span) or 0.0


class Learning:
    """A stretch of usable time in which something is learned, after which it is frozen.

    ``max_step_s`` bounds what one sample may count, so that a gap teaches nothing.
    """

    def __init__(self, needed_s: float, max_step_s: float = 0.25) -> None:
        self._needed_s = needed_s
        self._max_step_s = max_step_s
        self._last_ns: int | None = None
        self.learned_s = 0.0

    @property
    def done(self) -> bool:
        """True when enough usable time was seen; what was learned is then frozen."""
        return self.learned_s >= self._needed_s

    @property
    def left_s(self) -> float:
        """Usable time still needed, s."""
        return max(0.0, self._needed_s - self.learned_s)

    def step(self, t_ns: int, usable: bool) -> float:
        """Seconds that this sample stands for (0 when unusable or already done)."""
        last, self._last_ns = self._last_ns, t_ns
        if last is None or not usable or self.done:
            return 0.0
        dt = min(seconds(t_ns - last), self._max_step_s)
        self.learned_s += dt
        return dt
