"""A small network that looks at one eye: what it tells and the error to be expected of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.eye_patches import as_input
from driver_monitor.perception.onnx_session import open_session
from driver_monitor.signals import Estimate


class EyeNetwork:
    """The network on ONNX Runtime, one thread; ``what`` names it where it cannot be loaded.

    Raises
    ------
    ModelError
        When the file cannot be loaded.
    """

    def __init__(self, model: Path, what: str) -> None:
        self._session: Any = open_session(model, what, "install driver-monitor again")

    def tell(self, patches: NDArray[np.uint8], facts: NDArray[np.float32] | None = None) -> list[Estimate]:
        """What it tells of each patch (n, 24, 36), with ``facts`` (n, any) for a network that takes some."""
        takes = {"eyes": as_input(patches)} | ({} if facts is None else {"facts": facts})
        (told,) = self._session.run(None, takes)
        return [Estimate(value, error) for value, error in told.tolist()]
