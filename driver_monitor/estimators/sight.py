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
        self._lasted_s: dict[Sight, float] = {}  # each trouble's part; what was seen in between counts in none
        self._why: dict[Sight, str | None] = {}
        self._worst: Sight = "clear"  # the trouble that lasted longest, now or the last time
        self._last: tuple[int, Sight] | None = None
        self._clear_ns: int | None = None
        self._met_kind: str | None = None

    def step(self, t_ns: int, sight: Sight, why: str | None = None, since_ns: int | None = None) -> list[Condition]:
        """Take what the picture allows now, why and since when; gives ``camera_blocked`` and ``driver_not_visible``.

        A frozen camera, or one that sends nothing, is known as such a while after it began: until then all looked clear.
        """
        if self._last is not None and self._last[1] != "clear":
            last_ns, trouble = self._last
            self._lasted_s[trouble] = self._lasted_s.get(trouble, 0.0) + seconds(t_ns - last_ns)
        self._last = t_ns, sight
        if sight == "clear":
            self._clear_ns = t_ns if self._clear_ns is None else self._clear_ns
            if t_ns - self._clear_ns >= nanoseconds(_CLEAR_S):
                self._lasted_s, self._met_kind = {}, None
        else:
            if since_ns is not None and self._clear_ns is not None:
                late_s = seconds(t_ns - max(since_ns, self._clear_ns))
                self._lasted_s[sight] = self._lasted_s.get(sight, 0.0) + late_s
            self._clear_ns = None
            self._why[sight] = why
        lasted = round(sum(self._lasted_s.values()), 6)
        worst = self._worst = max(self._lasted_s, key=lambda s: self._lasted_s[s], default=self._worst)
        if self._met_kind is None and lasted >= self._limit_s:
            self._met_kind = "camera_blocked" if worst in BLOCKED else "driver_not_visible"
        words, reason = worst.replace("_", " "), self._why.get(worst)
        words += f" ({reason})" if reason else ""
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
