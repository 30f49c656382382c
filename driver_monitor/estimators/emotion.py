"""What stress and anger do alike: sum the channels that are known, and hold before a condition is met."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from driver_monitor import settings
from driver_monitor.estimators.driving_terms import Weights, driving_terms
from driver_monitor.estimators.evidence import state, term, unknown
from driver_monitor.estimators.own_rest import OwnRest
from driver_monitor.estimators.said import Said
from driver_monitor.perception.driving_style import DrivingStyle
from driver_monitor.signals import (
    AlertKind,
    Condition,
    DriverState,
    Event,
    Evidence,
    StateName,
    nanoseconds,
)

SWITCHED_OFF = "switched off in a fleet"
SOURCE = "hold: Fujiwara 2019; threshold and channels: design"

POSITIVE = 0.3  # log-odds from which a channel is said to speak for the state (design)
DRIVING_TRUST = 0.2  # of the confidence: context, so less than any channel that looks at the driver (design)
BREAK_S = 1.0  # a shorter break, in evidence or in measuring, does not restart the hold


class Hold:
    """A condition that must hold for a while; breaks shorter than ``BREAK_S`` neither end nor restart it."""

    def __init__(self, hold_s: float) -> None:
        self._hold_ns = nanoseconds(hold_s)
        self._since_ns: int | None = None
        self._last_ns = 0

    def step(self, t_ns: int, holds: bool) -> bool:
        """Whether it has held long enough by ``t_ns``."""
        if self._since_ns is not None and t_ns - self._last_ns > nanoseconds(BREAK_S):
            self._since_ns = None
        if holds:
            self._since_ns = t_ns if self._since_ns is None else self._since_ns
            self._last_ns = t_ns
        return self._since_ns is not None and t_ns - self._since_ns >= self._hold_ns


def bounded(x: float, low: float, high: float) -> float:
    """``x`` within ``low`` and ``high``."""
    return max(low, min(high, x))


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel's terms, and how much they can be trusted, 0 to 1."""

    terms: Sequence[Evidence]
    trust: float

    @property
    def speaks_for(self) -> bool:
        """Whether it speaks for the state."""
        return sum(t.contribution for t in self.terms) >= POSITIVE


class Emotion(ABC):
    """What stress and anger do alike: sum the channels that are known, and hold before a condition is met.

    ``rest`` takes the measurements; given from outside, it is shared and learned once.
    """

    NAME: StateName
    KIND: AlertKind
    PRIOR: float
    TRUST_ALL: float
    """Summed trust of the channels, driving among them, at which confidence is full."""

    DRIVING: Weights
    WORDS: ClassVar[Mapping[str, float]]
    """Log-odds of a phrase by its topic, at once after it was said."""


    def __init__(self, settings: settings.Settings, threshold: float, rest: OwnRest | None) -> None:
        self._on = settings.emotions_on
        self._threshold = threshold
        self._channels_needed = settings.emotion.channels_needed
        self._hold_s = settings.emotion.hold_s
        self._hold = Hold(settings.emotion.hold_s)
        self.rest = rest or OwnRest(settings)
        self._style: DrivingStyle | None = None
        self._said = Said(self.WORDS, settings.words.memory_s)

    def drive(self, style: DrivingStyle) -> None:
        """Take how the car is driven now."""
        self._style = style

    def said(self, event: Event) -> None:
        """Take a phrase that was said."""
        if self._on:
            self._said.step(event)

    @abstractmethod
    def _channels(self, t_ns: int) -> list[Channel]:
        """The channels that are known now."""

    def step(self, t_ns: int) -> tuple[DriverState, Condition]:
        """Tell the state and its condition now."""
        if not self._on:
            return unknown(t_ns, self.NAME, SWITCHED_OFF), Condition(self.KIND, False, SWITCHED_OFF, "EU AI Act art. 5(1)(f)")
        channels = self._channels(t_ns)
        rule = (
            f"{self.NAME} ≥ {self._threshold:g} for {self._hold_s:g} s, "
            f"{self._channels_needed} of heart, voice and face speaking for it"
        )
        if not channels:
            self._hold.step(t_ns, False)
            return unknown(t_ns, self.NAME, self.rest.why_unknown(t_ns)), Condition(self.KIND, None, rule, SOURCE)
        terms = [term("base rate", self.PRIOR, None, "")]
        for channel in channels:
            terms += channel.terms
        driving = driving_terms(self._style, self.DRIVING)
        trust = sum(c.trust for c in channels) + DRIVING_TRUST * bool(driving)
        now = state(t_ns, self.NAME, [*terms, *self._said.terms(t_ns), *driving], trust / self.TRUST_ALL)
        agree = sum(c.speaks_for for c in channels)
        over = now.value is not None and now.value >= self._threshold and agree >= self._channels_needed
        return now, Condition(self.KIND, self._hold.step(t_ns, over), rule, SOURCE, now.evidence)
