"""Trains lids.onnx: ``python -m models.training.lids EYES.npz [...] [--out FILE]``, from the repository root.

The files are those of ``models.training.eye_pictures``. Prints how the network does on a sixth of the people, whom it never sees,
and writes it. Needs JAX (``pip install jax``; 0.10.2 was used), which nothing else here does. The chance in it is seeded; another
processor may still round otherwise.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.accuracy.statistics import auc
from driver_monitor.perception.lid_network import SIZE, SPAN, as_input, cut_out
from models.training import eye_pictures
from models.training.onnx_file import model, node, tensor

FILTERS = (12, 24, 32)
DENSE = 32
EPOCHS, BATCH, RATE = 60, 128, 2e-3
_L2, _KEEP = 1e-5, 0.8
_LOG_ERROR = (-5.0, 1.0)
_SHUT, _OPEN = 0.01, 0.06
_FEWEST_PEOPLE = 12
_LAYOUT = ("NCHW", "OIHW", "NCHW")

Floats: TypeAlias = NDArray[np.float32]
Weights: TypeAlias = Mapping[str, Any]


def shown(patch: NDArray[np.uint8], random: np.random.Generator | None) -> NDArray[np.uint8]:
    """What the network sees of a patch (32, 48): with ``random`` a little off, and in a poorer picture."""
    (width, height), (wide, high) = SIZE, eye_pictures.SIZE
    step_x, step_y = SPAN[0] / eye_pictures.SPAN[0] * wide / width, SPAN[1] / eye_pictures.SPAN[1] * high / height
    turn, x, y = 0.0, (wide - 1) / 2.0, (high - 1) / 2.0
    if random is None:
        return cut_out(patch, (x, y), turn, (step_x, step_y), SIZE)
    step_x, step_y = step_x * random.uniform(0.9, 1.12), step_y * random.uniform(0.88, 1.12)
    turn, x, y = random.normal(0.0, 0.07), x + random.normal(0.0, 1.3), y + random.normal(0.0, 1.3)
    seen = _poorer(cut_out(patch, (x, y), turn, (step_x, step_y), SIZE).astype(np.float32), random)
    return np.clip(seen, 0.0, 255.0).astype(np.uint8)


def _poorer(seen: Floats, random: np.random.Generator) -> Floats:
    """Blurred, grainy, of another contrast, lit from a side, partly hidden, compressed: each now and then."""
    import cv2

    width, height = SIZE
    if random.random() < 0.3:
        seen = cv2.GaussianBlur(seen, (0, 0), random.uniform(0.3, 1.1))
    if random.random() < 0.3:
        seen = seen + random.normal(0.0, random.uniform(1.0, 10.0), seen.shape) * (0.3 + seen.std() / 40.0)
    if random.random() < 0.4:
        seen = 255.0 * np.clip(seen / 255.0, 0.0, 1.0) ** random.uniform(0.6, 1.6)
    if random.random() < 0.3:
        across, down = np.linspace(-1.0, 1.0, width), np.linspace(-1.0, 1.0, height)[:, None]
        seen = seen * (1.0 + across * random.normal(0.0, 0.3) + down * random.normal(0.0, 0.3))
    if random.random() < 0.1:
        x, y = int(random.integers(width)), int(random.integers(height))
        seen[max(0, y - 3) : y + 3, max(0, x - 4) : x + 4] = random.uniform(0.0, 255.0)
    if random.random() < 0.2:
        quality = int(random.integers(40, 90))
        _, packed = cv2.imencode(".jpg", np.clip(seen, 0.0, 255.0).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
        seen = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    return np.asarray(seen, np.float32)


def first_weights(random: np.random.Generator) -> dict[str, Floats]:
    """Weights to begin with (He et al. 2015)."""

    def normal(shape: tuple[int, ...], fan_in: int) -> Floats:
        return (random.standard_normal(shape) * math.sqrt(2.0 / fan_in)).astype(np.float32)

    weights, before = {}, 1
    for k, count in enumerate(FILTERS, 1):
        weights[f"w{k}"], weights[f"b{k}"] = normal((count, before, 3, 3), 9 * before), np.zeros(count, np.float32)
        before = count
    cells = before * math.ceil(SIZE[0] / 8) * math.ceil(SIZE[1] / 8)
    weights |= {"w4": normal((cells, DENSE), cells), "b4": np.zeros(DENSE, np.float32)}
    weights |= {"w5": 0.1 * normal((DENSE, 2), DENSE), "b5": np.array([0.15, -2.0], np.float32)}
    return weights


def train(eyes: NDArray[np.uint8], gaps: Floats, epochs: int = EPOCHS) -> dict[str, Floats]:
    """The least mean of the gaps' Laplace log-loss, by Adam with a falling rate."""
    import jax
    import jax.numpy as jnp

    def told(weights: Weights, patches: Any, dropped: Any) -> tuple[Any, Any]:
        x = patches
        for k in range(1, len(FILTERS) + 1):
            x = jax.lax.conv_general_dilated(x, weights[f"w{k}"], (2, 2), ((1, 1), (1, 1)), dimension_numbers=_LAYOUT)
            x = jax.nn.relu(x + weights[f"b{k}"][None, :, None, None])
        x = x.reshape(len(x), -1)
        x = jnp.where(jax.random.bernoulli(dropped, _KEEP, x.shape), x / _KEEP, 0.0)
        y = jax.nn.relu(x @ weights["w4"] + weights["b4"]) @ weights["w5"] + weights["b5"]
        return y[:, 0], jnp.clip(y[:, 1], *_LOG_ERROR)

    def loss(weights: Weights, patches: Any, wanted: Any, dropped: Any) -> Any:
        gap, log_error = told(weights, patches, dropped)
        sizes = sum(jnp.sum(w * w) for name, w in weights.items() if name[0] == "w")
        return jnp.mean(jnp.abs(wanted - gap) * jnp.exp(-log_error) + log_error) + _L2 * sizes

    @jax.jit
    def step(weights: Weights, mean: Weights, square: Weights, batch: Any, key: Any, rate: Any, t: Any) -> tuple[Any, ...]:
        slope = jax.grad(loss)(weights, *batch, key)
        mean = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, mean, slope)
        square = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, square, slope)

        def moved(w: Any, m: Any, q: Any) -> Any:
            return w - rate * (m / (1.0 - 0.9**t)) / (jnp.sqrt(q / (1.0 - 0.999**t)) + 1e-7)

        return jax.tree.map(moved, weights, mean, square), mean, square

    random = np.random.default_rng(0)
    weights: Any = jax.tree.map(jnp.asarray, first_weights(random))
    mean = square = jax.tree.map(jnp.zeros_like, weights)
    key, order, t = jax.random.key(1), np.arange(len(eyes)), 0
    steps = epochs * (len(order) // BATCH)
    for epoch in range(epochs):
        random.shuffle(order)
        for start in range(0, len(order) - BATCH + 1, BATCH):
            some, t = order[start : start + BATCH], t + 1
            key, dropped = jax.random.split(key)
            batch = as_input(np.stack([shown(eyes[k], random) for k in some])), gaps[some]
            rate = RATE / 2.0 * (1.0 + math.cos(math.pi * t / steps))
            weights, mean, square = step(weights, mean, square, batch, dropped, rate, float(t))
        print(f"epoch {epoch + 1} of {epochs}", end="\r", flush=True)
    return {name: np.asarray(value) for name, value in weights.items()}


def as_onnx(weights: Mapping[str, Floats]) -> bytes:
    """The network from patches (n, 1, 24, 36) to (n, 2): the gap and the error to be expected of it."""
    nodes, last = [], "eyes"
    for k in range(1, len(FILTERS) + 1):
        nodes += [
            node("Conv", [last, f"w{k}", f"b{k}"], f"conv{k}", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
            node("Relu", [f"conv{k}"], f"seen{k}"),
        ]
        last = f"seen{k}"
    nodes += [
        node("Flatten", [last], "flat", axis=1),
        node("MatMul", ["flat", "w4"], "product4"),
        node("Add", ["product4", "b4"], "sum4"),
        node("Relu", ["sum4"], "dense"),
        node("MatMul", ["dense", "w5"], "product5"),
        node("Add", ["product5", "b5"], "out"),
        node("Max", ["out", "low"], "raised"),
        node("Min", ["raised", "high"], "bounded"),
        node("Exp", ["bounded"], "exp"),
        node("Mul", ["exp", "errors"], "as_error"),
        node("Mul", ["out", "values"], "as_value"),
        node("Add", ["as_value", "as_error"], "told"),
    ]
    constants = [tensor(name, np.round(value, 5).astype(np.float32)) for name, value in weights.items()]
    for name, row in (
        ("low", [_LOG_ERROR[0]] * 2),
        ("high", [_LOG_ERROR[1]] * 2),
        ("values", [1.0, 0.0]),
        ("errors", [0.0, 1.0]),
    ):
        constants.append(tensor(name, np.array([row], np.float32)))
    height, width = SIZE[::-1]
    return model("lids", nodes, constants, ("eyes", ["n", 1, height, width]), ("told", ["n", 2]))


def report(file: Path, eyes: NDArray[np.uint8], gaps: Floats, marks: NDArray[np.float32]) -> None:
    """How the file does on these eyes, beside the landmarks' aspect ratios."""
    import onnxruntime

    session: Any = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    (told,) = session.run(None, {"eyes": as_input(np.stack([shown(eye, None) for eye in eyes]))})
    gap, error = told.T
    off, unit = np.abs(gap - gaps), eye_pictures.EYE_WIDTH_MM
    print(f"gap as a share of {unit:.0f} mm: mean error {off.mean():.3f}, told {error.mean():.3f}")
    shut, open_, sure = gaps < _SHUT, gaps > _OPEN, error <= np.median(error)
    for name, some in (("all", error >= 0.0), ("the surer half", sure), ("the rest", ~sure)):
        by_network, by_marks = auc(gap[some & open_], gap[some & shut]), auc(marks[some & open_], marks[some & shut])
        print(f"AUC of open against shut, {name}: network {by_network:.4f}, landmarks' aspect ratio {by_marks:.4f}")


def main() -> None:
    """Train, write, and say how it does."""
    parser = argparse.ArgumentParser(description="Train lids.onnx.")
    parser.add_argument("eyes", type=Path, nargs="+")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "lids.onnx")
    given = parser.parse_args()
    parts = [np.load(file) for file in given.eyes]
    eyes = np.concatenate([part["patches"] for part in parts])
    person, gap, marks = np.concatenate([part["labels"] for part in parts]).T
    people = np.unique(person)
    if len(people) < _FEWEST_PEOPLE:
        parser.error(f"eyes of {len(people)} people are too few to leave some out; draw {_FEWEST_PEOPLE} or more")
    np.random.default_rng(0).shuffle(people)
    out = np.isin(person, people[: len(people) // 6])
    given.out.write_bytes(as_onnx(train(eyes[~out], gap[~out], given.epochs)))
    print(f"{(~out).sum()} eyes of {len(people) - len(people) // 6} people: {given.out}, {given.out.stat().st_size} bytes")
    print(f"{out.sum()} eyes of the {len(people) // 6} people left out:")
    report(given.out, eyes[out], gap[out], marks[out])


if __name__ == "__main__":
    main()
