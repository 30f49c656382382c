"""Closed eyes through the whole Monitor: mouths that hang open, and lids that rise only half-way."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from driver_monitor.signals import seconds
from tests.scripted import Drive, alerts, events, play


def test_a_sleeper_whose_mouth_hangs_open_is_told_of_after_six_seconds_at_the_latest() -> None:
    reports = play(Drive(40.0, closed=[(20.0, 40.0)], yawns=[(19.0, 40.0)]))
    first = alerts(reports, action="raised")[0]
    assert first.kind == "unresponsive"
    assert abs(seconds(first.t_ns) - 26.0) < 0.1
    assert first.evidence[0].measured is not None and first.evidence[0].measured >= 6.0  # the whole closure


def test_a_mouth_that_has_long_hung_open_hides_no_microsleep() -> None:
    reports = play(Drive(40.0, closed=[(32.0, 40.0)], yawns=[(19.0, 40.0)]))
    first = alerts(reports, "microsleep", "raised")[0]
    assert abs(seconds(first.t_ns) - 33.5) < 0.1


def test_eyes_squeezed_shut_in_a_yawn_are_no_microsleep() -> None:
    reports = play(Drive(40.0, closed=[(20.5, 24.0)], yawns=[(20.0, 24.5)]))
    assert alerts(reports, action="raised") == []


def test_eyes_narrowed_to_slits_by_a_laugh_are_no_microsleep() -> None:
    laugh = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9}
    reports = play(Drive(40.0, closed=[(20.5, 23.3)], units=[(20.0, 24.5, laugh)]))
    assert alerts(reports, action="raised") == []
    (closure,) = (e for e in events(reports, "eyes_closed") if e.end_ns is not None)
    assert dict(closure.detail)["during"] == "laugh"


def test_eyes_that_stay_shut_behind_a_broad_smile_are_told_of_after_six_seconds_at_the_latest() -> None:
    laugh = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9}
    reports = play(Drive(40.0, closed=[(20.5, 40.0)], units=[(20.0, 40.0, laugh)]))
    first = alerts(reports, action="raised")[0]
    assert first.kind == "unresponsive"
    assert abs(seconds(first.t_ns) - 26.5) < 0.1


@pytest.mark.parametrize("fps", [10.0, 60.0])
def test_a_smile_of_a_moment_and_a_mouth_that_rests_smiling_hide_no_microsleep(fps: float) -> None:
    moment = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9}
    resting = {"mouthSmileLeft": 0.66, "mouthSmileRight": 0.66}
    for units in ([(21.8, 22.0, moment)], [(0.0, 40.0, resting)]):
        reports = play(Drive(40.0, fps=fps, closed=[(20.5, 23.1)], units=units))
        (raised,) = alerts(reports, "microsleep", "raised")
        assert abs(seconds(raised.t_ns) - 22.0) < 0.11
        assert "during" not in dict(next(e for e in events(reports, "eyes_closed") if e.end_ns is not None).detail)


@dataclass
class Slits(Drive):
    """Eyes all but shut from 20 s on."""

    def _openness(self, t: float) -> float:
        return min(super()._openness(t), 0.06) if t >= 20.0 else super()._openness(t)


def test_the_broadest_smile_hides_no_eyes_that_are_all_but_shut() -> None:
    grin = {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0}
    first = alerts(play(Slits(40.0, units=[(19.0, 40.0, grin)])), action="raised")[0]
    assert abs(seconds(first.t_ns) - 26.0) < 0.2


@dataclass
class HalfAwake(Drive):
    """Eyes shut from 40 to 45 s, then a third open until 52 s."""

    def _openness(self, t: float) -> float:
        return 0.0 if 40.0 <= t < 45.0 else 0.45 if 45.0 <= t < 52.0 else super()._openness(t)


def test_lids_that_rise_half_way_do_not_end_a_sleep_and_open_eyes_do() -> None:
    reports = play(HalfAwake(60.0))
    (raised,), (cleared,) = (alerts(reports, "sleep", action) for action in ("raised", "cleared"))
    assert abs(seconds(raised.t_ns) - 43.0) < 0.1
    assert 53.0 <= seconds(cleared.t_ns) < 53.3
