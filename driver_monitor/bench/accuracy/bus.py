"""The vehicle's speed off the bus against a speed measured otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell
from driver_monitor.bench.accuracy.statistics import bootstrap, correlation
from driver_monitor.bench.accuracy.tables import number, rows
from driver_monitor.errors import RecordingError
from driver_monitor.perception.driving import Driving
from driver_monitor.recording.can_log import CanLogReader
from driver_monitor.settings import Settings, VehicleSignals
from driver_monitor.signals import NS_PER_S, CanFrame

DBC, SPEED = "obd2.dbc", "OBD2.VehicleSpeed"
BLOCK_S = 30
"""Seconds next to each other are alike: intervals are over blocks this long."""


def speed(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Speed replies to OBD-II requests, read by the product's DBC, against GPS."""
    signals = VehicleSignals(speed=SPEED, steering="", indicator="", reverse="", heart_rate="", rr_interval="")
    vehicle = settings.vehicle.model_copy(update={"dbc": DBC, "signals": signals})
    tables = sorted(folder.glob("truth_*.csv"))
    blocks: list[list[tuple[float, float, float]]] = []  # read, GPS, the bus as another tool read it
    known = total = left_out = 0
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
        left_out += driving.undecodable + driving.implausible
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
    return Outcome(
        "can",
        "Speed off the vehicle bus (OBD-II against GPS)",
        f"A recorded drive's bus through the vehicle measurement with {DBC}, read at each second of the truth table.",
        figures,
        notes=[
            "Where the GPS had no fix its speed is interpolated in the table: seen in the mean difference, hardly in the median.",
            f"{left_out} frames of the same id carry another quantity, or a value outside the DBC's range, and were left out.",
        ],
    )


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
