"""Blinks: the closure logic on a recorded series of eye aspect ratios."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell, share
from driver_monitor.bench.accuracy.statistics import Span, bootstrap, match, wilson
from driver_monitor.bench.accuracy.tables import number, rows
from driver_monitor.monitor import Monitor
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, Event, EyeReading, EyesInHead, FaceMeasurement, Report, nanoseconds, seconds

TOLERANCE_S = 0.1
"""A blink found and one marked by hand are the same when they overlap within this."""

BLINK_SHUT, BLINK_REST = 0.62, 0.12
"""The blink face unit of a shut and of a resting eye, from which the missing second cue is made."""

SHUT_SHARE = 0.17
"""A shut eye's ratio as a share of the open one in this set: its ratio is a distance in the picture and never 0."""

LINED_UP_S = {"1": 320.0}
"""Video 1: from here on the marks lie 2.4 s before the dips of the ratio (rows without a face are missing from it)."""


def blinks(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Blinks found in eye aspect ratios against hand-marked ones."""
    table = folder / "ear_blink.csv"
    series: dict[str, list[tuple[float, float, bool]]] = defaultdict(list)
    for row in rows(table, "video", "t_s", "ear", "blink"):
        series[row["video"]].append((number(table, row, "t_s"), number(table, row, "ear"), row["blink"] == "1"))
    hits = marked = found = read = pictures = 0
    aligned = [0, 0, 0]
    shallow = [0, 0]
    figures: list[Figure] = []
    misses: list[str] = []
    durations: list[float] = []
    for k, (video, frames) in enumerate(sorted(series.items())):
        tell(k, len(series))
        truth = marked_spans(frames)
        got, looked = closures([(t, ear) for t, ear, _ in frames], settings)
        read, pictures = read + looked, pictures + len(frames)
        pairs = match(truth, got, TOLERANCE_S)
        hits, marked, found = hits + len(pairs), marked + len(truth), found + len(got)
        until = LINED_UP_S.get(video, np.inf)
        aligned[0] += sum(truth[i][0] < until for i, _ in pairs)
        aligned[1] += sum(a < until for a, _ in truth)
        aligned[2] += sum(a < until for a, _ in got)
        deep = [_depth(frames, span) for span in truth if span[0] < until]
        shallow[0] += sum(d > settings.eyes.edge_openness for d in deep)
        shallow[1] += len(deep)
        durations += [got[j][1] - got[j][0] for _, j in pairs]
        figures.append(_f1(f"F1, video {video}", len(pairs), len(truth), len(got)))
        missed = sorted(set(range(len(truth))) - {i for i, _ in pairs})
        extra = sorted(set(range(len(got))) - {j for _, j in pairs})
        misses += [f"video {video}: blink at {truth[i][0]:.2f}-{truth[i][1]:.2f} s not found" for i in missed]
        misses += [f"video {video}: blink found at {got[j][0]:.2f}-{got[j][1]:.2f} s, none marked" for j in extra]
    total = [
        Figure("recall", hits / marked if marked else None, wilson(hits, marked), "Wilson", {"blinks marked": marked}),
        Figure("precision", hits / found if found else None, wilson(hits, found), "Wilson", {"blinks found": found}),
        _f1("F1", hits, marked, found),
        _f1("F1 where marks and ratio line up", *aligned),
        share("recall where marks and ratio line up", aligned[0], aligned[1], "blinks marked"),
        share("precision where marks and ratio line up", aligned[0], aligned[2], "blinks found"),
        Figure("pictures read, the others hold the last one", read / max(pictures, 1), None, "", {"pictures": pictures}),
    ]
    return Outcome(
        "eyeblink_ear",
        "Blinks in eye aspect ratios of people at a computer (EyeBlink8)",
        "The recorded ratio goes, as both eyes' ratio, through the monitor; blinks and "
        f"closed eyes count alike. A pair overlaps within ± {TOLERANCE_S:g} s, each used once.",
        [*total, *figures],
        notes=[
            "The set holds one ratio (of 2-D landmarks, made with another pipeline) and no blink face unit, the product's "
            "second cue. That cue was made from the ratio by fixed population figures, so both cues carry the same noise: "
            "a test of the closure logic, not of the whole eye measurement.",
            "While eyes are open and the ratio rests, pictures are left out as in a drive (face.most_fps; 240 reads all); that "
            "it rests is told by the ratio itself here, since there are no pictures to look at.",
            "In the last third of video 1 the marks lie 2.4 s before the dips; figures for what lines up leave that out.",
            f"In {shallow[0]} of {shallow[1]} marked blinks the ratio falls to no less than {settings.eyes.edge_openness:g} of "
            "its usual value nearby. Such part blinks are reported as blinks and count as no closure (80 % rule).",
            "How deep, fast and far above the noise a part blink must be was chosen on these videos, from a plateau: chosen on "
            "one person, it gives an F1 of 0.94 to 0.95 on the other where marks and ratio line up.",
            "Intervals are over blinks of few people: they say how sure the figures are for these, not for others.",
            f"Blinks that were matched lasted {np.median(durations):.2f} s in the median." if durations else "None matched.",
        ],
        misses=misses,
    )


def marked_spans(frames: Sequence[tuple[float, float, bool]]) -> list[Span]:
    """Stretches marked as blink."""
    spans: list[Span] = []
    start: float | None = None
    last = 0.0
    for t, _, blink in frames:
        if blink and start is None:
            start = t
        if not blink and start is not None:
            spans.append((start, last))
            start = None
        last = t
    return spans if start is None else [*spans, (start, last)]


def _depth(frames: Sequence[tuple[float, float, bool]], span: Span, around_s: float = 4.0) -> float:
    """The least ratio of a marked blink as a share of the median around it."""
    near = [ear for t, ear, _ in frames if span[0] - around_s <= t <= span[1] + around_s]
    within = [ear for t, ear, _ in frames if span[0] - TOLERANCE_S <= t <= span[1] + TOLERANCE_S]
    return float(min(within) / np.median(near))


def closures(frames: Sequence[tuple[float, float]], settings: Settings) -> tuple[list[Span], int]:
    """Blinks and closures the product finds in a series of (time s, eye aspect ratio), and how many of it were not left out."""
    monitor = Monitor(settings)
    shut, open_ear = SHUT_SHARE, settings.eyes.prior_open_ear
    reports: list[Report] = []
    read = 0
    for t, ear in frames:
        lid = (ear / open_ear - shut) / (1.0 - shut)
        eye = EyeReading(ear, max(0.0, min(1.0, BLINK_SHUT - (BLINK_SHUT - BLINK_REST) * lid)))
        straight, ahead = Angles(0.0, 0.0), EyesInHead(0.0, 0.15, 0.0)
        face = FaceMeasurement(nanoseconds(t), straight, eye, eye, ahead, 0.0, centre=(0.5, 0.5), width=0.3)
        reports += monitor.step(face)
        read += monitor.view is not None and not monitor.view.held
    reports += monitor.finish()
    events = [r for r in reports if isinstance(r, Event) and r.name in ("blink", "eyes_closed")]
    return [(seconds(e.start_ns), seconds(e.end_ns)) for e in events if e.end_ns is not None], read


def _f1(name: str, hits: int, marked: int, found: int) -> Figure:
    both = marked + found
    counts = {"blinks marked": marked, "blinks found": found, "both": hits}
    # F1 = 2 hits / (marked + found); its interval from resampled hits, misses and false finds
    units = [(1, 1, 1)] * hits + [(0, 1, 0)] * (marked - hits) + [(0, 0, 1)] * (found - hits)

    def score(drawn: list[tuple[int, int, int]]) -> float | None:
        below = sum(m + f for _, m, f in drawn)
        return 2 * sum(h for h, _, _ in drawn) / below if below else None

    return Figure(name, 2 * hits / both if both else None, bootstrap(units, score), "bootstrap over events", counts)
