"""What is asked of the vehicle, when, and how seldom when it does not answer."""

from __future__ import annotations

import time

import can
import pytest

from driver_monitor import settings
from driver_monitor.sensors.obd_poll import ENGINE_SPEED, SPEED, ObdPoll
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.sensors.vehicle_bus import VehicleBus
from driver_monitor.signals import CanFrame, nanoseconds


def drive(poll: ObdPoll, until_s: float, answers: bool, from_s: float = 0.0) -> list[tuple[float, int]]:
    """The requests of a stretch, each answered after 20 ms or not at all."""
    asked: list[tuple[float, int]] = []
    for ms in range(round(from_s * 1000), round(until_s * 1000), 5):
        t_ns = ms * 1_000_000
        if (request := poll.due(t_ns)) is not None:
            assert request[:2] == b"\2\1"  # service 01: read current data; nothing else is ever asked
            assert len(request) == 8
            asked.append((ms / 1000, request[2]))
            if answers:
                poll.heard(CanFrame(t_ns + 20_000_000, 0x7E8, bytes((3, 0x41, request[2], 0, 0, 0, 0, 0))))
    return asked


def test_each_quantity_is_asked_for_at_its_own_pace() -> None:
    asked = drive(ObdPoll({SPEED: 5.0, ENGINE_SPEED: 1.0}, "11 bit"), 10.0, answers=True)
    assert [pid for _, pid in asked].count(SPEED) == pytest.approx(50, abs=1)
    assert [pid for _, pid in asked].count(ENGINE_SPEED) == pytest.approx(10, abs=1)


def test_one_question_is_open_at_a_time() -> None:
    poll = ObdPoll({SPEED: 5.0, ENGINE_SPEED: 1.0}, "11 bit")
    assert poll.due(0) is not None
    assert poll.due(nanoseconds(0.05)) is None
    assert poll.due(nanoseconds(0.101)) is not None


def test_a_vehicle_that_sleeps_is_asked_ever_less_and_one_answer_wakes_all() -> None:
    poll = ObdPoll({SPEED: 5.0, ENGINE_SPEED: 1.0}, "11 bit")
    asleep = drive(poll, 120.0, answers=False)
    assert len([t for t, _ in asleep if t < 30]) < 40
    assert len([t for t, _ in asleep if t >= 60]) <= 8
    awake = drive(poll, 170.0, answers=True, from_s=120.0)
    first = awake[0][0]
    after = [t for t, pid in awake if pid == SPEED and first <= t < first + 5]
    assert len(after) == pytest.approx(25, abs=2)


def test_the_waiting_time_ends_when_something_is_due() -> None:
    poll = ObdPoll({SPEED: 5.0}, "29 bit")
    assert (poll.request_id, poll.extended) == (0x18DB33F1, True)
    assert poll.wait_s(0) == 0.0
    poll.due(0)
    assert poll.wait_s(nanoseconds(0.05)) == pytest.approx(0.15)


@pytest.mark.parametrize("poll", [False, True])
def test_nothing_is_asked_unless_it_is_switched_on(poll: bool) -> None:
    queue, vehicle = SampleQueue(), settings.Vehicle.model_validate(
        {"interface": "virtual", "channel": "obd", "profile": "obd2", "obd": {"poll": poll}}
    )
    with can.Bus("obd", interface="virtual") as car, VehicleBus(vehicle, []) as bus:
        bus.start(queue)
        asked = car.recv(10.0 if poll else 0.4)
        if not poll:
            assert asked is None
            return
        assert asked is not None
        assert (asked.arbitration_id, bytes(asked.data).hex()) == (0x7DF, "02010dcccccccccc")
        car.send(can.Message(arbitration_id=0x7E8, data=bytes.fromhex("03410d5500000000"), is_extended_id=False))
        end = time.monotonic() + 30
        while not isinstance(sample := queue.get(0.1), CanFrame):
            assert time.monotonic() < end
        assert sample.arbitration_id == 0x7E8
