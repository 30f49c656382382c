"""Snores by their rhythm and by how they hold still: low, rough breaths that nobody speaks, as even as breathing.

An event only: a passenger snores too.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import numpy as np

from driver_monitor.perception.prosody import Bands, decibels, loud
from driver_monitor.signals import Event, nanoseconds, seconds

FLOOR_S = 12.0
"""The floor is the quiet fifth of this: two breaths or more, of which the pauses are the longer part."""

FLOOR_EVERY_S = 0.25
OVER_DB = 6.0
"""A breath is heard from this far above the floor (design)."""

PAUSE_S = 0.25
"""A shorter pause does not end a breath."""

BREATH_S = (0.35, 2.8)
"""A snore lasts so long; longer is a road's own sound."""

PERIOD_S, EVEN = (2.0, 8.0), 1.5
"""Sleeping people draw breath every 3 to 6 s (common knowledge of the field, not verified); the longest interval over the
shortest is at most this."""

BREATHS = 4
"""So many in a row are snoring."""

OVER_S = 12.0
"""Snoring has ended when so long no breath was heard."""

SPOKEN = 0.5
SPOKEN_SHARE = 0.2
"""A breath with more speech than this share is none."""

LOW, HIGH = slice(1, 7), slice(8, 15)
"""Bands of 100-800 Hz and 1-5 kHz: in a snore the lower ones hold more."""

SHAPE = slice(1, 15)
"""Bands of 100 Hz-5 kHz, whose shape is watched: a snore holds it from block to block, words, music and clatter do not."""

MOST_FLUX_DB, LOUD_PART_DB = 3.7, 15.0
"""Mean change of that shape from one block to the next, in the part of the breath within so many dB of its loudest block. Chosen
on clips of snoring and household sounds (docs/voice_heart.md)."""

KEPT = 128
"""Blocks of one breath that are kept: longer than a snore lasts."""


class Snores:
    """Takes each block's bands and speech probability."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """The sound was broken off."""
        self._levels: deque[tuple[int, float]] = deque()
        self._floor_db: float | None = None
        self._next_ns = 0
        self._began_ns: int | None = None
        self._heard_ns = 0
        self._blocks = self._spoken = 0
        self._low = self._high = 0.0
        self._shapes: deque[tuple[float, Bands]] = deque(maxlen=KEPT)
        self._breaths: deque[int] = deque(maxlen=BREATHS)
        self._since_ns: int | None = None
        self._count = 0

    @property
    def floor_db(self) -> float | None:
        """The quiet fifth of the last ``FLOOR_S``; ``None`` until so much was heard."""
        return self._floor_db

    def step(self, t_ns: int, heard: Bands, probability: float) -> list[Event]:
        """Take the block that ends at ``t_ns``."""
        level = decibels(loud(heard))
        self._follow_floor(t_ns, level)
        if self._floor_db is not None and level >= self._floor_db + OVER_DB:
            if self._began_ns is None:
                self._began_ns, self._blocks, self._spoken, self._low, self._high = t_ns, 0, 0, 0.0, 0.0
                self._shapes.clear()
            self._heard_ns = t_ns
            self._blocks += 1
            self._spoken += probability >= SPOKEN
            self._low += float(heard[LOW].sum())
            self._high += float(heard[HIGH].sum())
            self._shapes.append((level, heard))
        elif self._began_ns is not None and t_ns - self._heard_ns > nanoseconds(PAUSE_S):
            self._breath(self._began_ns, self._heard_ns)
            self._began_ns = None
            if self._since_ns is None and self._even():
                self._since_ns = self._breaths[0]
                self._count = len(self._breaths)
                return [Event(t_ns, "snore", self._since_ns, None)]
        return self.finish(t_ns) if self._breaths and seconds(t_ns - self._breaths[-1]) > OVER_S else []

    def finish(self, t_ns: int) -> list[Event]:
        """No breath any more."""
        since_ns, self._since_ns = self._since_ns, None
        last_ns = self._breaths[-1] if self._breaths else t_ns
        self._breaths.clear()
        return [] if since_ns is None else [Event(t_ns, "snore", since_ns, last_ns, (("breaths", self._count),))]

    def _follow_floor(self, t_ns: int, level: float) -> None:
        self._levels.append((t_ns, level))
        oldest = t_ns - nanoseconds(FLOOR_S)
        full = False
        while self._levels[0][0] < oldest:
            self._levels.popleft()
            full = True
        if full and t_ns >= self._next_ns:
            ranked = sorted(level for _, level in self._levels)
            self._floor_db = ranked[len(ranked) // 5]
            self._next_ns = t_ns + nanoseconds(FLOOR_EVERY_S)

    def _breath(self, start_ns: int, end_ns: int) -> None:
        spoken = self._spoken > SPOKEN_SHARE * self._blocks
        if spoken:
            self._breaths.clear()  # who speaks does not snore
        elif BREATH_S[0] <= seconds(end_ns - start_ns) <= BREATH_S[1] and self._low > self._high and self._still():
            self._breaths.append(start_ns)
            self._count += self._since_ns is not None

    def _still(self) -> bool:
        """Whether the loud part of the breath keeps its shape."""
        loudest = max(level for level, _ in self._shapes)
        kept = [(level, heard[SHAPE]) for level, heard in self._shapes if level >= loudest - LOUD_PART_DB]
        if len(kept) < 2:
            return False
        shapes = 10.0 * np.log10(np.maximum([heard for _, heard in kept], 1e-14)) - np.array([[level] for level, _ in kept])
        return float(np.abs(np.diff(shapes, axis=0)).mean()) <= MOST_FLUX_DB

    def _even(self) -> bool:
        if len(self._breaths) < BREATHS:
            return False
        times = list(self._breaths)
        gaps = [seconds(b - a) for a, b in pairwise(times)]
        return PERIOD_S[0] <= min(gaps) and max(gaps) <= min(PERIOD_S[1], EVEN * min(gaps))
