"""Where the upper lids stand while the eyes look straight ahead, and how far they have sunk since that was learned.

Sunken lids and a look down are alike in one picture; they differ in how they come. A look falls within a tenth of a second.
Tired lids, and those of a yawn, sink slowly, or have sunk behind a yawn or a closure.
"""

from __future__ import annotations

from collections import deque

from driver_monitor.perception.baseline import Usual
from driver_monitor.signals import nanoseconds, seconds

_SPAN_SHARE = 0.05  # straight-ahead is the densest stretch of this width
_DEEPEST = 0.08  # lids sink no further than this (half shut); what stands much lower looks down
_SINK_S = 12.0  # on the road their rest sinks with the lids this slowly, ...
_RISE_S, _RISEN = 3.0, 0.01  # ... and rises sooner where they stand so far above it: woken lids must not hide a look down
_SLOW_MOST = 0.03  # lids that fall more slowly than in a look stand no further below their rest than this: ...
_SLOW_PER_S = 0.15  # ... it follows them so fast
_LOOK_S = 0.25  # within this a look falls: ...
_LOOK_LID, _LOOK_HEAD_DEG = 0.045, 3.0  # ... the lids, or the head, fell further than this
_HIDDEN_S = 1.0  # behind a yawn or a closure this long they may have sunk: ...
_SETTLE_S = 1.0  # ... where they stand in this time after it is their rest, ...
_HEAD_DOWN_DEG = 8.0  # ... unless the head looks down
_GAP_S = 0.25


class LidRest:
    """The rest of the upper lids. Heights are shares of the eye's width, as of a level head."""

    def __init__(self) -> None:
        self._usual = Usual(-0.1, 0.4, 200, _SPAN_SHARE)
        self._sunk = 0.0
        self._last_ns: int | None = None
        self._seen: deque[tuple[int, float, float]] = deque()  # when, height, head's drop: on the road just before
        self._hidden: tuple[int, int] | None = None  # since when, and until when, a yawn or a closure hid them
        self._settled_ns: int | None = None  # when they will have come to rest after it

    def learn(self, height: float, weight: float) -> None:
        """Count a height for ``weight`` seconds."""
        self._usual.learn(height, weight)

    def above(self, height: float) -> float:
        """How far lids at this height stand above (+) or below their rest."""
        return height - self._usual.zero + self._sunk

    def hide(self, t_ns: int) -> None:
        """A yawn or a closure hides them."""
        since_ns = t_ns if self._hidden is None or t_ns - self._hidden[1] > nanoseconds(_GAP_S) else self._hidden[0]
        self._hidden = since_ns, t_ns

    def follow(self, t_ns: int, height: float, lowered: float, on_road: bool) -> None:
        """They stand at this height.

        ``lowered``: how far the head points below its straight-ahead, degrees; ``on_road``: where the last look was.
        """
        last_ns, self._last_ns = self._last_ns, t_ns
        hidden, self._hidden = self._hidden, None
        if not on_road:
            self._seen.clear()
            self._settled_ns = None
            return
        just_seen_again = hidden is not None and t_ns - hidden[1] <= nanoseconds(_GAP_S)
        if hidden is not None and just_seen_again and hidden[1] - hidden[0] >= nanoseconds(_HIDDEN_S):
            self._settled_ns = t_ns + nanoseconds(_SETTLE_S)
            self._seen.clear()
        known, looks = self._before(t_ns, height, lowered)
        if self._settled_ns is not None and (t_ns > self._settled_ns or looks):
            self._settled_ns = None
        fallen = self._usual.zero - height
        if self._settled_ns is not None:
            if fallen <= _DEEPEST + _LOOK_LID and lowered < _HEAD_DOWN_DEG:
                self._sunk = max(0.0, min(_DEEPEST, fallen))
            return
        dt_s = 0.0 if last_ns is None else min(seconds(t_ns - last_ns), _GAP_S)
        risen = self._sunk - max(0.0, fallen)  # lids above the learned rest look up
        sunk = self._sunk - dt_s / (_RISE_S if risen > _RISEN else _SINK_S) * risen
        if known and not looks:
            sunk = max(sunk, min(fallen - _SLOW_MOST, self._sunk + dt_s * _SLOW_PER_S))
        self._sunk = max(0.0, min(_DEEPEST, sunk))

    def _before(self, t_ns: int, height: float, lowered: float) -> tuple[bool, bool]:
        """Whether the last moments are known, and whether lids or head fell in them as in a look."""
        seen = self._seen
        while seen and t_ns - seen[0][0] > nanoseconds(_LOOK_S):
            seen.popleft()
        known = bool(seen) and t_ns - seen[0][0] >= nanoseconds(_LOOK_S) // 2
        looks = any(before - height > _LOOK_LID or lowered - drop > _LOOK_HEAD_DEG for _, before, drop in seen)
        seen.append((t_ns, height, lowered))
        return known, looks
