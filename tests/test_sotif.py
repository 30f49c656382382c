"""Triggering conditions (SOTIF, ISO 21448): every one in docs/sotif.md has a test; those told by measurements are here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from driver_monitor.monitor import Monitor
from driver_monitor.settings import Settings
from driver_monitor.signals import Event, FaceMeasurement, Input, PictureQuality, Report, Tick, seconds
from tests.scripted import Drive, alerts, events, first, play

ROOT = Path(__file__).parent.parent
CONDITIONS = (
    "sun flicker",
    "sunglasses",
    "mask",
    "mirror check",
    "down-gaze",
    "passenger's face",
    "dropped frames",
    "frozen picture",
    "stale speed",
    "clock jump",
    "reflective clothing",
    "covered lens",
)


def rows() -> dict[str, list[str]]:
    """The tests of each condition in the table."""
    table: dict[str, list[str]] = {}
    for line in (ROOT / "docs" / "sotif.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4 and "::" in cells[3]:
            table[cells[0]] = re.findall(r"`([^`]+::[^`]+)`", cells[3])
    return table


def test_every_triggering_condition_is_in_the_table() -> None:
    assert set(CONDITIONS) <= set(rows())


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_tests_the_table_names_are_there(condition: str) -> None:
    named = rows()[condition]
    assert named
    for name in named:
        file, test = name.split("::")
        assert re.search(rf"^def {re.escape(test)}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE), name


def run(samples: Iterator[Input]) -> list[Report]:
    monitor = Monitor(Settings())
    return [report for sample in samples for report in monitor.step(sample)] + monitor.finish()


def frozen(drive: Drive, start_s: float, end_s: float) -> Iterator[Input]:
    """The drive with a picture that stands still for a while; the camera's clock goes on."""
    held: FaceMeasurement | None = None
    for sample in drive.samples():
        if isinstance(sample, FaceMeasurement) and start_s <= seconds(sample.t_ns) < end_s:
            held = held or sample
            stands_s = seconds(sample.t_ns - held.t_ns)
            quality = PictureQuality(110.0, 45.0, frozen=stands_s >= Settings().face.frozen_s)
            yield replace(held, t_ns=sample.t_ns, quality=quality)
        else:
            yield sample


def test_mirror_checks_bring_no_alert() -> None:
    looks = [(15.0 + 4.0 * k, 16.0 + 4.0 * k, yaw, -4.0) for k, yaw in enumerate((38.0, -40.0, 38.0, -60.0, 38.0, -40.0))]
    reports = play(Drive(42.0, looks=looks))
    assert len(events(reports, "glance")) == len(looks)
    assert alerts(reports) == []


def test_a_frozen_picture_is_told_in_ten_seconds() -> None:
    reports = run(frozen(Drive(40.0), 20.0, 35.0))
    assert first(reports, "camera_blocked") == pytest.approx(30.0, abs=0.2)
    assert "frozen" in alerts(reports, "camera_blocked")[0].rule


def test_lost_pictures_are_told_in_ten_seconds() -> None:
    stream = (s for s in Drive(40.0).samples() if not (isinstance(s, FaceMeasurement) and 20.0 <= seconds(s.t_ns) < 35.0))
    assert first(run(stream), "camera_blocked") == pytest.approx(30.0, abs=0.2)


def test_a_lens_covered_amid_a_look_aside_is_no_long_look() -> None:
    reports = play(Drive(40.0, looks=[(20.0, 21.5, -75.0, -5.0)], dark=[(21.0, 29.0)]))
    assert alerts(reports, action="raised") == []
    turned = play(Drive(40.0, looks=[(20.0, 29.0, -75.0, -5.0)], hidden=[(21.0, 29.0)]))
    assert first(turned, "long_distraction") == pytest.approx(23.0, abs=0.2)


def test_a_picture_frozen_with_shut_eyes_is_no_microsleep() -> None:
    reports = run(frozen(Drive(40.0, closed=[(19.9, 20.2)], blinks=False), 20.0, 35.0))
    assert alerts(reports, "microsleep") == []
    assert alerts(reports, "sleep") == []


