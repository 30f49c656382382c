"""Voice: pitch, prosody, speech and shouts, from made-up voices whose figures are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor import settings
from driver_monitor.perception.prosody import HISTORY, HOP, RATE_HZ, YIN_WINDOW, Pitch, Stretch, nuclei, yin
from driver_monitor.perception.voice import Voice
from driver_monitor.signals import AudioChunk, Event, VoiceMeasurement, nanoseconds, seconds

Sound = NDArray[np.float32]
START_NS = nanoseconds(5000.0)


def babble(
    length_s: float,
    f0_hz: float = 120.0,
    swing_st: float = 1.5,
    syllables: float = 4.0,
    rms: float = 0.1,
    slope: float = 1.0,
    rate_hz: int = 16_000,
) -> Sound:
    """A voice of harmonics under three moving formants, its pitch swinging by ``± swing_st`` semitones."""
    t = np.arange(round(length_s * rate_hz)) / rate_hz
    pitch = f0_hz * 2.0 ** (swing_st / 12.0 * np.sin(2 * np.pi * 0.7 * t))
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    formants = (500 + 250 * np.sin(np.pi * syllables * t + 1), 1500 + 500 * np.sin(2.1 * syllables * t), 2500 + 0 * t)
    x = np.zeros_like(t)
    for k in range(1, int(4000 / f0_hz)):
        gain = sum(a / (1 + ((k * pitch - f) / w) ** 2) for f, a, w in zip(formants, (1, 0.6, 0.3), (90, 110, 160), strict=True))
        x += gain * k**-slope * np.sin(k * phase)
    x *= np.abs(np.sin(np.pi * syllables * t))
    return np.asarray(x / np.sqrt(np.mean(x**2)) * rms, np.float32)


def silence(length_s: float, rate_hz: int = 16_000) -> Sound:
    return np.zeros(round(length_s * rate_hz), np.float32)


def loud_is_speech(level: float = 1e-4) -> Callable[[Sound], float]:
    """A speech detector that takes every sound for speech and silence for none."""
    return lambda block: 1.0 if float(np.abs(block).max()) > level else 0.0


def hear(
    voice: Voice, sound: Sound, chunk: int = 512, rate_hz: int = 16_000, start_ns: int = START_NS
) -> tuple[list[VoiceMeasurement], list[Event]]:
    out: list[VoiceMeasurement | Event] = []
    for i in range(0, len(sound), chunk):
        part = sound[i : i + chunk]
        out += voice.step(AudioChunk(start_ns + (i + len(part)) * 1_000_000_000 // rate_hz, part, rate_hz))
    return [m for m in out if isinstance(m, VoiceMeasurement)], [e for e in out if isinstance(e, Event)]


def last_spoken(measured: Sequence[VoiceMeasurement]) -> VoiceMeasurement:
    return [m for m in measured if m.f0_hz is not None][-1]


def ended(events: Sequence[Event], name: str) -> list[tuple[float, float]]:
    """Start and end of what ended, in seconds from the sound's start."""
    return [
        (seconds(e.start_ns - START_NS), seconds(e.end_ns - START_NS)) for e in events if e.name == name and e.end_ns is not None
    ]


@pytest.mark.parametrize("f0_hz", [75.0, 120.0, 220.0, 390.0])
def test_pitch_is_the_pitch_that_was_sung(f0_hz: float) -> None:
    measured, _ = hear(Voice(settings.Voice(), loud_is_speech()), babble(3.0, f0_hz))
    assert last_spoken(measured).f0_hz == pytest.approx(f0_hz, rel=0.03)


def test_pitch_range_is_the_swing_between_the_tenth_and_ninetieth_percentile() -> None:
    for swing in (1.0, 3.0):
        measured, _ = hear(Voice(settings.Voice(), loud_is_speech()), babble(3.0, 150.0, swing))
        # a sine spends 80 % of its time within sin(0.4 pi) of its swing
        assert last_spoken(measured).f0_range_st == pytest.approx(2 * swing * np.sin(0.4 * np.pi), rel=0.15)


