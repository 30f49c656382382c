"""Small data sets made here, of which the truth is known, through the measurements."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from driver_monitor.bench.accuracy import blink_runs, bus, expressions, eyelids, hearts, stills, voices
from driver_monitor.bench.accuracy.outcome import Figure, Outcome
from driver_monitor.errors import RecordingError
from driver_monitor.perception.face import head_angles
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, FaceMeasurement, HeartBeat, VoiceMeasurement, nanoseconds
from tests.scripted import UNITS

SETTINGS = Settings()


def tell(done: int, total: int) -> None:
    assert 0 <= done < total


def table(path: Path, head: str, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        writer.writerows(rows)


def figure(outcome: Outcome, name: str) -> Figure:
    (found,) = [f for f in outcome.figures if f.name == name]
    return found


def value(outcome: Outcome, name: str) -> float:
    found = figure(outcome, name).value
    assert found is not None
    return found


# ------------------------------------------------------------------------------------------------------------- eyelids


def eye_ratios(folder: Path, marked_late_s: float) -> None:
    """Two minutes at 30 fps with a blink of 0.2 s every 4 s, marked so much late."""
    rows = []
    for k in range(3600):
        t = k / 30.0
        shut = 1.0 <= t % 4.0 < 1.2
        marked = 1.0 <= (t - marked_late_s) % 4.0 < 1.2
        rows.append(("1", "A", k, f"{t:.3f}", 0.06 if shut else 0.30, int(marked)))
    table(folder / "ear_blink.csv", "video,subject,frame,t_s,ear,blink", rows)


def test_blinks_marked_where_they_are_are_all_found(tmp_path: Path) -> None:
    eye_ratios(tmp_path, 0.0)
    outcome = eyelids.blinks(tmp_path, SETTINGS, tell)
    assert (value(outcome, "recall"), value(outcome, "precision")) == (1.0, 1.0)
    assert figure(outcome, "recall").counts == {"blinks marked": 30}
    assert not outcome.misses


def test_blinks_marked_elsewhere_are_all_missed(tmp_path: Path) -> None:
    eye_ratios(tmp_path, 2.0)
    outcome = eyelids.blinks(tmp_path, SETTINGS, tell)
    assert (value(outcome, "recall"), value(outcome, "precision"), value(outcome, "F1")) == (0.0, 0.0, 0.0)
    assert len(outcome.misses) == 60


def blink_features(folder: Path, drowsy_seconds: float) -> None:
    rng = np.random.default_rng(3)
    labels = np.array([label for _ in range(6) for label in (0, 0, 5, 5, 10, 10)], np.float32)
    features = rng.normal(0.0, 0.1, (len(labels), 30, 4))
    features[labels == 10, :, 2] += drowsy_seconds
    np.save(folder / "BlinksTest_30_Fold1.npy", features.astype(np.float32))
    np.save(folder / "LabelsTest_30_Fold1.npy", labels.reshape(-1, 1))


def test_longer_blinks_of_the_drowsy_are_told_apart_person_by_person(tmp_path: Path) -> None:
    blink_features(tmp_path, 1.0)
    outcome = blink_runs.drowsy_blinks(tmp_path, SETTINGS, tell)
    duration = figure(outcome, "AUC alert against drowsy: duration")
    assert duration.value == 1.0
    assert duration.counts == {"alert": 12, "drowsy": 12, "people": 6}
    assert 0.2 < value(outcome, "AUC alert against drowsy: velocity") < 0.8


def test_shorter_blinks_of_the_drowsy_score_below_chance(tmp_path: Path) -> None:
    blink_features(tmp_path, -1.0)
    assert value(blink_runs.drowsy_blinks(tmp_path, SETTINGS, tell), "AUC alert against drowsy: duration") == 0.0


def test_blink_features_without_labels_say_which_file_fails(tmp_path: Path) -> None:
    blink_features(tmp_path, 0.0)
    (tmp_path / "LabelsTest_30_Fold1.npy").unlink()
    with pytest.raises(RecordingError, match="LabelsTest_30_Fold1"):
        blink_runs.drowsy_blinks(tmp_path, SETTINGS, tell)


# -------------------------------------------------------------------------------------------------------------- stills


@pytest.mark.parametrize(
    ("pitch", "yaw", "roll", "read"),
    [
        (0, 0, 0, Angles(0, 0, 0)),
        (30, 0, 0, Angles(0, 30, 0)),
        (0, 40, 0, Angles(-40, 0, 0)),
        (0, 0, 20, Angles(0, 0, -20)),
    ],
)
def test_annotated_angles_are_read_in_the_products_directions(pitch: float, yaw: float, roll: float, read: Angles) -> None:
    got = head_angles(stills.annotated_rotation(pitch, yaw, roll))
    assert (got.yaw, got.pitch, got.roll) == pytest.approx((read.yaw, read.pitch, read.roll), abs=1e-9)


def named_pictures(monkeypatch: pytest.MonkeyPatch, measure: Callable[[str], FaceMeasurement]) -> None:
    """Pictures whose file names stand for what is in them, so that no model is needed."""
    pictures: dict[int, str] = {}

    def read(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        number = len(pictures)
        pictures[number] = path.stem
        return np.full((1, 1, 3), number, np.uint8)

    for module in (stills, expressions):
        monkeypatch.setattr(module, "read_picture", read)
        monkeypatch.setattr(module, "measure_picture", lambda image, *_, **__: measure(pictures[int(image[0, 0, 0])]))
    monkeypatch.setattr(expressions, "enlarge", lambda crop: crop)


def test_yawning_stills_count_unseen_faces_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ratio = {"a": 0.6, "b": 0.35, "c": 0.1, "d": 0.02, "e": 0.31}

    def measure(name: str) -> FaceMeasurement:
        if name == "hidden":
            return FaceMeasurement(0, reason="no face in the picture")
        return FaceMeasurement(0, head=Angles(0, 0), mouth_ratio=ratio[name])

    named_pictures(monkeypatch, measure)
    for name in (*ratio, "hidden"):
        (tmp_path / f"{name}.jpg").touch()
    labels = {"a": "yawn", "b": "yawn", "c": "yawn", "d": "no_yawn", "e": "no_yawn", "hidden": "yawn"}
    table(tmp_path / "labels.csv", "file,label,subject_cluster", [(f"{n}.jpg", w, k) for k, (n, w) in enumerate(labels.items())])
    outcome = stills.yawns(tmp_path, SETTINGS, tell)
    assert value(outcome, "face found, yawning") == 0.75
    assert value(outcome, "yawning: mouth open (ratio ≥ 0.25)") == pytest.approx(2 / 3)
    assert value(outcome, "not yawning: mouth open (ratio ≥ 0.25)") == 0.5
    assert value(outcome, "AUC of the mouth ratio") == pytest.approx(5 / 6)
    assert [miss[0] for miss in outcome.misses] == ["c", "e", "h"]


def test_heads_read_well_and_heads_not_found_are_both_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = {"straight": Angles(2, 1, 0), "left": Angles(26, 0, 0), "right": Angles(-30, 3, 0)}

    def measure(name: str) -> FaceMeasurement:
        return FaceMeasurement(0, head=read[name]) if name in read else FaceMeasurement(0, reason="no face")

    named_pictures(monkeypatch, measure)
    yaws = {"straight": 0, "left": -30, "right": 30, "profile": 80}  # AFLW2000's sign
    for name in yaws:
        (tmp_path / f"{name}.jpg").touch()
    table(tmp_path / "labels.csv", "file,pitch_deg,yaw_deg,roll_deg", [(f"{n}.jpg", 0, yaw, 0) for n, yaw in yaws.items()])
    outcome = stills.head_pose(tmp_path, SETTINGS, tell)
    assert value(outcome, "face found") == 0.75
    assert value(outcome, "yaw, mean absolute error") == pytest.approx(2.0)
    assert outcome.notes == ["No face found in: yaw -80°, pitch 0°, roll 0°."]


def test_a_lowered_brow_and_pressed_lips_are_angrier_than_a_smile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    angry = dict.fromkeys(("browDownLeft", "browDownRight", "mouthPressLeft", "mouthPressRight"), 0.6)
    happy = dict.fromkeys(("mouthSmileLeft", "mouthSmileRight"), 0.8)
    more = {"angry": angry, "happy": happy, "neutral": {}}

    def measure(name: str) -> FaceMeasurement:
        label = name.partition("_")[0]
        return FaceMeasurement(0, head=Angles(0, 0), face_units=dict.fromkeys(UNITS, 0.02) | more[label])

    named_pictures(monkeypatch, measure)
    names = [f"{label}_{k}" for label in more for k in range(6)]
    for name in names:
        (tmp_path / f"{name}.jpg").touch()
    table(tmp_path / "labels.csv", "file,label", [(f"{n}.jpg", n.split("_")[0]) for n in names])
    outcome = expressions.expression(tmp_path, SETTINGS, tell)
    assert figure(outcome, "AUC angry against neutral").value == 1.0
    assert figure(outcome, "AUC angry against neutral").counts == {"angry": 6, "neutral": 3}
    assert figure(outcome, "AUC angry against happy").value == 1.0


# -------------------------------------------------------------------------------------------------------------- voices


def utterance(f0_hz: float, tilt_db: float, level_db: float = -30.0) -> list[VoiceMeasurement]:
    return [
        VoiceMeasurement(nanoseconds(0.032 * k), 0.95, level_db, -70.0, f0_hz, 6.0, tilt_db, 4.0) for k in range(1, 63)
    ]  # two seconds


def test_a_higher_and_sharper_voice_than_the_own_one_is_angrier() -> None:
    own = [utterance(120.0, -12.0), utterance(125.0, -12.0)]
    calm = voices.anger_after(own, utterance(120.0, -12.0), SETTINGS)
    angry = voices.anger_after(own, utterance(200.0, -4.0), SETTINGS)
    assert calm is not None
    assert angry is not None
    assert angry > 2.0 * calm


def test_the_same_voice_is_calm_for_one_speaker_and_angry_for_another() -> None:
    heard = utterance(190.0, -8.0)
    low = voices.anger_after([utterance(110.0, -14.0)], heard, SETTINGS)
    same = voices.anger_after([utterance(190.0, -8.0)], heard, SETTINGS)
    assert low is not None
    assert same is not None
    assert low > 2.0 * same


# -------------------------------------------------------------------------------------------------------------- hearts


def drive_rows(city_bpm: float) -> list[tuple[float, float]]:
    return [(t, (65.0 if t < 600 else city_bpm) + 2.0 * math.sin(t / 7.0)) for t in range(1200)]


def drive(folder: Path, city_bpm: float) -> Outcome:
    table(folder / "d_1hz.csv", "t_s,hr_bpm", drive_rows(city_bpm))
    segments = [("d_1hz.csv", "rest1", 0, 600), ("d_1hz.csv", "city1", 600, 1200)]
    table(folder / "segments.csv", "file,segment,start_s,end_s", segments)
    return hearts.drives(folder, SETTINGS, tell)


def test_a_faster_heart_in_the_city_is_more_stress_and_no_alert(tmp_path: Path) -> None:
    outcome = drive(tmp_path, 85.0)
    assert value(outcome, "AUC city against rest") > 0.95
    assert value(outcome, "mean stress value, city") > value(outcome, "mean stress value, rest") + 0.2
    assert value(outcome, "stress alerts raised") == 0.0


def test_an_alert_that_two_ways_of_one_drive_raise_is_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def raised(beats: Iterable[HeartBeat], settings: Settings) -> tuple[list[tuple[float, float | None]], int]:
        asked.append(any(beat.skin_us is not None for beat in beats))
        return [(t, 0.5) for t in (100.0, 500.0, 700.0, 800.0)], 3

    monkeypatch.setattr(hearts, "stress_values", raised)
    table(tmp_path / "d_1hz.csv", "t_s,hr_bpm,hand_gsr", [(t, 65.0, 2.0) for t in range(1200)])
    segments = [("d_1hz.csv", "rest1", 0, 600), ("d_1hz.csv", "city1", 600, 1200)]
    table(tmp_path / "segments.csv", "file,segment,start_s,end_s", segments)
    assert value(hearts.drives(tmp_path, SETTINGS, tell), "stress alerts raised") == 3
    assert sorted(asked) == [False, True]
    rows = [(person, 65.0, t, int(t >= 600)) for person in (2, 3) for t in range(900)]
    table(tmp_path / "hr_label_1hz.csv", "participant,hr_bpm,unix_s,label", rows)
    assert value(hearts.stress_predict(tmp_path, SETTINGS, tell), "stress alerts raised") == 2 * 3


def test_an_even_heart_tells_city_and_rest_hardly_apart(tmp_path: Path) -> None:
    assert 0.3 < value(drive(tmp_path, 65.0), "AUC city against rest") < 0.7


def test_stress_tasks_are_scored_person_by_person_after_learning(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = []
    for person, slow in ((2, 60.0), (3, 90.0)):  # pooled, the second one's rest would pass for stress
        for t in range(900):
            task = t >= 500
            bpm = slow + 12.0 * task + 2.0 * math.sin(t / 5.0)
            rows.append((person, "" if t == 50 else round(bpm, 2), 14.0, 1_600_000_000 + t, int(task)))
    table(tmp_path / "hr_label_1hz.csv", "participant,hr_bpm,resp_rate,unix_s,label", rows)
    outcome = hearts.stress_predict(tmp_path, SETTINGS, tell)
    area = figure(outcome, "AUC stress against rest, heart rate alone")
    assert area.value is not None
    assert area.value > 0.9
    assert area.counts["people"] == 2
    assert value(outcome, "value known, share of time") == pytest.approx(1.0 - SETTINGS.heart.baseline_s / 900, abs=0.03)


# ----------------------------------------------------------------------------------------------------------------- bus


def bus_log(folder: Path, gps_factor: float) -> None:
    """A minute of speed replies twice a second, with engine speed replies between them."""
    speeds = [round(40 + 30 * math.sin(t / 10)) for t in range(61)]
    lines = []
    for half in range(120):
        t = 1_600_000_000 + half / 2
        lines.append(f"({t:.6f}) can0 7E8#03410D{speeds[half // 2]:02X}00000000")
        lines.append(f"({t + 0.1:.6f}) can0 7E8#04410C1AF8000000")
    (folder / "trip.log").write_text("\n".join(lines) + "\n")
    rows = [(1_600_000_000 + t, speeds[t], round(speeds[t] * gps_factor, 1), 0) for t in range(59)]
    table(folder / "truth_trip.csv", "unix_s,obd_speed_kmh,gps_speed_kmh,rpm", rows)


def test_the_speed_is_read_at_each_second_of_the_truth(tmp_path: Path) -> None:
    bus_log(tmp_path, 1.0)
    outcome = bus.speed(tmp_path, SETTINGS, tell)
    # the reply of the second itself comes after the question what is known: one second late at most
    assert value(outcome, "correlation with GPS speed") > 0.99
    assert value(outcome, "mean absolute difference from GPS") < 2.5
    assert value(outcome, "speed known") > 0.97


def test_a_gps_that_says_otherwise_is_told(tmp_path: Path) -> None:
    bus_log(tmp_path, 1.5)
    outcome = bus.speed(tmp_path, SETTINGS, tell)
    assert value(outcome, "mean absolute difference from GPS") > 10.0
    assert value(outcome, "mean absolute difference from another decoder of the bus") < 2.5
