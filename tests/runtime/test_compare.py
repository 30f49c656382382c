"""What a replay is held against must be whole, and that is found before the replay."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from driver_monitor.errors import BadUseError
from driver_monitor.recording.trip import Trip
from driver_monitor.recording.trip_format import CHANNEL, STATE
from driver_monitor.runtime.compare import Comparison
from driver_monitor.settings import Settings
from tests.recording.trips import ZERO_NS, write_trip

HEAD = '{"type":"header","format":1,"version":"0"}\n'


def compare(path: Path) -> Comparison:
    return Comparison(path, Settings(), {}, ZERO_NS)


def test_a_report_file_that_is_broken_behind_its_head_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(HEAD + '{"type":"health"}\n' * 1000)
    compare(path).close()
    path.write_text(path.read_text()[:-9])
    with pytest.raises(BadUseError, match=r"r\.jsonl line 1001 is not JSON"):
        compare(path)


@pytest.mark.parametrize(
    "value",
    ["NaN", "1e400", '"\\ud800"', "9" * 5000, "[" * 100_000 + "]" * 100_000],
    ids=["nan", "1e400", "half", "digits", "deep"],
)
def test_a_line_that_no_report_holds_is_refused_at_once(tmp_path: Path, value: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(HEAD + '{"type":"health"}\n{"type":"health","t_s":' + value + "}\n")
    with pytest.raises(BadUseError, match=r"r\.jsonl line 3 is .*; the file is broken there") as refused:
        compare(path)
    assert "\n" not in str(refused.value)


def piped(tmp_path: Path, rest: str) -> Comparison:
    """A replay of one sample without reports, compared with what comes out of a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(HEAD + rest,))
    writer.start()
    with compare(pipe) as comparison:
        comparison.take(None, [], None)
    writer.join()
    return comparison


def test_reports_from_a_pipe_are_read_once(tmp_path: Path) -> None:
    comparison = piped(tmp_path, '{"type":"health","part":"clock","t_s":0.0}\n')
    assert "pipe goes on after report 0, with the health of clock" in comparison.in_words()


def test_reports_from_a_pipe_are_read_to_their_end(tmp_path: Path) -> None:
    assert piped(tmp_path, '{"type":"summary"}\n').same


def test_a_trip_that_nobody_watched_is_refused_at_once(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap", watched=False)
    with pytest.raises(BadUseError, match=r"t\.mcap can be no reference: it holds no reports; give another file"):
        compare(path)


def test_a_trip_whose_reports_are_broken_in_the_middle_is_refused_at_once(tmp_path: Path) -> None:
    path = write_trip(tmp_path / "t.mcap")
    compare(path).close()
    with Trip(path) as trip:
        places = trip.pieces[0]._places or []
        place = [p for p in places if CHANNEL[STATE + "fatigue"] in p.channels][2]
    data = bytearray(path.read_bytes())
    data[place.offset + place.length - 10] ^= 0x10
    path.write_bytes(data)
    with pytest.raises(BadUseError, match=r"t\.mcap can be no reference: 1 pieces of its reports are broken"):
        compare(path)