@pytest.mark.parametrize("fall", [1.0, -1.0])
def test_a_pitch_that_moves_is_that_of_the_middle_though_the_voice_dies_away(fall: float) -> None:
    t = (np.arange(HISTORY) - YIN_WINDOW / 2.0 - 40.0) / 16_000  # 40: half a period later, for two periods are compared
    phase = 2.0 * np.pi * (200.0 * t - fall * 400.0 * t * t)  # 4 % in 10 ms
    voice = 10.0 ** (-20.0 * t) * np.sum([np.sin(k * phase) / k for k in range(1, 8)], axis=0)  # 4 dB in 10 ms
    told = yin(voice)
    assert told is not None
    assert told.f0_hz == pytest.approx(200.0, rel=0.022)


def test_noise_and_silence_have_no_pitch() -> None:
    rng = np.random.default_rng(0)
    pitches = [yin(rng.normal(0.0, 0.1, HISTORY)) for _ in range(50)]
    assert sum(p is not None for p in pitches) <= 1
    assert yin(np.zeros(HISTORY)) is None


def test_a_rumbling_road_louder_than_the_voice_leaves_the_pitch_alone() -> None:
    rng = np.random.default_rng(0)
    voice = babble(3.0, 120.0, 0.5)
    rumble = np.sin(2 * np.pi * 31.0 * np.arange(voice.size) / 16_000) * 0.4 + rng.normal(0, 0.003, voice.size)
    measured, _ = hear(Voice(settings.Voice(), loud_is_speech()), np.asarray(voice + rumble, np.float32))
    assert last_spoken(measured).f0_hz == pytest.approx(120.0, rel=0.03)


@pytest.mark.parametrize("syllables", [2.0, 4.0, 6.0])
def test_syllables_are_counted(syllables: float) -> None:
    measured, _ = hear(Voice(settings.Voice(), loud_is_speech()), babble(3.0, 150.0, 1.0, syllables))
    assert last_spoken(measured).rate_sps == pytest.approx(syllables, abs=0.7)


@pytest.mark.parametrize("st_per_s", [-4.0, 3.0])
def test_a_pitch_that_falls_or_rises_through_a_sentence_has_that_slope(st_per_s: float) -> None:
    stretch = Stretch()
    for k in range(125):  # 2 s
        f0_hz = 150.0 * 2.0 ** (st_per_s * k * HOP / RATE_HZ / 12.0)
        stretch.add(np.full(17, 1e-3), np.zeros(17), Pitch(f0_hz, 0.1) if k % 5 else None)
    assert stretch.prosody().f0_slope_st == pytest.approx(st_per_s, rel=0.01)


def test_pauses_within_what_is_said_are_counted_and_the_one_after_it_is_not() -> None:
    stretch = Stretch()
    for k in range(150):
        silent = 50 <= k < 75 or k >= 125
        stretch.add(np.full(17, 1e-8 if silent else 1e-3), np.zeros(17), None if silent else Pitch(150.0, 0.1))
    assert stretch.prosody().pause_share == pytest.approx(25 / 125)


def test_a_nucleus_needs_a_dip_a_voice_and_some_loudness() -> None:
    level = np.array([-60, -20, -21, -20, -30, -18, -60, -50, -60, -22, -60], float)
    #                 up   ^^^^^^^^^^^^one    ^two        ^too soft ^unvoiced
    assert nuclei(level, [True] * 9 + [False] * 2) == 2


def test_a_flatter_spectrum_has_a_higher_tilt() -> None:
    heard = [hear(Voice(settings.Voice(), loud_is_speech()), babble(3.0, slope=slope))[0] for slope in (2.0, 1.0, 0.3)]
    tilts = [last_spoken(measured).tilt_db for measured in heard]
    assert None not in tilts
    assert tilts == sorted(tilts, key=lambda x: x or 0.0)
    assert (tilts[2] or 0.0) - (tilts[0] or 0.0) > 6.0


