"""Hands: where they are on a face, when they are looked for, and what becomes an event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.errors import ModelError
from driver_monitor.model_store import CACHE_VARIABLE, MONITOR_MODELS, model_path
from driver_monitor.monitor import Monitor
from driver_monitor.perception.face_landmarks import Point
from driver_monitor.perception.face_landmarks.with_mediapipe import MediaPipeFace
from driver_monitor.perception.hand_landmarks import HandLandmarks, MediaPipeHands
from driver_monitor.perception.hands import Hands
from driver_monitor.runtime.assembly import build_monitor
from driver_monitor.settings import Settings
from driver_monitor.signals import CameraFrame, Event, HandMeasurement, HandReading, Health, Tick, nanoseconds, seconds
from tests.scripted import Drive, alerts, events

SETTINGS = Settings()
# in face widths from the middle: right, down, away from the camera
ON_FACE = {
    **dict.fromkeys((33, 133), (-0.25, -0.15, 0.0)),
    **dict.fromkeys((263, 362), (0.25, -0.15, 0.0)),
    **dict.fromkeys((13, 14), (0.0, 0.4, -0.1)),
    234: (-0.5, 0.0, 0.4),
    454: (0.5, 0.0, 0.4),
    10: (0.0, -0.7, 0.0),
    152: (0.0, 0.75, 0.0),
    50: (-0.3, 0.15, 0.0),
    280: (0.3, 0.15, 0.0),
}


def hands() -> Hands:
    return Hands(SETTINGS.hands)


@dataclass(frozen=True)
class Face:
    """A face that looks into the camera, ``width`` pixels wide, its middle ``at`` a place of a 640 x 480 picture."""

    at: tuple[float, float] = (320.0, 240.0)
    width: float = 120.0
    size: tuple[int, int] = (640, 480)
    presence: float | None = None
    rotation: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    face_units: dict[str, float] = field(default_factory=dict)

    def points(self, indices: Iterable[int]) -> list[Point]:
        (right, down), width = self.at, self.width
        return [(right + width * x, down + width * y, width * z) for x, y, z in (ON_FACE[k] for k in indices)]


def hand(x: float, y: float) -> HandLandmarks:
    spread = np.random.default_rng(1).uniform(-30.0, 30.0, (21, 2))
    return HandLandmarks((spread - spread.mean(axis=0) + [x, y]).astype(np.float32))


@pytest.mark.parametrize("width", [60.0, 120.0, 240.0])
@pytest.mark.parametrize(
    ("off", "place", "side"),
    [
        ((0.0, 0.4), "mouth", None),
        ((0.0, 0.85), "chin", None),
        ((-0.25, -0.15), "eye", "right"),
        ((0.72, 0.0), "ear", "left"),
        ((-0.72, 0.05), "ear", "right"),
        ((0.35, 0.25), "cheek", "left"),
        ((1.5, 0.9), "raised", None),
    ],
)
def test_the_place_is_told_in_face_widths_wherever_the_face_is(
    width: float, off: tuple[float, float], place: str, side: str | None
) -> None:
    middle = (200.0, 200.0)
    found = hands().look(0, [hand(middle[0] + width * off[0], middle[1] + width * off[1])], Face(middle, width))
    (reading,) = found.hands
    assert (reading.place, reading.side) == (place, side)


def test_a_hand_on_the_wheel_or_far_aside_is_none() -> None:
    far = hands().look(0, [hand(320.0, 240.0 + 300.0), hand(20.0, 240.0)], Face())
    assert far.hands == ()
    assert far.reason is None


def test_hands_without_a_face_are_no_measurement() -> None:
    assert hands().look(0, [hand(320.0, 240.0)], None).reason is not None


def looks(who: Hands, length_s: float, fps: float, there: tuple[float, float]) -> tuple[list[float], list[Event]]:
    """When looks were taken in a drive of ``length_s`` with a hand at the ear in a span, and the events."""
    taken, out = [], []
    for k in range(int(length_s * fps)):
        t_ns = nanoseconds(k / fps)
        if who.due(t_ns, face_found=True):
            taken.append(seconds(t_ns))
            at_ear = (HandReading("ear", "left", 0.1),) if there[0] <= k / fps < there[1] else ()
            out += who.step(HandMeasurement(t_ns, at_ear))
    return taken, out


def test_looks_are_seldom_until_a_hand_comes() -> None:
    taken, _ = looks(hands(), 20.0, 30.0, (99.0, 99.0))
    assert taken == pytest.approx([0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0], abs=0.2)
    taken, _ = looks(hands(), 20.0, 30.0, (5.0, 20.0))
    assert len([t for t in taken if 6.0 <= t < 12.0]) == pytest.approx(12, abs=1)
    assert len([t for t in taken if t >= 13.0]) <= 5  # it rests there


@pytest.mark.parametrize("fps", [10.0, 15.0, 30.0, 60.0])
def test_a_stay_is_one_event_whatever_the_frame_rate(fps: float) -> None:
    _, told = looks(hands(), 20.0, fps, (5.0, 9.0))
    begin, end = told
    assert (begin.end_ns, dict(begin.detail)) == (None, {"where": "ear", "side": "left"})
    assert end.end_ns is not None
    assert seconds(end.start_ns) == pytest.approx(6.0, abs=0.2)
    assert seconds(end.end_ns) == pytest.approx(9.0, abs=0.6)


def test_one_missed_look_does_not_split_a_stay() -> None:
    who, told = hands(), []
    for k in range(12):
        there = () if k in (4, 9) else (HandReading("mouth", None, 0.1),)
        told += who.step(HandMeasurement(nanoseconds(k * 0.5), there))
    assert [e.end_ns for e in told] == [None]
    assert [e.end_ns for e in who.finish(nanoseconds(6.0))] == [nanoseconds(5.5)]


def test_a_face_that_a_hand_hides_is_looked_for_and_one_long_lost_is_not() -> None:
    who = hands()
    taken = [k / 10 for k in range(200) if who.due(nanoseconds(k / 10), face_found=k < 50)]
    assert len([t for t in taken if 5.0 <= t < 8.0]) >= 5
    assert [t for t in taken if t > 8.5] == []


def test_without_the_model_a_drive_goes_on_and_a_health_report_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in MONITOR_MODELS:
        (tmp_path / model_path(name).name).symlink_to(model_path(name))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    monitor = build_monitor(SETTINGS)
    told = [r for k in range(3) for r in monitor.step(Tick(nanoseconds(k / 10))) if isinstance(r, Health)]
    monitor.close()
    (missing,) = [r for r in told if r.part == "hands"]
    assert missing.state == "missing"
    assert "models pull hand_landmarker" in missing.reason


def test_rubbing_an_eye_and_a_hand_before_a_yawn_are_events_and_no_alert() -> None:
    monitor, out = Monitor(SETTINGS), []
    for sample in Drive(24.0, yawns=[(14.0, 19.0)]).samples():
        out += monitor.step(sample)
        t_s = seconds(sample.t_ns)
        if isinstance(sample, Tick) and sample.t_ns % nanoseconds(0.5) == 0 and 11.0 <= t_s <= 18.0:
            at = HandReading("eye", "left", 0.1) if t_s < 13.0 else HandReading("mouth", None, 0.1)
            out += monitor.step(HandMeasurement(sample.t_ns, (at,) if t_s < 13.0 or t_s > 15.0 else ()))
    out += monitor.finish()
    assert [dict(e.detail)["where"] for e in events(out, "hand_to_face")] == ["eye", "mouth"]
    assert alerts(out) == []


# ------------------------------------------------------------------------------------------------------- the real model


def test_a_wrong_model_file_is_one_sentence() -> None:
    with pytest.raises(ModelError, match="MediaPipe cannot use"):
        MediaPipeHands(model_path("silero_vad"), confidence=0.5)


def test_the_model_finds_drawn_hands_and_the_face_tells_where_they_are() -> None:
    detector = MediaPipeHands(model_path("hand_landmarker"), confidence=0.5)
    faces = MediaPipeFace(model_path("face_landmarker"), detection=0.5, presence=0.5)
    told = {}
    driver = virtual_driver(model_path("virtual-driver"), PEOPLE["karim"])
    try:
        poses = [Pose(), Pose(hand="mouth"), Pose(hand="chin"), Pose(hand="right_eye"), Pose(hand="left_ear")]
        poses.append(Pose(hand="right_ear", phone=True))
        for k, pose in enumerate(poses):
            frame = CameraFrame(nanoseconds(k / 2), driver.render(pose, Conditions(place="cluster"))[0])
            measured = hands().look(frame.t_ns, detector.detect(frame), faces.detect(frame))
            told[pose.hand] = [(reading.place, reading.side) for reading in measured.hands]
    finally:
        detector.close()
        faces.close()
    assert told == {
        None: [],
        "mouth": [("mouth", None)],
        "chin": [("chin", None)],
        "right_eye": [("eye", "right")],
        "left_ear": [("ear", "left")],
        "right_ear": [("ear", "right")],
    }
