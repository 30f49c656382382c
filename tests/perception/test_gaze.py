"""Directions from heads, lids and irises: small looks with the eyes alone, and lids that sink without any look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from driver_monitor.perception.face import eyes_in_head, head_angles
from driver_monitor.perception.gaze import Gaze, GazeState
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, EyesInHead, FaceMeasurement, nanoseconds

S = Settings().gaze
HEAD = Angles(2.0, 8.0)  # towards a camera on the column
LID, IRIS = 0.17, 0.06  # heights of this face's own straight-ahead


@dataclass(frozen=True)
class Look:
    """What one picture shows, against straight ahead."""

    yaw: float = 0.0
    head: tuple[float, float] = (0.0, 0.0)
    lid: float = 0.0
    iris: float = 0.0
    smile: float = 0.0
    openness: float | None = 1.0
    yawn: bool = False
    centre: float = 0.5


class Driver:
    """Shows looks to a Gaze, in time."""

    def __init__(self, fps: float = 30.0) -> None:
        self.gaze = Gaze(S, "left")
        self.fps = fps
        self.pictures = 0

    def show(self, look: Callable[[float], Look] | Look, for_s: float) -> GazeState:
        state = None
        for k in range(round(for_s * self.fps)):
            now = look if isinstance(look, Look) else look(k / self.fps)
            face = FaceMeasurement(
                nanoseconds(self.pictures / self.fps),
                head=Angles(HEAD.yaw + now.head[0], HEAD.pitch + now.head[1]),
                eye_in_head=EyesInHead(now.yaw, LID + now.lid, IRIS + now.iris),
                centre=(now.centre, 0.4),
                width=0.2,
            )
            self.pictures += 1
            state = self.gaze.step(face, now.openness, now.yawn, now.smile, laughs=now.smile > 0.5)
        assert state is not None
        return state


    def lose(self) -> GazeState:
        self.pictures += 1
        lost = FaceMeasurement(nanoseconds((self.pictures - 1) / self.fps), reason="no face in the picture")
        return self.gaze.step(lost, None, mouth_wide=False)


@pytest.fixture
def driver() -> Driver:
    known = Driver()
    known.show(Look(), 12.0)
    return known


def pitch(state: GazeState) -> float:
    assert state.direction is not None
    return state.direction.pitch


def test_eyes_alone_on_the_cluster_are_seen_by_their_lids(driver: Driver) -> None:
    state = driver.show(Look(lid=-0.08, iris=-0.02), 1.0)
    assert state.zone == "cluster"
    assert pitch(state) == pytest.approx(-22.0, abs=4.0)


def test_a_look_up_needs_irises_that_rise_with_the_lids(driver: Driver) -> None:
    assert driver.show(Look(lid=0.06), 0.5).zone == "road"  # eyes wide open
    assert driver.show(Look(iris=0.09), 0.5).zone == "road"  # an iris misplaced
    assert driver.show(Look(lid=0.06, iris=0.09), 0.5).zone == "up"


def test_lids_that_sink_slowly_are_drowsy_and_look_nowhere(driver: Driver) -> None:
    state = driver.show(lambda t: Look(lid=-0.075 * t / 60.0), 60.0)
    assert state.zone == "road"
    assert pitch(state) > -8.0


def test_the_same_lids_at_once_are_a_look_down(driver: Driver) -> None:
    assert driver.show(Look(lid=-0.075), 3.0).zone == "cluster"


def test_lids_that_sink_within_seconds_still_come_too_slowly_for_a_look(driver: Driver) -> None:
    seen = [driver.show(Look(lid=-0.07 * min(1.0, k / 60.0)), 0.1).zone for k in range(100)]  # in 6 s, and so for 4 s
    assert set(seen) == {"road"}


@pytest.mark.parametrize("hidden", [Look(lid=-0.2, openness=0.1, yawn=True), Look(lid=-0.25, openness=0.0)])
def test_lids_that_sank_behind_a_yawn_or_a_closure_look_nowhere(driver: Driver, hidden: Look) -> None:
    driver.show(hidden, 3.0)
    sunk = Look(lid=-0.07, openness=0.6)
    assert driver.show(sunk, 0.3).zone != "cluster"
    assert driver.show(sunk, 5.0).zone == "road"
    assert driver.show(Look(head=(0.0, -20.0), lid=-0.12, openness=0.4), 1.0).zone == "lap"  # and a look is still one


def test_a_look_down_that_begins_in_a_blink_is_one(driver: Driver) -> None:
    driver.show(Look(lid=-0.25, openness=0.0), 0.4)
    assert driver.show(Look(lid=-0.075), 1.0).zone == "cluster"


def test_behind_shut_lids_the_head_tells_since_when_a_look_may_have_lasted(driver: Driver) -> None:
    shut, head_down = Look(lid=-0.15, openness=0.05), Look(head=(0.0, -20.0), lid=-0.15, openness=0.05)
    driver.show(shut, 0.5)
    went_ns = nanoseconds(driver.pictures / driver.fps)
    driver.show(head_down, 0.6)
    states = [driver.show(replace(head_down, lid=0.0, openness=0.9), 1.0 / driver.fps) for _ in range(10)]
    told = [state.head_away_ns for state in states if state.zone is not None]
    assert told[0] == went_ns
    assert set(told[1:]) == {None}  # once


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
@pytest.mark.parametrize(
    ("moved", "lost_to"),
    [((-10, -4), "right_window"), ((10, 4), "left_window"), ((2, -6), "lap"), ((1, 8), "up"), ((3, -1), None)],
)
def test_a_head_lost_on_its_way_was_on_its_way_there(fps: float, moved: tuple[float, float], lost_to: str | None) -> None:
    driver = Driver(fps)
    driver.show(Look(), 12.0)
    driver.show(lambda t: Look(head=(moved[0] * (t + 1.0 / fps) / 0.2, moved[1] * (t + 1.0 / fps) / 0.2)), 0.2)
    assert driver.lose().lost_to == lost_to
    assert driver.lose().lost_to == lost_to  # and still is
    driver.show(lambda t: Look(head=(moved[0] * (1.0 - t / 0.2), moved[1] * (1.0 - t / 0.2))), 0.2)
    assert driver.lose().lost_to is None  # coming back


def test_a_jerk_of_the_last_picture_is_no_turn() -> None:
    """A hand that closes over a yawning mouth draws the landmarks along before the face is lost."""
    for fps in (15.0, 30.0, 60.0):
        driver = Driver(fps)
        driver.show(Look(), 12.0)
        driver.show(Look(head=(6.0, 5.0)), 1.0 / fps)
        assert driver.lose().lost_to is None


def test_a_face_that_leaves_the_picture_has_not_turned_away() -> None:
    for aside, lost_to in ((0.0, "right_window"), (-0.2, None)):
        driver = Driver(30.0)
        driver.show(Look(), 12.0)
        driver.show(lambda t, v=aside: Look(head=(-50.0 * t, 0.0), centre=0.5 + 5.0 * v * t), 0.2)  # type: ignore[misc]
        assert driver.lose().lost_to == lost_to


def test_woken_lids_hide_no_look_down(driver: Driver) -> None:
    driver.show(lambda t: Look(lid=-0.07 * t / 40.0), 40.0)
    driver.show(Look(), 10.0)
    assert driver.show(Look(lid=-0.075), 1.0).zone == "cluster"


def test_sinking_lids_are_followed_alike_at_any_frame_rate() -> None:
    read = []
    for fps in (10.0, 60.0):
        slow = Driver(fps)
        slow.show(Look(), 12.0)
        read.append(pitch(slow.show(lambda t: Look(lid=-0.05 * t / 30.0), 30.0)))
    assert read[0] == pytest.approx(read[1], abs=0.3)


def test_eyes_that_go_with_a_far_turned_head_look_further_than_is_read(driver: Driver) -> None:
    window = driver.show(Look(head=(-42.0, 0.0), yaw=-10.0), 1.0)
    back = driver.show(Look(head=(-42.0, 0.0), yaw=20.0), 1.0)
    mirror = driver.show(Look(head=(-36.0, 0.0), yaw=-12.0), 1.0)
    assert (window.zone, mirror.zone) == ("passenger", "right_mirror")
    assert back.direction is not None
    assert back.direction.yaw == pytest.approx(-22.0, abs=1.0)  # eyes that look back at the road are read as they are


def test_a_laugh_is_no_look_down(driver: Driver) -> None:
    assert driver.show(Look(lid=-0.065, smile=0.9), 3.0).zone == "road"


def test_eyes_squeezed_by_a_laugh_tell_nothing_and_only_a_head_that_points_away_does(driver: Driver) -> None:
    squeezed = Look(lid=-0.13, smile=0.85, openness=0.35)
    state = driver.show(squeezed, 3.0)
    assert (state.zone, state.reason) == (None, "a laugh narrows the eyes")
    assert driver.show(replace(squeezed, head=(0.0, -32.0)), 3.0).zone == "lap"
    assert driver.show(Look(lid=-0.13, openness=0.35), 3.0).zone == "lap"  # no laugh


def test_lids_that_rise_on_a_lowered_head_do_not_hide_its_look(driver: Driver) -> None:
    state = driver.show(Look(head=(0.0, -20.0), lid=0.024), 1.0)
    assert pitch(state) == pytest.approx(-24.0, abs=2.0)


def test_with_eyes_not_measured_the_head_tells(driver: Driver) -> None:
    state = driver.show(Look(head=(-45.0, 0.0), openness=None), 1.0)
    assert state.head_only
    assert state.zone == "rear_mirror"


def test_eyes_lost_for_a_picture_leave_the_gaze_open_rather_than_to_the_head(driver: Driver) -> None:
    aside = Look(yaw=-20.0, head=(-8.0, 0.0))
    driver.show(aside, 0.5)
    lost = driver.show(replace(aside, openness=None), 0.1)
    assert lost.zone is None
    assert lost.reason == "the eyes cannot be read for a moment"
    assert driver.show(replace(aside, openness=None), 0.5).head_only


def test_noise_of_the_lids_hides_no_gaze_at_sixty_pictures_a_second() -> None:
    driver, dice = Driver(fps=60.0), np.random.default_rng(1)
    driver.show(Look(), 12.0)
    seen = [driver.show(Look(openness=1.0 + 0.06 * float(dice.standard_normal())), 1 / 60).zone for _ in range(600)]
    assert seen.count("road") > 570


def test_a_head_that_comes_back_fast_is_led_by_its_gaze(driver: Driver) -> None:
    driver.show(Look(head=(-50.0, 0.0)), 1.0)
    back = driver.show(lambda t: Look(head=(-50.0 + 110.0 * t, 0.0)), 0.2)
    assert back.direction is not None
    assert back.direction.yaw == pytest.approx(-50.0 + 110.0 * (0.2 - 1.0 / 30.0) + 8.8, abs=1.0)
    held = driver.show(Look(head=(-30.0, 0.0)), 0.5)
    assert held.direction is not None
    assert held.direction.yaw == pytest.approx(-30.0, abs=1.0)


def turned(yaw_deg: float, pitch_deg: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Rotation of a head so far to its left and up."""
    y, p = np.radians((yaw_deg, pitch_deg))
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    return np.asarray(about_y @ about_x.T, np.float64)


