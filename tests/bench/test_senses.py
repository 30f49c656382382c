"""The virtual driver's voice, heart and drive, read by the product's own perception."""

from __future__ import annotations

import numpy as np
import pytest

from driver_monitor.bench.scenario.parts import HeartPart
from driver_monitor.bench.scenario.played import Played
from driver_monitor.bench.scenario.script import Script
from driver_monitor.bench.scenario.tracks import HeartMood, Manner, Span, Speech, Tracks
from driver_monitor.bench.senses import heart, vehicle, voice
from driver_monitor.model_store import model_path
from driver_monitor.perception.driving import Driving
from driver_monitor.perception.speech_detector import BLOCK, SpeechDetector
from driver_monitor.settings import Settings
from driver_monitor.signals import seconds

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


def intervals(mood: HeartMood, **part: float) -> Floats:
    tracks = Tracks(300.0)
    tracks.heart_mood.append((Span(0.0, 300.0), mood))
    made = HeartPart.model_validate({"rest_bpm": 70.0, **part})
    return np.array([beat.rr_ms for beat in heart.beats(tracks, made, np.random.default_rng(3))])


def rmssd(rr: Floats) -> float:
    return float(np.sqrt(np.mean(np.diff(rr) ** 2)))


# ----------------------------------------------------------------------------------------------------------------- heart


def test_moods_move_the_heart_as_they_do_in_people() -> None:
    rr = {mood: intervals(mood) for mood in ("alert", "stressed", "drowsy")}
    rate = {mood: 60_000.0 / x.mean() for mood, x in rr.items()}
    assert rate["drowsy"] + 5 < rate["alert"] < rate["stressed"] - 12
    assert rate["alert"] == pytest.approx(70.0, abs=3.0)
    assert rmssd(rr["stressed"]) < 0.6 * rmssd(rr["alert"]) < rmssd(rr["drowsy"])
    assert 20.0 < rmssd(rr["alert"]) < 55.0


def test_artefacts_and_drop_outs_are_as_many_as_written() -> None:
    clean = intervals("alert")
    assert len(intervals("alert", lost=0.3)) == pytest.approx(0.7 * len(clean), rel=0.12)
    jumps = np.abs(np.diff(intervals("alert", artefacts=0.1))) > 0.2 * clean.mean()
    assert 0.08 < jumps.mean() < 0.35
    assert (np.abs(np.diff(clean)) < 0.2 * clean.mean()).all()


def test_an_outburst_raises_the_pulse() -> None:
    played = Played(Script.parse('seconds = 120\n[[do]]\nat = 60\nwhat = "angry"\nfor = 30\n'))
    before = [60_000.0 / b.rr_ms for b in played.beats if 30 < b.t_s < 60]
    during = [60_000.0 / b.rr_ms for b in played.beats if 72 < b.t_s < 90]
    assert np.mean(during) > np.mean(before) + 12


# ------------------------------------------------------------------------------------------------------------------ drive


def test_the_bus_tells_the_drive_to_the_products_own_reader() -> None:
    text = (
        'seconds = 20\n[drive]\nspeed_kmh = 60\n[[do]]\nat = 5\nwhat = "indicate"\nside = "left"\nfor = 3\n'
        '[[do]]\nat = 10\nwhat = "speed"\nto = 20\nover = 4\n[[do]]\nat = 16\nwhat = "reverse"\nfor = 2\n'
        '[[do]]\nat = 5\nwhat = "turn"\ndegrees = 60\nfor = 4\n'
    )
    played = Played(Script.parse(text))
    driving = Driving(Settings().vehicle)
    told = {}
    for frame in vehicle.frames(played.tracks, played.drive, []):
        drive, _ = driving.step(frame)
        assert drive is not None
        told[round(seconds(frame.t_ns), 3)] = drive
    assert driving.undecodable == driving.implausible == 0
    assert told[4.0].speed_kmh == pytest.approx(60.0, abs=3.0)
    assert told[19.0].speed_kmh == pytest.approx(20.0, abs=3.0)
    assert [told[t].indicator for t in (4.0, 6.0, 9.0)] == ["off", "left", "off"]
    assert [told[t].reverse for t in (15.0, 17.0, 19.0)] == [False, True, False]
    assert (told[7.0].steering_deg or 0.0) > 40.0


