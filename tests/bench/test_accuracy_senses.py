"""Accuracy of hearts and pitch: feeds with gaps, and oracles that may not be there."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from driver_monitor.bench.accuracy import hearts, oracles
from driver_monitor.bench.accuracy.outcome import Outcome
from driver_monitor.bench.voice_cost import cabin, measure
from driver_monitor.errors import RecordingError
from driver_monitor.settings import Settings


def quiet(done: int, total: int) -> None:
    """No progress."""


def figures(outcome: Outcome) -> dict[str, float | None]:
    return {f.name: f.value for f in outcome.figures}


def e4(folder: Path, rates: list[float]) -> None:
    """One person's files as an Empatica E4 writes them."""
    (folder / "S01_Final_HR.csv").write_text("1500000000.0\n1.0\n" + "".join(f"{r:.2f}\n" for r in rates), "utf-8")
    (folder / "S01_Final_IBI.csv").write_text("1500000000.0, IBI\n10.5,0.8\n11.3,0.8\n", "utf-8")


def test_a_heart_that_races_for_a_minute_is_one_stretch_and_no_alert(tmp_path: Path) -> None:
    calm = [70.0 + 2.0 * math.sin(k) for k in range(300)]
    e4(tmp_path, [*calm, *[120.0] * 90, *calm])
    told = figures(hearts.exams(tmp_path, Settings(), quiet))
    assert told["stress alerts, an hour"] == 0.0
    assert told["stretches of 10 s at 0.5 or more, an hour"] == pytest.approx(1.0 / (690 / 3600.0), rel=0.02)
    assert told["value known, share of time"] == pytest.approx((690 - 180) / 690, abs=0.02)


def test_a_file_that_is_no_rate_is_named(tmp_path: Path) -> None:
    (tmp_path / "S01_Final_HR.csv").write_text("time,rate\n1,2\n", "utf-8")
    with pytest.raises(RecordingError, match="S01_Final_HR"):
        hearts.exams(tmp_path, Settings(), quiet)


def test_without_the_oracle_it_says_so_and_gives_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracles, "_oracle", lambda module: None)
    for outcome in (oracles.pitch(tmp_path, Settings(), quiet), oracles.variability(tmp_path, Settings(), quiet)):
        assert not outcome.figures
        assert "pip install 'driver-monitor[oracles]'" in outcome.notes[0]


def test_the_same_variability_as_neurokit(tmp_path: Path) -> None:
    pytest.importorskip("neurokit2")
    rr = np.round(900.0 + 40.0 * np.sin(np.arange(200) / 3.0))
    np.save(tmp_path / "a_NNI_b.npy", rr)
    told = figures(oracles.variability(tmp_path, Settings(), quiet))
    assert max(v for v in told.values() if v is not None) < 0.2


def test_the_cost_of_listening_counts_every_part() -> None:
    assert len(cabin(8.0)) == 8 * 16_000
    cost = measure(8.0)
    assert 0.0 < cost["spoken"] < 1.0
    assert cost["whole"] > cost["speech detector"] > 0.0
