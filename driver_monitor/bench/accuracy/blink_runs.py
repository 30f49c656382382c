"""Blink features of alert and drowsy people (UTA-RLDD): its files, and how well features and the blink model tell them apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell, over_units
from driver_monitor.bench.accuracy.statistics import auc, bootstrap
from driver_monitor.errors import RecordingError
from driver_monitor.estimators.blink_pattern import MOST_BLINKS
from driver_monitor.model_store import model_path
from driver_monitor.perception.blink_model import BlinkModel
from driver_monitor.settings import Settings

FEATURES = ("frequency", "amplitude", "duration", "velocity")
FREQUENCY, AMPLITUDE, DURATION, VELOCITY = range(4)
ALERT, LOW, DROWSY = 0, 5, 10
_WORD = {ALERT: "alert", LOW: "low vigilance", DROWSY: "drowsy"}
DROWSY_SIGNS = np.array([1.0, -1.0, 1.0, -1.0])
"""Which way each feature goes with drowsiness, from the literature: longer, slower, shallower, more frequent blinks."""

STEP = 2
"""Blinks by which one published run of a video is ahead of the one before."""

Floats: TypeAlias = NDArray[np.float64]
Person: TypeAlias = dict[int, list[Floats]]
"""By label, one item for each published run: the blinks (n, 4) up to the run's end, in standard deviations from part of the own
alert video. A label whose video is not sound is missing."""


def people(folder: Path, tell: Tell = lambda done, of: None, most: int = MOST_BLINKS) -> tuple[list[Person], list[str]]:
    """Everyone in the files of the folds, each run drawn out to ``most`` blinks, and which videos were left out.

    Raises :class:`RecordingError` for files that cannot be read.
    """
    videos: list[dict[int, list[Floats]]] = []
    folds = sorted(folder.glob("BlinksTest_30_Fold*.npy"))
    for k, path in enumerate(folds):
        tell(k, len(folds))
        videos += _fold(path)
    copies = _copies(videos)
    everyone = [
        {label: _drawn_out(runs, most) for label, runs in person.items() if (k, label) not in copies}
        for k, person in enumerate(videos)
    ]
    return everyone, [f"person {k + 1}, {_WORD[label]}: the same numbers as another video" for k, label in sorted(copies)]


def _fold(path: Path) -> list[dict[int, list[Floats]]]:
    """The runs of one file by person and label; a person's videos follow each other as alert, low vigilance, drowsy."""
    labels_path = path.with_name(path.name.replace("Blinks", "Labels"))
    try:
        runs, labels = np.load(path, allow_pickle=False), np.load(labels_path, allow_pickle=False).reshape(-1)
    except (OSError, ValueError) as problem:
        raise RecordingError(f"{path.name} or {labels_path.name} in {path.parent} cannot be read ({problem})") from None
    if runs.ndim != 3 or runs.shape[2] != len(FEATURES) or len(labels) != len(runs):
        raise RecordingError(f"{path} should hold (runs, blinks, 4) with a label for each run, not {runs.shape}")
    # a video of fewer than 30 blinks was filled up with rows of zeros
    blinks = [run[np.abs(run).sum(axis=1) > 0.0] for run in runs.astype(np.float64)]
    starts = np.flatnonzero(np.diff(labels, prepend=np.inf) < 0)
    return [
        {label: [blinks[i] for i in range(a, b) if labels[i] == label] for label in (ALERT, LOW, DROWSY)}
        for a, b in zip(starts, [*starts[1:], len(labels)], strict=True)
    ]


def _copies(videos: Sequence[dict[int, list[Floats]]]) -> set[tuple[int, int]]:
    """(person, label) of videos that are another one's: where one is missing the set's own program keeps the last one read.

    Of two people the first has it; where both are one person's, nobody can say which it is, and neither counts.
    """
    owners: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
    for k, person in enumerate(videos):
        for label, runs in person.items():
            if runs:
                owners[b"".join(run.tobytes() for run in runs)].append((k, label))
    copies: set[tuple[int, int]] = set()
    for same in owners.values():
        first = [owner for owner in same if owner[0] == same[0][0]]
        copies |= set(same if len(first) > 1 else same[1:])
    return copies


