from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from driver_monitor.errors import SettingsError
from driver_monitor.resources import config_dir
from driver_monitor.settings import Settings
from driver_monitor.settings_file import load_settings, render, render_default, settings_sha256


def problems(file: Path, text: str | bytes) -> list[str]:
    """What is said of a file with this text, a line each, without the file's name."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(str(file)) for line in lines)
    assert caught.value.exit_code == 2
    return [line.removeprefix(str(file)) for line in lines]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


def test_default_toml_is_the_defaults_written_out() -> None:
    written = (config_dir() / "default.toml").read_text("utf-8")
    assert written == render_default(), "run: driver-monitor settings show --explain > configs/default.toml"
    assert load_settings(config_dir() / "default.toml") == load_settings(None) == Settings()


def test_default_toml_explains_every_setting() -> None:
    lines = render_default().splitlines()
    settings = [number for number, line in enumerate(lines) if re.match(r"\w+ = ", line)]
    assert len(settings) == sum(count(table) for table in tomllib.loads(render_default()).values()) > 100
    assert all(lines[number - 1].startswith("# ") and lines[number - 1].endswith(")") for number in settings)


def count(table: dict[str, Any]) -> int:
    return sum(count(value) if isinstance(value, dict) and value else 1 for value in table.values())


@pytest.mark.parametrize("name", sorted(file.name for file in config_dir().glob("*.toml")))
def test_every_file_that_comes_along_can_be_used_and_changes_something(name: str) -> None:
    settings = load_settings(config_dir() / name)
    assert (settings == Settings()) is (name == "default.toml")


def test_a_file_that_comes_along_is_found_by_its_bare_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(Path("fleet")) == load_settings(Path("fleet.toml")) == load_settings(config_dir() / "fleet.toml")
    Path("fleet.toml").write_text("[camera]\nfps = 10\n")
    assert load_settings(Path("fleet.toml")).camera.fps == 10  # one's own file comes first


def test_a_file_needs_only_what_it_changes(file: Path) -> None:
    file.write_text("[eyes]\nbaseline_s = 30\n[outputs]\nbuzzer_pin = 'none'\n")
    settings = load_settings(file)
    assert settings.eyes.baseline_s == 30.0
    assert settings.outputs.buzzer_pin is None
    assert settings.outputs.light_pin == Settings().outputs.light_pin
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())  # some editors put a mark first
    assert load_settings(file) == settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[camera]\nwidht = 640", ", line 2: [camera] has no setting 'widht'; did you mean 'width'?"),
        ("\n[eye]\nbaseline_s = 9", ", line 2: there is no section 'eye'; did you mean 'eyes'?"),
        ("[eyes]\nsleep_s = 3", ", line 2: [eyes] has no setting 'sleep_s'; did you mean fatigue.sleep_s?"),
        ("camera.fpps = 3", ", line 1: [camera] has no setting 'fpps'; did you mean 'fps'?"),
        (
            "[vehicle.signals]\nspede = 'A.b'",
            ", line 2: [vehicle.signals] has no setting 'spede'; did you mean 'speed'?",
        ),
        ("[camera]\n# fps = 1\nfps = 500", ", line 3: camera.fps = 500 cannot be used; give a whole number, 5 to 120 1/s"),
        ("[camera]\nfps = '30'", ', line 2: camera.fps = "30" cannot be used; give a whole number, 5 to 120 1/s'),
        ("[camera]\nfps = true", ", line 2: camera.fps = true cannot be used; give a whole number, 5 to 120 1/s"),
        ("[eyes]\nbaseline_s = nan", ", line 2: eyes.baseline_s = nan cannot be used; give a number, 5 to 300 s"),
        (
            "[outputs]\nlight_pin = 888",
            ", line 2: outputs.light_pin: 888 is no pin; give a number (BCM on a Raspberry Pi, 0 to 511), "
            "or with gpiod a line's name, or 'none'",
        ),
        (
            "[trip]\ndeployment = 'flet'",
            ", line 2: trip.deployment = \"flet\" is not known; did you mean 'fleet'? It takes 'private', 'fleet' or 'bench'",
        ),
        ("[[camera]]\nfps = 30", ": 'camera' is a section, not one setting; write [camera] and its settings below it"),
        ("[camera]\nfps = 30\nfps = 15", ": is not valid TOML: cannot overwrite a value (at end of document); mend that line"),
        ("[camera]\nfps = \n", ": is not valid TOML: invalid value (at line 2, column 7); mend that line"),
        ("[fatigue]\nsleep_s = 9", ": fatigue: microsleep_s < sleep_s < unresponsive_s must hold"),
        (
            "[recording]\nfolder_gb = 4",
            ", line 1: recording: folder_gb = 4 leaves no room beside one file of part_mb = 4000: make folder_gb larger, "
            "or part_mb smaller",
        ),
        (
            "[camera]\nsource = 'rtsp://10.0.0.7/cabin'",
            ", line 2: camera.source: 'rtsp://10.0.0.7/cabin' is an address, and the process that sees the face reaches no "
            "network; give a device or a file's path",
        ),
        (
            "[heart_rate]\nsource = 'socket://10.0.0.7:5000'",
            ", line 2: heart_rate.source: 'socket://10.0.0.7:5000' is an address, and the process that sees the face reaches no "
            "network; give a serial port such as /dev/ttyACM0, 'can' or 'ble'",
        ),
        (
            "[vehicle]\ninterface = 'slcan'\nchannel = 'RFC2217://10.0.0.7:5000@115200'",
            ", line 3: vehicle.channel: 'RFC2217://10.0.0.7:5000@115200' is an address, and the process that sees the face "
            "reaches no network; give a channel of this machine such as can0 or /dev/ttyUSB0",
        ),
        (  # it opens a socket to a daemon, on this machine or another
            "[outputs]\npin_factory = 'pigpio'",
            ", line 2: outputs.pin_factory = \"pigpio\" is not known; did you mean 'rpigpio'? It takes 'auto', 'mock', 'lgpio', "
            "'gpiod', 'rpigpio' or 'native'",
        ),
        (
            "[vehicle]\ninterface = 'socketcand'",
            ", line 2: vehicle.interface: 'socketcand' reaches the bus over a network, and the process that sees the face "
            "reaches none; take socketcan, and have another process bring the frames to a vcan interface",
        ),
        (
            "[outputs]\nprivacy_pin = 18",
            ", line 1: outputs: buzzer_pin and privacy_pin are both 18; give each a pin of its own, or 'none'",
        ),
        (b"[trip]\n# \xff", ": byte 9 is not UTF-8; save the file as UTF-8 text"),
    ],
)
def test_one_sentence_says_what_where_and_how_to_mend_it(file: Path, text: str | bytes, said: str) -> None:
    assert problems(file, text) == [said]


def test_everything_wrong_is_said_at_once(file: Path) -> None:
    found = problems(file, "[camera]\nfps = 1\nwidht = 3\n[eyes]\nbaseline_s = 0\n")
    assert sorted(line.split(":")[0] for line in found) == [", line 2", ", line 3", ", line 5"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(No such file or directory\); check the path"):
        load_settings(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"cannot be read \(Is a directory\)"):
        load_settings(tmp_path)
    with pytest.raises(SettingsError, match=r"benhc: there is no such settings file; did you mean 'bench'\?"):
        load_settings(Path("benhc"))
    with pytest.raises(SettingsError, match="give a path, or one of bench, default, demo, fleet, jetson, raspberry-pi"):
        load_settings(Path("zzz"))


def test_settings_written_out_read_back_the_same_and_show_what_was_changed(file: Path) -> None:
    settings = load_settings(config_dir() / "jetson.toml")
    file.write_text(render(settings))
    assert load_settings(file) == settings
    assert 'buzzer_pin = "PH.07"  # default 18\n' in render(settings)
    assert "# default" not in render(Settings())


def test_the_hash_names_what_is_set_not_how_it_is_written(file: Path) -> None:
    file.write_text("[eyes]\nbaseline_s = 60\n")
    assert settings_sha256(load_settings(file)) == settings_sha256(Settings())
    file.write_text("[eyes]\nbaseline_s = 61\n")
    assert settings_sha256(load_settings(file)) != settings_sha256(Settings())
