"""Alerts and states as they stand on a bus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import can
import cantools
import pytest

from driver_monitor.alerts.bus import BusOutput
from driver_monitor.errors import DeviceError
from driver_monitor.perception.driving import find_dbc, load_dbc
from driver_monitor.settings import Settings, Trip, Vehicle
from driver_monitor.signals import Alert, AlertAction, AlertKind, DriverState, Level

Read = Callable[[], list[tuple[str, dict[str, object]]]]


def alert(action: AlertAction, number: int = 1, kind: AlertKind = "sleep", level: Level = "critical") -> Alert:
    return Alert(0, action, number, kind, level, "rule", "source")


STATES = [
    DriverState(0, "fatigue", 0.734, 1.0, kss=7.26),
    DriverState(0, "distraction", None, 0.0, reason="learning"),
    DriverState(0, "stress", 0.5, 1.0),
    DriverState(0, "anger", 1.0, 1.0),
    DriverState(0, "responsiveness", 0.0, 1.0),
]


@pytest.fixture
def bench() -> Iterator[tuple[Callable[[int, bytes], None], Read]]:
    database = load_dbc("driver_monitor.dbc")
    with can.Bus("alerts", interface="virtual") as ours, can.Bus("alerts", interface="virtual") as theirs:

        def send(frame_id: int, data: bytes) -> None:
            ours.send(can.Message(arbitration_id=frame_id, data=data, is_extended_id=False))

        def read() -> list[tuple[str, dict[str, object]]]:
            out: list[tuple[str, dict[str, object]]] = []
            while (message := theirs.recv(0)) is not None:
                described = database.get_message_by_frame_id(message.arbitration_id)
                decoded = described.decode_simple(bytes(message.data))
                out.append((described.name, {k: str(v) if hasattr(v, "name") else v for k, v in decoded.items()}))
            return out

        yield send, read


def test_an_alert_is_sent_at_once_and_repeated_with_the_states(bench: tuple[Callable[[int, bytes], None], Read]) -> None:
    send, read = bench
    output = BusOutput(Settings(), send)
    output.handle(alert("raised", 70_000))
    assert read() == [
        (
            "DriverAlert",
            {
                "AlertKind": "sleep",
                "AlertLevel": "critical",
                "AlertAction": "raised",
                "AlertCounter": 0,
                "AlertId": 70_000 - 2**16,
            },
        )
    ]
    output.states(STATES)
    (name, states), (_, repeated) = read()
    assert name == "DriverState"
    assert states == {
        "Fatigue": 73,
        "Distraction": "not known",
        "Stress": 50,
        "Anger": 100,
        "Responsiveness": 0,
        "SleepinessKss": pytest.approx(7.3),
        "StateCounter": 0,
    }
    assert (repeated["AlertKind"], repeated["AlertAction"], repeated["AlertCounter"]) == ("sleep", "none", 1)
    output.handle(alert("cleared", 70_000))
    output.states(STATES)
    assert [a["AlertKind"] for n, a in read() if n == "DriverAlert"] == ["sleep", "none"]


def test_the_counters_tell_a_living_monitor(bench: tuple[Callable[[int, bytes], None], Read]) -> None:
    send, read = bench
    output = BusOutput(Settings(), send)
    for _ in range(20):
        output.states(STATES)
    told = read()
    assert [s["StateCounter"] for n, s in told if n == "DriverState"] == [i % 16 for i in range(20)]
    assert [s["AlertCounter"] for n, s in told if n == "DriverAlert"] == [i % 16 for i in range(20)]


def test_in_a_fleet_stress_and_anger_never_reach_the_bus(bench: tuple[Callable[[int, bytes], None], Read]) -> None:
    send, read = bench
    output = BusOutput(Settings(trip=Trip(deployment="fleet", emotion_safety_purpose="stated")), send)
    for number, kind in enumerate(("stress", "anger")):
        output.handle(alert("raised", number, kind, "advice"))  # type: ignore[arg-type]
    assert read() == []
    output.states(STATES)
    (_, states), (_, repeated) = read()
    assert (states["Stress"], states["Anger"], states["Fatigue"]) == ("not known", "not known", 73)
    assert repeated["AlertKind"] == "none"


def test_a_vehicles_own_dbc_may_move_the_messages(bench: tuple[Callable[[int, bytes], None], Read], tmp_path: Path) -> None:
    moved = tmp_path / "moved.dbc"
    moved.write_text(find_dbc("driver_monitor.dbc").read_text().replace("1698", "1300").replace("1699", "1301"))
    sent: list[int] = []
    output = BusOutput(Settings(vehicle=Vehicle(dbc=str(moved))), lambda frame_id, _: sent.append(frame_id))
    output.states(STATES)
    assert sent == [1301, 1300]
    sent.clear()
    BusOutput(Settings(vehicle=Vehicle(dbc="obd2.dbc")), lambda frame_id, _: sent.append(frame_id)).states(STATES)
    assert sent == [0x6A3, 0x6A2]


def test_a_bus_that_is_down_is_trouble_and_heals() -> None:
    down = True

    def send(frame_id: int, data: bytes) -> None:
        if down:
            raise DeviceError("vehicle bus: can0 takes no frame")

    output = BusOutput(Settings(), send)
    output.states(STATES)
    assert output.trouble == "vehicle bus: can0 takes no frame"
    down = False
    output.states(STATES)
    assert output.trouble is None


def test_ids_lie_low_in_priority_and_clear_of_diagnostics() -> None:
    database = cantools.database.load_file(find_dbc("driver_monitor.dbc"))
    assert isinstance(database, cantools.database.Database)
    assert sorted(m.frame_id for m in database.messages) == [0x6A0, 0x6A1, 0x6A2, 0x6A3]
