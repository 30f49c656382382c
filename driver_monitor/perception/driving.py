"""The drive and the wearable's beats, read off the vehicle bus by a DBC file."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from driver_monitor.errors import SettingsError
from driver_monitor.resources import config_dir
from driver_monitor.signals import CanFrame, HeartBeat, Indicator, VehicleMeasurement, nanoseconds, seconds

if TYPE_CHECKING:
    from cantools.database import Database, Message
    from cantools.typechecking import SignalDictType

    from driver_monitor import settings

_DRIVE = ("speed", "steering", "indicator", "reverse")
_OPTIONAL = ("lane_offset",)  # few buses carry it: not missed where it is not mapped
_HEART = ("heart_rate", "rr_interval")
_INDICATORS: tuple[Indicator, ...] = ("off", "left", "right", "hazard")


def find_dbc(name: str) -> Path:
    """Find a DBC by its path, or by its name among the configs that come with the package."""
    for place in (Path(name), config_dir() / name):
        if place.is_file():
            return place
    raise SettingsError(f"[vehicle] dbc: there is no file '{name}', here or among the configs; give the path of a DBC file")


def load_dbc(name: str) -> Database:
    """Read a DBC file."""
    import cantools

    path = find_dbc(name)
    try:
        # makers' files often hold overlapping signals: not strict
        database = cantools.database.load_file(path, database_format="dbc", strict=False)
    except (OSError, ValueError, cantools.Error) as problem:
        first = str(problem).splitlines()[0].rstrip(".")
        raise SettingsError(f"[vehicle] dbc: {path} cannot be read as a DBC file ({first}); give another one") from None
    if not isinstance(database, cantools.database.Database):
        raise SettingsError(f"[vehicle] dbc: {path} describes no CAN messages; give a DBC file")
    return database


class Driving:
    """The last known drive.

    Parameters
    ----------
    vehicle
        The DBC and which of its signals carries what.

    Attributes
    ----------
    undecodable
        Frames of a known id that did not decode (too short, or another multiplexed content).
    implausible
        Values left out because they lie outside the DBC's own range: also how buses say "not known".
    """

    def __init__(self, vehicle: settings.Vehicle) -> None:
        import cantools

        self.undecodable = 0
        self.implausible = 0
        self._failures = (cantools.database.DecodeError, ValueError)
        self._stale_ns = nanoseconds(vehicle.stale_s)
        self._messages: dict[tuple[int, bool], Message] = {}
        self._wanted: dict[tuple[int, bool], list[tuple[str, str]]] = {}
        self._seen: dict[str, tuple[int, float]] = {}
        self._mapped: set[str] = set()
        mapping = {what: signal for what, signal in vehicle.signals if signal}
        if mapping:
            database = load_dbc(vehicle.dbc)
            for what, signal in mapping.items():
                self._map(database, vehicle.dbc, what, signal)

    @property
    def frame_ids(self) -> list[tuple[int, bool]]:
        """The arbitration ids that are read, each with whether it is an extended one."""
        return list(self._messages)

    def step(self, frame: CanFrame) -> tuple[VehicleMeasurement | None, HeartBeat | None]:
        """Take one frame: the drive when it told of it, a beat when it carried one."""
        key = (frame.arbitration_id, frame.is_extended)
        if key not in self._messages:
            return None, None
        try:
            values = self._messages[key].decode_simple(frame.data, decode_choices=False, allow_truncated=True)
        except self._failures:
            self.undecodable += 1
            return None, None
        fresh = dict(self._plausible(key, values))
        self._seen |= {what: (frame.t_ns, value) for what, value in fresh.items()}
        drive = self.measure(frame.t_ns) if any(what in fresh for what in (*_DRIVE, *_OPTIONAL)) else None
        beat = None
        if any(what in fresh for what in _HEART):
            beat = HeartBeat(frame.t_ns, rr_ms=fresh.get("rr_interval"), rate_bpm=fresh.get("heart_rate"))
        return drive, beat

    def measure(self, t_ns: int) -> VehicleMeasurement:
        """Tell the drive as known at ``t_ns``; what is stale is ``None`` with a reason."""
        reasons = [reason for what in _DRIVE if (reason := self._unknown(what, t_ns))]
        speed, steering, indicator, reverse = (self._value(what, t_ns) for what in _DRIVE)
        return VehicleMeasurement(
            t_ns,
            speed_kmh=speed,
            steering_deg=steering,
            indicator=None if indicator is None else _INDICATORS[int(indicator)],
            reverse=None if reverse is None else bool(reverse),
            reason="; ".join(reasons) or None,
            lane_offset_m=self._value("lane_offset", t_ns),
            steering_ns=None if steering is None else self._seen["steering"][0],
        )

    def _unknown(self, what: str, t_ns: int) -> str | None:
        if what not in self._mapped:
            return f"{what}: not carried by this bus"
        if what not in self._seen:
            return f"{what}: not seen yet"
        age = t_ns - self._seen[what][0]
        return f"{what}: last seen {seconds(age):.1f} s ago" if age > self._stale_ns else None

    def _value(self, what: str, t_ns: int) -> float | None:
        return None if self._unknown(what, t_ns) else self._seen[what][1]

    def _plausible(self, key: tuple[int, bool], values: SignalDictType) -> Iterable[tuple[str, float]]:
        message = self._messages[key]
        for what, name in self._wanted[key]:
            if name not in values:
                continue
            raw = values[name]
            value = float(raw) if isinstance(raw, int | float) else math.nan
            signal = message.get_signal_by_name(name)
            low = -math.inf if signal.minimum is None else signal.minimum
            high = math.inf if signal.maximum is None else signal.maximum
            if math.isfinite(value) and low <= value <= high and (what != "indicator" or value in range(len(_INDICATORS))):
                yield what, value
            else:
                self.implausible += 1

    def _map(self, database: Database, dbc: str, what: str, signal: str) -> None:
        names = {f"{m.name}.{s.name}": (m, s.name) for m in database.messages for s in m.signals}
        if signal not in names:
            near = difflib.get_close_matches(signal, names, n=1, cutoff=0.0)
            hint = f"; the nearest is '{near[0]}'" if near else "; it holds no signals"
            raise SettingsError(f"[vehicle.signals] {what}: {dbc} has no 'Message.Signal' named '{signal}'{hint}")
        message, name = names[signal]
        key = (message.frame_id, message.is_extended_frame)
        self._messages[key] = message
        self._wanted.setdefault(key, []).append((what, name))
        self._mapped.add(what)
