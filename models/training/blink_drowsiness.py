"""Trains blink_drowsiness.onnx: ``python -m models.training.blink_drowsiness DATA [--out FILE]``, from the repository root.

DATA is the folder of UTA-RLDD's blink runs (BlinksTest_30_FoldK.npy and LabelsTest_30_FoldK.npy of the repository
rezaghoddoosian/Early-Drowsiness-Detection, MIT). Prints how each set of features does on people left out, then trains the one
that ships on all people and writes it. There is no chance in it; the weights are rounded, so the same data give the same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from driver_monitor.bench.accuracy.blink_runs import (
    ALERT,
    AMPLITUDE,
    DROWSY,
    DROWSY_SIGNS,
    DURATION,
    FREQUENCY,
    LOW,
    VELOCITY,
    Floats,
    Person,
    people,
)
from driver_monitor.bench.accuracy.statistics import auc, bootstrap
from driver_monitor.estimators.blink_pattern import FEWEST_BLINKS, MOST_BLINKS
from models.training.onnx_file import model, node, tensor

L2 = 1.0
_STEPS = 30

Features: TypeAlias = Callable[[Floats], Floats]
"""What is made of blinks (n, 4): a few numbers."""


def shares(columns: Sequence[int], limit: float = 1.0) -> Features:
    """The share of blinks that lie the drowsy way by more than ``limit`` standard deviations, counted softly."""
    signs = DROWSY_SIGNS[list(columns)]
    return lambda blinks: (1.0 / (1.0 + np.exp(limit - np.clip(blinks[:, list(columns)] * signs, -50.0, 50.0)))).mean(axis=0)


def moments(columns: Sequence[int]) -> Features:
    """Mean and spread of each column after asinh, which holds heavy tails down."""

    def both(blinks: Floats) -> Floats:
        x = np.arcsinh(blinks[:, list(columns)])
        return np.concatenate((x.mean(axis=0), x.std(axis=0)))

    return both


SHIPPED = shares((AMPLITUDE, DURATION))


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


Table: TypeAlias = dict[int, Floats]
"""A person's features by label: (runs, features)."""


def tabled(everyone: Sequence[Person], features: Features) -> list[Table]:
    """The features of everyone's runs."""
    return [{label: np.array([features(run) for run in runs]) for label, runs in person.items()} for person in everyone]


def train(known: Sequence[Table]) -> tuple[Floats, float]:
    """Alert against drowsy; every video of every person weighs the same, however many runs it has."""
    parts = [(table[label], label) for table in known for label in (ALERT, DROWSY) if label in table]
    x = np.concatenate([runs for runs, _ in parts])
    y = np.concatenate([np.full(len(runs), float(label == DROWSY)) for runs, label in parts])
    return fit(x, y, np.concatenate([np.full(len(runs), 1.0 / len(runs)) for runs, _ in parts]))


Scored: TypeAlias = list[dict[int, Floats]]
"""Log-odds by person and label."""


def left_out(tables: Sequence[Table]) -> Scored:
    """Each person's runs judged by a model that never saw that person."""
    scored: Scored = []
    for k, table in enumerate(tables):
        weights, bias = train([*tables[:k], *tables[k + 1 :]])
        scored.append({label: runs @ weights + bias for label, runs in table.items()})
    return scored


def pooled(scored: Scored, high: int = DROWSY, low: int = ALERT) -> float | None:
    """AUC over all runs of all people together."""
    every = [np.concatenate([np.empty(0), *(person[label] for person in scored if label in person)]) for label in (high, low)]
    return auc(every[0], every[1])


def within(scored: Scored, high: int = DROWSY, low: int = ALERT) -> float | None:
    """Mean over people of the AUC among their own runs."""
    each = [auc(person[high], person[low]) for person in scored if high in person and low in person]
    known = [a for a in each if a is not None]
    return float(np.mean(known)) if known else None


def as_onnx(weights: Floats, bias: float) -> bytes:
    """The model from blinks (n, 2) to log-odds (1, 1)."""
    w = np.round(weights, 4).astype(np.float32).reshape(-1, 1)
    nodes = [
        node("Mul", ["blinks", "signs"], "drowsy_way"),
        node("Sub", ["drowsy_way", "limit"], "beyond"),
        node("Sigmoid", ["beyond"], "counted"),
        node("ReduceMean", ["counted"], "shares", axes=[0], keepdims=1),
        node("MatMul", ["shares", "weights"], "product"),
        node("Add", ["product", "bias"], "log_odds"),
    ]
    constants = [
        tensor("signs", DROWSY_SIGNS[[AMPLITUDE, DURATION]].astype(np.float32).reshape(1, -1)),
        tensor("limit", np.array([[1.0]], np.float32)),
        tensor("weights", w),
        tensor("bias", np.array([[round(bias, 4)]], np.float32)),
    ]
    return model("blink_drowsiness", nodes, constants, [("blinks", ["n", 2])], ("log_odds", [1, 1]))


def main() -> None:
    """Compare, train and write."""
    parser = argparse.ArgumentParser(description="Train blink_drowsiness.onnx.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "blink_drowsiness.onnx")
    given = parser.parse_args()
    long, copies = people(given.data)
    short, _ = people(given.data, most=FEWEST_BLINKS)
    print(f"{len(long)} people, each judged by a model of the others. Left out: {'; '.join(copies) or 'nothing'}")
    print(f"{'AUC of alert against drowsy':54} {'all runs together':28} {'mean of people':24} {'low/drowsy, together'}")
    plain: Scored = [
        {label: np.array([np.median(run, axis=0) @ DROWSY_SIGNS for run in runs]) for label, runs in person.items()}
        for person in long
    ]
    own = (AMPLITUDE, DURATION)
    every = (FREQUENCY, AMPLITUDE, DURATION, VELOCITY)
    sets: list[tuple[str, Scored]] = [("plain sum of the four medians, nothing trained", plain)]
    for name, everyone, features in (
        (f"amplitude, duration: mean, spread, {FEWEST_BLINKS} blinks", short, moments(own)),
        (f"amplitude, duration: mean, spread, {MOST_BLINKS} blinks", long, moments(own)),
        ("all four: mean, spread", long, moments(every)),
        (f"amplitude, duration: shares, {FEWEST_BLINKS} blinks", short, SHIPPED),
        (f"amplitude, duration: shares, {MOST_BLINKS} blinks (ships)", long, SHIPPED),
        ("shares beyond 0.5", long, shares(own, 0.5)),
        ("shares beyond 2", long, shares(own, 2.0)),
        ("shares, and of slow blinks", long, shares((AMPLITUDE, DURATION, VELOCITY))),
        ("shares, of all four", long, shares(every)),
    ):
        sets.append((name, left_out(tabled(everyone, features))))
    for name, scored in sets:
        low, high = bootstrap(scored, pooled) or (float("nan"), float("nan"))
        low_own, high_own = bootstrap(scored, within) or (float("nan"), float("nan"))
        print(
            f"{name:54} {pooled(scored):.3f} ({low:.3f} to {high:.3f})".ljust(83),
            f"{within(scored):.3f} ({low_own:.3f} to {high_own:.3f})".ljust(24),
            f"{pooled(scored, DROWSY, LOW):.3f}",
        )
    weights, bias = train(tabled(long, SHIPPED))
    given.out.write_bytes(as_onnx(weights, bias))
    print(f"weights {np.round(weights, 4).tolist()}, bias {round(bias, 4)}: {given.out}, {given.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
