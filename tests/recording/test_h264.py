"""Pictures kept as H.264: less space, honest about what is lost."""

from __future__ import annotations

import re
from pathlib import Path

import av
import numpy as np
import pytest

from driver_monitor.errors import BadUseError
from driver_monitor.monitor import Monitor
from driver_monitor.recording.copy import copy_trip
from driver_monitor.recording.export import export
from driver_monitor.recording.h264 import Decoder, Encoder
from driver_monitor.recording.look import faults, info_lines
from driver_monitor.recording.trip import Trip
from driver_monitor.recording.trip_file import TripFile
from driver_monitor.recording.trip_format import TICK, VIDEO
from driver_monitor.recording.trip_writer import Whole
from driver_monitor.runtime.compare import Comparison
from driver_monitor.runtime.recorder import Recorder, Unwatched
from driver_monitor.settings import Recording, Settings
from driver_monitor.signals import TICK_NS, CameraFrame, Report, Sample, Tick
from tests.recording.media import picture
from tests.recording.trips import about

ZERO_NS = 5_000_000_000
H264 = Settings(recording=Recording(video="h264"))


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("h264") / "t.mcap"
    with Recorder(path, H264, {}, ZERO_NS) as recorder:
        loop = recorder.around(Monitor(H264))
        for k in range(65):
            samples: list[Sample] = [Tick(ZERO_NS + k * TICK_NS), CameraFrame(ZERO_NS + k * TICK_NS + 3, picture(k))]
            for sample in samples:
                loop.step(sample)
    return path


def frames(trip: Trip) -> list[CameraFrame]:
    return [sample for sample in trip.samples() if isinstance(sample, CameraFrame)]


def test_all_pictures_come_back_nearly_as_they_were(trip: Path) -> None:
    with Trip(trip) as read:
        got = frames(read)
        assert read.picture_size == picture(0).shape[1::-1]
    assert [f.t_ns for f in got] == [ZERO_NS + k * TICK_NS + 3 for k in range(65)]
    off = [float(np.abs(f.image.astype(int) - picture(k)).mean()) for k, f in enumerate(got)]
    assert 0.0 < max(off) < 12.0
    assert faults(trip, None) == []


def test_a_reader_that_begins_inside_waits_for_a_whole_picture(trip: Path) -> None:
    with Trip(trip, from_s=1.05) as read:
        first = frames(read)[0]
        assert any("before the first whole one" in note for note in read.notes)
    assert first.t_ns - ZERO_NS <= 4_100_000_000  # one in 30 pictures is whole, and these came ten a second


def test_it_says_that_it_is_lossy_and_is_refused_as_a_reference(trip: Path) -> None:
    assert any("H.264" in line for line in info_lines(trip, None))
    with pytest.raises(BadUseError, match=r"can be no reference: .* H\.264"):
        Comparison(trip, H264, {}, ZERO_NS)


def headless(trip: Path, path: Path) -> Path:
    path.write_bytes(trip.read_bytes().replace(b"zero_ns", b"zero_xx"))
    return path


def test_recovered_without_its_head_it_is_still_lossy(trip: Path, tmp_path: Path) -> None:
    with Trip(headless(trip, tmp_path / "t.mcap"), mend=True) as read:
        notes = copy_trip(read, tmp_path / "whole.mcap", "recover").notes
    assert any("does not hold what the monitor saw" in note for note in notes)
    assert any("H.264" in line for line in info_lines(tmp_path / "whole.mcap", None))
    with pytest.raises(BadUseError, match=r"can be no reference: .* H\.264"):
        Comparison(tmp_path / "whole.mcap", H264, {}, ZERO_NS)


def test_recovered_without_its_head_and_its_camera_late_it_is_lossy_once_it_is_whole(trip: Path, tmp_path: Path) -> None:
    with (tmp_path / "late.mcap").open("wb") as raw, TripFile(Whole(raw), about(), {}) as file, Trip(trip) as read:
        for k in range(10):
            file.add(TICK, ZERO_NS + k * TICK_NS, b"{}")
            file.flush()
        for message in read.messages(frozenset({VIDEO})):
            file.add(message.topic, message.t_ns + 10 * TICK_NS, message.data)
    with Trip(headless(tmp_path / "late.mcap", tmp_path / "t.mcap"), mend=True) as read:
        assert not read.about.lossy  # of a file without an index the first pieces alone are looked at
        copy_trip(read, tmp_path / "whole.mcap", "recover")
    with pytest.raises(BadUseError, match=r"can be no reference: .* H\.264"):
        Comparison(tmp_path / "whole.mcap", H264, {}, ZERO_NS)


def test_it_is_exported_as_a_video(trip: Path, tmp_path: Path) -> None:
    with Trip(trip) as read:
        export(read, tmp_path / "out", ["mp4"])
    with av.open(str(tmp_path / "out/video.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 65


def test_a_picture_that_cannot_be_encoded_ends_the_recording_said_once_and_the_watch_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Sample] = []

    class Watch(Unwatched):
        def step(self, sample: Sample) -> list[Report]:
            seen.append(sample)
            return []

    with Recorder(tmp_path / "t.mcap", H264, {}, ZERO_NS) as recorder:
        loop = recorder.around(Watch())
        for k in range(12):
            image = picture(k)[:1] if k in (8, 9) else picture(k)  # a camera that says it has one row
            loop.step(CameraFrame(ZERO_NS + k * TICK_NS, image))
    assert len(seen) == 12
    why = r"a picture cannot be made H\.264: it is 64 by 1 pixels small"
    assert re.search(rf"t\.mcap ends here: .*\({why}\)$", recorder.in_words())
    assert len(re.findall(why, caplog.text)) == 1
    with Trip(tmp_path / "t.mcap") as read:
        assert len(frames(read)) == 8
    assert faults(tmp_path / "t.mcap", None) == []  # what was there by then was ended in order


def test_harmed_messages_are_no_pictures() -> None:
    encoded = [Encoder(10).encode(picture(0))]
    assert Decoder().decode(b"") is None
    for length in (5, 40):
        with pytest.raises(ValueError, match=r"no picture in H\.264"):
            Decoder().decode(encoded[0][:length])
