"""The expression network: which faces it is shown, how often, and that a drive goes on without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.errors import ModelError
from driver_monitor.model_store import CACHE_VARIABLE, MONITOR_MODELS, model_path
from driver_monitor.perception.expression_network import (
    FULL_DETAIL,
    ExpressionLooks,
    LiteRtExpression,
    face_crop,
    face_detail,
    read_expression,
)
from driver_monitor.perception.face import measure_face
from driver_monitor.perception.face_landmarks import FaceDetector, FaceLandmarks
from driver_monitor.perception.face_landmarks.choice import open_face
from driver_monitor.runtime.assembly import build_monitor
from driver_monitor.settings import Emotion, Settings
from driver_monitor.signals import Angles, CameraFrame, FaceMeasurement, Health, Tick, nanoseconds

Picture = NDArray[np.uint8]
BOTH = {"browDown": 1.25, "eyeSquint": 0.45, "noseSneer": 0.8, "mouthFrown": 0.8}
ANGRY = {f"{unit}{side}": strength for unit, strength in BOTH.items() for side in ("Left", "Right")} | {
    "mouthRollLower": 0.6,
    "mouthRollUpper": 0.5,
}


@pytest.fixture(scope="module")
def network() -> Iterator[LiteRtExpression]:
    opened = LiteRtExpression(model_path("expression"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def detector() -> Iterator[FaceDetector]:
    opened = open_face(model_path("face_landmarker"), Settings().face)
    yield opened
    opened.close()


def drawn(units: dict[str, float] | None = None) -> Picture:
    driver = virtual_driver(model_path("virtual-driver"), PEOPLE["anders"])
    return driver.render(Pose(units=units or {}), Conditions(seed=3))[0]


def blurred(image: Picture) -> Picture:
    import cv2

    return np.asarray(cv2.GaussianBlur(image, (0, 0), 2.0), np.uint8)


class Seen:
    """Pictures one after another before one detector, which is shown an empty one between two faces."""

    def __init__(self, detector: FaceDetector) -> None:
        self.detector, self.t_s = detector, 0.0

    def find(self, image: Picture) -> tuple[CameraFrame, FaceLandmarks, FaceMeasurement]:
        for picture in (np.zeros_like(image), image, image, image):
            self.t_s += 0.1
            frame = CameraFrame(nanoseconds(self.t_s), picture)
            found = self.detector.detect(frame)
        assert found is not None
        return frame, found, measure_face(frame.t_ns, found, None, 72.0)


@pytest.fixture(scope="module")
def seen(detector: FaceDetector) -> Seen:
    return Seen(detector)


def test_a_sharp_face_is_left_to_the_action_units(seen: Seen, network: LiteRtExpression) -> None:
    frame, found, _ = seen.find(drawn())
    reading = read_expression(network, frame.image, found)
    assert reading.detail >= FULL_DETAIL
    assert reading.angry is None


def test_the_same_face_out_of_focus_is_shown_to_the_network_and_looks_angrier_when_it_is(
    seen: Seen, network: LiteRtExpression
) -> None:
    readings = []
    for units in ({}, ANGRY):
        frame, found, _ = seen.find(blurred(drawn(units)))
        readings.append(read_expression(network, frame.image, found))
    calm, angry = readings
    assert calm.detail < FULL_DETAIL
    assert calm.angry is not None and angry.angry is not None
    assert angry.angry > 2.0 * calm.angry


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_looks_are_a_second_apart_at_any_frame_rate(seen: Seen, network: LiteRtExpression, fps: float) -> None:
    frame, found, face = seen.find(blurred(drawn()))
    looks, times = ExpressionLooks(network, 50.0), []
    for k in range(round(3.0 * fps)):
        t_ns = nanoseconds(k / fps)
        if looks.look(replace(frame, t_ns=t_ns), found, replace(face, t_ns=t_ns)).expression is not None:
            times.append(k / fps)
    assert times == pytest.approx([0.0, 1.0, 2.0], abs=1.01 / fps)


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("a yawn", {"units": {"jawOpen": 0.7}}),
        ("shut eyes", {"units": {"eyeBlinkLeft": 0.9, "eyeBlinkRight": 0.9}}),
        ("turned away", {"head": Angles(60.0, 0.0)}),
        ("leaning", {"head": Angles(0.0, 0.0, 45.0)}),
    ],
)
def test_what_is_no_mood_is_never_shown_to_it(
    seen: Seen, network: LiteRtExpression, why: str, changes: dict[str, dict[str, float] | Angles]
) -> None:
    frame, found, face = seen.find(blurred(drawn()))
    units, head = changes.get("units", {}), changes.get("head", face.head)
    assert isinstance(units, dict) and isinstance(head, Angles)
    shown = replace(face, head=head, face_units={**face.face_units, **units})
    looks = ExpressionLooks(network, 50.0)
    assert looks.look(frame, found, shown).expression is None, why
    assert looks.look(frame, found, face).expression is not None  # and it is looked at again as soon as it can be


def test_a_face_that_leaves_the_picture_is_cropped_with_the_edge_drawn_on(seen: Seen) -> None:
    image = drawn()
    _, found, _ = seen.find(image)
    whole = face_crop(image, found)
    assert whole.shape == (128, 128)
    for shift in ((0, 250), (0, -250), (200, 0), (-200, 0)):
        at = Shifted(found, *shift)
        assert face_crop(image, at).shape == (128, 128)
    right = np.roll(image, 40, axis=1)
    assert np.array_equal(face_crop(right, Shifted(found, 0, 40)), whole)


class Shifted:
    """The same face at another place."""

    def __init__(self, found: FaceLandmarks, down: float, right: float) -> None:
        self._found, self._by = found, (right, down)
        self.face_units, self.rotation, self.size, self.presence = found.face_units, found.rotation, found.size, None

    def points(self, indices: object) -> list[tuple[float, float, float]]:
        return [(x + self._by[0], y + self._by[1], z) for x, y, z in self._found.points(indices)]  # type: ignore[arg-type]


def test_detail_falls_with_blur_and_not_with_light(seen: Seen) -> None:
    image = drawn()
    _, found, _ = seen.find(image)
    sharp = face_detail(face_crop(image, found))
    assert face_detail(face_crop(blurred(image), found)) < 0.4 * sharp
    dim = (image * 0.4).astype(np.uint8)
    assert face_detail(face_crop(dim, found)) == pytest.approx(sharp, rel=0.15)


def test_without_the_model_a_drive_goes_on_and_says_so_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*MONITOR_MODELS, "hand_landmarker"):
        (tmp_path / model_path(name).name).symlink_to(model_path(name))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))

    def told(settings: Settings) -> list[str]:
        monitor = build_monitor(settings)
        out = [r for k in range(3) for r in monitor.step(Tick(nanoseconds(k / 10))) if isinstance(r, Health)]
        monitor.close()
        return [r.reason for r in out if "models pull expression" in r.reason]

    (reason,) = told(Settings())
    assert reason.startswith("anger in a small or blurred face is read off its action units alone")
    assert told(Settings(emotion=Emotion(expression_network=False))) == []


def test_a_wrong_model_file_is_one_sentence() -> None:
    with pytest.raises(ModelError, match="LiteRT cannot use"):
        LiteRtExpression(model_path("silero_vad"))
