"""Trains side_gaze.onnx: ``python -m models.training.side_gaze EYES.npz [...] [--out FILE]``, from the repository root.

The files are those of ``models.training.eye_pictures --turned``. Prints how the network does on a sixth of the people, whom it
never sees, beside the landmarks, and writes it. What it needs stands in ``models.training.eye_network``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.side_gaze import FACTS
from models.training.eye_network import Floats, as_onnx, first_weights, given, told_by, train

_UNIT_DEG = 20.0
_DENSE = 48
_LEAST_OPEN = 0.35  # of the own open eye; what is less open tells no gaze
_FROM_DEG = 12.0
_BANDS = ((12.0, 20.0), (20.0, 28.0), (28.0, 36.0), (36.0, 44.0), (44.0, 60.0))


def report(file: Path, eyes: NDArray[np.uint8], facts: Floats, yaw: Floats, marks: Floats) -> None:
    """How the file does on these eyes, beside what the landmarks say of their turn, by the head's yaw to the camera."""
    told, error = told_by(file, eyes, facts).T
    head = 45.0 * facts[:, 0]
    print("head yaw   eyes  mean error: network  landmarks  told   slope: network  landmarks   the surer half's error")
    for low, high in _BANDS:
        some = (head >= low) & (head < high)
        sure = some & (error <= np.median(error[some]))
        slopes = [float(np.polyfit(yaw[some], by[some], 1)[0]) for by in (told, marks)]
        off, by_marks = np.abs(told - yaw), np.abs(marks - yaw)
        print(
            f"{low:.0f} to {high:.0f}°  {some.sum():5d}  {off[some].mean():19.1f}° {by_marks[some].mean():9.1f}° "
            f"{error[some].mean():4.1f}°  {slopes[0]:14.2f} {slopes[1]:10.2f}   {off[sure].mean():.1f}°"
        )


def main() -> None:
    """Train, write, and say how it does."""
    options, eyes, labels, out = given("side_gaze.onnx", Path(__file__).parent.parent / "side_gaze.onnx")
    person, _, _, lids, yaw, marks = labels[:, :6].T
    facts = np.ascontiguousarray(labels[:, 6:])
    use = (lids >= _LEAST_OPEN) & (45.0 * facts[:, 0] > _FROM_DEG)  # the nearer eye alone
    taught, tried = use & ~out, use & out
    first = first_weights(np.random.default_rng(0), facts=FACTS, dense=_DENSE)
    weights = train(first, eyes[taught], facts[taught], yaw[taught] / np.float32(_UNIT_DEG), options.epochs)
    options.out.write_bytes(as_onnx("side_gaze", weights, facts=FACTS, unit=_UNIT_DEG))
    print(f"{taught.sum()} eyes of {len(np.unique(person[taught]))} people: {options.out}, {options.out.stat().st_size} bytes")
    print(f"{tried.sum()} eyes of the {len(np.unique(person[tried]))} people left out:")
    report(options.out, eyes[tried], facts[tried], yaw[tried], marks[tried])


if __name__ == "__main__":
    main()
