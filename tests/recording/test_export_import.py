"""Out to the formats of other tools and back, and parts made elsewhere brought onto one clock."""

from __future__ import annotations

import csv
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import av
import can
import numpy as np
import pytest

from driver_monitor.errors import BadUseError, RecordingError
from driver_monitor.recording.align import sound_offset_s
from driver_monitor.recording.bring_in import bring_in, offsets_of
from driver_monitor.recording.export import export
from driver_monitor.recording.look import faults
from driver_monitor.recording.trip import Trip
from driver_monitor.runtime.recorder import attached
from driver_monitor.settings import Settings
from driver_monitor.signals import AudioChunk, CameraFrame, CanFrame, HeartBeat, Sample
from tests.recording.media import write_can, write_video, write_wav
from tests.recording.trips import a_drive, write_trip

NS = 1_000_000_000


def imported(path: Path, out: Path, **more: Any) -> list[Sample]:
    settings = Settings()
    bring_in(path, out, settings, attached(settings, {}), more.pop("offsets", {}), **more)
    assert faults(out, None) == []
    with Trip(out) as trip:
        return list(trip.samples())


@pytest.mark.parametrize("bus", ["blf", "asc", "log"])
def test_what_is_exported_and_imported_again_lies_where_it_lay(tmp_path: Path, bus: str) -> None:
    path = write_trip(tmp_path / "t.mcap", 3.0)
    with Trip(path) as trip:
        export(trip, tmp_path / "out", ["mp4", "wav", "csv", bus])
    back = imported(tmp_path / "out", tmp_path / "again.mcap")
    first_ns = next(s.t_ns for s in a_drive(3.0) if isinstance(s, CameraFrame))
    for kind, within_ns in ((CameraFrame, 20_000), (CanFrame, 1_100_000), (HeartBeat, 1_000), (AudioChunk, 100_000_000)):
        went = [s.t_ns - first_ns for s in a_drive(3.0) if isinstance(s, kind)]
        came = [s.t_ns for s in back if isinstance(s, kind)]
        if kind is AudioChunk:  # the export is one stream, cut anew
            assert abs(came[-1] - went[-1]) < within_ns
        else:
            assert max(abs(c - w) for c, w in zip(came, went, strict=True)) < within_ns


