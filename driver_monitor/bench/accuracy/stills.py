"""Single pictures through the face landmarks, each with a tracker that has seen nothing before."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell, over_units, share
from driver_monitor.bench.accuracy.statistics import auc, bootstrap, correlation, wilson
from driver_monitor.bench.accuracy.tables import file_beside, number, rows
from driver_monitor.errors import RecordingError
from driver_monitor.perception.expression_network import ExpressionLooks, ExpressionNetwork
from driver_monitor.perception.face import head_angles, measure_face
from driver_monitor.settings import Settings
from driver_monitor.signals import NS_PER_S, CameraFrame, FaceMeasurement

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SETTLED = 4  # in video mode the landmarks follow a still face within so many pictures


def read_picture(path: Path) -> NDArray[np.uint8]:
    """A picture file as RGB."""
    import cv2

    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise RecordingError(f"{path} is no picture that can be read; give the whole data set")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def measure_picture(
    image: NDArray[np.uint8], settings: Settings, hold: int = 1, network: ExpressionNetwork | None = None
) -> FaceMeasurement:
    """One picture through the product's landmarks, geometry and ``network``, the last of ``hold`` showings."""
    from driver_monitor.model_store import model_path
    from driver_monitor.perception.face_landmarks.choice import open_face

    finder = open_face(model_path("face_landmarker"), settings.face)
    try:
        found = [finder.detect(CameraFrame(k * NS_PER_S // 30, image)) for k in range(hold)][-1]
    finally:
        finder.close()
    face = measure_face(0, found, None, settings.face.min_eye_width_px)
    if network is None or found is None:
        return face
    return ExpressionLooks(network, settings.face.usable_yaw_deg).look(CameraFrame(0, image), found, face)


def yawns(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Yawning against talking, smiling and quiet faces by the mouth ratio."""
    table = folder / "labels.csv"
    labels = rows(table, "file", "label", "subject_cluster")
    people: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    misses: list[str] = []
    unseen = {True: 0, False: 0}
    for k, row in enumerate(labels):
        tell(k, len(labels))
        yawn = row["label"] == "yawn"
        ratio = measure_picture(read_picture(file_beside(table, row["file"])), settings).mouth_ratio
        if ratio is None:
            unseen[yawn] += 1
            misses.append(f"{row['file']}: no face found")
            continue
        people[row["subject_cluster"]].append((yawn, ratio))
        if (ratio >= settings.mouth.open_ratio) != yawn:
            misses.append(f"{row['file']}: mouth ratio {ratio:.2f}, labelled {row['label']}")
    units = list(people.values())

    def area(drawn: list[list[tuple[bool, float]]]) -> float | None:
        return auc([r for u in drawn for y, r in u if y], [r for u in drawn for y, r in u if not y])

    def above(limit: float, yawning: bool, drawn: list[list[tuple[bool, float]]]) -> float | None:
        chosen = [r >= limit for u in drawn for y, r in u if y == yawning]
        return sum(chosen) / len(chosen) if chosen else None

    n_yawn = sum(y for u in units for y, _ in u)
    n_other = sum(not y for u in units for y, _ in u)
    by = "bootstrap over people"
    counts = {"yawning": n_yawn, "not": n_other, "people": len(units)}
    figures = [
        share("face found, yawning", n_yawn, n_yawn + unseen[True], "pictures"),
        share("face found, not yawning", n_other, n_other + unseen[False], "pictures"),
        Figure("AUC of the mouth ratio", area(units), bootstrap(units, area), by, counts),
    ]
    for word, limit in (("open", settings.mouth.open_ratio), ("wide", settings.mouth.wide_ratio)):
        for yawning, what, n in ((True, "yawning", n_yawn), (False, "not yawning", n_other)):

            def rate(drawn: list[list[tuple[bool, float]]], limit: float = limit, yawning: bool = yawning) -> float | None:
                return above(limit, yawning, drawn)

            name = f"{what}: mouth {word} (ratio ≥ {limit:g})"
            value, interval, how = rate(units), bootstrap(units, rate), by
            if interval is None and value is not None:
                # all agree: as if each person were one picture, which is on the safe side
                asked = sum(any(y == yawning for y, _ in u) for u in units)
                interval, how = wilson(round(value * asked), asked), "Wilson over people"
            figures.append(Figure(name, value, interval, how, {what: n, "people": len(units)}))
    return Outcome(
        "yawdd_images",
        "Yawning in stills of drivers (YawDD)",
        "Inner-lip gap over mouth width of each picture against its label; pictures in which no face was found are counted "
        "apart. A still has no duration, so this is the measurement behind a yawn, not the yawn event.",
        figures,
        misses=misses,
    )


def annotated_rotation(pitch_deg: float, yaw_deg: float, roll_deg: float) -> NDArray[np.float64]:
    """The rotation an AFLW2000 annotation stands for (300W-LP's ``R_x R_y R_z`` of the negative angles)."""
    (cx, sx), (cy, sy), (cz, sz) = ((np.cos(a), np.sin(a)) for a in np.radians((pitch_deg, yaw_deg, roll_deg)))
    about_x = np.array([[1, 0, 0], [0, cx, sx], [0, -sx, cx]])
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    about_z = np.array([[cz, sz, 0], [-sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_x @ about_y @ about_z, np.float64)


def head_pose(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Head angles against annotated ones."""
    table = folder / "labels.csv"
    labels = rows(table, "file", "pitch_deg", "yaw_deg", "roll_deg")
    errors: list[tuple[float, tuple[float, ...]]] = []
    pairs: list[tuple[tuple[float, ...], tuple[float, ...]]] = []
    misses: list[str] = []
    lost: list[str] = []
    for k, row in enumerate(labels):
        tell(k, len(labels))
        annotated = head_angles(annotated_rotation(*(number(table, row, f"{axis}_deg") for axis in ("pitch", "yaw", "roll"))))
        truth = (annotated.yaw, annotated.pitch, annotated.roll)
        head = measure_picture(read_picture(file_beside(table, row["file"])), settings, _SETTLED).head
        if head is None:
            lost.append(f"yaw {truth[0]:.0f}°, pitch {truth[1]:.0f}°, roll {truth[2]:.0f}°")
            misses.append(f"{row['file']}: no face found ({lost[-1]})")
            continue
        got = (head.yaw, head.pitch, head.roll)
        pairs.append((truth, got))
        off = tuple(g - t for g, t in zip(got, truth, strict=True))
        errors.append((abs(truth[0]), off))
        if max(map(abs, off)) > 10.0:
            words = (f"{a} {t:.0f}° read as {g:.0f}°" for a, t, g in zip(("yaw", "pitch", "roll"), truth, got, strict=True))
            misses.append(f"{row['file']}: {', '.join(words)}")
    figures = [
        share("face found", len(pairs), len(labels), "pictures"),
        over_units("all three angles, mean absolute error", [sum(map(abs, off)) / 3.0 for _, off in errors], "pictures", "°"),
    ]
    limit = settings.face.usable_yaw_deg
    for axis, name in enumerate(("yaw", "pitch", "roll")):
        figures.append(over_units(f"{name}, mean absolute error", [abs(off[axis]) for _, off in errors], "pictures", "°"))
        near = [abs(off[axis]) for yaw, off in errors if yaw <= limit]
        figures.append(over_units(f"{name}, the same up to {limit:g}° of yaw", near, "pictures", "°"))

        def r(drawn: list[tuple[tuple[float, ...], tuple[float, ...]]], axis: int = axis) -> float | None:
            return correlation(np.array([t[axis] for t, _ in drawn]), np.array([g[axis] for _, g in drawn]))

        counts = {"pictures": len(pairs)}
        figures.append(Figure(f"{name}, correlation", r(pairs), bootstrap(pairs, r), "bootstrap over pictures", counts))
    return Outcome(
        "headpose",
        "Head pose in stills (AFLW2000)",
        "Head attitude of each picture against the annotated one, both as rotations read in the product's angles (yaw + to the "
        "person's left, pitch + up, roll + to the person's right shoulder), once the landmarks have settled on it. One picture "
        "of each person: the offset that the product learns for each driver is not taken off.",
        figures,
        notes=[f"No face found in: {'; '.join(lost)}."] if lost else [],
        misses=misses,
    )