def _drawn_out(runs: Sequence[Floats], most: int) -> list[Floats]:
    """For each run the last ``most`` blinks of the video up to its end; runs of a video overlap but for their last blinks."""
    video = np.empty((0, len(FEATURES)))
    drawn = []
    for before, run in zip([None, *runs], runs, strict=False):
        overlaps = before is not None and len(run) == len(before) and np.array_equal(run[:-STEP], before[STEP:])
        video = np.concatenate((video, run[-STEP:] if overlaps else run))
        drawn.append(video[-most:])
    return drawn


def drowsy_blinks(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Blink features of alert and drowsy videos, told apart by each feature, by a plain sum and by the blink model."""
    del settings  # of the product only the blink model runs here: see the note
    judge = BlinkModel(model_path("blink_drowsiness"))
    everyone, left_out = people(folder, tell)
    scored = [{label: _scores(runs, judge) for label, runs in person.items()} for person in everyone]
    figures = []
    for drowsy, word in ((DROWSY, _WORD[DROWSY]), (LOW, _WORD[LOW])):
        both = [person for person in scored if ALERT in person and drowsy in person]
        counts = {"alert": len(_column(scored, ALERT, 0)), word: len(_column(scored, drowsy, 0)), "people": len(scored)}
        for f, feature in enumerate((*FEATURES, "sum of the four", "blink model")):

            def area(drawn: list[dict[int, Floats]], f: int = f, drowsy: int = drowsy) -> float | None:
                return auc(_column(drawn, drowsy, f), _column(drawn, ALERT, f))

            name = f"AUC alert against {word}: {feature}"
            figures.append(Figure(name, area(scored), bootstrap(scored, area), "bootstrap over people", counts))
        each = [a for p in both if (a := auc(p[drowsy][:, -1], p[ALERT][:, -1])) is not None]
        figures.append(over_units(f"AUC alert against {word}: blink model, mean over people", each, "people"))
    return Outcome(
        "rldd_blinks",
        "Blink features of alert and drowsy people (UTA-RLDD)",
        f"For each published run the blinks up to its end, at most {MOST_BLINKS} as in a drive: the median of each feature, "
        "signed as the literature has it (drowsy: more frequent, shallower, longer, slower), and the plain sum of the four: "
        "nothing is trained. Then the blink model that ships.",
        figures,
        notes=[
            "The features come as z-scores of each person's own alert stretch, without seconds or ratios, so the fatigue "
            "estimator (PERCLOS, mean closure in seconds, yawns, nods) cannot be fed honestly. The figures say how much "
            "there is to be had from the same quantities. Of these the product uses amplitude and duration, by the blink model "
            "(models/blink_drowsiness.md).",
            "The blink model was trained on folds 1 to 3 of this set: on those people its figure is a little too good. People "
            "left out: models/blink_drowsiness.md.",
            "Runs overlap (a step of two blinks), so the interval is over people, whose videos follow each other in the files.",
            *([f"Left out: {'; '.join(left_out)}."] if left_out else []),
        ],
    )


def _scores(runs: Sequence[Floats], judge: BlinkModel) -> Floats:
    """For each run the signed medians, their sum and what the model says: (runs, 6)."""
    middle = np.array([np.median(run, axis=0) * DROWSY_SIGNS for run in runs]).reshape(-1, len(FEATURES))
    judged = [judge(run[:, [AMPLITUDE, DURATION]].astype(np.float32)) for run in runs]
    return np.column_stack((middle, middle.sum(axis=1), judged))


def _column(scored: Sequence[dict[int, Floats]], label: int, column: int) -> Floats:
    return np.concatenate([np.empty(0), *(person[label][:, column] for person in scored if label in person)])
