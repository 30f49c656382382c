"""The blink model: its features, its file, and that training twice gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from driver_monitor.model_store import model_path
from driver_monitor.perception.blink_model import BlinkModel
from models.training.blink_drowsiness import SHIPPED, as_onnx, features, left_out, people, pooled, train, within


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six people in one fold: drowsy blinks are longer and shallower; one video was too short and is filled up with zeros."""
    random = np.random.default_rng(1)
    runs, labels = [], []
    for person in range(6):
        for label in (0, 5, 10):
            for _ in range(8):
                run = random.standard_normal((30, 4)) + np.array([0.0, -0.06, 0.06, 0.0]) * label
                if person == 2 and label == 0:
                    run[:20] = 0.0
                runs.append(run)
                labels.append([label])
    np.save(tmp_path / "BlinksTest_30_Fold1.npy", np.array(runs, np.float32))
    np.save(tmp_path / "LabelsTest_30_Fold1.npy", np.array(labels, np.float32))
    return tmp_path


def test_people_are_told_apart_by_the_order_of_their_videos(data: Path) -> None:
    everyone = people(data)
    assert len(everyone) == 6
    assert [len(run) for run in everyone[2].runs[:8]] == [10] * 8  # without the rows that only fill up


def test_a_person_left_out_is_judged_by_the_others(data: Path) -> None:
    scored = left_out(people(data), SHIPPED)
    assert (pooled(scored) or 0.0) > 0.8
    assert within(scored) > 0.8


def test_training_twice_gives_the_same_bytes_and_the_file_says_what_the_formula_says(data: Path, tmp_path: Path) -> None:
    everyone = people(data)
    weights, bias = train(everyone, SHIPPED)
    made = as_onnx(weights, bias)
    assert made == as_onnx(*train(people(data), SHIPPED))
    (tmp_path / "m.onnx").write_bytes(made)
    model = BlinkModel(tmp_path / "m.onnx")
    for run in everyone[2].runs[:10]:
        expected = features(run, SHIPPED) @ weights + bias
        assert model(run[:, list(SHIPPED)].astype(np.float32)) == pytest.approx(expected, abs=2e-3)


def test_the_model_that_comes_along_finds_longer_and_shallower_blinks_drowsier() -> None:
    model = BlinkModel(model_path("blink_drowsiness"))
    awake = np.random.default_rng(2).standard_normal((30, 2)).astype(np.float32)
    drowsy = awake + np.array([-1.0, 1.5], np.float32)
    assert model(drowsy) > 1.5
    assert model(awake) < 0.7
