"""What a camera picture costs as driven: a mean over those read and those left out, beside MediaPipe reading every one."""

from __future__ import annotations

import io

import pytest

from driver_monitor.bench.face_drives import EVERY, Drive, Driven, driven, show
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.model_store import model_path
from driver_monitor.settings import Settings
from driver_monitor.signals import CameraFrame


def told(*names: str) -> list[Driven]:
    every, half = [True] * 6, [True, True, True, False, True, False]
    results = {"mediapipe": [(every, [90.0, 90.0, 10.0, 10.0, 10.0, 10.0]), (half, [90.0, 90.0, 10.0, 2.0, 10.0, 2.0])]}
    results["litert"] = [(every, [90.0, 90.0, 7.0, 7.0, 7.0, 7.0]), (half, [90.0, 90.0, 7.0, 1.0, 7.0, 1.0])]
    runs = [(name, rate) for name in names for rate in (EVERY, 15.0)]
    return driven(runs, [result for name in names for result in results[name]], warm_up=2)  # type: ignore[arg-type]


def test_pictures_left_out_count_with_those_read_and_the_first_ones_not_at_all() -> None:
    last = told("mediapipe", "litert")[-1]
    assert (last.backend, last.read, last.cpu_ms) == ("litert", 0.5, 4.0)
    assert last.ratio_to_every == pytest.approx(0.4)
    assert last.ratio_to_paced == pytest.approx(4.0 / 6.0)


def test_a_reading_is_not_beside_mediapipe_with_pictures_left_out() -> None:
    every = told("mediapipe", "litert")[2]
    assert every.ratio_to_every == pytest.approx(0.7)
    assert every.ratio_to_paced is None


def test_without_mediapipe_there_is_no_ratio_and_no_verdict() -> None:
    from rich.console import Console

    alone = told("litert")
    assert [run.ratio_to_every for run in alone] == [None, None]
    page = io.StringIO()
    show(alone, Console(file=page, width=200))
    assert "target" not in page.getvalue()


def test_the_page_says_whether_the_target_is_held_in_this_drive() -> None:
    from rich.console import Console

    page = io.StringIO()
    show(told("mediapipe", "litert"), Console(file=page, width=200))
    assert "0.60 of MediaPipe reading every picture: held in this drive" in page.getvalue()


def test_a_drive_tells_which_pictures_were_read() -> None:
    driver = virtual_driver(model_path("virtual-driver"), PEOPLE["bea"])
    drive = Drive("litert", Settings(), EVERY)
    for k in range(3):
        drive.take(CameraFrame(k * 33_333_333, driver.render(Pose(), Conditions(place="cluster", seed=k))[0]))
    drive.close()
    assert drive.read == [True, True, True]
    assert all(ms > 0.0 for ms in drive.cpu_ms)
