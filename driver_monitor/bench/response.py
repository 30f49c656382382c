"""How perception answers: one thing is moved in known steps while all else rests, and truth stands beside reading.

The pictures are rendered, so this says where a reading bends, saturates or is lost on a virtual head, not how right it is on
people.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from itertools import cycle, islice, pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driver_monitor import __version__
from driver_monitor.bench.accuracy.statistics import correlation
from driver_monitor.bench.virtual_driver.camera import Place
from driver_monitor.bench.virtual_driver.pose import Pose, Truth
from driver_monitor.bench.virtual_driver.render import Conditions, VirtualDriver, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.errors import BadUseError
from driver_monitor.model_store import model_path
from driver_monitor.perception.face import measure_face
from driver_monitor.perception.face_landmarks import FaceDetector, MediaPipeFace
from driver_monitor.perception.face_track import FaceTracker
from driver_monitor.settings import Settings
from driver_monitor.signals import NS_PER_S, Angles, CameraFrame, EyeReading, FaceMeasurement

FORMAT = 1
HOLD = 3
"""Pictures a step: in video mode the landmarks lag by one or two; the last one counts."""
_FRAME_NS = NS_PER_S // 30
_BLINK = (0.6, 0.2, 0.0, 0.0, 0.2, 0.6)  # lids of one blink, a picture each: 0.2 s at 30 a second
_REST_PICTURES = 9
_BLINKS_APART = 120  # pictures, 4 s: an alert driver's 15 a minute
_LEARN_S = 5.0  # past the time the own open eye needs


Read: TypeAlias = Callable[[FaceMeasurement, float | None], float | None]
"""What is read off a picture's measurement and the openness the face tracker made of it."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A reading beside the truth it stands for; ``same`` when both are one quantity in one unit."""

    name: str
    truth: str
    unit: str
    true: Callable[[Truth], float]
    read: Read
    same: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """One thing moved in steps: each branch leaves from rest, so that the tracker goes along."""

    name: str
    branches: tuple[tuple[float, ...], ...]
    pose: Callable[[float], Pose]
    quantities: tuple[Quantity, ...]

    def thinned(self, every: int) -> Sweep:
        """Every so many steps of each branch, and its last one."""
        return replace(self, branches=tuple((*b[:-1:every], b[-1]) for b in self.branches))


@dataclass(frozen=True, slots=True)
class Point:
    """Truth and reading of one step; ``None`` where nothing was read."""

    true: float
    read: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The answer of one person's quantity."""

    quantity: str
    person: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """The straight line through a curve, reading = offset + slope x truth, and Pearson's r; ``None`` where none can be laid."""

    person: str
    r: float | None
    slope: float | None
    offset: float | None
    read: int
    lost: int


def _steps(first: float, last: float, step: float) -> tuple[float, ...]:
    return tuple(float(v) for v in np.linspace(first, last, round(abs(last - first) / step) + 1))


def _both_ways(low: float, high: float, step: float) -> tuple[tuple[float, ...], ...]:
    return _steps(0.0, high, step), _steps(-step, low, step)


def _mean_eye(of: Callable[[EyeReading], float]) -> Read:
    def read(face: FaceMeasurement, openness: float | None) -> float | None:
        del openness
        return None if face.left_eye is None or face.right_eye is None else (of(face.left_eye) + of(face.right_eye)) / 2.0

    return read


def _angle(what: Literal["head", "eye_in_head"], axis: Literal["yaw", "pitch", "roll"]) -> Read:
    def read(face: FaceMeasurement, openness: float | None) -> float | None:
        del openness
        angles = face.head if what == "head" else face.eye_in_head
        return None if angles is None else {"yaw": angles.yaw, "pitch": angles.pitch, "roll": angles.roll}[axis]

    return read


def _seen_head(truth: Truth) -> Angles:
    assert truth.head_to_camera is not None  # set by every rendered picture
    return truth.head_to_camera


def _frown(face: FaceMeasurement, openness: float | None) -> float | None:
    del openness
    return (face.face_units["browDownLeft"] + face.face_units["browDownRight"]) / 2.0 if face.face_units else None


