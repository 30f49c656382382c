"""The blink model: its features, its file, and that training twice gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from driver_monitor.bench.accuracy.blink_runs import ALERT, AMPLITUDE, DROWSY, DURATION, LOW, people
from driver_monitor.model_store import model_path
from driver_monitor.perception.blink_model import BlinkModel
from models.training.blink_drowsiness import SHIPPED, as_onnx, left_out, pooled, tabled, train, within


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
    everyone, copies = people(data)
    assert len(everyone) == 6
    assert [len(run) for run in everyone[2][ALERT]] == [10, 20, 30, 40, 50, 60, 70, 80]  # without the rows that only fill up
    assert not copies


def test_a_run_is_drawn_out_with_the_blinks_of_the_runs_before_it(tmp_path: Path) -> None:
    video = np.arange(1.0, 1.0 + 36 * 4).reshape(36, 4)
    np.save(tmp_path / "BlinksTest_30_Fold1.npy", np.array([video[k : k + 30] for k in (0, 2, 4, 6)], np.float32))
    np.save(tmp_path / "LabelsTest_30_Fold1.npy", np.zeros((4, 1), np.float32))
    (person,), _ = people(tmp_path, most=34)
    for run, end in zip(person[ALERT], (30, 32, 34, 36), strict=True):
        np.testing.assert_array_equal(run, video[max(0, end - 34) : end])


def test_a_video_that_is_another_persons_is_left_out_and_said(data: Path) -> None:
    blinks = np.load(data / "BlinksTest_30_Fold1.npy")
    drowsy = slice(16, 24)  # of a person's 24 runs
    blinks[24:48][drowsy] = blinks[:24][drowsy]  # the second person's drowsy video is the first's
    blinks[72:96][8:16] = blinks[72:96][drowsy]  # the fourth's low vigilance is the own drowsy one
    np.save(data / "BlinksTest_30_Fold1.npy", blinks)
    everyone, copies = people(data)
    assert [sorted(person) for person in everyone[:4]] == [[ALERT, LOW, DROWSY], [ALERT, LOW], [ALERT, LOW, DROWSY], [ALERT]]
    assert [line.split(":")[0] for line in copies] == ["person 2, drowsy", "person 4, low vigilance", "person 4, drowsy"]


def test_a_person_left_out_is_judged_by_the_others(data: Path) -> None:
    scored = left_out(tabled(people(data)[0], SHIPPED))
    assert (pooled(scored) or 0.0) > 0.8
    assert (within(scored) or 0.0) > 0.8


def test_training_twice_gives_the_same_bytes_and_the_file_says_what_the_formula_says(data: Path, tmp_path: Path) -> None:
    everyone, _ = people(data)
    weights, bias = train(tabled(everyone, SHIPPED))
    made = as_onnx(weights, bias)
    assert made == as_onnx(*train(tabled(people(data)[0], SHIPPED)))
    (tmp_path / "m.onnx").write_bytes(made)
    model = BlinkModel(tmp_path / "m.onnx")
    for run in everyone[2][LOW]:
        expected = SHIPPED(run) @ weights + bias
        assert model(run[:, [AMPLITUDE, DURATION]].astype(np.float32)) == pytest.approx(expected, abs=2e-3)


def test_the_model_that_comes_along_finds_longer_and_shallower_blinks_drowsier() -> None:
    model = BlinkModel(model_path("blink_drowsiness"))
    awake = np.random.default_rng(2).standard_normal((30, 2)).astype(np.float32)
    drowsy = awake + np.array([-1.0, 1.5], np.float32)
    assert model(drowsy) > 1.5
    assert model(awake) < 0.7
