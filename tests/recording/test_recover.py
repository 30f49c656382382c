"""Cut, killed, harmed: all that is whole comes back, and nothing but a sentence comes of the rest."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driver_monitor.errors import BadUseError, DriverMonitorError, RecordingError
from driver_monitor.recording.copy import copy_trip
from driver_monitor.recording.look import faults, info_lines
from driver_monitor.recording.trip import Trip
from driver_monitor.recording.trip_format import CAMERA, TICK
from driver_monitor.runtime.played import open_played
from driver_monitor.settings import Settings
from driver_monitor.settings import Trip as TripSettings
from driver_monitor.signals import Tick
from tests.recording.kill import killed
from tests.recording.mutate import mutate, survive
from tests.recording.trips import ZERO_NS, a_drive, same, write_trip

FLEET = TripSettings(deployment="fleet", emotion_safety_purpose="a test")


def chunk_ends(data: bytes) -> list[int]:
    """Where each chunk ends, by walking the records."""
    at, ends = 8, []
    while at + 9 <= len(data):
        opcode, length = struct.unpack_from("<BQ", data, at)
        at += 9 + length
        if opcode == 6:
            ends.append(at)
        if opcode == 2:
            break
    return ends


def test_every_whole_chunk_of_a_file_cut_anywhere_comes_back(tmp_path: Path) -> None:
    data = write_trip(tmp_path / "t.mcap", 1.0, flush_every=20).read_bytes()
    ends = chunk_ends(data)
    assert len(ends) > 6
    dice = random.Random(7)
    counts = []
    for cut in sorted({*ends, *(end - 1 for end in ends), *(dice.randrange(ends[0], len(data)) for _ in range(40))}):
        (tmp_path / "cut.mcap").write_bytes(data[:cut])
        (tmp_path / "whole.mcap").unlink(missing_ok=True)
        whole = sum(end <= cut for end in ends)
        if whole == 0:
            continue
        with Trip(tmp_path / "cut.mcap", mend=True) as trip:
            copied = copy_trip(trip, tmp_path / "whole.mcap", "recover")
            assert trip.pieces[0].chunks == whole
        assert faults(tmp_path / "whole.mcap", None) == []
        counts.append(copied.messages)
    assert counts == sorted(counts)
    assert counts[-1] == len(list(a_drive(1.0))) + 10  # and the reports


def test_of_a_whole_good_file_there_is_nothing_to_note(tmp_path: Path) -> None:
    with Trip(write_trip(tmp_path / "t.mcap", 1.0), mend=True) as trip:
        assert copy_trip(trip, tmp_path / "whole.mcap", "recover").notes == []


def test_a_cut_file_is_replayed_up_to_the_cut_without_recovering_it(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap", 2.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with Trip(path) as trip:
        got = list(trip.samples())
        assert "t.mcap is cut: it was not ended in order; what is whole in it was read" in trip.notes
    assert len(got) > 40
    road = a_drive()
    assert all(any(same(sample, other) for other in road) for sample in got)  # in the road's order


def test_a_broken_chunk_costs_itself_alone(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap", 2.0, flush_every=20)
    data = bytearray(path.read_bytes())
    ends = chunk_ends(bytes(data))
    data[ends[3] - 10] ^= 0x10
    path.write_bytes(data)
    with Trip(path) as trip:
        assert len(list(trip.samples())) < len(list(a_drive()))
        assert "t.mcap: 1 pieces are broken and were left out" in trip.notes
    assert "t.mcap: 1 pieces are broken and were left out" in faults(path, None)


def test_behind_a_broken_length_the_next_chunk_is_found(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap", 2.0, flush_every=20)
    data = bytearray(path.read_bytes())
    ends = chunk_ends(bytes(data))
    data[ends[4] + 1 : ends[4] + 9] = b"\xff" * 8  # the record behind the fifth chunk claims to be endless
    path.write_bytes(data)
    with Trip(path, mend=True) as trip:
        copy_trip(trip, tmp_path / "whole.mcap", "recover")
        assert "t.mcap makes no sense at 1 places; they were passed over" in trip.notes
    with Trip(tmp_path / "whole.mcap") as trip:
        assert sum(m.topic == TICK for m in trip.messages()) == 20


def test_a_file_that_lost_its_head_is_recovered_and_says_so(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap")
    path.write_bytes(path.read_bytes().replace(b"zero_ns", b"zero_xx"))
    with pytest.raises(RecordingError, match="has lost its head"):
        Trip(path)
    with Trip(path, mend=True) as trip:
        assert copy_trip(trip, tmp_path / "whole.mcap", "recover").messages > 100


def recovered(path: Path, out: Path) -> str:
    """Its deployment once it is recovered, read from the new file."""
    with Trip(path, mend=True) as trip:
        assert "has lost its head; its deployment is taken for" in " ".join(copy_trip(trip, out, "recover").notes)
    with Trip(out) as trip:
        return trip.about.deployment


def test_whose_head_and_settings_are_lost_is_held_to_a_fleets_privacy_in_every_replay(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap", settings=Settings(trip=FLEET), deployment="fleet")
    data = bytearray(path.read_bytes())
    data[8:308] = b"\xff" * 300
    path.write_bytes(data)
    assert recovered(path, tmp_path / "whole.mcap") == "fleet"
    assert "deployment: fleet" in info_lines(tmp_path / "whole.mcap", None)
    private = tmp_path / "private.toml"
    private.write_text("[trip]\ndeployment = 'private'\n")
    opened = open_played(tmp_path / "whole.mcap", private)
    opened.recording.close()
    assert opened.deployment == "fleet"


def test_settings_that_outlived_the_head_say_whose_trip_it_was(tmp_path: Path) -> None:
    for owner in (FLEET, TripSettings(deployment="private"), TripSettings(deployment="bench")):
        path = write_trip(tmp_path / f"{owner.deployment}.mcap", settings=Settings(trip=owner), deployment=owner.deployment)
        path.write_bytes(path.read_bytes().replace(b"zero_ns", b"zero_xx"))
        assert recovered(path, tmp_path / f"whole-{owner.deployment}.mcap") == owner.deployment


def test_a_deployment_that_nobody_knows_is_held_to_a_fleets_privacy(tmp_path: Path) -> None:
    with Trip(write_trip(tmp_path / "t.mcap", deployment="flfet")) as trip:
        assert trip.about.deployment == "fleet"


def test_a_folder_without_a_trip_is_bad_use_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("no trip")
    for read in (info_lines, faults):
        with pytest.raises(BadUseError, match=r"holds no recorded trip \(\.mcap\); give a trip's file"):
            read(tmp_path, None)


def test_check_finds_nothing_wrong_with_a_good_file_and_info_counts(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap")
    assert faults(path, None) == []
    text = "\n".join(info_lines(path, None))
    assert "begun 2023-11-14 23:36:40 UTC" in text
    assert f"{CAMERA:<24} {20:>8} messages" in text


def test_cut_keeps_a_stretch_at_its_own_time(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap", 3.0)
    with Trip(path, from_s=1.0, to_s=2.0) as trip:
        copy_trip(trip, tmp_path / "c.mcap", "cut")
    with Trip(tmp_path / "c.mcap") as trip:
        got = list(trip.samples())
        assert trip.about.made_by == "cut"
    ticks = [(s.t_ns - ZERO_NS) / 1e9 for s in got if isinstance(s, Tick)]
    assert ticks == pytest.approx([1.0 + k / 10 for k in range(10)])
    assert got[0] == type(got[0])(ZERO_NS + 1_000_000_000, "camera", "ok")  # type: ignore[call-arg,arg-type]
    with Trip(path, from_s=100.0) as trip, pytest.raises(RecordingError, match="holds no whole piece there"):
        copy_trip(trip, tmp_path / "d.mcap", "cut")
    assert not (tmp_path / "d.mcap").exists()


# that it comes to the disk each half second is told in test_trip_writer.py
@pytest.mark.parametrize("after_s", [0.3, 0.85, 1.4])
def test_a_killed_recording_loses_nothing_that_had_come_to_the_disk(tmp_path: Path, after_s: float) -> None:
    assert killed(tmp_path, after_s * random.Random().random()).of_kept == 0


def test_a_killed_encrypted_recording_comes_back_too(tmp_path: Path) -> None:
    pyrage = pytest.importorskip("pyrage", reason="encryption needs the extra seal")
    identity = pyrage.x25519.Identity.generate()
    key = tmp_path / "key.txt"
    key.write_text(f"# created by a test\n{identity}\n")
    assert killed(tmp_path, 0.6, str(identity.to_public()), key).of_kept == 0


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    folder = tmp_path_factory.mktemp("harmed")
    return write_trip(folder / "seed.mcap", 0.3, flush_every=7).read_bytes(), folder


@given(number=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_harm_done_to_a_file_gives_a_traceback(seed: tuple[bytes, Path], number: int) -> None:
    data, folder = seed
    path = folder / "harmed.mcap"
    path.write_bytes(mutate(data, random.Random(number)))
    survive(path, folder)


def test_a_small_file_cannot_ask_for_much_memory(tmp_path: Path) -> None:
    import zstandard

    bomb = zstandard.compress(bytes(200 << 20))
    head = struct.pack("<QQQII", 0, 1, 200 << 20, 0, 4) + b"zstd" + struct.pack("<Q", len(bomb)) + bomb
    data = write_trip(tmp_path / "t.mcap").read_bytes()
    at = chunk_ends(data)[0]
    (tmp_path / "bomb.mcap").write_bytes(data[:at] + struct.pack("<BQ", 6, len(head)) + head)
    with Trip(tmp_path / "bomb.mcap") as trip:
        list(trip.messages())
        assert trip.pieces[0].broken_chunks == 1
    with pytest.raises(DriverMonitorError):
        Trip(tmp_path / "none.mcap")
