"""A small convolutional network that looks at one eye: how it is trained, and its file. What it is to tell is the callers'.

Needs JAX (``pip install jax``; 0.10.2 was used), which nothing else here does. The chance in it is seeded; another processor may
still round otherwise.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor.perception.eye_patches import SIZE, SPAN, as_input, cut_out
from models.training import eye_pictures
from models.training.onnx_file import model, node, tensor

FILTERS = (12, 24, 32)
EPOCHS, BATCH, RATE = 60, 128, 2e-3
_L2, _KEEP = 1e-5, 0.8
_FACTS_NOISE = 0.07
_LOG_ERROR = (-5.0, 1.0)
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


def first_weights(random: np.random.Generator, *, facts: int = 0, dense: int = 32, middle: float = 0.0) -> dict[str, Floats]:
    """Weights to begin with (He et al. 2015), of a network that is given so many ``facts`` beside the picture."""

    def normal(shape: tuple[int, ...], fan_in: int) -> Floats:
        return (random.standard_normal(shape) * math.sqrt(2.0 / fan_in)).astype(np.float32)

    weights, before = {}, 1
    for k, count in enumerate(FILTERS, 1):
        weights[f"w{k}"], weights[f"b{k}"] = normal((count, before, 3, 3), 9 * before), np.zeros(count, np.float32)
        before = count
    cells = before * math.ceil(SIZE[0] / 8) * math.ceil(SIZE[1] / 8) + facts
    weights |= {"w4": normal((cells, dense), cells), "b4": np.zeros(dense, np.float32)}
    weights |= {"w5": 0.1 * normal((dense, 2), dense), "b5": np.array([middle, -2.0], np.float32)}
    return weights


def train(first: Mapping[str, Floats], eyes: NDArray[np.uint8], facts: Floats, wanted: Floats, epochs: int) -> dict[str, Floats]:
    """The least mean of the Laplace log-loss of ``wanted`` (n), by Adam with a falling rate; ``facts`` (n, 0 or more)."""
    import jax
    import jax.numpy as jnp

    def told(weights: Weights, patches: Any, about: Any, dropped: Any) -> tuple[Any, Any]:
        x = patches
        for k in range(1, len(FILTERS) + 1):
            x = jax.lax.conv_general_dilated(x, weights[f"w{k}"], (2, 2), ((1, 1), (1, 1)), dimension_numbers=_LAYOUT)
            x = jax.nn.relu(x + weights[f"b{k}"][None, :, None, None])
        x = x.reshape(len(x), -1)
        x = jnp.concatenate([jnp.where(jax.random.bernoulli(dropped, _KEEP, x.shape), x / _KEEP, 0.0), about], axis=1)
        y = jax.nn.relu(x @ weights["w4"] + weights["b4"]) @ weights["w5"] + weights["b5"]
        return y[:, 0], jnp.clip(y[:, 1], *_LOG_ERROR)

    def loss(weights: Weights, patches: Any, about: Any, due: Any, dropped: Any) -> Any:
        value, log_error = told(weights, patches, about, dropped)
        sizes = sum(jnp.sum(w * w) for name, w in weights.items() if name[0] == "w")
        return jnp.mean(jnp.abs(due - value) * jnp.exp(-log_error) + log_error) + _L2 * sizes

    @jax.jit
    def step(weights: Weights, mean: Weights, square: Weights, batch: Any, key: Any, rate: Any, t: Any) -> tuple[Any, ...]:
        slope = jax.grad(loss)(weights, *batch, key)
        mean = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, mean, slope)
        square = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, square, slope)

        def moved(w: Any, m: Any, q: Any) -> Any:
            return w - rate * (m / (1.0 - 0.9**t)) / (jnp.sqrt(q / (1.0 - 0.999**t)) + 1e-7)

        return jax.tree.map(moved, weights, mean, square), mean, square

    random = np.random.default_rng(0)
    weights: Any = jax.tree.map(jnp.asarray, dict(first))
    mean = square = jax.tree.map(jnp.zeros_like, weights)
    key, order, t = jax.random.key(1), np.arange(len(eyes)), 0
    steps = epochs * (len(order) // BATCH)
    for epoch in range(epochs):
        random.shuffle(order)
        for start in range(0, len(order) - BATCH + 1, BATCH):
            some, t = order[start : start + BATCH], t + 1
            key, dropped = jax.random.split(key)
            patches = as_input(np.stack([shown(eyes[k], random) for k in some]))
            about = facts[some] + random.normal(0.0, _FACTS_NOISE, facts[some].shape).astype(np.float32)
            rate = RATE / 2.0 * (1.0 + math.cos(math.pi * t / steps))
            weights, mean, square = step(weights, mean, square, (patches, about, wanted[some]), dropped, rate, float(t))
        print(f"epoch {epoch + 1} of {epochs}", end="\r", flush=True)
    return {name: np.asarray(value) for name, value in weights.items()}


def as_onnx(name: str, weights: Mapping[str, Floats], *, facts: int = 0, unit: float = 1.0) -> bytes:
    """The network from ``eyes`` (n, 1, 24, 36), and ``facts`` if any, to ``told`` (n, 2): value and error, times ``unit``."""
    nodes, last = [], "eyes"
    for k in range(1, len(FILTERS) + 1):
        nodes += [
            node("Conv", [last, f"w{k}", f"b{k}"], f"conv{k}", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
            node("Relu", [f"conv{k}"], f"seen{k}"),
        ]
        last = f"seen{k}"
    nodes.append(node("Flatten", [last], "flat", axis=1))
    if facts:
        nodes.append(node("Concat", ["flat", "facts"], "all", axis=1))
    nodes += [
        node("MatMul", ["all" if facts else "flat", "w4"], "product4"),
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
    constants = [tensor(key, np.round(value, 5).astype(np.float32)) for key, value in weights.items()]
    for key, row in (
        ("low", [_LOG_ERROR[0]] * 2),
        ("high", [_LOG_ERROR[1]] * 2),
        ("values", [unit, 0.0]),
        ("errors", [0.0, unit]),
    ):
        constants.append(tensor(key, np.array([row], np.float32)))
    takes: list[tuple[str, list[int | str]]] = [("eyes", ["n", 1, *SIZE[::-1]])]
    if facts:
        takes.append(("facts", ["n", facts]))
    return model(name, nodes, constants, takes, ("told", ["n", 2]))


def given(what: str, out: Path) -> tuple[argparse.Namespace, NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]:
    """The command line, the drawn eyes, what is known of each, and who is left out: a sixth of the people."""
    parser = argparse.ArgumentParser(description=f"Train {what}.")
    parser.add_argument("eyes", type=Path, nargs="+")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=Path, default=out)
    options = parser.parse_args()
    parts = [np.load(file) for file in options.eyes]
    eyes = np.concatenate([part["patches"] for part in parts])
    labels = np.concatenate([part["labels"] for part in parts])
    people = np.unique(labels[:, 0])
    if len(people) < _FEWEST_PEOPLE:
        parser.error(f"eyes of {len(people)} people are too few to leave some out; draw {_FEWEST_PEOPLE} or more")
    np.random.default_rng(0).shuffle(people)
    return options, eyes, labels, np.isin(labels[:, 0], people[: len(people) // 6])


def told_by(file: Path, eyes: NDArray[np.uint8], facts: Floats) -> Floats:
    """What the file says of these eyes, (n, 2)."""
    import onnxruntime

    session: Any = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    takes = {"eyes": as_input(np.stack([shown(eye, None) for eye in eyes]))} | ({"facts": facts} if facts.shape[1] else {})
    (told,) = session.run(None, takes)
    return np.asarray(told, np.float32)
