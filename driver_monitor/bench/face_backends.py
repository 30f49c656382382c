"""The face backends beside each other: what they cost, each in a process of its own, and how far they agree."""

from __future__ import annotations

import math
import multiprocessing
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.face_drives import EVERY, TARGET, Drive, Driven, driven, show
from driver_monitor.errors import DriverMonitorError
from driver_monitor.perception.face import head_angles
from driver_monitor.perception.face_landmarks import FaceDetector
from driver_monitor.perception.face_landmarks.choice import BACKENDS, Backend, choose, mediapipe_fault, open_face
from driver_monitor.settings import Settings
from driver_monitor.signals import CameraFrame

FACE_PX = 120.0
"""Distances are told for a face this wide."""
_BLOCK = 5  # pictures a backend reads before it is the other's turn
_WARM_UP = 20
_CHEEKS = (234, 454)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one backend says of one picture."""

    xy: NDArray[np.float64]  # (478, 2) pixels
    units: NDArray[np.float64]  # (52,)
    angles: tuple[float, float, float]  # yaw, pitch, roll


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two backends are apart; means over pictures where both see a face, and the worst picture.

    Landmarks in pixels of a face 120 px wide, angles in degrees (yaw, pitch, roll).
    """

    pictures: int
    both: int
    one_alone: int
    landmarks_px: float
    landmarks_px_worst: float
    units: float
    units_worst: float
    angles_deg: tuple[float, float, float]
    angles_deg_worst: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds a picture on one core, and memory.

    ``ratio``: the median over pictures of the time beside MediaPipe's for the same picture. The two are milliseconds apart, so
    what else the machine does weighs on both alike.
    """

    backend: Backend
    wall_ms_median: float
    wall_ms_p95: float
    cpu_ms_median: float
    cpu_ms_p95: float
    peak_memory_mib: float
    ratio_wall: float | None = None
    ratio_cpu: float | None = None


def read(detector: FaceDetector, frame: CameraFrame) -> Reading | None:
    """One picture through a backend."""
    found = detector.detect(frame)
    if found is None:
        return None
    head = head_angles(found.rotation)
    points = np.array(found.points(range(478)))
    return Reading(points[:, :2], np.array(list(found.face_units.values())), (head.yaw, head.pitch, head.roll))


def agreement(first: Sequence[Reading | None], second: Sequence[Reading | None]) -> Agreement:
    """Compare two backends' readings of the same pictures; the first's face gives the scale."""
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    alone = sum((a is None) != (b is None) for a, b in zip(first, second, strict=True))
    apart, units, angles = [math.nan], [math.nan], [[math.nan] * 3]
    if pairs:
        apart = [_apart(a.xy, b.xy) for a, b in pairs]
        units = [float(np.abs(a.units - b.units).mean()) for a, b in pairs]
        angles = [[abs(p - q) for p, q in zip(a.angles, b.angles, strict=True)] for a, b in pairs]
    yaw, pitch, roll = np.mean(angles, axis=0).tolist()
    return Agreement(
        len(first),
        len(pairs),
        alone,
        float(np.mean(apart)),
        max(apart),
        float(np.mean(units)),
        max(units),
        (yaw, pitch, roll),
        tuple(np.max(angles, axis=0).tolist()),
    )


def _apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    one, other = a[list(_CHEEKS)]
    width = max(float(np.hypot(*(one - other))), 1.0)
    return float(np.hypot(*(a - b).T).mean()) * FACE_PX / width


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the backends cost, reading each picture and as driven; why others do not run here; how far the two agree."""

    costs: list[Cost]
    driven: list[Driven]
    absent: dict[Backend, str]
    agreement: Agreement | None


def compare(frames: Sequence[CameraFrame], settings: Settings) -> Comparison:
    """Measure all backends that run here.

    They run on the same core and take turns, a block of pictures each.
    """
    absent: dict[Backend, str] = {}
    if fault := mediapipe_fault():
        absent["mediapipe"] = fault
    names = [name for name in BACKENDS if name not in absent]
    drives = [(name, most_fps) for name in names for most_fps in (EVERY, settings.face.most_fps)]
    runs: list[tuple[Backend, float | None]] = [*((name, None) for name in names), *drives]
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures"
        with pictures.open("wb") as file:
            for frame in frames:
                file.write(np.ascontiguousarray(frame.image).tobytes())
        times = [frame.t_ns for frame in frames]
        workers = []
        for run in runs:
            ours, theirs = context.Pipe()
            given = (theirs, *run, pictures, frames[0].image.shape, times, settings)
            work = context.Process(target=_work, args=given, daemon=True)
            work.start()
            theirs.close()
            workers.append((work, ours))
        try:
            for start in range(0, len(frames), _BLOCK):
                for _, pipe in workers:
                    pipe.send(range(start, min(start + _BLOCK, len(frames))))
                    pipe.recv()
            results = []
            for _, pipe in workers:
                pipe.send(None)
                results.append(pipe.recv())
        except EOFError:
            raise DriverMonitorError("a face backend's process ended early; run again with --verbose") from None
        finally:
            for work, pipe in workers:
                pipe.close()
                work.join(10.0)
    alone, paced = results[: len(names)], results[len(names) :]
    costs = [_cost(name, *result[1:]) for name, result in zip(names, alone, strict=True)]
    agree = None
    if "mediapipe" in names:
        base = alone[names.index("mediapipe")]
        costs = [
            replace(cost, ratio_wall=_beside(wall, base[1]), ratio_cpu=_beside(cpu, base[2]))
            for cost, (_, wall, cpu, _) in zip(costs, alone, strict=True)
        ]
        agree = agreement(base[0], alone[names.index("litert")][0])
    return Comparison(costs, driven(drives, paced, _WARM_UP), absent, agree)


