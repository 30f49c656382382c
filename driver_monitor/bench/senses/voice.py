"""Voice and road: a source-filter babble of vowels and hisses, calm, angry, tired, laughing or singing, over road noise.

It has no words, so it says nothing of what is said; pitch, pitch range, rate, spectral tilt and level move as they do in
moods (Juslin & Laukka 2003). ``espeak-ng`` speaks instead where a scenario asks for it and it is installed.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.scenario.tracks import Manner, Speech, Tracks
from driver_monitor.errors import DeviceError

RATE_HZ = 16_000
_CALM_RMS = 0.025  # -32 dBFS: a voice at arm's length, with room for shouts
_VOWELS = np.array(  # first three formants, Hz: a e i o u and the neutral one (Peterson & Barney 1952, men)
    [[730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240], [500, 1500, 2500]], float
)
_UPPER = (3400.0, 4400.0)  # formants that hardly move
_WIDTHS = (70.0, 90.0, 130.0, 200.0, 260.0)
_TEXT = "I was on my way home from work and then the lights on the road went out so I had to stop there for a while"


@dataclass(frozen=True, slots=True)
class _How:
    """A manner: pitch and its range against calm, semitones of fall, syllables a second, source roll-off (dB/octave)."""

    pitch: float
    range_st: float
    rate: float
    roll_off: float
    breath: float


_MANNERS: dict[Manner, _How] = {
    "calm": _How(1.00, 2.2, 4.2, -12.0, 0.02),
    "angry": _How(1.45, 4.5, 5.2, -7.5, 0.03),
    "tired": _How(0.90, 1.3, 3.3, -14.5, 0.05),
    "laugh": _How(1.60, 4.0, 4.5, -10.0, 0.25),
    "sing": _How(1.35, 5.0, 1.4, -10.0, 0.01),
}


@dataclass(frozen=True, slots=True)
class Syllable:
    """One syllable: when, how open the mouth is (0 to 1), how rounded."""

    start_s: float
    length_s: float
    open: float
    rounded: float
    vowel: int
    pitch_st: float
    hiss: bool


def syllables(speech: Speech, random: np.random.Generator) -> list[Syllable]:
    """The syllables of a stretch of speech; the voice says them and the mouth makes them."""
    how = _MANNERS[speech.manner]
    said: list[Syllable] = []
    now, tune = speech.start_s, 0.0
    openings = (1.0, 0.6, 0.35, 0.75, 0.4, 0.55)
    while now < speech.end_s - 0.08:
        length = min(float(random.uniform(0.75, 1.3) / how.rate), speech.end_s - now)
        through = (now - speech.start_s) / max(speech.end_s - speech.start_s, 0.1)
        tune = 0.5 * tune + float(random.normal(0.0, 0.75 * how.range_st)) * 0.6
        vowel = int(random.integers(0, len(_VOWELS)))
        strength = float(random.uniform(0.75, 1.0))
        said.append(
            Syllable(
                now,
                length,
                openings[vowel] * strength,
                1.0 if vowel in (3, 4) else 0.0,
                0 if speech.manner == "laugh" else vowel,
                tune + how.range_st * (0.5 - through),
                bool(random.random() < 0.3) and speech.manner != "sing",
            )
        )
        now += length
    return said


def _curves(said: list[Syllable], count: int, start_s: float) -> tuple[NDArray[np.float64], ...]:
    """Pitch (semitones), loudness, formants (5) and hiss at each sample."""
    t = start_s + np.arange(count) / RATE_HZ
    middles = np.array([s.start_s + s.length_s / 2.0 for s in said])
    pitch = np.interp(t, middles, [s.pitch_st for s in said])
    glides = [np.interp(t, middles, _VOWELS[[s.vowel for s in said], k]) for k in range(3)]
    formants = np.stack([*glides, *(np.full(count, f) for f in _UPPER)])
    loud, hiss = np.zeros(count), np.zeros(count)
    for s in said:
        x = (t - s.start_s) / s.length_s
        inside = (x >= 0.0) & (x < 1.0)
        onset = 0.22 if s.hiss else 0.06
        loud[inside] = np.sin(np.pi * np.clip((x[inside] - onset) / (1.0 - onset), 0.0, 1.0)) ** 0.6 * (0.55 + 0.45 * s.open)
        if s.hiss:
            hiss[inside] = np.sin(np.pi * np.clip(x[inside] / 0.24, 0.0, 1.0))
    return pitch, loud, formants, hiss


def babble(speech: Speech, f0_hz: float, said: list[Syllable], random: np.random.Generator) -> NDArray[np.float64]:
    """A stretch of speech as sound: harmonics shaped by formants that glide from vowel to vowel."""
    how = _MANNERS[speech.manner]
    count = int((speech.end_s - speech.start_s) * RATE_HZ)
    if not said or count < RATE_HZ // 20:
        return np.zeros(max(count, 0))
    pitch, loud, formants, hiss = _curves(said, count, speech.start_s)
    wobble = np.cumsum(random.standard_normal(count)) * 2e-4
    f0 = f0_hz * how.pitch * 2.0 ** ((pitch + wobble - wobble.mean()) / 12.0)
    if speech.manner == "sing":
        f0 = f0 * 2.0 ** (0.4 * np.sin(2.0 * np.pi * 5.5 * np.arange(count) / RATE_HZ) / 12.0)
    phase = 2.0 * np.pi * np.cumsum(f0) / RATE_HZ
    sound = np.zeros(count)
    block = 80  # formants and pitch move slowly: the filter is worked out every 5 ms
    coarse = np.arange(0, count, block)
    tract = formants[:, coarse] * (1.0 + 0.17 * np.clip((f0_hz - 120.0) / 80.0, 0.0, 1.0))  # a woman's tract is shorter
    for harmonic in range(1, int(6500.0 / (f0_hz * how.pitch)) + 1):
        at = harmonic * f0[coarse]
        gain = 10.0 ** ((how.roll_off + 6.0) * np.log2(np.maximum(at, 60.0) / 120.0) / 20.0)  # the lips give 6 dB/octave back
        for centre, width in zip(tract, _WIDTHS, strict=True):  # formants in a row, as in a throat
            gain = gain * centre**2 / np.sqrt((centre**2 - at**2) ** 2 + (width * at) ** 2)
        weight = np.interp(np.arange(count), coarse, gain * (at < 7500.0))
        sound += weight * np.sin(harmonic * phase)
    noise = random.standard_normal(count)
    sharp = np.diff(noise, prepend=0.0)
    voiced = sound / max(float(np.sqrt(np.mean(sound**2))), 1e-9)
    if speech.manner == "laugh":
        loud = loud * (np.sin(np.pi * np.clip(((np.arange(count) / RATE_HZ * how.rate) % 1.0) / 0.55, 0.0, 1.0)) > 0.05)
    out = loud * (voiced + how.breath * sharp) + 0.10 * hiss * sharp
    spoken = loud > 0.2
    return np.asarray(out / max(float(np.sqrt(np.mean(out[spoken] ** 2))) if spoken.any() else 1.0, 1e-9))


def _espeak(speech: Speech, f0_hz: float) -> NDArray[np.float64]:
    """A stretch of speech by espeak-ng, cut or repeated to its length."""
    import soxr

    program = shutil.which("espeak-ng")
    if program is None:
        raise DeviceError("the scenario wants espeak-ng, which is not installed; install it or say voice = \"babble\" in [sound]")
    how = _MANNERS[speech.manner]
    pitch = int(np.clip((f0_hz * how.pitch - 60.0) / 1.8, 0, 99))
    command = [program, "-s", str(int(40 * how.rate)), "-p", str(pitch), "--stdout", _TEXT]
    raw = subprocess.run(command, check=True, capture_output=True, timeout=30).stdout
    with wave.open(io.BytesIO(raw)) as file:
        rate, sound = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    sound = np.asarray(soxr.resample(sound, rate, RATE_HZ))
    sound = np.resize(sound, int((speech.end_s - speech.start_s) * RATE_HZ))
    fade = np.minimum(1.0, np.minimum(np.arange(len(sound)), np.arange(len(sound))[::-1]) / (0.02 * RATE_HZ))
    return np.asarray(fade * sound / max(float(np.sqrt(np.mean(sound**2))), 1e-9))


def road_noise(count: int, speed_kmh: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Tyres, engine and wind, of about unit level at 100 km/h; ``speed_kmh`` is at each sample."""
    freq = np.fft.rfftfreq(count, 1.0 / RATE_HZ)

    def coloured(shape: NDArray[np.float64]) -> NDArray[np.float64]:
        sound = np.fft.irfft(np.fft.rfft(random.standard_normal(count)) * shape, count)
        return np.asarray(sound / max(float(sound.std()), 1e-9))

    low = np.where(freq > 20.0, (np.maximum(freq, 20.0) / 60.0) ** -1.2, 0.0)
    low = low * np.minimum(1.0, (1500.0 / np.maximum(freq, 1.0)) ** 2)
    tyres = coloured(low)
    wind = coloured(np.asarray(1.0 / (1.0 + (freq / 800.0) ** 2) * (freq > 200.0)))
    share = np.clip(speed_kmh / 100.0, 0.0, 2.0)
    turning = 2.0 * np.pi * np.cumsum(20.0 + 0.5 * speed_kmh) / RATE_HZ
    engine = sum(np.sin(h * turning + float(random.uniform(0.0, 6.0))) / h for h in (1, 2, 3, 4, 6))
    return np.asarray((0.15 + 0.75 * share) * tyres + 0.12 * engine + 0.30 * share**2 * wind)


def cabin_sound(
    tracks: Tracks,
    said: list[tuple[Speech, list[Syllable]]],
    *,
    f0_hz: float,
    snr_db: float,
    random: np.random.Generator,
    espeak: bool = False,
) -> NDArray[np.float32]:
    """The cabin's sound at 16 kHz, in [-1, 1]: all that is said, over the road.

    ``snr_db`` is the calm voice's level while it sounds over the road's mean level.
    """
    count = int(tracks.seconds * RATE_HZ)
    t = np.arange(count) / RATE_HZ
    speed = np.interp(t, tracks.t, tracks.speed)
    noise = road_noise(count, speed, random)
    noise *= _CALM_RMS * 10.0 ** (-snr_db / 20.0) / max(float(np.sqrt(np.mean(noise**2))), 1e-9)
    for speech, words in said:
        voice = _espeak(speech, f0_hz) if espeak else babble(speech, f0_hz, words, random)
        first = int(speech.start_s * RATE_HZ)
        length = min(len(voice), count - first)
        if length > 0:
            noise[first : first + length] += voice[:length] * _CALM_RMS * 10.0 ** (speech.louder_db / 20.0)
    return np.clip(noise, -1.0, 1.0).astype(np.float32)
