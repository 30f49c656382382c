from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from driver_monitor import __version__, cli
from driver_monitor.errors import RecordingError


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "driver_monitor", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on stderr."""
    assert done.stdout == ""
    assert done.stderr.startswith("driver-monitor: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("driver-monitor: ").rstrip("\n")


def test_help_imports_nothing_heavy() -> None:
    heavy = {"pydantic", "numpy", "cv2", "mediapipe", "av", "onnxruntime", "can", "cantools", "rich"}
    look = f"import sys; from driver_monitor.cli import main; main(['--help']); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for name in ("replay", "run", "models", "settings", "bench"):
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize("group", [[], ["bench"], ["models"], ["settings"], ["recording"]])
def test_no_command_is_told_in_half_a_sentence(
    group: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main([*group, "--help"]) == 0
    assert "..." not in capsys.readouterr().out.split("Commands:")[1]


def test_more_is_logged_of_this_program_alone() -> None:
    look = (
        "import logging; from driver_monitor.cli import main; main(['-v', 'settings', 'show']); "
        "print([logging.getLogger(n).isEnabledFor(logging.DEBUG) for n in ('driver_monitor.live', 'matplotlib')])"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[True, False]"


def test_version() -> None:
    assert command("--version").stdout == f"driver-monitor {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["rply"], "No such command 'rply'. Did you mean 'replay'? (see 'driver-monitor --help')"),
        (["replay"], "Missing argument 'PATH' (see 'driver-monitor replay --help')"),
        (["replay", "x", "--pace", "fast"], "'--pace': 'fast' is not one of 'real', 'max' (see 'driver-monitor replay --help')"),
        (["run", "--sconds", "3"], "No such option: --sconds"),
        (["bench", "speed", "--frames", "0"], "'--frames'"),
        (["settings", "show", "--config", "benhc"], "benhc: there is no such settings file; did you mean 'bench'?"),
        (["settings", "show", "--explain", "--config", "bench"], "--explain shows the defaults; leave out --config"),
        (["recording", "cut", "x.mcap", "y.mcap", "--to", "inf"], "'--to': Input should be less than or equal to 31536000"),
        (["recording", "export", "x.mcap", "y", "--from", "nan"], "'--from': Input should be"),
        (["replay", "x.mcap", "--from", "1e300"], "'--from': Input should be less than or equal to 31536000"),
        (["models", "pull", "silero"], "there is no model 'silero'; did you mean 'silero_vad'?"),
    ],
)
def test_bad_use_is_one_line_and_exit_code_2(arguments: list[str], line: str) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert line in said(done)


def test_a_group_without_its_command_shows_its_help() -> None:
    done = command("models")
    assert done.returncode == 2
    assert "  verify " in done.stderr


def test_settings_check(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[camera]\nfps = 15\n")
    done = command("settings", "check", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{file}: good")
    file.write_text("[camera]\nfps = 1500\n")
    done = command("settings", "check", str(file))
    assert done.returncode == 2
    assert said(done) == f"{file}, line 2: camera.fps = 1500 cannot be used; give a whole number, 5 to 120 1/s"


def test_settings_check_reads_the_dbc_as_a_run_does(tmp_path: Path) -> None:
    (tmp_path / "car.dbc").write_text("Dear all, this is text.\n")
    file = tmp_path / "mine.toml"
    file.write_text(f'[vehicle]\ndbc = "{tmp_path}/car.dbc"\n')
    done = command("settings", "check", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert "[vehicle] dbc: " in said(done)
    assert "car.dbc cannot be read as a DBC file" in said(done)


def test_settings_show() -> None:
    done = command("settings", "show", "--config", "fleet")
    assert done.returncode == 0
    assert 'deployment = "fleet"  # default "private"\n' in done.stdout


def test_models_that_are_not_there(tmp_path: Path) -> None:
    done = command("models", "verify", DRIVER_MONITOR_MODELS=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.splitlines()[:2] == ["face_landmarker: is missing", "silero_vad: is missing"]
    assert "run 'driver-monitor models pull face_landmarker silero_vad" in done.stderr
    done = command("models", "list", DRIVER_MONITOR_MODELS=str(tmp_path))
    assert done.returncode == 0
    (row,) = (line for line in done.stdout.splitlines() if "silero_vad" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["silero_vad", "6.2.3", "2.3 MB", "MIT", "is missing"]


def test_a_reader_that_goes_away_is_no_fault() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    show = [sys.executable, "-m", "driver_monitor", "settings", "show", "--explain"]
    done = subprocess.run(show, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=120)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def fails_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def load_settings(path: Path | None) -> None:
        raise error

    monkeypatch.setattr("driver_monitor.settings_file.load_settings", load_settings)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (RecordingError("a.mp4: cannot be read"), 1, "a.mp4: cannot be read"),
        (ZeroDivisionError("by nought"), 1, "ZeroDivisionError: by nought; set DRIVER_MONITOR_DEBUG=1 for the traceback"),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
)
def test_what_goes_wrong_inside_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, line: str
) -> None:
    monkeypatch.delenv(cli.DEBUG_VARIABLE, raising=False)
    fails_with(monkeypatch, error)
    assert cli.main(["settings", "show"]) == code
    assert capsys.readouterr().err == f"driver-monitor: {line}\n"


def test_the_traceback_is_there_when_asked_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(cli.DEBUG_VARIABLE, "1")
    fails_with(monkeypatch, ZeroDivisionError("by nought"))
    assert cli.main(["settings", "show"]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_commands_own_exit_code_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from driver_monitor.runtime.replay import Wishes

    given: list[object] = []

    def replay_command(*arguments: object) -> int:
        given.extend(arguments)
        return 1

    monkeypatch.setattr("driver_monitor.runtime.replay.replay_command", replay_command)
    assert cli.main(["replay", "drive.mp4", "--reports", "r.jsonl", "--pace", "real"]) == 1
    assert given == [Path("drive.mp4"), Wishes(reports=Path("r.jsonl"), pace="real")]
