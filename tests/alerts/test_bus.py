"""Alerts and states as they stand on a bus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import can
import cantools
import pytest

from driver_monitor.alerts.break_advice import BreakAdvice
from driver_monitor.alerts.bus import BusOutput
from driver_monitor.alerts.e2e import Checker, checksum, protect
from driver_monitor.alerts.outputs import Send
from driver_monitor.errors import DeviceError, SettingsError
from driver_monitor.perception.driving import find_dbc, load_dbc
from driver_monitor.settings import Settings, Trip, Vehicle, VehicleOut
from driver_monitor.signals import Alert, AlertAction, AlertKind, DriverState, Level, nanoseconds

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
def bench() -> Iterator[tuple[Send, Read]]:
    database = load_dbc("driver_monitor.dbc")
    with can.Bus("alerts", interface="virtual") as ours, can.Bus("alerts", interface="virtual") as theirs:

        def send(frame_id: int, data: bytes, extended: bool) -> None:
            ours.send(can.Message(arbitration_id=frame_id, data=data, is_extended_id=extended))

        def read() -> list[tuple[str, dict[str, object]]]:
            out: list[tuple[str, dict[str, object]]] = []
            while (message := theirs.recv(0)) is not None:
                described = database.get_message_by_frame_id(message.arbitration_id)
                assert message.data[0] == checksum(bytes(message.data), described.frame_id)  # our data IDs are our ids
                decoded = described.decode_simple(bytes(message.data))
                del decoded["AlertCrc" if described.name == "DriverAlert" else "StateCrc"]
                plain: dict[str, object] = {k: str(v) if hasattr(v, "name") else v for k, v in decoded.items()}
                out.append((described.name, plain))
            return out

        yield send, read


def test_an_alert_is_sent_at_once_and_repeated_with_the_states(bench: tuple[Send, Read]) -> None:
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
                "AlertId": 70_000 - 0xFB00,
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
        "BreakSuggestion": "urgent",
        "RouteSuggestion": "none",
    }
    assert (repeated["AlertKind"], repeated["AlertAction"], repeated["AlertCounter"]) == ("sleep", "none", 1)
    output.handle(alert("cleared", 70_000))
    output.states(STATES)
    assert [a["AlertKind"] for n, a in read() if n == "DriverAlert"] == ["sleep", "none"]


def test_the_counters_tell_a_living_monitor(bench: tuple[Send, Read]) -> None:
    send, read = bench
    output = BusOutput(Settings(), send)
    for _ in range(20):
        output.states(STATES)
    told = read()
    assert [s["StateCounter"] for n, s in told if n == "DriverState"] == [i % 15 for i in range(20)]
    assert [s["AlertCounter"] for n, s in told if n == "DriverAlert"] == [i % 15 for i in range(20)]


def test_in_a_fleet_stress_and_anger_never_reach_the_bus(bench: tuple[Send, Read]) -> None:
    send, read = bench
    output = BusOutput(Settings(trip=Trip(deployment="fleet", emotion_safety_purpose="stated")), send)
    for number, kind in enumerate(("stress", "anger")):
        output.handle(alert("raised", number, kind, "advice"))  # type: ignore[arg-type]
    assert read() == []
    output.states(STATES)
    (_, states), (_, repeated) = read()
    assert (states["Stress"], states["Anger"], states["Fatigue"]) == ("not known", "not known", 73)
    assert states["RouteSuggestion"] == "not known"
    assert repeated["AlertKind"] == "none"


def test_after_advice_on_a_mood_a_calmer_route_is_suggested_until_the_next_advice_may_come(bench: tuple[Send, Read]) -> None:
    send, read = bench
    output = BusOutput(Settings(), send)
    output.handle(alert("raised", kind="anger", level="advice"))
    output.handle(alert("cleared", kind="anger", level="advice"))
    told = []
    for t_s, value in ((1.0, 0.2), (599.0, None), (601.0, 0.2), (602.0, None)):
        output.states([DriverState(nanoseconds(t_s), "anger", value, 1.0)])
        told += [s["RouteSuggestion"] for n, s in read() if n == "DriverState"]
    assert told == ["calmer", "calmer", "none", "not known"]


def test_a_copy_of_the_dbc_from_before_the_route_still_serves(tmp_path: Path) -> None:
    older = tmp_path / "older.dbc"
    kept = [line for line in find_dbc("driver_monitor.dbc").read_text().splitlines() if "RouteSuggestion" not in line]
    older.write_text("\n".join(kept))
    assert sent_with(Vehicle(dbc=str(older))) == [(0x6A3, False), (0x6A2, False)]


def test_a_vehicles_own_dbc_may_move_the_messages(bench: tuple[Send, Read], tmp_path: Path) -> None:
    moved = tmp_path / "moved.dbc"
    moved.write_text(find_dbc("driver_monitor.dbc").read_text().replace(" 1698 ", " 1300 ").replace(" 1699 ", " 1301 "))
    assert sent_with(Vehicle(dbc=str(moved))) == [(1301, False), (1300, False)]
    assert sent_with(Vehicle(dbc="obd2.dbc")) == [(0x6A3, False), (0x6A2, False)]


def sent_with(vehicle: Vehicle) -> list[tuple[int, bool]]:
    sent: list[tuple[int, bool]] = []
    BusOutput(Settings(vehicle=vehicle), lambda frame_id, _, extended: sent.append((frame_id, extended))).states(STATES)
    return sent


def test_the_settings_may_move_the_messages_to_ids_of_11_or_29_bits() -> None:
    out = VehicleOut(alert_id=0x123, state_id=0x1ABC_DEF0)
    assert sent_with(Vehicle(out=out)) == [(0x1ABC_DEF0, True), (0x123, False)]


def test_as_j1939_the_groups_go_out_from_the_address_set() -> None:
    j1939 = VehicleOut(format="j1939", source_address=0x80)
    assert sent_with(Vehicle(out=j1939)) == [(0x18FF4180, True), (0x18FF4080, True)]
    own = VehicleOut(format="j1939", alert_id=0x1CFF0311)
    assert sent_with(Vehicle(out=own)) == [(0x18FF41A8, True), (0x1CFF0311, True)]


def test_both_variants_carry_the_same_bytes() -> None:
    can_sent, j1939_sent = list[bytes](), list[bytes]()
    for out, sent in ((VehicleOut(), can_sent), (VehicleOut(format="j1939"), j1939_sent)):
        output = BusOutput(Settings(vehicle=Vehicle(out=out)), lambda _, data, __, sent=sent: sent.append(data))  # type: ignore[misc]
        output.handle(alert("raised"))
        output.states(STATES)
    assert can_sent == j1939_sent != []


@pytest.mark.parametrize(
    ("out", "told"),
    [
        ({"alert_id": 0x7DF}, "alert_id = 0x7DF belongs to diagnostics"),
        ({"state_id": 0x18DAF110}, "state_id = 0x18DAF110 belongs to diagnostics"),
        ({"format": "j1939", "alert_id": 0x0C000003}, "no proprietary B group"),  # torque and speed control
        ({"alert_id": 0x100, "state_id": 0x100}, "must differ"),
    ],
)
def test_ids_that_could_do_harm_are_refused(out: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        VehicleOut.model_validate(out)


def test_a_dbc_without_protection_is_refused(tmp_path: Path) -> None:
    bare = tmp_path / "bare.dbc"
    text = find_dbc("driver_monitor.dbc").read_text()
    bare.write_text("".join(line for line in text.splitlines(keepends=True) if "E2EDataId" not in line))
    with pytest.raises(SettingsError, match=r"DriverAlert of .*bare\.dbc has no attribute E2EDataId"):
        sent_with(Vehicle(dbc=str(bare)))


def test_steps_beyond_the_burst_are_told_in_order_after_the_next_ten_hertz_message(bench: tuple[Send, Read]) -> None:
    send, read = bench
    output = BusOutput(Settings(vehicle=Vehicle(out=VehicleOut(alert_burst=2))), send)
    for action in ("raised", "escalated", "repeated", "cleared"):
        output.handle(alert(action))
    assert [told["AlertAction"] for _, told in read()] == ["raised", "escalated"]
    output.handle(alert("raised", 2))
    told = []
    for _ in range(3):
        output.states(STATES)
        told.append([values["AlertAction"] for name, values in read() if name == "DriverAlert"])
    assert told == [["none", "repeated", "cleared"], ["none", "raised"], ["none"]]


def test_many_alerts_at_once_each_reach_the_bus_and_the_most_urgent_stays_shown(bench: tuple[Send, Read]) -> None:
    send, read = bench
    output = BusOutput(Settings(), send)
    kinds: list[tuple[AlertKind, Level]] = [
        ("drowsy", "caution"),
        ("microsleep", "warning"),
        ("time_sharing", "caution"),
        ("long_distraction", "critical"),
        ("sensor_lost", "advice"),
        ("sleep", "critical"),
        ("camera_blocked", "caution"),
    ]
    for number, (kind, level) in enumerate(kinds, start=1):
        output.handle(alert("raised", number, kind, level))
    output.states(STATES)
    told = [(t["AlertKind"], t["AlertAction"]) for name, t in read() if name == "DriverAlert"]
    assert [kind for kind, action in told if action == "raised"] == [kind for kind, _ in kinds]
    assert [kind for kind, action in told if action == "none"] == ["sleep"]


def test_every_kind_level_and_action_has_a_word_on_the_bus() -> None:
    for name in ("driver_monitor.dbc", "driver_monitor_j1939.dbc"):
        message = load_dbc(name).get_message_by_name("DriverAlert")
        for signal, words in (("AlertKind", AlertKind), ("AlertLevel", Level), ("AlertAction", AlertAction)):
            choices = message.get_signal_by_name(signal).choices
            assert choices is not None
            assert {str(word) for word in choices.values()} == {"none", *get_args(words)}


# ------------------------------------------------------------------------------------------------------ what is believed


def test_profile_1_gives_the_frames_of_autosars_example() -> None:
    assert protect(bytes(8), 0x123, 0).hex() == "cc00000000000000"
    assert protect(bytes(8), 0x123, 1).hex() == "9101000000000000"


def test_a_receiver_knows_lost_repeated_spoilt_and_foreign_messages() -> None:
    sent = [protect(b"\0\xf0\5\6", 0x6A2, counter) for counter in range(16)]
    checker = Checker(0x6A2, most_lost=2)
    order = [0, 1, 1, 4, 8, 9]
    assert [checker.check(sent[i]) for i in order] == ["first", "ok", "repeated", "some_lost", "wrong_sequence", "ok"]
    assert checker.check(protect(b"\0\xf0\5\6", 0x6A3, 10)) == "wrong_crc"
    for byte in range(4):
        for bit in range(8):
            spoilt = bytearray(sent[10])
            spoilt[byte] ^= 1 << bit
            assert checker.check(bytes(spoilt)) == "wrong_crc"
    assert (checker.check(b""), checker.check(sent[10])) == ("wrong_crc", "ok")


# ----------------------------------------------------------------------------------------------------------------- breaks


def test_a_break_is_suggested_for_ten_minutes_after_the_last_sign_of_sleepiness() -> None:
    advice = BreakAdvice(kss_warn=8.0)
    assert advice.suggestion(0, None) == "not known"
    assert advice.suggestion(0, 5.0) == "none"
    assert advice.suggestion(nanoseconds(10), 7.1) == "suggested"
    assert advice.suggestion(nanoseconds(20), 8.0) == "urgent"
    assert advice.suggestion(nanoseconds(619), 4.0) == "urgent"
    assert advice.suggestion(nanoseconds(621), 4.0) == "none"


def test_a_microsleep_asks_for_a_break_at_once_and_a_phone_does_not() -> None:
    advice = BreakAdvice(kss_warn=8.0)
    advice.alert(alert("raised", kind="phone"))
    assert advice.suggestion(0, 3.0) == "none"
    advice.alert(alert("raised", kind="drowsy", level="advice"))
    assert advice.suggestion(0, 3.0) == "suggested"
    advice.alert(alert("raised", kind="microsleep", level="warning"))
    assert advice.suggestion(0, 3.0) == "urgent"


def test_a_bus_that_is_down_is_trouble_and_heals() -> None:
    down = True

    def send(frame_id: int, data: bytes, extended: bool) -> None:
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
