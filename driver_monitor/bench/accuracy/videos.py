"""Videos of people through the whole Monitor, as a replay runs them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell, over_units, share
from driver_monitor.bench.accuracy.registry import VIDEO_SUFFIXES
from driver_monitor.bench.accuracy.statistics import Span, match, wilson
from driver_monitor.bench.accuracy.tables import file_beside, number, rows
from driver_monitor.recording.folder import open_recording
from driver_monitor.runtime.replay import replay
from driver_monitor.runtime.sink import Viewed
from driver_monitor.settings import Settings
from driver_monitor.signals import Alert, CameraFrame, Event, Report, Sample, seconds

TOLERANCE_S = 0.5
"""Hand-made labels are good to 0.3 s; an event found and one labelled are the same when they overlap within this."""

KINDS = {"yawn": "yawn", "eyes_closed": "eyes_closed", "head_turn": "glance"}
"""Labelled events and the product's names for them."""

NOT_SCORED = "mouth_open_ambiguous"


@dataclass
class Watched:
    """What the Monitor said of one video."""

    events: list[Event] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    pictures: int = 0
    faces: int = 0
    eyes: int = 0

    def take(self, sample: Sample | None, reports: Sequence[Report], monitor: Viewed) -> None:
        """Take one sample's reports."""
        self.events += [r for r in reports if isinstance(r, Event) and r.end_ns is not None]
        self.alerts += [r for r in reports if isinstance(r, Alert) and r.action == "raised"]
        if isinstance(sample, CameraFrame) and monitor.view is not None:
            self.pictures += 1
            self.faces += monitor.view.face.present
            self.eyes += monitor.view.closed is not None

    def spans(self, name: str) -> list[Span]:
        """Start and end of the finished events of one name, s."""
        return [(seconds(e.start_ns), seconds(e.end_ns)) for e in self.events if e.name == name and e.end_ns is not None]


def watch(path: Path, settings: Settings) -> Watched:
    """Replay one video through a fresh Monitor."""
    from driver_monitor.runtime.assembly import build_monitor

    watched = Watched()
    monitor = build_monitor(settings)
    try:
        with open_recording(path) as recording:
            result = replay(recording, monitor, [watched])
    finally:
        monitor.close()
    if not result.complete:
        raise KeyboardInterrupt
    return watched


def _sight(seen: Sequence[Watched], of: str) -> list[Figure]:
    """How much of each video shows a face, and eyes that can be read. Pictures of one video are alike, so it is the unit."""
    counts = {"pictures": sum(w.pictures for w in seen)}
    with_pictures = [w for w in seen if w.pictures]
    return [
        over_units("face found, share of pictures", [w.faces / w.pictures for w in with_pictures], of, counts=counts),
        over_units("eyes usable, share of pictures", [w.eyes / w.pictures for w in with_pictures], of, counts=counts),
    ]


