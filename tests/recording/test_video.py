from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from driver_monitor.errors import BadUseError, RecordingError
from driver_monitor.recording.video import VideoReader
from driver_monitor.signals import CameraFrame, SensorStatus
from tests.recording.media import picture, write_video


def read(path: Path, offset_ns: int = 0) -> tuple[list[CameraFrame], list[SensorStatus], VideoReader]:
    video = VideoReader(path, offset_ns)
    try:
        samples = list(video.samples())
    finally:
        video.close()
    frames = [s for s in samples if isinstance(s, CameraFrame)]
    return frames, [s for s in samples if isinstance(s, SensorStatus)], video


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mpeg4"), ("a.mkv", "libx264"), ("a.avi", "mpeg4"), ("a.gif", "gif")])
def test_every_picture_comes_at_its_own_time(tmp_path: Path, name: str, codec: str) -> None:
    frames, statuses, video = read(write_video(tmp_path / name, codec=codec))
    assert [f.t_ns for f in frames] == [i * 100_000_000 for i in range(30)]
    assert statuses == []
    assert video.frame_rate == 10.0
    assert video.duration_s == pytest.approx(3.0)
    assert video.size == (64, 48)


def test_pictures_are_rgb_and_the_right_way_up(tmp_path: Path) -> None:
    frames, _, _ = read(write_video(tmp_path / "a.mp4", frames=3))
    image, truth = frames[1].image, picture(1)
    assert image.shape == (48, 64, 3)
    assert image.dtype == np.uint8
    assert np.abs(image[16, 12].astype(int) - truth[16, 12]).max() < 40  # red, in the square
    assert np.abs(image[40, 50].astype(int) - 90).max() < 20  # grey, below it


def test_a_third_of_a_second_is_exact_to_the_nanosecond(tmp_path: Path) -> None:
    frames, _, _ = read(write_video(tmp_path / "a.avi", fps=30, frames=31))
    assert frames[1].t_ns == 33_333_333
    assert frames[30].t_ns == 1_000_000_000


def test_uneven_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    times = [0, 33, 70, 400, 420, 1000]
    frames, _, _ = read(write_video(tmp_path / "a.mkv", times_ms=times))
    assert [f.t_ns for f in frames] == [t * 1_000_000 for t in times]


def test_a_video_whose_clock_starts_late_starts_at_zero(tmp_path: Path) -> None:
    frames, _, _ = read(write_video(tmp_path / "a.mkv", times_ms=[5000, 5100, 5200]))
    assert [f.t_ns for f in frames] == [0, 100_000_000, 200_000_000]


def test_an_offset_moves_the_video_and_a_negative_one_cuts_its_beginning(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4")
    assert read(path, 500_000_000)[0][0].t_ns == 500_000_000
    cut = read(path, -1_000_000_000)[0]
    assert (cut[0].t_ns, len(cut)) == (0, 20)


def test_a_phone_held_upright_gives_an_upright_picture(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=2)
    _rotate(path)
    frames, _, video = read(path)
    assert video.size == (48, 64)
    # shown turned by 90 degrees clockwise, the square at the upper left is at the upper right
    assert frames[0].image[8, 48 - 16, 0] > 150
    assert frames[0].image[8, 8, 0] < 120


def _rotate(path: Path) -> None:
    """Write a quarter turn clockwise into the track header's matrix, as phones do."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # version 0: the matrix lies 40 bytes into the box
    one, minus = (0x00010000).to_bytes(4, "big"), (-0x00010000).to_bytes(4, "big", signed=True)
    zero, w = bytes(4), (0x40000000).to_bytes(4, "big")
    assert data[at : at + 4] == one
    data[at : at + 36] = zero + one + zero + minus + zero + zero + zero + zero + w
    path.write_bytes(data)


def test_pixels_that_are_not_square_are_made_square(tmp_path: Path) -> None:
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        for i in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(i), format="rgb24")))
        container.mux(stream.encode(None))
    assert read(path)[2].size == (128, 48)


def test_a_truncated_video_replays_what_is_there_and_says_so(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=100, options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    frames, statuses, video = read(path)
    assert 20 < len(frames) < 95
    assert statuses[-1].state == "degraded"
    assert "ends early" in statuses[-1].reason
    assert any("ends early" in note and "of 10.0 s" in note for note in video.notes)


def test_damage_in_the_middle_is_counted_and_the_rest_is_replayed(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=200)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 1500] = bytes(1500)
    path.write_bytes(data)
    frames, statuses, video = read(path)
    times = [f.t_ns for f in frames]
    assert times == sorted(set(times))
    assert times[-1] > 15_000_000_000  # it went on after the damage
    assert len(frames) < 200
    assert [s.state for s in statuses][:1] == ["degraded"]
    assert statuses[-1].state == "ok"
    assert any("could not be decoded" in note for note in video.notes)


def test_a_hole_in_the_video_is_said(tmp_path: Path) -> None:
    times = [*range(0, 1000, 100), *range(6000, 7000, 100)]
    _, statuses, video = read(write_video(tmp_path / "a.mkv", times_ms=times))
    assert [(s.t_ns, s.state, s.reason) for s in statuses] == [(6_000_000_000, "degraded", "no picture for 5.1 s")]
    assert video.notes == ["a.mkv: no picture for 5.1 s before 6.0 s"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"this is a letter, not a film\n" * 50, "cannot be read as a video"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nother.ts\n", "cannot be read as a video"),
        (b"\x00\x00\x00\x20ftypisom" + bytes(500), "cannot be read as a video"),
    ],
)
def test_a_file_that_is_no_video_is_refused_in_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=words) as refused:
        VideoReader(path)
    assert "a.mp4" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_mp4_cut_before_its_index_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=100)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(RecordingError, match="whole, unharmed file"):
        VideoReader(path)


def test_a_missing_file_is_bad_use(tmp_path: Path) -> None:
    with pytest.raises(BadUseError, match="does not exist"):
        VideoReader(tmp_path / "no.mp4")


def test_memory_stays_flat_over_a_long_video(tmp_path: Path) -> None:
    """2,000 pictures of 320 x 240 are 460 MB: reading them one by one must not come near."""
    path = write_video(tmp_path / "a.mp4", frames=2000, fps=100, size=(320, 240))
    program = (
        "import resource, sys; from pathlib import Path; from driver_monitor.recording.video import VideoReader\n"
        "v = VideoReader(Path(sys.argv[1])); s = v.samples(); next(s)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; n = sum(1 for _ in s)\n"
        "print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    out = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True).stdout.split()
    assert int(out[0]) == 1999
    assert int(out[1]) < 60_000  # KiB