def _openness(truth: Truth) -> float:
    return sum(truth.openness) / 2.0


_LIDS, _CLOSED, _TO_CAMERA = "lid gap, share of own", "closed share of own", "head to camera"
SWEEPS: tuple[Sweep, ...] = (
    Sweep(
        "lids",
        (_steps(1.0, 0.0, 1.0 / 12.0),),
        lambda v: Pose(lids=(v, v)),
        (
            Quantity("eye aspect ratio", _LIDS, "", _openness, _mean_eye(lambda e: e.ear)),
            Quantity("blink unit", _CLOSED, "", lambda t: 1.0 - _openness(t), _mean_eye(lambda e: e.blink)),
            Quantity("openness", _LIDS, "", _openness, lambda _, openness: openness, same=True),
        ),
    ),
    Sweep(
        "head yaw",
        _both_ways(-60.0, 60.0, 10.0),
        lambda v: Pose(head=Angles(v, 0.0)),
        (Quantity("head yaw", _TO_CAMERA, "°", lambda t: _seen_head(t).yaw, _angle("head", "yaw"), same=True),),
    ),
    Sweep(
        "head pitch",
        _both_ways(-30.0, 25.0, 5.0),
        lambda v: Pose(head=Angles(0.0, v)),
        (Quantity("head pitch", _TO_CAMERA, "°", lambda t: _seen_head(t).pitch, _angle("head", "pitch"), same=True),),
    ),
    Sweep(
        "head roll",
        _both_ways(-30.0, 30.0, 5.0),
        lambda v: Pose(head=Angles(0.0, 0.0, v)),
        (Quantity("head roll", _TO_CAMERA, "°", lambda t: _seen_head(t).roll, _angle("head", "roll"), same=True),),
    ),
    Sweep(
        "eye yaw",
        _both_ways(-30.0, 30.0, 5.0),
        lambda v: Pose(eyes=Angles(v, 0.0)),
        (Quantity("eye yaw", "eyes in head", "°", lambda t: t.eyes.yaw, _angle("eye_in_head", "yaw"), same=True),),
    ),
    Sweep(
        "eye pitch",
        _both_ways(-30.0, 20.0, 5.0),
        lambda v: Pose(eyes=Angles(0.0, v)),
        (
            Quantity(
                "eye pitch", "eyes in head", "°", lambda t: t.eyes.pitch, _angle("eye_in_head", "pitch"), same=True
            ),
        ),
    ),
    Sweep(
        "mouth",
        (_steps(0.0, 1.0, 0.1),),
        lambda v: Pose(units={"jawOpen": v}),
        (Quantity("mouth ratio", "lip gap over width", "", lambda t: t.mouth_ratio, lambda f, _: f.mouth_ratio, same=True),),
    ),
    Sweep(
        "brows",
        (_steps(0.0, 1.2, 0.1),),
        lambda v: Pose(units={"browDownLeft": v, "browDownRight": v}),
        (Quantity("browDown units", "brows below rest, mm", "", lambda t: -t.brow_mm, _frown),),
    ),
)
QUANTITIES: Mapping[str, Quantity] = {q.name: q for sweep in SWEEPS for q in sweep.quantities}


class _Watched:
    """One person before the camera, seen by the product's landmarks and geometry."""

    def __init__(self, driver: VirtualDriver, place: Place, detector: FaceDetector, settings: Settings) -> None:
        self._driver, self._place, self._detector = driver, place, detector
        self._min_width_px = settings.face.min_eye_width_px
        self._pictures = 0

    def hold(self, pose: Pose, pictures: int = HOLD) -> tuple[list[FaceMeasurement], Truth]:
        """One drawing, with noise of its own, shown as often as asked for: drawing takes longer than reading."""
        image, truth = self._driver.render(pose, Conditions(place=self._place, seed=self._pictures))
        return [self._measure(image) for _ in range(pictures)], truth

    def see(self, pose: Pose) -> FaceMeasurement:
        """One drawing, shown once."""
        return self.hold(pose, 1)[0][0]

    def _measure(self, image: NDArray[np.uint8]) -> FaceMeasurement:
        t_ns = self._pictures * _FRAME_NS
        self._pictures += 1
        return measure_face(t_ns, self._detector.detect(CameraFrame(t_ns, image)), None, self._min_width_px)


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
            self.openness(face)

    def openness(self, face: FaceMeasurement) -> float | None:
        """The next picture's openness."""
        self._pictures += 1
        return self._tracker.step(replace(face, t_ns=self._pictures * _FRAME_NS))[0].eyes.openness


