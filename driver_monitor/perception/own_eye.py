"""One eye of this driver as this camera sees it: what open and shut look like, and how far each cue can be trusted."""

from __future__ import annotations

from collections import deque

from driver_monitor import settings
from driver_monitor.perception.baseline import TimeHistogram
from driver_monitor.signals import Estimate, EyeReading, nanoseconds

_OPEN_QUANTILE = 0.7  # of usable time: above the blinks and half-closed stretches, below wide-eyed moments
_BLINK_REST_QUANTILE = 0.4
_BLINK_SHUT = 0.66  # the blink face unit of a shut eye (0.40-0.90 on rendered heads, 0.6-0.8 on real ones)
_PRIOR_S = 2.0  # the population's open eye counts as this much seen time
_PRIOR_BLINK_REST = 0.12
_OPEN_RANGE = (0.15, 0.45)  # an open eye's aspect ratio lies in here whoever it is
_REREAD_S = 0.2  # the open eye is read anew after this much more was learned
_DIP_S = 0.35  # a blink falls and rises again within this time on either side of its lowest point
_DIP_DEPTH = 0.4  # ... by at least this share of the open eye
_PRIOR_DIPS = 2.0  # the population's shut eye counts as this many blinks
_OWN_FLOOR = 0.15  # a shut eye's ratio lies within this of what the camera's place makes one expect
_SHUT_BLINK = (0.35, 0.95)
_BLINK_LEAST = 0.15  # the blink unit of a shut eye is at least so far above that of an open one
_RISE = 1.10  # after freezing, a block may raise the open eye by no more than this factor
# seen from above, the landmarks of a shut eye keep a gap: this share of the open one per degree (rendered heads)
_FLOOR_PER_DEG, _FLOOR_FROM_DEG, _FLOOR_MOST = 0.006, -2.0, 0.25
# half-closed lids are read too open, the more so the lower the camera: initial slope of the curve that undoes it (rendered heads)
_SLOPE_LEVEL, _SLOPE_PER_DEG, _SLOPE_RANGE = 0.55, -0.022, (0.4, 1.1)
_SHAPE_TRUST = 2.5  # at equal noise the lid gap counts this many times the blink unit, whose shut end differs more by person
_SHAPE_WEIGHT = (0.55, 0.85)
_NOISE_S = 5.0  # noise is a mean over so long
_NOISE_PRIOR = 0.03
_STILL_OPEN = 0.75  # noise is read off an open eye ...
_STILL_STEP = 0.15  # ... and steps larger than this are lids that move
_NOISE_GAP_S = 0.25
_PRIOR_GAP, _GAP_RANGE = 0.25, (0.12, 0.45)  # an open eye's gap as the lid network sees it, of 30 mm
_LANDMARKS_ERROR = 0.2  # of the landmarks' openness, beside which that of the picture weighs (rendered people; models/lids.md)


def shut_floor(head_pitch: float) -> float:
    """A shut eye's ratio as a share of the open one, for a head seen at this pitch (degrees, below 0: from above)."""
    return max(0.0, min(_FLOOR_MOST, _FLOOR_PER_DEG * (_FLOOR_FROM_DEG - head_pitch)))


def straightened(share: float, rest_pitch: float) -> float:
    """Openness that is linear in the lid gap, from the landmarks' share of open.

    ``rest_pitch`` is the head's usual pitch to the camera, degrees.
    """
    if share >= 1.0:
        return share
    slope = max(_SLOPE_RANGE[0], min(_SLOPE_RANGE[1], _SLOPE_LEVEL + _SLOPE_PER_DEG * rest_pitch))
    return max(0.0, share) * (slope + (1.0 - slope) * share)


class _Dips:
    """The lowest points of blinks, found by their shape alone: what a shut eye of this driver looks like to this camera."""

    def __init__(self) -> None:
        self._window: deque[tuple[int, EyeReading]] = deque()
        self._taken_ns = 0

    def step(self, t_ns: int, reading: EyeReading, open_ear: float) -> EyeReading | None:
        """Take a reading; gives the lowest reading of a blink once both its sides have been seen."""
        window, half = self._window, nanoseconds(_DIP_S)
        window.append((t_ns, reading))
        while t_ns - window[0][0] > 2 * half:
            window.popleft()
        low_ns, low = min(window, key=lambda x: x[1].ear)
        if low_ns <= self._taken_ns or t_ns - low_ns < half or low_ns - window[0][0] < half // 2:
            return None
        rim = low.ear + _DIP_DEPTH * open_ear
        before = max(r.ear for t, r in window if t < low_ns)
        after = max(r.ear for t, r in window if t > low_ns)
        if before < rim or after < rim:
            return None
        self._taken_ns = low_ns
        return low


class _Noise:
    """How much an open eye's cue jumps from picture to picture, as a share of its range."""

    def __init__(self) -> None:
        self.value = _NOISE_PRIOR
        self._last: float | None = None

    def step(self, dt_s: float, share: float) -> None:
        last, self._last = self._last, share
        if last is None or share < _STILL_OPEN or not 0.0 < dt_s <= _NOISE_GAP_S:
            return
        jump = abs(share - last)
        if jump < _STILL_STEP:
            self.value += dt_s / _NOISE_S * (jump - self.value)


