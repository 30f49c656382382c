"""Small trips made by the tests themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from driver_monitor import jpeg
from driver_monitor.recording.mcap_write import Data
from driver_monitor.recording.trip_file import TripFile
from driver_monitor.recording.trip_format import About
from driver_monitor.recording.trip_messages import report_topic, write_sample
from driver_monitor.recording.trip_writer import Whole
from driver_monitor.runtime.recorder import attached
from driver_monitor.runtime.reports import as_bytes, encode
from driver_monitor.settings import Settings
from driver_monitor.signals import (
    NS_PER_S,
    TICK_NS,
    AudioChunk,
    ButtonPress,
    CameraFrame,
    CanFrame,
    DriverState,
    HeartBeat,
    LocalTime,
    Sample,
    SensorStatus,
    Tick,
)
from tests.recording.media import picture

ZERO_NS = 5_000_000_000_123
WALL_NS = 1_700_000_000_000_000_000


def about(**other: object) -> About:
    return About(**({"zero_ns": ZERO_NS, "wall_ns": WALL_NS, "trip": "a", "version": "0"} | other))  # type: ignore[arg-type]


def a_drive(length_s: float = 2.0, fps: int = 10) -> Iterator[Sample]:
    """Every kind of sample, in time order, on a clock that does not begin at 0."""
    yield SensorStatus(ZERO_NS, "camera", "ok")
    yield LocalTime(ZERO_NS, 23.9998)
    sound = np.arange(512, dtype=np.float32) / np.float32(32768)
    for tick in range(round(length_s * NS_PER_S) // TICK_NS):
        t_ns = ZERO_NS + tick * TICK_NS
        yield Tick(t_ns)
        yield CanFrame(t_ns + 1, 0x123, bytes([tick % 256, 7]))
        yield CanFrame(t_ns + 1, 0x18FEF100, b"", True)
        if tick % 8 == 0:
            yield HeartBeat(t_ns + 2, 812.5, None, True)
        yield AudioChunk(t_ns + 3, sound - np.float32(tick / 32768), 16_000)
        if tick == 7:
            yield ButtonPress(t_ns + 4)
        for k in range(fps // 10):
            data = jpeg.encode(picture(tick), 90)
            yield CameraFrame(t_ns + 5 + k * TICK_NS * 10 // fps, jpeg.decode(data), data)


def write_trip(
    path: Path,
    length_s: float = 2.0,
    flush_every: int = 25,
    settings: Settings | None = None,
    fps: int = 10,
    watched: bool = True,
    **other: object,
) -> Path:
    """A whole trip with a report at each tick, if it was watched."""
    with path.open("wb") as file, TripFile(Whole(file), about(**other), attached(settings or Settings(), {})) as trip:
        for number, sample in enumerate(a_drive(length_s, fps), 1):
            trip.add(*_message(sample))
            if watched and isinstance(sample, Tick):
                state = DriverState(sample.t_ns, "fatigue", 0.25, 1.0)
                trip.add(report_topic(state), sample.t_ns, as_bytes(encode(state, ZERO_NS)))
            if number % flush_every == 0:
                trip.flush()
    return path


def _message(sample: Sample) -> tuple[str, int, Data]:
    topic, data = write_sample(sample, WALL_NS)
    return topic, sample.t_ns, data


def same(one: Sample, other: Sample) -> bool:
    """Whether two samples are equal in all they hold."""
    match one, other:
        case CameraFrame(), CameraFrame():
            return one.t_ns == other.t_ns and one.jpeg == other.jpeg and bool(np.array_equal(one.image, other.image))
        case AudioChunk(), AudioChunk():
            return (one.t_ns, one.rate_hz) == (other.t_ns, other.rate_hz) and bool(np.array_equal(one.samples, other.samples))
        case _:
            return one == other
