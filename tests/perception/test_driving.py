"""The drive as the bus tells it, and what happens when it tells nothing, or nonsense."""

from __future__ import annotations

from pathlib import Path

import can
import cantools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver_monitor.errors import SettingsError
from driver_monitor.perception.driving import Driving, find_dbc
from driver_monitor.settings import Vehicle, VehicleSignals
from driver_monitor.signals import CanFrame, HeartBeat, nanoseconds

DRIVE, HEART = 0x6A0, 0x6A1
NOTHING = {"steering": "", "indicator": "", "reverse": "", "heart_rate": "", "rr_interval": ""}


def encode(message: str, **values: float) -> bytes:
    return cantools.database.load_file(find_dbc("driver_monitor.dbc")).encode_message(message, values)  # type: ignore[union-attr]


def drive(t_s: float, speed: float = 0.0, steering: float = 0.0, indicator: int = 0, reverse: int = 0) -> CanFrame:
    signals = {"SteeringAngle": steering, "TurnIndicator": indicator, "ReverseGear": reverse, "LaneOffset": 0.0}
    data = encode("DriveState", VehicleSpeed=speed, **signals)
    return CanFrame(nanoseconds(t_s), DRIVE, data)


def test_speed_steering_indicator_and_reverse_are_read() -> None:
    told, beat = Driving(Vehicle()).step(drive(1.0, 87.65, -12.3, 1, 1))
    assert beat is None
    assert told is not None
    assert (told.speed_kmh, told.steering_deg) == pytest.approx((87.65, -12.3))
    assert (told.t_ns, told.indicator, told.reverse, told.reason) == (nanoseconds(1.0), "left", True, None)


def test_every_message_and_signal_of_our_dbcs_says_what_it_is() -> None:
    for name in ("driver_monitor.dbc", "obd2.dbc"):
        database = cantools.database.load_file(find_dbc(name))
        assert isinstance(database, cantools.database.Database)
        for message in database.messages:
            assert message.comment, message.name
            for signal in message.signals:
                assert signal.comment, signal.name


def test_before_the_first_frame_nothing_is_known_and_nothing_is_zero() -> None:
    told = Driving(Vehicle()).measure(5)
    assert (told.speed_kmh, told.steering_deg, told.indicator, told.reverse) == (None, None, None, None)
    assert told.reason is not None
    assert "speed: not seen yet" in told.reason


def test_a_stale_speed_is_unknown_until_the_bus_is_back() -> None:
    driving = Driving(Vehicle(stale_s=2.0))
    driving.step(drive(10.0, 50.0))
    assert driving.measure(nanoseconds(12.0)).speed_kmh == pytest.approx(50.0)
    stale = driving.measure(nanoseconds(12.1))
    assert stale.speed_kmh is None
    assert stale.reason is not None
    assert "speed: last seen 2.1 s ago" in stale.reason
    driving.step(drive(13.0, 51.0))
    assert driving.measure(nanoseconds(13.0)).speed_kmh == pytest.approx(51.0)


def test_not_known_and_impossible_values_are_left_out() -> None:
    driving = Driving(Vehicle())
    driving.step(drive(1.0, 50.0))
    told, _ = driving.step(CanFrame(nanoseconds(1.1), DRIVE, b"\xff\xff\xff\x7f\0\0\0\0"))  # speed and angle "not known"
    assert told is not None
    assert told.speed_kmh == pytest.approx(50.0)
    assert driving.implausible == 2


def test_a_beat_of_the_wearable() -> None:
    driving = Driving(Vehicle())
    assert driving.step(CanFrame(7, HEART, encode("WearableHeart", HeartRate=72, RrInterval=830))) == (
        None,
        HeartBeat(7, rr_ms=830.0, rate_bpm=72.0),
    )
    assert driving.step(CanFrame(8, HEART, bytes([72, 0, 0]))) == (None, HeartBeat(8, rr_ms=None, rate_bpm=72.0))
    assert driving.step(CanFrame(9, HEART, bytes(3))) == (None, None)


