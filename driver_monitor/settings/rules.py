"""When the driver counts as tired, distracted, stressed or angry, and how alerts go on."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from driver_monitor.settings.fields import ADDW, ATTEND, DDAW, DESIGN, KNOWN, NCAP, Section, choice, figure


class Phone(Section):
    """Signs of phone use."""

    window_s: float = figure(30.0, "looks at the places of a phone are summed over this", "s", 10, 120, NCAP)
    looks: int = figure(3, "so many looks at lap, knee, wheel or mount speak for a phone", "1", 2, 10, DESIGN)
    looks_sum_s: float = figure(4.0, "… that last so long in all", "s", 1, 30, DESIGN)
    looks_alone: bool = choice(False, "looks alone may give an advice; else they need a second sign, for time sharing alerts on them anyway")
    ear_s: float = figure(5.0, "a hand at the ear for this long speaks for a call", "s", 2, 60, "design; phone at the ear: " + NCAP)
    detector: str = choice("", "an ONNX object detector: a path or a name in the model manifest; empty for none")
    detector_every_s: float = figure(2.0, "look for objects this often", "s", 0.2, 30, DESIGN)
    detector_label: str = choice("cell phone", "the detector's label of a phone", "COCO")
    detector_score: float = figure(0.5, "a score from here on speaks for a phone", "1", 0.05, 0.99, DESIGN)


class Distraction(Section):
    """Glance timers."""

    long_glance_s: float = figure(3.0, "one glance off the forward road", "s", 1, 10, NCAP)
    long_mirror_s: float = figure(4.0, "the same for cluster and mirrors", "s", 1, 10, NCAP)
    sharing_off_s: float = figure(10.0, "time off road summed …", "s", 3, 30, NCAP)
    sharing_window_s: float = figure(30.0, "… within this window", "s", 10, 120, NCAP)
    sharing_reset_s: float = figure(2.0, "this much unbroken road resets the sum", "s", 0.5, 10, "Seeing Machines (secondary text)")
    area3_fast_s: float = figure(3.5, "gaze below the 30° plane at ≥ 50 km/h", "s", 1, 10, ADDW)
    area3_slow_s: float = figure(6.0, "gaze below the 30° plane at 20-50 km/h", "s", 1, 15, ADDW)
    area3_degraded_s: float = figure(1.5, "more for both while the driver is seen poorly", "s", 0, 5, ADDW)
    area3_fast_kmh: float = figure(50.0, "where the faster limit starts", "km/h", 20, 130, ADDW)
    min_kmh: float = figure(20.0, "distraction is watched from this speed", "km/h", 0, 80, NCAP)
    attend_buffer_s: float = figure(2.0, "attention buffer; empty means distracted", "s", 0.5, 10, ATTEND)
    attend_free_s: float = figure(1.0, "the first part of a mirror or cluster glance drains nothing", "s", 0, 5, ATTEND)
    recovery_s: float = figure(1.0, "this much road ends an intervention", "s", 0.2, 5, NCAP)
    clear_s: float = figure(2.0, "this much road clears the state", "s", 0.5, 10, NCAP)
    reset_s: float = figure(0.5, "a shorter look at the road never restarts a timer", "s", 0.1, 2, "(EU) 2023/2590 §3.3.2.4 (secondary text): no figure given; design")


class Fatigue(Section):
    """Closed eyes and drowsiness."""

    microsleep_s: float = figure(1.5, "eyes closed this long", "s", 0.8, 3, NCAP)
    sleep_s: float = figure(3.0, "eyes closed this long", "s", 2, 10, NCAP)
    unresponsive_s: float = figure(6.0, "eyes closed this long", "s", 3, 20, NCAP)
    answer_s: float = figure(3.0, "no gaze back on the road this long after a critical alert", "s", 1, 10, NCAP)
    perclos_short_s: float = figure(60.0, "short PERCLOS window", "s", 20, 300, "secondary text")
    perclos_long_s: float = figure(180.0, "long PERCLOS window", "s", 60, 1200, "secondary text")
    perclos_advice: float = figure(0.08, "PERCLOS for advice", "1", 0.02, 0.5, "secondary text")
    perclos_short: float = figure(0.15, "drowsy: PERCLOS over the short window …", "1", 0.05, 0.6, "secondary text")
    perclos_long: float = figure(0.10, "… and over the long one", "1", 0.03, 0.6, "secondary text")
    perclos_min_s: float = figure(30.0, "usable time PERCLOS needs at least", "s", 10, 120, "secondary text")
    perclos_min_usable: float = figure(0.5, "usable share of the window PERCLOS needs at least", "1", 0.1, 1, "secondary text")
    perclos_min_fps: float = figure(10.0, "frame rate PERCLOS needs at least", "1/s", 4, 30, "secondary text")
    blink_left_out_s: float = figure(0.25, "shorter closures are blinks and left out of PERCLOS", "s", 0.1, 0.5, "NHTSA trial (secondary text)")
    kss_warn: float = figure(8.0, "estimated KSS for a drowsiness warning", "KSS 1-9", 6, 9, DDAW)
    cues_needed: int = figure(2, "independent cues before a drowsiness alarm", "1", 1, 4, "PERCLOS alone 8.4 % false, with a second cue 0.8 % (secondary text)")
    drowsy_min_kmh: float = figure(50.0, "drowsiness is watched from this speed", "km/h", 0, 130, NCAP)
    standstill_kmh: float = figure(1.0, "below this the car stands", "km/h", 0, 10, DESIGN)
    not_visible_s: float = figure(10.0, "driver not tracked, or camera covered, this long while moving", "s", 2, 60, NCAP)
    yawn_window_s: float = figure(300.0, "yawns and nods are counted over this window", "s", 60, 1800, DESIGN)
    steering_min_hz: float = figure(10.0, "steering is read from so many angles a second", "1/s", 5, 100, DESIGN)
    steering_own_s: float = figure(120.0, "the own steering and lane keeping are learned over this much time at speed, then frozen", "s", 60, 1200, DESIGN)
    steering_min_s: float = figure(60.0, "time at speed that steering needs within its window", "s", 20, 600, DESIGN)
    steering_window_s: float = figure(180.0, "late big corrections and weaving are told over this window", "s", 60, 1200, DESIGN)
    steering_corrections: int = figure(3, "so many late big corrections are a cue", "1", 1, 20, DESIGN)
    sdlp_m: float = figure(0.4, "weaving (SDLP over the same window) from this is a cue, when it is also well above the own", "m", 0.2, 1.0, KNOWN)
    blink_reference: int = figure(40, "blinks at the trip's start that stand for this driver awake", "1", 20, 200, DESIGN)
    night_from_h: float = figure(2.0, "the body's low at night starts …", "h", 0, 24, KNOWN)
    night_to_h: float = figure(6.0, "… and ends", "h", 0, 24, KNOWN)
    noon_from_h: float = figure(14.0, "the lesser low after noon starts …", "h", 0, 24, KNOWN)
    noon_to_h: float = figure(16.0, "… and ends", "h", 0, 24, KNOWN)


class Emotion(Section):
    """Stress and anger."""

    hold_s: float = figure(10.0, "a state is flagged only after it has held this long", "s", 2, 120, "Fujiwara 2019")
    stress_threshold: float = figure(0.8, "stress value for an alert", "1", 0.5, 0.99, DESIGN)
    anger_threshold: float = figure(0.8, "anger value for an alert", "1", 0.5, 0.99, DESIGN)
    channels_needed: int = figure(2, "independent channels (face, voice, heart) before an alert", "1", 1, 3, DESIGN)
    expression_network: bool = choice(True, "a small or blurred face is read by the model expression too, where it is there (models/expression.md)")
    driving_window_s: float = figure(180.0, "slow traffic and harsh braking are told over this window", "s", 60, 600, "Fujiwara 2019 (3-min window)")
    slow_kmh: float = figure(60.0, "below this the car is in a city or a queue", "km/h", 20, 120, "design; city drives most stressful: Healey & Picard 2005")


class Alerts(Section):
    """Alert policy."""

    repeat_s: float = figure(30.0, "re-alarm while the cause lasts", "s", 5, 120, "Euro NCAP (Guardian, openpilot practice)")
    same_kind_s: float = figure(15.0, "least time between two alerts of one kind unless it rises", "s", 5, 120, DESIGN)
    mood_s: float = figure(600.0, "least time between two pieces of advice on stress or anger, whichever it is", "s", 60, 7200, DESIGN)
    rise_s: float = figure(3.0, "an unanswered caution or warning rises one level after this", "s", 1, 30, DESIGN)
    top_level: dict[str, Literal["advice", "caution", "warning", "critical"]] = choice(
        {}, "the highest level a kind may rise to, where it differs from the built-in one"
    )

    @field_validator("top_level")
    @classmethod
    def _known_kinds(cls, value: dict[str, str]) -> dict[str, str]:
        from typing import get_args

        from driver_monitor.signals import AlertKind

        for kind in value:
            if kind not in get_args(AlertKind):
                raise ValueError(f"'{kind}' is no kind of alert; known: {', '.join(get_args(AlertKind))}")
        return value
