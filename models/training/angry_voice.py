"""Fit the weights of ``driver_monitor/estimators/angry_voice.py``: ``python models/training/angry_voice.py FOLDER``.

FOLDER holds utterances and labels.csv (file, emotion, speaker) of a corpus whose licence allows shipping what is learned
from it; the weights that ship come from six speakers of EmoDB. Each utterance is heard by the product's own voice
measurement and compared with the median of the speaker's other neutral utterances. A ridge logistic regression tells angry
from neutral, happy and sad; classes are weighed alike whatever their size. Nothing is drawn by chance. Printed are the
weights, the middle between the classes, and the AUC of each speaker by weights fitted without that speaker; ``--also NAME``
prints the last for the five figures with another one beside them (any number of ``VoiceMeasurement``, as ``f0_slope_st``).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.accuracy.statistics import auc
from driver_monitor.bench.accuracy.tables import file_beside, rows
from driver_monitor.bench.accuracy.voices import hear, load_detector
from driver_monitor.perception.voice_baseline import figures
from driver_monitor.settings import Settings
from driver_monitor.signals import VoiceMeasurement

FIGURES = ("f0", "tilt", "bass", "bright", "rough")
RIDGE = 100.0
"""Penalty on weights of unit-variance figures, against as many observations as there are utterances."""

SHARES = {"angry": 0.5, "neutral": 0.25, "happy": 0.17, "sad": 0.08}
"""Weight of each emotion, whatever its number of utterances."""


@dataclass(frozen=True)
class Said:
    """One utterance: its figures at the end, pitch in semitones."""

    speaker: str
    emotion: str
    figures: NDArray[np.float64]


def listen(folder: Path, also: Sequence[str] = ()) -> dict[str, list[Said]]:
    """Hear the corpus, by what stands beside the five figures ("": nothing); utterances without all of them are left out."""
    settings, detector = Settings(), load_detector()
    said: dict[str, list[Said]] = {name: [] for name in ("", *also)}
    table = folder / "labels.csv"
    for row in rows(table, "file", "emotion", "speaker"):
        heard = hear(file_beside(table, row["file"]), settings, detector)
        spoken = [m for m in heard if isinstance(m, VoiceMeasurement) and m.f0_hz is not None]
        if not spoken:
            continue
        last = figures(spoken[-1])
        values = [last[name] for name in FIGURES]
        for name, told in said.items():
            every = values + ([getattr(spoken[-1], name)] if name else [])
            if all(v is not None for v in every):
                x = np.array(every, float)
                x[0] = 12.0 * np.log2(x[0])
                told.append(Said(row["speaker"], row["emotion"], x))
    return said


def against_own(said: list[Said]) -> list[Said]:
    """Each utterance less the speaker's own neutral voice; a neutral one is left out of its own."""
    out = []
    for s in said:
        own = [n.figures for n in said if n.speaker == s.speaker and n.emotion == "neutral" and n is not s]
        out.append(Said(s.speaker, s.emotion, s.figures - np.median(own, axis=0)))
    return out


def fit(said: list[Said]) -> tuple[NDArray[np.float64], float]:
    """Weights and offset by Newton's method."""
    x = np.array([s.figures for s in said])
    angry = np.array([s.emotion == "angry" for s in said], float)
    counts = {e: sum(s.emotion == e for s in said) for e in SHARES}
    weight = np.array([SHARES[s.emotion] / counts[s.emotion] for s in said]) * len(said)
    scale = x.std(axis=0)
    x = np.column_stack((x / scale, np.ones(len(x))))
    ridge = np.diag([RIDGE] * len(scale) + [0.0])
    b = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-x @ b))
        hessian = (x * (weight * p * (1.0 - p))[:, None]).T @ x + ridge
        b = b - np.linalg.solve(hessian, x.T @ (weight * (p - angry)) + ridge @ b)
    return b[:-1] / scale, float(b[-1])


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    numbers = [f.name for f in fields(VoiceMeasurement) if f.name not in ("t_ns", "reason")]
    parser.add_argument("--also", action="append", default=[], choices=numbers, metavar="NAME")
    given = parser.parse_args()
    heard = {name: against_own(told) for name, told in listen(given.folder, given.also).items()}
    said = heard[""]
    weights, offset = fit(said)
    middle = 0.5 * sum(
        np.mean([s.figures for s in said if (s.emotion == "angry") == angry], axis=0) for angry in (True, False)
    )
    print(f"{len(said)} utterances; offset {offset:.3f}, at the middle {float(weights @ middle) + offset:.3f}")
    for name, w, m in zip(FIGURES, weights, middle, strict=True):
        print(f"{name:7s} weight {w:8.4f}  middle {m:8.4f}")
    for name, told in heard.items():
        _leave_out(told, f" (beside them {name})" if name else "")


def _leave_out(said: list[Said], beside: str) -> None:
    areas: dict[str, list[float]] = defaultdict(list)
    for speaker in sorted({s.speaker for s in said}):
        w, b = fit([s for s in said if s.speaker != speaker])
        score: dict[str, list[float]] = defaultdict(list)
        for s in said:
            if s.speaker == speaker:
                score[s.emotion].append(float(s.figures @ w) + b)
        for other in sorted(set(score) - {"angry"}):
            if (area := auc(score["angry"], score[other])) is not None:
                areas[other].append(area)
    for other, values in areas.items():
        print(f"speakers left out{beside}, angry against {other}: mean AUC {fmean(values):.3f}, median {median(values):.3f}, "
              f"lowest {min(values):.3f}")


if __name__ == "__main__":
    main()
