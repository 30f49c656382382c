"""A look at a picture that is not read: it sees the first picture of a movement, and no noise."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.light import LIGHTS, LightKind
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.model_store import model_path
from driver_monitor.perception.face_landmarks import FaceLandmarks
from driver_monitor.perception.face_landmarks.with_litert import LiteRtFace
from driver_monitor.perception.still_look import StillLook
from driver_monitor.signals import NS_PER_S, Angles, CameraFrame, nanoseconds

Picture = NDArray[np.uint8]
READ_S = 1.0 / 15.0
STILL = 12

OPEN = Pose()
MOVES = {
    "a blink begins": Pose(lids=(0.7, 0.7)),
    "eyes turn aside": Pose(eyes=Angles(12.0, 0.0, 0.0)),
    "the head turns": Pose(head=Angles(3.0, 0.0, 0.0)),
    "the mouth opens": Pose(units={"jawOpen": 0.4}),
}


@cache
def drawn(light: LightKind) -> tuple[tuple[Picture, ...], dict[str, Picture], FaceLandmarks]:
    """A driver who rests, picture after picture with its own noise; the same who moves; and the landmarks at rest."""
    driver = virtual_driver(model_path("virtual-driver"), PEOPLE["fang"])

    def picture(pose: Pose, seed: int) -> Picture:
        return driver.render(pose, Conditions(place="cluster", light=LIGHTS[light], seed=seed))[0]

    still = tuple(picture(OPEN, seed) for seed in range(STILL))
    moved = {what: picture(pose, 100) for what, pose in MOVES.items()}
    detector = LiteRtFace(model_path("face_landmarker"), detection=0.5, presence=0.5)
    found = detector.detect(CameraFrame(0, still[0]))
    detector.close()
    assert found is not None
    return still, moved, found


def taught(pictures: tuple[Picture, ...], found: FaceLandmarks) -> StillLook:
    """A look that knows this camera's noise."""
    look = StillLook()
    for k, picture in enumerate(pictures):
        look.learn(look.compare(picture), READ_S)
        look.keep(nanoseconds(k * READ_S), picture, found)
    return look


@pytest.mark.parametrize("light", ["day", "infrared"])
@pytest.mark.parametrize("what", MOVES)
def test_the_first_picture_of_a_movement_is_seen(light: LightKind, what: str) -> None:
    still, moved, found = drawn(light)
    look = taught(still, found)
    assert look.moved(look.compare(moved[what]))


@pytest.mark.parametrize("light", ["day", "infrared"])
def test_the_noise_of_a_picture_wakes_nobody(light: LightKind) -> None:
    still, _, found = drawn(light)
    look = taught(still[:8], found)
    assert [look.moved(look.compare(picture)) for picture in still[8:]] == [False] * (STILL - 8)


def test_until_the_noise_is_known_every_picture_is_read() -> None:
    still, _, found = drawn("day")
    look = StillLook()
    assert look.moved(look.compare(still[0]))
    look.keep(0, still[0], found)
    assert look.moved(look.compare(still[1]))


def test_light_that_drifts_wakes_nobody_and_hides_no_movement() -> None:
    still, moved, found = drawn("infrared")
    look = taught(still, found)
    woken = 0
    for k in range(60):  # four seconds, at the end of which a third of the light is gone
        share = 1.0 - k / 180.0
        picture = np.asarray(still[k % STILL] * share, np.uint8)
        rest = look.compare(picture)
        woken += look.moved(rest)
        look.learn(rest, READ_S)
        look.keep(nanoseconds((STILL + k) * READ_S), picture, found)
    assert woken <= 6
    assert look.moved(look.compare(np.asarray(moved["a blink begins"] * 0.67, np.uint8)))


def test_a_face_at_the_edge_of_the_picture_is_read() -> None:
    still, _, found = drawn("day")
    look = taught(still, found)
    left = round(min(x for x, _, _ in found.points((33, 133, 362, 263))))
    assert look.moved(look.compare(still[1][:, left:]))
    look.keep(NS_PER_S, still[1][:200], found)
    assert look.moved(look.compare(still[1]))
