"""How drowsy a run of blinks looks: a logistic regression on ONNX Runtime (models/blink_drowsiness.md), one thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import ModelError


class BlinkModel:
    """Log-odds of drowsy against awake, both taken as equally likely before."""

    def __init__(self, model: Path) -> None:
        import onnxruntime

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors share no base but Exception
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise ModelError(f"the blink model {model} cannot be loaded ({first}); install driver-monitor again") from error

    def __call__(self, run: NDArray[np.float32]) -> float:
        """Judge blinks, float32 (n, 2): amplitude and duration in standard deviations from those of the driver awake."""
        (told,) = self._session.run(None, {"blinks": run})
        return float(told[0, 0])
