"""Fatigue: closed eyes right now (microsleep, sleep), and drowsiness over minutes (PERCLOS with a second cue)."""

from __future__ import annotations

from collections import deque
from typing import Literal

from driver_monitor import settings
from driver_monitor.estimators.evidence import ramp, state, term, timer, unknown
from driver_monitor.estimators.perclos import Perclos
from driver_monitor.perception.closures import Closure
from driver_monitor.signals import Condition, DriverState, Event, Evidence, Level, nanoseconds, seconds

_OPEN_AGAIN_S = 1.0  # eyes open this long end a closed-eye condition
_PRIOR = -3.0  # log-odds of being sleepy at any time: KSS 8-9 in about 5 % of driving (design)
_ADVICE_ENDS = 0.75  # of the advice's threshold (design)
_MEAN_CLOSURE_WINDOW_S = 60.0


class Fatigue:
    """Eye closures and yawns in, the fatigue state and its conditions out."""

    def __init__(self, fatigue: settings.Fatigue, min_fps_blink: float) -> None:
        self._fatigue = fatigue
        self._min_fps_blink = min_fps_blink
        self._perclos = Perclos(fatigue)
        self._closures: deque[tuple[int, float]] = deque()  # (end, duration) of the last minute
        self._yawns: deque[int] = deque()
        self._nods: deque[int] = deque()
        self._held: dict[str, float] = {}  # conditions that were met and wait for open eyes; their longest closure
        self._closure: Closure | None = None
        self._open_since_ns: int | None = None
        self._usable = False
        self._advised = False
        self._yawn_ns: int | None = None
        self._first_ns: int | None = None

    def picture(self, t_ns: int, usable: bool, in_yawn: bool, closure: Closure | None, open_since_ns: int | None) -> None:
        """Take one picture. In a yawn the eyes squeeze shut by themselves: that time counts on neither side."""
        self._first_ns = t_ns if self._first_ns is None else self._first_ns
        self._closure, self._open_since_ns, self._usable = closure, open_since_ns, usable
        if in_yawn and not (closure is not None and closure.lasted_s >= self._fatigue.unresponsive_s):
            self._yawn_ns = t_ns
        self._perclos.step(t_ns, usable and not in_yawn, None if in_yawn else closure)

    def events(self, events: list[Event]) -> None:
        """Take what has ended: closures, yawns and nods."""
        for event in events:
            if event.end_ns is None:
                if event.name == "yawn":
                    self._yawns.append(event.t_ns)
            elif event.name in ("blink", "eyes_closed") and ("partial", True) not in event.detail:
                self._closures.append((event.end_ns, seconds(event.end_ns - event.start_ns)))
            elif event.name == "nod":
                self._nods.append(event.end_ns)

    def closed(self, t_ns: int) -> list[Condition]:
        """The closed-eye conditions now; cheap enough for every picture."""
        f = self._fatigue
        return [self._closed("microsleep", f.microsleep_s, t_ns), self._closed("sleep", f.sleep_s, t_ns)]

    def step(self, t_ns: int) -> tuple[DriverState, Condition]:
        """The state and the drowsiness condition now."""
        self._forget(t_ns)
        short, why = self._perclos.value(self._fatigue.perclos_short_s)
        long, _ = self._perclos.value(self._fatigue.perclos_long_s)
        cues = self._cues(short)
        now = self._state(t_ns, short, why, len(cues))
        return now, self._drowsy(now, short, long, cues)

    @property
    def closed_s(self) -> float:
        """How long the eyes have been seen closed, s (0 when open), not counting a yawn's squeeze."""
        closure = self._closure
        if closure is None:
            return 0.0
        start_ns = closure.start_ns if self._yawn_ns is None else max(closure.start_ns, self._yawn_ns)
        return max(0.0, seconds(closure.seen_ns - start_ns))

    def _forget(self, t_ns: int) -> None:
        while self._closures and t_ns - self._closures[0][0] > nanoseconds(_MEAN_CLOSURE_WINDOW_S):
            self._closures.popleft()
        for times in (self._yawns, self._nods):
            while times and t_ns - times[0] > nanoseconds(self._fatigue.yawn_window_s):
                times.popleft()

    def _mean_closure(self) -> tuple[float | None, int]:
        fps = self._perclos.fps()
        if fps is None or fps < self._min_fps_blink * 0.95 or len(self._closures) < 3:
            return None, len(self._closures)
        return sum(d for _, d in self._closures) / len(self._closures), len(self._closures)

    def _cues(self, perclos: float | None) -> list[str]:
        """The independent channels that speak for drowsiness."""
        cues = []
        if perclos is not None and perclos >= self._fatigue.perclos_short:
            cues.append("eyelids")
        if len(self._yawns) >= 2:
            cues.append("yawning")
        if len(self._nods) >= 1:
            cues.append("nodding")
        return cues

    def _state(self, t_ns: int, perclos: float | None, why: str | None, cues: int) -> DriverState:
        if perclos is None:
            return unknown(t_ns, "fatigue", why or "PERCLOS is not known")
        mean, count = self._mean_closure()
        hours = 0.0 if self._first_ns is None else seconds(t_ns - self._first_ns) / 3600.0
        terms = [
            term("base rate", _PRIOR, None, ""),
            term("PERCLOS", 4.5 * ramp(perclos, 0.02, 0.25), perclos, "share"),
            term("mean closure", 0.0 if mean is None else 2.0 * ramp(mean, 0.25, 0.6), mean, "s"),
            term("yawns", min(2.0, 0.7 * len(self._yawns)), float(len(self._yawns)), "in 5 min"),
            term("nods", min(2.0, 1.0 * len(self._nods)), float(len(self._nods)), "in 5 min"),
            term("time on task", ramp(hours, 2.0, 4.0), hours, "h"),
        ]
        usable = ramp(self._perclos.usable_s(self._fatigue.perclos_short_s), 0.0, self._fatigue.perclos_short_s)
        confidence = usable * (0.6 + 0.2 * (count >= 3) + 0.2 * (cues >= 2))
        total = sum(t.contribution for t in terms)
        # log-odds 0 (as likely sleepy as not) is the middle of the Karolinska scale; warn at 8 is 19 to 1 (design)
        return state(t_ns, "fatigue", terms, confidence, kss=max(1.0, min(9.0, 5.0 + total)))

    def _closed(self, kind: Literal["microsleep", "sleep"], limit_s: float, t_ns: int) -> Condition:
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

    def _drowsy(self, now: DriverState, short: float | None, long: float | None, cues: list[str]) -> Condition:
        f = self._fatigue
        evidence: tuple[Evidence, ...] = now.evidence
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
        return Condition("drowsy", met, rule, "NHTSA PERCLOS trials (secondary text); KSS timed after (EU) DDAW", evidence, level)
