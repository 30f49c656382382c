"""A trip comes back as it went in: every sample, in its order, at its time."""

from __future__ import annotations

import json
from collections import Counter
from itertools import permutations
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from mcap.reader import make_reader

from driver_monitor import jpeg
from driver_monitor.errors import BadUseError, DriverMonitorError, RecordingError
from driver_monitor.recording.mcap_write import Data
from driver_monitor.recording.trip import Trip
from driver_monitor.recording.trip_file import TripFile
from driver_monitor.recording.trip_format import CAN, CHANNEL, SAMPLE_TOPICS, TOPICS
from driver_monitor.recording.trip_messages import AS_GIVEN, ENCODED_HERE, as_kept, read_sample, write_sample, write_video
from driver_monitor.recording.trip_part import TripPart
from driver_monitor.recording.trip_writer import Whole
from driver_monitor.settings import Camera, Settings
from driver_monitor.signals import NS_PER_S, AudioChunk, CameraFrame, CanFrame, LocalTime, Sample, SensorStatus, StateName, Tick
from tests.recording.media import picture, tone
from tests.recording.trips import WALL_NS, ZERO_NS, a_drive, about, same, write_trip


def samples(trip: Trip) -> list[Sample]:
    with trip:
        return list(trip.samples())


def test_every_sample_comes_back_in_its_order(tmp_path: Path) -> None:
    went_in, came_out = list(a_drive()), samples(Trip(write_trip(tmp_path / "t.mcap")))
    assert len(came_out) == len(went_in)
    assert all(same(one, other) for one, other in zip(went_in, came_out, strict=True))


@pytest.mark.parametrize("flush_every", [1, 3, 7, 1000])
def test_the_order_does_not_hang_on_when_it_was_flushed(tmp_path: Path, flush_every: int) -> None:
    came_out = samples(Trip(write_trip(tmp_path / "t.mcap", flush_every=flush_every)))
    assert all(same(one, other) for one, other in zip(a_drive(), came_out, strict=True))


def test_the_order_holds_whatever_a_flush_begins_and_ends_with(tmp_path: Path) -> None:
    topics = ["/camera", "/tick", "/state/fatigue"]
    for number, flush in enumerate(permutations(topics)):
        path = tmp_path / f"{number}.mcap"
        road = [topic for _ in range(3) for topic in flush]
        with path.open("wb") as file, TripFile(Whole(file), about(), {}) as writer:
            for k, topic in enumerate(road):
                writer.add(topic, ZERO_NS + k, b"{}")
                if k % 3 == 2:
                    writer.flush()
        with Trip(path) as trip:
            assert [m.topic for m in trip.messages()] == road


