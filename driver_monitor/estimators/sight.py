"""Conditions of not seeing the driver: covered camera, driver not visible, sensors lost."""

from __future__ import annotations

from driver_monitor import settings
from driver_monitor.estimators.evidence import timer
from driver_monitor.perception.visibility import BLOCKED, Sight
from driver_monitor.signals import Condition, nanoseconds, seconds

_SOURCE = "timed after Euro NCAP Driver Engagement v1.1 (secondary text)"
_CLEAR_S = 1.0  # seen this long without a break is seen again


class NotSeen:
    """How long the driver has not been seen well, whatever the trouble; a moment of sight does not restart it."""

    def __init__(self, fatigue: settings.Fatigue) -> None:
        self._limit_s = fatigue.not_visible_s
        self._trouble_ns: int | None = None
        self._clear_ns: int | None = None
        self._sight: Sight = "clear"
        self._why: str | None = None
        self._met_kind: str | None = None

    def step(self, t_ns: int, sight: Sight, why: str | None = None) -> list[Condition]:
        """Take what the picture allows now and why; gives ``camera_blocked`` and ``driver_not_visible``."""
        if sight == "clear":
            self._clear_ns = t_ns if self._clear_ns is None else self._clear_ns
            if t_ns - self._clear_ns >= nanoseconds(_CLEAR_S):
                self._trouble_ns = self._met_kind = None
        else:
            self._clear_ns, self._sight, self._why = None, sight, why
            self._trouble_ns = t_ns if self._trouble_ns is None else self._trouble_ns
        lasted = 0.0 if self._trouble_ns is None else seconds(t_ns - self._trouble_ns)
        if self._met_kind is None and lasted >= self._limit_s:
            self._met_kind = "camera_blocked" if self._sight in BLOCKED else "driver_not_visible"
        words = self._sight.replace("_", " ") + (f" ({self._why})" if self._why else "")
        evidence = (timer(words, lasted, self._limit_s),)
        rule = f"{words} ≥ {self._limit_s:g} s while moving"
        return [
            Condition("camera_blocked", self._met_kind == "camera_blocked", rule, _SOURCE, evidence),
            Condition("driver_not_visible", self._met_kind == "driver_not_visible", rule, _SOURCE, evidence),
        ]


def sensors_lost(lost: dict[str, str]) -> Condition:
    """The condition that some sensor was there and has gone; ``lost`` gives each one's reason."""
    names = ", ".join(f"{part.replace('_', ' ')}: {reason}" if reason else part for part, reason in sorted(lost.items()))
    rule = f"sensor lost ({names})" if lost else "sensor lost"
    return Condition("sensor_lost", bool(lost), rule, "design", (timer("sensors lost", float(len(lost)), 1.0, ""),))
