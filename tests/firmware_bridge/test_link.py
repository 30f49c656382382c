"""The link and the simulator talk over a real pseudo-terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice

import pytest

from firmware_bridge import link as link_module
from firmware_bridge.link import Link, LinkError, Received, Restarted
from firmware_bridge.protocol import UNTIL_CHANGED, Beat, Button, Counts, Drive, Frame, Heartbeat, Output, Skin, encode
from firmware_bridge.simulator import Simulator, resting_heart


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the simulator may be silent for longer than a bridge may."""
    monkeypatch.setattr(link_module, "FIRST_S", 60.0)
    monkeypatch.setattr(link_module, "SILENT_S", 60.0)


def receive_until(link: Link, enough: Callable[[list[Received]], bool], limit_s: float = 60.0) -> list[Received]:
    got: list[Received] = []
    end = time.monotonic() + limit_s
    while not enough(got):
        assert time.monotonic() < end, f"only {got} came"
        got += link.receive()
    return got


def test_beats_come_with_their_rr_and_the_version_is_told() -> None:
    simulator = Simulator(rate_bpm=180, seed=4)
    with Link(simulator.port) as link, simulator:  # it begins to beat when somebody listens: none is missed
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
    monkeypatch.setattr(link_module, "FIRST_S", 0.3)
    silent = Simulator()  # never started: the pty is there and says nothing
    try:
        with Link(silent.port) as link, pytest.raises(LinkError, match="said nothing"):
            receive_until(link, lambda _: False)
    finally:
        silent.close()


def test_a_port_that_is_not_there() -> None:
    with pytest.raises(LinkError, match=r"/dev/ttyNONE cannot be opened"):
        Link("/dev/ttyNONE")


def test_skin_and_counts_come_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.simulator.COUNTS_S", 0.3)
    with Simulator() as simulator, Link(simulator.port) as link:
        got = receive_until(link, lambda m: {Skin, Counts} <= {type(x) for x in m})
        assert link.counts in got


def test_the_bridge_is_armed_while_the_loop_turns_and_disarmed_at_the_end() -> None:
    with Simulator() as simulator:
        with Link(simulator.port) as link:
            receive_until(link, lambda _: link.version is not None)
            assert simulator._host_heard is None  # nobody has turned yet: nobody is to be missed

            def armed(got: list[Received]) -> bool:
                link.turned(armed=True)
                return any(isinstance(m, Heartbeat) and m.flags & 2 for m in got)

            receive_until(link, armed)
        end = time.monotonic() + 60
        while simulator._armed and time.monotonic() < end:  # told; it has yet to read it
            time.sleep(0.01)
        assert not simulator._armed


def test_a_loop_that_stands_still_sends_no_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "STALE_S", 0.2)
    monkeypatch.setattr("firmware_bridge.simulator.HOST_SILENT_S", 0.6)
    with Simulator() as simulator, Link(simulator.port) as link:

        def armed(got: list[Received]) -> bool:
            link.turned(armed=True)
            return any(isinstance(m, Heartbeat) and m.flags & 2 for m in got)

        receive_until(link, armed)
        receive_until(link, lambda m: any(isinstance(x, Heartbeat) and x.flags & 1 for x in m))  # the alarm


def test_an_order_is_acknowledged_and_its_round_trip_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "RETRY_S", 60.0)  # sent once, however long the answer takes
    with Simulator() as simulator, Link(simulator.port) as link:
        link.drive(Output.MOTOR, 60, 200, 100, 3)
        receive_until(link, lambda _: link.latency() is not None)
        assert simulator.drives[Output.MOTOR].strength == 60
        latency = link.latency()
        assert latency is not None
        assert 0 < latency.median_ms <= latency.longest_ms
        assert link.unanswered == 0


def test_an_order_that_is_lost_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = [2]
    taken = Simulator._take

    def take(self: Simulator, frame: Frame) -> None:
        if isinstance(frame.message, Drive) and deaf[0]:
            deaf[0] -= 1
        else:
            taken(self, frame)

    monkeypatch.setattr(Simulator, "_take", take)
    with Simulator() as simulator, Link(simulator.port) as link:
        link.drive(Output.BUZZER, 100, 50)
        receive_until(link, lambda _: Output.BUZZER in simulator.drives)
        assert deaf == [0]


def test_an_order_that_nobody_answers_is_given_up_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Simulator, "_take", lambda self, frame: None)
    with Simulator() as simulator, Link(simulator.port) as link:
        link.drive(Output.BUZZER, 100, 50)
        receive_until(link, lambda _: link.unanswered == 1)


def test_a_bridge_that_restarts_is_told_and_a_lasting_order_is_said_again() -> None:
    with Simulator() as simulator, Link(simulator.port) as link:
        link.drive(Output.LAMP, 100, 100, 100, UNTIL_CHANGED)
        receive_until(link, lambda m: any(isinstance(x, Heartbeat) and x.uptime_ms > 400 for x in m) and bool(simulator.drives))
        simulator.restart()
        got = receive_until(link, lambda m: any(isinstance(x, Restarted) for x in m) and Output.LAMP in simulator.drives)
        receive_until(link, lambda _: link.version is not None)
        assert sum(isinstance(m, Restarted) for m in got) == 1
        assert link.statistics.lost == 0


def test_a_restart_that_is_read_late_together_with_what_came_before_and_after_it_is_no_loss() -> None:
    silent = Simulator()  # never started: the test speaks in its place
    try:
        with Link(silent.port) as link:
            before = encode(Heartbeat(1000, 0), 40) + encode(Heartbeat(1500, 0), 41)
            after = encode(Heartbeat(0, 0), 0) + encode(Button(1, 0), 1) + encode(Beat(9, 800, 75, 1), 2)
            os.write(silent._master, before + after)
            got = receive_until(link, lambda m: any(isinstance(x, Beat) for x in m))
            assert [type(m) for m in got] == [Heartbeat, Heartbeat, Restarted, Heartbeat, Button, Beat]
            assert link.statistics.lost == 0
    finally:
        silent.close()


def test_frames_spoilt_on_the_way_are_counted() -> None:
    with Simulator() as simulator, Link(simulator.port) as link:
        os.write(simulator._master, b"\0" + encode(Button(1, 0), 0)[1:-2] + b"\0")
        receive_until(link, lambda _: link.statistics.spoilt == 1)


def test_one_bridge_has_one_host() -> None:
    with Simulator() as simulator, Link(simulator.port), pytest.raises(LinkError, match="does another program use it"):
        Link(simulator.port)


def test_the_simulator_runs_as_a_program() -> None:
    program = subprocess.Popen([sys.executable, "-m", "firmware_bridge", "simulate"], stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        said = program.stdout.readline()
        found = re.search(r"at (\S+) ", said)
        assert found, said
        with Link(found[1]) as link:
            receive_until(link, lambda m: any(isinstance(x, Beat) for x in m))
    finally:
        program.send_signal(signal.SIGINT)
        rest, _ = program.communicate(timeout=60)
    assert (rest, program.returncode) == ("ended\n", 0)
