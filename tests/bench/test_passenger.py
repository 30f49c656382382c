"""A passenger leans into the picture: nothing of the driver changes, and face landmarks keep to the driver."""

from __future__ import annotations

import numpy as np
import pytest

from driver_monitor.bench.scenario.played import Played
from driver_monitor.bench.scenario.script import Script
from driver_monitor.bench.virtual_driver.passenger import passenger_at, who_rides_with
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, VirtualDriver, virtual_driver
from driver_monitor.bench.virtual_driver.sensor import Sensor
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.model_store import model_path
from driver_monitor.perception.face_landmarks.with_mediapipe import MediaPipeFace
from driver_monitor.signals import CameraFrame, nanoseconds

SIZE = (320, 240)
CLEAR = Sensor(noise=0.0)
LEANING = 'seconds = 16\n[[do]]\nat = 4\nwhat = "passenger"\nfor = 6\nlean = 0.8\n'


def person(name: str = "anders") -> VirtualDriver:
    return virtual_driver(model_path("virtual-driver"), PEOPLE[name])


def scene(lean: float, **changes: object) -> Conditions:
    return Conditions(size=SIZE, sensor=CLEAR, passenger=passenger_at(lean, 1.0), **changes)  # type: ignore[arg-type]


def test_the_passenger_leans_over_and_sits_back_as_written() -> None:
    played = Played(Script.parse(LEANING))
    over = {}
    for shot in played.shots:
        passenger = played.conditions(shot).passenger
        over[shot.t_ns] = passenger.lean if passenger else 0.0
    inside = [t for t, lean in over.items() if lean > 0.0]
    assert nanoseconds(4.0) <= min(inside) < max(inside) <= nanoseconds(10.0)
    assert max(over.values()) == pytest.approx(0.8, abs=0.001)


def test_the_driver_does_not_know_of_the_passenger() -> None:
    alone, beside = Played(Script.parse("seconds = 16\n")), Played(Script.parse(LEANING))
    for t_s in np.arange(0.0, 16.0, 0.5):
        assert alone.pose(nanoseconds(float(t_s))) == beside.pose(nanoseconds(float(t_s)))


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_passenger_comes_from_the_other_seat_and_behind_the_driver(side: str) -> None:
    alone, truth = person().render(Pose(), scene(0.0, drive_side=side))
    both, with_passenger = person().render(Pose(), scene(1.0, drive_side=side))
    again, _ = person().render(Pose(), scene(1.0, drive_side=side))
    assert (both == again).all()
    assert truth == with_passenger
    changed = (both != alone).any(axis=2)
    assert changed.mean() > 0.03
    assert truth.face_box is not None
    x0, _, x1, _ = truth.face_box
    columns = np.nonzero(changed.any(axis=0))[0]
    assert (columns.max() < x0) if side == "left" else (columns.min() > x1)


def test_a_passenger_who_sits_up_is_out_of_the_picture() -> None:
    alone, _ = person().render(Pose(), scene(0.0))
    upright, _ = person().render(Pose(), scene(0.05))
    assert (upright == alone).all()


def test_the_passenger_is_never_the_driver() -> None:
    for driver in PEOPLE.values():
        assert who_rides_with(driver) != driver


def test_face_landmarks_keep_to_the_driver() -> None:
    driver = person("chidi")
    detector = MediaPipeFace(model_path("face_landmarker"), detection=0.5, presence=0.5)
    try:
        for k in range(24):
            lean = min(1.0, k / 8.0)
            image, truth = driver.render(Pose(), Conditions(passenger=passenger_at(lean, k / 10.0), seed=k))
            found = detector.detect(CameraFrame(k * 100_000_000, image))
            assert found is not None and truth.face_box is not None
            x0, _, x1, _ = truth.face_box
            assert x0 < found.points([1])[0][0] < x1, k  # the tip of the nose
    finally:
        detector.close()
