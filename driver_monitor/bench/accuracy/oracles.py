"""The product's pitch and heart-rate variability beside programs of the field (Praat, NeuroKit2), where these are installed."""

from __future__ import annotations

import importlib
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell, share
from driver_monitor.bench.accuracy.statistics import correlation
from driver_monitor.bench.accuracy.tables import file_beside, number, rows
from driver_monitor.bench.accuracy.voices import read_sound
from driver_monitor.perception.heart import Heart
from driver_monitor.perception.perturbation import perturbation
from driver_monitor.perception.prosody import (
    CLEAR,
    F0_MAX_HZ,
    F0_MIN_HZ,
    HIGH_PASS,
    HISTORY,
    HOP,
    RATE_HZ,
    YIN_WINDOW,
    yin,
)
from driver_monitor.settings import Settings
from driver_monitor.signals import HeartBeat, HeartMeasurement, nanoseconds

NEAR = 0.03
WINDOW_S = 75.0


def _missing(name: str, title: str, package: str) -> Outcome:
    note = f"Not measured: {package} is not installed (.venv/bin/pip install -e '.[oracles]', in the repository)."
    return Outcome(name, title, "", [], notes=[note])


def _oracle(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def pitch(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """The fundamental of each 16 ms against Praat's autocorrelation."""
    del settings  # pitch has none
    name, title = "pitch", f"Pitch against Praat ({folder.name.split('_')[0]})"
    praat = _oracle("parselmouth")
    if praat is None:
        return _missing(name, title, "praat-parselmouth")
    table = folder / "labels.csv"
    labels = rows(table, "file")
    errors: list[float] = []
    shaken: list[tuple[float, float, float, float]] = []  # jitter and shimmer of a file here, and by Praat
    both = ours_only = theirs = unvoiced = 0
    for k, row in enumerate(labels):
        tell(k, len(labels))
        sound = read_sound(file_beside(table, row["file"])).astype(np.float64)
        theirs_now = _praat(praat, sound)
        if (both_ways := _shaken(praat, sound)) is not None:
            shaken.append(both_ways)
        for centre_s, mine in _own(sound):
            at = theirs_now[0]
            j = int(np.argmin(np.abs(at - centre_s)))
            if abs(at[j] - centre_s) > HOP / RATE_HZ / 2.0:
                continue
            other = float(theirs_now[1][j])
            theirs += other > 0.0
            unvoiced += other <= 0.0
            if mine is not None and other > 0.0:
                both += 1
                errors.append(abs(mine / other - 1.0))
            ours_only += mine is not None and other <= 0.0
    near = sum(e <= NEAR for e in errors)
    table_of = np.array(shaken).reshape(-1, 4)
    return Outcome(
        name,
        title,
        "The pitch of each 16 ms of the whole file against Praat's autocorrelation method with the same floor and ceiling.",
        [
            share(f"within {NEAR:.0%}, of frames both call voiced", near, both, "frames"),
            Figure("median error", 100.0 * statistics.median(errors) if errors else None, None, "", {"frames": both}, "%"),
            share("voiced by Praat: voiced here", both, theirs, "frames"),
            share("unvoiced by Praat: voiced here", ours_only, unvoiced, "frames"),
            Figure("jitter of a file, correlation with Praat's", correlation(table_of[:, 0], table_of[:, 2]), None, "",
                   {"files": len(shaken)}),
            Figure("shimmer of a file, correlation with Praat's", correlation(table_of[:, 1], table_of[:, 3]), None, "",
                   {"files": len(shaken)}),
        ],
        notes=["Frames of one file hang together, so the intervals are too narrow."],
    )  # fmt: skip


def _praat(praat: Any, sound: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    told = praat.Sound(sound, RATE_HZ).to_pitch_ac(time_step=0.004, pitch_floor=F0_MIN_HZ, pitch_ceiling=F0_MAX_HZ)
    return np.asarray(told.xs()), np.asarray(told.selected_array["frequency"])


def _shaken(praat: Any, sound: NDArray[np.float64]) -> tuple[float, float, float, float] | None:
    """Median jitter and shimmer of a file's clear voice, and Praat's local ones; ``None`` where one has none."""
    clean = np.convolve(sound, HIGH_PASS, mode="same")
    own = []
    for end in range(HISTORY, len(clean), HOP):
        found = yin(clean[end - HISTORY : end])
        if found is not None and found.aperiodic <= CLEAR:
            told = perturbation(clean[end - HISTORY : end], RATE_HZ / found.f0_hz)
            own += [] if told is None else [told]
    whole = praat.Sound(sound, RATE_HZ)
    periods = praat.praat.call(whole, "To PointProcess (periodic, cc)", F0_MIN_HZ, F0_MAX_HZ)
    jitter = praat.praat.call(periods, "Get jitter (local)", 0, 0, 0.0001, 0.02, 1.3)
    shimmer = praat.praat.call([whole, periods], "Get shimmer (local_dB)", 0, 0, 0.0001, 0.02, 1.3, 1.6)
    if not own or not np.isfinite([jitter, shimmer]).all():
        return None
    mine = np.median(np.array(own), axis=0)
    return float(mine[0]), float(mine[1]), float(jitter), float(shimmer)


def _own(sound: NDArray[np.float64]) -> Iterator[tuple[float, float | None]]:
    clean = np.convolve(sound, HIGH_PASS, mode="same")
    for end in range(HISTORY, len(clean), HOP):
        found = yin(clean[end - HISTORY : end])
        # the middle of all that was compared: the window, and the window a period later
        period = 0.0 if found is None else RATE_HZ / found.f0_hz
        yield (end - HISTORY + (YIN_WINDOW + period) / 2.0) / RATE_HZ, None if found is None else found.f0_hz


def variability(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """RMSSD and SDNN of beat series against NeuroKit2."""
    name, title = "hrv", "Heart-rate variability against NeuroKit2"
    neurokit = _oracle("neurokit2")
    if neurokit is None:
        return _missing(name, title, "neurokit2")
    series = {path: np.load(path).astype(np.float64) for path in sorted(folder.glob("*NNI*.npy"))}
    series |= {path: np.array([number(path, row, "rr") for row in rows(path, "rr")]) for path in sorted(folder.glob("*rr.txt"))}
    off: dict[str, list[float]] = {"RMSSD": [], "SDNN": []}
    touched = 0
    for k, intervals in enumerate(series.values()):
        tell(k, len(series))
        for rr in _windows(intervals):
            mine = _felt(rr, settings)
            if mine.artefact_share > 0.0 or mine.rmssd_ms is None or mine.sdnn_ms is None:
                touched += 1
                continue
            theirs = neurokit.hrv_time(neurokit.intervals_to_peaks(rr, sampling_rate=1000), sampling_rate=1000)
            for what, value in (("RMSSD", mine.rmssd_ms), ("SDNN", mine.sdnn_ms)):
                off[what].append(100.0 * abs(value / float(theirs[f"HRV_{what}"].iloc[0]) - 1.0))
    figures = [
        Figure(f"{what}: largest difference", max(values, default=None), None, "", {"windows": len(values)}, "%")
        for what, values in off.items()
    ]
    return Outcome(
        name,
        title,
        f"Beat series in windows of {WINDOW_S:g} s through the heart measurement; the same intervals by NeuroKit2's hrv_time.",
        figures,
        notes=[
            f"Left out: {touched} windows in which the product finds an artefact; the two then rightly differ.",
            "NeuroKit2 works on peaks in whole milliseconds.",
        ],
    )


def _windows(rr: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    ends = np.cumsum(rr) / 1000.0
    for k in range(int(ends[-1] // WINDOW_S)):
        yield rr[(ends > k * WINDOW_S) & (ends <= (k + 1) * WINDOW_S)]


def _felt(rr: NDArray[np.float64], settings: Settings) -> HeartMeasurement:
    heart, t_s = Heart(settings.heart), 0.0
    told = HeartMeasurement(0, None)
    for interval in rr.tolist():
        t_s += interval / 1000.0
        told = heart.step(HeartBeat(nanoseconds(t_s), rr_ms=interval))
    return told
