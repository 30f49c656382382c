"""Which alert, how loud, how often. A pure step function: conditions and the drive in, alert steps out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from driver_monitor import settings
from driver_monitor.signals import (
    LEVELS,
    Alert,
    AlertAction,
    AlertKind,
    Condition,
    Level,
    VehicleMeasurement,
    nanoseconds,
)

Gate: TypeAlias = Literal["closed_eyes", "distraction", "drowsy", "moving", "always"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of alert behaves: where it starts, how far it rises unanswered, and which gate it must pass."""

    start: Level
    top: Level
    gate: Gate
    covers: tuple[AlertKind, ...] = ()  # kinds that stay quiet while this one stands
    once: bool = False  # said once, and again only when it rises by its own evidence
    mood: bool = False  # advice that is given once in a long while, whichever mood it is for


_KINDS: dict[AlertKind, _Kind] = {
    "microsleep": _Kind("warning", "critical", "closed_eyes"),
    "sleep": _Kind("critical", "critical", "closed_eyes", covers=("microsleep", "drowsy")),
    "unresponsive": _Kind(
        "critical",
        "critical",
        "closed_eyes",
        covers=("sleep", "microsleep", "drowsy", "long_distraction", "time_sharing", "phone"),
    ),
    "drowsy": _Kind("caution", "warning", "drowsy"),
    "long_distraction": _Kind("caution", "critical", "distraction", covers=("time_sharing", "phone")),
    "time_sharing": _Kind("caution", "warning", "distraction", covers=("phone",)),
    "phone": _Kind("advice", "caution", "distraction", once=True),
    "camera_blocked": _Kind("caution", "caution", "moving"),
    "driver_not_visible": _Kind("caution", "caution", "moving"),
    "stress": _Kind("advice", "advice", "moving", mood=True),
    "anger": _Kind("advice", "advice", "moving", mood=True),
    "sensor_lost": _Kind("advice", "advice", "always"),
}


@dataclass(slots=True)
class _Standing:
    """An alert that has been raised and not cleared."""

    id: int
    level: Level
    base: int  # the rung it has risen to by itself, before any cap
    stepped_ns: int  # when it last rose or repeated
    told: Condition  # as it was last met: what the alert stands on while nothing can be seen
    acknowledged: bool = False


