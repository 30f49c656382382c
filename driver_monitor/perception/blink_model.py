"""How drowsy a run of blinks looks: a logistic regression on ONNX Runtime (models/blink_drowsiness.md), one thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.onnx_session import open_session


class BlinkModel:
    """Log-odds of drowsy against awake, both taken as equally likely before."""

    def __init__(self, model: Path) -> None:
        self._session: Any = open_session(model, "blink model", "install driver-monitor again")

    def __call__(self, run: NDArray[np.float32]) -> float:
        """Judge blinks, float32 (n, 2): amplitude and duration in standard deviations from those of the driver awake."""
        (told,) = self._session.run(None, {"blinks": run})
        return float(told[0, 0])
