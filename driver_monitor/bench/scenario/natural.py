"""What a driver does without being told: blinks, small looks about the road, a head never quite still."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from driver_monitor.bench.scenario.motion import (
    BLINK_CLOSING_S,
    BLINK_OPENING_S,
    Move,
    Series,
    closure,
    follow,
    head_turn_s,
    saccade_s,
    wander,
)
from driver_monitor.bench.scenario.parts import PersonPart
from driver_monitor.bench.scenario.tracks import BlinkRate, GazeShift, Label, Tracks

_EYES_REACH_DEG = (34.0, 30.0, 22.0)  # aside, down, up: how far eyes turn in the head
_HEAD_STILL_DEG = 8.0  # a smaller shift of gaze is made by the eyes alone
_HEAD_LATENCY_S = 0.05


@dataclass(frozen=True, eq=False)
class Gaze:
    """Head and eyes over time, degrees: yaw + to the driver's left, pitch + up."""

    head_yaw: Series
    head_pitch: Series
    eye_yaw: Series
    eye_pitch: Series


def blink(tracks: Tracks, person: PersonPart, random: np.random.Generator) -> None:
    """Spontaneous blinks, at gamma-spread intervals, where nothing else closes or needs the eyes."""
    rates = [BlinkRate(0.0, tracks.seconds, person.blink_rate, person.blink_length), *tracks.blink_rates]
    now = float(random.uniform(0.3, 2.0))
    while now < tracks.seconds:
        rate = next(r for r in reversed(rates) if r.start_s <= now < r.end_s)
        if rate.per_minute <= 0.0:
            now += 0.5
            continue
        length = float(rate.length_s * random.uniform(0.9, 1.15))
        clear = all(span.end_s < now or span.start_s > now + length for span in tracks.no_blinks)
        if clear and now + length + 0.2 < tracks.seconds:
            opening = BLINK_OPENING_S * max(1.0, length / 0.2)
            tracks.close(closure(tracks.t, now, max(length, 0.12), BLINK_CLOSING_S, min(opening, 1.6 * length)))
            tracks.labels.append(Label("blink", round(now, 4), round(now + length, 4), (("spontaneous", True),)))
        now += max(0.6, float(random.gamma(4.0, 60.0 / rate.per_minute / 4.0)))


def _targets(tracks: Tracks, restless: float, random: np.random.Generator) -> list[tuple[float, float, float, GazeShift | None]]:
    """Where the gaze goes, in time order: start, yaw, pitch and the glance it belongs to (``None``: the road)."""
    shifts = sorted(tracks.gaze, key=lambda s: s.start_s)
    found: list[tuple[float, float, float, GazeShift | None]] = []
    now = 0.0
    while now < tracks.seconds + 1.0:
        inside = [s for s in shifts if s.start_s <= now + 1e-9 < s.end_s]
        shift = inside[-1] if inside else None
        # on the road the eyes wander over the scene, on a target they stay near it
        aside, up = (0.6, 0.5) if shift else (2.6, 1.2)
        centre = (shift.yaw, shift.pitch) if shift else (0.0, 0.0)
        here = random.normal(0.0, 1.0, 2) * (aside, up) * restless
        found.append((now, centre[0] + float(here[0]), centre[1] + float(here[1]), shift))
        stay = now + max(0.2, float(random.gamma(2.5, 0.35)))
        borders = [b for s in shifts for b in (s.start_s, s.end_s) if b > now + 1e-9]
        now = min([stay, *borders])
    return found


def _head_part(value: float, share: float, reach: float) -> float:
    """How much of a shift the head makes: its share beyond the small ones, and what the eyes cannot reach."""
    size, way = abs(value), 1.0 if value >= 0.0 else -1.0
    gone = share * size if share >= 1.0 else share * max(0.0, size - _HEAD_STILL_DEG)
    return way * max(gone, size - reach)


def look(tracks: Tracks, person: PersonPart, random: np.random.Generator) -> Gaze:
    """Head and eyes from all glances: eyes jump first, the head follows, the eyes turn back as it comes."""
    t = tracks.t
    targets = _targets(tracks, person.restless, random)
    eyes: list[list[Move]] = [[], []]
    head: list[list[Move]] = [[], []]
    before = (0.0, 0.0)
    goal: tuple[float, float] | None = None
    for start_s, yaw, pitch, shift in targets:
        takes = saccade_s(float(np.hypot(yaw - before[0], pitch - before[1])))
        eyes[0].append(Move(start_s, yaw, takes))
        eyes[1].append(Move(start_s, pitch, takes))
        before = (yaw, pitch)
        share = shift.head_share if shift else 0.0
        aside, down, up = _EYES_REACH_DEG
        at = (shift.yaw, shift.pitch) if shift else (0.0, 0.0)
        wanted = (_head_part(at[0], share, aside), _head_part(at[1], share, up if at[1] > 0.0 else down))
        if wanted != goal:
            size = float(np.hypot(wanted[0] - (goal or wanted)[0], wanted[1] - (goal or wanted)[1]))
            goal = wanted
            for axis in (0, 1):
                head[axis].append(Move(start_s + _HEAD_LATENCY_S, wanted[axis], head_turn_s(size)))
    head_yaw, head_pitch = follow(t, head[0]), follow(t, head[1])
    gaze_yaw, gaze_pitch = follow(t, eyes[0]), follow(t, eyes[1])
    aside, down, up = _EYES_REACH_DEG
    head_yaw = head_yaw + wander(t, random, 1.0 * person.restless, 2.5)
    head_pitch = head_pitch + wander(t, random, 0.7 * person.restless, 2.5)
    return Gaze(
        head_yaw, head_pitch, np.clip(gaze_yaw - head_yaw, -aside, aside), np.clip(gaze_pitch - head_pitch, -down, up)
    )


def sway(tracks: Tracks, person: PersonPart, random: np.random.Generator) -> None:
    """The body on the seat, and the head on the neck."""
    spreads = (4.0, 2.5, 3.0)
    tracks.shift += np.stack([wander(tracks.t, random, s * person.restless, 2.0) for s in spreads], axis=1)
    tracks.head_roll += wander(tracks.t, random, 0.8 * person.restless, 3.0)
