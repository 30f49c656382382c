"""The drive and the wearable's beats, read off the vehicle bus by a DBC file."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from driver_monitor.can_ids import ANY_SOURCE, FrameFilter, exact_filter, pgn, pgn_filter
from driver_monitor.errors import SettingsError
from driver_monitor.perception.obd import FILTERS, REPLY_ID, ObdReplies
from driver_monitor.perception.vss import QUANTITIES
from driver_monitor.resources import config_dir
from driver_monitor.signals import CanFrame, HeartBeat, Indicator, VehicleMeasurement, nanoseconds, seconds

if TYPE_CHECKING:
    from cantools.database import Database, Message
    from cantools.database.can.signal import Signal

    from driver_monitor import settings

_DRIVE = ("speed", "steering", "indicator", "reverse")
_OPTIONAL = ("lane_offset", "engine_speed", "throttle")  # not missed where they are not mapped
_HEART = ("heart_rate", "rr_interval")
_INDICATORS: tuple[Indicator, ...] = ("off", "left", "right", "hazard")
_WHOLE = frozenset({"indicator", "reverse", "gear"})
_DOUBTED_S = 10.0  # a signal that gave nonsense is under doubt for so long after
_LEAST_STEP_S = 0.1  # changes are judged over no less: messages of one value may come a millisecond apart


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


@dataclass(slots=True)
class _Source:
    """A message of the DBC that carries something wanted, as (what, signal).

    Of a J1939 group that anyone may send, the first sender is read until it falls silent (``sender``, ``heard_ns``).
    """

    message: Message
    wanted: list[tuple[str, Signal]] = field(default_factory=list)
    sender: int | None = None
    heard_ns: int = 0


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
    not_available
        Values by which the sender says that it does not know: all bits set, or J1939's range above the valid one.
    implausible
        Values left out because they lie outside what the DBC allows or a car can do (:mod:`.vss`).
    """

    def __init__(self, vehicle: settings.Vehicle) -> None:
        import cantools

        self.undecodable = self.not_available = self.implausible = 0
        self._failures = (cantools.database.DecodeError, ValueError)
        self._stale_ns = nanoseconds(vehicle.stale_s)
        self._no_bus = vehicle.interface == "none"
        self._by_id: dict[tuple[int, bool], _Source] = {}
        self._by_pgn: dict[int, _Source] = {}
        self._obd: ObdReplies | None = None
        self._seen: dict[str, tuple[int, float]] = {}
        self._held: dict[str, tuple[int, float]] = {}  # a jump that the next value must bear out
        self._doubted: dict[str, tuple[int, str]] = {}
        self._mapped: set[str] = set()
        mapping = {what: signal for what, signal in vehicle.signals if signal}
        if mapping:
            database = load_dbc(vehicle.dbc)
            for what, signal in mapping.items():
                self._map(database, vehicle.dbc, what, signal)
        if (REPLY_ID, False) in self._by_id:
            self._obd = ObdReplies()

    @property
    def filters(self) -> list[FrameFilter]:
        """The frames that are read."""
        out = [pgn_filter(source.message.frame_id) for source in self._by_pgn.values()]
        for can_id, extended in self._by_id:
            out += FILTERS if (can_id, extended) == (REPLY_ID, False) else (exact_filter(can_id, extended=extended),)
        return out

    def step(self, frame: CanFrame) -> tuple[VehicleMeasurement | None, HeartBeat | None]:
        """Take one frame: the drive when it told of it, a beat when it carried one."""
        frames = [frame]
        if self._obd is not None and self._obd.is_reply(frame):
            frames = self._obd.step(frame, self._stale_ns)
        fresh: dict[str, float] = {}
        for one in frames:
            fresh |= self._read(one)
        self._seen |= {what: (frame.t_ns, value) for what, value in fresh.items()}
        drive = self.measure(frame.t_ns) if any(what in fresh for what in (*_DRIVE, *_OPTIONAL, "gear")) else None
        beat = None
        if any(what in fresh for what in _HEART):
            beat = HeartBeat(frame.t_ns, rr_ms=fresh.get("rr_interval"), rate_bpm=fresh.get("heart_rate"))
        return drive, beat

    def measure(self, t_ns: int) -> VehicleMeasurement:
        """Tell the drive as known at ``t_ns``; what is stale is ``None`` with a reason."""
        reasons = [reason for what in _DRIVE if (reason := self._unknown(what, t_ns))]
        if self._no_bus and not self._seen:  # of the signals of no bus there is nothing to tell
            reasons = ["no speed known"]
        speed, steering, indicator, reverse = (self._value(what, t_ns) for what in _DRIVE)
        lane_offset = self._value("lane_offset", t_ns)
        return VehicleMeasurement(
            t_ns,
            speed_kmh=speed,
            steering_deg=steering,
            indicator=None if indicator is None else _INDICATORS[int(indicator)],
            reverse=None if reverse is None else bool(reverse),
            reason="; ".join(reasons) or None,
            lane_offset_m=lane_offset,
            steering_ns=None if steering is None else self._seen["steering"][0],
            speed_ns=None if speed is None else self._seen["speed"][0],
            lane_offset_ns=None if lane_offset is None else self._seen["lane_offset"][0],
            engine_rpm=self._value("engine_speed", t_ns),
            throttle_pct=self._value("throttle", t_ns),
        )

    def doubt(self, t_ns: int) -> str | None:
        """Which signals gave nonsense of late, and what; ``None`` when none did."""
        told = [reason for at_ns, reason in self._doubted.values() if t_ns - at_ns <= nanoseconds(_DOUBTED_S)]
        return "; ".join(told) or None

    def _read(self, frame: CanFrame) -> dict[str, float]:
        source = self._source(frame)
        if source is None:
            return {}
        try:
            values = source.message.decode_simple(frame.data, decode_choices=False, allow_truncated=True)
        except self._failures:
            self.undecodable += 1
            return {}
        told: dict[str, float] = {}
        for what, signal in source.wanted:
            raw = values.get(signal.name)
            if raw is None:
                continue
            value = float(raw) if isinstance(raw, int | float) else math.nan
            if self._believed(what, source.message.protocol, signal, value, frame.t_ns):
                told[what] = _without_sign(what, value)
        if "gear" in told and told["gear"] < 0.0:
            told.setdefault("reverse", 1.0)
        elif "gear" in told:
            told.setdefault("reverse", 0.0)
        return told

    def _source(self, frame: CanFrame) -> _Source | None:
        source = self._by_id.get((frame.arbitration_id, frame.is_extended))
        if source is not None or not frame.is_extended or not self._by_pgn:
            return source
        source = self._by_pgn.get(pgn(frame.arbitration_id))
        if source is None:
            return None
        sender, named = frame.arbitration_id & 0xFF, source.message.frame_id & 0xFF
        if named not in (ANY_SOURCE, sender):
            return None
        if source.sender not in (None, sender) and frame.t_ns - source.heard_ns <= self._stale_ns:
            return None
        source.sender, source.heard_ns = sender, frame.t_ns
        return source

    def _believed(self, what: str, protocol: str | None, signal: Signal, value: float, t_ns: int) -> bool:
        """Whether a value is one: known, possible, and to be reached from the one before."""
        if _says_unknown(signal, value, j1939=protocol == "j1939"):
            self.not_available += 1
            return False
        quantity = QUANTITIES[what]
        low = quantity.low if signal.minimum is None else max(quantity.low, signal.minimum)
        high = quantity.high if signal.maximum is None else min(quantity.high, signal.maximum)
        if not (math.isfinite(value) and low <= value <= high and (what not in _WHOLE or value == int(value))):
            told = f"{quantity.path}: {value:g} {quantity.unit}".rstrip()
            return self._doubt(what, t_ns, f"{told} is outside {low:g} to {high:g} and is left out")
        last = self._seen.get(what)
        if quantity.most_per_s is None or last is None or t_ns - last[0] > self._stale_ns:
            return True
        held, value = self._held.pop(what, None), _without_sign(what, value)
        if any(_reachable(quantity.most_per_s, quantity.slack, before, (t_ns, value)) for before in (last, held) if before):
            return True
        self._held[what] = (t_ns, value)
        return self._doubt(what, t_ns, f"{quantity.path}: from {last[1]:g} to {value:g} {quantity.unit} at once, left out")

    def _doubt(self, what: str, t_ns: int, reason: str) -> bool:
        self.implausible += 1
        self._doubted[what] = (t_ns, reason)
        return False

    def _unknown(self, what: str, t_ns: int) -> str | None:
        if what not in self._mapped:
            return f"{what}: not carried by this bus"
        if what not in self._seen:
            return f"{what}: not seen yet"
        age = t_ns - self._seen[what][0]
        return f"{what}: last seen {seconds(age):.1f} s ago" if age > self._stale_ns else None

    def _value(self, what: str, t_ns: int) -> float | None:
        return None if self._unknown(what, t_ns) else self._seen[what][1]

    def _map(self, database: Database, dbc: str, what: str, signal: str) -> None:
        names = {f"{m.name}.{s.name}": (m, s) for m in database.messages for s in m.signals}
        if signal not in names:
            near = difflib.get_close_matches(signal, names, n=1, cutoff=0.0)
            hint = f"; the nearest is '{near[0]}'" if near else "; it holds no signals"
            raise SettingsError(f"[vehicle.signals] {what}: {dbc} has no 'Message.Signal' named '{signal}'{hint}")
        message, found = names[signal]
        if message.protocol == "j1939":
            source = self._by_pgn.setdefault(pgn(message.frame_id), _Source(message))
        else:
            source = self._by_id.setdefault((message.frame_id, message.is_extended_frame), _Source(message))
        source.wanted.append((what, found))
        self._mapped |= {what, "reverse"} if what == "gear" else {what}


def _without_sign(what: str, value: float) -> float:
    return abs(value) if what == "speed" else value  # some buses give a speed backwards a sign


def _reachable(most_per_s: float, slack: float, before: tuple[int, float], now: tuple[int, float]) -> bool:
    return abs(now[1] - before[1]) <= slack + most_per_s * max(_LEAST_STEP_S, seconds(now[0] - before[0]))


def _says_unknown(signal: Signal, value: float, *, j1939: bool) -> bool:
    """Whether a value outside the DBC's own range says "not known": all bits set, none set, or J1939's upper range."""
    if not math.isfinite(value):
        return False
    raw, bits = round((value - signal.offset) / signal.scale), signal.length
    if signal.minimum is not None and value < signal.minimum:
        return raw == 0
    if signal.maximum is None or value <= signal.maximum:
        return False
    largest = (1 << bits - 1) - 1 if signal.is_signed else (1 << bits) - 1
    # J1939-71: from 0xFB on in the highest byte a value means "error", "not available" or is kept free
    first = 0xFB << bits - 8 if j1939 and bits >= 8 and not signal.is_signed else largest - (j1939 and bits in (2, 4))
    return raw >= first
