"""The drive: speed, steering and place in the lane, as a driver of a mood makes them, and as frames of the vehicle's bus."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from driver_monitor.bench.scenario.motion import Series
from driver_monitor.bench.scenario.tracks import DriveStyle, Tracks
from driver_monitor.bench.senses.heart import Beat
from driver_monitor.perception.driving import load_dbc
from driver_monitor.signals import CanFrame, nanoseconds

RATE_HZ = 50
FRAMES_HZ = 20
_DBC = "driver_monitor.dbc"
_WHEELBASE_M, _STEERING_RATIO, _UNDERSTEER = 2.8, 16.0, 0.0025
_INDICATOR = {"left": 1, "right": 2, "hazard": 3}


@dataclass(frozen=True, slots=True)
class _Style:
    """A driver in the lane: gain on the offset, on its rate, dead zone (m), delay (s), restlessness (deg), lapses (1/s).

    Invented figures that give the known order: a tired or distracted driver keeps the lane less well (SDLP about 0.25 m
    attentive, 0.4 m drowsy), an angry one steers more. In a lapse a drowsy driver holds the wheel still; waking, the wheel is
    turned back fast and by too much (``jerk_deg``), then let go again.
    """

    gain: float
    damping: float
    dead_zone_m: float
    delay_s: float
    restless_deg: float
    lapses_hz: float
    jerk_deg: float = 0.0


_STYLES: dict[DriveStyle, _Style] = {
    "attentive": _Style(0.10, 0.22, 0.06, 0.35, 0.35, 0.0),
    "drowsy": _Style(0.10, 0.16, 0.32, 0.90, 0.35, 0.05, 6.0),
    "distracted": _Style(0.10, 0.20, 0.12, 0.50, 0.35, 0.12),
    "angry": _Style(0.16, 0.26, 0.03, 0.28, 0.70, 0.0),
}


@dataclass(frozen=True, eq=False)
class Drive:
    """The drive at :data:`RATE_HZ`: seconds, km/h, degrees at the wheel (+ left), metres from the lane's middle (+ left)."""

    t: Series
    speed_kmh: Series
    steering_deg: Series
    lane_m: Series


def _styles(tracks: Tracks, t: Series) -> list[_Style]:
    """The style at each time; looking far aside goes before moods, a later mood before an earlier one."""
    styles = [_STYLES["attentive"]] * len(t)

    def put(start_s: float, end_s: float, style: _Style) -> None:
        a, b = np.searchsorted(t, (start_s, end_s))
        styles[a:b] = [style] * (b - a)

    for span, style in tracks.drive_style:
        put(span.start_s, span.end_s, _STYLES[style])
    for shift in tracks.gaze:
        if abs(shift.yaw) + abs(shift.pitch) > 25.0:
            put(shift.start_s + 0.3, max(shift.start_s + 0.3, shift.end_s), _STYLES["distracted"])
    return styles


def _start(since_s: float) -> float:
    """The wheel of a driver who starts awake: over, back, and a little to the other side; its largest is 1."""
    if since_s < 0.5:
        return math.sin(math.pi * since_s / 0.5 / 2.0)
    return math.cos(math.pi * (since_s - 0.5) / 0.8) * math.exp(-(since_s - 0.5) / 0.6) if since_s < 2.5 else 0.0


