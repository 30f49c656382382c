"""Hours of attentive driving at the level of measurements: how often does the monitor speak when it should not?

An attentive driver looks about: mirrors, instruments, a passenger, into turns; blinks, talks, laughs, sings, yawns. Every
glance stays within what the rules allow, and the road comes back for more than two seconds between two of them, so every alert
is a false one. The drives are scripted, not people: the figure bounds the rules' own false alerts, not those on a real face.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from driver_monitor.bench.out_file import write_text
from driver_monitor.bench.protocol.measurements import samples
from driver_monitor.bench.protocol.played import script_of
from driver_monitor.bench.protocol.run_case import measured_settings
from driver_monitor.bench.scenario.played import Played
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.model_store import model_path
from driver_monitor.monitor import Monitor
from driver_monitor.perception.blink_model import BlinkModel
from driver_monitor.signals import Alert, Input, nanoseconds, seconds

TARGET_PER_HOUR = 1.0
"""At most so many alerts an hour in attentive driving (design)."""
_TRIP_S, _PIECE_S = 3600.0, 120.0
_SURE = 0.95
# how often a glance goes where, and how long it lasts at the median, s (ordinary driving: 0.5-1.5 s; NHTSA 2013: ≤ 2.0 s)
_GLANCES: tuple[tuple[str, float, float], ...] = (
    ("rear_mirror", 0.30, 0.7),
    ("left_mirror", 0.20, 0.8),
    ("right_mirror", 0.12, 0.9),
    ("cluster", 0.18, 0.7),
    ("centre_stack", 0.08, 1.0),
    ("passenger", 0.05, 0.9),
    ("left_window", 0.04, 0.8),
    ("right_window", 0.03, 0.9),
)
_LONGEST_GLANCE_S = 1.9
_MOUTH: tuple[tuple[str, float, float], ...] = (
    ("talk", 0.8, 20.0),
    ("laugh", 0.1, 3.0),
    ("sing", 0.08, 15.0),
    ("yawn", 0.02, 5.0),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """One alert raised in attentive driving: the trip, when in it, what and by which rule."""

    trip: int
    t_s: float
    kind: str
    level: str
    rule: str


@dataclass(frozen=True, slots=True)
class Trip:
    """One driver's trip: up to an hour."""

    number: int
    seconds: float
    seed: int


def trips(hours: float, seed: int) -> list[Trip]:
    """Trips of an hour each, the last one shorter."""
    total = hours * 3600.0
    count = max(1, math.ceil(total / _TRIP_S - 1e-9))
    return [Trip(k, min(_TRIP_S, total - k * _TRIP_S), seed) for k in range(count)]


def pieces(trip: Trip) -> Iterator[tuple[float, dict[str, Any]]]:
    """The trip's scenarios of two minutes, each with its start in the trip, s."""
    random = np.random.default_rng([trip.seed, trip.number])
    who = list(PEOPLE)[int(random.integers(len(PEOPLE)))]
    fps = float(random.choice([15.0, 30.0]))
    place = str(random.choice(["column", "cluster"]))
    blinks = {"blink_rate": float(random.uniform(8, 24)), "blink_length": float(random.uniform(0.13, 0.25))}
    start_s = 0.0
    while start_s < trip.seconds:
        length = min(_PIECE_S, trip.seconds - start_s)
        if length < 5.0:
            return
        speed = float(random.choice([35.0, 50.0, 80.0, 110.0, 125.0]))
        yield start_s, {
            "seconds": length,
            "seed": int(random.integers(2**31)),
            "subject": {"like": who},
            "person": blinks,
            "camera": {"fps": fps, "place": place, "jitter_ms": 3.0, "lost": 0.01},
            "drive": {"speed_kmh": speed},
            "sound": {"on": False},
            "heart": {"over": "none"},
            "do": _behaviours(length, speed, random),
        }
        start_s += length