def test_hiss_that_was_there_before_the_voice_is_taken_off_the_tilt() -> None:
    sound = np.concatenate((silence(3.0), babble(3.0, rms=0.03)))
    hiss = np.random.default_rng(0).normal(0, 0.006, sound.size).astype(np.float32)
    clean = last_spoken(hear(Voice(settings.Voice(), loud_is_speech()), sound)[0])
    hissing = last_spoken(hear(Voice(settings.Voice(), loud_is_speech(0.036)), sound + hiss)[0])
    assert hissing.tilt_db == pytest.approx(clean.tilt_db, abs=0.3)


def test_a_rougher_voice_has_less_harmonics_over_noise() -> None:
    def told(sound: Sound) -> VoiceMeasurement:
        return last_spoken(hear(Voice(settings.Voice(), loud_is_speech()), sound)[0])

    clear = babble(2.0, 150.0, 0.5)
    envelope = np.abs(np.sin(np.pi * 4.0 * np.arange(clear.size) / 16_000))
    breath = np.random.default_rng(0).normal(0.0, 0.03, clear.size) * envelope
    smooth, rough = told(clear), told(np.asarray(clear + breath, np.float32))
    assert smooth.hnr_db is not None
    assert rough.hnr_db is not None
    assert rough.hnr_db < smooth.hnr_db - 3.0


def test_rumbling_that_the_detector_takes_for_speech_is_none_without_a_clear_voice() -> None:
    snore = np.random.default_rng(0).normal(0.0, 0.1, 24_000)
    snore = np.convolve(snore, np.hanning(60) / 30.0, "same") * np.sin(np.pi * np.arange(24_000) / 24_000)
    _, events = hear(Voice(settings.Voice(), loud_is_speech(0.01)), np.asarray(snore, np.float32))
    assert events == []


def test_in_a_fleet_without_a_purpose_the_voice_has_no_prosody_and_no_shouts() -> None:
    sound = np.concatenate((babble(1.5, rms=0.02), babble(0.5, rms=0.4)))
    measured, events = hear(Voice(settings.Voice(baseline_s=5.0), loud_is_speech(), moods=False), sound)
    assert all(m.f0_hz is None and m.hnr_db is None for m in measured)
    assert {e.name for e in events} == {"speech"}


def test_a_recording_twenty_decibels_quieter_has_the_same_prosody() -> None:
    sound = np.concatenate((silence(0.5), babble(3.0)))
    loud = last_spoken(hear(Voice(settings.Voice(), loud_is_speech()), sound)[0])
    quiet = last_spoken(hear(Voice(settings.Voice(), loud_is_speech()), sound * np.float32(0.1))[0])
    assert quiet.level_db is not None
    assert quiet.level_db + 20.0 == pytest.approx(loud.level_db, abs=0.1)
    assert (quiet.f0_hz, quiet.f0_range_st, quiet.tilt_db, quiet.rate_sps) == pytest.approx(
        (loud.f0_hz, loud.f0_range_st, loud.tilt_db, loud.rate_sps), rel=0.01
    )


@pytest.mark.parametrize("chunk", [1, 160, 500, 4096, 48_000])
def test_the_length_of_the_chunks_changes_nothing(chunk: int) -> None:
    sound = np.concatenate((silence(0.3), babble(1.2), silence(0.5)))
    expected, expected_events = hear(Voice(settings.Voice(), loud_is_speech()), sound)
    measured, events = hear(Voice(settings.Voice(), loud_is_speech()), sound, chunk)
    expected = expected[: len(measured)]  # the last chunk of 512 may be shorter
    assert measured == expected
    assert events == expected_events


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
def test_other_rates_give_the_same_voice_at_the_same_time(rate_hz: int) -> None:
    sound = np.concatenate((silence(0.5, rate_hz), babble(2.0, 200.0, 0.2, rate_hz=rate_hz), silence(0.6, rate_hz)))
    measured, events = hear(Voice(settings.Voice(), loud_is_speech(0.01)), sound, 1000, rate_hz)
    assert last_spoken(measured).f0_hz == pytest.approx(200.0, rel=0.03)
    assert ended(events, "speech")[0] == pytest.approx((0.5, 2.5), abs=0.07)


