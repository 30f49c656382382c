"""A scenario as a folder that `driver-monitor replay` reads: video, sound, bus, heart, and beside them the truth."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from driver_monitor.bench.scenario.scenario import Frame, Scenario
from driver_monitor.bench.senses import vehicle, voice
from driver_monitor.errors import RecordingError
from driver_monitor.signals import seconds

VIDEO, SOUND, BUS, HEART, TRUTH = "video.mp4", "sound.wav", "can.log", "heart.csv", "truth.jsonl"
TRUTH_FORMAT = 1
_TIME_BASE = Fraction(1, 90_000)
Progress = Callable[[int, int], None]


def write_recording(
    scenario: Scenario, out_dir: Path, *, workers: int = 1, progress: Progress = lambda done, total: None
) -> list[Path]:
    """Write the scenario's recording and its truth.

    Parameters
    ----------
    scenario
        What is played.
    out_dir
        The folder; made when it is not there. Files of an earlier recording in it are written anew.
    workers
        Processes that draw.
    progress
        Called with pictures drawn and pictures in all.

    Returns
    -------
    list of Path
        The files written.
    """
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        for name in (VIDEO, SOUND, BUS, HEART, TRUTH):
            (out_dir / name).unlink(missing_ok=True)
        written = [_write_truth_and_video(scenario, out_dir, workers, progress)]
        if scenario.script.sound.on:
            written.append(_write_sound(scenario, out_dir / SOUND))
        if scenario.script.drive.on:
            written.append(_write_bus(scenario, out_dir / BUS))
        if scenario.script.heart.over == "csv" and scenario.played.beats:
            written.append(_write_heart(scenario, out_dir / HEART))
    except OSError as problem:
        raise RecordingError(f"{out_dir} cannot be written ({problem.strerror or problem}); give another folder") from None
    return [*written, out_dir / TRUTH]


def _write_truth_and_video(scenario: Scenario, out_dir: Path, workers: int, progress: Progress) -> Path:
    import av
    import cv2

    camera, shots = scenario.script.camera, scenario.played.shots
    with (
        (out_dir / TRUTH).open("w", encoding="utf-8") as truth,
        av.open(str(out_dir / VIDEO), "w", options={"fflags": "+bitexact"}) as video,
    ):
        for line in _truth_head(scenario):
            truth.write(_json(line))
        # the same bytes every time: several threads cut the picture otherwise, and x264's macroblock tree was seen to hang on
        # what its memory held before; its usual preset takes longer than the drawing
        rate = Fraction(camera.fps).limit_denominator(1000)
        options = {"preset": "superfast", "crf": "16", "threads": "1", "x264-params": "mbtree=0"}
        stream = video.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = camera.width, camera.height, "yuv420p"
        stream.codec_context.time_base = _TIME_BASE
        for done, frame in enumerate(scenario.frames(workers), 1):
            # OpenCV makes the colour planes: what PyAV's own scaler makes hangs on how its memory is aligned
            planes = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_RGB2YUV_I420), np.uint8)
            picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            picture.pts, picture.time_base = round(seconds(frame.t_ns) / _TIME_BASE), _TIME_BASE
            for packet in stream.encode(picture):
                video.mux(packet)
            truth.write(_json(_frame_truth(frame)))
            progress(done, len(shots))
        for packet in stream.encode():
            video.mux(packet)
        for line in _truth_tail(scenario):
            truth.write(_json(line))
    return out_dir / VIDEO


def _write_sound(scenario: Scenario, path: Path) -> Path:
    samples = np.round(scenario.played.sound * 32767.0).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(voice.RATE_HZ)
        file.writeframes(samples.tobytes())
    return path


def _write_bus(scenario: Scenario, path: Path) -> Path:
    import can

    beats = scenario.played.beats if scenario.script.heart.over == "can" else []
    with can.CanutilsLogWriter(path, channel="can0") as log:
        for frame in vehicle.frames(scenario.played.tracks, scenario.played.drive, beats):
            log.on_message_received(
                can.Message(seconds(frame.t_ns), frame.arbitration_id, is_extended_id=False, data=frame.data, is_rx=True)
            )
    return path


def _write_heart(scenario: Scenario, path: Path) -> Path:
    rows = ["t_s,rr_ms", *(f"{beat.t_s:.4f},{beat.rr_ms:.1f}" for beat in scenario.played.beats)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


# ------------------------------------------------------------------------------------------------------------------ truth


def _json(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False) + "\n"


def _truth_head(scenario: Scenario) -> list[dict[str, Any]]:
    script = scenario.script
    head: dict[str, Any] = {
        "type": "header",
        "format": TRUTH_FORMAT,
        "title": script.title,
        "seconds": script.seconds,
        "seed": script.seed,
    }
    parts = ("subject", "person", "camera", "light", "drive", "sound", "heart")
    head |= {part: getattr(script, part).model_dump() for part in parts}
    labels = [
        {"type": "label", "what": label.what, "start_s": label.start_s, "end_s": label.end_s, **dict(label.detail)}
        for label in scenario.played.tracks.labels
    ]
    speech = [
        {"type": "label", "what": "speech", "start_s": said.start_s, "end_s": round(said.end_s, 4), "manner": said.manner}
        for said, _ in scenario.played.said
    ]
    return [head, *labels, *speech]


def _frame_truth(frame: Frame) -> dict[str, Any]:
    figures = {key: _rounded(value) for key, value in asdict(frame.truth).items()}
    return {"type": "frame", "t_s": round(seconds(frame.t_ns), 6), "zone": frame.zone, **figures}


def _truth_tail(scenario: Scenario) -> list[dict[str, Any]]:
    played = scenario.played
    lines: list[dict[str, Any]] = [{"type": "beat", "t_s": beat.t_s, "rr_ms": beat.rr_ms} for beat in played.beats]
    if scenario.script.drive.on:
        drive, step = played.drive, vehicle.RATE_HZ // 10
        lines += [
            {
                "type": "drive",
                "t_s": round(float(drive.t[k]), 3),
                "speed_kmh": round(float(drive.speed_kmh[k]), 2),
                "steering_deg": round(float(drive.steering_deg[k]), 2),
                "lane_m": round(float(drive.lane_m[k]), 3),
            }
            for k in range(0, len(drive.t), step)
        ]
    return lines


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return value