def _cost(backend: Backend, wall_ms: list[float], cpu_ms: list[float], peak_mib: float) -> Cost:
    (wall, wall_95), (cpu, cpu_95) = (np.percentile(ms[_WARM_UP:], (50, 95)).tolist() for ms in (wall_ms, cpu_ms))
    return Cost(backend, wall, wall_95, cpu, cpu_95, peak_mib)


def _beside(ms: list[float], base_ms: list[float]) -> float:
    return float(np.median(np.divide(ms[_WARM_UP:], base_ms[_WARM_UP:])))


def _work(
    pipe: Connection,
    backend: Backend,
    most_fps: float | None,
    pictures: Path,
    shape: tuple[int, int, int],
    times: list[int],
    settings: Settings,
) -> None:
    """In a process of its own: read the pictures asked for, one at a time from the file, so that memory shows the backend's."""
    from driver_monitor.model_store import model_path
    from driver_monitor.runtime.lockdown import lock_down

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    lock_down()
    work: _Alone | Drive
    if most_fps is None:
        work = _Alone(open_face(model_path("face_landmarker"), settings.face, choose(backend)))
    else:
        work = Drive(backend, settings, most_fps)
    size = math.prod(shape)
    with pictures.open("rb") as file:
        while (asked := pipe.recv()) is not None:
            for k in asked:
                file.seek(k * size)
                work.take(CameraFrame(times[k], np.frombuffer(file.read(size), np.uint8).reshape(shape)))
            pipe.send(True)
    if isinstance(work, Drive):
        pipe.send((work.read, work.cpu_ms))
    else:
        pipe.send((work.readings, work.wall_ms, work.cpu_ms, _peak_mib()))
    work.close()


class _Alone:
    """A detector that nothing comes after."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self.readings: list[Reading | None] = []
        self.wall_ms: list[float] = []
        self.cpu_ms: list[float] = []

    def take(self, frame: CameraFrame) -> None:
        began, used = time.perf_counter(), time.process_time()
        seen = _Once(self._detector.detect(frame))
        self.cpu_ms.append((time.process_time() - used) * 1e3)
        self.wall_ms.append((time.perf_counter() - began) * 1e3)
        self.readings.append(read(seen, frame))

    def close(self) -> None:
        self._detector.close()


def _peak_mib() -> float:
    """The most memory this process has held (``ru_maxrss`` would tell of the parent's, too)."""
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024.0


class _Once:
    """A face found already."""

    def __init__(self, found: Any) -> None:
        self._found = found

    def detect(self, frame: CameraFrame) -> Any:
        return self._found

    def close(self) -> None:
        """Nothing is held."""


def backends_command(frames: Sequence[CameraFrame], as_json: bool) -> int:
    """Print what the backends cost and how far they agree."""
    import json

    from rich.console import Console
    from rich.table import Table

    if len(frames) <= 2 * _WARM_UP:
        raise DriverMonitorError(f"only {len(frames)} pictures; {2 * _WARM_UP + 1} are the least that can be timed")
    settings = Settings()
    found = compare(frames, settings)
    agree = found.agreement
    if as_json:
        machine = {"machine": platform.machine(), "pictures": len(frames)}
        told = {
            "backends": [asdict(c) for c in found.costs],
            "driven": [asdict(d) for d in found.driven],
            "target_ratio": TARGET,
            "absent": found.absent,
            "agreement": asdict(agree) if agree else None,
        }
        print(json.dumps(machine | told))
        return 0
    table = Table("backend", "ms, median", "p95", "CPU ms", "p95", "memory MiB", "beside MediaPipe", "by CPU time")
    for c in found.costs:
        figures = (c.wall_ms_median, c.wall_ms_p95, c.cpu_ms_median, c.cpu_ms_p95)
        ratios = ("" if r is None else f"{r:.2f}" for r in (c.ratio_wall, c.ratio_cpu))
        table.add_row(c.backend, *(f"{ms:.2f}" for ms in figures), f"{c.peak_memory_mib:.0f}", *ratios)
    console = Console(highlight=False)
    console.print(f"{len(frames)} pictures, one core, {platform.machine()}")
    console.print(table)
    show(found.driven, console)
    for name, why in found.absent.items():
        console.print(f"{name}: not run, {why}")
    if agree:
        yaw, pitch, roll = agree.angles_deg
        console.print(
            f"apart: landmarks {agree.landmarks_px:.3f} px on a {FACE_PX:.0f} px face "
            f"(worst picture {agree.landmarks_px_worst:.2f}), face units {agree.units:.4f}, "
            f"yaw {yaw:.2f}°, pitch {pitch:.2f}°, roll {roll:.2f}°; "
            f"a face for one alone in {agree.one_alone} of {agree.pictures} pictures"
        )
    return 0
