"""The data sets that can be measured, known by their layout and not by their folder's name."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from driver_monitor.bench.accuracy.outcome import Outcome, Tell
from driver_monitor.bench.accuracy.tables import columns
from driver_monitor.errors import BadUseError
from driver_monitor.settings import Settings

VIDEO_SUFFIXES = (".avi", ".gif", ".mkv", ".mov", ".mp4", ".webm")
ALL = "all"

Measure = Callable[[Path, Settings, Tell], Outcome]


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set: its name, what its folder holds, how that is recognised, ``module.function`` and the models it needs."""

    name: str
    layout: str
    holds: Callable[[Path], bool]
    function: str
    models: tuple[str, ...] = ()

    def measure(self, folder: Path, settings: Settings, tell: Tell) -> Outcome:
        """Measure on one folder."""
        module, _, function = self.function.partition(".")
        measure = cast("Measure", getattr(importlib.import_module(f"{__package__}.{module}"), function))
        return measure(folder, settings, tell)

    def folders(self, place: Path) -> list[Path]:
        """``place`` itself when it holds the data set, else the folders in it that do."""
        if self.holds(place):
            return [place]
        return [folder for folder in sorted(place.iterdir()) if folder.is_dir() and self.holds(folder)]


def _table(file: str, *needed: str) -> Callable[[Path], bool]:
    return lambda folder: set(needed) <= set(columns(folder / file))


def _labelled_as(label: str) -> Callable[[Path], bool]:
    """``labels.csv`` of file and label only, with ``label`` among its labels."""

    def holds(folder: Path) -> bool:
        table = folder / "labels.csv"
        return columns(table) == ("file", "label") and f",{label}\n" in table.read_text("utf-8").replace("\r", "") + "\n"

    return holds


def _clips(folder: Path) -> bool:
    return not any(folder.glob("*.csv")) and any(p.suffix.lower() in VIDEO_SUFFIXES for p in folder.iterdir())


_FACE, _SPEECH = ("face_landmarker",), ("silero_vad",)
DATA_SETS = (
    DataSet("yawdd_video", "videos and events.csv (file, event, start_s, end_s)",
            _table("events.csv", "file", "event", "start_s", "end_s"), "videos.labelled", _FACE + _SPEECH),
    DataSet("yawdd_images", "pictures and labels.csv (file, label, subject_cluster)",
            _table("labels.csv", "file", "label", "subject_cluster"), "stills.yawns", _FACE),
    DataSet("eyeblink_ear", "ear_blink.csv (video, t_s, ear, blink)",
            _table("ear_blink.csv", "video", "t_s", "ear", "blink"), "eyelids.blinks"),
    DataSet("rldd_blinks", "BlinksTest_30_FoldN.npy and LabelsTest_30_FoldN.npy",
            lambda folder: any(folder.glob("BlinksTest_30_Fold*.npy")), "blink_runs.drowsy_blinks"),
    DataSet("mrl_eye", "pictures of one eye each, open_PERSON_….png and closed_PERSON_….png",
            lambda folder: any(folder.glob("open_*_*.png")), "single_eyes.open_and_shut"),
    DataSet("headpose", "pictures and labels.csv (file, pitch_deg, yaw_deg, roll_deg)",
            _table("labels.csv", "file", "pitch_deg", "yaw_deg", "roll_deg"), "stills.head_pose", _FACE),
    DataSet("expression", "face crops and labels.csv (file, label: angry, neutral, …)",
            _labelled_as("angry"), "expressions.expression", _FACE),
    DataSet("speech_anger", "utterances and labels.csv (file, emotion, and speaker or actor)",
            lambda folder: "emotion" in columns(folder / "labels.csv"), "voices.angry_voices", _SPEECH),
    DataSet("words", "utterances in which nobody says a phrase, and labels.csv as of speech_anger",
            lambda folder: "emotion" in columns(folder / "labels.csv"), "spoken_words.false_words", _SPEECH),
    DataSet("no_sounds", "utterances and labels.csv as of speech_anger",
            lambda folder: "emotion" in columns(folder / "labels.csv"), "cabin_sounds.no_sounds", _SPEECH),
    DataSet("pitch", "utterances and labels.csv as of speech_anger",
            lambda folder: "emotion" in columns(folder / "labels.csv"), "oracles.pitch"),
    DataSet("snoring", "1 s clips and labels.csv (file, label: snoring, no_snoring)",
            _labelled_as("snoring"), "cabin_sounds.snoring", _SPEECH),
    DataSet("stress_predict", "hr_label_1hz.csv (participant, hr_bpm, unix_s, label)",
            _table("hr_label_1hz.csv", "participant", "hr_bpm", "unix_s", "label"), "hearts.stress_predict"),
    DataSet("drivedb", "segments.csv (file, segment, start_s, end_s) and its drives",
            _table("segments.csv", "file", "segment", "start_s", "end_s"), "hearts.drives"),
    DataSet("exam_stress", "NAME_HR.csv and NAME_IBI.csv of an Empatica E4, of people who sit an exam",
            lambda folder: any(folder.glob("*_Final_HR.csv")), "hearts.exams"),
    DataSet("hrv", "series of beat intervals, ms (…NNI….npy, …rr.txt)",
            lambda folder: any(folder.glob("*NNI*.npy")), "oracles.variability"),
    DataSet("can", "truth_NAME.csv (unix_s, obd_speed_kmh, gps_speed_kmh) and NAME.log",
            lambda folder: any(folder.glob("truth_*.csv")), "bus.speed"),
    DataSet("intel", "video clips in which nothing may alarm, and no table", _clips, "videos.quiet", _FACE + _SPEECH),
)  # fmt: skip

NOT_MEASURED = {
    "screams": "twelve single sounds without the screamer's own calm voice give no shout to measure",
}
"""Sets that are known and cannot be measured, and why."""


def chosen(name: str) -> list[DataSet]:
    """The data sets of one name, or all."""
    by_name = {data.name: data for data in DATA_SETS}
    if name == ALL:
        return list(DATA_SETS)
    if name in NOT_MEASURED:
        raise BadUseError(f"{name} cannot be measured: {NOT_MEASURED[name]}; choose from {', '.join(by_name)}")
    if name not in by_name:
        near = difflib.get_close_matches(name, (*by_name, ALL), 1, cutoff=0.0)
        raise BadUseError(f"there is no data set '{name}'; did you mean '{near[0]}'? Known: {', '.join(by_name)}, {ALL}")
    return [by_name[name]]


def found(name: str, place: Path) -> list[tuple[DataSet, list[Path]]]:
    """The data sets asked for with the folders that hold them; those that are not there have none.

    Raises
    ------
    BadUseError
        When nothing of what was asked for is there.
    """
    wanted = chosen(name)
    if not place.is_dir():
        raise BadUseError(f"{place} is no folder; give the folder of a data set, or one that holds several")
    try:
        there = [(data, data.folders(place)) for data in wanted]
    except OSError as problem:
        raise BadUseError(f"{place} cannot be listed ({problem.strerror or problem})") from None
    if not any(folders for _, folders in there):
        what = f"{wanted[0].name} ({wanted[0].layout})" if name != ALL else "any known data set"
        raise BadUseError(f"{place} does not hold {what}, nor does a folder in it; give the data set's folder")
    return there
