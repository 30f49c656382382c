"""Part blinks are found by their shape; the shape of every blink is told when pictures come often enough."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from driver_monitor.perception.blinks import Blinks
from driver_monitor.perception.closures import Closures
from driver_monitor.settings import Settings
from driver_monitor.signals import Event, nanoseconds, seconds

S = Settings().eyes
Lids = Callable[[float], float]


def dip(at: float, depth: float, fall_s: float = 0.08, rise_s: float = 0.16, held_s: float = 0.0, top: float = 1.0) -> Lids:
    """Lids that fall from ``top`` at a time, stay down and rise again, all in straight lines."""

    def lids(t: float) -> float:
        down, up = (t - at) / fall_s, (t - at - fall_s - held_s) / rise_s
        return top - depth * max(0.0, min(1.0, down, 1.0 - up))

    return lids


def watch(lids: Lids, length_s: float = 4.0, fps: float = 30.0, in_yawn: bool = False) -> list[Event]:
    closures, blinks, events = Closures(S), Blinks(S), []
    t_ns = 0
    for k in range(int(length_s * fps)):
        t_ns = nanoseconds(k / fps)
        openness = lids(k / fps)
        found = closures.step(t_ns, openness, "yawn" if in_yawn else None)
        events += blinks.step(t_ns, openness, found, closures.current is not None, in_yawn)
    return [e for e in events + blinks.finish(t_ns, closures.finish(t_ns)) if e.end_ns is not None]


@pytest.mark.parametrize("fps", [15, 20, 30, 60])
@pytest.mark.parametrize("depth", [0.45, 0.6])
def test_lids_that_dip_and_come_back_are_a_part_blink(fps: int, depth: float) -> None:
    (blink,) = watch(dip(2.0, depth, held_s=0.07), fps=fps)
    detail = dict(blink.detail)
    assert blink.name == "blink"
    assert detail["partial"] is True
    assert detail["depth"] == pytest.approx(depth, abs=0.12)
    assert seconds(blink.start_ns) == pytest.approx(2.04, abs=0.04)


def test_a_full_blink_is_told_once_and_is_not_partial() -> None:
    (blink,) = watch(dip(2.0, 1.0, held_s=0.05))
    assert "partial" not in dict(blink.detail)


def test_a_look_down_is_no_blink() -> None:
    assert watch(dip(2.0, 0.5, held_s=1.2)) == []


def test_slowly_drooping_lids_are_no_blink() -> None:
    assert watch(dip(1.0, 0.5, fall_s=0.8, rise_s=0.8)) == []


def test_a_wide_eyed_moment_that_passes_is_no_blink() -> None:
    assert watch(lambda t: 1.2 if t < 2.0 or t > 2.3 else 0.85) == []


def test_a_squeeze_of_a_yawn_is_no_blink() -> None:
    assert watch(dip(2.0, 0.5), in_yawn=True) == []


def test_noisy_lids_do_not_blink() -> None:
    jumps = [0.09, -0.12, 0.03, -0.06, 0.12, -0.15, 0.0, 0.15]
    shaky = dip(2.0, 0.34)
    assert watch(lambda t: shaky(t) + jumps[int(t * 30 + 0.5) % 8] / 1.5) == []


def test_two_dips_of_one_blink_are_one() -> None:
    first, second = dip(2.0, 0.5), dip(2.09, 0.5)
    assert len(watch(lambda t: min(first(t), second(t)))) == 1


@pytest.mark.parametrize("fps", [20, 30, 60])
def test_the_shape_of_a_blink_does_not_hang_on_the_frame_rate(fps: int) -> None:
    (blink,) = watch(dip(2.0, 1.0, fall_s=0.2, rise_s=0.3, held_s=0.1), fps=fps)
    detail = dict(blink.detail)
    assert detail["amplitude"] == pytest.approx(1.0, abs=0.05)
    assert detail["closing_s"] == pytest.approx(0.16, abs=0.025)
    assert detail["opening_s"] == pytest.approx(0.24, abs=0.025)
    assert detail["whole_s"] == pytest.approx(0.55, abs=0.04)
    assert detail["closing_speed"] == pytest.approx(5.0, abs=0.8)
    assert detail["opening_speed"] == pytest.approx(3.33, abs=0.4)


def test_below_fifteen_pictures_a_second_a_closure_has_no_shape_and_part_blinks_are_not_told() -> None:
    (closure,) = watch(dip(2.0, 1.0, held_s=0.7), fps=10)
    assert {"duration_s", "depth"} == set(dict(closure.detail))
    assert watch(dip(2.0, 0.5, held_s=0.2), fps=10) == []


def test_the_end_of_a_recording_gives_the_blink_that_still_waits() -> None:
    (blink,) = watch(dip(3.7, 1.0, held_s=0.05), length_s=4.0)
    assert blink.name == "blink"
