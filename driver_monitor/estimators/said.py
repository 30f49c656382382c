"""What the driver said, as terms: by topic, fading. Words never make a state by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from driver_monitor.estimators.evidence import term
from driver_monitor.signals import Event, Evidence, nanoseconds, seconds

MOST = 1.5  # log-odds that all that was said may add (design)
TIRED_WORDS: Mapping[str, float] = {"tired": 0.8, "break": 0.4}  # of fatigue; people know when they are sleepy (KSS); design
_NAMES = {"tired": "said to be tired", "break": "asked for a break", "stop": "asked to stop", "swearing": "swore"}


class Said:
    """When each topic was last spoken of, for as long as that counts."""

    def __init__(self, weights: Mapping[str, float], memory_s: float) -> None:
        self._weights = weights
        self._memory_ns = nanoseconds(memory_s)
        self._last: dict[str, int] = {}

    def step(self, event: Event) -> None:
        """Take a ``keyword`` event."""
        topic = dict(event.detail).get("about")
        if isinstance(topic, str) and topic in self._weights:
            self._last[topic] = event.t_ns

    def terms(self, t_ns: int) -> list[Evidence]:
        """The terms now; in full at first, then falling to nothing over ``memory_s``."""
        left = MOST
        out = []
        for topic in sorted(self._last):
            since = t_ns - self._last[topic]
            if since >= self._memory_ns:
                del self._last[topic]
                continue
            weight = min(left, self._weights[topic] * (1.0 - since / self._memory_ns))
            left -= weight
            out.append(term(_NAMES[topic], weight, seconds(since), "s ago"))
        return out