@pytest.mark.parametrize(("yaw", "raised", "tilted"), [(0, 0, 20), (60, 0, 20), (60, -25, -15), (-50, 30, 10)])
def test_a_head_that_is_turned_tilts_by_its_own_tilt_alone(yaw: float, raised: float, tilted: float) -> None:
    r = np.radians(tilted)
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    angles = head_angles(turned(yaw, raised) @ about_z)
    assert (angles.yaw, angles.pitch, angles.roll) == pytest.approx((yaw, raised, tilted), abs=1e-6)


@pytest.mark.parametrize(("yaw", "raised"), [(0, 0), (30, 0), (-30, 10), (0, -20), (25, 20)])
def test_lids_and_irises_stand_as_high_in_a_turned_head(yaw: float, raised: float) -> None:
    rotation = turned(yaw, raised)
    angles = head_angles(rotation)
    assert (angles.yaw, angles.pitch) == pytest.approx((yaw, raised), abs=1e-6)
    width = 30.0
    # an eye in the head's own axes: corners, lid pairs (upper, lower), and the iris before them
    own = np.array(
        [(-15, 0, 0), (15, 0, 0), (-5, 5.1, 1), (-5, -3, 1), (5, 5.1, 1), (5, -3, 1), (1, 1.8, 0.12 * width)], np.float64
    )
    x, y, z = rotation @ own.T
    points = [(float(a) + 300.0, 200.0 - float(b), -float(c)) for a, b, c in zip(x, y, z, strict=True)]
    iris = (points[6][0], points[6][1], 17.0)  # of its depth the model knows nothing
    units = dict.fromkeys(("eyeLookOutLeft", "eyeLookInLeft", "eyeLookInRight", "eyeLookOutRight"), 0.1)
    eyes = eyes_in_head(units, points[:6], points[:6], (iris, iris), rotation)
    assert (eyes.yaw, eyes.lid_height, eyes.iris_height) == pytest.approx((0.0, LID, IRIS), abs=1e-6)


