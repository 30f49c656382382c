"""Puts a Monitor together with its models. Called after the lockdown: models load in a process without a network."""

from __future__ import annotations

from driver_monitor.model_store import model_path
from driver_monitor.monitor import Monitor
from driver_monitor.perception.face_landmarks import MediaPipeFace
from driver_monitor.perception.speech_detector import SpeechDetector
from driver_monitor.settings import Settings


def build_monitor(settings: Settings) -> Monitor:
    """The Monitor with face landmarks and voice activity.

    Raises
    ------
    ModelError
        When a model is missing or is not the one the manifest names.
    """
    face = MediaPipeFace(
        model_path("face_landmarker"),
        detection=settings.face.detection_confidence,
        presence=settings.face.presence_confidence,
    )
    speech = SpeechDetector(model_path("silero_vad"))
    return Monitor(settings, face=face, speech=speech)
