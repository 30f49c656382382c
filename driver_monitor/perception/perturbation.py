"""Jitter and shimmer: how much a voice changes from one period to the next. Read in clear voice only; noise looks the same."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

REACH = 0.2
"""The next period's peak lies within a period ± this share of it."""

FEWEST = 4
"""Peaks, so three periods and two changes of length."""


def perturbation(x: NDArray[np.float64], period: float) -> tuple[float, float] | None:
    """Jitter (mean change of period over the mean period) and shimmer (dB, mean change of the peaks' height).

    Parameters
    ----------
    x
        Sound of a few periods, without rumble.
    period
        The period as the pitch has it, samples.

    Returns
    -------
    ``None`` where fewer than ``FEWEST`` peaks are found.
    """
    x = x if float(x.max()) >= -float(x.min()) else -x  # the side on which the voice's pulses stand out
    at = int(np.argmax(x[: math.ceil(period)]))
    places: list[float] = []
    heights: list[float] = []
    while 0 < at < len(x) - 1:
        a, b, c = x[at - 1 : at + 2].tolist()
        bend = a - 2.0 * b + c
        if b <= 0.0:
            break
        places.append(at + (0.5 * (a - c) / bend if bend < 0.0 else 0.0))
        heights.append(b)
        first, last = math.ceil(at + (1.0 - REACH) * period), math.floor(at + (1.0 + REACH) * period)
        if last >= len(x) - 1:
            break
        at = first + int(np.argmax(x[first : last + 1]))
    if len(places) < FEWEST:
        return None
    periods = [b - a for a, b in pairwise(places)]
    changes = [abs(b - a) for a, b in pairwise(periods)]
    steps = [abs(20.0 * math.log10(b / a)) for a, b in pairwise(heights)]
    return sum(changes) / len(changes) / (sum(periods) / len(periods)), sum(steps) / len(steps)
