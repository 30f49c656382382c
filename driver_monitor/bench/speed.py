"""What the loop costs beside the face landmarks alone, both measured in one run, picture by picture in turn."""

from __future__ import annotations

import json
import math
import platform
import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from driver_monitor.errors import RecordingError
from driver_monitor.perception.expression_network import ExpressionLook
from driver_monitor.perception.face_landmarks import FaceDetector, FaceLandmarks
from driver_monitor.perception.hand_landmarks import HandDetector, HandLandmarks
from driver_monitor.settings import Settings
from driver_monitor.signals import AudioChunk, CameraFrame, CanFrame, FaceMeasurement, HeartBeat, Sample, Tick, nanoseconds

TARGET_RATIO = 1.10
_USUAL_FPS = 30.0
_WARM_UP = 15  # pictures at the start that are not counted: caches fill, the tracker finds the face
_LOOK, _EXPRESSION = "hands, a look", "expression, a look"
LEFT_OUT = "picture, left out"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Stage:
    """Time of one stage over its calls, ms."""

    name: str
    calls: int
    median: float
    p95: float
    p99: float


def _stage(name: str, times_ms: list[float]) -> Stage:
    ordered = sorted(times_ms)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, math.floor(share * len(ordered)))] if ordered else math.nan

    return Stage(name, len(ordered), at(0.5), at(0.95), at(0.99))


def _mean_less_worst(times_ms: list[float]) -> float:
    kept = sorted(times_ms)[: math.ceil(0.99 * len(times_ms))]
    return sum(kept) / len(kept)


def _timed(call: Callable[[], _T]) -> tuple[_T, float]:
    start = time.perf_counter()
    result = call()
    return result, (time.perf_counter() - start) * 1e3


class _TimedHands:
    """A hand detector that keeps the time of the looks since it was last asked."""

    def __init__(self, detector: HandDetector) -> None:
        self._detector = detector
        self._spent_ms: float | None = None

    def detect(self, frame: CameraFrame) -> list[HandLandmarks]:
        found, self._spent_ms = _timed(lambda: self._detector.detect(frame))
        return found

    def taken(self) -> float | None:
        """Time of a look, ``None`` when there was none."""
        spent, self._spent_ms = self._spent_ms, None
        return spent

    def close(self) -> None:
        self._detector.close()


class _TimedExpression:
    """Looks at expressions that keep the time of those since they were last asked."""

    def __init__(self, looks: ExpressionLook) -> None:
        self._looks = looks
        self._spent_ms: float | None = None

    def look(self, frame: CameraFrame, found: FaceLandmarks, face: FaceMeasurement) -> FaceMeasurement:
        read, spent_ms = _timed(lambda: self._looks.look(frame, found, face))
        if read is not face:
            self._spent_ms = spent_ms
        return read

    def taken(self) -> float | None:
        """Time of a look, ``None`` when there was none."""
        spent, self._spent_ms = self._spent_ms, None
        return spent

    def close(self) -> None:
        self._looks.close()


