"""States as sums: every term in log-odds, and the value their logistic, so that the reasons add up to the figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from driver_monitor.signals import DriverState, Evidence, StateName


def term(name: str, contribution: float, measured: float | None, unit: str) -> Evidence:
    """One term of a state; the contribution (log-odds) is rounded here, before anything is summed."""
    # + 0.0: no "-0.0" in reports
    return Evidence(name, round(contribution, 4) + 0.0, None if measured is None else round(measured, 4), unit)


@lru_cache(maxsize=64)  # most timers stand at 0 for most of a drive
def timer(name: str, measured: float, limit: float, unit: str = "s") -> Evidence:
    """A timer against its limit: the contribution is the log of their ratio, 0 when the limit is just met."""
    return term(name, math.log(max(measured, 0.01) / limit), measured, unit)


def state(
    t_ns: int, name: StateName, terms: Sequence[Evidence], confidence: float, *, kss: float | None = None
) -> DriverState:
    """The state whose value is the logistic of the summed contributions."""
    total = sum(t.contribution for t in terms)
    value = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
    return DriverState(
        t_ns,
        name,
        round(value, 6),
        round(max(0.0, min(1.0, confidence)), 4),
        tuple(terms),
        kss=None if kss is None else round(kss, 2),
    )


def unknown(t_ns: int, name: StateName, reason: str) -> DriverState:
    """A state that cannot be told, and why."""
    return DriverState(t_ns, name, None, 0.0, reason=reason)


def ramp(x: float, low: float, high: float) -> float:
    """0 at or below ``low``, 1 at or above ``high``, straight between."""
    return max(0.0, min(1.0, (x - low) / (high - low)))
