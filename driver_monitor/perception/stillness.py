"""Eyes that show no sign of life: behind a dark or shining lens the landmarks give an eye that neither blinks nor looks."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from driver_monitor import settings
from driver_monitor.signals import NS_PER_S

_SEEN_SHARE = 0.8  # of the time asked for, eyes must have been measured
_LID_RANGE = 0.35  # a blink moves the openness further than this (a hidden eye's jitter on rendered heads: up to 0.3)
_LOOK_RANGE_DEG = 4.0  # a look moves a second's mean further than this
_HALF_OPEN = 0.5  # lids lower than this are no still open eye: closed eyes are for the closure rules


@dataclass(slots=True)
class _Second:
    number: int
    least: float
    most: float
    yaw_sum: float
    count: int


class Stillness:
    """Whether the eyes have neither blinked nor looked anywhere for ``eyes.still_s``, in cells of a second."""

    def __init__(self, eyes: settings.Eyes) -> None:
        self._still_s = eyes.still_s
        self._seconds: deque[_Second] = deque()
        self._still = False

    def step(self, t_ns: int, openness: float, eye_yaw: float | None) -> bool:
        """Take one picture; true while the eyes are still."""
        number, cells = t_ns // NS_PER_S, self._seconds
        if not cells or cells[-1].number != number:
            self._still = self._judge(number)
            cells.append(_Second(number, openness, openness, 0.0, 0))
        cell = cells[-1]
        cell.least, cell.most = min(cell.least, openness), max(cell.most, openness)
        if eye_yaw is not None:
            cell.yaw_sum += eye_yaw
            cell.count += 1
        if self._still and self._lids_moved():
            self._still = False
        return self._still

    def _judge(self, number: int) -> bool:
        cells = self._seconds
        while cells and number - cells[0].number > self._still_s:
            cells.popleft()
        if len(cells) < _SEEN_SHARE * self._still_s or self._lids_moved():
            return False
        looks = [c.yaw_sum / c.count for c in cells if c.count]
        return not looks or max(looks) - min(looks) < _LOOK_RANGE_DEG

    def _lids_moved(self) -> bool:
        least, most = min(c.least for c in self._seconds), max(c.most for c in self._seconds)
        return most - least > _LID_RANGE or least < _HALF_OPEN
