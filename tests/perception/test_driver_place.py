"""Whose face it is."""

from __future__ import annotations

import numpy as np
import pytest

from driver_monitor.perception.driver_place import DriverPlace
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, CameraFrame, FaceMeasurement, PictureQuality, nanoseconds

SEAT = (0.5, 0.4, 0.2)
BESIDE = (0.15, 0.5, 0.16)
GOOD = PictureQuality(110.0, 45.0)


class Cabin:
    """Faces before a :class:`DriverPlace`; each call goes on where the last one ended."""

    def __init__(self, fps: float = 15.0) -> None:
        self.place = DriverPlace(Settings().face, Settings().fatigue.standstill_kmh)
        self.fps, self.pictures = fps, 0

    def see(self, spot: tuple[float, float, float] | None, for_s: float, speed_kmh: float | None = 80.0) -> list[FaceMeasurement]:
        """What is taken for the driver while a face is at a place (x, y, width) or nowhere."""
        out = []
        for _ in range(round(for_s * self.fps)):
            t_ns = nanoseconds(self.pictures / self.fps)
            self.pictures += 1
            face = FaceMeasurement(t_ns, quality=GOOD, reason="no face in the picture")
            if spot is not None:
                face = FaceMeasurement(t_ns, head=Angles(0.0, 0.0), centre=spot[:2], width=spot[2], quality=GOOD)
            out.append(self.place.step(face, speed_kmh))
        return out

    def move(self, start: tuple[float, float, float], end: tuple[float, float, float], for_s: float) -> list[FaceMeasurement]:
        """A face on its way."""
        steps = round(for_s * self.fps)
        between = [np.array(start) + (np.array(end) - np.array(start)) * k / steps for k in range(1, steps + 1)]
        return [self.see((float(x), float(y), float(w)), 1.0 / self.fps)[0] for x, y, w in between]

    def look(self) -> np.ndarray:
        """The picture in which the driver is looked for, of an all white one."""
        white = np.full((48, 64, 3), 255, np.uint8)
        return self.place.look(CameraFrame(nanoseconds(self.pictures / self.fps), white)).image


def drivers(faces: list[FaceMeasurement]) -> set[bool]:
    return {f.present for f in faces}


@pytest.mark.parametrize("fps", [10, 15, 30, 60])
def test_a_face_seen_for_one_picture_hands_the_drivers_place_to_nobody(fps: int) -> None:
    """A dark headrest was found as a face, once, and the passenger beside it then taken for the driver."""
    cabin = Cabin(fps)
    cabin.see(SEAT, 15.0)
    cabin.see(None, 0.2)
    assert drivers(cabin.see(BESIDE, 5.0)) == {False}
    assert drivers(cabin.see((0.5, 0.42, 0.28), 1.0 / fps)) == {False}
    assert drivers(cabin.see(BESIDE, 5.0)) == {False}
    back = cabin.see(SEAT, 5.0)
    assert not back[0].present
    assert drivers(back[1:]) == {True}


@pytest.mark.parametrize("fps", [10, 15, 30, 60])
def test_a_passenger_who_leans_in_when_the_driver_leaves_is_not_the_driver(fps: int) -> None:
    cabin = Cabin(fps)
    assert drivers(cabin.see(SEAT, 15.0)) == {True}
    cabin.see(None, 0.2)
    refused = cabin.see(BESIDE, 12.0)
    assert drivers(refused) == {False}
    assert all(f.other_face and f.reason and f.quality is GOOD for f in refused)
    assert drivers(cabin.see(SEAT, 5.0)[1:]) == {True}


def test_landmarks_that_jump_to_the_passenger_from_one_picture_to_the_next_are_refused_at_once() -> None:
    cabin = Cabin()
    cabin.see(SEAT, 15.0)
    assert drivers(cabin.see(BESIDE, 1.0)) == {False}


def test_a_driver_who_leans_far_aside_and_back_stays_the_driver() -> None:
    cabin = Cabin()
    cabin.see(SEAT, 15.0)
    aside = (0.9, 0.6, 0.17)
    assert drivers(cabin.move(SEAT, aside, 1.0) + cabin.see(aside, 8.0) + cabin.move(aside, SEAT, 1.0)) == {True}


def test_a_driver_lost_for_a_moment_while_bent_aside_is_found_again_there() -> None:
    cabin = Cabin()
    cabin.see(SEAT, 15.0)
    cabin.move(SEAT, (0.85, 0.6, 0.2), 1.0)
    cabin.see(None, 1.5)
    assert drivers(cabin.see((0.8, 0.6, 0.2), 1.0)) == {True}


def test_a_small_face_behind_the_drivers_headrest_is_not_the_driver() -> None:
    cabin = Cabin()
    cabin.see(SEAT, 15.0)
    cabin.see(None, 1.0)
    assert drivers(cabin.see((0.5, 0.35, 0.08), 3.0)) == {False}


def test_a_moved_seat_is_learned_at_standstill_and_said() -> None:
    cabin = Cabin()
    cabin.see(SEAT, 15.0)
    assert [h.reason for h in cabin.place.health()] == ["the driver's place in the picture"]
    cabin.see(None, 30.0, speed_kmh=0.0)
    moved = cabin.see((0.5, 0.75, 0.3), 12.0, speed_kmh=0.0)
    assert not moved[0].present
    assert sum(not f.present for f in moved) / cabin.fps == pytest.approx(10.0, abs=0.2)
    assert [h.reason for h in cabin.place.health()] == ["a new place of the driver: a lone face, steady for 10 s at standstill"]
    assert drivers(cabin.see((0.5, 0.75, 0.3), 2.0)) == {True}


@pytest.mark.parametrize("speed_kmh", [80.0, None])
def test_while_moving_another_place_takes_a_minute(speed_kmh: float | None) -> None:
    cabin = Cabin()
    cabin.see(SEAT, 15.0)
    cabin.see(None, 1.0)
    moved = cabin.see(BESIDE, 62.0, speed_kmh)
    assert sum(not f.present for f in moved) / cabin.fps == pytest.approx(60.0, abs=0.2)


def test_a_restless_passenger_never_becomes_the_driver() -> None:
    cabin = Cabin()
    cabin.see(SEAT, 15.0)
    cabin.see(None, 1.0)
    for _ in range(10):
        assert drivers(cabin.see(BESIDE, 7.0)) == {False}
        assert drivers(cabin.see((0.35, 0.6, 0.16), 7.0)) == {False}


def test_while_another_face_is_about_the_driver_is_looked_for_around_the_seat() -> None:
    cabin = Cabin()
    cabin.see(SEAT, 15.0)
    assert cabin.look().all()
    cabin.see((0.05, 0.4, 0.12), 1.5)
    cabin.look()
    cabin.see((0.05, 0.4, 0.12), 0.2)
    picture = cabin.look()
    assert not picture[20:32, :8].any()
    assert picture[:, 24:40].all()


def test_the_whole_picture_is_looked_at_again_when_the_other_face_has_gone() -> None:
    cabin = Cabin()
    cabin.see(SEAT, 15.0)
    cabin.see(BESIDE, 1.0)
    assert all(f.other_face for f in cabin.see(None, 2.0))
    assert not any(f.other_face for f in cabin.see(None, 4.0)[-15:])
    assert cabin.look().all()


def test_before_the_place_is_learned_every_face_is_the_drivers() -> None:
    cabin = Cabin()
    assert drivers(cabin.see(SEAT, 2.0) + cabin.see(BESIDE, 2.0)) == {True}
