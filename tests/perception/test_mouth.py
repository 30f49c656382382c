"""Yawns, and what is none."""

from __future__ import annotations

import pytest

from driver_monitor.perception.mouth import Yawns
from driver_monitor.settings import Settings
from driver_monitor.signals import Event, nanoseconds, seconds


def play(ratios: list[float], fps: float = 30.0) -> list[Event]:
    yawns = Yawns(Settings().mouth)
    found = [e for k, r in enumerate(ratios) for e in yawns.step(nanoseconds(k / fps), r)]
    return [e for e in found + yawns.finish(nanoseconds(len(ratios) / fps)) if e.end_ns is not None]


@pytest.mark.parametrize("fps", [10, 15, 30, 60])
def test_a_yawn_is_timed_at_any_frame_rate(fps: int) -> None:
    ratios = [0.9 if 2.0 <= k / fps < 6.0 else 0.02 for k in range(10 * fps)]
    (yawn,) = play(ratios, fps)
    assert yawn.end_ns is not None
    assert seconds(yawn.end_ns - yawn.start_ns) == pytest.approx(4.0, abs=1.0 / fps)


def test_talking_is_no_yawn() -> None:
    assert play([0.45 if (k // 5) % 2 else 0.1 for k in range(600)]) == []


def test_a_long_vowel_is_no_yawn() -> None:
    assert play([0.42 if 60 <= k < 180 else 0.02 for k in range(300)]) == []


def test_a_gasp_is_no_yawn() -> None:
    assert play([0.9 if 60 <= k < 95 else 0.02 for k in range(300)]) == []