class _OwnOpen:
    """A quantity of the own open eye: learned, frozen, later only raised, and that little by little."""

    def __init__(self, prior: float, limits: tuple[float, float]) -> None:
        self._seen = TimeHistogram(0.0, 0.6, 120)
        self._seen.add(prior, _PRIOR_S)
        self._block = TimeHistogram(0.0, 0.6, 120)
        self._limits = limits
        self.value = prior

    def learn(self, value: float, weight: float) -> None:
        """An open or a shut eye of the first minute."""
        self._seen.add(value, weight)

    def settle(self) -> None:
        """Read it anew."""
        low, high = self._limits
        self.value = max(low, min(high, self._seen.quantile(_OPEN_QUANTILE) or self.value))

    def watch(self, value: float, weight: float, block_s: float) -> None:
        """After freezing: a whole block of wider eyes raises it, nothing lowers it."""
        self._block.add(value, weight)
        if self._block.total >= block_s:
            wider = self._block.quantile(_OPEN_QUANTILE)
            if wider is not None and wider > self.value:
                self.value = min(wider, self.value * _RISE, self._limits[1])
            self._block = TimeHistogram(0.0, 0.6, 120)


class OwnEye:
    """One eye, open and shut. Open: learned, frozen, later only raised. Shut: learned from blinks as long as they come."""

    def __init__(self, eyes: settings.Eyes) -> None:
        self._settings = eyes
        self._open = _OwnOpen(eyes.prior_open_ear, _OPEN_RANGE)
        self._gap = _OwnOpen(_PRIOR_GAP, _GAP_RANGE)
        self._rest = TimeHistogram(0.0, 1.0, 100)
        self._rest.add(_PRIOR_BLINK_REST, _PRIOR_S)
        self.rest = _PRIOR_BLINK_REST
        self._learned_s, self._read_s = _PRIOR_S, 0.0
        self._dips = _Dips()
        self._floors = TimeHistogram(-0.5, 0.5, 100)
        self._shut_blinks = TimeHistogram(0.0, 1.0, 100)
        self._floors.add(eyes.closed_share, _PRIOR_DIPS)
        self._shut_blinks.add(_BLINK_SHUT, _PRIOR_DIPS)
        self._floor = eyes.closed_share
        self._shut_blink = _BLINK_SHUT
        self._shape_noise, self._unit_noise = _Noise(), _Noise()

    def see(self, t_ns: int, reading: EyeReading, head_pitch: float) -> None:
        """Watch for blinks, and take from them what shut looks like."""
        low = self._dips.step(t_ns, reading, self.ear)
        if low is None:
            return
        self._floors.add(low.ear / self.ear - shut_floor(head_pitch), 1.0)
        self._shut_blinks.add(low.blink, 1.0)
        # the deeper blinks: at a low frame rate many are met half-way
        floor, blink = self._floors.quantile(0.35), self._shut_blinks.quantile(0.65)
        if floor is not None and blink is not None:
            middle = self._settings.closed_share
            self._floor = max(middle - _OWN_FLOOR, min(middle + _OWN_FLOOR, floor))
            self._shut_blink = max(_SHUT_BLINK[0], min(_SHUT_BLINK[1], blink))

    @property
    def ear(self) -> float:
        """The own open eye's aspect ratio."""
        return self._open.value

    def learn(self, reading: EyeReading, weight: float) -> None:
        """Take an open or a shut eye of the first minute."""
        self._open.learn(reading.ear, weight)
        if reading.seen is not None:
            self._gap.learn(reading.seen.value, weight)
        self._rest.add(reading.blink, weight)
        self._learned_s += weight
        if self._learned_s - self._read_s < _REREAD_S:
            return
        self._read_s = self._learned_s
        self._open.settle()
        self._gap.settle()
        self.rest = min(0.35, self._rest.quantile(_BLINK_REST_QUANTILE) or self.rest)

    def watch(self, reading: EyeReading, weight: float) -> None:
        """After freezing: a whole block of wider eyes raises the baseline, nothing lowers it."""
        self._open.watch(reading.ear, weight, self._settings.baseline_s)
        if reading.seen is not None:
            self._gap.watch(reading.seen.value, weight, self._settings.baseline_s)

    def openness(self, reading: EyeReading, dt_s: float, lowered: bool, head_pitch: float, rest_pitch: float) -> float:
        """Openness of one reading, 0 shut to 1 the own open eye, a little more when wide; both cues by their noise."""
        shut = self.ear * (self._floor + shut_floor(head_pitch))
        by_shape = (reading.ear - shut) / (self.ear - shut)
        shut_blink = max(self._shut_blink, self.rest + _BLINK_LEAST)
        by_unit = (shut_blink - reading.blink) / (shut_blink - self.rest)
        shape_noise, unit_noise = self._shape_noise, self._unit_noise
        shape_noise.step(dt_s, by_shape)
        unit_noise.step(dt_s, by_unit)
        if lowered:  # a lowered gaze pulls the lid down with it: then both cues must say closed
            both = max(by_shape, by_unit)
        else:
            quiet = _SHAPE_TRUST * unit_noise.value**2
            weight = max(_SHAPE_WEIGHT[0], min(_SHAPE_WEIGHT[1], quiet / (quiet + shape_noise.value**2)))
            both = weight * by_shape + (1.0 - weight) * by_unit
        return min(1.2, self._with_picture(straightened(both, rest_pitch), reading.seen))

    def _with_picture(self, openness: float, seen: Estimate | None) -> float:
        """The landmarks' openness joined with what the picture itself shows, each by its error."""
        if seen is None:
            return openness
        share = (_LANDMARKS_ERROR * self._gap.value / max(seen.error, 1e-3)) ** 2
        return (openness + share * max(0.0, seen.value / self._gap.value)) / (1.0 + share)
