"""What a recording costs while it is made, and how fast it is read: all senses at 30 pictures a second, at the clock's pace."""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import numpy as np

from driver_monitor import jpeg
from driver_monitor.bench.out_file import write_text
from driver_monitor.settings import Settings
from driver_monitor.signals import (
    NS_PER_S,
    TICK_NS,
    AudioChunk,
    CameraFrame,
    CanFrame,
    DriverState,
    Evidence,
    HeartBeat,
    Report,
    Sample,
    StateName,
    Tick,
    seconds,
)

_FPS, _CAN_HZ, _SIZE = 30, 200, (480, 640)
_SOUND_NS = 32_000_000
_READS = 3


class _Answers:
    """In the Monitor's place: at each tick a line of every state, as long as usual."""

    _evidence = tuple(Evidence(f"term number {k}", 0.1234 * k, 0.5, "1") for k in range(5))

    def step(self, sample: Sample) -> list[Report]:
        """The states at a tick."""
        if not isinstance(sample, Tick):
            return []
        return [DriverState(sample.t_ns, name, 0.25, 1.0, self._evidence) for name in get_args(StateName)]

    def finish(self) -> list[Report]:
        """Nothing was left open."""
        return []


def _drive(length_s: float) -> list[Sample]:
    """All senses, made beforehand: pictures as a camera's JPEG of about 100 kB, a bus of 200 frames a second."""
    dice = np.random.default_rng(1)
    soft = np.repeat(np.repeat(dice.integers(0, 255, (_SIZE[0] // 8, _SIZE[1] // 8, 3), np.uint8), 8, 0), 8, 1)
    encoded = [jpeg.encode(np.roll(soft, k * 3, 1), 90) for k in range(10)]
    image = jpeg.decode(encoded[0])
    sound = dice.normal(0, 0.02, 512).astype(np.float32)
    end_ns = round(length_s * NS_PER_S)
    samples: list[Sample] = [Tick(t) for t in range(0, end_ns, TICK_NS)]
    samples += [CameraFrame(t, image, encoded[t % 10]) for t in range(1, end_ns, NS_PER_S // _FPS)]
    samples += [CanFrame(t, 0x100 + t % 7, dice.bytes(8)) for t in range(2, end_ns, NS_PER_S // _CAN_HZ)]
    samples += [AudioChunk(t, sound, 16_000) for t in range(3, end_ns, _SOUND_NS)]
    samples += [HeartBeat(t, 812.5) for t in range(4, end_ns, 812_500_000)]
    return sorted(samples, key=lambda sample: sample.t_ns)


def _paced(samples: list[Sample]) -> Iterator[Sample]:
    start_ns = time.monotonic_ns()
    for sample in samples:
        ahead_ns = sample.t_ns - (time.monotonic_ns() - start_ns)
        if ahead_ns > 0:
            time.sleep(ahead_ns / NS_PER_S)
        yield sample


def _took_s(samples: list[Sample], step: Callable[[Sample], object]) -> float:
    before_s = time.process_time()
    for sample in _paced(samples):
        step(sample)
    return time.process_time() - before_s


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def recording_command(length_s: float, json_file: Path | None) -> int:
    """The command ``bench recording``."""
    from driver_monitor.runtime.output_files import check_outputs

    check_outputs({"--json": json_file})
    samples = _drive(length_s)
    answers = _Answers()
    # the loop alone, before and behind: what it takes, mostly for waking up, is not the recording's
    alone_s = _took_s(samples, answers.step)
    memory_mb = _memory_mb()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "t.mcap"
        before_s = time.process_time()
        from driver_monitor.runtime.recorder import Recorder

        with Recorder(path, Settings(), {}, 0) as recorder:
            imports_s = time.process_time() - before_s
            before_s = time.process_time()
            _took_s(samples, recorder.around(answers).step)
        took_s = time.process_time() - before_s  # to the file's end
        more_mb = _memory_mb() - memory_mb
        alone_s = (alone_s + _took_s(samples, answers.step)) / 2
        figures: dict[str, float] = {
            "length_s": length_s,
            "size_mb_per_s": path.stat().st_size / 1e6 / length_s,
            "writing_share_of_a_core": (took_s - alone_s) / length_s,
            "loop_alone_share_of_a_core": alone_s / length_s,
            "writing_more_memory_mb": more_mb,
            "starting_s": imports_s,
            **_reading(path),
        }
    for key, value in figures.items():
        print(f"{key:<34} {value:10.3f}")
    if json_file is not None:
        write_text(json_file, json.dumps(figures, indent=1) + "\n")
    return 0


def _reading(path: Path) -> dict[str, float]:
    """How many times faster than real time it is read: all but the pixels, all, and the bus alone."""
    from driver_monitor.recording.trip import Trip
    from driver_monitor.recording.trip_format import CAN, SAMPLE_TOPICS

    ways = {
        "reading_x": (SAMPLE_TOPICS, False),
        "reading_with_pixels_x": (SAMPLE_TOPICS, True),
        "reading_bus_x": (frozenset({CAN}), False),
    }
    speeds: dict[str, float] = {}
    for name, (topics, pictures) in ways.items():
        best = 0.0
        for _ in range(_READS):
            before_s, last_ns = time.process_time(), 0
            with Trip(path) as trip:
                for sample in trip.samples(topics, pictures=pictures):
                    last_ns = sample.t_ns
            best = max(best, seconds(last_ns) / max(1e-9, time.process_time() - before_s))
        speeds[name] = best
    return speeds
