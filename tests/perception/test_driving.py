"""The drive as the bus tells it, and what happens when it tells nothing, or nonsense."""

from __future__ import annotations

from pathlib import Path

import can
import cantools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver_monitor.errors import SettingsError
from driver_monitor.perception.driving import Driving, find_dbc, load_dbc
from driver_monitor.perception.vss import QUANTITIES
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
    for name in ("driver_monitor.dbc", "driver_monitor_j1939.dbc", "obd2.dbc", "j1939.dbc"):
        database = cantools.database.load_file(find_dbc(name))
        assert isinstance(database, cantools.database.Database)
        for message in database.messages:
            assert message.comment, message.name
            for signal in message.signals:
                assert signal.comment, signal.name


def test_before_the_first_frame_nothing_is_known_and_nothing_is_zero() -> None:
    told = Driving(Vehicle(interface="socketcan")).measure(5)
    assert (told.speed_kmh, told.steering_deg, told.indicator, told.reverse) == (None, None, None, None)
    assert told.reason is not None
    assert "speed: not seen yet" in told.reason
    assert Driving(Vehicle()).measure(5).reason == "no speed known"  # of the signals of no bus there is nothing to tell


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
    assert (driving.not_available, driving.implausible) == (2, 0)
    assert driving.doubt(nanoseconds(1.1)) is None


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
    assert driving.undecodable == 1  # the fuel level, which the DBC leaves out
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
    driving = Driving(Vehicle(interface="socketcan", dbc="nowhere.dbc", signals=VehicleSignals(speed="", **NOTHING)))
    assert driving.filters == []
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
    assert (told.steering_ns, told.lane_offset_ns) == (nanoseconds(1.0), nanoseconds(1.0))


def test_the_place_in_the_lane_keeps_its_own_time_while_another_message_tells_the_speed(tmp_path: Path) -> None:
    dbc = tmp_path / "two.dbc"
    dbc.write_text(
        'VERSION ""\nNS_ :\nBS_:\nBU_: X\nBO_ 256 Motion: 8 X\n SG_ Speed : 0|16@1+ (0.1,0) [0|300] "km/h" X\n'
        'BO_ 257 Lane: 8 X\n SG_ Offset : 0|16@1- (0.01,0) [-5|5] "m" X\n'
    )
    signals = VehicleSignals.model_validate(NOTHING | {"speed": "Motion.Speed", "lane_offset": "Lane.Offset"})
    driving = Driving(Vehicle(dbc=str(dbc), signals=signals))
    driving.step(CanFrame(nanoseconds(1.0), 257, b"\x1e\0"))
    told, _ = driving.step(CanFrame(nanoseconds(1.3), 256, b"\xe8\x03"))
    assert told is not None
    assert (told.speed_kmh, told.lane_offset_m) == pytest.approx((100.0, 0.3))
    assert (told.speed_ns, told.lane_offset_ns) == (nanoseconds(1.3), nanoseconds(1.0))
    assert driving.measure(nanoseconds(4.0)).lane_offset_ns is None


# --------------------------------------------------------------------------------------------------- what is to be believed


def speeds(driving: Driving, *told: tuple[float, float]) -> list[float | None]:
    measured = [driving.step(drive(t_s, kmh))[0] for t_s, kmh in told]
    return [m.speed_kmh if m else None for m in measured]


def test_a_speed_that_jumps_waits_for_the_next_one_to_bear_it_out() -> None:
    driving = Driving(Vehicle())
    assert speeds(driving, (1.0, 90.0), (1.1, 250.0), (1.2, 91.0)) == pytest.approx([90.0, 90.0, 91.0])
    assert driving.implausible == 1
    assert driving.doubt(nanoseconds(1.2)) == "Vehicle.Speed: from 90 to 250 km/h at once, left out"
    assert speeds(driving, (1.3, 30.0), (1.4, 31.0)) == pytest.approx([91.0, 31.0])  # twice the same: it is so
    assert driving.doubt(nanoseconds(11.3)) is not None
    assert driving.doubt(nanoseconds(11.4)) is None


