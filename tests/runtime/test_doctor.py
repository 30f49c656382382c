"""The doctor says what this machine lacks before the road does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from driver_monitor.cli import main
from driver_monitor.perception.face_landmarks.choice import Cpu, read_cpu
from driver_monitor.resources import models_dir
from driver_monitor.runtime.doctor import Check, examine
from driver_monitor.settings import Camera, Face, HeartRate, Microphone, Settings, Vehicle

PI_4 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\n"
QUIET = Microphone(device="none")


def named(checks: list[Check], what: str) -> Check:
    return next(check for check in checks if check.what == what)


def test_a_pi_4_is_told_that_litert_reads_the_face_and_why() -> None:
    checks = examine(Settings(microphone=QUIET), read_cpu(PI_4, "aarch64"))
    assert "without ARMv8.1 atomics" in named(checks, "cpu").told
    face = named(checks, "face")
    assert face.good
    assert "LiteRT" in face.told
    assert "atomics" in face.told


def test_asking_for_mediapipe_on_a_pi_4_is_bad() -> None:
    checks = examine(Settings(face=Face(backend="mediapipe"), microphone=QUIET), read_cpu(PI_4, "aarch64"))
    assert named(checks, "face").good is False


def test_devices_that_are_not_there_are_named(tmp_path: Path) -> None:
    settings = Settings(
        camera=Camera(source=str(tmp_path / "video9")),
        heart_rate=HeartRate(source=str(tmp_path / "ttyACM9")),
        vehicle=Vehicle(interface="socketcan", channel="can9"),
        microphone=QUIET,
    )
    checks = examine(settings, Cpu("x86_64", frozenset()))
    for what in ("camera", "heart rate", "vehicle bus"):
        assert named(checks, what).good is False
    assert "video9 is not there" in named(checks, "camera").told


def test_the_pin_factory_that_works_is_named_and_one_that_does_not_is_bad() -> None:
    def gpio(**outputs: object) -> Check:
        return named(examine(Settings.model_validate({"microphone": {"device": "none"}, "outputs": outputs})), "gpio")

    assert (gpio(pin_factory="mock").good, gpio(pin_factory="mock").told) == (True, "pin factory mock")
    wrong = gpio(pin_factory="native")
    assert wrong.good is False
    assert wrong.told.startswith("the pin factory does not work here (native: ")


def test_a_missing_model_is_bad_and_the_exit_code_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('[camera]\nsource = "virtual:demo.toml"\n')
    assert main(["doctor", "--config", str(settings)]) == 0
    monkeypatch.setenv("DRIVER_MONITOR_MODELS", str(tmp_path))
    assert main(["doctor", "--config", str(settings)]) == 1
    told = capsys.readouterr().out
    assert "BAD   model face_landmarker: is missing; run 'driver-monitor models pull face_landmarker'" in told


def test_a_damaged_model_of_our_own_is_mended_by_installing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    models = shutil.copytree(models_dir(), tmp_path / "models", ignore=shutil.ignore_patterns("training"))
    (models / "blink_drowsiness.onnx").write_bytes(b"cut")
    monkeypatch.setattr("driver_monitor.model_store.models_dir", lambda: models)
    check = named(examine(Settings(microphone=QUIET)), "model blink_drowsiness")
    assert (check.good, check.told) == (False, "is 3 bytes where 416 are expected; install driver-monitor again")
    assert main(["models", "verify", "blink_drowsiness"]) == 1
    assert "not all models are good; for blink_drowsiness install driver-monitor again\n" in capsys.readouterr().err