def _behaviours(length: float, speed_kmh: float, random: np.random.Generator) -> list[dict[str, Any]]:
    done: list[dict[str, Any]] = []
    now = float(random.uniform(2.0, 6.0))
    shares = np.array([share for _, share, _ in _GLANCES])
    while now < length - 8.0:
        if random.random() < 0.04 and speed_kmh < 60.0:
            # into a turn, with the indicator on
            side = str(random.choice(["left", "right"]))
            done.append({"at": now, "what": "indicate", "side": side, "for": 6.0})
            done.append({"at": now + 1.5, "what": "look", "zone": f"{side}_window", "for": float(random.uniform(1.5, 3.0))})
            now += 7.0
        else:
            zone, _, median = _GLANCES[int(random.choice(len(_GLANCES), p=shares / shares.sum()))]
            lasts = float(np.clip(median * random.lognormal(0.0, 0.35), 0.35, _LONGEST_GLANCE_S))
            lead = str(random.choice(["both", "eyes", "both"]))
            done.append({"at": now, "what": "look", "zone": zone, "lead": lead, "for": lasts})
            now += lasts
        now += 2.8 + float(random.gamma(2.0, 2.5))
    now = float(random.uniform(5.0, 60.0))
    while now < length - 25.0:
        what, _, typical = _MOUTH[int(random.choice(len(_MOUTH), p=[share for _, share, _ in _MOUTH]))]
        lasts = typical if what == "yawn" else float(typical * random.uniform(0.5, 1.2))
        done.append({"at": now, "what": what, "for": lasts})
        now += lasts + float(random.uniform(10.0, 60.0))
    return done


def drive(trip: Trip) -> list[Heard]:
    """The alerts of one trip."""
    monitor = Monitor(measured_settings(), blinks=BlinkModel(model_path("blink_drowsiness")))
    out: list[Heard] = []
    for start_s, scenario in pieces(trip):
        start_ns = nanoseconds(start_s)
        for sample in samples(Played(script_of(f"trip {trip.number}", scenario))):
            for report in monitor.step(_later(sample, start_ns)):
                if isinstance(report, Alert) and report.action == "raised":
                    out.append(Heard(trip.number, round(seconds(report.t_ns), 2), report.kind, report.level, report.rule))
    return out


def _later(sample: Input, by_ns: int) -> Input:
    return replace(sample, t_ns=sample.t_ns + by_ns) if by_ns else sample


def poisson_interval(count: int, sure: float = _SURE) -> tuple[float, float]:
    """The exact (Garwood 1936) interval of a Poisson mean of which ``count`` were seen."""
    tail = (1.0 - sure) / 2.0

    def at_most(k: int, mean: float) -> float:
        return math.fsum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(k + 1)) if mean > 0.0 else 1.0

    def solve(k: int, wanted: float) -> float:
        low, high = 0.0, 10.0 + 3.0 * (count + 1)
        for _ in range(80):
            middle = (low + high) / 2.0
            low, high = (middle, high) if at_most(k, middle) > wanted else (low, middle)
        return (low + high) / 2.0

    return 0.0 if count == 0 else solve(count - 1, 1.0 - tail), solve(count, tail)


def attentive_command(hours: float, jobs: int, seed: int, as_json: Path | None) -> int:
    """The command ``bench attentive``; its exit code is 1 when the rate is surely over the target."""
    from rich.console import Console
    from rich.progress import track
    from rich.table import Table

    from driver_monitor.runtime.output_files import check_outputs

    check_outputs({"--json": as_json})
    planned = trips(hours, seed)
    bar = Console(stderr=True)
    heard: list[Heard] = []
    if jobs <= 1:
        for trip in track(planned, "driving", console=bar, disable=not bar.is_terminal):
            heard += drive(trip)
    else:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            waiting = [pool.submit(drive, trip) for trip in planned]
            done = as_completed(waiting)
            for future in track(done, "driving", total=len(waiting), console=bar, disable=not bar.is_terminal):
                heard += future.result()
    heard.sort(key=lambda h: (h.trip, h.t_s))
    driven = sum(t.seconds for t in planned) / 3600.0
    low, high = (x / driven for x in poisson_interval(len(heard)))
    kinds = Counter(h.kind for h in heard)
    console = Console(highlight=False)
    if heard:
        table = Table("kind", "alerts", "an hour")
        for kind, count in kinds.most_common():
            table.add_row(kind, str(count), f"{count / driven:.2f}")
        console.print(table)
        for h in heard[:20]:
            console.print(f"trip {h.trip} at {h.t_s:.1f} s: {h.kind} ({h.level}): {h.rule}", markup=False, soft_wrap=True)
        if len(heard) > 20:
            console.print(f"… and {len(heard) - 20} more")
    rate = len(heard) / driven
    console.print(
        f"{len(heard)} alerts in {driven:g} h of attentive driving: {rate:.2f} an hour "
        f"({_SURE:.0%} interval {low:.2f} to {high:.2f}; target at most {TARGET_PER_HOUR:g})",
        soft_wrap=True,
    )
    if as_json is not None:
        figures = {"hours": driven, "seed": seed, "alerts": len(heard), "per_hour": rate, "interval": [low, high], "kinds": kinds}
        write_text(as_json, json.dumps(figures | {"heard": [asdict(h) for h in heard]}, indent=1) + "\n")
    return 0 if low <= TARGET_PER_HOUR else 1
