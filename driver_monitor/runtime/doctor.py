"""``driver-monitor doctor``: can this machine drive? The processor, the face backend, the models, the devices set."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from driver_monitor.alerts.outputs import open_pins
from driver_monitor.errors import ModelError
from driver_monitor.model_store import MONITOR_MODELS, OPTIONAL_MODELS, models
from driver_monitor.perception.face_landmarks.choice import Choice, Cpu, choose, read_cpu
from driver_monitor.settings import Outputs, Settings

_PACKAGES = {"mediapipe": "mediapipe", "litert": "ai_edge_litert"}
_BOARD = Path("/proc/device-tree/model")
_NETWORK = Path("/sys/class/net")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; ``good`` is ``None`` where it is only told or not set."""

    what: str
    good: bool | None
    told: str


def examine(settings: Settings, cpu: Cpu | None = None) -> list[Check]:
    """All checks; no backend is loaded, and nothing is opened but the pin factory, as only that tells which one works."""
    cpu = cpu or read_cpu()
    return [*_machine(cpu), *_face(settings, cpu), *_models(), *_devices(settings)]


def _machine(cpu: Cpu) -> Iterator[Check]:
    try:
        board = _BOARD.read_text("utf-8", errors="replace").strip("\0\n ")
    except OSError:
        board = "board not named"
    if cpu.machine in {"aarch64", "arm64"}:
        atomics = "with" if "atomics" in cpu.features else "without"
        yield Check("cpu", None, f"{cpu.machine}, {atomics} ARMv8.1 atomics; {board}")
    else:
        yield Check("cpu", None, f"{cpu.machine}; {board}")


def _face(settings: Settings, cpu: Cpu) -> Iterator[Check]:
    try:
        chosen: Choice = choose(settings.face.backend, cpu)
    except ModelError as e:
        yield Check("face", False, str(e))
        return
    package = _PACKAGES[chosen.backend]
    there = importlib.util.find_spec(package) is not None
    yield Check("face", there, str(chosen) if there else f"{chosen}; but the package {package} is not installed")


def _models() -> Iterator[Check]:
    for model in models([*MONITOR_MODELS, *OPTIONAL_MODELS]):
        fault = model.fault()
        hint = f"{fault}; {model.mend}"
        good = None if fault == "is missing" and model.optional else fault is None
        yield Check(f"model {model.name}", good, hint if fault else f"{model.version}, whole")


def _devices(settings: Settings) -> Iterator[Check]:
    source = settings.camera.source
    if source.startswith("virtual:"):
        yield Check("sensors", None, f"all of them virtual ({source})")
        return
    yield _file("camera", source) if source.startswith("/") else Check("camera", None, f"{source}: not looked at")
    yield _microphone(settings.microphone.device)
    heart = settings.heart_rate.source
    yield _file("heart rate", heart) if heart.startswith("/") else Check("heart rate", None, f"from {heart}")
    vehicle = settings.vehicle
    if vehicle.interface == "socketcan":
        there = (_NETWORK / vehicle.channel).exists()
        yield Check("vehicle bus", there, vehicle.channel if there else f"there is no network interface {vehicle.channel}")
    else:
        yield Check("vehicle bus", None, f"interface {vehicle.interface}")
    outputs = settings.outputs
    if any(pin is not None for pin in (outputs.buzzer_pin, outputs.light_pin, outputs.button_pin, outputs.privacy_pin)):
        yield _pins(outputs)


def _pins(outputs: Outputs) -> Check:
    pins = open_pins(outputs.pin_factory, outputs.gpio_chip)
    if pins.factory is None:
        return Check("gpio", False, str(pins.reason))
    pins.factory.close()
    if pins.reason is not None:  # simulated: fine on a desk, but then nobody can read a privacy switch
        if outputs.privacy_pin is not None:
            return Check("gpio", False, f"{pins.reason}; with a privacy_pin set the program does not start so")
        return Check("gpio", False if any(Path("/dev").glob("gpiochip*")) else None, pins.reason)  # a desk needs no buzzer
    return Check("gpio", True, f"pin factory {pins.name}")


def _file(what: str, path: str) -> Check:
    there = Path(path).exists()
    return Check(what, there, path if there else f"{path} is not there")


def _microphone(device: str) -> Check:
    if device == "none":
        return Check("microphone", None, "none wanted")
    try:
        import sounddevice

        named = int(device) if device.isdigit() else None if device == "default" else device
        found = sounddevice.query_devices(named, "input")
    except Exception as e:  # PortAudio's own errors have no base but this, and without its library even the import fails
        return Check("microphone", False, f"{device}: {(str(e) or type(e).__name__).splitlines()[0]}")
    return Check("microphone", True, str(found["name"]))


def doctor_command(config: Path | None) -> int:
    """Print a line a check; 0 when all that the settings want is there, else 1."""
    from driver_monitor.settings_file import load_settings

    checks = examine(load_settings(config))
    for check in checks:
        mark = {True: "good", False: "BAD", None: "-"}[check.good]
        print(f"{mark:4}  {check.what}: {check.told}")
    return int(any(check.good is False for check in checks))
