"""The command firmware-bridge, as a user runs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from firmware_bridge.cli import FLASH
from firmware_bridge.simulator import Simulator


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "firmware_bridge", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_monitor_shows_what_comes_and_sums_it_up() -> None:
    with Simulator(rate_bpm=180) as simulator:
        done = run("monitor", simulator.port, "--seconds", "2")
    assert done.returncode == 0, done.stderr
    assert f"open: {simulator.port}" in done.stdout
    assert "firmware 1.0.0 on simulator, protocol 1" in done.stdout
    assert "Beat(" in done.stdout
    assert " 0 lost, 0 spoilt, 0 of unknown type; round trip median " in done.stdout


def test_monitor_says_once_what_is_missing_and_goes_on_trying() -> None:
    done = run("monitor", "/dev/ttyNONE", "--seconds", "1")
    assert done.returncode == 1
    assert done.stdout.count("cannot be opened") == 1


@pytest.mark.parametrize("board", FLASH)
def test_flash_names_a_command_for_each_board(board: str) -> None:
    done = run("flash", board)
    assert done.returncode == 0
    assert f"build/{board}" in done.stdout
    assert run("flash", "eniac").returncode == 2


def test_bad_use_is_told() -> None:
    done = run("simulate", "--rate", "3")
    assert done.returncode == 2
    assert "--rate" in done.stderr
