"""What came of one case: verdict, alerts heard, and the curves for the report; kept as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from driver_monitor.bench.protocol.verdict import Step, Verdict

Level: TypeAlias = Literal["measurements", "pixels"]


@dataclass(frozen=True, slots=True)
class Curves:
    """Truth beside what the monitor made of it, at ten points a second; ``None`` where it saw nothing."""

    t_s: list[float] = field(default_factory=list)
    true_yaw: list[float] = field(default_factory=list)
    true_pitch: list[float] = field(default_factory=list)
    true_lids: list[float] = field(default_factory=list)
    yaw: list[float | None] = field(default_factory=list)
    pitch: list[float | None] = field(default_factory=list)
    openness: list[float | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case's result. ``error`` says why it could not be run; it then counts as failed."""

    protocol: str
    name: str
    rule: str
    source: str
    level: Level
    verdict: Verdict
    steps: list[Step]
    curves: Curves
    frames: int
    wall_s: float
    error: str | None = None

    @property
    def passed(self) -> bool:
        """The case was run, and holds."""
        return self.error is None and self.verdict.passed

    @property
    def faults(self) -> list[str]:
        """Why it does not hold."""
        return [self.error] if self.error else self.verdict.faults

    @property
    def group(self) -> str:
        """The case's name without its variant."""
        return self.name.split("/", 1)[0]

    @property
    def worst_s(self) -> float | None:
        """The largest distance of an alert from when it was due, s."""
        off = [abs(c.came_s - c.due_s) for c in self.verdict.checks if c.came_s is not None and c.due_s is not None]
        return max(off, default=None)
