"""Yawns by ear: one long breath of voice that glides down, without syllables.

An event only: a passenger yawns too. The rule is a guess: no recording of a yawn was at hand. Made-up ones are told, and people's
speech is not (docs/voice_heart.md); how many of people's yawns are told is not known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from driver_monitor.signals import Event, nanoseconds, seconds

LEAST_S, MOST_S = 1.0, 8.0
"""Voice without a break; words break it sooner, engines and sirens later."""

FALL_ST, FALL_S = 5.0, 0.7
"""From its highest the pitch falls by so many semitones, in no less than this time."""

RISE_SHARE = 0.2
"""So much of the fall it may rise again on the way: the melody of a sentence goes up and down."""

STEP_ST = 1.5
"""A pitch that jumps further within a block is another sound."""

GAP_S = 0.1


@dataclass(slots=True)
class _Breath:
    start_ns: int
    seen_ns: int
    last_st: float
    peak_st: float
    peak_ns: int
    risen_st: float = 0.0  # since the peak

    def yawned(self) -> bool:
        fallen = self.peak_st - self.last_st
        return (
            LEAST_S <= seconds(self.seen_ns - self.start_ns) <= MOST_S
            and fallen >= FALL_ST
            and seconds(self.seen_ns - self.peak_ns) >= FALL_S
            and self.risen_st <= RISE_SHARE * fallen
        )


class YawnSounds:
    """Takes the pitch of each block."""

    def __init__(self) -> None:
        self._breath: _Breath | None = None

    def restart(self) -> None:
        """The sound was broken off."""
        self._breath = None

    def step(self, t_ns: int, f0_hz: float | None) -> list[Event]:
        """Take the block that ends at ``t_ns``; ``f0_hz`` is its pitch, ``None`` where nothing is voiced."""
        breath = self._breath
        if f0_hz is None:
            return self.finish(t_ns) if breath is not None and t_ns - breath.seen_ns > nanoseconds(GAP_S) else []
        pitch_st = 12.0 * math.log2(f0_hz)
        if breath is None or t_ns - breath.seen_ns > nanoseconds(GAP_S) or abs(pitch_st - breath.last_st) > STEP_ST:
            events = self.finish(t_ns)
            self._breath = _Breath(t_ns, t_ns, pitch_st, pitch_st, t_ns)
            return events
        if pitch_st >= breath.peak_st:
            breath.peak_st, breath.peak_ns, breath.risen_st = pitch_st, t_ns, 0.0
        else:
            breath.risen_st += max(0.0, pitch_st - breath.last_st)
        breath.last_st, breath.seen_ns = pitch_st, t_ns
        return []

    def finish(self, t_ns: int) -> list[Event]:
        """The breath is over."""
        breath, self._breath = self._breath, None
        if breath is None or not breath.yawned():
            return []
        fall = (("fall_st", round(breath.peak_st - breath.last_st, 1)),)
        return [Event(t_ns, "yawn_sound", breath.start_ns, breath.seen_ns, fall)]