def drive(tracks: Tracks, random: np.random.Generator) -> Drive:
    """A bicycle model steered back to the lane's middle by a late and coarse driver."""
    count = int(tracks.seconds * RATE_HZ) + 1
    t = np.arange(count) / RATE_HZ
    wanted = np.maximum(0.0, np.interp(t, tracks.t, tracks.speed))
    turned = np.interp(t, tracks.t, tracks.steer)
    speed, steering, lane = wanted.copy(), np.zeros(count), np.zeros(count)
    offset = heading = steer = gust = asleep_s = awake_s = jerk = ripple = 0.0
    past = [(0.0, 0.0)] * (RATE_HZ * 2)
    styles = _styles(tracks, t)
    for k in range(count):
        style = styles[k]
        v = float(wanted[k]) / 3.6
        kick, hurry, lapse = (float(x) for x in random.standard_normal(3))
        if asleep_s <= 0.0 or not style.jerk_deg:  # hands at rest hold the wheel still
            gust += -gust / 1.5 / RATE_HZ + style.restless_deg * math.sqrt(2.0 / 1.5 / RATE_HZ) * kick
        past.append((offset, heading))
        seen_offset, seen_heading = past[-1 - int(style.delay_s * RATE_HZ)]
        error = seen_offset + seen_heading * v * 1.2
        awake_s += 1.0 / RATE_HZ
        if asleep_s > 0.0:
            asleep_s -= 1.0 / RATE_HZ
            if asleep_s <= 0.0 and style.jerk_deg:
                awake_s, jerk = 0.0, -math.copysign(style.jerk_deg, error) * float(random.uniform(0.8, 1.3))
        elif style.lapses_hz and lapse > 2.0 and random.random() < style.lapses_hz / RATE_HZ / 0.0228:
            asleep_s = float(random.uniform(2.5, 4.5) if style.jerk_deg else random.uniform(1.0, 2.5))
        start = jerk * _start(awake_s)
        beyond = math.copysign(max(0.0, abs(error) - style.dead_zone_m), error)
        if asleep_s <= 0.0:
            command = -beyond * style.gain * 12.0 - style.damping * seen_heading * v * 6.0
            steer += max(-5.0, min(5.0, command - steer)) * min(1.0, 8.0 / RATE_HZ)
        if v > 1.0:
            wheels = math.radians((steer + gust + start) / _STEERING_RATIO)
            heading += v * wheels / _WHEELBASE_M / RATE_HZ / (1.0 + _UNDERSTEER * v * v)
            offset += v * heading / RATE_HZ
            offset = max(-1.5, min(1.5, offset))
        ripple += (-ripple / 8.0 + 0.25 * hurry * math.sqrt(RATE_HZ) * 0.4) / RATE_HZ
        speed[k] = max(0.0, float(wanted[k]) + (ripple if wanted[k] > 5.0 else 0.0))
        steering[k], lane[k] = steer + 0.5 * gust + start + turned[k], offset
    return Drive(t, speed, steering, lane)


def frames(tracks: Tracks, driven: Drive, felt: list[Beat]) -> Iterator[CanFrame]:
    """The drive, and beats when there are any, as frames of ``driver_monitor.dbc`` in time order."""
    database = load_dbc(_DBC)
    state, wearable = database.get_message_by_name("DriveState"), database.get_message_by_name("WearableHeart")
    pending = iter(felt)
    beat = next(pending, None)
    for k in range(int(tracks.seconds * FRAMES_HZ) + 1):
        t_s = k / FRAMES_HZ
        while beat is not None and beat.t_s <= t_s:
            values = {"HeartRate": round(60_000.0 / beat.rr_ms), "RrInterval": round(beat.rr_ms)}
            yield CanFrame(nanoseconds(beat.t_s), wearable.frame_id, wearable.encode(values))
            beat = next(pending, None)
        signals = {
            "VehicleSpeed": round(float(np.interp(t_s, driven.t, driven.speed_kmh)), 2),
            "SteeringAngle": round(float(np.interp(t_s, driven.t, driven.steering_deg)), 1),
            "TurnIndicator": next((_INDICATOR[s.value] for s in tracks.indicator if s.start_s <= t_s < s.end_s), 0),
            "ReverseGear": int(any(s.start_s <= t_s < s.end_s for s in tracks.reverse)),
            "LaneOffset": round(float(np.interp(t_s, driven.t, driven.lane_m)), 2),
        }
        yield CanFrame(nanoseconds(t_s), state.frame_id, state.encode(signals))
