"""Whether to suggest a calmer route: after advice on stress or anger, for as long as the next advice would wait."""

from __future__ import annotations

from typing import Literal, TypeAlias

from driver_monitor.signals import Alert, StateName, nanoseconds

Route: TypeAlias = Literal["none", "calmer", "not known"]
MOODS: frozenset[StateName] = frozenset({"stress", "anger"})


class RouteAdvice:
    """Follows alerts; ``mood_s`` is the time between two advices on moods (s)."""

    def __init__(self, mood_s: float) -> None:
        self._hold_ns = nanoseconds(mood_s)
        self._last_ns: int | None = None

    def alert(self, alert: Alert) -> None:
        """Take one step of an alert."""
        if alert.kind in MOODS and alert.action in ("raised", "repeated"):
            self._last_ns = alert.t_ns

    def suggestion(self, t_ns: int, *, known: bool) -> Route:
        """What to suggest at ``t_ns``; ``known`` says whether any mood can be read now."""
        if self._last_ns is not None and t_ns - self._last_ns <= self._hold_ns:
            return "calmer"
        return "none" if known else "not known"
