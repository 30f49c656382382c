"""All that looks at the eyes beside the landmarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from driver_monitor.perception.eye_patches import EyeLook
from driver_monitor.perception.lid_network import LidLooks, LidNetwork
from driver_monitor.perception.side_gaze import SideGazeNetwork, SideLooks


def open_eye_looks(model_path: Callable[[str], Path]) -> tuple[EyeLook, ...]:
    """The lid network and the one for side looks; ``model_path`` gives the file of a model by its name.

    Raises
    ------
    ModelError
        When one of them cannot be loaded.
    """
    return LidLooks(LidNetwork(model_path("lids"))), SideLooks(SideGazeNetwork(model_path("side_gaze")))
