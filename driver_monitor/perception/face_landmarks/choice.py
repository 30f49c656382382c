"""Which face backend runs on this machine, and why."""

from __future__ import annotations

import importlib.util
import logging
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from driver_monitor.errors import ModelError
from driver_monitor.perception.face_landmarks.interface import FaceDetector
from driver_monitor.settings import Face

_LOGGER = logging.getLogger(__name__)

Backend: TypeAlias = Literal["mediapipe", "litert"]
BACKENDS: tuple[Backend, ...] = ("mediapipe", "litert")
NAMES: dict[Backend, str] = {"mediapipe": "MediaPipe", "litert": "LiteRT"}
_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Cpu:
    """What is asked of the processor: its architecture, and the features that every one of its cores has."""

    machine: str
    features: frozenset[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend and the reason for it."""

    backend: Backend
    why: str

    def __str__(self) -> str:
        return f"landmarks by {NAMES[self.backend]}: {self.why}"


def read_cpu(cpuinfo: str | None = None, machine: str | None = None) -> Cpu:
    """The processor of this machine, or the one that the text of a ``/proc/cpuinfo`` tells of."""
    if cpuinfo is None:
        try:
            cpuinfo = _CPUINFO.read_text("utf-8", errors="replace")
        except OSError:
            cpuinfo = ""
    lines = [line.partition(":") for line in cpuinfo.splitlines()]
    cores = [frozenset(value.split()) for key, _, value in lines if key.strip() in {"Features", "flags"}]
    return Cpu(machine or platform.machine(), frozenset.intersection(*cores) if cores else frozenset())


def mediapipe_fault(cpu: Cpu | None = None) -> str | None:
    """Why MediaPipe cannot run here, or ``None``. It must be asked before MediaPipe is touched.

    MediaPipe 1.0 and later for aarch64 is built with ARMv8.1 atomics: where a core lacks them, opening a model ends the process
    by SIGILL, and nothing can catch that.
    """
    cpu = cpu or read_cpu()
    if cpu.machine in {"aarch64", "arm64"} and "atomics" not in cpu.features:
        return "this CPU has no ARMv8.1 atomics, and MediaPipe would end the process"
    if importlib.util.find_spec("mediapipe") is None:
        return "MediaPipe is not installed"
    return None


def choose(wanted: str, cpu: Cpu | None = None) -> Choice:
    """The backend for the setting ``face.backend``.

    Raises
    ------
    ModelError
        When MediaPipe is asked for where it cannot run.
    """
    if wanted == "litert":
        return Choice("litert", "face.backend asks for it")
    fault = mediapipe_fault(cpu)
    if wanted == "mediapipe":
        if fault:
            raise ModelError(f"face.backend = 'mediapipe': {fault}; set it to 'auto' or 'litert'")
        return Choice("mediapipe", "face.backend asks for it")
    return Choice("litert", fault) if fault else Choice("mediapipe", "this CPU can run it")


def open_face(model: Path, settings: Face, chosen: Choice | None = None, *, plain: bool = False) -> FaceDetector:
    """The chosen backend with the bundle ``model``; by the settings when none is given.

    ``plain``: MediaPipe through its own Python, the yardstick of cost.

    Raises
    ------
    ModelError
        When the backend cannot run here or cannot use the model.
    """
    chosen = chosen or choose(settings.backend)
    _LOGGER.info("%s", chosen)
    detection, presence = settings.detection_confidence, settings.presence_confidence
    if chosen.backend == "mediapipe":
        from driver_monitor.perception.face_landmarks.with_mediapipe import MediaPipeFace

        return MediaPipeFace(model, detection=detection, presence=presence, plain=plain)
    from driver_monitor.perception.face_landmarks.with_litert import LiteRtFace

    return LiteRtFace(model, detection=detection, presence=presence)
