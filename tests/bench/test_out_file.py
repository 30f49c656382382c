"""What a bench command is to write is looked at before its work: a wrong name must not cost an hour's figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from driver_monitor import cli
from driver_monitor.bench.out_file import write_text
from driver_monitor.errors import BadUseError

COMMANDS = [
    (["attentive", "--hours", "0.05"], ("--json",)),
    (["protocol", "eu-ddaw", "--sample", "1"], ("--json", "--junit", "--html")),
    (["recording", "--seconds", "2"], ("--json",)),
    (["response", "--people", "bea", "--every", "100"], ("--json", "--html", "--markdown")),
    (["accuracy", "all", "."], ("--json", "--markdown")),
]
WRITES = [(words, option) for words, options in COMMANDS for option in options]


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that is all that was said."""
    assert cli.main(["bench", *words]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err


@pytest.mark.parametrize(("words", "option"), WRITES)
def test_a_folder_for_a_file_is_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], option: str
) -> None:
    assert f"{tmp_path} is a folder; give a file's name" in refused([*words, option, str(tmp_path)], capsys)


@pytest.mark.parametrize(("words", "option"), WRITES)
def test_a_folder_that_is_not_there_is_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], option: str
) -> None:
    assert "does not exist; make it first" in refused([*words, option, str(tmp_path / "no" / "x")], capsys)


def test_two_outputs_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "x")
    told = refused(["protocol", "eu-ddaw", "--sample", "1", "--json", file, "--junit", file], capsys)
    assert "--junit and --json name the same file" in told


def test_the_demo_looks_at_its_files_before_it_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "demo.html").mkdir()
    assert "demo.html is a folder" in refused(["demo", "--out", str(tmp_path)], capsys)


def test_a_disk_that_fills_meanwhile_is_said_in_one_sentence(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(BadUseError, match=r"/dev/full cannot be written \(No space left on device\)"):
        write_text(Path("/dev/full"), "figures")