def test_each_log_holds_the_same_frames(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap")
    wanted = [(s.arbitration_id, s.data, s.is_extended) for s in a_drive() if isinstance(s, CanFrame)]
    for name in ("blf", "asc", "log"):
        with Trip(path) as trip:
            export(trip, tmp_path / name, [name])
        with can.LogReader(str(tmp_path / name / f"bus.{name}")) as log:
            assert [(m.arbitration_id, bytes(m.data), m.is_extended_id) for m in log] == wanted


def test_the_tables_have_what_was_measured(tmp_path: Path) -> None:
    with Trip(write_trip(tmp_path / "t.mcap")) as trip:
        files = export(trip, tmp_path / "out", ["csv", "jsonl"])
        lines = list(trip.report_lines())
    assert {f.name for f in files} == {
        "buttons.csv", "can.csv", "heart.csv", "sensors.csv", "states.csv", "reports.jsonl", "recording.toml"
    }  # fmt: skip
    with (tmp_path / "out" / "states.csv").open() as file:
        states = list(csv.DictReader(file))
    assert len(states) == 20
    assert (states[0]["state"], states[0]["value"], states[0]["kss"]) == ("fatigue", "0.25", "")
    assert float(states[10]["t_s"]) == pytest.approx(1.0, abs=1e-3)
    assert (tmp_path / "out" / "reports.jsonl").read_bytes().splitlines() == lines
    with (tmp_path / "out" / "heart.csv").open() as file:
        assert next(csv.DictReader(file))["contact"] == "true"


def test_parquet_has_the_same_rows_as_csv(tmp_path: Path) -> None:
    pyarrow: Any = pytest.importorskip("pyarrow.parquet", reason="Parquet needs the extra parquet")
    with Trip(write_trip(tmp_path / "t.mcap")) as trip:
        export(trip, tmp_path / "out", ["csv", "parquet"])
    for table in ("states", "can", "heart", "sensors", "buttons"):
        rows = pyarrow.read_table(tmp_path / "out" / f"{table}.parquet").to_pylist()
        with (tmp_path / "out" / f"{table}.csv").open() as file:
            texts = list(csv.DictReader(file))
        assert len(rows) == len(texts) > 0
        assert [set(row) for row in rows] == [set(text) for text in texts]
        assert float(texts[-1]["t_s"]) == rows[-1]["t_s"]


def test_a_hole_in_the_sound_is_silence_in_the_wav(tmp_path: Path) -> None:
    import wave

    with Trip(write_trip(tmp_path / "t.mcap")) as trip:  # its chunks of 32 ms come every 100 ms
        export(trip, tmp_path / "out", ["wav"])
    with wave.open(str(tmp_path / "out" / "sound.wav")) as file:
        assert file.getnframes() == pytest.approx(19 * 1600 + 512, abs=16)
        assert file.getframerate() == 16_000


@pytest.mark.parametrize(("name", "package"), [("mf4", "asammdf"), ("parquet", "pyarrow")])
def test_a_missing_library_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    found = PathFinder.find_spec
    monkeypatch.setattr(PathFinder, "find_spec", lambda wanted, *rest: None if wanted == package else found(wanted, *rest))
    said = rf"--as {name}: .* needs the extra '{name}': "
    with Trip(write_trip(tmp_path / "t.mcap")) as trip, pytest.raises(BadUseError, match=said):
        export(trip, tmp_path / "out", ["csv", name])
    assert not (tmp_path / "out").exists()


def test_export_is_only_to_an_empty_folder_and_known_formats(tmp_path: Path) -> None:
    with Trip(write_trip(tmp_path / "t.mcap")) as trip:
        with pytest.raises(BadUseError, match="'ogg' is no format to export to; known: mp4, wav"):
            export(trip, tmp_path / "out", ["ogg"])
        with pytest.raises(BadUseError, match="is not empty"):
            export(trip, tmp_path, ["csv"])


def test_a_stated_offset_moves_a_part(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    write_video(folder / "v.mp4", frames=30)
    write_can(folder / "bus.asc", [k * 0.1 for k in range(10)])
    for offset_s in (0.0, 1.25):
        back = imported(folder, tmp_path / f"{offset_s}.mcap", offsets={"vehicle_bus": offset_s})
        assert next(s.t_ns for s in back if isinstance(s, CanFrame)) == pytest.approx(offset_s * NS, abs=2000)
    assert offsets_of(["microphone=-0.5"]) == {"microphone": -0.5}
    for wrong in ("nose=1", "camera", "camera=soon", "camera=nan"):
        with pytest.raises(BadUseError, match="--offset"):
            offsets_of([wrong])


# ------------------------------------------------------------------------------------------------------ clap and flash


def clap(length_s: float, at_s: float, rate_hz: int = 16_000, seed: int = 1) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Murmur, and a clap: a burst of noise that dies away."""
    murmur = np.random.default_rng(seed).normal(0, 0.004, round(length_s * rate_hz))
    burst = np.random.default_rng(9).normal(0, 0.35, rate_hz // 10) * np.exp(-np.arange(rate_hz // 10) / (0.012 * rate_hz))
    start = round(at_s * rate_hz)
    murmur[start : start + len(burst)] += burst
    return np.clip(murmur, -1, 1).astype(np.float32)


def film(path: Path, *, flash_at: int | None = None, sound: Any = None) -> Path:
    """Ten pictures a second, with a flash and a sound track where wanted."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        track: Any = None if sound is None else container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for k in range(60):
            luma = 200 if k == flash_at else 60 + k % 3
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), luma, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if track is not None:
            for start in range(0, len(sound), 1024):
                block = np.rint(sound[start : start + 1024] * 32767).astype(np.int16).reshape(1, -1)
                piece = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
                piece.sample_rate, piece.pts = 16_000, start
                container.mux(track.encode(piece))
            container.mux(track.encode(None))
    return path


def test_a_clap_in_both_places_the_sound_to_a_millisecond(tmp_path: Path) -> None:
    video = film(tmp_path / "v.mkv", sound=clap(6.0, 2.345))
    sound = write_wav(tmp_path / "s.wav", clap(5.0, 1.111, seed=2))
    assert sound_offset_s(video, sound, "clap") == pytest.approx(2.345 - 1.111, abs=0.001)


def test_a_flash_places_the_sound_to_a_picture(tmp_path: Path) -> None:
    video = film(tmp_path / "v.mkv", flash_at=31)
    sound = write_wav(tmp_path / "s.wav", clap(5.0, 1.111))
    assert sound_offset_s(video, sound, "flash") == pytest.approx(3.1 - 1.111, abs=0.002)


def test_without_a_clear_mark_nothing_is_guessed(tmp_path: Path) -> None:
    quiet = write_wav(tmp_path / "q.wav", clap(5.0, 4.8)[:70_000])
    clear = write_wav(tmp_path / "s.wav", clap(5.0, 1.0))
    with pytest.raises(RecordingError, match=r"q.wav has no clear clap .*; give --offset"):
        sound_offset_s(film(tmp_path / "v.mkv", flash_at=20), quiet, "flash")
    with pytest.raises(RecordingError, match=r"v\.mkv has no clear flash"):
        sound_offset_s(film(tmp_path / "v.mkv"), clear, "flash")
    with pytest.raises(RecordingError, match="no sound track to hear a clap in"):
        sound_offset_s(tmp_path / "v.mkv", clear, "clap")


def test_align_goes_by_what_each_part_is_and_not_by_its_files_name(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    film(folder / "v.mkv", sound=clap(6.0, 2.0))
    write_wav(folder / "s.wav", clap(5.0, 1.5, seed=2)).rename(folder / "s.sound")
    (folder / "recording.toml").write_text('[microphone]\nfile = "s.sound"\n')
    said: list[str] = []
    imported(folder, tmp_path / "t.mcap", align="clap", said=said.append)
    assert said[0].startswith("the sound begins +0.5")


def test_import_finds_the_clap_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    film(folder / "v.mkv", sound=clap(6.0, 2.0))
    write_wav(folder / "s.wav", clap(5.0, 1.5, seed=2))
    said: list[str] = []
    back = imported(folder, tmp_path / "t.mcap", align="clap", said=said.append)
    assert said[0].startswith("the sound begins +0.5")
    loud = max((s for s in back if isinstance(s, AudioChunk)), key=lambda s: float(np.abs(s.samples).max()))
    assert 2.0 <= loud.t_ns / NS <= 2.05
