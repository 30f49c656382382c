"""Puts a Monitor together with its models. Called after the lockdown: models load in a process without a network."""

from __future__ import annotations

from driver_monitor.model_store import model_path
from driver_monitor.monitor import Monitor
from driver_monitor.perception.face_landmarks.choice import choose, open_face
from driver_monitor.perception.speech_detector import SpeechDetector
from driver_monitor.settings import Settings


def build_monitor(settings: Settings) -> Monitor:
    """The Monitor with face landmarks and voice activity.

    Raises
    ------
    ModelError
        When a model is missing or is not the one the manifest names.
    """
    chosen = choose(settings.face.backend)
    face = open_face(model_path("face_landmarker"), settings.face, chosen)
    speech = SpeechDetector(model_path("silero_vad"))
    return Monitor(settings, face=face, speech=speech, facts=[("face", "ok", str(chosen))])
