"""The estimate on the Karolinska sleepiness scale (1 to 9), with its interval.

KSS = 5 + the summed log-odds: even odds are the middle of the scale, a warning at 8 is 19 to 1 (design).

The interval is 80 % of a normal error whose parts are, in log-odds (one step of the scale each):

* 1.0, what people's own ratings scatter by when nothing else changes (common knowledge of the field, not verified);
* the sampling error of PERCLOS: the share's own, with one independent look every 2 s of usable eyes;
* upwards only, every channel that is not read: it could have added anything between 0 and its most, so c² / 3 for each.

So it widens with less usable time and with fewer channels, and upwards more than down. It is a statement of what is not
known: how often the driver's own rating falls inside was not measured, since no rated drive was to be had.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from driver_monitor.estimators.drowsy_channels import Says

RATING_SD = 1.0
_Z80 = 1.2816
_MIDDLE, _LEAST, _MOST = 5.0, 1.0, 9.0


def kss(total: float) -> float:
    """The estimate from the summed log-odds."""
    return _clamped(_MIDDLE + total)


def interval(total: float, said: Sequence[Says]) -> tuple[float, float]:
    """Lower and upper end of the interval around :func:`kss`."""
    own = RATING_SD**2 + sum(s.noise**2 for s in said)
    unread = sum(s.unread**2 for s in said) / 3.0
    middle = _MIDDLE + total
    return _clamped(middle - _Z80 * math.sqrt(own)), _clamped(middle + _Z80 * math.sqrt(own + unread))


def _clamped(value: float) -> float:
    return max(_LEAST, min(_MOST, value))
