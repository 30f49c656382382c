"""Closed eyes through the whole Monitor: mouths that hang open, and lids that rise only half-way."""

from __future__ import annotations

from dataclasses import dataclass

from driver_monitor.signals import seconds
from tests.scripted import Drive, alerts, play


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
