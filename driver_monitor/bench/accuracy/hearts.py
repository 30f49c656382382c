"""Stress from the heart: the heart measurement and the stress estimator inside a Monitor that is fed beats alone."""

from __future__ import annotations

import heapq
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell, over_units
from driver_monitor.bench.accuracy.statistics import auc, bootstrap
from driver_monitor.bench.accuracy.tables import file_beside, number, rows
from driver_monitor.errors import RecordingError
from driver_monitor.monitor import Monitor
from driver_monitor.recording.heart_csv import HeartReader
from driver_monitor.settings import Settings
from driver_monitor.signals import NS_PER_S, Alert, DriverState, HeartBeat, Tick, nanoseconds

FLAG = 0.5
"""The value from which stress is more likely than not."""


def stress_values(beats: Iterable[HeartBeat], settings: Settings) -> tuple[list[tuple[float, float | None]], int]:
    """The stress value at each second (``None`` while it is learned or not known), and the stress alerts raised."""
    monitor = Monitor(settings)
    values: list[tuple[float, float | None]] = []
    alerts = 0
    tick_ns = 0
    for beat in beats:
        while tick_ns <= beat.t_ns:
            for report in monitor.step(Tick(tick_ns)):
                if isinstance(report, DriverState) and report.state == "stress":
                    values.append((tick_ns / NS_PER_S, report.value))
                alerts += isinstance(report, Alert) and report.kind == "stress" and report.action == "raised"
            tick_ns += NS_PER_S
        monitor.step(beat)
    return values, alerts


