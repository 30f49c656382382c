"""The face's action units against its own neutral, and what flits across it: brief expressions as events.

Landmarks and face units carry AU1+2, 4, 5, 7, 12, 15, 23 and 24. They do not carry AU9/10 (``noseSneer`` never answers) nor
AU17 (``mouthShrugLower`` answers to talking as well). A yawn, a wide mouth, a blink and a turned head draw brow and lids
along: such pictures say nothing. Micro-expressions last up to 0.5 s (Ekman; Yan et al. 2013, doi:10.1007/s10919-013-0159-8).
"""

from __future__ import annotations

from dataclasses import dataclass

from driver_monitor.perception.baseline import Learning, TimeHistogram
from driver_monitor.signals import Event, FaceMeasurement, nanoseconds, seconds

ACTION_UNITS: dict[str, tuple[str, ...]] = {
    "brow": ("browDownLeft", "browDownRight"),  # AU4
    "raised brow": ("browInnerUp",),  # AU1
    "wide eyes": ("eyeWideLeft", "eyeWideRight"),  # AU5
    "narrow eyes": ("eyeSquintLeft", "eyeSquintRight"),  # AU7
    "smile": ("mouthSmileLeft", "mouthSmileRight"),  # AU12
    "lip corners down": ("mouthFrownLeft", "mouthFrownRight"),  # AU15
    "rolled lips": ("mouthRollLower", "mouthRollUpper"),  # AU23
    "pressed lips": ("mouthPressLeft", "mouthPressRight"),  # AU24
}
"""Action units by the face units that carry them."""

NEUTRAL_S = 30.0
"""Usable face time, after which the own neutral face is frozen (design)."""

WIDE_JAW = 0.35
CLOSED_EYES = 0.5
SHOWN = ("brow", "raised brow", "smile", "lip corners down", "pressed lips")
"""Action units that are told as events; lids are left to the eyes."""

START, END = 0.25, 0.12
"""An expression starts this far above neutral, and ends below the second (design)."""

MICRO_S, BRIEF_S = 0.5, 4.0
"""Up to the first it is a micro-expression; what lasts longer than the second is a mood, and no event."""

SHORTEST_S = 0.08
"""Shorter is one picture's noise."""

MAX_GAP_S = 0.1
"""With fewer pictures than this a brief expression cannot be timed, and none is told."""


def usable(face: FaceMeasurement, usable_yaw_deg: float) -> bool:
    """Whether a picture says something of the mood."""
    u = face.face_units
    return (
        face.head is not None
        and bool(u)
        and abs(face.head.yaw) <= usable_yaw_deg
        and u.get("jawOpen", 0.0) <= WIDE_JAW
        and min(u.get("eyeBlinkLeft", 0.0), u.get("eyeBlinkRight", 0.0)) <= CLOSED_EYES
    )


def action_units(face: FaceMeasurement) -> dict[str, float]:
    """Each action unit in one picture, 0 to 1."""
    u = face.face_units
    return {name: sum(u.get(part, 0.0) for part in parts) / len(parts) for name, parts in ACTION_UNITS.items()}


class Neutral:
    """The own neutral face: the median of each action unit over ``NEUTRAL_S`` of usable pictures, then frozen."""

    def __init__(self) -> None:
        self._learning = Learning(NEUTRAL_S)
        self._seen = {name: TimeHistogram(0.0, 1.0, 400) for name in ACTION_UNITS}
        self.units: dict[str, float] = {}
        """Empty until it is learned."""

        self.brow_range = (0.0, 0.0)
        """The brow's 16th and 84th percentile meanwhile: wide apart where it is read poorly."""

    @property
    def left_s(self) -> float:
        """Usable face time still needed (s)."""
        return self._learning.left_s

    def learn(self, t_ns: int, units: dict[str, float] | None) -> None:
        """Take one picture's action units, or ``None`` for one that is not usable."""
        dt = self._learning.step(t_ns, units is not None)
        if units is None or dt <= 0.0:
            return
        for name, value in units.items():
            self._seen[name].add(value, dt)
        if self._learning.done:
            self.units = {name: seen.quantile(0.5) or 0.0 for name, seen in self._seen.items()}
            brow = self._seen["brow"]
            self.brow_range = (brow.quantile(0.16) or 0.0, brow.quantile(0.84) or 0.0)


@dataclass(slots=True)
class _Showing:
    """An action unit above neutral: since when, and how far."""

    start_ns: int
    peak: float


class Expressions:
    """Brief expressions in the order of their ends; :meth:`step` takes every picture."""

    def __init__(self, usable_yaw_deg: float) -> None:
        self._usable_yaw_deg = usable_yaw_deg
        self._neutral = Neutral()
        self._showing: dict[str, _Showing] = {}
        self._last_ns: int | None = None

    def step(self, face: FaceMeasurement, in_yawn: bool) -> list[Event]:
        """Take one picture."""
        units = action_units(face) if not in_yawn and usable(face, self._usable_yaw_deg) else None
        self._neutral.learn(face.t_ns, units)
        last_ns, self._last_ns = self._last_ns, face.t_ns
        neutral = self._neutral.units
        if units is None or not neutral or last_ns is None or face.t_ns - last_ns > nanoseconds(MAX_GAP_S):
            self._showing.clear()  # its end was not seen, so nobody knows how long it was
            return []
        events = []
        for name in SHOWN:
            above = units[name] - neutral[name]
            showing = self._showing.get(name)
            if showing is None:
                if above >= START:
                    self._showing[name] = _Showing(face.t_ns, above)
            elif above > END:
                showing.peak = max(showing.peak, above)
            else:
                del self._showing[name]
                lasted_s = seconds(face.t_ns - showing.start_ns)
                if SHORTEST_S <= lasted_s <= BRIEF_S:
                    detail = (("unit", name), ("duration_s", round(lasted_s, 3)), ("peak", round(showing.peak, 3)),
                              ("micro", lasted_s <= MICRO_S))  # fmt: skip
                    events.append(Event(face.t_ns, "expression", showing.start_ns, face.t_ns, detail))
        return events
