"""What the passenger does."""

from __future__ import annotations

import numpy as np

from driver_monitor.bench.scenario.behaviours.base import Behaviour, figure, length
from driver_monitor.bench.scenario.tracks import Tracks

_MOVE_S = 1.2  # over, and back again


class LeanIn(Behaviour):
    """The passenger leans over into the picture, looks about, and sits back."""

    NAME = "passenger"
    length: float = length(6.0, "from the first move over to the head's being back, s", 1.5, 600.0)
    lean: float = figure(1.0, "how far over: 1 is as far as the driver's seat back", 0.1, 1.0)

    def _write(self, tracks: Tracks) -> None:
        move_s = min(_MOVE_S, self.length / 2.0)
        over = self.lean * tracks.pulse(self.at, self.length, move_s, move_s)
        tracks.passenger = np.maximum(tracks.passenger, over)
        tracks.label("passenger", self.at, self.end_s, lean=self.lean)
