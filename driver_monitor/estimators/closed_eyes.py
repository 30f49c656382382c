"""Eyes closed right now: microsleep and sleep. Answers within a picture; drowsiness over minutes is `fatigue`'s."""

from __future__ import annotations

from typing import Literal

from driver_monitor import settings
from driver_monitor.estimators.evidence import timer
from driver_monitor.perception.closures import Closure
from driver_monitor.signals import Condition, nanoseconds, seconds

_OPEN_AGAIN_S = 1.0  # eyes open this long end a closed-eye condition


class ClosedEyes:
    """The closure the driver is in, against the limits of a microsleep and of sleep."""

    def __init__(self, fatigue: settings.Fatigue) -> None:
        self._fatigue = fatigue
        self._held: dict[str, float] = {}  # conditions that were met and wait for open eyes; their longest closure
        self._closure: Closure | None = None
        self._open_since_ns: int | None = None
        self._usable = False
        self._squeezed_ns: int | None = None

    def picture(self, t_ns: int, usable: bool, squeezed: bool, closure: Closure | None, open_since_ns: int | None) -> None:
        """Take one picture. A yawn or a laugh squeezes the eyes shut: that is not counted, unless it goes on and on."""
        self._closure, self._open_since_ns, self._usable = closure, open_since_ns, usable
        if closure is not None and closure.lasted_s >= self._fatigue.unresponsive_s:
            self._squeezed_ns = None
        elif squeezed:
            self._squeezed_ns = t_ns

    @property
    def closed_s(self) -> float:
        """How long the eyes have been seen closed, s (0 when open), not counting a yawn's or a laugh's squeeze."""
        closure = self._closure
        if closure is None:
            return 0.0
        start_ns = closure.start_ns if self._squeezed_ns is None else max(closure.start_ns, self._squeezed_ns)
        return max(0.0, seconds(closure.seen_ns - start_ns))

    def conditions(self, t_ns: int) -> list[Condition]:
        """The closed-eye conditions now; cheap enough for every picture."""
        f = self._fatigue
        return [self._condition("microsleep", f.microsleep_s, t_ns), self._condition("sleep", f.sleep_s, t_ns)]

    def _condition(self, kind: Literal["microsleep", "sleep"], limit_s: float, t_ns: int) -> Condition:
        lasted = self.closed_s
        met: bool | None = lasted >= limit_s
        if met:
            self._held[kind] = max(lasted, self._held.get(kind, 0.0))
        elif kind in self._held:
            if self._open_since_ns is None:
                met = None  # eyes hidden or half open: not known to be awake
            elif t_ns - self._open_since_ns >= nanoseconds(_OPEN_AGAIN_S):
                del self._held[kind]
            else:
                met = True
        elif not self._usable:
            met = None
        measured = self._held.get(kind, lasted)
        return Condition(
            kind,
            met,
            f"eyes closed ≥ {limit_s:g} s",
            "timed after Euro NCAP Driver Engagement v1.1 (secondary text)",
            (timer("eyes closed", measured, limit_s),),
        )
