"""What was done, as figures in time, and when by these figures alone an alert is due.

This is the yardstick, so it shares no code with the monitor: plain timers over the scripted gaze and lids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.protocol.cases import Expected
from driver_monitor.settings import Settings

Series = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Series on one even time base: seconds, gaze in the vehicle (degrees), lids (share of the own open eye), driver seen."""

    t: Series
    gaze_yaw: Series
    gaze_pitch: Series
    lids: Series
    seen: Mask

    def away(self, settings: Settings) -> Mask:
        """Gaze off the forward road."""
        g = settings.gaze
        pitch = self.gaze_pitch
        return (np.abs(self.gaze_yaw) > g.road_yaw_deg) | (pitch > g.road_up_deg) | (pitch < -g.road_down_deg)

    def low(self, settings: Settings) -> Mask:
        """Gaze below the plane of ADDW area 3."""
        return self.gaze_pitch < settings.gaze.lap_pitch_deg

    def closed(self, settings: Settings) -> Mask:
        """Lids past the edge at which a closure starts and ends."""
        return self.lids <= settings.eyes.edge_openness


def due_s(expected: Expected, truth: Truth, settings: Settings) -> float | None:
    """When the alert is due, seconds; ``None`` when its cause never lasts so long."""
    name, limit = expected.timer
    if name == "at":
        return limit
    d = settings.distraction
    rules: dict[str, Callable[[], Series]] = {
        "off_road": lambda: _lasting(truth, truth.away(settings), d.reset_s),
        "low": lambda: _lasting(truth, truth.low(settings), d.reset_s),
        "closed": lambda: _lasting(truth, truth.closed(settings), 0.0),
        "unseen": lambda: _lasting(truth, ~truth.seen, 1.0),
        "shared": lambda: _summed(truth, truth.away(settings), d.sharing_window_s, d.sharing_reset_s),
    }
    reached = np.nonzero((rules[name]() >= limit - 1e-6) & (truth.t >= expected.since))[0]
    return float(truth.t[reached[0]]) if len(reached) else None


def _lasting(truth: Truth, on: Mask, reset_s: float) -> Series:
    """Time spent ``on`` since it was last off for ``reset_s`` without a break, s."""
    step = float(truth.t[1] - truth.t[0])
    out = np.empty(len(on))
    spent = off = 0.0
    for k, now in enumerate(on.tolist()):
        out[k] = spent  # up to this time
        if now:
            spent, off = spent + step, 0.0
        else:
            off += step
            if off >= reset_s:
                spent = 0.0
    return out


def _summed(truth: Truth, on: Mask, window_s: float, reset_s: float) -> Series:
    """Time spent ``on`` within the last ``window_s``, counted anew after ``reset_s`` off without a break, s."""
    step = float(truth.t[1] - truth.t[0])
    total = np.concatenate([[0.0], np.cumsum(on * step)])
    window = round(window_s / step)
    start, off = 0, 0.0
    out = np.empty(len(on))
    for k, now in enumerate(on.tolist()):
        out[k] = total[k] - total[min(k, max(start, k - window))]
        off = 0.0 if now else off + step
        if off >= reset_s:
            start = k + 1
    return out
