from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

import pytest

from driver_monitor.errors import BadUseError, RecordingError
from driver_monitor.recording.bring_in import bring_in
from driver_monitor.recording.folder import Recording, open_recording
from driver_monitor.settings import Settings
from driver_monitor.signals import AudioChunk, CameraFrame, CanFrame, HeartBeat, Sample, SensorStatus, Tick
from tests.recording.media import tone, write_can, write_video, write_wav

ORDER = (SensorStatus, CanFrame, HeartBeat, AudioChunk, CameraFrame, Tick)


def drive(folder: Path) -> Path:
    """A folder with all four parts, 3 s long."""
    folder.mkdir(exist_ok=True)
    write_video(folder / "cabin.mp4")
    write_wav(folder / "cabin.wav", tone(3.0, 16_000))
    write_can(folder / "bus.asc", [i * 0.1 for i in range(30)])
    (folder / "heart.csv").write_text("t_s,rr_ms\n" + "".join(f"{0.8 * i},800\n" for i in range(4)))
    return folder


def samples(path: Path) -> tuple[list[Sample], Recording]:
    with open_recording(path) as recording:
        return list(recording.samples()), recording


def test_all_parts_come_in_time_order_and_ties_in_a_fixed_order(tmp_path: Path) -> None:
    got, recording = samples(drive(tmp_path / "drive"))
    keys = [(s.t_ns, ORDER.index(type(s))) for s in got]
    assert keys == sorted(keys)
    counts = Counter(type(s) for s in got)
    assert counts == {CameraFrame: 30, AudioChunk: 90, CanFrame: 30, HeartBeat: 4, Tick: 30}
    assert recording.missing == []
    assert recording.parts == [
        ("camera", "cabin.mp4"),
        ("microphone", "cabin.wav"),
        ("heart_rate", "heart.csv"),
        ("vehicle_bus", "bus.asc"),
    ]
    assert (recording.name, recording.frame_rate, recording.picture_size) == ("drive", 10.0, (64, 48))
    assert recording.duration_s == pytest.approx(3.0)


def test_reading_twice_gives_the_same_samples(tmp_path: Path) -> None:
    folder = drive(tmp_path / "drive")

    def flat() -> list[tuple[object, ...]]:
        out: list[tuple[object, ...]] = []
        for s in samples(folder)[0]:
            data = s.image.tobytes() if isinstance(s, CameraFrame) else s.samples.tobytes() if isinstance(s, AudioChunk) else s
            out.append((s.t_ns, type(s), data))
        return out

    assert flat() == flat()


def test_ticks_come_ten_times_a_second_to_the_end(tmp_path: Path) -> None:
    got, _ = samples(write_video(tmp_path / "a.mp4"))
    ticks = [s.t_ns for s in got if isinstance(s, Tick)]
    assert ticks == [i * 100_000_000 for i in range(30)]  # the last picture is at 2.9 s


def test_what_is_missing_is_said_first(tmp_path: Path) -> None:
    got, recording = samples(write_video(tmp_path / "a.mp4"))
    first = got[:3]
    assert [(s.t_ns, s.part, s.state) for s in first if isinstance(s, SensorStatus)] == [
        (0, "microphone", "missing"),
        (0, "heart_rate", "missing"),
        (0, "vehicle_bus", "missing"),
    ]
    assert recording.missing == ["microphone", "heart_rate", "vehicle_bus"]
    assert isinstance(got[0], SensorStatus)
    assert got[0].reason == "no WAV and no sound track in a.mp4"


def test_a_video_brings_its_own_sound(tmp_path: Path) -> None:
    got, recording = samples(write_video(tmp_path / "a.mp4", sound_s=3.0))
    assert ("microphone", "a.mp4 (sound track)") in recording.parts
    assert sum(isinstance(s, AudioChunk) for s in got) > 80


