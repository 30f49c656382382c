"""From alerts and truth to a verdict: each alert that was due, how far off it came, and each that should not have come."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from driver_monitor.bench.protocol.cases import Case, Expected
from driver_monitor.bench.protocol.truth import Truth, due_s
from driver_monitor.settings import Settings
from driver_monitor.signals import Alert, AlertKind, Level, seconds


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an alert as it was heard, seconds from the start."""

    t_s: float
    action: str
    kind: AlertKind
    level: Level
    rule: str


@dataclass(frozen=True, slots=True)
class Check:
    """One alert that was due: when, when it came, how far off it may be; ``fault`` says what is wrong."""

    kind: AlertKind
    action: str
    due_s: float | None
    came_s: float | None
    allowed_s: float
    fault: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of a case; ``unwanted`` are alerts that nothing called for."""

    checks: tuple[Check, ...]
    unwanted: tuple[Step, ...]

    @property
    def passed(self) -> bool:
        """Everything due came in time, and nothing else came."""
        return not self.unwanted and all(c.fault is None for c in self.checks)

    @property
    def faults(self) -> list[str]:
        """What is wrong, in words."""
        out = [f"{c.kind}: {c.fault}" for c in self.checks if c.fault]
        return out + [f"{s.kind} at {s.t_s:.2f} s, which nothing called for ({s.rule})" for s in self.unwanted]


def heard(alerts: Sequence[Alert]) -> list[Step]:
    """Alert steps in seconds."""
    return [Step(seconds(a.t_ns), a.action, a.kind, a.level, a.rule) for a in alerts]


def judge(case: Case, steps: Sequence[Step], truth: Truth, frames_s: Sequence[float], settings: Settings) -> Verdict:
    """Hold what was heard against what was due; ``frames_s`` are the times of the pictures that arrived."""
    left = [s for s in steps if s.action in ("raised", *(e.action for e in case.alerts))]
    checks: list[Check] = []
    for expected in case.alerts:
        due = due_s(expected, truth, settings)
        allowed = expected.within + _frame_s(frames_s, due)
        earliest, latest = _window(expected, due, allowed, truth, settings)
        mine = [s for s in left if s.kind == expected.kind and s.action == expected.action and s.t_s >= expected.since]
        near = [s for s in mine if earliest <= s.t_s <= latest]
        came = near[0] if near else min(mine, key=lambda s: abs(s.t_s - (due or 0.0)), default=None)
        if came is not None:
            left.remove(came)
        checks.append(_check(expected, due, came, allowed, came in near))
    unwanted = tuple(s for s in left if s.action == "raised" and s.kind not in case.may)
    return Verdict(tuple(checks), unwanted)


def _window(expected: Expected, due: float | None, allowed: float, truth: Truth, settings: Settings) -> tuple[float, float]:
    """When the alert may come. What is allowed is allowed on the timer: a sum that falls just short at the end of one glance
    is reached at the start of the next.
    """
    if due is None:
        return 0.0, -1.0
    earliest, latest = due - allowed, due + allowed
    if expected.shared is not None:
        less, more = (
            due_s(expected.model_copy(update={"shared": expected.shared + by}), truth, settings) for by in (-allowed, allowed)
        )
        earliest, latest = min(earliest, less or earliest), max(latest, more or latest)
    return earliest - 1e-6, latest + 1e-6


def _check(expected: Expected, due: float | None, came: Step | None, allowed: float, in_time: bool) -> Check:
    fault: str | None = None
    if due is None:
        timer, limit = expected.timer
        fault = f"the scenario never holds '{timer}' for {limit:g} s, so the case proves nothing"
    elif came is None:
        fault = f"due at {due:.2f} s, did not come"
    elif not in_time:
        fault = f"due at {due:.2f} s, came at {came.t_s:.2f} s ({came.t_s - due:+.2f} s, {allowed:.2f} s allowed)"
    elif expected.level is not None and came.level != expected.level:
        fault = f"came as {came.level}, not as {expected.level}"
    return Check(expected.kind, expected.action, due, None if came is None else came.t_s, allowed, fault)


def _frame_s(frames_s: Sequence[float], due: float | None) -> float:
    """The gap between the pictures around ``due``: with lost ones, the next that comes is the first that can show it."""
    if due is None or len(frames_s) < 2:
        return 0.0
    k = min(max(bisect.bisect_left(frames_s, due - 1e-6), 1), len(frames_s) - 1)
    return frames_s[k] - frames_s[k - 1]