def test_full_braking_is_no_jump_and_after_a_silence_any_speed_is_believed() -> None:
    driving = Driving(Vehicle())
    braking = [(1.0 + k / 20, max(0.0, 120.0 - 42.0 * k / 20)) for k in range(60)]  # 1.2 g
    assert speeds(driving, *braking) == pytest.approx([kmh for _, kmh in braking], abs=0.01)
    assert speeds(driving, (10.0, 130.0)) == pytest.approx([130.0])
    assert driving.implausible == 0


def test_reversing_on_a_bus_whose_speed_has_a_sign_is_no_jump(tmp_path: Path) -> None:
    dbc = tmp_path / "signed.dbc"
    dbc.write_text('VERSION ""\nNS_ :\nBS_:\nBU_: X\nBO_ 256 Motion: 8 X\n SG_ Speed : 0|16@1- (0.1,0) [-300|300] "km/h" X\n')
    driving = Driving(Vehicle(dbc=str(dbc), signals=VehicleSignals.model_validate(NOTHING | {"speed": "Motion.Speed"})))
    backwards = [-min(15.0, 0.2 * k) for k in range(100)]
    message = load_dbc(str(dbc)).get_message_by_name("Motion")
    told = [
        driving.step(CanFrame(nanoseconds(k / 10), 256, message.encode({"Speed": kmh})))[0] for k, kmh in enumerate(backwards)
    ]
    assert [m.speed_kmh for m in told if m] == pytest.approx([-kmh for kmh in backwards])
    assert (driving.implausible, driving.doubt(nanoseconds(9.9))) == (0, None)


def test_an_impossible_value_is_named_by_its_vss_path() -> None:
    driving = Driving(Vehicle())
    driving.step(drive(1.0, 50.0))
    impossible = encode("DriveState", VehicleSpeed=399.0, SteeringAngle=0, TurnIndicator=0, ReverseGear=0, LaneOffset=0)
    told, _ = driving.step(CanFrame(nanoseconds(1.1), DRIVE, (45_000).to_bytes(2, "little") + impossible[2:]))
    assert told is not None
    assert told.speed_kmh == pytest.approx(50.0)
    assert driving.doubt(nanoseconds(1.1)) == "Vehicle.Speed: 450 km/h is outside 0 to 400 and is left out"


def test_every_signal_of_the_settings_has_a_vss_name() -> None:
    assert set(QUANTITIES) == set(VehicleSignals.model_fields)


# -------------------------------------------------------------------------------------------------------------- OBD-II


def obd() -> Driving:
    return Driving(Vehicle(profile="obd2"))


def reply(data: str, frame_id: int = 0x7E8, t_s: float = 1.0, extended: bool = False) -> CanFrame:
    return CanFrame(nanoseconds(t_s), frame_id, bytes.fromhex(data), extended)


def test_the_profile_maps_speed_engine_speed_and_throttle() -> None:
    driving = obd()
    for data in ("03410D5500000000", "04410C1AF8000000", "0341117F00000000"):
        told, _ = driving.step(reply(data))
    assert told is not None
    assert (told.speed_kmh, told.engine_rpm) == (85.0, 1726.0)
    assert told.throttle_pct == pytest.approx(49.8, abs=0.01)


def test_a_reply_with_several_quantities_in_several_frames_is_put_together() -> None:
    driving = obd()
    assert driving.step(reply("1008410C1AF80D55")) == (None, None)
    told, _ = driving.step(reply("21117F0000000000", t_s=1.05))
    assert told is not None
    assert (told.speed_kmh, told.engine_rpm, round(told.throttle_pct or 0.0, 1)) == (85.0, 1726.0, 49.8)


@pytest.mark.parametrize("second", ["22117F0000000000", "03410D4400000000"])
def test_a_reply_that_does_not_come_whole_is_left_out(second: str) -> None:
    driving = obd()
    driving.step(reply("1008410C1AF80D55"))
    told, _ = driving.step(reply(second, t_s=1.05))
    assert told is None or told.engine_rpm is None