def test_a_wav_beside_the_video_is_heard_instead_of_its_sound_track(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", sound_s=3.0)
    write_wav(tmp_path / "b.wav", tone(1.0, 16_000))
    got, recording = samples(tmp_path)
    assert ("microphone", "b.wav") in recording.parts
    assert sum(isinstance(s, AudioChunk) for s in got) == 31


def test_a_folder_without_a_video_replays_with_what_it_has(tmp_path: Path) -> None:
    write_can(tmp_path / "bus.log", [0.0, 1.0, 2.05])
    got, recording = samples(tmp_path)
    assert recording.missing == ["camera", "microphone", "heart_rate"]
    assert recording.frame_rate is None
    assert [s.t_ns for s in got if isinstance(s, Tick)][-1] == 2_000_000_000
    assert sum(isinstance(s, CanFrame) for s in got) == 3


def test_the_recording_ends_with_its_video_and_says_what_went_on(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4")
    write_can(tmp_path / "bus.log", [float(i) for i in range(60)])
    got, recording = samples(tmp_path)
    assert got[-1].t_ns == 2_900_000_000
    assert sum(isinstance(s, CanFrame) for s in got) == 3
    assert any("after the video's end" in note for note in recording.notes)


HEART_FAR = ("heart.csv", "t_s,rr_ms\n0,800\n1e9,800\n")
BUS_FAR = ("bus.log", "(0.000000) can0 123#01\n(90000000.000000) can0 123#02\n")


@pytest.mark.parametrize(("name", "text"), [HEART_FAR, BUS_FAR])
def test_one_far_time_stamp_is_said_and_does_not_become_endless_ticks(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    said = rf"{name} goes from 0\.0 s to \d+\.0 s, and no part .*: mend or delete"
    with open_recording(tmp_path) as recording, pytest.raises(RecordingError, match=said):
        list(islice(recording.samples(), 20))


def test_with_a_far_time_stamp_an_import_leaves_no_file_behind(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    (folder / HEART_FAR[0]).write_text(HEART_FAR[1])
    with pytest.raises(RecordingError, match=r"heart\.csv goes from"):
        bring_in(folder, tmp_path / "t.mcap", Settings(), {}, {})
    assert [file.name for file in tmp_path.iterdir()] == ["drive"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("heart.csv", "t_s,rr_ms\n0,800\n1e300,800\n"), ("bus.log", "(0.0) can0 123#01\n(1" + "0" * 300 + ".0) can0 123#02\n")],
)
def test_a_number_that_is_no_time_is_said_with_its_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(RecordingError, match=rf"{name} .*1e\+300 s, which is no time"):
        samples(tmp_path)


def test_a_quiet_hour_is_no_broken_time_stamp(tmp_path: Path) -> None:
    (tmp_path / "heart.csv").write_text("t_s,rr_ms\n0,800\n3600,800\n")
    assert sum(isinstance(s, Tick) for s in samples(tmp_path)[0]) == 36_001


def test_behind_the_videos_end_a_far_time_stamp_does_not_matter(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4")
    (tmp_path / "heart.csv").write_text(HEART_FAR[1])
    got, _ = samples(tmp_path)
    assert got[-1].t_ns == 2_900_000_000


@pytest.mark.parametrize("suffix", ["mp4", "wav", "asc"])
def test_two_of_a_kind_are_named(tmp_path: Path, suffix: str) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.{suffix}").write_bytes(b"x")
    with pytest.raises(BadUseError, match=rf"more than one .*: one\.{suffix}, two\.{suffix}; .*recording\.toml"):
        open_recording(tmp_path)


def test_only_heart_files_among_csvs_are_taken(tmp_path: Path) -> None:
    (tmp_path / "HR.csv").write_text("1544027344.0\n1.0\n60\n61\n")
    (tmp_path / "EDA.csv").write_text("1544027344.0\n4.0\n0.1\n0.2\n")
    (tmp_path / "truth.csv").write_text("file,event,start_s\n")
    assert samples(tmp_path)[1].parts == [("heart_rate", "HR.csv")]


def test_the_parts_file_chooses_moves_and_leaves_out(tmp_path: Path) -> None:
    drive(tmp_path)
    write_can(tmp_path / "other.log", [0.0, 0.1])
    (tmp_path / "recording.toml").write_text(
        '[vehicle_bus]\nfile = "other.log"\noffset_s = 1.5\n[microphone]\nfile = "none"\n[heart_rate]\noffset_s = 0.25\n'
    )
    got, recording = samples(tmp_path)
    assert [s.t_ns for s in got if isinstance(s, CanFrame)] == [1_500_000_000, 1_600_000_000]
    assert next(s.t_ns for s in got if isinstance(s, HeartBeat)) == 250_000_000
    assert recording.missing == ["microphone"]
    assert isinstance(got[0], SensorStatus)
    assert got[0].reason == "left out by recording.toml"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[radar]\n", r"\[radar\] is no part"),
        ("[camera\n", "is not TOML"),
        ("camera = 1\n", "must be a table"),
        ("[camera]\noffset = 1\n", "has no key 'offset'; known: file, offset_s"),
        ('[camera]\noffset_s = "late"\n', "must be a number of seconds"),
        ("[camera]\noffset_s = inf\n", "must be a number of seconds"),
        ("[camera]\noffset_s = 1e9\n", "must lie within"),
        ('[camera]\nfile = "gone.mp4"\n', "names gone.mp4, which is not there"),
    ],
)
def test_a_wrong_parts_file_is_named_in_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    write_video(tmp_path / "a.mp4", frames=2)
    (tmp_path / "recording.toml").write_text(text)
    with pytest.raises(BadUseError, match=words) as refused:
        open_recording(tmp_path)
    assert "recording.toml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_nothing_to_replay_is_bad_use(tmp_path: Path) -> None:
    with pytest.raises(BadUseError, match="does not exist"):
        open_recording(tmp_path / "no")
    (tmp_path / "readme.txt").write_text("nothing")
    with pytest.raises(BadUseError, match="holds nothing to replay"):
        open_recording(tmp_path)


def test_a_broken_part_closes_the_others_and_names_itself(tmp_path: Path) -> None:
    drive(tmp_path)
    (tmp_path / "cabin.wav").write_bytes(b"RIFF")
    with pytest.raises(RecordingError, match=r"cabin\.wav"):  # an open file left behind would warn, and warnings are errors
        open_recording(tmp_path)


def test_a_recording_is_read_once(tmp_path: Path) -> None:
    with open_recording(write_video(tmp_path / "a.mp4", frames=2)) as recording:
        assert len(list(recording.samples())) == 3 + 2 + 2
        with pytest.raises(RecordingError, match="open it again"):
            recording.samples()


def test_all_files_are_open_before_reading_begins(tmp_path: Path) -> None:
    """After the lockdown nothing needs to be opened: the folder may even be gone."""
    folder = drive(tmp_path / "drive")
    with open_recording(folder) as recording:
        for file in folder.iterdir():
            file.unlink()
        got = list(recording.samples())
    assert sum(isinstance(s, CameraFrame) for s in got) == 30
    assert all(a.t_ns <= b.t_ns for a, b in pairwise(got))