class _TimedFace:
    """A face detector that keeps the time of the picture it was last asked for."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._spent_ms: float | None = None

    def detect(self, frame: CameraFrame) -> FaceLandmarks | None:
        found, self._spent_ms = _timed(lambda: self._detector.detect(frame))
        return found

    def taken(self) -> float | None:
        """Its time, ``None`` when the picture was left out."""
        spent, self._spent_ms = self._spent_ms, None
        return spent

    def close(self) -> None:
        self._detector.close()


def other_senses(until_s: float) -> list[Sample]:
    """A bus at 50 Hz, a heart at 72 beats a minute and a voice-like buzz that speaks half of the time."""
    import numpy as np

    from driver_monitor.perception.driving import load_dbc

    message = load_dbc("driver_monitor.dbc").get_message_by_name("DriveState")
    drive = message.encode({s.name: 90.0 if s.name == "VehicleSpeed" else 0.0 for s in message.signals})
    out: list[Sample] = [
        CanFrame(nanoseconds(k / 50.0), message.frame_id, drive, message.is_extended_frame) for k in range(int(until_s * 50))
    ]
    out += [HeartBeat(nanoseconds(k * 0.833), rr_ms=833.0 + 20.0 * math.sin(k)) for k in range(int(until_s / 0.833))]
    rate = 16_000
    t = np.arange(int(until_s * rate)) / rate
    pitch = 2.0 * np.pi * np.cumsum(120.0 + 20.0 * np.sin(2.0 * np.pi * 0.7 * t)) / rate
    voice = sum(np.sin(k * pitch) / k for k in range(1, 20))
    loud = (np.sin(2.0 * np.pi * 4.0 * t) > -0.5) * (np.sin(2.0 * np.pi * 0.25 * t) > 0.0)
    sound = (0.05 * voice * loud).astype(np.float32)
    for k in range(len(sound) // 512):
        end = (k + 1) * 512
        out.append(AudioChunk(nanoseconds(end / rate), sound[k * 512 : end], rate))
    return out


@dataclass(frozen=True, slots=True)
class Ratios:
    """To the landmarks alone of every picture: whole loop and face path of those read, and the face path of all as driven."""

    whole_loop: float
    face_path: float
    as_driven: float


def measure(samples: Iterable[Sample], settings: Settings) -> tuple[list[Stage], Ratios, int]:
    """Times of all stages, their ratios to the landmarks alone, and the pictures counted.

    Every picture is given to a lone detector and to the Monitor, in turns first.
    """
    from driver_monitor.model_store import model_path
    from driver_monitor.perception.face_landmarks.choice import open_face
    from driver_monitor.runtime.assembly import open_senses

    alone, senses = open_face(model_path("face_landmarker"), settings.face, plain=True), open_senses(settings)
    face = _TimedFace(senses.face)
    hands = None if senses.hands is None else _TimedHands(senses.hands)
    expression = None if senses.expression is None else _TimedExpression(senses.expression)
    monitor = replace(senses, face=face, hands=hands, expression=expression).monitor(settings)
    times: dict[str, list[float]] = {}
    names = {CanFrame: "bus, a frame", HeartBeat: "heart, a beat", Tick: "tick: sound, bus, states"}

    def lone(sample: CameraFrame) -> float:
        """Find and let go of the landmarks, as the Monitor does with those of the picture before."""
        _, ms = _timed(lambda: alone.detect(sample) is None)
        return ms

    pictures = 0
    reports = 0
    for sample in samples:
        if not isinstance(sample, CameraFrame):
            made, ms = _timed(lambda s=sample: monitor.step(s))  # type: ignore[misc]
            reports += len(made)
            if pictures > _WARM_UP and type(sample) in names:
                times.setdefault(names[type(sample)], []).append(ms)
            continue
        pictures += 1
        lone_ms = 0.0
        if pictures % 2:
            lone_ms = lone(sample)
        made, ms = _timed(lambda s=sample: monitor.step(s))  # type: ignore[misc]
        reports += len(made)
        if not pictures % 2:
            lone_ms = lone(sample)
        for what, seldom in ((_LOOK, hands), (_EXPRESSION, expression)):
            looked_ms = None if seldom is None else seldom.taken()
            if looked_ms is not None:  # a few pictures bear it: it is counted by itself, as a mean over all
                ms -= looked_ms
                if pictures > _WARM_UP:
                    times.setdefault(what, []).append(looked_ms)
        face_ms = face.taken()
        if pictures > _WARM_UP:
            times.setdefault("landmarks alone", []).append(lone_ms)
            if face_ms is None:
                times.setdefault(LEFT_OUT, []).append(ms)
                continue
            times.setdefault("picture, whole way", []).append(ms)
            times.setdefault("  of it landmarks", []).append(face_ms)
            times.setdefault("  of it all else", []).append(ms - face_ms)
    alone.close()
    monitor.close()
    if pictures <= 2 * _WARM_UP:
        raise RecordingError(f"only {pictures} pictures; {2 * _WARM_UP + 1} are the least that can be timed")
    counted = len(times["landmarks alone"])
    landmarks = _stage("", times["landmarks alone"]).median
    picture = _stage("", times["picture, whole way"]).median
    # ticks that read the sound cost more than the others: their mean counts, less the worst 1 % (a neighbour's burst of load)
    rest = sum(_mean_less_worst(spent) * len(spent) / counted for name, spent in times.items() if name in names.values())
    looks = sum(sum(times.get(what, ())) for what in (_LOOK, _EXPRESSION)) / counted
    stages = [_stage(name, spent) for name, spent in times.items()]
    left_out = times.get(LEFT_OUT, [])
    share = len(left_out) / counted
    driven = (1.0 - share) * picture + (share * _stage("", left_out).median if left_out else 0.0)
    told = Ratios(*((ms + looks) / landmarks for ms in (picture + rest, picture, driven)))
    return stages, told, counted


def _samples(video: Path | None, frames: int, fps: float | None) -> list[Sample]:
    import heapq

    from driver_monitor.recording.folder import open_recording

    if video is None:
        from driver_monitor.bench.pictures import virtual_pictures

        pictures: list[Sample] = list(virtual_pictures(frames, fps))
    else:
        pictures = []
        with open_recording(video) as recording:
            for sample in recording.samples():
                if isinstance(sample, CameraFrame):
                    pictures.append(sample)
                    if len(pictures) >= frames:
                        break
    if not pictures:
        raise RecordingError(f"{video} holds no pictures; give another video")
    end_s = pictures[-1].t_ns * 1e-9
    ticks: list[Sample] = [Tick(nanoseconds(k / 10.0)) for k in range(int(end_s * 10) + 1)]
    senses = sorted(other_senses(end_s), key=lambda s: s.t_ns)
    return list(heapq.merge(senses, pictures, ticks, key=lambda s: s.t_ns))


def speed_command(
    video: Path | None, frames: int, as_json: bool, backends: str = "chosen", fps: float | None = None
) -> int:
    """Print the times and the ratio; see :func:`measure`. ``backends`` "all": the face backends beside each other.

    ``fps``: pictures a second of the virtual driver, where no video is given.
    """
    from rich.console import Console
    from rich.table import Table

    from driver_monitor.runtime.lockdown import lock_down

    # a slow camera is read whole: the backends are compared at a usual one's rate
    samples = _samples(video, frames, fps or _USUAL_FPS if backends == "all" else fps)
    if backends == "all":
        from driver_monitor.bench.face_backends import backends_command

        return backends_command([s for s in samples if isinstance(s, CameraFrame)], as_json)
    lock_down()
    stages, ratios, counted = measure(samples, Settings())
    left_out = sum(s.calls for s in stages if s.name == LEFT_OUT)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    if as_json:
        print(
            json.dumps(
                {
                    "pictures": counted,
                    "left_out": left_out,
                    "stages_ms": {
                        s.name.strip(): {"calls": s.calls, "median": s.median, "p95": s.p95, "p99": s.p99} for s in stages
                    },
                    "ratio_whole_loop": ratios.whole_loop,
                    "ratio_face_path": ratios.face_path,
                    "ratio_face_path_as_driven": ratios.as_driven,
                    "target_ratio": TARGET_RATIO,
                    "peak_memory_mib": peak_mib,
                    "machine": platform.machine(),
                }
            )
        )
        return 0
    table = Table("stage", "calls", "median ms", "p95", "p99", title=f"{counted} pictures on {platform.machine()}")
    for s in stages:
        table.add_row(s.name, str(s.calls), f"{s.median:.3f}", f"{s.p95:.3f}", f"{s.p99:.3f}")
    console = Console()
    console.print(table)
    verdict = "within" if ratios.whole_loop <= TARGET_RATIO else "OVER"
    console.print(f"whole loop / landmarks alone: {ratios.whole_loop:.3f} ({verdict} the target of {TARGET_RATIO:.2f})")
    if left_out:
        told = f"{left_out} of {counted} pictures were left out (face.most_fps); the other ratios are of those read"
        console.print(f"{told}; face path as driven / landmarks of every picture: {ratios.as_driven:.3f}")
    held = f"peak memory {peak_mib:.0f} MiB (with {frames} pictures held)"
    console.print(f"face path / landmarks alone: {ratios.face_path:.3f}; {held}")
    return 0
