"""Anger in drawn faces: each virtual driver against its own neutral, by day and in infrared, sharp and out of focus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from driver_monitor.bench.accuracy.expressions import anger_of, learn, load_network
from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell, over_units
from driver_monitor.bench.accuracy.statistics import auc
from driver_monitor.bench.virtual_driver.light import LIGHTS, LightKind
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.model_store import model_path
from driver_monitor.perception.expression_network import ExpressionNetwork, read_expression
from driver_monitor.perception.face import measure_face
from driver_monitor.perception.face_landmarks import FaceDetector
from driver_monitor.perception.face_landmarks.choice import open_face
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, CameraFrame, FaceMeasurement, nanoseconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

SCENES: tuple[tuple[LightKind, float], ...] = (("day", 0.0), ("day", 2.0), ("infrared", 0.0), ("infrared", 2.0))
"""The light, and the blur's standard deviation in pixels: in faces some 150 wide, 2 leaves less detail than 48 pixels hold."""

BETWEEN_S = 0.1
HOLD = 3
"""Pictures of each pose; the last one counts, after an empty one, so that no face is followed into the next."""


def _both(**units: float) -> dict[str, float]:
    return {f"{unit}{side}": strength for unit, strength in units.items() for side in ("Left", "Right")}


_ANGRY = {**_both(browDown=1.25, eyeSquint=0.45, noseSneer=0.8, mouthFrown=0.8), "mouthRollLower": 0.6, "mouthRollUpper": 0.5}
_HEADS = ((0.0, 0.0), (14.0, 0.0), (-10.0, -6.0))
"""Yaw and pitch: a driver who learns an own neutral looks about."""

POSES: Sequence[tuple[str, Mapping[str, float], tuple[float, float]]] = (
    *(("own", {}, head) for head in (*_HEADS, (4.0, 3.0), (-4.0, -2.0))),
    *(("neutral", {}, head) for head in ((2.0, 1.0), (12.0, 2.0), (-12.0, -4.0), (0.0, -8.0))),
    *(("angry", {u: s * v for u, v in _ANGRY.items()}, head) for s in (0.5, 0.75, 1.0) for head in _HEADS),
    *(("a smile", _both(mouthSmile=0.8, cheekSquint=0.5), head) for head in _HEADS[:2]),
    *(("eyes narrowed as in the sun", _both(eyeSquint=0.9), head) for head in _HEADS[:2]),
    *(("talking", {"jawOpen": jaw, "mouthFunnel": lips}, (2.0, 0.0)) for jaw, lips in ((0.2, 0.0), (0.28, 0.3), (0.1, 0.6))),
    *(("a yawn", {"jawOpen": jaw, **_both(browDown=0.3, eyeSquint=0.6)}, (0.0, 2.0)) for jaw in (0.5, 0.8, 1.0)),
)
"""What is drawn of each person: its name, its face units, its head."""


@dataclass(slots=True)
class _Seen:
    """What was read of one person in one scene, by the pose's name; ``None`` where no mood could be read."""

    anger: dict[str, list[float | None]] = field(default_factory=lambda: defaultdict(list))


class _Reader:
    """Pictures one after another, by the product's landmarks and network."""

    def __init__(self, detector: FaceDetector, network: ExpressionNetwork | None, min_width_px: float) -> None:
        self._detector, self._network, self._min_width_px = detector, network, min_width_px
        self._t_s = 0.0

    def read(self, image: Picture) -> FaceMeasurement | None:
        """The last of ``HOLD`` pictures; ``None`` without a face."""
        for shown in (np.zeros_like(image), *[image] * HOLD):
            self._t_s += BETWEEN_S
            frame = CameraFrame(nanoseconds(self._t_s), shown)
            found = self._detector.detect(frame)
        if found is None:
            return None
        reading = None if self._network is None else read_expression(self._network, image, found)
        return replace(measure_face(frame.t_ns, found, None, self._min_width_px), expression=reading)