def stress_predict(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Stress tasks against rest by wrist heart rate, person by person."""
    table = folder / "hr_label_1hz.csv"
    people: dict[str, list[tuple[float, float, bool]]] = defaultdict(list)
    for row in rows(table, "participant", "unix_s", "label"):
        if row.get("hr_bpm"):  # empty: the wristband sent no rate
            people[row["participant"]].append(
                (number(table, row, "unix_s"), number(table, row, "hr_bpm"), number(table, row, "label") == 1.0)
            )
    ways = ("rate", "rate and RR intervals")
    areas: dict[str, list[float]] = {way: [] for way in ways}
    gaps: list[float] = []
    plain: list[float] = []
    misses: list[str] = []
    alerts = seconds_known = 0
    known: list[float] = []
    for k, (person, samples) in enumerate(sorted(people.items(), key=lambda p: p[0].zfill(3))):
        tell(k, len(people))
        start = samples[0][0]
        label = {round(t - start): stressed for t, _, stressed in samples}
        rate = [HeartBeat(nanoseconds(t - start), rate_bpm=bpm) for t, bpm, _ in samples]
        raised = 0
        for way, beats in zip(ways, (rate, _with_intervals(rate, folder / f"S{int(person):02d}_IBI.csv", start)), strict=True):
            values, raised_so = stress_values(beats, settings)
            raised = max(raised, raised_so)  # the same hour twice: what both raise is not two alerts
            up = [v for t, v in values if v is not None and label.get(round(t))]
            down = [v for t, v in values if v is not None and label.get(round(t)) is False]
            if (area := auc(up, down)) is not None:
                areas[way].append(area)
                if way == ways[0]:
                    gaps.append(statistics.fmean(up) - statistics.fmean(down))
                    if area < 0.55:
                        misses.append(f"participant {person}: AUC {area:.2f}")
            if way == ways[0]:
                seconds_known += len(up) + len(down)
                known.append(sum(v is not None for _, v in values) / len(values))
        alerts += raised
        learned = settings.heart.baseline_s
        late = [(bpm, stressed) for t, bpm, stressed in samples if t - start > learned]
        if (area := auc([b for b, s in late if s], [b for b, s in late if not s])) is not None:
            plain.append(area)
    counts = {"seconds": seconds_known}
    figures = [
        over_units("AUC stress against rest, heart rate alone", areas[ways[0]], "people", counts=counts),
        over_units("AUC stress against rest, heart rate and RR intervals", areas[ways[1]], "people"),
        *(_median_area(way, areas[way]) for way in ways),
        over_units("for comparison: AUC of the heart rate itself", plain, "people"),
        over_units("stress value under stress less that at rest", gaps, "people"),
        over_units("value known, share of time", known, "people"),
        Figure("stress alerts raised", alerts, None, "", {"people": len(people)}, "alerts"),
    ]
    return Outcome(
        "stress_predict",
        "Stress tasks by wrist heart rate (Stress-Predict)",
        "Heart rate once a second into a Monitor; the stress value each second against the label, AUC for each person.",
        figures,
        notes=[
            f"The first {settings.heart.baseline_s:g} s (rest) teach the own heart and are not scored.",
            "The heart alone may not raise a stress alert (two channels are needed), so the alert count must be 0.",
        ],
        misses=misses,
    )


def _with_intervals(rate: Sequence[HeartBeat], path: Path, start_unix_s: float) -> list[HeartBeat]:
    """The rate joined with the wristband's own intervals, where there is a file of them."""
    if not path.is_file():
        return list(rate)
    with path.open(encoding="utf-8") as file:
        first = file.readline().split(",")[0].strip()
        second = file.readline().split(",")[0].strip()
    try:
        # the file's clock times minus the rate's first; the reader itself starts a file with clock times at its first row
        begin_ns = nanoseconds(float(first) + float(second) - start_unix_s)
    except ValueError:
        raise RecordingError(f"{path} is no IBI file of an Empatica E4; give the whole data set") from None
    reader = HeartReader(path)
    try:
        beats = list(reader.samples())
    finally:
        reader.close()
    first_ns = beats[0].t_ns if beats else 0
    moved = (HeartBeat(b.t_ns - first_ns + begin_ns, b.rr_ms, None) for b in beats)
    return list(heapq.merge(rate, (b for b in moved if b.t_ns >= 0), key=lambda b: b.t_ns))


def drives(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Stress over real drives: rest, motorway, city."""
    table = folder / "segments.csv"
    parts: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for row in rows(table, "file", "segment", "start_s", "end_s"):
        kind = row["segment"].rstrip("0123456789")
        parts[row["file"]].append((kind, number(table, row, "start_s"), number(table, row, "end_s")))
    means: dict[str, list[float]] = defaultdict(list)
    areas: dict[str, list[float]] = defaultdict(list)
    flagged: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    with_skin: list[float | None] = []
    alerts = 0
    for k, (name, segments) in enumerate(sorted(parts.items())):
        tell(k, len(parts))
        path = file_beside(table, name)
        table_rows = rows(path, "t_s", "hr_bpm")
        beats = [
            HeartBeat(nanoseconds(number(path, row, "t_s")), rate_bpm=number(path, row, "hr_bpm")) for row in table_rows
        ]
        values, raised = stress_values(beats, settings)
        if all(row.get("hand_gsr") for row in table_rows):
            skin = [replace(b, skin_us=number(path, row, "hand_gsr")) for b, row in zip(beats, table_rows, strict=True)]
            sweat, raised_so = stress_values(skin, settings)
            raised = max(raised, raised_so)  # the same drive twice: what both raise is not two alerts
            with_skin.append(_city_area(sweat, segments))
        alerts += raised
        by: dict[str, list[float]] = defaultdict(list)
        for t, v in values:
            for kind, start, end in segments:
                if v is not None and start <= t < end:
                    by[kind].append(v)
                    flagged[kind][0] += v >= FLAG
                    flagged[kind][1] += 1
        for kind, seen in by.items():
            means[kind].append(statistics.fmean(seen))
            if kind != "rest" and (area := auc(seen, by["rest"])) is not None:
                areas[kind].append(area)
    figures = [
        over_units(f"AUC {kind} against rest", areas[kind], "drives", counts={"seconds": flagged[kind][1]})
        for kind in sorted(areas)
    ]
    known_skin = [area for area in with_skin if area is not None]
    if known_skin:
        figures.append(over_units("AUC city against rest, with skin conductance of the hand", known_skin, "drives"))
    figures += [over_units(f"mean stress value, {kind}", means[kind], "drives") for kind in sorted(means)]
    figures += [
        Figure(f"share of time at {FLAG:g} or more, {kind}", hit / n, None, "", {"seconds": n})
        for kind, (hit, n) in sorted(flagged.items())
    ]
    return Outcome(
        "drivedb",
        "Stress over real drives by heart rate (drivedb)",
        "Heart rate once a second into a Monitor; the stress value each second in segments of rest, motorway and city. The "
        "protocol, not the driver, says how stressful a segment is.",
        [*figures, Figure("stress alerts raised", alerts, None, "", {"drives": len(parts)}, "alerts")],
        notes=[
            f"The first {settings.heart.baseline_s:g} s of rest teach the own heart. Seconds of one drive hang together, so "
            "shares of time have no interval."
        ],
    )


def _median_area(way: str, areas: Sequence[float]) -> Figure:
    span = bootstrap(areas, statistics.median)
    name = f"the same, median of the people, heart {way}"
    return Figure(name, statistics.median(areas) if areas else None, span, "bootstrap over people", {"people": len(areas)})


def _city_area(values: Sequence[tuple[float, float | None]], segments: Sequence[tuple[str, float, float]]) -> float | None:
    by: dict[str, list[float]] = defaultdict(list)
    for t, v in values:
        for kind, start, end in segments:
            if v is not None and start <= t < end:
                by[kind].append(v)
    return auc(by["city"], by["rest"])


def exams(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Hours of a wrist's feed as it comes, with its gaps: how often stress would be told with nobody asking."""
    files = sorted(folder.glob("*_HR.csv"))
    alerts = known = over = stretches = 0
    hours = 0.0
    for k, path in enumerate(files):
        tell(k, len(files))
        start, rates = _e4_rates(path)
        rate = [HeartBeat(nanoseconds(float(j)), rate_bpm=bpm) for j, bpm in enumerate(rates)]
        beats = _with_intervals(rate, path.with_name(path.name.replace("_HR", "_IBI")), start)
        values, raised = stress_values(beats, settings)
        alerts += raised
        hours += len(values) / 3600.0
        known += sum(v is not None for _, v in values)
        flags = [v is not None and v >= FLAG for _, v in values]
        over += sum(flags)
        stretches += _held(flags, round(settings.emotion.hold_s))
    seconds = round(hours * 3600.0)
    return Outcome(
        "exam_stress",
        "Stress told of people who sit an exam, by a wrist (E4)",
        "Heart rate once a second and the intervals that the wristband found into a Monitor.",
        [
            Figure("stress alerts, an hour", alerts / hours, None, "", {"alerts": alerts, "hours": round(hours)}, "/h"),
            Figure(f"stretches of {settings.emotion.hold_s:g} s at {FLAG:g} or more, an hour", stretches / hours, None, "",
                   {"stretches": stretches}, "/h"),
            Figure(f"share of known time at {FLAG:g} or more", over / max(known, 1), None, "", {"seconds": known}),
            Figure("value known, share of time", known / max(seconds, 1), None, "", {"seconds": seconds}),
        ],
        notes=[
            "An exam is stress for some, and there is no label: the stretches are no errors. No alert comes of one channel, "
            "whatever it says, so the first figure can only show that this holds on a feed with gaps.",
        ],
    )  # fmt: skip


def _e4_rates(path: Path) -> tuple[float, list[float]]:
    """Start (unix time, s) and the rates, one a second."""
    try:
        cells = [float(line.split(",")[0]) for line in path.read_text("utf-8").split()]
    except ValueError:
        raise RecordingError(f"{path} is no HR file of an Empatica E4; give the whole data set") from None
    return cells[0], cells[2:]


def _held(flags: Sequence[bool], hold: int) -> int:
    """Stretches of at least ``hold`` seconds."""
    count = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        count += run == hold
    return count
