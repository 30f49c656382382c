"""The camera's pictures themselves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.perception.picture import PictureCheck
from driver_monitor.perception.visibility import Visibility
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, CameraFrame, Event, FaceMeasurement, PictureQuality, nanoseconds

FACE = Settings().face


def scene(noise: float = 2.0, seed: int = 0) -> NDArray[np.uint8]:
    """A grey cabin with things of all sizes in it, and a chip's noise."""
    random = np.random.default_rng(7)
    image = np.full((480, 640), 90.0, np.float32)
    for _ in range(400):
        x, y, size = random.integers(0, 640), random.integers(0, 480), int(random.integers(6, 60))
        image[y : y + size, x : x + size] += random.uniform(-40.0, 40.0)
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0), np.float32)
    image += np.random.default_rng(seed).normal(0.0, noise, image.shape)
    return np.repeat(np.clip(image, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def last(pictures: list[NDArray[np.uint8]], seat: tuple[float, float, float, float] | None = None) -> PictureQuality:
    check = PictureCheck(FACE)
    for k, image in enumerate(pictures):
        quality = check.step(CameraFrame(nanoseconds(k / 2.0), image), seat)
    return quality


def sight(quality: PictureQuality, head: Angles | None = None) -> str:
    visibility = Visibility(FACE)
    reason = None if head else "no face in the picture"
    visibility.step(FaceMeasurement(0, head=head, quality=quality, reason=reason), eyes_usable=head is not None)
    return visibility.sight


def test_a_smeared_lens_is_blurred_and_a_little_softness_is_not() -> None:
    sharp = [scene(seed=k) for k in range(60)]
    for sigma, blurred in ((1.0, False), (6.0, True)):
        soft = np.asarray(cv2.GaussianBlur(scene(), (0, 0), sigma), np.uint8)
        quality = last([*sharp, soft, soft])
        assert quality.sharpness is not None
        assert (quality.sharpness < FACE.blurred_share) is blurred
        assert sight(quality) == ("blurred" if blurred else "no_face")


def test_a_lens_smeared_from_the_start_is_blurred_all_the_same() -> None:
    random = np.random.default_rng(6)
    smeared = cv2.GaussianBlur(scene(), (0, 0), 6.0).astype(np.int16)  # the sensor's noise comes after the lens
    soft = [np.clip(smeared + random.normal(0.0, 1.5, smeared.shape), 0, 255).astype(np.uint8) for _ in range(70)]
    assert sight(last(soft), Angles(0.0, 0.0)) == "blurred"


def test_a_driver_who_goes_leaves_less_detail_and_no_blur() -> None:
    visibility, soft = Visibility(FACE), PictureQuality(110.0, 45.0, sharpness=0.31)  # an empty seat's
    for k in range(40):
        sharp = PictureQuality(110.0, 45.0, sharpness=1.0)
        face = FaceMeasurement(nanoseconds(k / 10.0), head=Angles(0.0, 0.0), quality=sharp)
        visibility.step(face if k < 20 else FaceMeasurement(face.t_ns, quality=soft, reason="no face"), eyes_usable=True)
    assert visibility.sight == "no_face"
    for k in range(40, 60):  # but what was blurred with a face before it stays so
        face = FaceMeasurement(nanoseconds(k / 10.0), head=Angles(0.0, 0.0), quality=soft)
        visibility.step(face if k < 50 else FaceMeasurement(face.t_ns, quality=soft, reason="no face"), eyes_usable=True)
    seen: str = visibility.sight
    assert seen == "blurred"


def test_day_after_a_noisy_night_is_no_blur() -> None:
    night = [np.asarray(scene(noise=25.0, seed=k) * 0.4, np.uint8) for k in range(70)]
    assert sight(last([*night, scene(), scene()])) == "no_face"


def test_a_flat_picture_has_no_sharpness() -> None:
    assert last([np.full((480, 640, 3), 90, np.uint8)]).sharpness is None


@pytest.mark.parametrize(
    ("picture", "name"),
    [
        (np.full((480, 640, 3), 3, np.uint8), "dark"),
        (np.full((480, 640, 3), 60, np.uint8), "covered"),
        (np.clip(scene().astype(int) * 4, 0, 255).astype(np.uint8), "glare"),
        (scene(), "no_face"),
    ],
    ids=["dark", "covered", "glare", "no face"],
)
def test_each_picture_without_a_face_has_its_name(picture: NDArray[np.uint8], name: str) -> None:
    assert sight(last([picture])) == name


def test_an_infrared_picture_of_an_empty_seat_is_not_dark() -> None:
    lit = np.full((480, 640, 3), 6, np.uint8)
    lit[100:300, 250:330] = 120  # the lamp reaches the headrest
    assert sight(last([lit])) == "no_face"


def test_something_dark_and_flat_where_the_driver_was_is_a_cover() -> None:
    image = scene()
    image[60:420, 160:480] = 5
    assert sight(last([image], seat=(0.3, 0.2, 0.65, 0.55))) == "covered"
    assert sight(last([image], seat=(0.8, 0.2, 0.95, 0.55))) == "no_face"


def test_a_cover_is_known_through_the_noise_of_an_infrared_picture_and_an_empty_seat_is_not_one() -> None:
    noise = np.random.default_rng(1).normal(0.0, 10.0, (480, 640, 1))
    covered, empty = (np.full((480, 640, 3), below, float) for below in (4.0, 45.0))
    covered[:120] = 45.0
    seat = (0.3, 0.3, 0.6, 0.6)
    for picture, name in ((covered, "covered"), (empty, "no_face")):
        picture[100:140, 250:400] = 160.0  # what the lamp still reaches
        assert sight(last([np.clip(picture + noise, 0, 255).astype(np.uint8)], seat=seat)) == name


def test_a_picture_that_stands_still_is_frozen_after_a_second_at_any_frame_rate() -> None:
    for fps in (10, 30, 60):
        check, image = PictureCheck(FACE), scene()
        frozen = [check.step(CameraFrame(nanoseconds(k / fps), image)).frozen for k in range(2 * fps)]
        assert frozen.index(True) == fps


def test_a_frozen_picture_that_a_codec_repeats_not_quite_the_same_is_frozen() -> None:
    random = np.random.default_rng(5)
    for most, frozen in ((4, True), (8, False)):
        check, image = PictureCheck(FACE), scene().astype(np.int16)
        for k in range(30):
            coded = np.clip(image + random.integers(0, most + 1, image.shape), 0, 255).astype(np.uint8)
            quality = check.step(CameraFrame(nanoseconds(k / 15.0), coded))
        assert quality.frozen is frozen


def test_a_dark_picture_with_little_noise_is_not_frozen() -> None:
    check, random = PictureCheck(FACE), np.random.default_rng(5)
    for k in range(30):
        noise = random.integers(2, 5, (480, 640, 3)).astype(np.uint8)
        assert not check.step(CameraFrame(nanoseconds(k / 15.0), noise)).frozen


def test_noise_and_the_edge_of_a_cover_do_not_uncover_the_seat() -> None:
    visibility, names = Visibility(FACE), []
    for k, spread in enumerate((5.6, 6.8, 6.3, 5.6, 7.5)):  # of what is dark, about the limit of 6
        quality = PictureQuality(19.6, 20.2, seat=(10.9, spread))
        visibility.step(FaceMeasurement(nanoseconds(k / 10.0), quality=quality, reason="no face"), eyes_usable=False)
        names.append(visibility.sight)
    assert names == ["covered"] * 5
    empty = PictureQuality(19.6, 20.2, seat=(10.9, 10.0))
    visibility.step(FaceMeasurement(nanoseconds(0.6), quality=empty, reason="no face"), eyes_usable=False)
    assert visibility.sight == "no_face"


def test_another_cause_is_another_event() -> None:
    visibility = Visibility(FACE)
    events: list[Event] = []
    for k in range(60):
        why = "sunglasses" if k < 30 else "glare on the face"
        events += visibility.step(FaceMeasurement(nanoseconds(k / 10.0), head=Angles(0.0, 0.0)), False, why)
    assert [dict(e.detail).get("why") for e in events] == ["sunglasses", "sunglasses", "glare on the face"]
    assert [e.end_ns is None for e in events] == [True, False, True]