def test_a_part_that_comes_too_late_belongs_to_nothing() -> None:
    driving = obd()
    driving.step(reply("1008410C1AF80D55"))
    assert driving.step(reply("21117F0000000000", t_s=2.5)) == (None, None)


def test_replies_with_29_bit_ids_are_read_and_the_first_unit_that_answers_is_kept() -> None:
    driving = obd()
    told, _ = driving.step(reply("03410D5500000000", 0x18DAF110, extended=True))
    assert told is not None
    assert told.speed_kmh == 85.0
    assert driving.step(reply("03410D5700000000", 0x18DAF118, 1.1, extended=True)) == (None, None)
    told, _ = driving.step(reply("03410D5700000000", 0x18DAF118, 4.0, extended=True))  # the first has fallen silent
    assert told is not None
    assert told.speed_kmh == 87.0


@given(st.lists(st.binary(max_size=8), max_size=12))
def test_no_replies_can_end_the_monitor(parts: list[bytes]) -> None:
    driving = obd()
    for k, data in enumerate(parts):
        driving.step(CanFrame(k, 0x7E8 + k % 2, data))


# --------------------------------------------------------------------------------------------------------------- J1939


def truck() -> Driving:
    return Driving(Vehicle(profile="j1939"))


def group(frame_id: int, data: str, t_s: float = 1.0) -> CanFrame:
    return CanFrame(nanoseconds(t_s), frame_id, bytes.fromhex(data), True)


def test_groups_are_known_whatever_their_priority_and_sender() -> None:
    driving = truck()
    driving.step(group(0x0CFEF100, "FF0050FFFFFFFFFF"))  # priority 3
    driving.step(group(0x0CF00400, "FFFFFF6919FFFFFF"))
    driving.step(group(0x18F00503, "FFFFFF7CFFFFFFFF"))
    driving.step(group(0x18FDCC21, "FFF2FFFFFFFFFFFF"))
    told, _ = driving.step(group(0x18F00913, "AB7DFFFFFFFFFFFF"))
    assert told is not None
    assert (told.speed_kmh, told.engine_rpm, told.reverse, told.indicator) == (80.0, 813.125, True, "right")
    assert told.steering_deg == pytest.approx(2.463, abs=0.002)  # 32171 / 1024 rad - 31.374 rad
    assert told.reason is None
    assert driving.implausible == 0


@pytest.mark.parametrize("raw", ["FFFF", "00FE", "00FB"])
def test_not_available_and_error_are_not_nonsense(raw: str) -> None:
    driving = truck()
    driving.step(group(0x18FEF100, f"FF{raw}FFFFFFFFFF"))
    assert (driving.not_available, driving.implausible) == (1, 0)
    assert driving.measure(nanoseconds(1)).speed_kmh is None


def test_of_two_senders_of_a_group_the_first_is_read_until_it_falls_silent() -> None:
    driving = truck()
    driving.step(group(0x18FEF100, "FF0050FFFFFFFFFF"))
    assert driving.step(group(0x18FEF1EE, "FF0052FFFFFFFFFF", 1.1)) == (None, None)
    told, _ = driving.step(group(0x18FEF1EE, "FF0052FFFFFFFFFF", 4.0))
    assert told is not None
    assert told.speed_kmh == 82.0


def test_filters_let_the_groups_through_and_nothing_else() -> None:
    passed = {f.can_id: f.mask for f in truck().filters}
    assert passed[0x00FEF100] == 0x03FFFF00
    assert len(passed) == 6
    assert (0x7E8, 0x7F8, False) in obd().filters
    assert (0x18DAF100, 0x1FFFFF00, True) in obd().filters


def test_what_is_set_beside_a_profile_counts() -> None:
    own = Vehicle.model_validate({"profile": "j1939", "signals": {"throttle": ""}, "stale_s": 5.0})
    assert (own.dbc, own.signals.throttle, own.signals.speed) == ("j1939.dbc", "", "CCVS1.WheelBasedVehicleSpeed")
    assert Vehicle.model_validate(own.model_dump()) == own
