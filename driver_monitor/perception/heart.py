"""Heart rate and its variability from RR intervals or from a rate alone; skin conductance and temperature carried through.

RMSSD is the root mean square of differences between adjacent clean intervals; SDNN the standard deviation (n - 1) of all
clean ones. Formulas and sources: :mod:`driver_monitor.perception.heart_variability`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from driver_monitor import settings
from driver_monitor.perception.baseline import Learning
from driver_monitor.perception.heart_variability import lf_hf, pnn50, rmssd, stress_index, successive
from driver_monitor.signals import NS_PER_S, HeartBeat, HeartMeasurement, nanoseconds, seconds

RATE_S = 15.0
"""The rate is over the last 15 s: long enough to even out breathing, short enough to follow a fright."""

MIN_RATE_BEATS = 3
NEIGHBOURS = 4
"""An interval is judged against the median of itself and this many on either side."""

GAP_S = 1.1
"""A message this much later than its interval says follows a gap: wearables may hold beats back for a second."""

SPECTRUM_S = 5.0
"""The spectrum and the stress index are worked out this often: they move over minutes."""

SKIN_STALE_S = 30.0
"""Skin conductance and temperature are sent less often than beats, and change slowly."""

MIN_SKIN_US = 0.05
"""Below this (µS) the electrodes do not touch."""

MIN_BPM, MAX_BPM = 25.0, 240.0
"""A rate outside is no heart (many wearables send 0 for 'lost')."""


@dataclass(frozen=True, slots=True)
class _Interval:
    t_ns: int
    rr_ms: float
    run: int  # intervals of one run follow each other without a gap


class Heart:
    """Heart figures over sliding windows; time comes from the messages."""

    def __init__(self, settings: settings.Heart) -> None:
        self._settings = settings
        self._intervals: deque[_Interval] = deque()
        self._rates: deque[tuple[int, float]] = deque()
        self._run = 0
        self._contact = True
        self._last_ns: int | None = None
        self._beat_ns: int | None = None
        self._slow: tuple[float | None, float | None] = (None, None)  # LF/HF, stress index
        self._slow_ns: int | None = None
        self._skin: dict[str, tuple[int, float]] = {}

    def step(self, beat: HeartBeat) -> HeartMeasurement:
        """Take one message in."""
        if self._last_ns is not None and beat.t_ns < self._last_ns:
            # the clock was set back: what was learned of the past cannot be placed any more
            self._intervals.clear()
            self._rates.clear()
            self._beat_ns = self._slow_ns = None
            self._skin.clear()
        self._last_ns = beat.t_ns
        for name, value in (("us", beat.skin_us), ("c", beat.skin_c)):
            if value is not None and math.isfinite(value):
                self._skin[name] = (beat.t_ns, value)
        if beat.contact is not None:
            self._contact = beat.contact
        if not self._contact:
            self._run += 1
            return self.measure(beat.t_ns)
        if beat.rr_ms is not None:
            self._take_interval(beat.t_ns, beat.rr_ms)
        if beat.rate_bpm is not None and MIN_BPM <= beat.rate_bpm <= MAX_BPM:
            self._rates.append((beat.t_ns, beat.rate_bpm))
            self._beat_ns = beat.t_ns
        return self.measure(beat.t_ns)

    def _take_interval(self, t_ns: int, rr_ms: float) -> None:
        rr_ms = rr_ms if 0.0 <= rr_ms < 1e6 else 0.0  # no interval: an artefact like any other (also NaN)
        if self._intervals and t_ns - self._intervals[-1].t_ns > nanoseconds(rr_ms / 1000.0 + GAP_S):
            self._run += 1
        self._intervals.append(_Interval(t_ns, rr_ms, self._run))
        if self._settings.rr_min_ms <= rr_ms <= self._settings.rr_max_ms:
            self._beat_ns = t_ns

    def measure(self, t_ns: int) -> HeartMeasurement:
        """Work out the figures as they stand at ``t_ns``."""
        s = self._settings
        oldest = t_ns - nanoseconds(s.window_s)
        while self._intervals and self._intervals[0].t_ns < oldest:
            self._intervals.popleft()
        while self._rates and self._rates[0][0] < t_ns - nanoseconds(RATE_S):
            self._rates.popleft()
        skin_us, skin_c = self._skin_now("us", t_ns), self._skin_now("c", t_ns)
        if not self._contact:
            return HeartMeasurement(t_ns, None, reason="the wearable has no skin contact")
        if self._beat_ns is None:
            return HeartMeasurement(t_ns, None, reason="no heart beat seen yet", skin_us=skin_us, skin_c=skin_c)
        silent_s = seconds(t_ns - self._beat_ns)
        if silent_s > s.stale_s:
            return HeartMeasurement(t_ns, None, reason=f"no heart beat for {silent_s:.0f} s", skin_us=skin_us, skin_c=skin_c)
        rr, runs, clean = self._clean()
        share = float(1.0 - clean.mean()) if rr.size else 0.0
        clean_s = float(rr[clean].sum()) / 1000.0
        steps = successive(rr, runs, clean)
        own_rmssd = rmssd(steps) if clean_s >= s.rmssd_min_s else None
        long_enough = clean_s >= s.sdnn_min_s
        rate = self._rate(t_ns, rr, clean)
        low_high, index = self._slowly(t_ns, rr, clean, clean_s)
        return HeartMeasurement(
            t_ns,
            _rounded(rate),
            _rounded(own_rmssd),
            _rounded(float(np.std(rr[clean], ddof=1)) if long_enough else None),
            round(share, 4),
            self._why(rate, own_rmssd, rr.size, clean_s, share),
            _rounded(pnn50(steps) if long_enough else None),
            _rounded(low_high),
            _rounded(index),
            skin_us,
            skin_c,
        )

    def _slowly(
        self, t_ns: int, rr: NDArray[np.float64], clean: NDArray[np.bool_], clean_s: float
    ) -> tuple[float | None, float | None]:
        """LF/HF and the stress index, anew every few seconds."""
        if clean_s < self._settings.spectrum_min_s:
            self._slow, self._slow_ns = (None, None), None
        elif self._slow_ns is None or t_ns - self._slow_ns >= nanoseconds(SPECTRUM_S):
            times = np.array([i.t_ns for i in self._intervals], np.float64)[clean] / NS_PER_S
            self._slow, self._slow_ns = (lf_hf(times, rr[clean]), stress_index(rr[clean])), t_ns
        return self._slow

    def _skin_now(self, name: str, t_ns: int) -> float | None:
        last = self._skin.get(name)
        return None if last is None or t_ns - last[0] > nanoseconds(SKIN_STALE_S) else round(last[1], 4)

    def _clean(self) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
        rr = np.array([i.rr_ms for i in self._intervals], np.float64)
        runs = np.array([i.run for i in self._intervals], np.int64)
        clean = (rr >= self._settings.rr_min_ms) & (rr <= self._settings.rr_max_ms)
        possible = rr[clean]
        if possible.size >= 3:
            edges = np.pad(possible, NEIGHBOURS, constant_values=np.nan)
            local = np.nanmedian(np.lib.stride_tricks.sliding_window_view(edges, 2 * NEIGHBOURS + 1), axis=1)
            clean[clean] = np.abs(possible / local - 1.0) <= self._settings.rr_jump
        return rr, runs, clean

    def _rate(self, t_ns: int, rr: NDArray[np.float64], clean: NDArray[np.bool_]) -> float | None:
        times = np.array([i.t_ns for i in self._intervals], np.int64)
        recent = rr[clean & (times >= t_ns - nanoseconds(RATE_S))] if rr.size else rr
        if recent.size >= MIN_RATE_BEATS:
            return float(60_000.0 / recent.mean())
        return median(rate for _, rate in self._rates) if self._rates else None

    def _why(self, rate: float | None, rmssd: float | None, intervals: int, clean_s: float, share: float) -> str | None:
        if rate is None:
            return "too few clean heart beats in the last 15 s"
        if rmssd is not None:
            return None
        if not intervals:
            return "the feed has a rate but no RR intervals, so there is no heart-rate variability"
        if clean_s < self._settings.rmssd_min_s:
            left_out = f" ({share:.0%} of the beats left out as artefacts)" if share > 0.0 else ""
            return f"RMSSD needs {self._settings.rmssd_min_s:.0f} s of clean beats, {clean_s:.0f} s so far{left_out}"
        return "no two clean beats follow each other"


def _rounded(x: float | None) -> float | None:
    return None if x is None else round(x, 3)


class HeartBaseline:
    """The driver's own rest: rate, its spread and RMSSD over ``baseline_s`` of heart time, then frozen."""

    MIN_SD, MAX_SD = 2.0, 8.0
    """Bounds of the own spread (beats/min): a still first minute must not make every beat a surprise."""

    def __init__(self, settings: settings.Heart) -> None:
        self._learning = Learning(settings.baseline_s, max_step_s=2.0)
        self._rates: list[float] = []
        self._rmssds: list[float] = []
        self._next_ns = 0
        self._rest: tuple[float, float, float | None] | None = None
        self._skins: list[float] = []
        self._skin_rest: float | None = None

    @property
    def learned(self) -> bool:
        """True once the own rest is known and frozen."""
        return self._rest is not None

    @property
    def left_s(self) -> float:
        """Heart time still needed (s)."""
        return self._learning.left_s

    def learn(self, m: HeartMeasurement) -> None:
        """Take one measurement in."""
        self._learning.step(m.t_ns, m.rate_bpm is not None)
        if self.learned or m.rate_bpm is None:
            return
        if m.t_ns >= self._next_ns:  # one a second, however often it is measured
            self._next_ns = m.t_ns + nanoseconds(1.0)
            self._rates.append(m.rate_bpm)
            if m.rmssd_ms is not None:
                self._rmssds.append(m.rmssd_ms)
            if m.skin_us is not None:
                self._skins.append(m.skin_us)
        if self._learning.done:
            spread = min(self.MAX_SD, max(self.MIN_SD, float(np.std(self._rates))))
            self._rest = (median(self._rates), spread, median(self._rmssds) if self._rmssds else None)
            self._skin_rest = median(self._skins) if self._skins else None

    def rise_sd(self, rate_bpm: float) -> float | None:
        """Rate above the own rest, in own standard deviations."""
        return None if self._rest is None else (rate_bpm - self._rest[0]) / self._rest[1]

    def rmssd_log_ratio(self, m: HeartMeasurement) -> float | None:
        """Natural logarithm of RMSSD over its value at rest; below 0 when variability fell."""
        if self._rest is None or not self._rest[2] or not m.rmssd_ms:
            return None
        return math.log(m.rmssd_ms / self._rest[2])

    def skin_log_ratio(self, m: HeartMeasurement) -> float | None:
        """Natural logarithm of skin conductance over its value at rest; above 0 when the skin sweats more."""
        if not self._skin_rest or self._skin_rest < MIN_SKIN_US or m.skin_us is None:
            return None
        return math.log(max(m.skin_us, MIN_SKIN_US) / self._skin_rest)