def test_what_a_long_look_aside_taught_at_the_start_is_unlearned() -> None:
    driver = Driver()
    aside = Look(yaw=-12.0, head=(-20.0, -14.0))
    assert driver.show(aside, 13.0).zone == "road"  # nothing else was seen yet
    assert driver.show(Look(), 5.0).zone != "road"
    assert driver.show(Look(), 25.0).zone == "road"
    assert driver.show(aside, 2.0).zone != "road"


def test_a_look_away_within_the_first_minute_teaches_nothing() -> None:
    driver = Driver()
    driver.show(Look(), 20.0)
    aside = Look(yaw=-12.0, head=(-20.0, -14.0))
    assert driver.show(aside, 12.0).zone != "road"
    assert driver.show(Look(), 1.0).zone == "road"


def test_many_short_looks_away_within_the_first_minute_teach_nothing() -> None:
    driver = Driver()
    driver.show(Look(), 12.0)
    phone = Look(lid=-0.08, head=(-14.0, -5.0))
    for _ in range(12):  # more time there than on the road
        assert driver.show(phone, 1.9).zone != "road"
        assert driver.show(Look(), 0.8).zone == "road"


def test_a_car_that_stands_teaches_no_straight_ahead() -> None:
    driver = Driver()
    driver.gaze.drive(None, standing=True)
    told = driver.show(Look(yaw=-12.0, head=(-20.0, -14.0)), 90.0)  # at the navigation before setting off
    assert (told.zone, told.reason) == (None, "learning straight-ahead")
    driver.gaze.drive(None, standing=False)
    driver.show(Look(), 11.0)
    assert driver.show(Look(), 1.0).zone == "road"
