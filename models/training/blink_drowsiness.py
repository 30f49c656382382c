"""Trains blink_drowsiness.onnx: ``python -m models.training.blink_drowsiness DATA [--out FILE]``, from the repository root.

DATA is the folder of UTA-RLDD's blink runs (BlinksTest_30_FoldK.npy and LabelsTest_30_FoldK.npy of the repository
rezaghoddoosian/Early-Drowsiness-Detection, MIT). Prints how each set of features does on people left out, then trains the one
that ships on all people and writes it. There is no chance in it; the weights are rounded, so the same data give the same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.accuracy.statistics import auc, bootstrap
from models.training.onnx_file import model, node, tensor

Floats = NDArray[np.float64]
FREQUENCY, AMPLITUDE, DURATION, VELOCITY = range(4)
ALERT, LOW, DROWSY = 0, 5, 10
SHIPPED = (AMPLITUDE, DURATION)
L2 = 1.0
_STEPS = 30


@dataclass(frozen=True, eq=False)
class Person:
    """One person's runs (n, 30, 4), in standard deviations from part of the own alert video, and their labels (n,)."""

    runs: list[Floats]
    labels: NDArray[np.int64]


def people(folder: Path) -> list[Person]:
    """Everyone in the folder; a person's videos follow each other as alert, low vigilance, drowsy."""
    found: list[Person] = []
    for path in sorted(folder.glob("BlinksTest_30_Fold*.npy")):
        runs = np.load(path, allow_pickle=False).astype(np.float64)
        labels = np.load(path.with_name(path.name.replace("Blinks", "Labels")), allow_pickle=False).reshape(-1).astype(np.int64)
        starts = np.flatnonzero(np.diff(labels, prepend=99) < 0)
        for a, b in zip(starts, [*starts[1:], len(labels)], strict=True):
            # a video of fewer than 30 blinks was filled up with rows of zeros
            found.append(Person([run[np.abs(run).sum(axis=1) > 0.0] for run in runs[a:b]], labels[a:b]))
    return found


def features(run: Floats, columns: Sequence[int], distance: bool = False) -> Floats:
    """Mean and spread of each column after asinh, which holds heavy tails down; with ``distance`` the mean size as well."""
    x = np.arcsinh(run[:, list(columns)])
    parts = [x.mean(axis=0), x.std(axis=0)]
    return np.concatenate([*parts, np.abs(x).mean(axis=0)] if distance else parts)


def fit(x: Floats, y: Floats, weight: Floats) -> tuple[Floats, float]:
    """Logistic regression with an L2 penalty on standardised features; weights and bias for the features as they are."""
    mean = np.average(x, axis=0, weights=weight)
    spread = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weight))
    z = np.column_stack((np.ones(len(x)), (x - mean) / spread))
    penalty = np.array([1e-6, *[L2] * x.shape[1]])
    beta = np.zeros(z.shape[1])
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-z @ beta))
        slope = z.T @ (weight * (p - y)) + penalty * beta
        beta -= np.linalg.solve((z * (weight * p * (1.0 - p))[:, None]).T @ z + np.diag(penalty), slope)
    own = beta[1:] / spread
    return own, float(beta[0] - own @ mean)


def train(known: Sequence[Person], columns: Sequence[int], distance: bool = False) -> tuple[Floats, float]:
    """Alert against drowsy; every video of every person weighs the same, however many runs it has."""
    x, y, weight = [], [], []
    for person in known:
        for label in (ALERT, DROWSY):
            runs = [r for r, own in zip(person.runs, person.labels, strict=True) if own == label]
            x += [features(r, columns, distance) for r in runs]
            y += [float(label == DROWSY)] * len(runs)
            weight += [1.0 / len(runs)] * len(runs)
    return fit(np.array(x), np.array(y), np.array(weight))


Scored = list[tuple[Floats, NDArray[np.int64]]]


