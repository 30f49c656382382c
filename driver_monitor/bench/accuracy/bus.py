"""The vehicle's speed off the bus against a speed measured otherwise, and a truck's engine speed against another decoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell
from driver_monitor.bench.accuracy.statistics import bootstrap, correlation
from driver_monitor.bench.accuracy.tables import number, rows
from driver_monitor.can_ids import pgn
from driver_monitor.errors import RecordingError
from driver_monitor.perception.driving import Driving
from driver_monitor.recording.can_log import CanLogReader
from driver_monitor.settings import Settings, Vehicle
from driver_monitor.signals import NS_PER_S, CanFrame

_GPS_SPEED_ID = 7  # of the logger's own GPS: valid in bit 0, then 20 bits of mm/s (the DBC beside the recordings)
BLOCK_S = 30
"""Seconds next to each other are alike: intervals are over blocks this long."""


def speed(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Speed replies to OBD-II requests, read by the product's DBC, against GPS."""
    vehicle = Vehicle(profile="obd2", stale_s=settings.vehicle.stale_s)
    tables = sorted(folder.glob("truth_*.csv"))
    blocks: list[list[tuple[float, float, float]]] = []  # read, GPS, the bus as another tool read it
    known = total = left_out = 0
    fixed: list[list[tuple[float, float, float]]] = []
    for k, table in enumerate(tables):
        tell(k, len(tables))
        log = folder / (table.stem.removeprefix("truth_") + ".log")
        if not log.is_file():
            raise RecordingError(f"{table} has no {log.name} beside it; give the whole data set")
        driving = Driving(vehicle)
        wanted = [
            (number(table, r, "unix_s"), number(table, r, "gps_speed_kmh"), number(table, r, "obd_speed_kmh"))
            for r in rows(table, "unix_s", "gps_speed_kmh", "obd_speed_kmh")
        ]
        read = _read(log, driving, [t for t, _, _ in wanted])
        left_out += driving.undecodable
        fixed += _against_fixes(log, Driving(vehicle))
        block: dict[int, list[tuple[float, float, float]]] = {}
        for (t, gps, obd), value in zip(wanted, read, strict=True):
            total += 1
            if value is not None:
                known += 1
                block.setdefault(int(t - wanted[0][0]) // BLOCK_S, []).append((value, gps, obd))
        blocks += block.values()

    def error(drawn: list[list[tuple[float, float, float]]], against: int = 1) -> float | None:
        off = [abs(row[0] - row[against]) for b in drawn for row in b]
        return float(np.mean(off)) if off else None

    def middle(drawn: list[list[tuple[float, float, float]]]) -> float | None:
        return float(np.median([abs(v - gps) for b in drawn for v, gps, _ in b])) if drawn else None

    def r(drawn: list[list[tuple[float, float, float]]]) -> float | None:
        both = np.array([row for b in drawn for row in b])
        return correlation(both[:, 0], both[:, 1]) if both.size else None

    by, counts = f"bootstrap over blocks of {BLOCK_S} s", {"seconds": known}
    figures = [
        Figure("correlation with GPS speed", r(blocks), bootstrap(blocks, r), by, counts),
        Figure("mean absolute difference from GPS", error(blocks), bootstrap(blocks, error), by, counts, "km/h"),
        Figure("median absolute difference from GPS", middle(blocks), bootstrap(blocks, middle), by, counts, "km/h"),
        Figure("mean absolute difference from another decoder of the bus", error(blocks, 2), None, "", counts, "km/h"),
        Figure("speed known", known / total if total else None, None, "", {"seconds": total}),
    ]
    if fixed:
        of = {"GPS fixes": sum(map(len, fixed))}
        name = "mean absolute difference from GPS where it has a fix"
        figures.insert(0, Figure(name, error(fixed), bootstrap(fixed, error), by, of, "km/h"))
    figures += _engine(folder, settings)
    return Outcome(
        "can",
        "Speed off the vehicle bus (OBD-II against GPS)",
        "A recorded drive's bus through the vehicle measurement with the profile obd2, read at each second of the truth table "
        "and, where the log has the GPS's own frames, at each of those that say they are valid.",
        figures,
        notes=[
            "Where the GPS had no fix its speed is interpolated in the table: seen in the mean difference, hardly in the median.",
            f"{left_out} replies carry another quantity, or were no reply that the profile reads, and were left out.",
            "The engine speed is a parked truck's, read with the profile j1939 and with the DBC that came with the recording.",
        ],
    )


def _against_fixes(log: Path, driving: Driving) -> list[list[tuple[float, float, float]]]:
    """Speed as read and by GPS at each valid GPS frame of the log itself, in blocks; no blocks without such frames."""
    blocks: dict[int, list[tuple[float, float, float]]] = {}
    reader = CanLogReader(log)
    try:
        for frame in reader.samples():
            if not isinstance(frame, CanFrame):
                continue
            driving.step(frame)
            if frame.arbitration_id != _GPS_SPEED_ID or frame.is_extended or len(frame.data) != 5 or not frame.data[0] & 1:
                continue
            gps_kmh = (int.from_bytes(frame.data, "little") >> 1 & 0xFFFFF) * 0.0036
            kmh = driving.measure(frame.t_ns).speed_kmh
            if kmh is not None:
                blocks.setdefault(frame.t_ns // (BLOCK_S * NS_PER_S), []).append((kmh, gps_kmh, gps_kmh))
    finally:
        reader.close()
    return list(blocks.values())


def _engine(folder: Path, settings: Settings) -> list[Figure]:
    """The engine speed of J1939 recordings, where there are any with a DBC of their own."""
    import cantools

    logs, foreign = sorted(folder.glob("j1939_*.log")), sorted(folder.glob("*J1939*.dbc"))
    if not logs or not foreign:
        return []
    database = cantools.database.load_file(foreign[0])
    assert isinstance(database, cantools.database.Database)
    message = database.get_message_by_name("EEC1")
    off, speeds = list[float](), list[float]()
    for log in logs:
        driving = Driving(Vehicle(profile="j1939", stale_s=settings.vehicle.stale_s))
        reader = CanLogReader(log)
        try:
            for frame in reader.samples():
                if not isinstance(frame, CanFrame):
                    continue
                read, _ = driving.step(frame)
                if read is not None and frame.is_extended and pgn(frame.arbitration_id) == pgn(message.frame_id):
                    theirs = message.decode_simple(frame.data)["EngineSpeed"]
                    if isinstance(theirs, int | float) and read.engine_rpm is not None:
                        off.append(abs(read.engine_rpm - theirs))
                        speeds.append(read.engine_rpm)
        finally:
            reader.close()
    counts = {"frames": len(off)}
    return [
        Figure("J1939 engine speed, largest difference from another DBC", max(off, default=None), None, "", counts, "rpm"),
        Figure("J1939 engine speed, median", float(np.median(speeds)) if speeds else None, None, "", counts, "rpm"),
    ]


def _read(log: Path, driving: Driving, at_unix_s: list[float]) -> list[float | None]:
    """The speed as known at each time of the day."""
    import can

    with can.LogReader(log) as lines:
        begin_s = next(iter(lines)).timestamp  # the product's own reader starts a log with clock times at 0
    out: list[float | None] = []
    times = iter(at_unix_s)
    due = next(times, None)
    reader = CanLogReader(log)
    try:
        for frame in reader.samples():
            while due is not None and round((due - begin_s) * NS_PER_S) <= frame.t_ns:
                out.append(driving.measure(max(0, round((due - begin_s) * NS_PER_S))).speed_kmh)
                due = next(times, None)
            if isinstance(frame, CanFrame):
                driving.step(frame)
    finally:
        reader.close()
    return out + [None] * (len(at_unix_s) - len(out))
