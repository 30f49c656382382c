"""What the way the car is driven says of stress and anger. Context: it never speaks for a state by itself.

=================  =======  ======  ==============================================================================================
term               stress   anger   from
=================  =======  ======  ==============================================================================================
slow traffic       0.4      0.2     state stress and aggression are higher in congestion (Hennessy & Wiesenthal 1999), city drives
                                    the most stressful (Healey & Picard 2005); another survey found no more aggression, so less
harsh braking      0.3 (2)  0.3 (2) each; aggressive and hurried driving brake hard, but so does a child on the road; design
steering           0.4      0.2     they rise with load (Markkula & Engström 2006), though not in all studies (Macdonald &
reversals                           Hoffmann 1980); against the own
=================  =======  ======  ==============================================================================================

The directions are from the sources, all weights are design: no drive with a bus and ratings of a mood was to be had.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from driver_monitor.estimators.evidence import ramp, term
from driver_monitor.perception.driving_style import DrivingStyle
from driver_monitor.signals import Evidence

_SLOW = (0.4, 0.9)  # share of the window: a traffic light on a country road is no congestion (design)
_MORE_TURNS = (0.25, 0.9)  # ln of the ratio to the own: a quarter more is a bend (design)
_FLOOR = 2.0  # reversals a minute that stand under the ratio: one more on an empty motorway is nothing


@dataclass(frozen=True, slots=True)
class Weights:
    """The most each term may say, log-odds; ``braking`` is for each one, twice at most."""

    slow: float
    braking: float
    steering: float


def driving_terms(style: DrivingStyle | None, weights: Weights) -> list[Evidence]:
    """The terms of what can be read; none when the bus tells nothing."""
    if style is None or style.reason is not None:
        return []
    terms = []
    if style.slow_share is not None:
        terms.append(term("slow traffic", weights.slow * ramp(style.slow_share, *_SLOW), style.slow_share, "share of driving"))
    if style.brakings is not None:
        terms.append(term("harsh braking", weights.braking * min(2, style.brakings), float(style.brakings), "in the window"))
    if style.reversals is not None and style.own_reversals is not None:
        more = math.log((style.reversals + _FLOOR) / (style.own_reversals + _FLOOR))
        terms.append(term("steering reversals", weights.steering * ramp(more, *_MORE_TURNS), more, "ln of own rate"))
    return terms