def test_beats_over_the_bus_are_beats_to_the_product() -> None:
    played = Played(Script.parse('seconds = 20\n[heart]\nover = "can"\n'))
    driving = Driving(Settings().vehicle)
    found = [beat for f in vehicle.frames(played.tracks, played.drive, played.beats) if (beat := driving.step(f)[1])]
    assert len(found) == len(played.beats) > 15
    assert found[3].rr_ms == pytest.approx(played.beats[3].rr_ms, abs=1.0)


def test_a_drowsy_driver_keeps_the_lane_less_well() -> None:
    def spread(text: str) -> float:
        seeds = [Played(Script.parse(f"seconds = 120\nseed = {seed}\n{text}")).drive.lane_m.std() for seed in range(3)]
        return float(np.mean(seeds))

    assert spread('[[do]]\nat = 0\nwhat = "drowsy"\nfor = 120\n') > 1.3 * spread("")


# ------------------------------------------------------------------------------------------------------------------ voice


def sound(manner: Manner | None, *, f0_hz: float = 120.0, snr_db: float = 15.0, louder_db: float = 0.0) -> Floats:
    tracks = Tracks(6.0)
    speech = [Speech(1.0, 5.0, manner, louder_db)] if manner else []
    random = np.random.default_rng(5)
    said = [(s, voice.syllables(s, random)) for s in speech]
    return voice.cabin_sound(tracks, said, f0_hz=f0_hz, snr_db=snr_db, random=np.random.default_rng(6)).astype(float)


def power(x: Floats) -> float:
    return float(np.mean(x**2))


def test_the_voice_stands_as_far_over_the_road_as_written() -> None:
    road, both = sound(None, snr_db=10.0), sound("calm", snr_db=10.0)
    spoken = slice(int(1.0 * voice.RATE_HZ), int(5.0 * voice.RATE_HZ))
    measured = 10.0 * np.log10(power((both - road)[spoken]) / power(road))
    assert measured == pytest.approx(10.0, abs=1.5)  # some of the stretch is silence between syllables


def test_an_angry_voice_is_higher_louder_and_flatter() -> None:
    def figures(manner: Manner, louder_db: float) -> tuple[float, float, float]:
        x = sound(manner, snr_db=50.0, louder_db=louder_db)[voice.RATE_HZ : 5 * voice.RATE_HZ]
        spectrum, freq = np.abs(np.fft.rfft(x)) ** 2, np.fft.rfftfreq(len(x), 1.0 / voice.RATE_HZ)
        tilt = 10.0 * np.log10(spectrum[(freq > 1000) & (freq < 5000)].sum() / spectrum[(freq > 50) & (freq < 1000)].sum())
        pitches = []
        for start in range(0, len(x) - 1024, 1024):
            frame = x[start : start + 1024] - x[start : start + 1024].mean()
            if power(frame) > 0.3 * power(x):
                similar = np.correlate(frame, frame, "full")[1023:]
                lag = 40 + int(np.argmax(similar[40:230]))
                pitches.append(voice.RATE_HZ / lag)
        return float(np.median(pitches)), 10.0 * np.log10(power(x)), float(tilt)

    calm, angry = figures("calm", 0.0), figures("angry", 9.0)
    assert 1.25 < angry[0] / calm[0] < 1.7
    assert angry[1] - calm[1] == pytest.approx(9.0, abs=1.5)
    assert angry[2] > calm[2] + 3.0


@pytest.mark.parametrize("f0_hz", [115.0, 200.0])
@pytest.mark.parametrize("manner", ["calm", "angry", "tired"])
def test_the_speech_detector_hears_a_voice(manner: Manner, f0_hz: float) -> None:
    detector = SpeechDetector(model_path("silero_vad"))
    x = sound(manner, f0_hz=f0_hz, louder_db=9.0 if manner == "angry" else 0.0).astype(np.float32)
    heard = np.array([detector.step(x[k : k + BLOCK]) for k in range(0, len(x) - BLOCK + 1, BLOCK)])
    t = (np.arange(len(heard)) + 1) * BLOCK / voice.RATE_HZ
    assert np.mean(heard[(t > 1.3) & (t < 5.0)] > 0.5) > 0.7
    assert np.mean(heard[t < 0.95] > 0.5) == 0.0