def test_frames_of_others_are_nothing() -> None:
    driving = Driving(Vehicle())
    assert driving.step(CanFrame(1, 0x123, bytes(8))) == (None, None)
    assert driving.step(CanFrame(1, DRIVE, bytes(8), is_extended=True)) == (None, None)
    assert driving.undecodable == 0


@given(st.binary(max_size=8), st.sampled_from([DRIVE, HEART, 0x7E8]))
def test_no_bytes_on_the_bus_can_end_the_monitor(data: bytes, frame_id: int) -> None:
    for driving in DRIVINGS:
        driving.step(CanFrame(1, frame_id, data))


def test_obd_replies_are_read_as_multiplexed_frames() -> None:
    driving = Driving(Vehicle(dbc="obd2.dbc", signals=VehicleSignals(speed="OBD2.VehicleSpeed", **NOTHING)))
    told, _ = driving.step(CanFrame(1, 0x7E8, bytes.fromhex("03410D5500000000")))
    assert told is not None
    assert told.speed_kmh == 85.0
    for other in ("03412F8C00000000", "037F0D5500000000", "21410D6600000000"):  # fuel, refusal, a later part of a long reply
        assert driving.step(CanFrame(2, 0x7E8, bytes.fromhex(other))) == (None, None)
    assert driving.undecodable == 3
    assert driving.measure(2).speed_kmh == 85.0


def test_rpm_is_there_too() -> None:
    database = cantools.database.load_file(find_dbc("obd2.dbc"))
    assert isinstance(database, cantools.database.Database)
    assert database.decode_message(0x7E8, bytes.fromhex("04410C1AF8000000"))["EngineSpeed"] == 1726.0  # type: ignore[call-overload]


def test_a_misspelt_signal_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"'DriveState\.VehicleSpeeed'; the nearest is 'DriveState\.VehicleSpeed'"):
        Driving(Vehicle(signals=VehicleSignals(speed="DriveState.VehicleSpeeed")))


def test_a_dbc_that_is_missing_or_is_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no file 'nowhere\.dbc'"):
        Driving(Vehicle(dbc="nowhere.dbc"))
    for content in (b"", b"hello", bytes(range(256))):
        wrong = tmp_path / "wrong.dbc"
        wrong.write_bytes(content)
        with pytest.raises(SettingsError, match=r"wrong\.dbc"):
            Driving(Vehicle(dbc=str(wrong)))


def test_a_bus_without_any_mapped_signal_needs_no_dbc() -> None:
    driving = Driving(Vehicle(dbc="nowhere.dbc", signals=VehicleSignals(speed="", **NOTHING)))
    assert driving.frame_ids == []
    assert "speed: not carried by this bus" in (driving.measure(0).reason or "")


def test_a_drive_over_a_real_bus_object() -> None:
    with can.Bus("driving", interface="virtual") as there, can.Bus("driving", interface="virtual") as here:
        there.send(can.Message(arbitration_id=DRIVE, data=drive(0, 30.0).data, is_extended_id=False))
        message = here.recv(1)
    assert message is not None
    told, _ = Driving(Vehicle()).step(CanFrame(1, message.arbitration_id, bytes(message.data), message.is_extended_id))
    assert told is not None
    assert told.speed_kmh == pytest.approx(30.0)


DRIVINGS = (
    Driving(Vehicle()),
    Driving(Vehicle(dbc="obd2.dbc", signals=VehicleSignals(speed="OBD2.VehicleSpeed", **NOTHING))),
)


def test_the_place_in_the_lane_is_read_where_it_is_mapped_and_not_missed_where_it_is_not() -> None:
    data = encode("DriveState", VehicleSpeed=90.0, SteeringAngle=1.0, TurnIndicator=0, ReverseGear=0, LaneOffset=-0.42)
    frame = CanFrame(nanoseconds(1.0), DRIVE, data)
    plain, mapped = Driving(Vehicle()), Driving(Vehicle(signals=VehicleSignals(lane_offset="DriveState.LaneOffset")))
    told, _ = plain.step(frame)
    assert told is not None
    assert (told.lane_offset_m, told.reason) == (None, None)
    told, _ = mapped.step(frame)
    assert told is not None
    assert told.lane_offset_m == pytest.approx(-0.42)
    assert told.steering_ns == nanoseconds(1.0)
