"""What the network sees of the eyes in turned heads, and how it is joined with the landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from driver_monitor.bench.virtual_driver.light import LightKind
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.errors import ModelError
from driver_monitor.model_store import model_path
from driver_monitor.perception.face_landmarks.choice import open_face
from driver_monitor.perception.gaze import Gaze
from driver_monitor.perception.side_gaze import SideLooks, facts, open_side_gaze_network
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, Estimate, EyesInHead, FaceMeasurement, nanoseconds
from tests.perception.drawn_faces import Watched, drawn

FRAME_S = 1.0 / 15.0


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    detector = open_face(model_path("face_landmarker"), Settings().face)
    yield Watched(detector, SideLooks(open_side_gaze_network(model_path("side_gaze"))))
    detector.close()


def eyes_of(face: FaceMeasurement) -> EyesInHead:
    assert face.eye_in_head is not None
    return face.eye_in_head


def seen_in(face: FaceMeasurement) -> Estimate:
    seen = eyes_of(face).seen_yaw
    assert seen is not None
    return seen


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize(("person", "light"), [("goro", "day"), ("lena", "infrared"), ("jamila", "day"), ("chidi", "day")])
def test_eyes_turned_further_than_the_head_are_seen_where_landmarks_leave_them_in_the_middle(
    watched: Watched, person: str, light: LightKind, side: float
) -> None:
    turned = [watched.see(drawn(person, Pose(Angles(side * 42.0, 0.0), Angles(side * yaw, -3.0)), light)) for yaw in (0.0, 30.0)]
    middle, aside = (side * seen_in(face).value for face in turned)
    by_landmarks = [side * eyes_of(face).yaw for face in turned]
    assert aside - middle > 15.0
    assert aside - middle > by_landmarks[1] - by_landmarks[0]
    assert aside == pytest.approx(30.0, abs=12.0)


def test_a_mirrored_picture_is_read_the_other_way_round(watched: Watched) -> None:
    image = drawn("bea", Pose(Angles(35.0, -4.0), Angles(15.0, -3.0)))
    one, other = seen_in(watched.see(image)), seen_in(watched.see(np.ascontiguousarray(image[:, ::-1])))
    assert other.value == pytest.approx(-one.value, abs=5.0)


def test_a_head_that_faces_the_camera_is_left_to_the_landmarks(watched: Watched) -> None:
    assert eyes_of(watched.see(drawn("bea", Pose(eyes=Angles(20.0, 0.0))))).seen_yaw is None


def test_a_face_without_a_head_has_no_facts() -> None:
    with pytest.raises(ValueError, match="no head was measured"):
        facts(FaceMeasurement(0, reason="no face in the picture"), mirrored=False)


def test_a_file_that_is_no_model_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "side_gaze.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"the side gaze model .*\.onnx cannot be loaded \(.*\); install driver-monitor again"):
        open_side_gaze_network(tmp_path / "side_gaze.onnx")


def gaze_at(head_yaw: float, seen: Estimate | None) -> float:
    """Yaw of the gaze, of a driver who looked ahead for half a minute and then turns the head."""
    gaze = Gaze(Settings().gaze, "left")
    ahead = FaceMeasurement(0, head=Angles(0.0, 0.0), eye_in_head=EyesInHead(0.0, 0.17, 0.06))
    aside = replace(ahead, head=Angles(head_yaw, 0.0), eye_in_head=EyesInHead(0.0, 0.17, 0.06, seen))
    for k in range(460):
        told = gaze.step(replace(ahead if k < 450 else aside, t_ns=nanoseconds(FRAME_S * k)), 1.0, mouth_wide=False)
    assert told.direction is not None
    return told.direction.yaw


def test_gaze_goes_with_what_is_surely_seen_and_little_with_what_is_not() -> None:
    assert gaze_at(-26.0, None) == pytest.approx(-26.0, abs=1.0)
    assert gaze_at(-26.0, Estimate(-30.0, 2.0)) < -54.0
    assert gaze_at(-26.0, Estimate(-30.0, 48.0)) > -36.0


def test_landmarks_count_the_less_the_further_the_head_is_turned() -> None:
    """Seen: 20° ± 20°; the landmarks leave the eyes in the middle, as they do in far turned heads."""
    parts = [yaw - gaze_at(yaw, Estimate(-20.0, 20.0)) for yaw in (-26.0, -36.0, -46.0)]
    assert parts == sorted(parts)
    assert parts[2] > parts[0] + 2.0


def test_what_is_seen_counts_the_more_the_further_the_head_is_turned() -> None:
    parts = [gaze_at(yaw, Estimate(-20.0, 3.0)) - yaw for yaw in (-15.0, -20.0, -25.0, -35.0)]
    assert parts[0] == pytest.approx(0.0, abs=0.5)
    assert parts[0] > parts[1] > parts[2]
    assert parts[2] == pytest.approx(parts[3], abs=1.0)
