"""Drowsiness over minutes: what eyelids, mouth, head, steering, heart and clock say, as a state, a KSS and a condition.

An alarm asks for two independent channels that speak for drowsiness: PERCLOS alone gave 8.4 % false alarms in the trials, with
lane or steering evidence 0.8 % (secondary text). Where each weight comes from stands in `drowsy_channels`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from driver_monitor.estimators.blink_pattern import MOST as PATTERN_MOST
from driver_monitor.estimators.blink_pattern import BlinkPattern, Judge
from driver_monitor.estimators.context import Context
from driver_monitor.estimators.drowsy_channels import (
    CLOSURE_MOST,
    Happenings,
    Says,
    SlowHeart,
    perclos_term,
    steering_says,
)
from driver_monitor.estimators.evidence import ramp, state, term, unknown
from driver_monitor.estimators.kss import interval, kss
from driver_monitor.estimators.perclos import Perclos
from driver_monitor.estimators.said import TIRED_WORDS, Said
from driver_monitor.perception.closures import Closure
from driver_monitor.perception.steering import SteeringMeasurement
from driver_monitor.settings import Settings
from driver_monitor.signals import Condition, DriverState, Event, HeartMeasurement, Level, nanoseconds, seconds

_PRIOR = -3.0  # log-odds of being sleepy at any time: KSS 8-9 in about 5 % of driving (design)
_ADVICE_ENDS = 0.75  # of the advice's threshold (design)
_MEAN_CLOSURE_WINDOW_S = 60.0
_MEAN_CLOSURE_FEWEST = 3
_RATE_ON, _RATE_OFF = 0.95, 0.85  # of the rate that blinks need: a board at its edge does not flip between them


class Fatigue:
    """Closures, yawns, nods, steering and heart in; the fatigue state and the drowsiness condition out.

    ``judge`` tells how drowsy a run of blinks looks; without it there is no term "blink pattern".
    """

    def __init__(self, settings: Settings, judge: Judge | None = None) -> None:
        self._fatigue = settings.fatigue
        self._min_fps_blink = settings.eyes.min_fps_blink
        self._perclos = Perclos(settings.fatigue)
        self._fast_enough = False
        self._closures: deque[tuple[int, float]] = deque()  # (end, duration) of the last minute
        self._pattern = BlinkPattern(judge, settings.fatigue.blink_reference)
        self._happenings = Happenings(settings.fatigue.yawn_window_s)
        self._heart = SlowHeart(settings.heart)
        self._context = Context(settings.fatigue)
        self._said = Said(TIRED_WORDS, settings.fatigue.yawn_window_s)
        self._advised = False

    def picture(self, t_ns: int, usable: bool, squeezed: bool, closure: Closure | None) -> None:
        """Take one picture. A yawn or a laugh squeezes the eyes shut: that time counts on neither side."""
        self._context.seen(t_ns)
        self._perclos.step(t_ns, usable, closure, squeezed)

    def events(self, events: list[Event]) -> None:
        """Take what began or ended: closures, yawns and nods."""
        self._happenings.events(events)
        self._pattern.events(events)
        for event in events:
            if event.end_ns is None or event.name not in ("blink", "eyes_closed"):
                continue
            # a part blink is no closure, a yawn's or a laugh's is not of drowsiness, and how long a lost one was is not known
            if not {"partial", "during", "lost"} & {key for key, _ in event.detail}:
                self._closures.append((event.end_ns, seconds(event.end_ns - event.start_ns)))

    def heart(self, m: HeartMeasurement) -> None:
        """Take one heart measurement."""
        self._heart.heart(m)

    def said(self, event: Event) -> None:
        """Take a phrase that was said."""
        self._said.step(event)

    def local_time(self, t_ns: int, hour: float) -> None:
        """It is ``hour`` (0 to 24) where the driver is, at ``t_ns``."""
        self._context.local_time(t_ns, hour)

    def step(self, t_ns: int, steering: SteeringMeasurement) -> tuple[DriverState, Condition]:
        """The state and the drowsiness condition now."""
        short, why = self._perclos.value(t_ns, self._fatigue.perclos_short_s)
        long, _ = self._perclos.value(t_ns, self._fatigue.perclos_long_s)
        said = [
            self._eyelids(t_ns, short, why),
            *self._happenings.says(t_ns),
            steering_says(steering, self._fatigue),
            self._heart.says(t_ns),
            self._context.says(t_ns),
            Says("words", tuple(self._said.terms(t_ns))),  # corroborate only: never a cue
        ]
        now = unknown(t_ns, "fatigue", why or "PERCLOS is not known") if short is None else self._state(t_ns, said)
        return now, self._drowsy(now, short, long, [s.channel for s in said if s.cue])

    def _eyelids(self, t_ns: int, perclos: float | None, why: str | None) -> Says:
        if perclos is None:
            return Says("eyelids", (), reason=why)
        usable_s = self._perclos.usable_s(t_ns, self._fatigue.perclos_short_s)
        share, noise = perclos_term(perclos, usable_s)
        mean, why_not = self._mean_closure(t_ns)
        closures = term("mean closure", 0.0 if mean is None else CLOSURE_MOST * ramp(mean, 0.25, 0.6), mean, "s")
        pattern, why_no_pattern = self._pattern.says(t_ns)
        unread = (CLOSURE_MOST if mean is None else 0.0) + (PATTERN_MOST if pattern is None else 0.0)
        terms = (share, closures) if pattern is None else (share, closures, pattern)
        reason = "; ".join(why for why in (why_not, why_no_pattern) if why) or None
        return Says("eyelids", terms, perclos >= self._fatigue.perclos_short, unread, reason, noise)

    def _mean_closure(self, t_ns: int) -> tuple[float | None, str | None]:
        while self._closures and t_ns - self._closures[0][0] > nanoseconds(_MEAN_CLOSURE_WINDOW_S):
            self._closures.popleft()
        fps = self._perclos.fps()
        self._fast_enough = fps is not None and fps >= self._min_fps_blink * (_RATE_OFF if self._fast_enough else _RATE_ON)
        if not self._fast_enough:
            return None, f"blink statistics need {self._min_fps_blink:.0f} pictures a second"
        if len(self._closures) < _MEAN_CLOSURE_FEWEST:
            return None, f"{len(self._closures)} blinks in a minute, {_MEAN_CLOSURE_FEWEST} needed"
        return sum(d for _, d in self._closures) / len(self._closures), None

    def _state(self, t_ns: int, said: Sequence[Says]) -> DriverState:
        terms = [term("base rate", _PRIOR, None, ""), *(t for s in said for t in s.terms)]
        usable = ramp(self._perclos.usable_s(t_ns, self._fatigue.perclos_short_s), 0.0, self._fatigue.perclos_short_s)
        cues = sum(s.cue for s in said)
        blinks_read = said[0].unread < CLOSURE_MOST
        total = sum(t.contribution for t in terms)
        low, high = interval(total, said)
        now = state(t_ns, "fatigue", terms, usable * (0.6 + 0.2 * blinks_read + 0.2 * (cues >= 2)), kss=kss(total))
        return replace(
            now,
            kss_low=round(low, 1),
            kss_high=round(high, 1),
            not_read=tuple((s.channel, s.reason) for s in said if s.reason is not None),
        )

    def _drowsy(self, now: DriverState, short: float | None, long: float | None, cues: list[str]) -> Condition:
        f = self._fatigue
        alarm = (
            short is not None
            and long is not None
            and short >= f.perclos_short
            and long >= f.perclos_long
            and len(cues) >= f.cues_needed
        ) or (now.kss is not None and now.kss >= f.kss_warn and len(cues) >= f.cues_needed)
        level: Level = "caution" if alarm else "advice"
        # advice that was given ends only well below its threshold, or it would come and go
        threshold = f.perclos_advice * (_ADVICE_ENDS if self._advised else 1.0)
        met = None if short is None else alarm or short >= threshold
        self._advised = self._advised if met is None else met
        rule = (
            f"PERCLOS ≥ {f.perclos_short:.0%} over {f.perclos_short_s:.0f} s and ≥ {f.perclos_long:.0%} over "
            f"{f.perclos_long_s:.0f} s, or KSS ≥ {f.kss_warn:g}, with {f.cues_needed} cues ({', '.join(cues)})"
            if alarm
            else f"PERCLOS ≥ {f.perclos_advice:.0%} over {f.perclos_short_s:.0f} s"
        )
        source = "NHTSA PERCLOS trials (secondary text); KSS timed after (EU) DDAW"
        return Condition("drowsy", met, rule, source, now.evidence, level)
