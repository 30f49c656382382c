"""The lid network on pictures of single eyes, open and shut."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell
from driver_monitor.bench.accuracy.statistics import auc, bootstrap
from driver_monitor.errors import RecordingError
from driver_monitor.model_store import model_path
from driver_monitor.perception.eye_patches import look_at_eye
from driver_monitor.perception.lid_network import open_lid_network
from driver_monitor.settings import Settings

WIDTHS = (0.5, 0.6, 0.7, 0.8)
"""Where the eye's corners lie is not known: taken to be so far apart, of the picture's width, about its middle."""

Person = dict[bool, list[float]]
"""Gaps of one person's eyes: open ones, and shut ones."""


def open_and_shut(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Gaps of open against those of shut eyes."""
    import cv2

    del settings
    network = open_lid_network(model_path("lids"))
    files = sorted([*folder.glob("open_*_*.png"), *folder.glob("closed_*_*.png")])
    read: dict[float, dict[str, Person]] = {width: defaultdict(lambda: {True: [], False: []}) for width in WIDTHS}
    for k, file in enumerate(files):
        tell(k, len(files))
        picture = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise RecordingError(f"{file} is no picture that can be read; give the whole data set")
        gray = np.asarray(picture, np.uint8)
        high, wide = gray.shape
        for width in WIDTHS:
            ends = tuple((side * wide, high / 2.0, 0.0) for side in (0.5 - width / 2.0, 0.5 + width / 2.0))
            # whether it is a left or a right eye is not known either
            both = network.tell(np.stack([look_at_eye(gray, *ends, mirrored=mirrored) for mirrored in (False, True)]))
            label, person = file.name.split("_")[:2]
            read[width][person][label == "open"].append(sum(gap.value for gap in both) / 2.0)
    figures = []
    for width in WIDTHS:
        people = list(read[width].values())
        counts = {word: sum(len(p[is_open]) for p in people) for word, is_open in (("open", True), ("shut", False))}
        counts["people"] = len(people)
        name = f"AUC of the gap, eye taken to be {width:.0%} of the picture wide"
        figures.append(Figure(name, _area(people), bootstrap(people, _area), "bootstrap over people", counts))
    return Outcome(
        "mrl_eye",
        "Open and shut eyes in infrared (MRL)",
        "The gap that the lid network sees in pictures of one eye each; no face is there for landmarks, so where the eye's "
        "corners lie is guessed, and the driver's own open eye is not known.",
        figures,
        notes=["The network was trained on drawn eyes only: of these pictures it has seen none."],
    )


def _area(people: list[Person]) -> float | None:
    return auc([gap for p in people for gap in p[True]], [gap for p in people for gap in p[False]])
