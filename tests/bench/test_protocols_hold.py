"""Every protocol at the level of measurements, and a fixed sample of cases on rendered pictures.

The cases named here fail today, each with its cause in docs/bench.md. A case that begins to fail, or to hold, fails this test:
the list is to be kept true.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

KNOWN: set[str] = set()


def failing(out: Path, *options: str) -> tuple[set[str], int]:
    """The names of the cases that do not hold, and how many were run."""
    command = [sys.executable, "-m", "driver_monitor", "bench", "protocol", "all", "--jobs", "2", "--json", str(out), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    outcomes = json.loads(out.read_text("utf-8"))
    return {f"{o['protocol']} {o['name']}" for o in outcomes if not o["passed"]}, len(outcomes)


@pytest.mark.timeout(1800)  # five minutes and more on a busy core
def test_the_protocols_hold_save_the_known_cases(tmp_path: Path) -> None:
    failed, count = failing(tmp_path / "outcomes.json")
    assert count >= 500
    assert failed == KNOWN


@pytest.mark.timeout(1800)  # a minute on two free cores, several on busy ones
def test_a_sample_holds_on_pixels(tmp_path: Path) -> None:
    failed, count = failing(tmp_path / "outcomes.json", "--level", "pixels", "--sample", "4")
    assert count == 4
    assert failed == set()
