"""Glasses, reflections, glare and masks over time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from driver_monitor.perception.worn import Worn, WornCheck, without_hidden
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, EyeReading, EyesInHead, FaceMeasurement, FaceRegions, PictureQuality, nanoseconds

BARE = FaceRegions(around_eyes=0.75, glint=0.0, washed=0.0, mask=False)
EYE = EyeReading(0.3, 0.1)
LOOK = EyesInHead(0.0, 0.17, 0.06)
FACE = FaceMeasurement(
    0, head=Angles(0.0, 0.0), left_eye=EYE, right_eye=EYE, eye_in_head=LOOK, mouth_ratio=0.02, width_px=150.0
)


def play(readings: list[FaceRegions], every_s: float = 0.25) -> list[Worn]:
    check = WornCheck(Settings().face)
    return [check.step(replace(FACE, t_ns=nanoseconds(k * every_s), regions=r)) for k, r in enumerate(readings)]


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        (replace(BARE, around_eyes=0.25), "sunglasses"),
        (replace(BARE, around_eyes=0.6, eyes_colour=0.1), "sunglasses"),
        (replace(BARE, around_eyes=0.45, eyes_colour=0.45), "sunglasses"),
        (replace(BARE, glint=0.6), "reflection on glasses"),
        (replace(BARE, washed=0.7), "glare on the face"),
    ],
)
def test_what_hides_the_eyes_is_named_after_two_seconds_and_forgotten_after_two(reading: FaceRegions, why: str) -> None:
    hidden = [w.eyes_hidden for w in play([BARE] * 20 + [reading] * 20 + [BARE] * 20)]
    assert hidden[:20] == [None] * 20
    assert hidden[28:40] == [why] * 12
    assert hidden[-10:] == [None] * 10


def test_a_glint_that_passes_hides_nothing() -> None:
    assert all(w.eyes_hidden is None for w in play([BARE] * 20 + [replace(BARE, glint=0.9)] * 3 + [BARE] * 20))


def test_clear_glasses_that_mirror_a_window_hide_nothing_though_half_the_colour_is_gone() -> None:
    assert all(w.eyes_hidden is None for w in play([replace(BARE, around_eyes=0.75, eyes_colour=0.3)] * 20))


def test_tinted_lenses_stay_usable_and_cost_confidence() -> None:
    tinted = play([replace(BARE, around_eyes=0.45)] * 20)[-1]
    assert tinted.eyes_hidden is None
    assert 0.5 < tinted.quality < 1.0
    assert play([BARE] * 20)[-1].quality == 1.0


def test_under_sunglasses_no_eye_is_measured_and_the_head_still_is() -> None:
    face = without_hidden(FACE, Worn("sunglasses"))
    assert face.left_eye is None
    assert face.eye_in_head is None
    assert face.reason == "the eyes are hidden: sunglasses"
    assert face.head == FACE.head
    assert face.mouth_ratio == FACE.mouth_ratio


def test_under_a_mask_no_mouth_is_measured_and_the_eyes_still_are() -> None:
    worn = play([replace(BARE, mask=True)] * 20)[-1]
    assert worn.mask
    face = without_hidden(FACE, worn)
    assert face.mouth_ratio is None
    assert face.left_eye == EYE


def test_one_masked_reading_in_three_is_no_mask() -> None:
    assert not any(w.mask for w in play([replace(BARE, mask=k % 3 == 0) for k in range(40)]))


def test_confidence_falls_with_blur_and_with_distance_before_the_eyes_are_given_up() -> None:
    check = WornCheck(Settings().face)

    def quality(sharpness: float | None, width_px: float) -> float:
        return check.step(replace(FACE, quality=PictureQuality(110.0, 45.0, sharpness=sharpness), width_px=width_px)).quality

    assert quality(1.0, 150.0) == 1.0
    assert 0.3 < quality(0.6, 150.0) < 0.7
    assert quality(1.0, 75.0) < 0.6
    assert quality(None, 150.0) == 1.0


def test_a_face_that_was_gone_is_looked_at_anew() -> None:
    check = WornCheck(Settings().face)
    for k in range(20):
        worn = check.step(replace(FACE, t_ns=nanoseconds(k * 0.25), regions=replace(BARE, around_eyes=0.2)))
    assert worn.eyes_hidden == "sunglasses"
    assert check.step(replace(FACE, t_ns=nanoseconds(10.0))).eyes_hidden is None
