"""One case from its scenario to its outcome, on measurements or on rendered pictures."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from driver_monitor.bench.protocol.cases import Case
from driver_monitor.bench.protocol.measurements import samples
from driver_monitor.bench.protocol.outcome import Curves, Level, Outcome
from driver_monitor.bench.protocol.played import script_of, truth_of
from driver_monitor.bench.protocol.truth import Truth
from driver_monitor.bench.protocol.verdict import Step, Verdict, heard, judge
from driver_monitor.bench.scenario.played import Played
from driver_monitor.errors import DriverMonitorError
from driver_monitor.monitor import Monitor
from driver_monitor.settings import Settings
from driver_monitor.signals import Alert, CameraFrame, FaceMeasurement, Input, seconds

_NO_BUS = {"speed": "", "steering": "", "indicator": "", "reverse": "", "heart_rate": "", "rr_interval": ""}
_CURVE_STEP_S = 0.1


def run_case(case: Case, level: Level) -> Outcome:
    """Run a case; what keeps it from being run is in the outcome, never raised."""
    start = time.perf_counter()
    verdict, curves, frames = Verdict((), ()), Curves(), 0
    steps: list[Step] = []
    error: str | None = None
    try:
        settings = case_settings(case, level)
        played = Played(script_of(f"{case.protocol}: {case.name}", case.scenario))
        truth = truth_of(played)
        with _monitor(case, level, played, settings) as (monitor, stream):
            alerts, frames_s, curves = watch(monitor, stream, truth)
        steps, frames = heard(alerts), len(frames_s)
        verdict = judge(case, steps, truth, frames_s, settings)
    except DriverMonitorError as e:
        error = str(e)
    wall_s = round(time.perf_counter() - start, 3)
    return Outcome(case.protocol, case.name, case.rule, case.source, level, verdict, steps, curves, frames, wall_s, error)


@contextmanager
def _monitor(case: Case, level: Level, played: Played, settings: Settings) -> Iterator[tuple[Monitor, Iterator[Input]]]:
    """A monitor and what it is given."""
    if level == "measurements":
        yield Monitor(settings), samples(played)
        return
    from driver_monitor.bench.protocol.pixels import rendered

    with rendered(case, played, settings) as both:
        yield both


def case_settings(case: Case, level: Level) -> Settings:
    """The default settings with the case's own changes."""
    from pydantic import ValidationError

    from driver_monitor.errors import SettingsError

    values = dict(case.settings)
    trip = {"deployment": "bench", "drive_side": case.scenario.get("drive", {}).get("side", "left")}
    values["trip"] = trip | values.get("trip", {})
    if level == "measurements":  # the drive is measured already: no bus is read, and no DBC loaded
        values["vehicle"] = {"signals": _NO_BUS} | values.get("vehicle", {})
    try:
        return Settings.model_validate(values)
    except ValidationError as e:
        fault = e.errors()[0]
        place = ".".join(str(p) for p in fault["loc"])
        raise SettingsError(f"{case.protocol}: case '{case.name}': settings {place}: {fault['msg']}") from None


def measured_settings() -> Settings:
    """The default settings for inputs that are measured already."""
    return Settings.model_validate({"trip": {"deployment": "bench"}, "vehicle": {"signals": _NO_BUS}})


def watch(monitor: Monitor, stream: Iterable[Input], truth: Truth) -> tuple[list[Alert], list[float], Curves]:
    """Give a monitor its samples; the alerts, the times of the pictures, and the curves for the report."""
    steps: list[Alert] = []
    frames_s: list[float] = []
    curves = Curves()
    next_s = 0.0
    for sample in stream:
        steps += [r for r in monitor.step(sample) if isinstance(r, Alert)]
        if not isinstance(sample, FaceMeasurement | CameraFrame):
            continue
        t_s = seconds(sample.t_ns)
        frames_s.append(t_s)
        if t_s >= next_s:
            next_s = t_s + _CURVE_STEP_S - 1e-3
            _note(curves, t_s, monitor, truth)
    steps += [r for r in monitor.finish() if isinstance(r, Alert)]
    return steps, frames_s, curves


def _note(curves: Curves, t_s: float, monitor: Monitor, truth: Truth) -> None:
    view = monitor.view
    k = min(int(np.searchsorted(truth.t, t_s)), len(truth.t) - 1)
    gaze = None if view is None else view.gaze
    eyes = (None, None) if view is None else view.openness
    seen = [e for e in eyes if e is not None]
    curves.t_s.append(round(t_s, 2))
    curves.true_yaw.append(round(float(truth.gaze_yaw[k]), 1))
    curves.true_pitch.append(round(float(truth.gaze_pitch[k]), 1))
    curves.true_lids.append(round(float(truth.lids[k]), 2))
    curves.yaw.append(None if gaze is None else round(gaze.yaw, 1))
    curves.pitch.append(None if gaze is None else round(gaze.pitch, 1))
    curves.openness.append(round(sum(seen) / len(seen), 2) if seen else None)
