"""Responsiveness: does the driver still answer: eyes, and the gaze after a critical alert."""

from __future__ import annotations

from driver_monitor import settings
from driver_monitor.estimators.evidence import ramp, state, term, timer, unknown
from driver_monitor.signals import Condition, DriverState, Evidence, nanoseconds, seconds

_SOURCE = "timed after Euro NCAP Driver Engagement v1.1 (secondary text)"
_BODY_SOURCE = "design: a slumped driver is timed like closed eyes"
_PRIOR = 4.0  # a driver answers, until shown otherwise
_AWAKE_S = 1.0  # open eyes on the road for so long end it, as they end sleep
_BLINK_S = 0.5  # a longer closure is none of an answer's blinks, nor is a gaze that cannot be told for longer


class Responsiveness:
    """The driver does not answer: eyes closed for long, slumped, or no look at the road after a critical alert."""

    def __init__(self, fatigue: settings.Fatigue) -> None:
        self._fatigue = fatigue
        self._met = False
        self._untold_ns: int | None = None  # since then the gaze of open eyes is not told
        self._awake_ns: int | None = None  # since then with open eyes on the road, blinks left out
        self._why: tuple[str, str, Evidence] | None = None  # the rule, source and evidence it was met by
        self._answered_ns: int | None = None  # the critical alert that was answered, by its beginning
        self._seen = False
        self._closed_s = 0.0
        self._slumped_s = 0.0
        self._waiting_s = 0.0

    def condition(
        self,
        t_ns: int,
        *,
        seen: bool,
        closed_s: float,
        slumped_s: float,
        on_road: bool | None,
        critical_since_ns: int | None,
        learned: bool = True,
    ) -> Condition:
        """The condition now; ``critical_since_ns`` is when a critical alert began that still stands.

        ``on_road`` is what this picture tells of the gaze. Until straight-ahead is ``learned`` open eyes are answer enough: a
        driver who wakes in a car that stands could never give another.
        """
        f = self._fatigue
        eyes_open = seen and closed_s == 0.0 and slumped_s == 0.0
        awake = eyes_open and (on_road is True or not learned)
        untold = eyes_open and learned and on_road is None
        self._untold_ns = (t_ns if self._untold_ns is None else self._untold_ns) if untold else None
        # eyes just opened, or amid a blink
        unsure = self._untold_ns is not None and t_ns - self._untold_ns < nanoseconds(_BLINK_S)
        away = learned and (on_road is False or (untold and not unsure))
        if not seen or slumped_s > 0.0 or closed_s >= _BLINK_S or away:
            self._awake_ns = None
        elif awake and self._awake_ns is None:
            self._awake_ns = t_ns
        waiting = 0.0
        if critical_since_ns is not None and critical_since_ns != self._answered_ns:
            if awake:
                self._answered_ns = critical_since_ns
            else:
                waiting = seconds(t_ns - critical_since_ns)
        self._seen, self._closed_s, self._slumped_s, self._waiting_s = seen, closed_s, slumped_s, waiting
        by_eyes, by_body = closed_s >= f.unresponsive_s, slumped_s >= f.unresponsive_s
        by_gaze = waiting >= f.answer_s and not unsure
        answered = eyes_open and self._awake_ns is not None and t_ns - self._awake_ns >= nanoseconds(_AWAKE_S)
        self._met = by_eyes or by_gaze or by_body or (self._met and not answered)
        source = _SOURCE
        if by_body and not by_eyes:
            evidence = timer("slumped, eyes shut or hidden", slumped_s, f.unresponsive_s)
            rule = f"slumped, eyes shut or hidden ≥ {f.unresponsive_s:g} s"
            source = _BODY_SOURCE
        elif by_gaze and not by_eyes:
            evidence = timer("no gaze on the road after a critical alert", waiting, f.answer_s)
            rule = f"no gaze back on the road within {f.answer_s:g} s of a critical alert"
        else:
            evidence = timer("eyes closed", closed_s, f.unresponsive_s)
            rule = f"eyes closed ≥ {f.unresponsive_s:g} s"
        if by_eyes or by_gaze or by_body:
            self._why = rule, source, evidence
        elif self._why is not None:
            rule, source, evidence = self._why
            self._why = self._why if self._met else None
        met = self._met if seen or self._met else None
        return Condition("unresponsive", met, rule, source, (evidence,))

    def state(self, t_ns: int) -> DriverState:
        """The state now: 1 answers, 0 does not."""
        if not self._seen and not self._met and self._slumped_s == 0.0:
            return unknown(t_ns, "responsiveness", "the driver is not seen")
        f = self._fatigue
        terms = [
            term("base rate", _PRIOR, None, ""),
            term("eyes closed", -8.0 * ramp(self._closed_s, 1.0, f.unresponsive_s), self._closed_s, "s"),
            term("slumped", -8.0 * ramp(self._slumped_s, 1.0, f.unresponsive_s), self._slumped_s, "s"),
            term("no answer to a critical alert", -8.0 * ramp(self._waiting_s, 0.0, f.answer_s), self._waiting_s, "s"),
        ]
        return state(t_ns, "responsiveness", terms, 0.9 if self._seen else 0.4)
