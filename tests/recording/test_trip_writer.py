"""The writer's own thread: parts, room in the folder, a full disk, a key."""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from driver_monitor.errors import BadUseError, RecordingError
from driver_monitor.recording import trip_writer
from driver_monitor.recording.look import faults
from driver_monitor.recording.trip import Trip
from driver_monitor.recording.trip_messages import write_sample
from driver_monitor.recording.trip_writer import Limits, TripWriter
from driver_monitor.signals import NS_PER_S
from tests.recording.trips import WALL_NS, a_drive, about, same


def write(target: Path, limits: Limits | None = None, length_s: float = 2.0, public_key: str = "", **other: object) -> TripWriter:
    with TripWriter(target, about(**other), {}, limits or Limits(), public_key) as writer:
        for sample in a_drive(length_s):
            topic, data = write_sample(sample, WALL_NS)
            writer.put(topic, sample.t_ns, data)
    return writer


def comes_back(path: Path, length_s: float = 2.0, identity: Path | None = None) -> None:
    with Trip(path, identity) as trip:
        got = list(trip.samples())
    assert len(got) == len(list(a_drive(length_s)))
    assert all(same(one, other) for one, other in zip(a_drive(length_s), got, strict=True))


def test_closing_writes_all_that_waits(tmp_path: Path) -> None:
    write(tmp_path / "t.mcap")
    comes_back(tmp_path / "t.mcap")
    assert faults(tmp_path / "t.mcap", None) == ["the settings are not attached: a replay needs --config"]


def test_a_recording_is_for_its_owners_eyes(tmp_path: Path) -> None:
    write(tmp_path / "t.mcap")
    assert stat.S_IMODE((tmp_path / "t.mcap").stat().st_mode) == 0o600


def test_parts_by_time_are_one_trip_without_a_seam(tmp_path: Path) -> None:
    writer = write(tmp_path / "t.mcap", Limits(part_ns=NS_PER_S), 3.5)
    assert [file.name for file in writer.files] == ["t.mcap", "t-part002.mcap", "t-part003.mcap", "t-part004.mcap"]
    comes_back(tmp_path / "t.mcap", 3.5)
    for file in writer.files:  # each stands for itself
        with Trip(file) as trip:
            assert trip.pieces[0].told["messages"]


def test_parts_by_size(tmp_path: Path) -> None:
    writer = write(tmp_path / "t.mcap", Limits(part_bytes=20_000), 3.0)
    assert len(writer.files) > 2
    comes_back(tmp_path / "t.mcap", 3.0)