def measure_person(person: str, place: Place = "column", sweeps: Sequence[str] = (), every: int = 1) -> list[Curve]:
    """The curves of one person: all sweeps, or those named; every so many steps."""
    settings = Settings()
    face = settings.face
    driver = virtual_driver(model_path("virtual-driver"), PEOPLE[person])
    detector = MediaPipeFace(
        model_path("face_landmarker"), detection=face.detection_confidence, presence=face.presence_confidence
    )
    try:
        watched = _Watched(driver, place, detector, settings)
        chosen = (sweep.thinned(every) for sweep in SWEEPS if not sweeps or sweep.name in sweeps)
        return [curve for sweep in chosen for curve in _swept(person, sweep, watched, settings)]
    finally:
        detector.close()


def _swept(person: str, sweep: Sweep, watched: _Watched, settings: Settings) -> list[Curve]:
    drive = _Drive(watched, settings) if sweep.name == "lids" else None
    points: dict[str, list[Point]] = {q.name: [] for q in sweep.quantities}
    for branch in sweep.branches:
        watched.hold(Pose())
        for value in branch:
            held, truth = watched.hold(sweep.pose(value))
            openness = [drive.openness(face) for face in held][-1] if drive else None
            for q in sweep.quantities:
                points[q.name].append(Point(q.true(truth), q.read(held[-1], openness)))
    return [Curve(name, person, tuple(sorted(p, key=lambda x: x.true))) for name, p in points.items()]


def line_through(curve: Curve) -> Line:
    """The least-squares line of a curve, over the steps that were read."""
    known = [(p.true, p.read) for p in curve.points if p.read is not None]
    true, read = (np.array(side, np.float64) for side in (zip(*known, strict=True) if known else ((), ())))
    lost = len(curve.points) - len(known)
    if len(known) < 2 or true.std() == 0.0:
        return Line(curve.person, None, None, None, len(known), lost)
    slope, offset = np.polyfit(true, read, 1)
    return Line(curve.person, correlation(true, read), float(slope), float(offset), len(known), lost)


