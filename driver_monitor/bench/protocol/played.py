"""A case's scenario played out, and the truth its alerts are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from driver_monitor.bench.protocol.truth import Series, Truth
from driver_monitor.bench.scenario.played import Played
from driver_monitor.bench.scenario.script import Script
from driver_monitor.bench.scenario.text import Lines

_RATE_HZ = 100  # of the truth: a step of 10 ms is small beside the 0.2 s allowed
_HIDDEN_SHARE = 0.45  # the face begins this far up the picture from its lower edge


def script_of(name: str, scenario: dict[str, Any]) -> Script:
    """The script of a case's scenario; errors name the case."""
    return Script._from(scenario, Lines(name, ""))


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """The driver at many times at once: degrees, lids as a share of the own open eye, millimetres, shares."""

    head_yaw: Series
    head_pitch: Series
    head_roll: Series
    eye_yaw: Series
    eye_pitch: Series
    lids: Series
    shift: Series
    covered: Series
    units: Mapping[str, Series]


def motion(played: Played, t: Series) -> Motion:
    """What :meth:`Played.pose` gives, for a whole series of times."""
    tracks, gaze = played.tracks, played._gaze

    def at(series: Series) -> Series:
        return np.interp(t, tracks.t, series)

    return Motion(
        at(gaze.head_yaw + tracks.head_yaw),
        at(gaze.head_pitch + tracks.head_pitch),
        at(tracks.head_roll),
        at(gaze.eye_yaw),
        at(gaze.eye_pitch),
        np.maximum(0.0, (1.0 - np.minimum(0.9, at(tracks.droop))) * (1.0 - at(tracks.shut)) + at(tracks.wide)),
        np.stack([at(tracks.shift[:, k]) for k in range(3)], axis=1),
        at(tracks.covered),
        {name: at(series) for name, series in tracks.units.items()},
    )


def truth_of(played: Played) -> Truth:
    """Gaze, lids and whether the camera can see the driver, over the whole scenario."""
    tracks = played.tracks
    t = np.arange(int(tracks.seconds * _RATE_HZ)) / _RATE_HZ
    now = motion(played, t)
    hidden = now.covered >= _HIDDEN_SHARE
    for span in (*tracks.frozen, *tracks.picture_lost):
        hidden |= (t >= span.start_s) & (t < span.end_s)
    for label in tracks.labels:
        if label.what == "lean_out":
            hidden |= (t >= label.start_s + 0.5) & (t < label.end_s - 0.4)
    return Truth(t, now.head_yaw + now.eye_yaw, now.head_pitch + now.eye_pitch, now.lids, ~hidden)
