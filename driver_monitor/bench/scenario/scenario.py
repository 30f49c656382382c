"""A scenario on the virtual driver: pictures with their truth, and all samples as the live loop would get them."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.scenario.played import Played, Shot
from driver_monitor.bench.scenario.script import Script
from driver_monitor.bench.senses import vehicle, voice
from driver_monitor.bench.virtual_driver.pose import Pose, Truth
from driver_monitor.bench.virtual_driver.render import VirtualDriver, virtual_driver
from driver_monitor.signals import (
    AudioChunk,
    ButtonPress,
    CameraFrame,
    CanFrame,
    HeartBeat,
    Sample,
    nanoseconds,
    seconds,
)

_CHUNK_S = 0.032
_BLOCK = 24  # pictures a worker draws at a time
_ORDER: dict[type, int] = {kind: k for k, kind in enumerate((CanFrame, HeartBeat, ButtonPress, AudioChunk, CameraFrame))}


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture and what it shows; ``zone`` is what the driver meant to look at."""

    t_ns: int
    image: NDArray[np.uint8]
    truth: Truth
    zone: str


class Scenario:
    """A script with the head that plays it.

    Parameters
    ----------
    script
        What is done.
    asset
        The virtual driver's head (the model ``virtual-driver``); only pictures and geometric truth need it.
    """

    def __init__(self, script: Script, asset: Path) -> None:
        self.script = script
        self.asset = asset

    @classmethod
    def load(cls, path: Path, asset: Path) -> Scenario:
        """Read a scenario file."""
        return cls(Script.load(path), asset)

    @cached_property
    def played(self) -> Played:
        """The script's figures in time."""
        return Played(self.script)

    def poses(self) -> Iterator[tuple[int, Pose]]:
        """The driver at the time of each picture."""
        for shot in self.played.shots:
            yield shot.t_ns, self.played.pose(shot.t_ns)

    def truth(self) -> Iterator[tuple[int, Truth]]:
        """What is true at the time of each picture, measured on the mesh; nothing is drawn."""
        for shot in self.played.shots:
            yield shot.t_ns, self._driver.truth(self.played.pose(shot.t_ns), self.played.conditions(shot))

    def frames(self, workers: int = 1) -> Iterator[Frame]:
        """The pictures in time order. Each is settled by the script alone, so any number of workers gives the same ones."""
        shots = self.played.shots
        if workers <= 1:
            before: Frame | None = None
            for shot in shots:
                before = self._frame(shot, before)
                yield before
            return
        blocks = [shots[k : k + _BLOCK] for k in range(0, len(shots), _BLOCK)]
        spawn = get_context("spawn")  # a fork would copy the threads of the model runtimes
        with ProcessPoolExecutor(workers, spawn, _start_worker, (self.script, self.asset)) as pool:
            waiting = [pool.submit(_draw, block) for block in blocks[: workers + 1]]
            for k in range(len(blocks)):
                yield from waiting.pop(0).result()
                if k + workers + 1 < len(blocks):
                    waiting.append(pool.submit(_draw, blocks[k + workers + 1]))

    def samples(self, workers: int = 1) -> Iterator[Sample]:
        """All that the sensors would send, in time order, without ticks; pictures are drawn as they are asked for."""
        streams: list[Iterator[Sample]] = [self._pictures(workers), self._beats(), self._presses()]
        if self.script.drive.on:
            streams.append(self._bus())
        if self.script.sound.on:
            streams.append(self._chunks())
        yield from heapq.merge(*streams, key=lambda s: (s.t_ns, _ORDER[type(s)]))

    @property
    def _driver(self) -> VirtualDriver:
        return virtual_driver(self.asset, self.script.subject)

    def _frame(self, shot: Shot, before: Frame | None) -> Frame:
        played = self.played
        zone = played.zone(seconds(shot.t_ns))
        conditions = played.conditions(shot)
        if shot.shows_number == shot.number:
            image, truth = self._driver.render(played.pose(shot.t_ns), conditions)
            return Frame(shot.t_ns, image, truth, zone)
        # a frozen camera repeats its picture; what is true goes on
        truth = self._driver.truth(played.pose(shot.t_ns), conditions)
        if before is None:
            image, _ = self._driver.render(played.pose(shot.shows_ns), conditions)
        else:
            image = before.image
        return Frame(shot.t_ns, image, truth, zone)

    def _pictures(self, workers: int) -> Iterator[Sample]:
        for frame in self.frames(workers):
            yield CameraFrame(frame.t_ns, frame.image)

    def _beats(self) -> Iterator[Sample]:
        if self.script.heart.over == "csv":
            for beat in self.played.beats:
                yield HeartBeat(nanoseconds(beat.t_s), rr_ms=beat.rr_ms)

    def _presses(self) -> Iterator[Sample]:
        for t_s in sorted(self.played.tracks.presses):
            yield ButtonPress(nanoseconds(t_s))

    def _bus(self) -> Iterator[Sample]:
        beats = self.played.beats if self.script.heart.over == "can" else []
        yield from vehicle.frames(self.played.tracks, self.played.drive, beats)

    def _chunks(self) -> Iterator[Sample]:
        sound, size = self.played.sound, math.ceil(_CHUNK_S * voice.RATE_HZ)
        for start in range(0, len(sound) - size + 1, size):
            yield AudioChunk(nanoseconds((start + size) / voice.RATE_HZ), sound[start : start + size], voice.RATE_HZ)


_worker: dict[str, Any] = {}


def _start_worker(script: Script, asset: Path) -> None:
    import cv2

    cv2.setNumThreads(1)
    _worker["scenario"] = Scenario(script, asset)


def _draw(shots: list[Shot]) -> list[Frame]:
    scenario: Scenario = _worker["scenario"]
    drawn: list[Frame] = []
    for shot in shots:
        drawn.append(scenario._frame(shot, drawn[-1] if drawn else None))
    return drawn
