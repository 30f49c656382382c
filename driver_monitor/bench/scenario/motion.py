"""How people move: smooth ramps, saccades, lids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

BLINK_CLOSING_S, BLINK_OPENING_S = 0.08, 0.15
"""A blink's lid falls faster than it rises (closing 75-100 ms, opening 100-200 ms; common knowledge of the field)."""


def smooth_ramp(x: Series) -> Series:
    """0 to 1 as x goes from 0 to 1, with the least jerk (Flash & Hogan 1985)."""
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x**3 * (10.0 - 15.0 * x + 6.0 * x**2))


def saccade_s(degrees: float) -> float:
    """How long an eye movement takes, seconds (main sequence: 21 ms and 2.2 ms a degree)."""
    return 0.021 + 0.0022 * degrees


def head_turn_s(degrees: float) -> float:
    """How long a head movement takes, seconds."""
    return 0.22 + 0.006 * degrees


@dataclass(frozen=True, slots=True)
class Move:
    """At ``start_s`` set off for ``target``, to be there ``takes_s`` later."""

    start_s: float
    target: float
    takes_s: float


def follow(t: Series, moves: Sequence[Move], start: float = 0.0) -> Series:
    """A value that makes one move after another; a move that is cut short goes on from where it was."""
    value = np.full(len(t), start)
    for move in sorted(moves, key=lambda m: m.start_s):
        first = int(np.searchsorted(t, move.start_s))
        if first >= len(t):
            break
        here = value[first]
        value[first:] = here + (move.target - here) * smooth_ramp((t[first:] - move.start_s) / max(move.takes_s, 1e-3))
    return value


def pulse(t: Series, start_s: float, length_s: float, rise_s: float, fall_s: float) -> Series:
    """0, up to 1 within ``rise_s`` of the start, and back down within the last ``fall_s`` of the length."""
    up = smooth_ramp((t - start_s) / rise_s)
    down = smooth_ramp((t - start_s - length_s + fall_s) / fall_s)
    return np.asarray(up * (1.0 - down))


def closure(t: Series, start_s: float, length_s: float, closing_s: float, opening_s: float) -> Series:
    """Lids that are half shut at ``start_s`` and half open again ``length_s`` later: 0 open, 1 shut."""
    shut = smooth_ramp((t - start_s + closing_s / 2.0) / closing_s)
    opened = smooth_ramp((t - start_s - length_s + opening_s / 2.0) / opening_s)
    return np.asarray(shut * (1.0 - opened))


def wander(t: Series, random: np.random.Generator, spread: float, tau_s: float) -> Series:
    """Slow, bounded drift (Ornstein-Uhlenbeck) of a spread and time constant."""
    step = float(t[1] - t[0])
    keep = float(np.exp(-step / tau_s))
    kicks = random.standard_normal(len(t)) * spread * np.sqrt(1.0 - keep**2)
    kicks[0] = random.standard_normal() * spread
    value = np.empty(len(t))
    last = 0.0
    for k, kick in enumerate(kicks):
        last = keep * last + kick
        value[k] = last
    return value
