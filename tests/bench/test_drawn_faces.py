"""The bench of moods in drawn faces, on one person and a few poses."""

from __future__ import annotations

import pytest

from driver_monitor.bench.accuracy import drawn_faces
from driver_monitor.bench.accuracy.drawn_faces import POSES
from driver_monitor.settings import Settings


def test_an_angry_drawn_face_is_told_from_the_same_persons_neutral_and_a_yawn_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    few = [next(p for p in POSES if p[0] == name) for name in ("own", "neutral", "a yawn")]
    angry = [p for p in POSES if p[0] == "angry"][-3]
    monkeypatch.setattr(drawn_faces, "POSES", (*few, angry))
    monkeypatch.setattr(drawn_faces, "SCENES", (("infrared", 0.0), ("infrared", 2.0)))
    outcome = drawn_faces.drawn_faces(["anders"], Settings(), lambda done, total: None)
    told = {figure.name: figure.value for figure in outcome.figures}
    for focus in ("sharp", "out of focus"):
        assert told[f"infrared, {focus}: AUC angry against neutral"] == 1.0
        assert repr(told[f"infrared, {focus}: yawns read as anger"]) == "0"  # a count
        assert told[f"infrared, {focus}: AUC angry against talking"] is None
