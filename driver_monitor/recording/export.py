"""``recording export``: a trip as a folder of the files that other tools read, and that ``recording import`` takes back.

Times in the tables are seconds since the first picture, or since the trip's start where there is none; the bus log has the
wall clock. A ``recording.toml`` says where each part begins.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, get_args

from driver_monitor.errors import BadUseError, DriverMonitorError
from driver_monitor.recording.export_files import BusLog, Mf4Log, SoundFile, VideoFile
from driver_monitor.recording.mf4 import need_asammdf
from driver_monitor.recording.parts_file import PARTS_FILE
from driver_monitor.recording.tables import TABLES, CsvTable, ParquetTable, Table, need_pyarrow
from driver_monitor.recording.trip import Trip
from driver_monitor.recording.trip_format import (
    ALERT,
    BUTTON,
    CAMERA,
    CAN,
    EVENT,
    HEALTH,
    HEART,
    SOUND,
    STATE,
    STATUS,
    TOPIC,
    VIDEO,
)
from driver_monitor.recording.trip_part import TripMessage
from driver_monitor.signals import (
    AudioChunk,
    ButtonPress,
    CanFrame,
    HeartBeat,
    Part,
    StateName,
    seconds,
)

FORMATS = ("mp4", "wav", "blf", "asc", "log", "mf4", "csv", "parquet", "jsonl")
_BUS = ("blf", "asc", "log", "mf4")
_STATES = frozenset(STATE + name for name in get_args(StateName))
_TOPICS: dict[str, frozenset[str]] = {
    "mp4": frozenset({CAMERA, VIDEO}),
    "wav": frozenset({SOUND}),
    **dict.fromkeys(_BUS, frozenset({CAN})),
    **dict.fromkeys(("csv", "parquet"), frozenset({HEART, CAN, BUTTON, STATUS, EVENT, ALERT, HEALTH}) | _STATES),
    "jsonl": frozenset({EVENT, ALERT, HEALTH}) | _STATES,
}


def export(trip: Trip, folder: Path, formats: Iterable[str]) -> list[Path]:
    """Write ``trip`` to ``folder``; gives the files made. Only the topics that the formats need are read.

    Raises
    ------
    BadUseError
        When a format is not known, its library is not installed, or the folder cannot be used.
    """
    chosen = list(dict.fromkeys(formats))
    if strange := [name for name in chosen if name not in FORMATS]:
        raise BadUseError(f"'{strange[0]}' is no format to export to; known: {', '.join(FORMATS)}")
    # before anything is made: behind the first row there would be half an export
    if "mf4" in chosen:
        need_asammdf("--as mf4")
    if "parquet" in chosen:
        need_pyarrow()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadUseError(f"{folder} is not empty; give a new folder")
    except OSError as problem:
        raise BadUseError(f"{folder} cannot be written ({problem.strerror or problem}); give another one") from None
    topics = frozenset[str]().union(*(_TOPICS[name] for name in chosen))
    zero_ns = _first_picture_ns(trip) or trip.start_ns
    try:
        with ExitStack() as stack:
            made = _Export(trip, folder, chosen, zero_ns, stack)
            for message in trip.messages(topics):
                made.take(message)
        made.write_parts_file()
    except OSError as problem:
        raise DriverMonitorError(f"{folder} cannot be written any further ({problem.strerror or problem})") from None
    return sorted(folder.iterdir())


def _first_picture_ns(trip: Trip) -> int | None:
    return next((message.t_ns for part in trip.pieces[:1] for message in part.peek() if message.topic in (CAMERA, VIDEO)), None)


class _Export:
    def __init__(self, trip: Trip, folder: Path, formats: list[str], zero_ns: int, stack: ExitStack) -> None:
        self._trip = trip
        self._folder = folder
        self._zero_ns = zero_ns
        self._stack = stack
        self._shift_s = seconds(zero_ns - trip.start_ns)
        self._wall_ns = trip.about.wall_ns
        self._tables: dict[tuple[str, str], Table] = {}
        self._rows = [name for name in formats if name in ("csv", "parquet")]
        self._outs: list[tuple[frozenset[str], Any]] = []
        self._offsets: dict[Part, tuple[str, float]] = {}
        self._lines: Any = None
        rate = trip.frame_rate or 30.0
        makers: dict[str, Callable[[Path], Any]] = {
            "mp4": lambda path: VideoFile(path, rate),
            "wav": SoundFile,
            **dict.fromkeys(_BUS, lambda path: BusLog(path, self._wall_ns)),
            "mf4": lambda path: Mf4Log(path, self._wall_ns),
        }
        self._makers = {name: makers[name] for name in formats if name in makers}
        self._jsonl = "jsonl" in formats
        self._open: dict[str, Any] = {}

    def take(self, message: TripMessage) -> None:
        part = TOPIC[message.topic].part
        try:
            sample = self._trip.read(message) if part or message.topic == STATUS else None
            if message.topic == VIDEO and sample is None:
                return
            line = None if sample is not None else json.loads(message.data)
        except ValueError:
            return
        t_s = round(seconds(message.t_ns - self._zero_ns), 6)
        for name, make in self._makers.items():
            if message.topic in _TOPICS[name]:
                if name not in self._open:
                    file = {"mp4": "video", "wav": "sound"}.get(name, "bus") + f".{name}"
                    self._open[name] = make(self._folder / file)
                    self._stack.callback(self._open[name].close)
                    length = len(sample.samples) / sample.rate_hz if isinstance(sample, AudioChunk) else 0.0
                    if part is not None and part not in self._offsets:
                        self._offsets[part] = (file, round(t_s - length, 6))
                self._open[name].take(sample)
        if message.topic not in (CAMERA, VIDEO, SOUND):
            self._row(t_s, sample, line)
        if self._jsonl and line is not None:
            if self._lines is None:
                self._lines = self._stack.enter_context((self._folder / "reports.jsonl").open("wb"))
            self._lines.write(message.data + b"\n")

    def _row(self, t_s: float, sample: object, line: Any) -> None:
        match sample:
            case HeartBeat():
                self._put("heart", [t_s, sample.rr_ms, sample.rate_bpm, sample.contact])
                if "csv" in self._rows:
                    self._offsets.setdefault("heart_rate", ("heart.csv", 0.0))
            case CanFrame():
                self._put("can", [t_s, sample.arbitration_id, sample.is_extended, sample.data.hex()])
            case ButtonPress():
                self._put("buttons", [t_s, sample.button])
            case None if isinstance(line, dict):
                table = {"state": "states", "event": "events", "alert": "alerts"}.get(line.get("type", ""), "health")
                kinds = TABLES[table]
                rest = {key: value for key, value in line.items() if key not in kinds and key != "type"}
                told = {**line, "detail": json.dumps(rest, ensure_ascii=False)}
                for key in ("t_s", "start_s", "end_s"):
                    if isinstance(line.get(key), int | float):
                        told[key] = round(line[key] - self._shift_s, 6)
                self._put(table, [_flat(told.get(key), kind) for key, kind in kinds.items()])
            case None:
                return
            case _:
                told = {"t_s": t_s, **{key: getattr(sample, key, None) for key in ("part", "state", "reason")}}
                self._put("sensors", list(told.values()))

    def _put(self, table: str, values: list[Any]) -> None:
        for name in self._rows:
            if (table, name) not in self._tables:
                kind: Any = CsvTable if name == "csv" else ParquetTable
                made: Table = kind(self._folder / f"{table}.{name}", TABLES[table])
                self._tables[table, name] = made
                self._stack.callback(made.close)
            self._tables[table, name].row(values)

    def write_parts_file(self) -> None:
        lines = ["# Where each part begins, in seconds after the first picture (or the trip's start)."]
        for part, (file, offset_s) in self._offsets.items():
            lines += [f"[{part}]", f'file = "{file}"', f"offset_s = {offset_s}", ""]
        (self._folder / PARTS_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _flat(value: Any, kind: type) -> Any:
    if value is None:
        return None
    if kind is str and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return value if isinstance(value, kind) else None