def test_a_folder_names_the_file_by_its_time_and_holds_no_more_than_it_may(tmp_path: Path) -> None:
    other = tmp_path / "letter.mcap"
    other.write_bytes(bytes(100_000))
    (tmp_path / "one").mkdir()
    write(tmp_path / "one" / "t.mcap")
    size = (tmp_path / "one" / "t.mcap").stat().st_size
    for day in range(4):
        write(tmp_path, Limits(folder_bytes=size * 5 // 2), wall_ns=WALL_NS + day * 86_400 * NS_PER_S)
    names = sorted(file.name for file in tmp_path.glob("trip-*"))
    assert names == ["trip-20231116T233640Z.mcap", "trip-20231117T233640Z.mcap"]
    assert other.exists()  # not ours to delete


def test_older_recordings_go_one_by_one_as_the_new_one_grows_and_not_all_when_it_begins(tmp_path: Path) -> None:
    for day in range(4):
        write(tmp_path, wall_ns=WALL_NS + day * 86_400 * NS_PER_S)
    old = sorted(tmp_path.glob("trip-*"))
    size = old[0].stat().st_size
    limits = Limits(part_bytes=size * 4, folder_bytes=size * 9 // 2)
    with TripWriter(tmp_path, about(wall_ns=WALL_NS + 5 * 86_400 * NS_PER_S), {}, limits):
        assert sorted(tmp_path.glob("trip-*"))[:-1] == old
    write(tmp_path, limits, wall_ns=WALL_NS + 6 * 86_400 * NS_PER_S)
    assert [file.exists() for file in old] == [False, True, True, True]


@pytest.mark.parametrize("part_share", [0.8, 0.3, 0.0])
def test_a_folder_never_holds_more_than_its_limit_while_parts_follow_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part_share: float
) -> None:
    write(tmp_path, wall_ns=WALL_NS - NS_PER_S)
    limit = 100_000
    held: list[int] = []
    sync = os.fdatasync

    def watched(descriptor: int) -> None:
        sync(descriptor)
        held.append(sum(file.stat().st_size for file in tmp_path.glob("trip-*")))

    monkeypatch.setattr(os, "fdatasync", watched)
    monkeypatch.setattr(trip_writer, "FLUSH_BYTES", 5_000)
    writer = write(tmp_path, Limits(part_bytes=round(limit * part_share), folder_bytes=limit), 12.0)
    assert max(held) <= limit
    assert max(held) > limit / 2
    assert [file for file in writer.files if not file.exists()] == []
    parts = [int(file.stem.rpartition("part")[2]) for file in writer.files]
    assert parts == list(range(parts[0], parts[-1] + 1))  # the oldest went, though "-part002" sorts before ".mcap"
    assert parts[0] > 1


def test_each_half_second_all_that_was_handed_over_is_brought_to_the_disk_with_the_disks_own_time_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s, ready, enough = [100.0], threading.Event(), threading.Event()
    waited: list[float] = []
    synced: list[int] = []

    class Wake(threading.Event):
        """Time passes in no other way than by waiting, and a message is handed over meanwhile."""

        def wait(self, timeout: float | None = None) -> bool:
            ready.wait()
            if timeout is None or len(waited) == 5:
                enough.set()
                return super().wait()
            waited.append(timeout)
            now_s[0] += timeout
            writer.put("/tick", len(waited), b"{}")
            return False

    def slow(descriptor: int) -> None:
        now_s[0] += 0.125
        synced.append(len(waited))

    monkeypatch.setattr(trip_writer, "threading", SimpleNamespace(Event=Wake, Thread=threading.Thread))
    monkeypatch.setattr(trip_writer, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    with TripWriter(tmp_path / "t.mcap", about(), {}) as writer:
        monkeypatch.setattr(os, "fdatasync", slow)
        ready.set()
        assert enough.wait(60)
        assert synced == [1, 2, 3, 4, 5]  # each before the next is waited for
    assert waited == [0.5, 0.375, 0.375, 0.375, 0.375]


def test_a_disk_that_cannot_keep_up_costs_messages_that_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free, stuck = threading.Event(), threading.Event()
    sync = os.fdatasync

    def slow(descriptor: int) -> None:
        if threading.current_thread().name == "recording":
            stuck.set()
            free.wait(60)
        sync(descriptor)

    monkeypatch.setattr(trip_writer, "_MOST_WAITING", 10_000)
    with TripWriter(tmp_path / "t.mcap", about(), {}) as writer:
        monkeypatch.setattr(os, "fdatasync", slow)
        writer.put("/tick", 0, b"{}")
        assert stuck.wait(60)
        for k in range(30):
            writer.put("/camera", k, bytes(1000))
        free.set()
    assert writer.lost == 19
    with Trip(tmp_path / "t.mcap") as trip:
        assert len(list(trip.messages())) == 12
    assert "19 messages were lost while recording, as the disk could not keep up" in " ".join(faults(tmp_path / "t.mcap", None))


def test_a_full_disk_ends_the_recording_and_nothing_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with TripWriter(tmp_path / "t.mcap", about(), {}) as writer:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, writer._raw.fileno())
        os.close(full)
        writer.put("/tick", 0, b"{}")
        end = time.monotonic() + 60
        while not writer.trouble and time.monotonic() < end:
            time.sleep(0.02)
        writer.put("/tick", 1, b"{}")
    assert "t.mcap ends here: it cannot be written any further (No space left on device)" in writer.trouble
    assert writer.lost == 0  # the trouble says it: nothing behind it is counted
    assert "No space left" in caplog.text


def test_a_write_that_takes_a_part_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writev = os.writev

    def some(file: int, pieces: Sequence[bytes]) -> int:
        return writev(file, [pieces[0][:1000]] if len(pieces[0]) > 1000 else pieces[:2])

    monkeypatch.setattr(os, "writev", some)
    write(tmp_path / "t.mcap")
    monkeypatch.undo()
    comes_back(tmp_path / "t.mcap")


def test_a_wrong_target_is_one_sentence(tmp_path: Path) -> None:
    for target, words in (
        (tmp_path / "t.mp4", r"a recording's name ends in \.mcap"),
        (tmp_path / "no" / "t.mcap", "the folder .* does not exist"),
    ):
        with pytest.raises(BadUseError, match=words):
            TripWriter(target, about(), {})


def test_with_a_key_only_its_owner_reads_it(tmp_path: Path) -> None:
    pyrage = pytest.importorskip("pyrage", reason="encryption needs the extra seal")
    mine, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    for name, identity in (("mine", mine), ("other", other)):
        (tmp_path / name).write_text(f"{identity}\n")
    path = tmp_path / "t.mcap.age"
    write(path, public_key=str(mine.to_public()))
    assert b"/camera" not in path.read_bytes()
    assert b"MCAP" not in path.read_bytes()
    comes_back(path, identity=tmp_path / "mine")
    with pytest.raises(RecordingError, match=r"cannot be decrypted \(No matching keys found\)"):
        Trip(path, tmp_path / "other")
    with pytest.raises(BadUseError, match="no age public key"):
        write(tmp_path / "u.mcap.age", public_key="age1nonsense")
    with pytest.raises(BadUseError, match=r"ends in \.mcap\.age, as it is encrypted"):
        write(tmp_path / "u.mcap", public_key=str(mine.to_public()))


def test_what_comes_behind_the_end_of_a_recording_is_not_told_as_lost_to_the_disk(tmp_path: Path) -> None:
    class Late(logging.Handler):
        """Hands messages over in the very moment between the trouble and the file's end."""

        def emit(self, record: logging.LogRecord) -> None:
            for sample in a_drive(0.5):
                topic, data = write_sample(sample, WALL_NS)
                writer.put(topic, sample.t_ns, data)

    late, logger = Late(), logging.getLogger("driver_monitor.recording")
    logger.addHandler(late)
    try:
        with TripWriter(tmp_path / "t.mcap", about(), {}) as writer:
            writer.give_up("no more pictures")
    finally:
        logger.removeHandler(late)
    assert "no more pictures" in writer.trouble
    assert writer.lost == 0
    assert faults(tmp_path / "t.mcap", None) == ["the settings are not attached: a replay needs --config"]