def test_a_picture_frozen_with_the_head_aside_is_no_long_look() -> None:
    reports = run(frozen(Drive(40.0, looks=[(19.5, 20.5, -75.0, -5.0)]), 20.0, 35.0))
    assert alerts(reports, "long_distraction") == []


@pytest.mark.parametrize("what", ["eyes", "look"])
def test_a_clock_that_jumps_ahead_counts_nothing_meanwhile(what: str) -> None:
    closed = [(19.5, 20.6)] if what == "eyes" else []
    looks = [(19.0, 20.6, -75.0, -5.0)] if what == "look" else []
    drive = Drive(40.0, closed=closed, looks=looks, blinks=False)

    def jumped() -> Iterator[Input]:
        for sample in drive.samples():
            ahead_ns = 60_000_000_000 if seconds(sample.t_ns) >= 20.2 else 0
            yield replace(sample, t_ns=sample.t_ns + ahead_ns)

    raised = {a.kind for a in alerts(run(jumped()), action="raised")}
    assert raised <= {"camera_blocked"}  # a minute without a picture is told


def test_every_trouble_reaches_the_driver_in_ten_seconds() -> None:
    poor = {
        "no face": PictureQuality(110.0, 45.0),
        "dark": PictureQuality(3.0, 2.0),
        "covered": PictureQuality(60.0, 3.0),
        "glare": PictureQuality(230.0, 30.0, saturated=0.8),
        "blurred": PictureQuality(110.0, 45.0, sharpness=0.15),
        "other face": PictureQuality(110.0, 45.0),
    }
    for name, quality in poor.items():
        for speed_kmh in (90.0, 20.0, None):
            reports = run(_hidden(Drive(36.0, speed_kmh=speed_kmh), quality, other=name == "other face"))
            raised = [a for a in alerts(reports, action="raised") if a.kind in ("camera_blocked", "driver_not_visible")]
            assert [round(seconds(a.t_ns), 1) for a in raised] == [pytest.approx(25.0, abs=0.15)], name
            assert raised[0].rule.startswith(name)


def test_standing_no_trouble_is_told_but_each_is_an_event() -> None:
    reports = run(_hidden(Drive(36.0, speed_kmh=0.0), PictureQuality(110.0, 45.0), other=False))
    assert alerts(reports) == []
    assert [dict(e.detail)["trouble"] for e in events(reports, "visibility")] == ["no_face"]


def _hidden(drive: Drive, quality: PictureQuality, *, other: bool) -> Iterator[Input]:
    for sample in drive.samples():
        if isinstance(sample, FaceMeasurement) and 15.0 <= seconds(sample.t_ns) < 30.0:
            yield FaceMeasurement(sample.t_ns, quality=quality, reason="not the driver", other_face=other)
        else:
            yield sample


def test_a_face_too_small_for_its_eyes_is_told_with_the_reason() -> None:
    def far() -> Iterator[Input]:
        for sample in Drive(14.0).samples():
            if isinstance(sample, FaceMeasurement):
                yield replace(sample, left_eye=None, right_eye=None, eye_in_head=None, width_px=60.0)
            else:
                yield sample

    reports = run(far())
    assert first(reports, "driver_not_visible") == pytest.approx(10.0, abs=0.2)
    assert "face too small" in alerts(reports, "driver_not_visible")[0].rule


def test_a_head_turned_away_for_ten_seconds_is_not_visible_and_says_so() -> None:
    reports = play(Drive(40.0, looks=[(20.0, 33.0, -90.0, 0.0)], head_share=0.8))
    seen = [dict(e.detail) for e in events(reports, "visibility")]
    assert seen == [{"trouble": "eyes_not_usable", "why": "head turned away"}]


def test_ticks_alone_notice_that_pictures_have_stopped() -> None:
    samples: list[Input] = [
        s for s in Drive(40.0).samples() if isinstance(s, Tick) or not (15.0 <= seconds(s.t_ns) < 35.0)
    ]
    reports = run(iter(samples))
    assert first(reports, "camera_blocked") == pytest.approx(25.0, abs=1.2)
    named = [r for r in reports if isinstance(r, Event) and r.name == "visibility"]
    assert dict(named[0].detail)["trouble"] == "no_picture"
