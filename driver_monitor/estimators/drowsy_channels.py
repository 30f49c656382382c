"""What speaks for drowsiness, channel by channel: each one's terms in log-odds, whether it is a cue, what it could not read.

Where the weights come from. Save for the blink pattern none is fitted: no real drive with KSS ratings was to be had.

=================  =======================  =================================================================================
term               log-odds                 from
=================  =======================  =================================================================================
PERCLOS            0 at 2 %, 4.5 at 25 %    design: with the base rate, 15 % (the trials' drowsy) comes to about even odds
mean closure       0 at 0.25, 2 at 0.6 s    blinks of 100-400 ms alert, > 500 ms drowsy (secondary text); weight design
blink pattern      -0.3 to 0.8              trained, people left out (models/blink_drowsiness.md); the cap is design
yawns              0.7 each, at most 2      corroborate only (secondary text); weight design
nods               1 each, at most 2        drowsy nods of 12-20° (secondary text); weight design
late corrections   0.5 each, at most 1.5    common knowledge of the field, not verified; weight design
weaving            0 to 1                   SDLP is the field's own measure of lane keeping (not verified); weight design
slower heart       0 to 0.4                 61 % right on real roads (Persson 2019): may hardly move the sum
steadier rest      0 to 0.2                 the same: rise of RMSSD over the own
=================  =======================  =================================================================================

Eyelids (PERCLOS, closures, blink pattern) are one channel, steering and lane another: terms of one channel make one cue.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from driver_monitor import settings
from driver_monitor.estimators.evidence import ramp, term
from driver_monitor.perception.heart import HeartBaseline
from driver_monitor.perception.steering import SteeringMeasurement
from driver_monitor.signals import Event, Evidence, HeartMeasurement, nanoseconds, seconds

PERCLOS_MOST, CLOSURE_MOST, EVENTS_MOST = 4.5, 2.0, 2.0
_PERCLOS_SPAN = (0.02, 0.25)
_LOOK_S = 2.0  # eyes seen for so long are one independent look (design): the sampling error of PERCLOS
_CORRECTION, _CORRECTIONS_MOST, _WEAVE_MOST = 0.5, 1.5, 1.0
_WEAVE_OWN = 1.5  # weaving speaks only when this far above the own (design)
_HEART_MOST = (0.4, 0.2)
_HEART_TAU_S = 60.0  # a heart slows over minutes with sleepiness, within a breath with anything else
_HEART_CUE = (-1.5, 0.25)  # own SD of the rate, ln of RMSSD over the own: both, for a cue (design)


@dataclass(frozen=True, slots=True)
class Says:
    """One channel now: its terms; whether it is a cue; log-odds it could have added where it was not read, and why not.

    ``noise`` is the standard error of what it did say, log-odds.
    """

    channel: str
    terms: tuple[Evidence, ...]
    cue: bool = False
    unread: float = 0.0
    reason: str | None = None
    noise: float = 0.0


def perclos_term(perclos: float, usable_s: float) -> tuple[Evidence, float]:
    """The term of PERCLOS, and its standard error from so much usable time."""
    low, high = _PERCLOS_SPAN
    share = min(0.99, max(0.01, perclos))
    error = math.sqrt(share * (1.0 - share) / max(1.0, usable_s / _LOOK_S))
    return term("PERCLOS", PERCLOS_MOST * ramp(perclos, low, high), perclos, "share"), PERCLOS_MOST / (high - low) * error


class Happenings:
    """Yawns and nods over their window."""

    def __init__(self, window_s: float) -> None:
        self._window_ns = nanoseconds(window_s)
        self._minutes = f"in {window_s / 60.0:g} min"
        self._yawns: deque[int] = deque()
        self._nods: deque[int] = deque()

    def events(self, events: list[Event]) -> None:
        """Take what began or ended."""
        for event in events:
            if event.name == "yawn" and event.end_ns is None:
                self._yawns.append(event.t_ns)
            elif event.name == "nod" and event.end_ns is not None:
                self._nods.append(event.end_ns)

    def says(self, t_ns: int) -> list[Says]:
        """Both channels now."""
        for times in (self._yawns, self._nods):
            while times and t_ns - times[0] > self._window_ns:
                times.popleft()
        yawns, nods = len(self._yawns), len(self._nods)
        return [
            Says("yawning", (term("yawns", min(EVENTS_MOST, 0.7 * yawns), float(yawns), self._minutes),), yawns >= 2),
            Says("nodding", (term("nods", min(EVENTS_MOST, 1.0 * nods), float(nods), self._minutes),), nods >= 1),
        ]


def steering_says(m: SteeringMeasurement, fatigue: settings.Fatigue) -> Says:
    """Late corrections and weaving: one channel, since both tell of the same hands."""
    terms: list[Evidence] = []
    unread, reasons, cue = 0.0, [], False
    if m.corrections is None:
        unread += _CORRECTIONS_MOST
        reasons.append(m.reason or "not read")
    else:
        value = min(_CORRECTIONS_MOST, _CORRECTION * m.corrections)
        terms.append(term("late corrections", value, float(m.corrections), f"in {fatigue.steering_window_s / 60.0:g} min"))
        cue = m.corrections >= fatigue.steering_corrections
        if m.reversals_per_min is not None:  # shown, weighed nowhere
            terms.append(term("steering reversals", 0.0, m.reversals_per_min, "1/min"))
    if m.sdlp_m is None or m.own_sdlp_m is None:
        unread += _WEAVE_MOST
        reasons.append(m.lane_reason or "not read")
    else:
        least = max(fatigue.sdlp_m, _WEAVE_OWN * m.own_sdlp_m)
        value = _WEAVE_MOST * ramp(m.sdlp_m, 0.8 * least, 1.2 * least)
        terms.append(term("weaving", value, m.sdlp_m, "m SDLP"))
        cue = cue or m.sdlp_m >= least
    return Says("steering", tuple(terms), cue, unread, "; ".join(dict.fromkeys(reasons)) or None)


class SlowHeart:
    """A heart slower, and its beats less even, than in the driver's own first minutes. Corroborates only."""

    def __init__(self, heart: settings.Heart) -> None:
        self._baseline = HeartBaseline(heart)
        self._stale_ns = nanoseconds(heart.stale_s)
        self._last: HeartMeasurement | None = None
        self._rate: float | None = None

    def heart(self, m: HeartMeasurement) -> None:
        """Take one measurement."""
        self._baseline.learn(m)
        last, self._last = self._last, m
        if m.rate_bpm is None:
            return
        if last is None or self._rate is None or m.t_ns - last.t_ns > self._stale_ns:
            self._rate = m.rate_bpm
        else:
            self._rate += (1.0 - math.exp(-seconds(m.t_ns - last.t_ns) / _HEART_TAU_S)) * (m.rate_bpm - self._rate)

    def says(self, t_ns: int) -> Says:
        """The channel now."""
        m = self._last
        if m is None or m.rate_bpm is None or self._rate is None or t_ns - m.t_ns > self._stale_ns:
            reason = "no heart beats" if m is None else m.reason or "no heart beats"
            return Says("heart", (), unread=sum(_HEART_MOST), reason=reason)
        rise = self._baseline.rise_sd(self._rate)
        if rise is None:
            reason = f"learning the own heart, {self._baseline.left_s:.0f} s left"
            return Says("heart", (), unread=sum(_HEART_MOST), reason=reason)
        terms = [term("slower heart", _HEART_MOST[0] * ramp(-rise, 1.0, 3.0), rise, "own SD above own rest")]
        even = self._baseline.rmssd_log_ratio(m)
        if even is None:
            return Says("heart", tuple(terms), unread=_HEART_MOST[1], reason="no heart-rate variability")
        terms.append(term("steadier rest", _HEART_MOST[1] * ramp(even, 0.2, 0.6), even, "ln of RMSSD over own rest"))
        return Says("heart", tuple(terms), rise <= _HEART_CUE[0] and even >= _HEART_CUE[1])
