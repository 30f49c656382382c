"""How broad the smile is, against the driver's own resting mouth, and whether it is a laugh: both narrow the eyes."""

from __future__ import annotations

from driver_monitor.perception.baseline import TimeHistogram
from driver_monitor.signals import FaceMeasurement, nanoseconds, seconds

_FROM = 0.3  # of the corners' face units: less is how a mouth rests, ...
_ABOVE_OWN = 0.25  # ... and so is less than this above the driver's own (design; tried on rendered heads alone)
_PRIOR_REST, _PRIOR_S = 0.05, 10.0  # the population's rest counts as this much seen time
_REREAD_S = 0.2
_MAX_STEP_S = 0.25
_LAUGH = 0.5  # a smile as broad as this, ...
_LASTS_S = 0.3  # ... for so long, is a laugh; and is none any more after so long without


class Smile:
    """The smile of each picture: ``value`` 0 to 1, and ``laughs``. A hidden mouth does not smile."""

    def __init__(self) -> None:
        self.value = 0.0
        self.laughs = False
        self._rest = _PRIOR_REST
        self._seen = TimeHistogram(0.0, 1.0, 50)
        self._seen.add(_PRIOR_REST, _PRIOR_S)
        self._read_s = 0.0
        self._last_ns: int | None = None
        self._turn_ns: int | None = None  # since then pictures have said otherwise

    def step(self, face: FaceMeasurement) -> None:
        """Take one picture's measurement."""
        last_ns, self._last_ns = self._last_ns, face.t_ns
        if face.mouth_ratio is None:
            self.value, broad = 0.0, False
        else:
            units = face.face_units
            corners = (units.get("mouthSmileLeft", 0.0) + units.get("mouthSmileRight", 0.0)) / 2.0
            if last_ns is not None:
                self._learn(corners, min(seconds(face.t_ns - last_ns), _MAX_STEP_S))
            self.value = max(0.0, corners - max(_FROM, self._rest + _ABOVE_OWN)) / (1.0 - _FROM)
            broad = self.value >= _LAUGH
        if broad == self.laughs:
            self._turn_ns = None
            return
        self._turn_ns = face.t_ns if self._turn_ns is None else self._turn_ns
        if face.t_ns - self._turn_ns >= nanoseconds(_LASTS_S):
            self.laughs, self._turn_ns = broad, None

    def _learn(self, corners: float, dt_s: float) -> None:
        self._seen.add(corners, dt_s)
        if self._seen.total - self._read_s >= _REREAD_S:
            self._read_s = self._seen.total
            self._rest = self._seen.quantile(0.5) or 0.0