def drawn_faces(people: Sequence[str], settings: Settings, tell: Tell) -> Outcome:
    """The anger estimator on the faces of virtual drivers."""
    network = load_network(settings)
    reader = _Reader(open_face(model_path("face_landmarker"), settings.face), network, settings.face.min_eye_width_px)
    seen: dict[tuple[LightKind, float], list[_Seen]] = defaultdict(list)
    for k, name in enumerate(people):
        tell(k, len(people))
        for scene, pictures in _draw(name):
            seen[scene].append(_look(reader, pictures, settings))
    figures = [figure for scene in SCENES for figure in _figures(scene, seen[scene], settings)]
    return Outcome(
        "drawn",
        "Anger in drawn faces",
        "The anger estimator's value from the face alone, for one picture of each pose after 60 s of the same person's own "
        "neutral in the same light and focus; AUC for each person, then their mean.",
        figures,
        notes=[
            f"Anger in three strengths and three attitudes of the head; out of focus is a blur of {SCENES[1][1]:g} pixels.",
            "The expression network is not there." if network is None else "With the expression network.",
            "The rendered heads shaped this product's terms: no held-out figures.",
        ],
    )


def _draw(name: str) -> Iterator[tuple[tuple[LightKind, float], list[tuple[str, Picture]]]]:
    import cv2

    driver = virtual_driver(model_path("virtual-driver"), PEOPLE[name])
    for kind in dict.fromkeys(kind for kind, _ in SCENES):
        sharp = [
            (pose, driver.render(Pose(head=Angles(*head), units=units), Conditions(light=LIGHTS[kind], seed=k))[0])
            for k, (pose, units, head) in enumerate(POSES)
        ]
        for blur in (blur for of, blur in SCENES if of == kind):
            soft = [(pose, np.asarray(cv2.GaussianBlur(p, (0, 0), blur), np.uint8) if blur else p) for pose, p in sharp]
            yield (kind, blur), soft


def _look(reader: _Reader, pictures: Sequence[tuple[str, Picture]], settings: Settings) -> _Seen:
    faces = [(pose, face) for pose, image in pictures if (face := reader.read(image)) is not None and face.present]
    learned = learn([face for pose, face in faces if pose == "own"], settings)
    seen = _Seen()
    for pose, face in faces:
        if pose != "own":
            seen.anger[pose].append(anger_of(face, learned))
    return seen


def _figures(scene: tuple[LightKind, float], people: Sequence[_Seen], settings: Settings) -> list[Figure]:
    where = f"{scene[0]}, {'out of focus' if scene[1] else 'sharp'}"
    figures = []
    for other in ("neutral", "a smile", "eyes narrowed as in the sun", "talking"):
        areas = [auc(_known(p, "angry"), _known(p, other)) for p in people]
        known = [area for area in areas if area is not None]
        figures.append(over_units(f"{where}: AUC angry against {other}", known, "people"))
    yawns = [value for p in people for value in p.anger["a yawn"]]
    angry = sum(value is not None and value >= settings.emotion.anger_threshold for value in yawns)
    read = sum(value is not None for value in yawns)
    figures.append(Figure(f"{where}: yawns read as anger", angry, None, "", {"pictures": len(yawns), "read at all": read}))
    return figures


def _known(seen: _Seen, pose: str) -> list[float]:
    return [value for value in seen.anger[pose] if value is not None]


def drawn_faces_command(people: str) -> int:
    """The command ``bench drawn-faces``."""
    import sys

    from rich.console import Console

    from driver_monitor.bench.accuracy.command import Bar
    from driver_monitor.bench.accuracy.report import show
    from driver_monitor.bench.response.command import chosen_people
    from driver_monitor.runtime.lockdown import lock_down

    names = chosen_people(people)
    for model in ("virtual-driver", "face_landmarker"):
        model_path(model)
    lock_down()
    with Bar(Console(stderr=True)).task("drawn faces") as tell:
        outcome = drawn_faces(names, Settings(), tell)
    show(Console(width=None if sys.stdout.isatty() else 200, highlight=False), [outcome])
    return 0