def measure(people: Sequence[str], place: Place, jobs: int, every: int, tell: Callable[[int], None]) -> list[Curve]:
    """The curves of several people, in the order of quantities and people; ``tell`` hears how many people are done."""
    curves: list[Curve] = []
    if min(jobs, len(people)) <= 1:
        for k, person in enumerate(people):
            curves += measure_person(person, place, every=every)
            tell(k + 1)
    else:
        # the lockdown of this process holds for those it starts
        with ProcessPoolExecutor(min(jobs, len(people)), mp_context=get_context("spawn")) as pool:
            waiting = [pool.submit(measure_person, person, place, every=every) for person in people]
            for k, future in enumerate(as_completed(waiting)):
                curves += future.result()
                tell(k + 1)
    names = list(QUANTITIES)
    return sorted(curves, key=lambda c: (names.index(c.quantity), people.index(c.person)))


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity over all people: least and median r, and (least, median, most) of slope and offset."""

    quantity: str
    r_min: float | None
    r_median: float | None
    weakest: str | None
    slope: tuple[float, float, float] | None
    offset: tuple[float, float, float] | None
    read: int
    lost: int


def rows_of(curves: Sequence[Curve]) -> list[Row]:
    """The table; a person without an r (nothing read, or a reading that does not move) counts as r = 0."""
    rows = []
    for name in dict.fromkeys(c.quantity for c in curves):
        lines = [line_through(c) for c in curves if c.quantity == name]
        strengths = [line.r or 0.0 for line in lines]
        weakest = lines[int(np.argmin(strengths))].person
        slopes = [line.slope for line in lines if line.slope is not None]
        offsets = [line.offset for line in lines if line.offset is not None]
        read, lost = sum(line.read for line in lines), sum(line.lost for line in lines)
        middle = float(np.median(strengths))
        rows.append(Row(name, min(strengths), middle, weakest, _spread(slopes), _spread(offsets), read, lost))
    return rows


def closed_at(curves: Sequence[Curve]) -> tuple[float, float, float] | None:
    """The lid gap (share of own; least, median, most over people) below which openness is read as closed by the P80 rule."""
    limit = Settings().eyes.closed_openness
    found = []
    for c in curves:
        known = [(p.true, p.read) for p in c.points if p.read is not None]
        if c.quantity != "openness" or not known or known[0][1] > limit:
            continue
        for (a, low), (b, high) in pairwise(known):
            if low <= limit < high:
                found.append(a + (b - a) * (limit - low) / (high - low))
                break
    return _spread(found)


def _spread(values: Sequence[float]) -> tuple[float, float, float] | None:
    return (min(values), float(np.median(values)), max(values)) if values else None


def chosen_people(text: str) -> list[str]:
    """The people of a list with commas, or all."""
    if text.strip() == "all":
        return list(PEOPLE)
    names = list(dict.fromkeys(n for part in text.split(",") if (n := part.strip())))
    if not names:
        raise BadUseError(f"--people names nobody; give 'all' or some of {', '.join(PEOPLE)}, with commas between")
    for name in names:
        if name not in PEOPLE:
            near = difflib.get_close_matches(name, PEOPLE, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(PEOPLE)}"
            raise BadUseError(f"--people: there is no virtual driver '{name}'; {hint}")
    return names


def as_json(curves: Sequence[Curve], place: Place, every: int) -> dict[str, Any]:
    """The figures as what a JSON file holds."""
    return {
        "format": FORMAT,
        "version": __version__,
        "place": place,
        "every": every,
        "closed_below_gap": closed_at(curves),
        "table": [asdict(row) for row in rows_of(curves)],
        "curves": [
            {
                "quantity": c.quantity,
                "truth": QUANTITIES[c.quantity].truth,
                "unit": QUANTITIES[c.quantity].unit,
                "line": asdict(line_through(c)),
                "points": [[p.true, p.read] for p in c.points],
            }
            for c in curves
        ],
    }


def response_command(
    people: str, place: Place, jobs: int, every: int, json_file: Path | None, html: Path | None, markdown: Path | None
) -> int:
    """The command ``bench response``."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from driver_monitor.bench import response_page
    from driver_monitor.runtime.lockdown import lock_down

    names = chosen_people(people)
    for output in (json_file, html, markdown):
        if output is not None and not output.absolute().parent.is_dir():
            raise BadUseError(f"{output} cannot be written: the folder {output.parent} does not exist; make it first")
    for model in ("virtual-driver", "face_landmarker"):
        model_path(model)
    lock_down()
    bar = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=bar, transient=True, disable=not bar.is_terminal) as progress:
        task = progress.add_task("people", total=len(names))
        curves = measure(names, place, jobs, every, lambda done: progress.update(task, completed=done))
    # a pipe has no width: lines must not be broken there
    response_page.show(Console(width=None if sys.stdout.isatty() else 200, highlight=False), curves, place)
    command = f"driver-monitor bench response --people {people} --place {place}" + (f" --every {every}" if every > 1 else "")
    if json_file is not None:
        _write(json_file, json.dumps(as_json(curves, place, every), indent=1, ensure_ascii=False) + "\n")
    if html is not None:
        _write(html, response_page.page(curves, place))
    if markdown is not None:
        shown = f"{command} --markdown {markdown.name if markdown.is_absolute() else markdown}"
        _write(markdown, response_page.as_markdown(curves, place, shown))
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise BadUseError(f"{path} cannot be written ({problem.strerror or problem}); give another file") from None