def test_the_mcap_library_reads_it_and_finds_every_crc_right(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap")
    counted: Counter[str] = Counter()
    with path.open("rb") as file:
        for schema, channel, message in make_reader(file, validate_crcs=True).iter_messages():
            assert schema is not None
            counted[channel.topic] += 1
            assert 0 <= message.log_time - ZERO_NS - WALL_NS < 2 * NS_PER_S
        file.seek(0)
        names = {attachment.name for attachment in make_reader(file).iter_attachments()}
        file.seek(0)
        summary = make_reader(file).get_summary()
    assert summary is not None
    counts = summary.statistics
    assert counts is not None
    assert counts.message_count == sum(counted.values())
    assert counts.channel_message_counts == {CHANNEL[topic]: many for topic, many in counted.items()}
    assert (counts.chunk_count, counts.attachment_count, counts.metadata_count) == (len(summary.chunk_indexes), 4, 2)
    packed = {index.compression for index in summary.chunk_indexes if CHANNEL["/camera"] in index.message_index_offsets}
    assert packed == {""}  # JPEG gains nothing by it
    assert {index.compression for index in summary.chunk_indexes} == {"", "zstd"}
    assert names == {"settings.json", "settings.toml", "program.json", "vehicle.dbc"}
    assert counted["/camera"] == counted["/microphone"] == counted["/tick"] == counted["/state/fatigue"] == 20
    assert counted[CAN] == 40


def test_the_settings_of_the_drive_come_along(tmp_path: Path) -> None:
    settings = Settings(camera=Camera(fps=12))
    with Trip(write_trip(tmp_path / "t.mcap", settings=settings)) as trip:
        assert trip.settings() == settings
        assert (trip.picture_size, trip.frame_rate) == ((64, 48), 12.0)


def test_settings_of_another_version_are_told_and_not_guessed(tmp_path: Path) -> None:
    with Trip(write_trip(tmp_path / "t.mcap")) as trip:
        told = json.loads(trip.attachments["settings.json"])
        told["eyes"]["colour"] = "blue"
        trip.attachments["settings.json"] = json.dumps(told).encode()
        with pytest.raises(RecordingError, match=r"settings that this version does not know \(eyes.colour\); give --config"):
            trip.settings()


def test_reading_from_the_middle_gives_the_middle_and_how_the_sensors_stood(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap", 4.0)
    came_out = samples(Trip(path, from_s=1.0, to_s=2.5))
    assert came_out[0] == SensorStatus(ZERO_NS + NS_PER_S, "camera", "ok")
    hour = came_out[1]
    assert isinstance(hour, LocalTime)
    assert hour.t_ns == ZERO_NS + NS_PER_S
    assert hour.hour == pytest.approx(0.00008, abs=1e-5)  # past midnight
    ticks = [(s.t_ns - ZERO_NS) / NS_PER_S for s in came_out if isinstance(s, Tick)]
    assert ticks == pytest.approx([1.0 + k / 10 for k in range(15)])


def test_who_wants_the_bus_reads_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_trip(tmp_path / "t.mcap", 4.0)
    read: list[int] = []
    whole = TripPart._at

    def counted(part: TripPart, place: object) -> bytes:
        content = whole(part, place)  # type: ignore[arg-type]
        read.append(len(content))
        return content

    monkeypatch.setattr(TripPart, "_at", counted)
    with Trip(path) as trip:
        frames = list(trip.samples(frozenset({CAN})))
    assert len(frames) == 80
    assert all(isinstance(frame, CanFrame) for frame in frames)
    assert sum(read) < path.stat().st_size / 4


def test_parts_of_one_trip_are_one(tmp_path: Path) -> None:
    write_trip(tmp_path / "t.mcap")
    write_trip(tmp_path / "t-part002.mcap", part=2)
    trip = Trip(tmp_path / "t.mcap")
    assert [file.name for file in trip.files] == ["t.mcap", "t-part002.mcap"]
    assert len(samples(trip)) == 2 * len(list(a_drive()))
    assert len(samples(Trip(tmp_path))) == 2 * len(list(a_drive()))
    write_trip(tmp_path / "other.mcap", trip="b")
    with pytest.raises(BadUseError, match="holds 2 trips"):
        Trip(tmp_path)


def test_a_picture_and_sound_as_kept_are_what_comes_back() -> None:
    frame, chunk = CameraFrame(5, picture(1)), AudioChunk(7, tone(0.032, 16_000), 16_000)
    for sample in (frame, chunk):
        kept = as_kept(sample, 90)
        topic, data = write_sample(kept, WALL_NS)
        assert same(kept, read_sample(topic, kept.t_ns, whole(data)))
        assert not same(kept, sample)  # JPEG and 16 bits change it: so the Monitor must see it afterwards


def whole(data: Data) -> bytes:
    return data if isinstance(data, bytes) else b"".join(data)


@pytest.mark.parametrize("t_ns", [0, 5, 3 * NS_PER_S, 2**40 + 1])
def test_what_is_packed_by_hand_is_what_the_protobuf_library_packs(t_ns: int) -> None:
    from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
    from foxglove_schemas_protobuf.CompressedVideo_pb2 import CompressedVideo
    from foxglove_schemas_protobuf.RawAudio_pb2 import RawAudio

    data = jpeg.encode(picture(1), 80)
    raw = as_kept(CameraFrame(t_ns, picture(1)), 90)
    for frame, frame_id in ((CameraFrame(t_ns, picture(1), data), AS_GIVEN), (raw, ENCODED_HERE)):
        assert frame.jpeg is not None
        image = CompressedImage(frame_id=frame_id, data=frame.jpeg, format="jpeg")
        image.timestamp.FromNanoseconds(t_ns)
        assert whole(write_sample(frame, 0)[1]) == image.SerializeToString()
    video = CompressedVideo(frame_id=ENCODED_HERE, data=data, format="h264")
    video.timestamp.FromNanoseconds(t_ns)
    assert whole(write_video(t_ns, data, 0)[1]) == video.SerializeToString()
    for length in (0, 16):
        sound = AudioChunk(t_ns + NS_PER_S, np.linspace(-1.5, 1.5, length, dtype=np.float32), 16_000)
        pcm = np.clip(np.rint(sound.samples * 32768.0), -32768, 32767).astype("<i2").tobytes()
        audio = RawAudio(data=pcm, format="pcm-s16", sample_rate=16_000, number_of_channels=1)
        audio.timestamp.FromNanoseconds(t_ns + NS_PER_S - length * NS_PER_S // 16_000)
        assert whole(write_sample(sound, 0)[1]) == whole(write_sample(as_kept(sound), 0)[1]) == audio.SerializeToString()


def test_sound_as_kept_has_no_negative_zero() -> None:
    # it would not come back, and the Monitor must see the same bits
    kept = as_kept(AudioChunk(5, np.array([-1e-6, 0.0, 1e-6], np.float32), 16_000))
    assert kept.samples.tobytes() == bytes(12)


def test_what_is_exact_already_is_left_as_it_is() -> None:
    data = jpeg.encode(picture(1), 80)
    frame = CameraFrame(5, jpeg.decode(data), data)
    assert as_kept(frame, 95) is frame
    exact = [s for s in a_drive(0.5) if isinstance(s, AudioChunk)]  # whole steps of 16 bits
    assert len(exact) == 5
    assert all(same(as_kept(chunk, 95), chunk) for chunk in exact)


def test_channels_keep_their_numbers() -> None:
    # files that lost their list of channels are read by these; new topics come at the end
    assert [t.name for t in TOPICS[:16]] == [
        "/camera", "/microphone", "/heart", "/can", "/button", "/sensor_status", "/tick", "/event", "/alert", "/health",
        "/state/fatigue", "/state/distraction", "/state/stress", "/state/anger", "/state/responsiveness", "/local_time",
    ]  # fmt: skip
    assert {f"/state/{name}" for name in get_args(StateName)} <= set(CHANNEL)
    assert CHANNEL["/camera"] == 1
    assert len(SAMPLE_TOPICS) == 9


@pytest.mark.parametrize(
    ("name", "content", "kind", "words"),
    [
        ("none.mcap", None, BadUseError, "does not exist"),
        ("empty.mcap", b"", RecordingError, "is empty"),
        ("text.mcap", b"Dear all, this is text.\n", RecordingError, "is no recording"),
        ("sealed.mcap.age", b"age-encryption.org/v1\n", BadUseError, "is encrypted; give the file with the secret key"),
    ],
)
def test_what_is_no_trip_is_one_sentence(
    tmp_path: Path, name: str, content: bytes | None, kind: type[DriverMonitorError], words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(kind, match=words) as told:
        Trip(tmp_path / name)
    assert "\n" not in str(told.value)


def test_another_programs_mcap_and_a_later_format_are_named(tmp_path: Path) -> None:
    from mcap.writer import Writer

    with (tmp_path / "other.mcap").open("wb") as file:
        writer: Any = Writer(file)
        writer.start("ros2")
        writer.finish()
    with pytest.raises(RecordingError, match="none of driver-monitor's"):
        Trip(tmp_path / "other.mcap")
    data = write_trip(tmp_path / "t.mcap").read_bytes()
    (tmp_path / "new.mcap").write_bytes(data.replace(b"format\x01\x00\x00\x001", b"format\x01\x00\x00\x007", 1))
    with pytest.raises(RecordingError, match="of recording format 7, not 1; update this program"):
        Trip(tmp_path / "new.mcap")


def test_a_clock_that_jumps_back_is_told_and_time_does_not(tmp_path: Path) -> None:
    with (tmp_path / "t.mcap").open("wb") as file, TripFile(Whole(file), about(), {}) as writer:
        for t_ns in (100, 300, 200, 400):
            writer.add("/tick", ZERO_NS + t_ns, b"{}")
    trip = Trip(tmp_path / "t.mcap")
    assert [s.t_ns - ZERO_NS for s in samples(trip)] == [100, 300, 300, 400]
    assert "1 messages go back in time and were taken at the last one's time" in trip.notes


def test_messages_that_make_no_sense_are_left_out_and_counted(tmp_path: Path) -> None:
    nonsense = {
        "/can": [b"", b"[]", b"{}", b'{"id":99999,"extended":false,"data":""}', b'{"id":1,"extended":false,"data":"0"}'],
        "/heart": [b'{"rr_ms":"x","rate_bpm":null,"contact":null}', b'{"rr_ms":NaN,"rate_bpm":null,"contact":null}'],
        "/button": [b'{"button":"self_destruct"}'],
        "/camera": [b"\xff\xff", b""],
        "/microphone": [b"\x00"],
        "/sensor_status": [b'{"part":"nose","state":"ok","reason":""}'],
    }
    with (tmp_path / "t.mcap").open("wb") as file, TripFile(Whole(file), about(), {}) as writer:
        for topic, messages in nonsense.items():
            for message in messages:
                writer.add(topic, ZERO_NS, message)
    trip = Trip(tmp_path / "t.mcap")
    assert samples(trip) == []
    assert sum(int(note.split()[0]) for note in trip.notes if "make no sense" in note) == sum(map(len, nonsense.values()))
