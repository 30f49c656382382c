"""The vehicle bus, on a virtual one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import can
import pytest

from driver_monitor import settings
from driver_monitor.can_ids import exact_filter, pgn_filter
from driver_monitor.errors import DeviceError
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.sensors.vehicle_bus import VehicleBus
from driver_monitor.signals import CanFrame, SensorStatus
from tests.sensors.bench import collect, statuses


@pytest.fixture
def peer() -> Iterator[can.BusABC]:
    with can.Bus("sensors", interface="virtual") as bus:
        yield bus


def test_only_mapped_frames_are_read_and_the_same_bus_sends(peer: can.BusABC) -> None:
    queue = SampleQueue()
    vehicle = settings.Vehicle(interface="virtual", channel="sensors", send_alerts=True)
    with VehicleBus(vehicle, [exact_filter(0x6A0, extended=False), pgn_filter(0x18FEF1FE)]) as bus:
        bus.start(queue)
        for frame_id, extended in ((0x123, False), (0x6A0, False), (0x0CFEF117, True), (0x6A0, True)):
            peer.send(can.Message(arbitration_id=frame_id, data=b"\1\2", is_extended_id=extended))
        got = collect(queue, lambda s: sum(isinstance(x, CanFrame) for x in s) >= 2)
        bus.send(0x6A2, b"\7")
        sent = peer.recv(1)
    assert [(f.arbitration_id, f.data, f.is_extended) for f in got if isinstance(f, CanFrame)] == [
        (0x6A0, b"\1\2", False),
        (0x0CFEF117, b"\1\2", True),
    ]
    assert sent is not None
    assert (sent.arbitration_id, bytes(sent.data)) == (0x6A2, b"\7")
    with pytest.raises(DeviceError, match="not open"):
        bus.send(0x6A2, b"")


def test_an_interface_that_goes_down_is_told_and_comes_back(peer: can.BusABC, monkeypatch: pytest.MonkeyPatch) -> None:
    from can.interfaces.virtual import VirtualBus

    queue, down = SampleQueue(), [True]
    whole = VirtualBus._recv_internal

    def broken(self: VirtualBus, timeout: float | None) -> tuple[can.Message | None, bool]:
        if down[0]:
            down[0] = False
            raise can.CanOperationError("Network is down")
        return whole(self, timeout)

    monkeypatch.setattr(VirtualBus, "_recv_internal", broken)
    with VehicleBus(settings.Vehicle(interface="virtual", channel="sensors"), []) as bus:
        bus.start(queue)
        got = collect(queue, lambda s: len(statuses(s)) >= 3)
        peer.send(can.Message(arbitration_id=0x6A0, data=b"\5", is_extended_id=False))
        got += collect(queue, lambda s: any(isinstance(x, CanFrame) for x in s))
    assert statuses(got) == [("vehicle_bus", "ok"), ("vehicle_bus", "lost"), ("vehicle_bus", "ok")]


def test_a_bus_that_is_only_listened_to_sends_nothing_and_no_bus_sends_diagnostics(peer: can.BusABC) -> None:
    for sends, frame_id, extended, told in (
        (False, 0x6A2, False, "only listened to"),
        (True, 0x7DF, False, "0x7DF belongs to diagnostics"),
        (True, 0x7E0, False, "0x7E0 belongs to diagnostics"),
        (True, 0x18DA10F1, True, "0x18DA10F1 belongs to diagnostics"),
    ):
        vehicle = settings.Vehicle(interface="virtual", channel="sensors", send_alerts=sends)
        with VehicleBus(vehicle, []) as bus:
            bus.start(SampleQueue())
            with pytest.raises(DeviceError, match=told):
                bus.send(frame_id, b"\2\1\x0d", extended)
    assert peer.recv(0.05) is None


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interface as the kernel shows it, over a virtual bus."""
    monkeypatch.setattr("driver_monitor.sensors.vehicle_bus._NETWORK", tmp_path)
    monkeypatch.setattr(can, "Bus", lambda channel, **_: can.interface.Bus(channel, interface="virtual"))
    place = tmp_path / "sensors"
    place.mkdir()
    (place / "flags").write_text("0x40081\n")
    (place / "carrier").write_text("1\n")
    return place


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [("flags", "0x40080", "sensors is down; run 'ip link set sensors up'"), ("carrier", "0", "sensors is bus-off")],
)
def test_an_interface_that_is_down_is_not_opened_until_it_is_up(network: Path, file: str, text: str, told: str) -> None:
    good, queue = (network / file).read_text(), SampleQueue()
    (network / file).write_text(text)
    with VehicleBus(settings.Vehicle(interface="socketcan", channel="sensors"), []) as bus:
        assert not bus.start(queue)
        got = collect(queue, bool)
        (network / file).write_text(good)
        got += collect(queue, lambda s: bool(statuses(s)))
    assert statuses(got) == [("vehicle_bus", "missing"), ("vehicle_bus", "ok")]
    assert isinstance(got[0], SensorStatus)
    assert told in got[0].reason


def test_a_controller_that_goes_bus_off_is_told(network: Path, peer: can.BusABC) -> None:
    queue = SampleQueue()
    with VehicleBus(settings.Vehicle(interface="socketcan", channel="sensors"), []) as bus:
        bus.start(queue)
        peer.send(can.Message(arbitration_id=0x4, is_error_frame=True, data=bytes(8)))  # a warning: no loss
        peer.send(can.Message(arbitration_id=0x40, is_error_frame=True, data=bytes(8)))
        got = collect(queue, lambda s: len(statuses(s)) >= 3)
    assert statuses(got) == [("vehicle_bus", "ok"), ("vehicle_bus", "lost"), ("vehicle_bus", "ok")]
    assert any(isinstance(s, SensorStatus) and "set its restart-ms" in s.reason for s in got)


@pytest.mark.parametrize(
    ("interface", "told"),
    [
        ("socketcan", "there is no network interface can99; look at its plug, or at [vehicle] channel"),
        ("nonsense", "nonsense 'can99' cannot be opened"),
    ],
)
def test_a_bus_that_is_not_there(interface: str, told: str) -> None:
    vehicle = settings.Vehicle(interface=interface, channel="can99")
    with pytest.raises(DeviceError, match="vehicle bus: " + re.escape(told)):
        VehicleBus(vehicle, []).start(SampleQueue(), required=True)
