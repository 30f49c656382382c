from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from driver_monitor.errors import RecordingError
from driver_monitor.recording.sound import SoundReader
from driver_monitor.signals import AudioChunk
from tests.recording.media import tone, write_video, write_wav


def chunks(path: Path, offset_ns: int = 0, origin_s: float | None = None) -> list[AudioChunk]:
    sound = SoundReader(path, offset_ns, origin_s)
    try:
        return [s for s in sound.samples() if isinstance(s, AudioChunk)]
    finally:
        sound.close()


def test_chunks_are_32_ms_and_carry_the_time_of_their_last_sample(tmp_path: Path) -> None:
    got = chunks(write_wav(tmp_path / "a.wav", tone(1.0, 16_000)))
    assert [c.t_ns for c in got] == [32_000_000 * (i + 1) for i in range(31)]
    assert {(len(c.samples), c.rate_hz, c.samples.dtype.name) for c in got} == {(512, 16_000, "float32")}


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_any_rate_becomes_16_khz_with_pitch_level_and_place_kept(tmp_path: Path, rate_hz: int) -> None:
    sound = np.concatenate([np.zeros(rate_hz // 2, np.float32), tone(1.5, rate_hz)])
    got = chunks(write_wav(tmp_path / "a.wav", sound, rate_hz))
    heard = np.concatenate([c.samples for c in got])
    spectrum = np.abs(np.fft.rfft(heard[8_000:24_000]))
    assert int(spectrum.argmax()) == 440  # the window is 1 s, so a bin is 1 Hz
    assert float(np.abs(heard[10_000:]).max()) == pytest.approx(0.5, abs=0.03)
    starts = int(np.flatnonzero(np.abs(heard) > 0.1)[0])
    assert starts == pytest.approx(8_000, abs=16)  # within a millisecond


def test_stereo_becomes_the_mean_of_both(tmp_path: Path) -> None:
    left = tone(0.5, 16_000)
    got = chunks(write_wav(tmp_path / "a.wav", np.stack([left, np.zeros_like(left)], axis=1)))
    assert float(np.abs(np.concatenate([c.samples for c in got])).max()) == pytest.approx(0.25, abs=0.02)


def test_the_sound_track_of_a_video_is_heard(tmp_path: Path) -> None:
    got = chunks(write_video(tmp_path / "a.mp4", sound_s=2.0), origin_s=0.0)
    heard = np.concatenate([c.samples for c in got])
    assert len(heard) == pytest.approx(32_000, abs=2_000)
    assert int(np.abs(np.fft.rfft(heard[4_000:20_000])).argmax()) == 440


def test_an_offset_moves_the_sound_and_a_negative_one_cuts_it(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(1.0, 16_000))
    assert chunks(path, 1_000_000_000)[0].t_ns == 1_032_000_000
    assert chunks(path, -500_000_000)[0].t_ns >= 32_000_000
    assert len(chunks(path, -500_000_000)) == pytest.approx(15, abs=1)


def test_a_wav_cut_short_is_heard_up_to_the_cut(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(2.0, 16_000))
    path.write_bytes(path.read_bytes()[:32_044])
    assert len(chunks(path)) == 31


@pytest.mark.parametrize(
    "content", [b"", b"RIFF\x00\x00\x00\x00WAVE", b"RIFF" + b"x" * 400, b"no sound at all\n" * 40]
)
def test_a_broken_wav_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(RecordingError) as refused:
        SoundReader(path)
    assert "a.wav" in str(refused.value)
    assert "\n" not in str(refused.value)
