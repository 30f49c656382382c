"""Brief expressions: what flits across a face, and what only looks so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from driver_monitor.perception.expression import Expressions
from driver_monitor.signals import Angles, Event, FaceMeasurement, nanoseconds

CALM = {"browDownLeft": 0.05, "browDownRight": 0.05, "jawOpen": 0.0}


def look(units: Callable[[float], dict[str, float]], fps: float = 30.0, until_s: float = 36.0, yaw: float = 0.0) -> list[Event]:
    seen, out = Expressions(50.0), []
    for k in range(round(until_s * fps)):
        face = FaceMeasurement(nanoseconds(k / fps), head=Angles(yaw, 0.0), face_units={**CALM, **units(k / fps)})
        out += seen.step(face, in_yawn=False)
    return out


def frown(start_s: float, length_s: float) -> Callable[[float], dict[str, float]]:
    return lambda t: dict.fromkeys(("browDownLeft", "browDownRight"), 0.6) if start_s <= t < start_s + length_s else {}


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_a_frown_that_flits_by_is_a_micro_expression_at_any_frame_rate(fps: float) -> None:
    (event,) = look(frown(33.0, 0.3), fps)
    detail = dict(event.detail)
    assert (event.name, detail["unit"], detail["micro"]) == ("expression", "brow", True)
    assert detail["duration_s"] == pytest.approx(0.3, abs=1.01 / fps)
    assert detail["peak"] == pytest.approx(0.55, abs=0.02)


def test_a_second_long_frown_is_an_expression_and_a_longer_one_a_mood() -> None:
    (event,) = look(frown(32.0, 1.0))
    assert dict(event.detail)["micro"] is False
    assert look(frown(31.0, 4.5)) == []


def test_nothing_is_told_before_the_own_neutral_is_known() -> None:
    assert look(frown(20.0, 0.3), until_s=25.0) == []


def test_who_always_frowns_shows_nothing() -> None:
    assert look(lambda _: dict.fromkeys(("browDownLeft", "browDownRight"), 0.6)) == []


@pytest.mark.parametrize("more", [{"eyeBlinkLeft": 0.9, "eyeBlinkRight": 0.9}, {"jawOpen": 0.6}])
def test_a_blink_and_a_wide_mouth_draw_the_brow_along_and_are_left_out(more: dict[str, float]) -> None:
    frowning = frown(33.0, 0.3)
    assert look(lambda t: {**frowning(t), **(more if 32.9 < t < 33.4 else {})}) == []


def test_too_few_pictures_cannot_time_it() -> None:
    assert look(frown(33.0, 0.3), fps=8.0) == []