class AlertPolicy:
    """Alerts from conditions.

    An alert never falls and never clears because the cause can no longer be seen (``met is None``): it repeats, and rises
    one level for each unanswered ``rise_s`` up to its kind's top. It ends when its condition is known not to be met, or
    when the drive no longer allows it (standing, reversing, indicating). Allowed again, a distraction that has lasted all
    the while is back at once where it was. In a car known to stand what stands falls to advice, and rises with the first move.
    """

    def __init__(self, alerts: settings.Alerts, distraction: settings.Distraction, fatigue: settings.Fatigue) -> None:
        self._alerts = alerts
        self._distraction = distraction
        self._fatigue = fatigue
        self._standing: dict[AlertKind, _Standing] = {}
        self._last_ns: dict[AlertKind, tuple[int, int]] = {}  # when each kind was last heard, and at which rung
        self._muted: dict[AlertKind, int] = {}  # distractions that last while the drive forbids to tell them, and their rung
        self._next_id = 1
        self.critical_since_ns: int | None = None

    def standing(self) -> dict[AlertKind, Level]:
        """The alerts that stand, with their levels."""
        return {kind: alert.level for kind, alert in self._standing.items()}

    def acknowledge(self, t_ns: int, conditions: Sequence[Condition]) -> list[Alert]:
        """The driver pressed the button: what stands goes quiet until it is due again, and rises no further meanwhile.

        A critical alert cannot be pressed away: only opening the eyes or looking up ends it.
        """
        out = []
        for condition in conditions:
            alert = self._standing.get(condition.kind)
            if alert is not None and alert.level != "critical" and not alert.acknowledged:
                alert.acknowledged, alert.stepped_ns = True, t_ns
                out.append(self._say(t_ns, "acknowledged", alert, condition))
        return out

    def step(self, t_ns: int, conditions: Sequence[Condition], vehicle: VehicleMeasurement) -> list[Alert]:
        """Take the conditions as they stand at ``t_ns``; every condition is given at every step."""
        out: list[Alert] = []
        leading = set(self._standing) | {
            c.kind for c in conditions if c.met and self._allowed(c.kind, vehicle) and self._base(t_ns, c) is not None
        }
        covered = {covered for kind in leading for covered in _KINDS[kind].covers}
        for condition in conditions:
            kind = condition.kind
            alert = self._standing.get(kind)
            allowed = self._allowed(kind, vehicle)
            if condition.met is False:
                self._muted.pop(kind, None)
            if alert is not None and condition.met:
                alert.told = condition
            if alert is None:
                if condition.met and allowed and kind not in covered:
                    out += self._raise(t_ns, condition, vehicle)
            elif condition.met is False or not allowed:
                del self._standing[kind]
                if condition.met is not False:
                    self._mute(alert, kind)
                out.append(self._say(t_ns, "cleared", alert, condition))
            elif LEVELS.index(self._capped(kind, alert.base, vehicle)) < LEVELS.index(alert.level):
                out.append(self._fall(t_ns, alert, condition))
            elif kind not in covered:
                out += self._go_on(t_ns, alert, condition, vehicle)
        self._note_critical(t_ns)
        return out

    def _raise(self, t_ns: int, condition: Condition, vehicle: VehicleMeasurement) -> list[Alert]:
        kind, base = condition.kind, self._base(t_ns, condition)
        if base is None:
            return []
        self._muted.pop(kind, None)
        level = self._capped(kind, base, vehicle)
        alert = _Standing(self._next_id, level, base, t_ns, condition)
        self._next_id += 1
        self._standing[kind] = alert
        self._last_ns[kind] = (t_ns, base)
        return [self._say(t_ns, "raised", alert, condition)]

    def _base(self, t_ns: int, condition: Condition) -> int | None:
        """The rung at which the alert would be raised now; ``None``: it has to wait."""
        kind = condition.kind
        base = LEVELS.index(condition.level or _KINDS[kind].start)
        if condition.ending or (_KINDS[kind].mood and not self._mood_due(t_ns)):
            return None
        if kind in self._muted:
            return max(base, self._muted[kind])
        last = self._last_ns.get(kind)
        if last is None or t_ns - last[0] >= nanoseconds(self._alerts.same_kind_s):
            return base
        # so soon again: closed eyes come one level louder, all else waits
        if _KINDS[kind].gate == "closed_eyes":
            return min(LEVELS.index(self._top(kind)), last[1] + 1)
        return base if base > last[1] else None

    def _mute(self, alert: _Standing, kind: AlertKind) -> None:
        """The drive ends an alert whose cause lasts. What was answered, or is said once, is not to come back at once."""
        if _KINDS[kind].gate == "distraction" and not _KINDS[kind].once and not alert.acknowledged:
            self._muted[kind] = alert.base

    def _fall(self, t_ns: int, alert: _Standing, condition: Condition) -> Alert:
        """The car has come to a stand."""
        alert.level, alert.stepped_ns, alert.acknowledged = "advice", t_ns, False
        return self._say(t_ns, "repeated", alert, condition)

    def _go_on(
        self, t_ns: int, alert: _Standing, condition: Condition, vehicle: VehicleMeasurement
    ) -> list[Alert]:
        kind = condition.kind
        waited = t_ns - alert.stepped_ns
        once = _KINDS[kind].once
        unanswered = alert.level != "advice" and not alert.acknowledged  # advice, in a standing car too, asks for no answer
        rises = not once and unanswered and waited >= nanoseconds(self._alerts.rise_s)
        own = LEVELS.index(condition.level) if condition.level is not None and condition.met else 0
        base = max(alert.base, own)
        if rises and base < LEVELS.index(self._top(kind)):
            base = max(base, alert.base + 1)
        level = self._capped(kind, base, vehicle)
        if LEVELS.index(level) > LEVELS.index(alert.level):
            alert.base, alert.level, alert.stepped_ns, alert.acknowledged = base, level, t_ns, False
            self._last_ns[kind] = (t_ns, base)
            return [self._say(t_ns, "escalated", alert, condition)]
        due = self._mood_due(t_ns) if _KINDS[kind].mood else not once and waited >= nanoseconds(self._alerts.repeat_s)
        if due:
            alert.stepped_ns, alert.acknowledged = t_ns, False
            self._last_ns[kind] = (t_ns, alert.base)
            return [self._say(t_ns, "repeated", alert, condition)]
        return []

    def _mood_due(self, t_ns: int) -> bool:
        """Whether the last advice on any mood is long enough ago: it is meant kindly, and nagging is not."""
        told = [last[0] for kind, last in self._last_ns.items() if _KINDS[kind].mood]
        return not told or t_ns - max(told) >= nanoseconds(self._alerts.mood_s)

    def _top(self, kind: AlertKind) -> Level:
        return self._alerts.top_level.get(kind, _KINDS[kind].top)

    def _capped(self, kind: AlertKind, base: int, vehicle: VehicleMeasurement) -> Level:
        top = LEVELS.index(self._top(kind))
        if vehicle.speed_kmh is not None and vehicle.speed_kmh < self._fatigue.standstill_kmh:
            top = 0  # never above advice while the car stands
        return LEVELS[min(base, top)]

    def _allowed(self, kind: AlertKind, vehicle: VehicleMeasurement) -> bool:
        """Speed gates and the turn context; an unknown speed passes every gate (the strictest tier)."""
        speed = vehicle.speed_kmh
        match _KINDS[kind].gate:
            case "distraction":
                turning = vehicle.indicator in ("left", "right") or vehicle.reverse is True
                return not turning and (speed is None or speed >= self._distraction.min_kmh)
            case "drowsy":
                return speed is None or speed >= self._fatigue.drowsy_min_kmh
            case "moving":
                return speed is None or speed >= self._fatigue.standstill_kmh
            case _:
                return True

    def _note_critical(self, t_ns: int) -> None:
        critical = any(a.level == "critical" and kind != "unresponsive" for kind, a in self._standing.items())
        if not critical:
            self.critical_since_ns = None
        elif self.critical_since_ns is None:
            self.critical_since_ns = t_ns

    @staticmethod
    def _say(t_ns: int, action: AlertAction, alert: _Standing, condition: Condition) -> Alert:
        why = alert.told if condition.met is None else condition
        return Alert(t_ns, action, alert.id, why.kind, alert.level, why.rule, why.source, why.evidence)
