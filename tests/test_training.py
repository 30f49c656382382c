"""Models made here: their features, their files, and that training twice gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from driver_monitor.bench.accuracy.blink_runs import ALERT, AMPLITUDE, DROWSY, DURATION, LOW, people
from driver_monitor.model_store import model_path
from driver_monitor.perception.blink_model import BlinkModel
from models.training import eye_network
from models.training.blink_drowsiness import SHIPPED, as_onnx, left_out, pooled, tabled, train, within
from models.training.eye_pictures import SIZE, some_person, some_pose


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


@pytest.mark.parametrize(("facts", "unit"), [(0, 1.0), (5, 20.0)])
def test_an_eye_networks_file_says_what_its_weights_say(facts: int, unit: float) -> None:
    """The graph on ONNX Runtime beside the same sums by NumPy."""
    import onnxruntime

    random = np.random.default_rng(3)
    weights = eye_network.first_weights(random, facts=facts)
    patches, about = (random.standard_normal(shape).astype(np.float32) for shape in ((4, 1, 24, 36), (4, facts)))
    file = eye_network.as_onnx("eyes", weights, facts=facts, unit=unit)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (told,) = session.run(None, {"eyes": patches} | ({"facts": about} if facts else {}))
    x = patches
    for k in range(1, 4):
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
        x = np.maximum(0.0, np.einsum("ncyxij,ocij->noyx", windows, weights[f"w{k}"]))
    dense = np.maximum(0.0, np.concatenate([x.reshape(4, -1), about], axis=1) @ weights["w4"])
    out = dense @ weights["w5"] + weights["b5"]
    np.testing.assert_allclose(told[:, 0], unit * out[:, 0], atol=2e-3 * unit)
    np.testing.assert_allclose(told[:, 1], unit * np.exp(np.clip(out[:, 1], -5.0, 1.0)), atol=2e-3 * unit)


def test_eyes_to_train_on_are_shown_as_the_product_cuts_them_and_a_little_off() -> None:
    patch = np.tile(np.arange(SIZE[0], dtype=np.uint8) * 4, (SIZE[1], 1))
    plain = eye_network.shown(patch, None)
    assert plain.shape == (24, 36)
    assert plain[12, 17:19].mean() == pytest.approx(patch[16, 23:25].mean(), abs=1.0)  # the middles lie on each other
    random = np.random.default_rng(0)
    others = [eye_network.shown(patch, random) for _ in range(20)]
    assert len({other.tobytes() for other in others}) == 20


def test_people_and_poses_to_train_on_are_drawn_by_their_seed_alone() -> None:
    def some(seed: int) -> list[object]:
        random = np.random.default_rng(seed)
        return [(some_person(random), some_pose(random, "column")) for _ in range(50)]

    assert some(1) == some(1)
    assert some(1) != some(2)