def left_out(everyone: Sequence[Person], columns: Sequence[int], distance: bool = False) -> Scored:
    """Each person's runs judged by a model that never saw that person."""
    scored: Scored = []
    for k, person in enumerate(everyone):
        weights, bias = train([*everyone[:k], *everyone[k + 1 :]], columns, distance)
        scored.append((np.array([features(r, columns, distance) @ weights + bias for r in person.runs]), person.labels))
    return scored


def pooled(scored: Scored, high: int = DROWSY, low: int = ALERT) -> float | None:
    """AUC over all runs of all people together."""
    return auc(np.concatenate([s[y == high] for s, y in scored]), np.concatenate([s[y == low] for s, y in scored]))


def within(scored: Scored, high: int = DROWSY, low: int = ALERT) -> float:
    """Mean over people of the AUC among their own runs."""
    each = [auc(s[y == high], s[y == low]) for s, y in scored]
    return float(np.mean([a for a in each if a is not None]))


def as_onnx(weights: Floats, bias: float) -> bytes:
    """The model from blinks (n, 2) to log-odds (1, 1)."""
    w = np.round(weights, 4).astype(np.float32).reshape(-1, 1)
    nodes = [
        node("Asinh", ["blinks"], "x"),
        node("ReduceMean", ["x"], "mean", axes=[0], keepdims=1),
        node("Sub", ["x", "mean"], "off"),
        node("Mul", ["off", "off"], "square"),
        node("ReduceMean", ["square"], "variance", axes=[0], keepdims=1),
        node("Sqrt", ["variance"], "spread"),
        node("Concat", ["mean", "spread"], "features", axis=1),
        node("MatMul", ["features", "weights"], "product"),
        node("Add", ["product", "bias"], "log_odds"),
    ]
    constants = [tensor("weights", w), tensor("bias", np.array([[round(bias, 4)]], np.float32))]
    return model("blink_drowsiness", nodes, constants, ("blinks", ["n", len(SHIPPED)]), ("log_odds", [1, 1]))


def main() -> None:
    """Compare, train and write."""
    parser = argparse.ArgumentParser(description="Train blink_drowsiness.onnx.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "blink_drowsiness.onnx")
    given = parser.parse_args()
    everyone = people(given.data)
    print(f"{len(everyone)} people, each judged by a model of the others. AUC of alert against drowsy, and of low vigilance:")
    print(f"{'features':54} {'all runs together':28} {'mean of people':15} {'low/drowsy, together'}")
    signs = np.array([1.0, -1.0, 1.0, -1.0])
    plain = [(np.array([np.median(r, axis=0) @ signs for r in p.runs]), p.labels) for p in everyone]
    sets: list[tuple[str, Scored]] = [("plain sum of the four medians, nothing trained", plain)]
    every = (FREQUENCY, AMPLITUDE, DURATION, VELOCITY)
    for name, columns, distance in (
        ("amplitude, duration: mean, spread (ships)", SHIPPED, False),
        ("and velocity", (AMPLITUDE, DURATION, VELOCITY), False),
        ("and the mean distance from the alert video", (AMPLITUDE, DURATION, VELOCITY), True),
        ("and frequency", every, True),
        ("frequency alone", (FREQUENCY,), True),
    ):
        sets.append((name, left_out(everyone, columns, distance)))
    for name, scored in sets:
        low, high = bootstrap(scored, pooled) or (float("nan"), float("nan"))
        print(
            f"{name:54} {pooled(scored):.3f} ({low:.3f} to {high:.3f})".ljust(83),
            f"{within(scored):.3f}".ljust(15),
            f"{pooled(scored, DROWSY, LOW):.3f}",
        )
    weights, bias = train(everyone, SHIPPED)
    given.out.write_bytes(as_onnx(weights, bias))
    print(f"weights {np.round(weights, 4).tolist()}, bias {round(bias, 4)}: {given.out}, {given.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
