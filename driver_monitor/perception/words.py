"""A few phrases that say how the driver feels. What was said is never text here: a phrase becomes its topic at once.

A :class:`Spotter` hears only stretches of speech, so that road noise costs nothing and finds nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import SettingsError
from driver_monitor.resources import config_dir
from driver_monitor.signals import Event, nanoseconds

Topic: TypeAlias = Literal["tired", "break", "stop", "swearing"]
TOPICS: tuple[Topic, ...] = get_args(Topic)

BEFORE = 12
"""Blocks of 32 ms from before the speech detector woke: a first word's beginning is in them."""

AGAIN_S = 2.0
"""One topic is told once in so long: a phrase may be found twice in one sentence."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase to listen for; ``threshold`` is the spotter's own, smaller finds more, and more that is not there."""

    topic: Topic
    text: str
    threshold: str


class Spotter(Protocol):
    """Finds phrases in speech: 16 kHz float32 samples in [-1, 1] in, topics out with the seconds since each began."""

    def begin(self) -> None:
        """A stretch of speech begins."""

    def step(self, samples: NDArray[np.float32]) -> Sequence[tuple[Topic, float]]:
        """What the next samples complete."""

    def end(self) -> Sequence[tuple[Topic, float]]:
        """The stretch is over: what is still found."""


class Words:
    """Feeds a spotter the stretches of speech, and tells topics as ``keyword`` events."""

    def __init__(self, spotter: Spotter) -> None:
        self._spotter = spotter
        self._before: deque[NDArray[np.float32]] = deque(maxlen=BEFORE)
        self._listening = False
        self._told: dict[Topic, int] = {}

    def step(self, t_ns: int, block: NDArray[np.float32], speaking: bool) -> list[Event]:
        """Take the block that ends at ``t_ns``; ``speaking`` as the speech detector has it."""
        if not speaking:
            out = self.stop(t_ns)
            self._before.append(block)
            return out
        if not self._listening:
            self._listening = True
            self._spotter.begin()
            for earlier in self._before:
                self._spotter.step(earlier)
            self._before.clear()
        return self._events(t_ns, self._spotter.step(block))

    def stop(self, t_ns: int) -> list[Event]:
        """Nobody speaks any more."""
        if not self._listening:
            return []
        self._listening = False
        return self._events(t_ns, self._spotter.end())

    def restart(self) -> None:
        """The sound was broken off: what came before it is no part of what comes now."""
        self._before.clear()
        if self._listening:
            self._listening = False
            self._spotter.end()

    def _events(self, t_ns: int, found: Sequence[tuple[Topic, float]]) -> list[Event]:
        events = []
        for topic, ago_s in found:
            last_ns = self._told.get(topic)
            if last_ns is None or t_ns - last_ns >= nanoseconds(AGAIN_S):
                self._told[topic] = t_ns
                events.append(Event(t_ns, "keyword", t_ns - nanoseconds(ago_s), t_ns, (("about", topic),)))
        return events


def find_phrases(name: str) -> Path:
    """Find a list of phrases by its path, or by its name among the configs."""
    for place in (Path(name), config_dir() / name):
        if place.is_file():
            return place
    raise SettingsError(f"[words] phrases: there is no file '{name}', here or among the configs; give the path of a list")


def read_phrases(path: Path) -> list[Phrase]:
    """Read a list: ``topic | phrase | threshold`` a line, ``#`` begins a remark."""
    phrases = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in line.partition("#")[0].split("|")]
        if cells == [""]:
            continue
        if len(cells) != 3 or cells[0] not in TOPICS or not cells[1] or not _positive(cells[2]):
            raise SettingsError(
                f"{path} line {number}: 'topic | phrase | threshold' is wanted, the topic one of {', '.join(TOPICS)}"
            )
        phrases.append(Phrase(next(t for t in TOPICS if t == cells[0]), cells[1].lower(), cells[2]))
    if not phrases:
        raise SettingsError(f"{path} holds no phrases; give at least one")
    return phrases


def _positive(text: str) -> bool:
    try:
        return float(text) > 0.0
    except ValueError:
        return False