def test_a_measurement_carries_the_time_of_its_last_sample() -> None:
    voice = Voice(settings.Voice(), loud_is_speech())
    measured, _ = hear(voice, silence(0.32))
    assert [m.t_ns - START_NS for m in measured] == [nanoseconds(0.032 * k) for k in range(1, 11)]


def test_a_sound_clock_that_runs_fast_never_adds_up() -> None:
    voice = Voice(settings.Voice(), loud_is_speech())
    late = 0.0
    for k in range(1, 2000):  # a minute of sound whose clock gains 1 ms a second
        t_ns = START_NS + nanoseconds(0.032 * k * 0.999)
        for m in voice.step(AudioChunk(t_ns, silence(0.032), 16_000)):
            late = max(late, abs(seconds(m.t_ns - t_ns)))
    assert late < 0.001


def test_speech_begins_and_ends_where_the_voice_does() -> None:
    sound = np.concatenate((silence(1.0), babble(1.5), silence(1.0)))
    _, events = hear(Voice(settings.Voice(), loud_is_speech()), sound)
    assert [e.name for e in events] == ["speech", "speech"]
    assert events[0].end_ns is None
    assert seconds(events[0].t_ns - START_NS) == pytest.approx(1.25, abs=0.07)  # told once it is long enough
    assert ended(events, "speech")[0] == pytest.approx((1.0, 2.5), abs=0.04)


def test_a_click_is_no_speech_and_a_breath_does_not_part_a_sentence() -> None:
    sound = np.concatenate((silence(1.0), babble(0.1), silence(1.0), babble(1.0), silence(0.2), babble(1.0), silence(1.0)))
    _, events = hear(Voice(settings.Voice(), loud_is_speech()), sound)
    assert ended(events, "speech") == [pytest.approx((2.1, 4.3), abs=0.04)]


def test_nothing_is_said_of_the_voice_while_nobody_speaks() -> None:
    measured, _ = hear(Voice(settings.Voice(), loud_is_speech()), np.concatenate((babble(2.0), silence(2.0))))
    after = [m for m in measured if m.t_ns > START_NS + nanoseconds(2.4)]
    assert after
    assert all((m.f0_hz, m.f0_range_st, m.tilt_db, m.rate_sps) == (None,) * 4 for m in after)


def test_sound_that_breaks_off_ends_the_speech_and_the_detector_forgets() -> None:
    forgotten: list[int] = []
    voice = Voice(settings.Voice(), loud_is_speech(), lambda: forgotten.append(1))
    hear(voice, babble(1.0))
    before = len(forgotten)
    _, events = hear(voice, silence(0.5), start_ns=START_NS + nanoseconds(9.0))
    assert ended(events, "speech") == [pytest.approx((0.0, 1.0), abs=0.04)]
    assert len(forgotten) == before + 1


def test_speech_that_lasts_at_the_end_of_the_sound_is_reported() -> None:
    voice = Voice(settings.Voice(), loud_is_speech())
    hear(voice, babble(1.0))
    assert ended(voice.finish(START_NS + nanoseconds(1.0)), "speech") == [pytest.approx((0.0, 1.0), abs=0.04)]


@pytest.mark.parametrize("gain", [1.0, 0.1])
def test_a_shout_is_louder_than_the_own_voice_however_the_microphone_is_set(gain: float) -> None:
    parts = (babble(7.0, rms=0.02), silence(1.0), babble(1.0, rms=0.04), silence(1.0), babble(1.0, 240.0, rms=0.2), silence(1.0))
    voice = Voice(settings.Voice(baseline_s=5.0), loud_is_speech())
    _, events = hear(voice, np.concatenate(parts) * np.float32(gain))
    shouts = ended(events, "shout")  # twice as loud (6 dB) is none
    assert shouts == [pytest.approx((10.0, 11.0), abs=0.25)]


