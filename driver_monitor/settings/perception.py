"""How faces, hands, body, heart and voice are read."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from driver_monitor.settings.fields import ADDW, DESIGN, KNOWN, OPENPILOT, Section, choice, figure


class Face(Section):
    """Face landmarks."""

    backend: Literal["auto", "mediapipe", "litert"] = choice(
        "auto", "who finds the landmarks: MediaPipe, or our own pipeline on LiteRT; auto: MediaPipe where the CPU can run it"
    )
    most_fps: float = figure(
        15.0, "while open eyes rest on the road and nothing moves, about so many pictures are read, and every one in which something does; 240: all", "1/s", 8, 240, "design, checked on recorded and drawn drivers"
    )
    detection_confidence: float = figure(0.5, "least confidence to find a face", "1", 0.1, 0.95)
    presence_confidence: float = figure(0.5, "least confidence that the face is still there", "1", 0.1, 0.95)
    min_eye_width_px: float = figure(
        72.0, "a narrower face gives no eye state: the lids are too few pixels apart", "px", 30, 300, "design, checked on recorded drivers"
    )
    usable_yaw_deg: float = figure(52.0, "beyond this head yaw to the camera eye state is not used", "deg", 20, 80, "design, checked on recorded drivers")
    dark_luma: float = figure(18.0, "mean luma below this: the picture is dark or covered", "0-255", 1, 80)
    flat_contrast: float = figure(6.0, "luma spread below this: the lens is covered", "0-255", 1, 40)
    frozen_s: float = figure(1.0, "the same picture for longer: frozen", "s", 0.2, 10)
    glare_share: float = figure(0.4, "this share of the picture, or of the face, saturated: glare", "1", 0.1, 1.0)
    blurred_share: float = figure(
        0.4, "fine detail below this share of the camera's own usual: blurred", "1", 0.1, 0.8, "design, checked on recorded and drawn drivers"
    )
    lens_share: float = figure(
        0.37,
        "skin about the eyes darker than this share of the cheek's pixel value: sunglasses, the eyes are not usable",
        "1",
        0.1,
        0.6,
        "sunglasses of ≤ 15 % transmittance, Euro NCAP (secondary text); the figure checked on stills of drivers",
    )
    lens_reflecting: float = figure(
        0.97,
        "light and colour of the skin about the eyes, as shares of the face's, sum to less: lenses that reflect, the eyes are not usable",
        "1",
        0.0,
        1.5,
        "design; checked on stills of drivers and on drawn drivers in side sun",
    )
    glint_share: float = figure(0.35, "this share of the eye saturated: a reflection lies over it", "1", 0.1, 1.0)
    worn_s: float = figure(2.0, "glasses, reflection or mask are believed after this long", "s", 0.5, 10)
    place_s: float = figure(10.0, "the driver's place in the picture is learned over this much time", "s", 2, 60)
    place_reach: float = figure(1.0, "a face found anew this many face widths from the driver's place is not the driver's", "widths", 0.5, 5)
    place_new_s: float = figure(10.0, "at standstill, a lone steady face elsewhere is the driver's after this long", "s", 2, 120)
    place_new_moving_s: float = figure(60.0, "the same while moving, or with the speed unknown", "s", 10, 600)


class Eyes(Section):
    """Eye openness and closures."""

    prior_open_ear: float = figure(0.27, "open-eye aspect ratio before the driver's own is learned", "1", 0.15, 0.45, "0.257 ± 0.021 over 27 people")
    closed_share: float = figure(
        0.0, "a shut eye's aspect ratio as a share of the open one, seen squarely; the own one is learned from blinks", "1", -0.2, 0.4, "rendered heads, checked on recorded drivers"
    )
    baseline_s: float = figure(60.0, "the own open eye is learned over this much usable time, then frozen", "s", 5, 300, "literature (secondary text)")
    closed_openness: float = figure(0.2, "openness at or below this is closed (P80)", "1", 0.05, 0.5, "PERCLOS P80")
    edge_openness: float = figure(0.5, "a closure starts and ends where openness crosses this", "1", 0.2, 0.8, KNOWN)
    blink_max_s: float = figure(0.5, "a closure shorter than this is a blink", "s", 0.2, 1.0, "blink 100-400 ms alert, > 500 ms drowsy (secondary text)")
    down_gaze_deg: float = figure(18.0, "looking this far below the road closes no eye", "deg", 5, 45, "27-33° of down-gaze looks closed (secondary text)")
    min_fps_blink: float = figure(15.0, "blink statistics need this frame rate", "1/s", 5, 60, "secondary text")
    still_s: float = figure(30.0, "eyes that neither blink nor look anywhere for so long are hidden (dark or shining lenses)", "s", 15, 300, "design; people blink 10-20 times a minute")
    max_gap_s: float = figure(0.5, "a longer gap between usable frames ends a closure's timing", "s", 0.1, 2)


class Mouth(Section):
    """Yawns."""

    open_ratio: float = figure(0.25, "inner-lip gap over mouth width above this is open", "1", 0.1, 0.8, "between 0.2 (99 % of yawns, 3 % of others in 1,407 stills) and 0.3 (96.4 %, 0.3 %)")
    wide_ratio: float = figure(0.45, "a yawn opens at least this far", "1", 0.2, 1.2, "design, checked on recorded drivers")
    yawn_min_s: float = figure(1.5, "the mouth is open at least this long in a yawn", "s", 0.5, 5, "secondary text")


Direction: TypeAlias = Annotated[
    tuple[Annotated[float, Field(ge=-90.0, le=90.0)], Annotated[float, Field(ge=-60.0, le=60.0)]],
    BeforeValidator(lambda given: tuple(given) if isinstance(given, list) else given),  # TOML has lists, no tuples
]
CAR = "typical passenger-car geometry, a driver on the left"


class Zones(Section):
    """Yaw (+ left) and pitch (+ up) of each place from straight ahead, deg; on the right-hand seat the sides are swapped."""

    up: Direction = choice((0.0, 38.0), "sun visor, roof", CAR)
    cluster: Direction = choice((0.0, -23.0), "instrument cluster, and a telephone held up at the wheel", CAR)
    lap: Direction = choice((0.0, -36.0), "all that is low: a telephone behind the wheel, in the lap, on the knee", CAR)
    phone: Direction = choice((-26.0, -15.0), "a telephone in a mount on the dash, or held up", CAR)
    centre_stack: Direction = choice((-30.0, -30.0), "screen, radio, climate", CAR)
    rear_mirror: Direction = choice((-38.0, 8.0), "inside mirror", CAR)
    left_mirror: Direction = choice((38.0, -8.0), "outside mirror on the driver's side", CAR)
    right_mirror: Direction = choice((-58.0, -8.0), "outside mirror on the passenger's side", CAR)
    passenger: Direction = choice((-72.0, -3.0), "the passenger", CAR)
    left_window: Direction = choice((75.0, -5.0), "side window on the driver's side, shoulder", CAR)
    right_window: Direction = choice((-88.0, -5.0), "side window on the passenger's side", CAR)


class Gaze(Section):
    """Gaze direction and zones."""

    neutral_s: float = figure(60.0, "the head's and eyes' own straight-ahead is learned over this much usable time, then frozen", "s", 5, 300, DESIGN)
    neutral_first_s: float = figure(1.0, "a first straight-ahead is used after this much", "s", 0.5, 30, DESIGN)
    trust_s: float = figure(10.0, "distraction may alarm only after straight-ahead has been learned for this long", "s", 1, 120, DESIGN)
    road_yaw_deg: float = figure(20.0, "half width of the forward road", "deg", 5, 40, DESIGN)
    road_up_deg: float = figure(20.0, "the road reaches up to here", "deg", 5, 45, DESIGN)
    road_down_deg: float = figure(16.0, "the road reaches down to here", "deg", 5, 30, DESIGN)
    turn_from_deg: float = figure(30.0, "steering beyond this is a turn: the road reaches further to its side …", "deg", 5, 180, OPENPILOT)
    turn_share: float = figure(0.15, "… by this share of the steering beyond it …", "1", 0, 1, OPENPILOT)
    turn_most_deg: float = figure(22.5, "… and at most by this", "deg", 0, 45, OPENPILOT)
    lap_pitch_deg: float = figure(-30.0, "below this plane lies ADDW area 3 (lap, phone, centre stack low)", "deg", -60, -15, ADDW)
    min_dwell_s: float = figure(0.15, "a look shorter than this is no glance", "s", 0.05, 0.5, "ISO 15007: fixations ≥ 100 ms")
    bridge_s: float = figure(0.3, "a shorter look away from a glance's target does not split it", "s", 0.0, 1.0, DESIGN)
    zones: Zones = Zones()


class Hands(Section):
    """Hands near the face. They are looked at only where the model hand_landmarker is."""

    enabled: bool = choice(True, "look for hands, where the model is there")
    every_s: float = figure(2.0, "look for hands this often: a look costs more than the face", "s", 0.2, 30, "design, from `bench speed`")
    near_s: float = figure(0.5, "… and this often for a while after a hand came to the face, or the face was lost", "s", 0.1, 5, DESIGN)
    confidence: float = figure(0.5, "least confidence to find a hand", "1", 0.1, 0.95, "MediaPipe's own default")
    reach: float = figure(0.45, "a hand whose middle is this near to a part of the face is at it", "face widths", 0.1, 1.0, "design, checked on rendered heads")
    min_s: float = figure(0.5, "a hand at the face for longer is an event", "s", 0.0, 5, DESIGN)


class Body(Section):
    """Nods, slumping and leaning out."""

    nod_drop_deg: float = figure(10.0, "in a nod the head is read to drop at least this far below its straight-ahead", "deg", 5, 40, "drowsy nods 12-20° (secondary text), read at 0.84 on rendered heads")
    nod_closed_s: float = figure(0.5, "… with the eyes closed for this long", "s", 0.2, 2, DESIGN)
    nod_longest_s: float = figure(5.0, "a head that stays down for longer does not nod", "s", 1, 15, DESIGN)
    usual_s: float = figure(20.0, "the face's usual place and size are learned over this much time, and follow slowly", "s", 5, 300, DESIGN)
    slump_s: float = figure(2.5, "the head has sunk, eyes shut or not to be seen, for this long", "s", 1, 15, DESIGN)
    slump_open_s: float = figure(5.0, "… or, where the eyes look open, tilted and with the gaze off the road for this long", "s", 2, 30, DESIGN)
    slump_drop: float = figure(0.35, "sunk: the face lies this far below its usual place", "face widths", 0.1, 2, "design, checked on rendered drivers")
    slump_roll_deg: float = figure(18.0, "… or is tilted this far from its usual attitude", "deg", 8, 60, "design, checked on rendered drivers")
    lean_out: float = figure(1.5, "leaning out: the face is this far aside of its usual place", "face widths", 0.5, 5, "design, checked on rendered drivers")
    lean_edge: float = figure(0.06, "… or its middle this near to the picture's edge", "picture widths", 0.0, 0.3, DESIGN)
    lean_s: float = figure(1.0, "… for this long", "s", 0.3, 15, DESIGN)


class Heart(Section):
    """Heart figures."""

    rr_min_ms: float = figure(300.0, "a shorter RR interval is an artefact", "ms", 200, 500, KNOWN)
    rr_max_ms: float = figure(2000.0, "a longer RR interval is an artefact", "ms", 1200, 3000, KNOWN)
    rr_jump: float = figure(0.2, "an RR interval this far off its local median is an artefact", "1", 0.05, 0.5, KNOWN)
    window_s: float = figure(180.0, "sliding window", "s", 60, 600, "Fujiwara 2019")
    rmssd_min_s: float = figure(30.0, "RMSSD needs this much clean heart time", "s", 10, 300, KNOWN)
    sdnn_min_s: float = figure(60.0, "SDNN needs this much clean heart time", "s", 30, 600, KNOWN)
    spectrum_min_s: float = figure(120.0, "LF/HF and Baevsky's index need this much clean heart time", "s", 60, 600, KNOWN)
    baseline_s: float = figure(180.0, "the driver's own rest is learned over this much clean heart time", "s", 30, 1200, "Fujiwara 2019 (personal baseline)")
    stale_s: float = figure(10.0, "no beat for this long: heart unknown", "s", 3, 60, DESIGN)
    camera_pulse: bool = choice(False, "estimate the pulse from the skin's colour; it is shown with its quality, and nothing uses it")
    camera_pulse_snr_db: float = figure(1.0, "a pulse off the camera is told from this signal-to-noise ratio on", "dB", -5, 20, "design; index: de Haan & Jeanne 2013")


class Voice(Section):
    """Voice activity and prosody."""

    speech_probability: float = figure(0.5, "speech starts at this probability", "1", 0.1, 0.95, "Silero VAD's own default")
    min_speech_s: float = figure(0.25, "shorter bursts are not speech", "s", 0.05, 2, "Silero VAD's own default")
    hang_s: float = figure(0.3, "a pause shorter than this does not end a stretch of speech", "s", 0.05, 2, DESIGN)
    baseline_s: float = figure(20.0, "the speaker's own voice is learned over this much speech", "s", 5, 300, DESIGN)
    shout_db: float = figure(12.0, "a shout lies this far above the speaker's own level", "dB", 6, 40, DESIGN)
    shout_st: float = figure(4.0, "and begins this far above the speaker's own pitch: loud words of calm speech do not rise so", "semitones", 0, 24, "design; up to 3.1 in loud words of calm RAVDESS speech")


class Words(Section):
    """Phrases that say how the driver feels. The text is nowhere kept: an event names the topic."""

    enabled: bool = choice(False, "listen for the phrases below; needs the extra 'speech' (PocketSphinx), which runs on the device")
    phrases: str = choice("words-en.txt", "the list of phrases: a path, or a file's name in configs/")
    model: str = choice("", "a folder with another PocketSphinx model (mdef and a .dict); empty for its own English one")
    memory_s: float = figure(60.0, "what was said counts for stress and anger for this long, fading", "s", 10, 600, DESIGN)
