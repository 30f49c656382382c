"""What hides the driver, over real pixels: each trouble has its name and is told in time, and none is made up."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.bench.scenario.scenario import Scenario
from driver_monitor.bench.scenario.script import Script
from driver_monitor.model_store import model_path
from driver_monitor.runtime.assembly import build_monitor
from driver_monitor.settings import Settings
from driver_monitor.signals import CameraFrame, Event, Report, Tick, nanoseconds, seconds
from tests.scripted import alerts, first

HEAD = 'seconds = {seconds}\nseed = 3\nsound = {{ on = false }}\nheart = {{ over = "none" }}\ncamera = {{ fps = 10 }}\n'
# all in a third of the time: drawing takes long
QUICK = Settings.model_validate({"face": {"place_s": 3.0}, "fatigue": {"not_visible_s": 3.0}})


def pictures(length_s: int, rest: str = "") -> list[CameraFrame]:
    script = Script.parse(HEAD.format(seconds=length_s) + rest)
    drawn = Scenario(script, model_path("virtual-driver")).frames(workers=2)
    return [CameraFrame(frame.t_ns, frame.image) for frame in drawn]


def watch(frames: list[CameraFrame]) -> list[Report]:
    monitor = build_monitor(QUICK)
    reports: list[Report] = []
    ticks = 0
    for frame in frames:
        while nanoseconds(ticks / 10) <= frame.t_ns:
            reports += monitor.step(Tick(nanoseconds(ticks / 10)))
            ticks += 1
        reports += monitor.step(frame)
    monitor.close()
    return reports


def troubles(reports: list[Report]) -> list[str]:
    """Every trouble that was named, with its cause."""
    named = [dict(r.detail) for r in reports if isinstance(r, Event) and r.name == "visibility" and r.end_ns is None]
    return [str(d.get("why", d["trouble"])) for d in named]


@pytest.fixture(scope="module")
def plain() -> list[CameraFrame]:
    return pictures(7)


def from_2_s(frames: list[CameraFrame], spoil: object) -> list[CameraFrame]:
    assert callable(spoil)
    return [CameraFrame(f.t_ns, spoil(f.image)) if seconds(f.t_ns) >= 2.0 else f for f in frames]


def smeared(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 6.0), np.uint8)


def glaring(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(image.astype(int) * 2 + 160, 0, 255), np.uint8)


def taped(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.full_like(image, 2)


def test_a_clear_view_has_no_trouble(plain: list[CameraFrame]) -> None:
    reports = watch(plain)
    assert troubles(reports) == []
    assert alerts(reports) == []


@pytest.mark.parametrize(
    ("spoil", "names"), [(smeared, {"blurred"}), (glaring, {"glare", "glare on the face"}), (taped, {"dark"})]
)
def test_a_smeared_a_blinded_and_a_taped_camera_are_named_and_told(
    plain: list[CameraFrame], spoil: object, names: set[str]
) -> None:
    reports = watch(from_2_s(plain, spoil))
    assert set(troubles(reports)) <= names
    assert troubles(reports)
    told = {a.kind: seconds(a.t_ns) for a in alerts(reports, action="raised")}
    assert set(told) <= {"camera_blocked", "driver_not_visible"}
    # glare on the face is believed after face.worn_s
    assert min(told.values()) <= 2.0 + 3.0 + 2.1


def test_sunglasses_are_named_and_told() -> None:
    reports = watch(pictures(7, 'subject = { glasses = "dark" }\n'))
    assert troubles(reports) == ["sunglasses"]
    when = first(reports, "driver_not_visible")
    assert when is not None
    assert when <= 2.0 + 3.0 + 0.3
    assert "sunglasses" in alerts(reports, "driver_not_visible")[0].rule


def test_a_mask_is_named_and_nothing_alerts() -> None:
    reports = watch(pictures(6, "subject = { mask = true }\n"))
    assert troubles(reports) == ["mask"]
    assert alerts(reports) == []


def test_sun_that_flickers_through_trees_shuts_no_eye_and_hides_no_driver() -> None:
    reports = watch(pictures(7, '[light]\nkind = "flicker"\n'))
    assert troubles(reports) == []
    assert alerts(reports) == []
    assert not [r for r in reports if isinstance(r, Event) and r.name == "eyes_closed"]


def test_reflective_clothing_is_no_glare(plain: list[CameraFrame]) -> None:
    def vest(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        lit = image.copy()
        lit[400:, 120:520] = np.maximum(lit[400:, 120:520], 255 - lit[400:, 120:520] // 8)
        return lit

    reports = watch(from_2_s(plain, vest))
    assert troubles(reports) == []
    assert alerts(reports) == []


def test_a_passenger_who_takes_the_place_in_the_picture_is_not_the_driver() -> None:
    done = '[[do]]\nat = 5\nwhat = "passenger"\nfor = 6\n[[do]]\nat = 5.5\nwhat = "lean_out"\nside = "left"\nfor = 5.5\n'
    reports = watch(pictures(13, done))
    assert "other_face" in troubles(reports)
    when = first(reports, "driver_not_visible")
    assert when is not None
    assert 8.5 <= when <= 9.6
    assert alerts(reports, "driver_not_visible", "cleared")
