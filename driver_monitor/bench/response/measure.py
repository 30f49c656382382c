"""Draws the sweeps and reads them by the product's own perception."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import cycle, islice
from multiprocessing import get_context
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.response.curves import Curve, Point
from driver_monitor.bench.response.sweeps import QUANTITIES, SWEEPS, Sweep
from driver_monitor.bench.virtual_driver.camera import Place
from driver_monitor.bench.virtual_driver.light import LIGHTS, LightKind
from driver_monitor.bench.virtual_driver.pose import Pose, Truth
from driver_monitor.bench.virtual_driver.render import Conditions, VirtualDriver, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.model_store import model_path
from driver_monitor.perception.eye_looks import EyeLooks
from driver_monitor.perception.eye_patches import EyeLook
from driver_monitor.perception.face import measure_face
from driver_monitor.perception.face_landmarks import FaceDetector
from driver_monitor.perception.face_landmarks.choice import open_face
from driver_monitor.perception.face_track import FaceTrack, FaceTracker
from driver_monitor.settings import Settings
from driver_monitor.signals import NS_PER_S, CameraFrame, FaceMeasurement

HOLD = 3
"""Pictures a step: in video mode the landmarks lag by one or two; the last one counts."""
_FRAME_NS = NS_PER_S // 30
_BLINK = (0.6, 0.2, 0.0, 0.0, 0.2, 0.6)  # lids of one blink, a picture each: 0.2 s at 30 a second
_REST_PICTURES = 9
_BLINKS_APART = 120  # pictures, 4 s: an alert driver's 15 a minute
_LEARN_S = 5.0  # past the time the own open eye needs


@dataclass(frozen=True, slots=True)
class Scene:
    """What is the same in all pictures: where the camera sits, what is worn before the eyes, the light."""

    place: Place = "column"
    glasses: Literal["none", "clear", "dark"] = "none"
    light: LightKind = "day"

    def __str__(self) -> str:
        worn = "no glasses" if self.glasses == "none" else f"{self.glasses} glasses"
        return f"camera at {self.place.replace('_', '-')}, {worn}, {self.light.replace('_', ' ')}"


class _Watched:
    """One person before the camera, seen by the product's landmarks and geometry."""

    def __init__(
        self, driver: VirtualDriver, scene: Scene, detector: FaceDetector, eyes: EyeLook, settings: Settings
    ) -> None:
        self._driver, self._scene, self._detector, self._eyes = driver, scene, detector, eyes
        self._min_width_px = settings.face.min_eye_width_px
        self._pictures = 0

    def hold(self, pose: Pose, pictures: int = HOLD) -> tuple[list[FaceMeasurement], Truth]:
        """One drawing, with noise of its own, shown as often as asked for: drawing takes longer than reading."""
        scene = self._scene
        conditions = Conditions(place=scene.place, light=LIGHTS[scene.light], seed=self._pictures)
        image, truth = self._driver.render(pose, conditions)
        return [self._measure(image) for _ in range(pictures)], truth

    def see(self, pose: Pose) -> FaceMeasurement:
        """One drawing, shown once."""
        return self.hold(pose, 1)[0][0]

    def _measure(self, image: NDArray[np.uint8]) -> FaceMeasurement:
        t_ns = self._pictures * _FRAME_NS
        self._pictures += 1
        found = self._detector.detect(CameraFrame(t_ns, image))
        face = measure_face(t_ns, found, None, self._min_width_px)
        return face if found is None else self._eyes.look(image, found, face)


class _Drive:
    """What the face tracker knows after a minute: the own open eye, the own blinks, the own straight-ahead."""

    def __init__(self, watched: _Watched, settings: Settings) -> None:
        rest = [watched.see(Pose()) for _ in range(HOLD + _REST_PICTURES)][HOLD:]
        blink = [watched.see(Pose(lids=(lid, lid))) for lid in (*_BLINK, 1.0, 1.0)]
        self._tracker = FaceTracker(settings)
        self._pictures = 0
        # the few pictures' readings over and over: drawing a whole minute would show the same
        period = [*islice(cycle(rest), _BLINKS_APART - len(blink)), *blink]
        for face in islice(cycle(period), round((settings.eyes.baseline_s + _LEARN_S) * NS_PER_S / _FRAME_NS)):
            self.see(face)

    def see(self, face: FaceMeasurement) -> FaceTrack:
        """The next picture."""
        self._pictures += 1
        return self._tracker.step(replace(face, t_ns=self._pictures * _FRAME_NS))[0]


def measure_person(person: str, scene: Scene = Scene(), sweeps: Sequence[str] = (), every: int = 1) -> list[Curve]:
    """The curves of one person: all sweeps, or those named; every so many steps."""
    settings = Settings()
    driver = virtual_driver(model_path("virtual-driver"), PEOPLE[person].wearing(glasses=scene.glasses))
    detector = open_face(model_path("face_landmarker"), settings.face)
    try:
        watched = _Watched(driver, scene, detector, EyeLooks(model_path), settings)
        chosen = (sweep.thinned(every) for sweep in SWEEPS if not sweeps or sweep.name in sweeps)
        return [curve for sweep in chosen for curve in _swept(person, sweep, watched, settings)]
    finally:
        detector.close()


def _swept(person: str, sweep: Sweep, watched: _Watched, settings: Settings) -> list[Curve]:
    drive = _Drive(watched, settings) if sweep.tracked else None
    points: dict[str, list[Point]] = {q.name: [] for q in sweep.quantities}
    for branch in sweep.branches:
        watched.hold(Pose())
        for value in branch:
            held, truth = watched.hold(sweep.pose(value))
            # the lids have come to rest by the last one
            track = [drive.see(face) for face in (*held, *held[-1:] * _REST_PICTURES)][-1] if drive else None
            for q in sweep.quantities:
                points[q.name].append(Point(q.true(truth), q.read(held[-1], track)))
    return [Curve(name, person, tuple(sorted(p, key=lambda x: x.true))) for name, p in points.items()]


def measure(people: Sequence[str], scene: Scene, jobs: int, every: int, tell: Callable[[int], None]) -> list[Curve]:
    """The curves of several people, in the order of quantities and people; ``tell`` hears how many people are done."""
    curves: list[Curve] = []
    if min(jobs, len(people)) <= 1:
        for k, person in enumerate(people):
            curves += measure_person(person, scene, every=every)
            tell(k + 1)
    else:
        # the lockdown of this process holds for those it starts
        with ProcessPoolExecutor(min(jobs, len(people)), mp_context=get_context("spawn")) as pool:
            waiting = [pool.submit(measure_person, person, scene, every=every) for person in people]
            for k, future in enumerate(as_completed(waiting)):
                curves += future.result()
                tell(k + 1)
    names = list(QUANTITIES)
    return sorted(curves, key=lambda c: (names.index(c.quantity), people.index(c.person)))
