"""Sounds that are no words: snoring told by its rhythm, and snores and shouts told where there are none."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.accuracy.outcome import Figure, Outcome, Tell, share
from driver_monitor.bench.accuracy.tables import columns, file_beside, rows
from driver_monitor.bench.accuracy.voices import hear, hear_sound, load_detector, read_sound
from driver_monitor.bench.senses.voice import road_noise
from driver_monitor.settings import Settings
from driver_monitor.signals import Event, EventName, seconds

RATE_HZ = 16_000
EVERY = 4
"""So many clips are one that is made a rhythm of."""

BREATHS, PERIOD_S, BEFORE_S, QUIET = 6, 3.8, 13.0, 1e-4
ROAD_MINUTES = 20.0


def snoring(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Snoring is no speech: a sleeping driver must not be taken for a talking one."""
    table = folder / "labels.csv"
    labels = rows(table, "file", "label")
    detector = load_detector()
    spoken: dict[str, list[bool]] = {"snoring": [], "no_snoring": []}
    snored: dict[str, list[bool]] = {"snoring": [], "no_snoring": []}
    random = np.random.default_rng(4)
    misses: list[str] = []
    for k, row in enumerate(labels):
        tell(k, len(labels))
        heard = hear(file_beside(table, row["file"]), settings, detector)
        speech = any(isinstance(e, Event) and e.name == "speech" for e in heard)
        spoken.setdefault(row["label"], []).append(speech)
        if k % EVERY == 0:
            rhythm = _breathe(read_sound(file_beside(table, row["file"])), random)
            told = hear_sound(rhythm, settings, detector)
            snored.setdefault(row["label"], []).append(any(isinstance(e, Event) and e.name == "snore" for e in told))
        if speech and row["label"] == "snoring":
            misses.append(f"{row['file']}: snoring taken for speech")
    return Outcome(
        "snoring",
        "Snoring taken for speech (1 s clips)",
        "Share of clips in which the voice measurement reports a stretch of speech.",
        [
            share("snoring: speech reported", sum(spoken["snoring"]), len(spoken["snoring"]), "clips"),
            share("household sounds: speech reported", sum(spoken["no_snoring"]), len(spoken["no_snoring"]), "clips"),
            share("snoring made a rhythm: snore reported", sum(snored["snoring"]), len(snored["snoring"]), "clips"),
            share("household sounds made the same rhythm: snore reported", sum(snored["no_snoring"]),
                  len(snored["no_snoring"]), "clips"),
        ],
        notes=[
            "Household sounds hold people talking and television, so their share is no error rate.",
            f"A snore is told by its rhythm, which 1 s clips do not have: every {EVERY}th was repeated {BREATHS} times, one each "
            f"{PERIOD_S:g} s. Household sounds are never as even, so their figure is of the sound alone, at its worst.",
        ],
        misses=misses,
    )  # fmt: skip


def _breathe(clip: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """A clip again and again, as a sleeping person breathes, in a nearly quiet cabin."""
    sound = QUIET * random.standard_normal(round((BEFORE_S + BREATHS * PERIOD_S) * RATE_HZ))
    for k in range(BREATHS):
        first = round((BEFORE_S + k * PERIOD_S) * RATE_HZ)
        part = clip[: len(sound) - first]
        sound[first : first + len(part)] += part
    return sound.astype(np.float32)


def no_sounds(folder: Path, settings: Settings, tell: Tell) -> Outcome:
    """Shouts in speech that is neutral or calm, snores and yawns in any speech, and all on an empty road."""
    table = folder / "labels.csv"
    who = "speaker" if "speaker" in columns(table) else "actor"
    labels = rows(table, "file", "emotion", who)
    people: dict[str, dict[str, list[NDArray[np.float32]]]] = defaultdict(lambda: defaultdict(list))
    for row in labels:
        mood = "calm" if row["emotion"] in ("neutral", "calm") else "other"
        people[row[who]][mood].append(read_sound(file_beside(table, row["file"])))
    detector = load_detector()
    spoken_s = {"calm": 0.0, "other": 0.0, "all": 0.0}
    shouts = raised = snores = yawns = 0
    for k, person in enumerate(sorted(people)):
        tell(k, len(people))
        calm = people[person]["calm"]
        taught = np.concatenate([np.zeros(0, np.float32), *(calm * 4)])  # until the own level is known
        sound = np.concatenate([taught, *calm, *people[person]["other"]])
        calm_s = (len(taught) / RATE_HZ, len(taught) * 1.25 / RATE_HZ)
        events = [e for e in hear_sound(sound, settings, detector) if isinstance(e, Event) and e.end_ns is not None]
        shouts += sum(e.name == "shout" and calm_s[0] <= seconds(e.start_ns) < calm_s[1] for e in events)
        raised += sum(e.name == "shout" and calm_s[1] <= seconds(e.start_ns) for e in events)
        snores += sum(e.name == "snore" for e in events)
        yawns += sum(e.name == "yawn_sound" for e in events)
        spoken_s["calm"] += calm_s[1] - calm_s[0]
        spoken_s["other"] += len(sound) / RATE_HZ - calm_s[1]
        spoken_s["all"] += len(sound) / RATE_HZ
    figures = [
        _an_hour("shouts told of neutral and calm speech", shouts, spoken_s["calm"]),
        _an_hour("for comparison: shouts told of all other speech", raised, spoken_s["other"]),
        _an_hour("snores told of speech", snores, spoken_s["all"]),
        _an_hour("yawns told of speech", yawns, spoken_s["all"]),
        *(_an_hour(f"{name} told of road noise", n, ROAD_MINUTES * 60.0) for name, n in _road(settings).items()),
    ]
    return Outcome(
        "no_sounds",
        f"Shouts, snores and yawns where there are none ({folder.name.split('_')[0]})",
        "Each speaker's utterances in a row, after their calm ones were heard until their own level was learned; then made-up "
        "road noise at speeds from 0 to 130 km/h.",
        figures,
        notes=["The road's noise has no bumps, wipers, horns or music: what these do is not known."],
    )


def _an_hour(name: str, n: int, length_s: float) -> Figure:
    counts = {"told": n, "minutes": round(length_s / 60.0)}
    return Figure(f"{name}, an hour of it", 3600.0 * n / max(length_s, 1.0), None, "", counts, "/h")


def _road(settings: Settings) -> dict[str, int]:
    count = round(ROAD_MINUTES * 60.0 * RATE_HZ)
    speed = 65.0 - 65.0 * np.cos(2.0 * np.pi * np.arange(count) / (240.0 * RATE_HZ))
    noise = (0.02 * road_noise(count, speed, np.random.default_rng(6))).astype(np.float32)
    names = [e.name for e in hear_sound(noise, settings, load_detector()) if isinstance(e, Event) and e.end_ns is not None]
    told: dict[str, EventName] = {"snores": "snore", "speech": "speech", "shouts": "shout", "yawns": "yawn_sound"}
    return {heard: names.count(name) for heard, name in told.items()}
