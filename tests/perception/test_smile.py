"""Smiles against the driver's own resting mouth."""

from __future__ import annotations

import pytest

from driver_monitor.perception.smile import Smile
from driver_monitor.signals import FaceMeasurement, nanoseconds


class Mouth:
    """Shows corners of a mouth to a Smile, in time."""

    def __init__(self, fps: float) -> None:
        self.smile = Smile()
        self._fps = fps
        self._pictures = 0

    def show(self, corners: float, for_s: float, ratio: float | None = 0.02) -> Smile:
        for _ in range(round(for_s * self._fps)):
            units = {"mouthSmileLeft": corners, "mouthSmileRight": corners}
            self.smile.step(FaceMeasurement(nanoseconds(self._pictures / self._fps), mouth_ratio=ratio, face_units=units))
            self._pictures += 1
        return self.smile


@pytest.mark.parametrize("fps", [10.0, 60.0])
def test_a_broad_smile_that_lasts_is_a_laugh_and_one_of_a_moment_is_none(fps: float) -> None:
    mouth = Mouth(fps)
    assert mouth.show(0.05, 20.0).value == 0.0
    assert not mouth.show(0.9, 0.2).laughs
    mouth.show(0.05, 1.0)
    assert mouth.show(0.9, 0.5).laughs
    assert mouth.show(0.3, 0.2).laughs  # a breath in between ends none
    assert not mouth.show(0.3, 0.3).laughs


def test_a_mouth_that_rests_smiling_smiles_only_above_its_rest() -> None:
    mouth = Mouth(10.0)
    mouth.show(0.66, 60.0)
    assert mouth.smile.value == 0.0
    assert 0.0 < mouth.show(0.95, 0.5).value < 0.2


def test_a_hidden_mouth_does_not_smile() -> None:
    mouth = Mouth(10.0)
    mouth.show(0.05, 20.0)
    assert mouth.show(0.9, 1.0, ratio=None).value == 0.0
    assert not mouth.smile.laughs
