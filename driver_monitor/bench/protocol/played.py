"""A case's scenario played out, and the truth its alerts are held against."""

from __future__ import annotations

from typing import Any

import numpy as np

from driver_monitor.bench.protocol.truth import Truth
from driver_monitor.bench.scenario.played import Played
from driver_monitor.bench.scenario.script import Script
from driver_monitor.bench.scenario.text import Lines
from driver_monitor.signals import nanoseconds

_RATE_HZ = 50  # of the truth: a step of 20 ms is small beside the 0.2 s allowed
_HIDDEN_SHARE = 0.45  # the face begins this far up the picture from its lower edge


def script_of(name: str, scenario: dict[str, Any]) -> Script:
    """The script of a case's scenario; errors name the case."""
    return Script._from(scenario, Lines(name, ""))


def truth_of(played: Played) -> Truth:
    """Gaze, lids and whether the camera can see the driver, over the whole scenario."""
    tracks = played.tracks
    t = np.arange(int(tracks.seconds * _RATE_HZ)) / _RATE_HZ
    poses = [played.pose(nanoseconds(float(now))) for now in t]
    hidden = np.interp(t, tracks.t, tracks.covered) >= _HIDDEN_SHARE
    for span in (*tracks.frozen, *tracks.picture_lost):
        hidden |= (t >= span.start_s) & (t < span.end_s)
    for label in tracks.labels:
        if label.what == "lean_out":
            hidden |= (t >= label.start_s + 0.5) & (t < label.end_s - 0.4)
    return Truth(
        t,
        np.array([p.head.yaw + p.eyes.yaw for p in poses]),
        np.array([p.head.pitch + p.eyes.pitch for p in poses]),
        np.array([(p.lids[0] + p.lids[1]) / 2.0 for p in poses]),
        ~hidden,
    )
