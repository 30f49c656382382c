"""Puts a Monitor together with its models. Called after the lockdown: models load in a process without a network."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from driver_monitor.errors import ModelError
from driver_monitor.estimators.blink_pattern import Judge
from driver_monitor.model_store import model_file, model_path
from driver_monitor.monitor import Monitor
from driver_monitor.perception.blink_model import BlinkModel
from driver_monitor.perception.expression_network import ExpressionLook, ExpressionLooks, LiteRtExpression
from driver_monitor.perception.eye_looks import EyeLooks
from driver_monitor.perception.eye_patches import EyeLook
from driver_monitor.perception.face_landmarks import FaceDetector
from driver_monitor.perception.face_landmarks.choice import choose, mediapipe_fault, open_face
from driver_monitor.perception.hand_landmarks import HandDetector, MediaPipeHands
from driver_monitor.perception.objects import ObjectDetector, OnnxObjects
from driver_monitor.perception.speech_detector import SpeechDetector
from driver_monitor.perception.words import Spotter, find_phrases, read_phrases
from driver_monitor.perception.words_pocketsphinx import PocketSphinxSpotter
from driver_monitor.settings import Settings
from driver_monitor.signals import Part, PartState


@dataclass(frozen=True, slots=True)
class Senses:
    """What a Monitor sees and hears with, and what there is to say of it."""

    face: FaceDetector
    speech: SpeechDetector
    hands: HandDetector | None
    objects: ObjectDetector | None
    blinks: Judge
    expression: ExpressionLook | None
    eyes: EyeLook
    words: Spotter | None
    facts: Sequence[tuple[Part, PartState, str]]

    def monitor(self, settings: Settings) -> Monitor:
        """The Monitor that has them."""
        return Monitor(
            settings,
            face=self.face,
            speech=self.speech,
            hands=self.hands,
            objects=self.objects,
            blinks=self.blinks,
            expression=self.expression,
            eyes=self.eyes,
            words=self.words,
            facts=self.facts,
        )


def build_monitor(settings: Settings) -> Monitor:
    """The Monitor with all that :func:`open_senses` gives."""
    return open_senses(settings).monitor(settings)


def open_senses(settings: Settings) -> Senses:
    """Face landmarks and voice activity; hands where their model is, and objects where one is named.

    Raises
    ------
    ModelError
        When a model is missing or is not the one the manifest names.
    """
    chosen = choose(settings.face.backend)
    face = open_face(model_path("face_landmarker"), settings.face, chosen)
    speech = SpeechDetector(model_path("silero_vad"))
    hands, why = _open_hands(settings)
    objects = OnnxObjects(model_file(settings.phone.detector)) if settings.phone.detector else None
    facts: list[tuple[Part, PartState, str]] = [("face", "ok", str(chosen))]
    if hands is None and settings.hands.enabled:
        facts.append(("hands", "missing", why))
    blinks = BlinkModel(model_path("blink_drowsiness"))
    expression, why = _open_expression(settings)
    if why:
        facts.append(("face", "ok", why))
    words, told = _open_words(settings)
    if told:
        facts.append(("microphone", "ok", told))
    return Senses(face, speech, hands, objects, blinks, expression, EyeLooks(model_path), words, facts)


def _open_words(settings: Settings) -> tuple[PocketSphinxSpotter | None, str]:
    """The phrase spotter where it is wanted, and which it is: a replay with another gives other events."""
    if not (settings.words.enabled and settings.emotions_on):
        return None, ""
    phrases = find_phrases(settings.words.phrases)
    spotter = PocketSphinxSpotter(read_phrases(phrases), Path(settings.words.model) if settings.words.model else None)
    digest = hashlib.sha256(phrases.read_bytes()).hexdigest()
    return spotter, f"phrases are listened for: PocketSphinx {version('pocketsphinx')}, {phrases.name} {digest[:12]}"


def _open_hands(settings: Settings) -> tuple[MediaPipeHands | None, str]:
    """The hand detector, or why there is none."""
    if not settings.hands.enabled:
        return None, "hands.enabled is off"
    if fault := mediapipe_fault():
        return None, f"hands are not looked at: {fault}"
    try:
        return MediaPipeHands(model_path("hand_landmarker"), confidence=settings.hands.confidence), ""
    except ModelError as error:
        return None, f"hands are not looked at: {error}"


def _open_expression(settings: Settings) -> tuple[ExpressionLooks | None, str]:
    """The expression network where it is wanted, or why there is none."""
    if not (settings.emotion.expression_network and settings.emotions_on):
        return None, ""
    try:
        return ExpressionLooks(LiteRtExpression(model_path("expression")), settings.face.usable_yaw_deg), ""
    except ModelError as error:
        return None, f"anger in a small or blurred face is read off its action units alone: {error}"
