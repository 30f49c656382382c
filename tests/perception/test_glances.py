"""Glances that artefacts neither split nor make."""

from __future__ import annotations

import pytest

from driver_monitor.perception.gaze import GazeState
from driver_monitor.perception.gaze_zones import Zone
from driver_monitor.perception.glances import Glances
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, Event, nanoseconds, seconds

S = Settings().gaze


def stay(zone: Zone | None, frames: int) -> list[Zone | None]:
    return [zone] * frames


def glances(*path: list[Zone | None], fps: float = 30.0) -> list[Event]:
    zones = [zone for part in path for zone in part]
    found = Glances(S)
    out = []
    for k, zone in enumerate(zones):
        out += found.step(GazeState(nanoseconds(k / fps), None if zone is None else Angles(0, 0), zone))
    return [e for e in out + found.finish(nanoseconds(len(zones) / fps)) if e.end_ns is not None]


def test_a_glance_is_named_after_where_it_stayed() -> None:
    (glance,) = glances(stay("road", 30), stay("centre_stack", 3), stay("lap", 30), stay("road", 30))
    assert dict(glance.detail)["zone"] == "lap"
    assert seconds(glance.start_ns) == pytest.approx(1.0, abs=0.04)
    assert dict(glance.detail)["duration_s"] == pytest.approx(1.1, abs=0.04)


def test_a_glance_at_the_edge_of_two_places_is_named_after_the_one_it_was_longer_on() -> None:
    edge: list[Zone | None] = ["lap", "lap", "cluster", "lap"]
    (glance,) = glances(stay("road", 30), stay("cluster", 5), edge * 10, stay("road", 30))
    assert dict(glance.detail)["zone"] == "lap"


def test_a_blink_or_a_flicker_does_not_split_a_glance() -> None:
    blink, flicker = stay(None, 6), stay("road", 2)
    found = glances(
        stay("road", 30), stay("lap", 20), blink, stay("lap", 10), flicker, stay("lap", 20), stay("road", 30)
    )  # fmt: skip
    assert len(found) == 1


@pytest.mark.parametrize("head_away", [True, False])
def test_a_glance_whose_start_was_hidden_by_a_closure_starts_where_the_head_went(head_away: bool) -> None:
    found, events = Glances(S), list[Event]()
    for k in range(180):
        zone: Zone | None = "road" if k < 30 or k >= 120 else None if k < 60 else "lap"
        away_ns = nanoseconds(1.4) if head_away and k == 60 else None
        direction = None if zone is None else Angles(0.0, 0.0)
        events += found.step(GazeState(nanoseconds(k / 30.0), direction, zone, head_away_ns=away_ns))
    (glance,) = (e for e in events if e.end_ns is not None)
    assert seconds(glance.start_ns) == pytest.approx(1.2 if head_away else 1.8, abs=0.01)


def test_a_saccade_is_no_glance() -> None:
    assert glances(stay("road", 30), stay("left_mirror", 3), stay("road", 30)) == []


def test_a_glance_that_runs_into_the_end_is_marked_cut() -> None:
    (glance,) = glances(stay("road", 30), stay("left_mirror", 30))
    assert dict(glance.detail)["cut"] is True
