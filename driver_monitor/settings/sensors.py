"""The live inputs beside the bus."""

from __future__ import annotations

import re

from pydantic import field_validator

from driver_monitor.settings.fields import Section, choice, figure, on_this_machine


class Camera(Section):
    """The cabin camera."""

    source: str = choice("/dev/video0", "a V4L2 device, a video file, or 'virtual:SCENARIO' (it plays all sensors); nothing over a network")
    width: int = figure(640, "picture width asked for", "px", 160, 3840)
    height: int = figure(480, "picture height asked for", "px", 120, 2160)
    fps: int = figure(30, "frame rate asked for", "1/s", 5, 120)

    @field_validator("source")
    @classmethod
    def _no_address(cls, value: str) -> str:
        return on_this_machine(value, "a device or a file's path")


class Microphone(Section):
    """The cabin microphone."""

    device: str = choice("default", "a sound device's name or number; 'none' for no microphone")
    chunk_ms: int = figure(32, "length of one chunk of sound", "ms", 10, 200)


class HeartRate(Section):
    """The heart-rate wearable."""

    source: str = choice(
        "none",
        "'none', a serial port of the bridge (/dev/ttyACM0), 'can' when the bus carries it, or by Bluetooth LE (extra ble) 'ble' "
        "for the first wearable found, 'ble:AA:BB:CC:DD:EE:FF' for one of them",
    )
    baud: int = figure(115200, "serial speed", "baud", 1200, 3_000_000)

    @field_validator("source")
    @classmethod
    def _address(cls, value: str) -> str:
        if re.match("ble", value) and not re.fullmatch(r"ble(:([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})?", value):
            raise ValueError(f"'{value}' names no Bluetooth wearable; write 'ble', or 'ble:' and its address such as AA:BB:CC:DD:EE:FF")
        return on_this_machine(value, "a serial port such as /dev/ttyACM0, 'can' or 'ble'")