def labelled(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Events found in drivers' videos against labelled ones."""
    table = folder / "events.csv"
    truth: dict[str, list[tuple[str, Span]]] = {}
    for row in rows(table, "file", "event"):
        spans = truth.setdefault(row["file"], [])
        if row.get("start_s") and row.get("end_s"):
            spans.append((row["event"], (number(table, row, "start_s"), number(table, row, "end_s"))))
    names = sorted(set(truth) | {p.name for p in folder.iterdir() if p.suffix.lower() in VIDEO_SUFFIXES})
    counts = {kind: [0, 0, 0] for kind in KINDS}  # labelled, found, both
    late: dict[str, list[float]] = {kind: [] for kind in KINDS}
    misses: list[str] = []
    alerts: list[str] = []
    seen: list[Watched] = []
    for k, name in enumerate(names):
        tell(k, len(names))
        watched = watch(file_beside(table, name), settings)
        seen.append(watched)
        alerts += [f"{a.kind} ({a.level}) at {seconds(a.t_ns):.1f} s of video {k + 1}: {a.rule}" for a in watched.alerts]
        unscored = [span for event, span in truth.get(name, []) if event == NOT_SCORED]
        for kind, product in KINDS.items():
            wanted = [span for event, span in truth.get(name, []) if event.startswith(kind)]
            got = [s for s in watched.spans(product) if kind != "yawn" or not match(unscored, [s], TOLERANCE_S)]
            pairs = match(wanted, got, TOLERANCE_S)
            for at, n in enumerate((len(wanted), len(got), len(pairs))):
                counts[kind][at] += n
            late[kind] += [got[j][0] - wanted[i][0] for i, j in pairs]
            lost = [wanted[i] for i in sorted(set(range(len(wanted))) - {i for i, _ in pairs})]
            extra = [got[j] for j in sorted(set(range(len(got))) - {j for _, j in pairs})]
            misses += [f"{name}: {kind} at {a:.1f}-{b:.1f} s not found" for a, b in lost]
            misses += [f"{name}: {product} at {a:.1f}-{b:.1f} s, none labelled" for a, b in extra]
    figures = _sight(seen, "videos")
    for kind, product in KINDS.items():
        wanted_n, found_n, both = counts[kind]
        figures.append(share(f"{kind}: recall", both, wanted_n, "labelled"))
        figures.append(share(f"{kind}: precision ({product} events)", both, found_n, "found"))
        if late[kind]:
            middle = statistics.median(map(abs, late[kind]))
            figures.append(Figure(f"{kind}: start, median distance", middle, None, "", {"matched": both}, "s"))
    return Outcome(
        "yawdd_video",
        "Events in videos of drivers (YawDD)",
        f"Each video through the whole Monitor as a replay runs it. Events overlap their labels within ± {TOLERANCE_S:g} s, "
        "each used once; the speed is unknown, so every alert counts as at speed.",
        figures,
        notes=[
            f"Alerts raised in {len(names)} videos: {'; '.join(alerts) or 'none'}.",
            "Only clear turns of the head are labelled: smaller glances and those of the eyes count against precision though "
            "they may be real, so it is a lower bound.",
        ],
        misses=misses,
    )


def quiet(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Clips in which nothing may alarm."""
    clips = sorted(p for p in folder.iterdir() if p.suffix.lower() in VIDEO_SUFFIXES)
    kinds = ("yawn", "eyes_closed", "nod", "slump")
    events = dict.fromkeys(kinds, 0)
    alarmed: list[str] = []
    misses: list[str] = []
    seen: list[Watched] = []
    for k, clip in enumerate(clips):
        tell(k, len(clips))
        watched = watch(clip, settings)
        seen.append(watched)
        if watched.alerts:
            alarmed.append(clip.name)
        misses += [f"{clip.name}: {a.kind} ({a.level}) at {seconds(a.t_ns):.1f} s" for a in watched.alerts]
        for kind in kinds:
            spans = watched.spans(kind)
            events[kind] += len(spans)
            misses += [f"{clip.name}: {kind} at {a:.1f}-{b:.1f} s" for a, b in spans]
    n = len(clips)
    figures = [
        Figure("clips with an alert", len(alarmed) / n, wilson(len(alarmed), n), "Wilson", {"clips": n}),
        *_sight(seen, "clips"),
        *(Figure(f"{kind} events", count, None, "", {"clips": n}, "events") for kind, count in events.items()),
    ]
    return Outcome(
        "intel",
        "People turning, smiling and signing, where nothing may alarm (Intel sample videos)",
        "Each clip through the whole Monitor as a replay runs it; the speed is unknown, so every alert counts as at speed.",
        figures,
        notes=[
            "The clips last 2 to 5 s: they can show that nothing alarms at once, not that nothing alarms in an hour.",
            f"Eyes are read only in faces at least {settings.face.min_eye_width_px:g} pixels wide, which few of these are; "
            "where they are not, no closed eyes can be found either.",
        ],
        misses=misses,
    )
