"""The command firmware-bridge, as a user runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from firmware_bridge.cli import FLASH, monitor
from firmware_bridge.simulator import Simulator


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "firmware_bridge", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_monitor_shows_what_comes_until_ctrl_c_and_sums_it_up() -> None:
    wanted = {"Beat(", "firmware 1.0.0 on simulator, protocol 1"}
    said = ""
    with Simulator(rate_bpm=180) as simulator:
        command = [sys.executable, "-m", "firmware_bridge", "monitor", simulator.port]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as shown:
            assert shown.stdout is not None
            assert shown.stderr is not None
            for line in shown.stdout:
                said += line
                if all(words in said for words in wanted):
                    break
            shown.send_signal(signal.SIGINT)
            said += shown.stdout.read()
            complaints = shown.stderr.read()
    assert (shown.returncode, complaints) == (0, "")
    assert f"open: {simulator.port}" in said
    assert all(words in said for words in wanted)
    assert " 0 lost, 0 spoilt, 0 of unknown type; round trip median " in said


def test_ctrl_c_between_two_tries_to_open_a_bridge_is_the_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("firmware_bridge.cli.time", SimpleNamespace(monotonic=time.monotonic, sleep=interrupted))
    assert monitor("/dev/ttyNONE", 115_200, None) == 1


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


def test_without_a_command_it_shows_its_help() -> None:
    done = run()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: firmware-bridge ")
    assert "\n  simulate " in done.stderr


@pytest.mark.parametrize(
    "words", [("--rate", "3"), ("--rate", "nan"), ("--seconds", "inf"), ("--seconds", "nan"), ("--seconds", "-1")]
)
def test_bad_use_is_told_in_one_line(words: tuple[str, str]) -> None:
    done = run("simulate", *words)
    assert done.returncode == 2
    assert words[0] in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_reader_that_has_gone_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "firmware_bridge", "simulate", "--seconds", "0"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=120)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_full_disk_is_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "firmware_bridge", "flash"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (1, "firmware-bridge: No space left on device\n")
