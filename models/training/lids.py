"""Trains lids.onnx: ``python -m models.training.lids EYES.npz [...] [--out FILE]``, from the repository root.

The files are those of ``models.training.eye_pictures``. Prints how the network does on a sixth of the people, whom it never sees,
and writes it. What it needs stands in ``models.training.eye_network``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.accuracy.statistics import auc
from models.training import eye_pictures
from models.training.eye_network import Floats, as_onnx, first_weights, given, told_by, train

_USUAL_GAP = 0.15
_SHUT, _OPEN = 0.01, 0.06


def report(file: Path, eyes: NDArray[np.uint8], gaps: Floats, marks: NDArray[np.float32]) -> None:
    """How the file does on these eyes, beside the landmarks' aspect ratios."""
    gap, error = told_by(file, eyes, np.empty((len(eyes), 0), np.float32)).T
    off, unit = np.abs(gap - gaps), eye_pictures.EYE_WIDTH_MM
    print(f"gap as a share of {unit:.0f} mm: mean error {off.mean():.3f}, told {error.mean():.3f}")
    shut, open_, sure = gaps < _SHUT, gaps > _OPEN, error <= np.median(error)
    for name, some in (("all", error >= 0.0), ("the surer half", sure), ("the rest", ~sure)):
        by_network, by_marks = auc(gap[some & open_], gap[some & shut]), auc(marks[some & open_], marks[some & shut])
        print(f"AUC of open against shut, {name}: network {by_network:.4f}, landmarks' aspect ratio {by_marks:.4f}")


def main() -> None:
    """Train, write, and say how it does."""
    options, eyes, labels, out = given("lids.onnx", Path(__file__).parent.parent / "lids.onnx")
    person, gap, marks = labels[:, :3].T
    first = first_weights(np.random.default_rng(0), middle=_USUAL_GAP)
    weights = train(first, eyes[~out], np.empty((int((~out).sum()), 0), np.float32), gap[~out], options.epochs)
    options.out.write_bytes(as_onnx("lids", weights))
    print(f"{(~out).sum()} eyes of {len(np.unique(person[~out]))} people: {options.out}, {options.out.stat().st_size} bytes")
    print(f"{out.sum()} eyes of the {len(np.unique(person[out]))} people left out:")
    report(options.out, eyes[out], gap[out], marks[out])


if __name__ == "__main__":
    main()
