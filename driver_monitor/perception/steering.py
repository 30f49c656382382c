"""Steering and lane keeping off the vehicle bus: late big corrections, and how far the car weaves.

A sleepy driver lets the wheel rest, then answers the drift at once and too much: a calm stretch, a fast turn, and back (the
"dead band" pattern of steering-based drowsiness warnings, common knowledge of the field, not verified). Both figures are held
against the driver's own first minutes at speed. Samples are put into cells of a tenth of a second, so that the bus's own rate
does not move them.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from driver_monitor import settings
from driver_monitor.perception.baseline import TimeHistogram
from driver_monitor.perception.reversals import Reversals
from driver_monitor.signals import NS_PER_S, VehicleMeasurement, nanoseconds

_CELL_NS = NS_PER_S // 10
_CELL_S = 0.1
_BRIDGED = 2  # empty cells between two full ones: jitter of a 10 Hz bus, no gap
_RATE_S = 5.0
_RATE_SLACK = 0.95
_TURN_DEG = 45.0  # the wheel this far round: a bend or a turn, no lane keeping
# the pattern (design): calm for so long, then a fast turn of so much, half of it undone soon after
_CALM_S, _JERK_S, _BACK_S = 2.5, 0.8, 2.5
_CALM_SHARE = 0.7  # of the own usual play over 3 s
_PLAY_S = 3.0
_JERK_SHARE, _JERK_MIN_DEG = 4.0, 3.0
_PLAY_MIN_DEG, _PLAY_MAX_DEG = 0.4, 3.0  # bounds of the own play: an empty straight must not make every move a surprise
_LANE_JUMP_M = 1.5  # the offset is told from another lane's middle now
_LANE_BLOCK_S = 60.0
_LANE_HZ = 4.0  # slower ones leave more cells empty than are bridged
_LANE_SHARE = 2.0 / 3.0  # of its window, that weaving needs (design)


@dataclass(frozen=True, slots=True)
class SteeringMeasurement:
    """Steering over its window, each figure ``None`` with a reason until there is enough.

    ``corrections`` late big corrections; ``play_deg`` the driver's own usual play of the wheel over 3 s; ``sdlp_m`` standard
    deviation of the place in the lane, and the driver's own ``own_sdlp_m``; ``reversals_per_min`` as :mod:`.reversals` counts.
    """

    t_ns: int
    corrections: int | None = None
    play_deg: float | None = None
    reason: str | None = None
    sdlp_m: float | None = None
    own_sdlp_m: float | None = None
    lane_reason: str | None = None
    reversals_per_min: float | None = None


class _Cells:
    """Means of what came in each tenth of a second."""

    def __init__(self) -> None:
        self._k: int | None = None
        self._sum, self._n = 0.0, 0
        self._last: tuple[int, float] | None = None
        self._broken = False

    def add(self, t_ns: int, value: float | None) -> list[tuple[int, float | None]]:
        """Take a value (``None``: not to be used now); the cells that are finished, a ``None`` where the row is broken."""
        k = t_ns // _CELL_NS
        out: list[tuple[int, float | None]] = []
        if self._k is not None and k > self._k:
            out = self._close()
        self._k = k
        if value is None:
            self._broken = True
        else:
            self._sum, self._n = self._sum + value, self._n + 1
        return out

    def _close(self) -> list[tuple[int, float | None]]:
        assert self._k is not None
        k, broken, n = self._k, self._broken, self._n
        mean = self._sum / n if n else 0.0
        self._sum, self._n, self._broken = 0.0, 0, False
        if broken or not n:
            self._last = None
            return [(k, None)]
        out: list[tuple[int, float | None]] = []
        last, self._last = self._last, (k, mean)
        if last is not None and k - last[0] > 1:
            missed = k - last[0] - 1
            if missed > _BRIDGED:
                out.append((k - 1, None))
            else:
                out += [(last[0] + j, last[1] + (mean - last[1]) * j / (missed + 1)) for j in range(1, missed + 1)]
        return [*out, (k, mean)]


class Steering:
    """Follows the wheel and the place in the lane; :meth:`step` takes the drive as the bus tells it."""

    def __init__(self, fatigue: settings.Fatigue) -> None:
        self._f = fatigue
        self._wheel, self._lane = _Cells(), _Cells()
        self._reversals = Reversals(fatigue.steering_window_s)
        self._told: deque[int] = deque()  # when the wheel's angle came
        self._gate: str | None = "the vehicle bus has not been heard yet"
        self._run: deque[float] = deque(maxlen=round((_CALM_S + _JERK_S) / _CELL_S))
        self._away: tuple[int, float, float] | None = None  # a fast turn: its cell, where it began, how far it has gone
        self._play = TimeHistogram(0.0, 20.0, 400)
        self._own_deg: float | None = None
        self._usable: deque[tuple[int, list[float]]] = deque()  # (second, [wheel s, lane n, sum, sum of squares])
        self._found: deque[int] = deque()
        self._lane_told: deque[int] = deque()  # when the place in the lane came
        self._lane_last: float | None = None
        self._lane_block = [0.0, 0.0, 0.0]
        self._lane_own: list[float] = []
        self._own_sdlp: float | None = None
        self._lane_gate: str | None = "no place in the lane on the bus"

    def step(self, drive: VehicleMeasurement) -> None:
        """Take the drive as told at one time."""
        gate = self._closed_by(drive)
        fresh_ns = drive.t_ns if drive.steering_ns is None else drive.steering_ns
        if drive.steering_deg is None:
            self._gate = drive.reason or "no steering angle on the bus"
        elif not self._told or fresh_ns > self._told[-1]:
            self._told.append(fresh_ns)
            far = abs(drive.steering_deg) > _TURN_DEG
            self._gate = gate
            for k, value in self._wheel.add(fresh_ns, None if gate or far else drive.steering_deg):
                self._wheel_cell(k, value)
        for told in (self._told, self._lane_told):
            while told and drive.t_ns - told[0] > nanoseconds(_RATE_S):
                told.popleft()
        if drive.lane_offset_m is None:
            self._lane_gate = "no place in the lane on the bus"
        else:
            self._lane_gate = gate
            fresh_ns = drive.t_ns if drive.lane_offset_ns is None else drive.lane_offset_ns
            if not self._lane_told or fresh_ns > self._lane_told[-1]:  # held until the next one came, it would seem steadier
                self._lane_told.append(fresh_ns)
                for k, value in self._lane.add(fresh_ns, None if gate else drive.lane_offset_m):
                    self._lane_cell(k, value)

    def measure(self, t_ns: int) -> SteeringMeasurement:
        """The figures as they stand at ``t_ns``."""
        f = self._f
        since = t_ns - nanoseconds(f.steering_window_s)
        while self._found and self._found[0] < since:
            self._found.popleft()
        while self._usable and (self._usable[0][0] + 1) * NS_PER_S <= since:
            self._usable.popleft()
        reason, lane_reason = self._why(t_ns), self._why_lane(t_ns)
        return SteeringMeasurement(
            t_ns,
            None if reason else len(self._found),
            self._own_deg,
            reason,
            None if lane_reason else self._sdlp(),
            self._own_sdlp,
            lane_reason,
            None if reason else self._reversals_per_min(t_ns),
        )

    # ------------------------------------------------------------------------------------------------------------ gates

    def _closed_by(self, drive: VehicleMeasurement) -> str | None:
        """Why the drive now tells nothing of lane keeping."""
        if drive.speed_kmh is None:
            return "the speed is not known"
        if drive.speed_kmh < self._f.drowsy_min_kmh:
            return f"read from {self._f.drowsy_min_kmh:g} km/h"
        if drive.indicator not in (None, "off"):
            return "the turn indicator is on"
        return "the reverse gear is in" if drive.reverse else None

    def _why(self, t_ns: int) -> str | None:
        f = self._f
        usable = sum(cell[0] for _, cell in self._usable)
        if usable < f.steering_min_s or self._own_deg is None:
            if self._gate is not None:
                return self._gate
            rate = _rate_hz(self._told, t_ns)
            if rate < f.steering_min_hz * _RATE_SLACK:
                return f"steering needs {f.steering_min_hz:g} angles a second, {rate:.1f} come"
            if self._own_deg is None:
                return f"learning the own steering, {math.ceil(max(0.0, f.steering_own_s - self._play.total))} s left"
            return f"steering needs {f.steering_min_s:.0f} s at speed, {usable:.0f} s so far"
        return None

    def _why_lane(self, t_ns: int) -> str | None:
        f = self._f
        seen = sum(cell[1] for _, cell in self._usable) * _CELL_S
        needed = _LANE_SHARE * f.steering_window_s
        if seen < needed or self._own_sdlp is None:
            if self._lane_gate is not None:
                return self._lane_gate
            if (rate := _rate_hz(self._lane_told, t_ns)) < _LANE_HZ * _RATE_SLACK:
                return f"lane keeping needs {_LANE_HZ:g} places in the lane a second, {rate:.1f} come"
            if self._own_sdlp is None:
                left = f.steering_own_s - len(self._lane_own) * _LANE_BLOCK_S - self._lane_block[0] * _CELL_S
                return f"learning the own lane keeping, {math.ceil(max(0.0, left))} s left"
            return f"lane keeping needs {needed:.0f} s at speed, {seen:.0f} s so far"
        return None

    # -------------------------------------------------------------------------------------------------------- the wheel

    def _second(self, k: int) -> list[float]:
        second = k * _CELL_NS // NS_PER_S
        if not self._usable or self._usable[-1][0] < second:
            self._usable.append((second, [0.0, 0.0, 0.0, 0.0]))
        return self._usable[-1][1]

    def _reversals_per_min(self, t_ns: int) -> float:
        usable_s = sum(cell[0] for _, cell in self._usable)
        return round(60.0 * self._reversals.count(t_ns // _CELL_NS) / usable_s, 2)

    def _wheel_cell(self, k: int, value: float | None) -> None:
        self._reversals.step(k, value)
        if value is None:
            self._run.clear()
            self._away = None
            return
        self._run.append(value)
        rate = len(self._told) / _RATE_S
        if rate < self._f.steering_min_hz * _RATE_SLACK:
            return
        self._second(k)[0] += _CELL_S
        if len(self._run) < (self._run.maxlen or 0):
            return
        run = list(self._run)
        if self._own_deg is None:
            recent = run[-round(_PLAY_S / _CELL_S) :]
            self._play.add(max(recent) - min(recent), _CELL_S)
            if self._play.total >= self._f.steering_own_s - _CELL_S / 2:
                self._own_deg = min(_PLAY_MAX_DEG, max(_PLAY_MIN_DEG, self._play.quantile(0.5) or 0.0))
        elif self._away is None:
            self._watch_calm(k, run, self._own_deg)
        else:
            self._watch_back(k, value)

    def _watch_calm(self, k: int, run: list[float], own_deg: float) -> None:
        calm = run[: round(_CALM_S / _CELL_S)]
        gone = run[-1] - calm[-1]
        if max(calm) - min(calm) <= _CALM_SHARE * own_deg and abs(gone) >= max(_JERK_MIN_DEG, _JERK_SHARE * own_deg):
            self._away = (k, calm[-1], gone)

    def _watch_back(self, k: int, value: float) -> None:
        assert self._away is not None
        at, began, gone = self._away
        now = value - began
        if abs(now) > abs(gone) and now * gone > 0.0:
            self._away = (at, began, now)
        elif now / gone <= 0.5:
            self._found.append((at + 1) * _CELL_NS)
            self._away = None
        if (k - at) * _CELL_S > _BACK_S:  # it stays there: a bend
            self._away = None

    # --------------------------------------------------------------------------------------------------------- the lane

    def _lane_cell(self, k: int, value: float | None) -> None:
        last, self._lane_last = self._lane_last, value
        if value is None:
            return
        if last is not None and abs(value - last) > _LANE_JUMP_M:
            for _, cell in self._usable:
                cell[1:] = [0.0, 0.0, 0.0]
            self._lane_block = [0.0, 0.0, 0.0]
        sums = (1.0, value, value * value)
        cell = self._second(k)
        cell[1:] = [a + b for a, b in zip(cell[1:], sums, strict=True)]
        if self._own_sdlp is None:
            self._lane_block = [a + b for a, b in zip(self._lane_block, sums, strict=True)]
            if self._lane_block[0] * _CELL_S >= _LANE_BLOCK_S - _CELL_S / 2:
                self._lane_own.append(_variance(self._lane_block))
                self._lane_block = [0.0, 0.0, 0.0]
                if len(self._lane_own) * _LANE_BLOCK_S >= self._f.steering_own_s:
                    self._own_sdlp = math.sqrt(sum(self._lane_own) / len(self._lane_own))

    def _sdlp(self) -> float:
        """Over the window: over one minute an attentive driver may weave twice as far as over the next."""
        n, total, squares = (sum(cell[j] for _, cell in self._usable) for j in (1, 2, 3))
        return math.sqrt(_variance([n, total, squares]))


def _rate_hz(told: Iterable[int], t_ns: int) -> float:
    return sum(1 for at in told if at >= t_ns - nanoseconds(_RATE_S)) / _RATE_S


def _variance(sums: list[float]) -> float:
    n, total, squares = sums
    return max(0.0, squares / n - (total / n) ** 2) if n else 0.0
