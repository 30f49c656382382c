"""The lid network: what it sees where the landmarks err, and how both are joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.bench.accuracy.single_eyes import WIDTHS, open_and_shut
from driver_monitor.bench.virtual_driver.light import LightKind
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.errors import ModelError
from driver_monitor.model_store import model_path
from driver_monitor.perception.eye_network import EyeNetwork
from driver_monitor.perception.eye_patches import CORNERS, look_at_eye
from driver_monitor.perception.face import measure_face
from driver_monitor.perception.face_landmarks import FaceDetector
from driver_monitor.perception.face_landmarks.choice import open_face
from driver_monitor.perception.lid_network import HOLD_S, LidLooks, open_lid_network
from driver_monitor.perception.own_eye import OwnEye
from driver_monitor.settings import Eyes, Settings
from driver_monitor.signals import Angles, CameraFrame, Estimate, EyeReading, FaceMeasurement, nanoseconds
from tests.perception.drawn_faces import Picture, Watched, drawn

Facts = NDArray[np.float32]
FRAME_S = 1.0 / 15.0


@pytest.fixture(scope="module")
def network() -> EyeNetwork:
    return open_lid_network(model_path("lids"))


@pytest.fixture(scope="module")
def detector() -> Iterator[FaceDetector]:
    opened = open_face(model_path("face_landmarker"), Settings().face)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def watched(detector: FaceDetector, network: EyeNetwork) -> Watched:
    return Watched(detector, LidLooks(network))


def gap_of(face: FaceMeasurement) -> float:
    assert face.left_eye is not None
    assert face.right_eye is not None
    assert face.left_eye.seen is not None
    assert face.right_eye.seen is not None
    return (face.left_eye.seen.value + face.right_eye.seen.value) / 2.0


@pytest.mark.parametrize(
    ("person", "light", "glasses"), [("chidi", "dusk", "clear"), ("hilde", "infrared", "clear"), ("goro", "day", "none")]
)
def test_shut_eyes_are_seen_to_be_shut_where_landmarks_leave_them_half_open(
    watched: Watched, person: str, light: LightKind, glasses: Literal["none", "clear"]
) -> None:
    shut = gap_of(watched.see(drawn(person, Pose(lids=(0.0, 0.0)), light, glasses)))
    own = gap_of(watched.see(drawn(person, Pose(), light, glasses)))
    assert own > 0.15
    assert shut < 0.2 * own


@pytest.mark.parametrize("person", ["anders", "hilde", "jamila"])
def test_lowered_eyes_are_not_seen_as_shut(watched: Watched, person: str) -> None:
    own, lowered, shut = (
        gap_of(watched.see(drawn(person, pose, glasses="clear")))
        for pose in (Pose(), Pose(eyes=Angles(0.0, -27.0)), Pose(lids=(0.0, 0.0)))
    )
    assert lowered > 0.25 * own
    assert lowered - shut > 0.2 * own


def test_a_mirrored_picture_is_read_the_other_way_round(watched: Watched) -> None:
    image = drawn("bea", Pose(eyes=Angles(20.0, 0.0), lids=(1.0, 0.3)))
    one, other = watched.see(image), watched.see(np.ascontiguousarray(image[:, ::-1]))
    assert one.left_eye is not None
    assert one.left_eye.seen is not None
    assert other.right_eye is not None
    assert other.right_eye.seen is not None
    assert other.right_eye.seen.value == pytest.approx(one.left_eye.seen.value, abs=0.05)


def test_an_eye_is_cut_out_upright_however_the_head_leans(detector: FaceDetector) -> None:
    patches = []
    for roll in (0.0, 25.0):
        image = drawn("lena", Pose(head=Angles(0.0, 0.0, roll)))
        for k, picture in enumerate((np.zeros_like(image), image, image)):
            found = detector.detect(CameraFrame(nanoseconds(1000.0 + roll + 0.1 * k), picture))
        assert found is not None
        a, b = found.points(CORNERS)[:2]
        patches.append(look_at_eye(np.ascontiguousarray(image[..., 1]), a, b, mirrored=False).astype(np.float64).ravel())
    assert np.corrcoef(patches[0], patches[1])[0, 1] > 0.8


def test_a_face_without_eyes_stays_as_it_is(network: EyeNetwork, detector: FaceDetector) -> None:
    image = drawn("bea", Pose())
    for k in range(3):
        found = detector.detect(CameraFrame(nanoseconds(2000.0 + 0.1 * k), image))
    assert found is not None
    small = measure_face(0, found, None, 1e4)
    assert LidLooks(network).look(image, found, small) is small


def test_a_file_that_is_no_model_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "lids.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"the lid model .*lids\.onnx cannot be loaded \(.*\); install driver-monitor again"):
        open_lid_network(tmp_path / "lids.onnx")


def test_openness_follows_the_surer_of_landmarks_and_network() -> None:
    eye = OwnEye(Eyes())
    for _ in range(300):
        eye.learn(EyeReading(0.30, 0.1, Estimate(0.28, 0.01)), FRAME_S)

    def openness(seen: Estimate | None) -> float:
        return eye.openness(EyeReading(0.18, 0.35, seen), FRAME_S, False, 0.0, 0.0)

    alone = openness(None)
    assert 0.25 < alone < 0.6
    assert openness(Estimate(0.0, 0.01)) < 0.1
    assert openness(Estimate(0.0, 0.2)) == pytest.approx(alone, abs=0.1)
    assert openness(Estimate(0.28, 0.01)) > 0.9


def test_pictures_of_single_eyes_are_measured(detector: FaceDetector, tmp_path: Path) -> None:
    import cv2

    for person in ("anders", "fang"):
        for label, lid in (("open", 1.0), ("closed", 0.0)):
            image = drawn(person, Pose(lids=(lid, lid)), "infrared")
            for k in range(3):
                found = detector.detect(CameraFrame(nanoseconds(3000.0 + 0.1 * k), image))
            assert found is not None
            a, b = found.points(CORNERS)[:2]
            eye = look_at_eye(np.ascontiguousarray(image[..., 1]), a, b, mirrored=False, size=(100, 100), span=(1.67, 1.67))
            cv2.imwrite(str(tmp_path / f"{label}_{person}_1.png"), eye)
    outcome = open_and_shut(tmp_path, Settings(), lambda done, of: None)
    assert [figure.value for figure in outcome.figures] == [1.0] * len(WIDTHS)


def test_what_was_seen_holds_while_nothing_moves_and_not_for_long(network: EyeNetwork, detector: FaceDetector) -> None:
    looked = 0

    class Counted(EyeNetwork):
        def __init__(self) -> None:
            pass

        def tell(self, patches: Picture, facts: Facts | None = None) -> list[Estimate]:
            nonlocal looked
            looked += 1
            return network.tell(patches, facts)

    image = drawn("bea", Pose())
    for k in range(3):
        found = detector.detect(CameraFrame(nanoseconds(4000.0 + 0.1 * k), image))
    assert found is not None
    still = measure_face(0, found, None, 72.0)
    looks = LidLooks(Counted())
    first = looks.look(image, found, still)
    later = looks.look(image, found, replace(still, t_ns=nanoseconds(HOLD_S)))
    assert looked == 1
    assert later.left_eye == first.left_eye
    looks.look(image, found, replace(still, t_ns=nanoseconds(HOLD_S) + 1))
    assert looked == 2
    assert still.left_eye is not None
    sunk = replace(still, t_ns=nanoseconds(HOLD_S) + 2, left_eye=EyeReading(still.left_eye.ear - 0.04, still.left_eye.blink))
    looks.look(image, found, sunk)
    assert looked == 3
