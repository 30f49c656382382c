"""Figures of merit and their 95 % intervals. The bootstrap's seed is fixed, so a figure can be had again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

T = TypeVar("T")
Span: TypeAlias = tuple[float, float]
"""Start and end, s."""

SEED = 20260101
DRAWS = 1000
FEWEST = 5
"""With fewer people or clips a bootstrap says nothing, so the range stands in its place."""

_Z95 = 1.959964


def auc(positive: ArrayLike, negative: ArrayLike) -> float | None:
    """Chance that a positive scores above a negative, ties half (Mann & Whitney); ``None`` when a side is empty."""
    up, down = np.asarray(positive, np.float64), np.asarray(negative, np.float64)
    if not up.size or not down.size:
        return None
    _, place, count = np.unique(np.concatenate((up, down)), return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2.0)[place]
    return float((rank[: up.size].sum() - up.size * (up.size + 1) / 2.0) / (up.size * down.size))


def wilson(hits: int, n: int) -> Span | None:
    """95 % interval of a proportion (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    if n == 0:
        return None
    share, z2 = hits / n, _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap(units: Sequence[T], statistic: Callable[[list[T]], float | None]) -> Span | None:
    """95 % percentile interval of ``statistic`` over ``units`` (people, clips, pictures) drawn with replacement.

    ``None`` when there are fewer than ``FEWEST`` of them, or when all agree.
    """
    if len(units) < FEWEST:
        return None
    rng = np.random.default_rng(SEED)
    values = [statistic([units[k] for k in rng.integers(0, len(units), len(units))]) for _ in range(DRAWS)]
    known = [v for v in values if v is not None]
    if len(known) < DRAWS // 2:
        return None
    low, high = np.percentile(known, (2.5, 97.5))
    # where all units agree, drawing from them says nothing
    return (float(low), float(high)) if low < high else None


def mean(values: Iterable[float]) -> float | None:
    """The mean, ``None`` of nothing."""
    array = np.fromiter(values, np.float64)
    return float(array.mean()) if array.size else None


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Pearson's r, ``None`` where one side does not vary."""
    if a.size < 2 or a.std() == 0.0 or b.std() == 0.0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def match(truth: Sequence[Span], found: Sequence[Span], tolerance_s: float) -> list[tuple[int, int]]:
    """Pairs (index of truth, index of found) that overlap within the tolerance, each used once, the closest pairs first."""
    apart = [
        (max(a, c) - min(b, d), i, j)  # below 0: they overlap by this
        for i, (a, b) in enumerate(truth)
        for j, (c, d) in enumerate(found)
        if max(a, c) - min(b, d) <= tolerance_s
    ]
    pairs: list[tuple[int, int]] = []
    for _, i, j in sorted(apart):
        if all(i != k and j != m for k, m in pairs):
            pairs.append((i, j))
    return sorted(pairs)
