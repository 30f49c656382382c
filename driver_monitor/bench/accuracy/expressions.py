"""Expressions on small stills: the anger estimator on what the face alone says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell, share
from driver_monitor.bench.accuracy.statistics import auc, bootstrap
from driver_monitor.bench.accuracy.stills import measure_picture, read_picture
from driver_monitor.bench.accuracy.tables import file_beside, rows
from driver_monitor.errors import RecordingError
from driver_monitor.estimators.anger import Anger
from driver_monitor.model_store import model_path, models
from driver_monitor.perception.expression import usable
from driver_monitor.perception.expression_network import LiteRtExpression
from driver_monitor.settings import Settings
from driver_monitor.signals import FaceMeasurement, nanoseconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL_CROP_PX = 288
"""Small face crops are enlarged to this height …"""

CROP_MARGIN = 0.5
"""… and framed in grey by this share on each side: the face finder looks for whole heads."""

NEUTRAL_S, NEUTRAL_STEP_S = 60.0, 0.2
"""Neutral faces are shown this long, so that the anger estimator has learned them (it needs 30 s of looks of the network too)."""


def expression(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Angry faces against others by the anger estimator's face terms."""
    table = folder / "labels.csv"
    labels = rows(table, "file", "label")
    network = load_network(settings)
    seen: dict[str, list[tuple[str, FaceMeasurement]]] = defaultdict(list)
    total: dict[str, int] = defaultdict(int)
    for k, row in enumerate(labels):
        tell(k, len(labels))
        total[row["label"]] += 1
        face = measure_picture(enlarge(read_picture(file_beside(table, row["file"]))), settings, network=network)
        if face.present:
            seen[row["label"]].append((row["file"], face))
    rest, seen["neutral"] = seen["neutral"][::2], seen["neutral"][1::2]
    if not rest:
        raise RecordingError(f"{table} has no neutral face in which a face is found; anger is read against a neutral face")
    neutral = [face for _, face in rest]
    learned, learned_alone = learn(neutral, settings), learn([replace(face, expression=None) for face in neutral], settings)
    values: dict[str, list[float]] = defaultdict(list)
    by_units: dict[str, list[float]] = defaultdict(list)
    unread = 0
    misses: list[tuple[float, str]] = []
    for label, faces in seen.items():
        for name, face in faces:
            value = anger_of(face, learned)
            if value is None:
                unread += 1
                continue
            values[label].append(value)
            alone = anger_of(replace(face, expression=None), learned_alone)
            if alone is not None:
                by_units[label].append(alone)
            if label != "angry":
                misses.append((value, f"{name}: anger {value:.2f}, labelled {label}"))
    angry = values["angry"]
    found = {label: len(faces) + (len(rest) if label == "neutral" else 0) for label, faces in seen.items()}
    figures = [share(f"face found, {label}", found.get(label, 0), n, "pictures") for label, n in sorted(total.items())]
    others = [label for label in ("neutral", "happy", "sad", "fear", "surprise") if values[label]]
    for label in others:
        figures.append(_area(f"AUC angry against {label}", angry, values[label], label))
    everyone = [v for label in others for v in values[label]]
    figures.append(_area("AUC angry against all others", angry, everyone, "others"))
    if network is not None:
        figures.append(_area("AUC angry against neutral, action units alone", by_units["angry"], by_units["neutral"], "neutral"))
    asked = sum(face.expression is not None and face.expression.angry is not None for faces in seen.values() for _, face in faces)
    notes = [
        "Each picture is of another person and none has an own neutral face: every second neutral picture in turn stands in for "
        "it, and these are left out of the test. The brow strays from one to the next as no driver's does, and that is why the "
        "network is asked here.",
        f"Crops of 48 × 48 pixels were enlarged to {SMALL_CROP_PX} and framed in grey; "
        f"in {unread} pictures the estimator read no mood (mouth wide open, eyes shut, or head turned away).",
        "Labels are noisy: people agree on about 65 % of these pictures.",
        "There is no expression network: driver-monitor models pull expression."
        if network is None
        else f"The expression network was asked in {asked} pictures. It was trained on FER2013's training part, which the set "
        "may be taken from: models/expression.md.",
    ]
    return Outcome(
        "expression",
        "Anger in the face, small stills (FER2013)",
        "The anger estimator's value from the face alone, for one picture after 60 s of neutral faces.",
        figures,
        notes,
        [text for _, text in sorted(misses, reverse=True)[:20]],
    )


def enlarge(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A small face crop as a picture of usual size with a margin."""
    import cv2

    scale = SMALL_CROP_PX / crop.shape[0]
    big = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    margin = round(SMALL_CROP_PX * CROP_MARGIN)
    framed = cv2.copyMakeBorder(big, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(128, 128, 128))
    return np.asarray(framed, np.uint8)


def learn(neutral: Sequence[FaceMeasurement], settings: Settings) -> Anger:
    """The anger estimator after it has been shown neutral faces in turn for long enough to have learned them."""
    anger = Anger(settings)
    faces = cycle(face for face in neutral if usable(face, settings.face.usable_yaw_deg))
    for k, face in zip(range(round(NEUTRAL_S / NEUTRAL_STEP_S) + 1), faces, strict=False):
        t_ns = nanoseconds(k * NEUTRAL_STEP_S)
        anger.rest.face(replace(face, t_ns=t_ns))
        if face.expression is not None:
            anger.look(t_ns, face.expression)
    return anger


def anger_of(face: FaceMeasurement, learned: Anger) -> float | None:
    """Anger in one picture, seen afresh after a gap, so that it is not mixed with what was seen before."""
    anger = deepcopy(learned)
    t_ns = nanoseconds(NEUTRAL_S + 5.0)
    anger.rest.face(replace(face, t_ns=t_ns))
    if face.expression is not None:
        anger.look(t_ns, face.expression)
    return anger.step(t_ns)[0].value


def load_network(settings: Settings) -> LiteRtExpression | None:
    """The expression network, where a drive would have it."""
    (model,) = models(["expression"])
    there = settings.emotion.expression_network and model.fault() is None
    return LiteRtExpression(model_path(model.name)) if there else None


def _area(name: str, angry: list[float], others: list[float], label: str) -> Figure:
    pairs = [(True, v) for v in angry] + [(False, v) for v in others]

    def area(drawn: list[tuple[bool, float]]) -> float | None:
        return auc([v for up, v in drawn if up], [v for up, v in drawn if not up])

    return Figure(name, area(pairs), bootstrap(pairs, area), "bootstrap over pictures", {"angry": len(angry), label: len(others)})
