"""Whether to suggest a break: sleepiness and drowsiness alerts now, and for ten minutes after."""

from __future__ import annotations

from typing import Literal, TypeAlias

from driver_monitor.alerts.patterns import CLOSED_EYES
from driver_monitor.signals import Alert, nanoseconds

Suggestion: TypeAlias = Literal["none", "suggested", "urgent", "not known"]

_RANK: tuple[Suggestion, ...] = ("none", "suggested", "urgent")
_HOLD_NS = nanoseconds(600.0)  # sleepiness comes in waves: a driver who looks awake again still needs the break (design)
_EARLIER_KSS = 1.0  # sleepy, but no effort yet to stay awake: one step below the warning


class BreakAdvice:
    """Follows alerts and the Karolinska estimate; ``kss_warn`` is where the driver is warned."""

    def __init__(self, kss_warn: float) -> None:
        self._kss_warn = kss_warn
        self._last: dict[Suggestion, int] = {}

    def alert(self, alert: Alert) -> None:
        """Take one step of an alert."""
        if alert.action == "cleared":
            return
        if alert.kind in CLOSED_EYES or (alert.kind == "drowsy" and alert.level != "advice"):
            self._last["urgent"] = alert.t_ns
        elif alert.kind == "drowsy":
            self._last["suggested"] = alert.t_ns

    def suggestion(self, t_ns: int, kss: float | None) -> Suggestion:
        """What to suggest at ``t_ns``; "not known" while sleepiness is not, and nothing was seen of late."""
        if kss is not None and kss >= self._kss_warn - _EARLIER_KSS:
            self._last["urgent" if kss >= self._kss_warn else "suggested"] = t_ns
        held = [said for said in _RANK if said in self._last and t_ns - self._last[said] <= _HOLD_NS]
        if held:
            return held[-1]
        return "not known" if kss is None else "none"
