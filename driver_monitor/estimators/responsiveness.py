"""Responsiveness: does the driver still answer: eyes, and the gaze after a critical alert."""

from __future__ import annotations

from driver_monitor import settings
from driver_monitor.estimators.evidence import ramp, state, term, timer, unknown
from driver_monitor.signals import Condition, DriverState, Evidence, seconds

_PRIOR = 4.0  # a driver answers, until shown otherwise


class Responsiveness:
    """The driver does not answer: eyes closed for long, or no look at the road after a critical alert."""

    def __init__(self, fatigue: settings.Fatigue) -> None:
        self._fatigue = fatigue
        self._met = False
        self._answered_ns: int | None = None  # the critical alert that was answered, by its beginning

    def step(
        self, t_ns: int, *, seen: bool, closed_s: float, on_road: bool | None, critical_since_ns: int | None
    ) -> tuple[DriverState, Condition]:
        """The state and its condition; ``critical_since_ns`` is when a critical alert began that still stands."""
        f = self._fatigue
        waiting = 0.0
        if critical_since_ns is not None and critical_since_ns != self._answered_ns:
            if on_road and closed_s == 0.0 and seen:
                self._answered_ns = critical_since_ns
            else:
                waiting = seconds(t_ns - critical_since_ns)
        eyes = closed_s >= f.unresponsive_s
        gaze = waiting >= f.answer_s
        if eyes or gaze:
            self._met = True
        elif seen and closed_s == 0.0 and on_road:
            self._met = False
        evidence: tuple[Evidence, ...] = (timer("eyes closed", closed_s, f.unresponsive_s),)
        rule = f"eyes closed ≥ {f.unresponsive_s:g} s"
        if gaze and not eyes:
            evidence = (timer("no gaze on the road after a critical alert", waiting, f.answer_s),)
            rule = f"no gaze back on the road within {f.answer_s:g} s of a critical alert"
        met = self._met if seen or self._met else None
        condition = Condition(
            "unresponsive", met, rule, "timed after Euro NCAP Driver Engagement v1.1 (secondary text)", evidence
        )
        if not seen and not self._met:
            return unknown(t_ns, "responsiveness", "the driver is not seen"), condition
        terms = [
            term("base rate", _PRIOR, None, ""),
            term("eyes closed", -8.0 * ramp(closed_s, 1.0, f.unresponsive_s), closed_s, "s"),
            term("no answer to a critical alert", -8.0 * ramp(waiting, 0.0, f.answer_s), waiting, "s"),
        ]
        return state(t_ns, "responsiveness", terms, 0.9 if seen else 0.4), condition
