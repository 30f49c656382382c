"""When to ask the vehicle for what, by OBD-II mode 01: requests to read current data, and nothing else.

One question is open at a time. A quantity that is not answered is asked for less and less often, up to every half minute; any
answer ends that, for then the vehicle is awake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from driver_monitor.signals import CanFrame, nanoseconds

REQUEST_IDS: dict[str, tuple[int, bool]] = {"11 bit": (0x7DF, False), "29 bit": (0x18DB_33F1, True)}
"""Functional requests, to all units that know of emissions (ISO 15765-4)."""
_READ_CURRENT = 0x01
_FILL = b"\xcc"  # bytes of a request that say nothing
_ANSWER_NS = nanoseconds(0.1)  # a unit answers within 50 ms (ISO 15765-4), a gateway takes longer
_SLOWEST_NS = nanoseconds(30.0)
_PATIENCE = 3  # so many questions without an answer before asking less often
SPEED, ENGINE_SPEED, THROTTLE = 0x0D, 0x0C, 0x11


@dataclass(slots=True)
class _Asked:
    every_ns: int
    due_ns: int = 0
    wait_ns: int = 0
    missed: int = 0


class ObdPoll:
    """A schedule without a clock: :meth:`due` gives what to send now, :meth:`heard` takes what came.

    Parameters
    ----------
    rates_hz
        How often each quantity (by its number in mode 01) is asked for.
    ids
        "11 bit" or "29 bit".
    """

    def __init__(self, rates_hz: dict[int, float], ids: Literal["11 bit", "29 bit"]) -> None:
        self.request_id, self.extended = REQUEST_IDS[ids]
        self._asked = {pid: _Asked(nanoseconds(1.0 / hz)) for pid, hz in rates_hz.items()}
        self._open: tuple[int, int] | None = None  # the quantity asked for, and when

    def due(self, t_ns: int) -> bytes | None:
        """The request to send at ``t_ns``, if any."""
        if self._open is not None:
            pid, since_ns = self._open
            if t_ns - since_ns < _ANSWER_NS:
                return None
            self._open = None
            self._missed(self._asked[pid])
        pid = min(self._asked, key=lambda pid: self._asked[pid].due_ns)  # of equal ones the first named
        if self._asked[pid].due_ns > t_ns:
            return None
        asked = self._asked[pid]
        asked.due_ns = t_ns + max(asked.every_ns, asked.wait_ns)
        self._open = (pid, t_ns)
        return bytes((2, _READ_CURRENT, pid)).ljust(8, _FILL)

    def wait_s(self, t_ns: int) -> float:
        """How long nothing is to be sent."""
        next_ns = min((asked.due_ns for asked in self._asked.values()), default=t_ns + _SLOWEST_NS)
        if self._open is not None:
            next_ns = max(next_ns, self._open[1] + _ANSWER_NS)
        return max(0, next_ns - t_ns) * 1e-9

    def heard(self, frame: CanFrame) -> None:
        """Take a reply: a single frame of service 01."""
        if len(frame.data) < 3 or frame.data[0] >> 4 or frame.data[1] != _READ_CURRENT + 0x40:
            return
        pid = frame.data[2]
        if self._open is not None and self._open[0] == pid:
            self._open = None
        asked = self._asked.get(pid)
        if asked is None:
            return
        asked.missed = 0
        for other in self._asked.values():
            if other.wait_ns:
                other.missed, other.wait_ns = 0, 0
                other.due_ns = min(other.due_ns, frame.t_ns + other.every_ns)

    def _missed(self, asked: _Asked) -> None:
        asked.missed += 1
        if asked.missed >= _PATIENCE:
            asked.wait_ns = min(_SLOWEST_NS, max(asked.every_ns, asked.wait_ns) * 2)
