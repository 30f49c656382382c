"""The vehicle bus, in and out."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator, model_validator

from driver_monitor.can_ids import LAST_11, LAST_29, is_diagnostic, is_proprietary_b
from driver_monitor.settings.fields import KNOWN, VSS, Section, choice, figure, on_this_machine


class VehicleSignals(Section):
    """Which signal of the DBC carries what, as 'Message.Signal'; empty when the bus does not carry it."""

    speed: str = choice("DriveState.VehicleSpeed", "Vehicle.Speed, km/h", VSS)
    steering: str = choice("DriveState.SteeringAngle", "Vehicle.Chassis.SteeringWheel.Angle, degrees, + left", VSS)
    indicator: str = choice("DriveState.TurnIndicator", "Vehicle.Body.Lights.DirectionIndicator: 0 off, 1 left, 2 right, 3 hazard", VSS)
    reverse: str = choice("DriveState.ReverseGear", "1 when the reverse gear is in")
    gear: str = choice("", "Vehicle.Powertrain.Transmission.CurrentGear, negative backwards; it may stand in for reverse", VSS)
    lane_offset: str = choice("", "way from the lane's middle, m, + left; the product's own DBC has 'DriveState.LaneOffset' for it")
    engine_speed: str = choice("", "Vehicle.Powertrain.CombustionEngine.Speed, rpm", VSS)
    throttle: str = choice("", "Vehicle.Powertrain.CombustionEngine.TPS, per cent", VSS)
    heart_rate: str = choice("WearableHeart.HeartRate", "Vehicle.Driver.HeartRate, beats per minute", VSS)
    rr_interval: str = choice("WearableHeart.RrInterval", "RR interval, ms")


_UNMAPPED = {"steering": "", "indicator": "", "reverse": "", "heart_rate": "", "rr_interval": ""}
_PROFILES: dict[str, tuple[str, dict[str, str]]] = {
    "obd2": (
        "obd2.dbc",
        _UNMAPPED | {"speed": "OBD2.VehicleSpeed", "engine_speed": "OBD2.EngineSpeed", "throttle": "OBD2.ThrottlePosition"},
    ),
    "j1939": (
        "j1939.dbc",
        _UNMAPPED
        | {
            "speed": "CCVS1.WheelBasedVehicleSpeed",
            "steering": "VDC2.SteeringWheelAngle",
            "indicator": "OEL.TurnSignalSwitch",
            "gear": "ETC2.TransmissionCurrentGear",
            "engine_speed": "EEC1.EngineSpeed",
            "throttle": "EEC2.AcceleratorPedalPosition1",
        },
    ),
}


class Obd(Section):
    """Asking the vehicle for its speed by OBD-II mode 01: requests to read, sent only when this is on."""

    poll: bool = choice(False, "ask; without it replies to somebody else's questions are still read")
    ids: Literal["11 bit", "29 bit"] = choice("11 bit", "the kind of ids this vehicle uses", "ISO 15765-4")
    speed_hz: float = figure(5.0, "ask for the speed this often; engine speed and throttle once a second", "1/s", 0.5, 10)


class VehicleOut(Section):
    """What is sent on the vehicle bus while vehicle.send_alerts is on."""

    format: Literal["can", "j1939"] = choice("can", "plain CAN messages (driver_monitor.dbc), or SAE J1939 groups (driver_monitor_j1939.dbc)")
    alert_id: int | None = figure(None, "id of DriverAlert, a 29-bit one from 0x800 on; 'none' for the DBC's own", "id", 0, LAST_29)
    state_id: int | None = figure(None, "id of DriverState, a 29-bit one from 0x800 on; 'none' for the DBC's own", "id", 0, LAST_29)
    source_address: int = figure(0xA8, "J1939: our source address; none is claimed, so no other unit may use it", "address", 0, 0xFD)
    alert_burst: int = figure(4, "steps of alerts sent at once between two of the 10 Hz messages; more wait for the next", "messages", 1, 20)

    @model_validator(mode="after")
    def _harmless_ids(self) -> VehicleOut:
        for name in ("alert_id", "state_id"):
            given = getattr(self, name)
            if given is None:
                continue
            if is_diagnostic(given, extended=given > LAST_11):
                raise ValueError(f"{name} = 0x{given:X} belongs to diagnostics (0x6F0 to 0x7FF, and groups CD, CE, DA, DB); take another")
            if self.format == "j1939" and not is_proprietary_b(given):
                raise ValueError(f"{name} = 0x{given:X} is no proprietary B group of J1939; take an id such as 0x18FF40A8")
        if self.alert_id is not None and self.alert_id == self.state_id:
            raise ValueError("alert_id and state_id must differ")
        return self


_OVER_NETWORK = ("socketcand", "udp_multicast", "remote")  # of python-can, and its plugin python-can-remote


class Vehicle(Section):
    """The vehicle bus, in and out."""

    interface: str = choice("none", "a python-can interface (socketcan, virtual, slcan, …), none over a network; 'none' for no bus")
    channel: str = choice("can0", "the interface's channel")
    bitrate: int = figure(500_000, "bit rate where the interface sets it", "bit/s", 10_000, 1_000_000)
    profile: Literal["dbc", "obd2", "j1939"] = choice(
        "dbc", "a ready dbc and signals: obd2 for OBD-II replies, j1939 for trucks; what is set besides still counts"
    )
    dbc: str = choice("driver_monitor.dbc", "the DBC: a path, or a file's name in configs/")
    signals: VehicleSignals = VehicleSignals()
    obd: Obd = Obd()
    stale_s: float = figure(2.0, "a signal older than this is unknown", "s", 0.2, 30)
    harsh_braking_ms2: float = figure(4.0, "losing speed this fast over a second is harsh braking, an event", "m/s²", 2, 9, "fleet telematics count from 0.3 to 0.5 g on; " + KNOWN)
    send_alerts: bool = choice(False, "send alerts and states; the bus is only listened to unless this is on")
    out: VehicleOut = VehicleOut()

    @field_validator("interface")
    @classmethod
    def _no_network(cls, value: str) -> str:
        if value in _OVER_NETWORK:
            raise ValueError(
                f"'{value}' reaches the bus over a network, and the process that sees the face reaches none; "
                "take socketcan, and have another process bring the frames to a vcan interface"
            )
        return value

    @field_validator("channel")
    @classmethod
    def _no_address(cls, value: str) -> str:
        return on_this_machine(value, "a channel of this machine such as can0 or /dev/ttyUSB0")

    @model_validator(mode="before")
    @classmethod
    def _ready(cls, given: Any) -> Any:
        """Put the profile's DBC and signals under what is given."""
        if not isinstance(given, dict) or given.get("profile") not in _PROFILES:
            return given
        dbc, signals = _PROFILES[given["profile"]]
        own = given.get("signals", {})
        return {"dbc": dbc, **given, "signals": {**signals, **own} if isinstance(own, dict) else own}
