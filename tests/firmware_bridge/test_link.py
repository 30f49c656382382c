"""The link and the simulator talk over a real pseudo-terminal."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice

import pytest

from firmware_bridge import link as link_module
from firmware_bridge.link import Link, LinkError
from firmware_bridge.protocol import Beat, Button, Message
from firmware_bridge.simulator import Simulator, resting_heart


def receive_until(link: Link, enough: Callable[[list[Message]], bool], limit_s: float = 10.0) -> list[Message]:
    got: list[Message] = []
    end = time.monotonic() + limit_s
    while not enough(got):
        assert time.monotonic() < end, f"only {got} came"
        got += link.receive()
    return got


def test_beats_come_with_their_rr_and_the_version_is_told() -> None:
    with Simulator(rate_bpm=180, seed=4) as simulator, Link(simulator.port) as link:
        got = receive_until(link, lambda m: sum(isinstance(x, Beat) for x in m) >= 4 and link.version is not None)
        assert [m.rr_ms for m in got if isinstance(m, Beat)][:4] == list(islice(resting_heart(180, 4), 4))
        assert link.version is not None
        assert link.version.protocol == 1
        assert link.statistics.lost == link.statistics.spoilt == 0


def test_a_press_is_acknowledged_and_counts_once() -> None:
    with Simulator() as simulator, Link(simulator.port) as link:
        receive_until(link, lambda _: link.version is not None)
        simulator.press(1)
        simulator.press(0)
        got = receive_until(link, lambda m: sum(isinstance(x, Button) for x in m) >= 2)
        end = time.monotonic() + 0.5  # longer than two resends
        while time.monotonic() < end:
            got += link.receive()
        assert [m.button for m in got if isinstance(m, Button)] == [1, 0]


def test_an_unplugged_bridge_is_an_error_in_one_sentence() -> None:
    simulator = Simulator().start()
    with Link(simulator.port) as link:
        receive_until(link, lambda _: link.version is not None)
        simulator.close()
        with pytest.raises(LinkError, match=r"is gone|takes no more"):
            receive_until(link, lambda _: False)


def test_a_silent_bridge_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "SILENT_S", 0.3)
    silent = Simulator()  # never started: the pty is there and says nothing
    try:
        with Link(silent.port) as link, pytest.raises(LinkError, match="silent"):
            receive_until(link, lambda _: False)
    finally:
        silent.close()


def test_a_port_that_is_not_there() -> None:
    with pytest.raises(LinkError, match=r"/dev/ttyNONE cannot be opened"):
        Link("/dev/ttyNONE")


def test_the_simulator_runs_as_a_program() -> None:
    program = subprocess.Popen([sys.executable, "-m", "firmware_bridge.simulator"], stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        said = program.stdout.readline()
        found = re.search(r"at (\S+) ", said)
        assert found, said
        with Link(found[1]) as link:
            receive_until(link, lambda m: any(isinstance(x, Beat) for x in m))
    finally:
        program.send_signal(signal.SIGINT)
        rest, _ = program.communicate(timeout=10)
    assert (rest, program.returncode) == ("ended\n", 0)