def test_a_loud_word_at_the_own_pitch_is_no_shout() -> None:
    parts = (babble(7.0, rms=0.02), silence(1.0), babble(1.0, rms=0.2), silence(1.0), babble(1.0, 200.0, rms=0.2), silence(1.0))
    _, events = hear(Voice(settings.Voice(baseline_s=5.0), loud_is_speech()), np.concatenate(parts))
    assert ended(events, "shout") == [pytest.approx((10.0, 11.0), abs=0.25)]


def test_a_scream_that_is_no_speech_is_still_a_shout() -> None:
    def deaf_to_screams(block: Sound) -> float:
        return 1.0 if 1e-4 < float(np.abs(block).max()) < 0.2 else 0.0

    voice = Voice(settings.Voice(baseline_s=5.0), deaf_to_screams)
    _, events = hear(voice, np.concatenate((babble(7.0, rms=0.02), silence(1.0), babble(1.0, 450.0, rms=0.3), silence(1.0))))
    assert ended(events, "shout") == [pytest.approx((8.0, 9.0), abs=0.25)]


def test_there_is_no_shout_before_the_own_voice_is_known() -> None:
    _, events = hear(Voice(settings.Voice(), loud_is_speech()), np.concatenate((babble(3.0, rms=0.01), babble(2.0, rms=0.3))))
    assert ended(events, "shout") == []


def test_the_own_voice_is_frozen_once_it_is_learned() -> None:
    voice = Voice(settings.Voice(baseline_s=5.0), loud_is_speech())
    hear(voice, babble(3.0, 120.0))
    assert voice.baseline.left_s == pytest.approx(2.4, abs=0.3)  # the first third of a second gives no pitch yet
    hear(voice, babble(4.0, 120.0), start_ns=START_NS + nanoseconds(3.0))
    own = voice.baseline.f0_hz
    assert own is not None
    measured, _ = hear(voice, babble(8.0, 240.0), start_ns=START_NS + nanoseconds(7.0))
    assert voice.baseline.f0_hz == own == pytest.approx(120.0, rel=0.03)
    deviation = voice.baseline.deviation(last_spoken(measured))
    assert deviation is not None
    assert deviation.f0_st == pytest.approx(12.0, abs=0.7)  # an octave


def test_without_a_model_the_level_is_measured_and_the_rest_has_a_reason() -> None:
    measured, events = hear(Voice(settings.Voice(), None), babble(2.0))
    assert not events
    assert {m.reason for m in measured} == {"no speech model, so nobody can tell speech from noise"}
    assert all(m.f0_hz is None for m in measured)
    assert max(m.level_db for m in measured if m.level_db is not None) > -25.0


def test_sound_that_cannot_be_used_says_why_and_the_next_is_heard() -> None:
    voice = Voice(settings.Voice(), loud_is_speech())
    slow = voice.step(AudioChunk(START_NS, silence(0.1), 4_000))
    assert [m.reason for m in slow if isinstance(m, VoiceMeasurement)] == [
        "sound at 4000 Hz cannot be used, 8000 to 192000 Hz can"
    ]
    broken = voice.step(AudioChunk(START_NS, np.full(512, np.nan, np.float32), 16_000))
    assert [m.reason for m in broken if isinstance(m, VoiceMeasurement)] == ["the sound holds values that are no numbers"]
    assert voice.step(AudioChunk(START_NS, np.zeros(0, np.float32), 16_000)) == []
    assert last_spoken(hear(voice, babble(2.0, 120.0, 0.2))[0]).f0_hz == pytest.approx(120.0, rel=0.03)


def test_the_noise_floor_follows_the_noise_and_not_the_voice() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.003, 16_000 * 6).astype(np.float32)
    voice = np.concatenate((silence(3.0), babble(3.0)))
    measured, _ = hear(Voice(settings.Voice(), loud_is_speech(0.02)), noise + voice)
    floor = [m.noise_db for m in measured]
    # white noise of 0.003 is -50.5 dB, five eighths of it between 100 Hz and 5 kHz
    assert floor[85] == pytest.approx(-52.6, abs=1.0)
    assert floor[-1] == pytest.approx(floor[85], abs=3.0)
