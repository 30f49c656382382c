"""The face path as it is driven: what a camera picture costs when quiet ones are left out, beside reading every one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driver_monitor.perception.eye_looks import EyeLooks
from driver_monitor.perception.face_landmarks.choice import Backend, choose, open_face
from driver_monitor.settings import Settings
from driver_monitor.signals import CameraFrame

if TYPE_CHECKING:
    from rich.console import Console

TARGET = 0.6
"""Of MediaPipe's time, reading every picture, that the own backend is to take."""

EVERY = 240.0
"""``face.most_fps`` at which no picture is left out."""


@dataclass(frozen=True, slots=True)
class Driven:
    """One backend on one drive: the mean CPU time of a camera picture through the whole face path, ms.

    ``read`` is the share of the pictures that were read. The ratios are to MediaPipe's time for the same pictures: reading every
    one, and leaving pictures out by the same rule.
    """

    backend: Backend
    most_fps: float
    read: float
    cpu_ms: float
    ratio_to_every: float | None = None
    ratio_to_paced: float | None = None


class Drive:
    """A Monitor with no sense but the face."""

    def __init__(self, backend: Backend, settings: Settings, most_fps: float) -> None:
        from driver_monitor.model_store import model_path
        from driver_monitor.monitor import Monitor

        chosen = settings.model_copy(update={"face": settings.face.model_copy(update={"most_fps": most_fps})})
        face = open_face(model_path("face_landmarker"), settings.face, choose(backend))
        self._monitor = Monitor(chosen, face=face, eyes=EyeLooks(model_path))
        self.read: list[bool] = []
        self.cpu_ms: list[float] = []

    def take(self, frame: CameraFrame) -> None:
        """Take one picture."""
        used = time.process_time()
        self._monitor.step(frame)
        self.cpu_ms.append((time.process_time() - used) * 1e3)
        view = self._monitor.view
        self.read.append(view is None or not view.held)

    def close(self) -> None:
        """Let go of the model."""
        self._monitor.close()


def driven(runs: list[tuple[Backend, float]], results: list[tuple[list[bool], list[float]]], warm_up: int) -> list[Driven]:
    """Each run's figures, less the first pictures, and its time beside MediaPipe's where that ran."""
    means = {run: float(np.mean(cpu_ms[warm_up:])) for run, (_, cpu_ms) in zip(runs, results, strict=True)}
    told = []
    for run, (read, _) in zip(runs, results, strict=True):
        backend, most_fps = run
        every = means.get(("mediapipe", EVERY))
        paced = means.get(("mediapipe", most_fps)) if most_fps < EVERY else None
        told.append(
            Driven(
                backend,
                most_fps,
                float(np.mean(read[warm_up:])),
                means[run],
                None if every is None else means[run] / every,
                None if paced is None else means[run] / paced,
            )
        )
    return told


def show(runs: list[Driven], console: Console) -> None:
    """Print the figures, and the target's."""
    from rich.table import Table

    every, paced = "beside MediaPipe, every picture read", "beside MediaPipe, as many read"
    table = Table("as driven: whole face path", "pictures read", "CPU ms a camera picture", every, paced)
    for run in runs:
        name = f"{run.backend}, {'every picture' if run.most_fps >= EVERY else f'face.most_fps = {run.most_fps:g}'}"
        ratios = ("" if r is None else f"{r:.2f}" for r in (run.ratio_to_every, run.ratio_to_paced))
        table.add_row(name, f"{run.read:.0%}", f"{run.cpu_ms:.2f}", *ratios)
    console.print(table)
    for run in runs:
        if run.backend == "litert" and run.most_fps < EVERY and run.ratio_to_every is not None:
            held = "held" if run.ratio_to_every <= TARGET else "MISSED"
            console.print(f"the own backend's target, {TARGET:.2f} of MediaPipe reading every picture: {held} in this drive")
