"""Heart rate by Bluetooth LE: bytes as wearables send them, and bleak over a real D-Bus, in a process without a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver_monitor.sensors.heart_rate_ble import Reading, parse
from driver_monitor.settings import HeartRate


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("0048", Reading(72)),  # a rate of 8 bits, no contact sensor
        ("012C01", Reading(300)),  # of 16 bits
        ("0448", Reading(72, contact=False)),  # a contact sensor, and no contact
        ("0648", Reading(72, contact=True)),
        ("0248", Reading(72)),  # the contact bit without a contact sensor says nothing
        ("0848E803", Reading(72)),  # energy spent: 1000 kJ
        ("10480003", Reading(72, (750.0,))),
        ("16490004F402", Reading(73, (1000.0, 738.28125), True)),
        ("1F4900E8030004", Reading(73, (1000.0,), True)),  # all of it
        ("1648", Reading(72, (), True)),  # no beat since the last message
        ("0000", Reading(0)),
    ],
)
def test_measurements_as_the_service_describes_them(sent: str, read: Reading) -> None:
    assert parse(bytes.fromhex(sent)) == read


@pytest.mark.parametrize("sent", ["", "16", "0148", "0848E8", "104800", "1648000300"])
def test_a_message_that_is_too_short_is_none(sent: str) -> None:
    with pytest.raises(ValueError, match="heart-rate measurement"):
        parse(bytes.fromhex(sent))


@given(st.binary(max_size=24))
def test_any_bytes_are_a_reading_or_refused(data: bytes) -> None:
    try:
        reading = parse(data)
    except ValueError:
        return
    assert 0 <= reading.rate_bpm <= 65_535
    assert all(0.0 <= rr <= 64_000.0 for rr in reading.rr_ms)


@pytest.mark.parametrize("source", ["ble", "ble:aa:BB:cc:DD:ee:FF", "/dev/ttyACM0", "can", "none"])
def test_sources_that_can_be_meant(source: str) -> None:
    assert HeartRate(source=source).source == source


@pytest.mark.parametrize("source", ["ble:", "ble:AA:BB", "bleep"])
def test_a_source_that_is_no_wearable(source: str) -> None:
    with pytest.raises(ValueError, match="names no Bluetooth wearable"):
        HeartRate(source=source)


# ------------------------------------------------------------------------------------------------------ over a real D-Bus

LISTENER = """
import json, sys, time
from driver_monitor import settings
from driver_monitor.runtime.lockdown import lock_down
from driver_monitor.sensors import base
from driver_monitor.sensors.heart_rate_ble import HeartRateBle
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import HeartBeat

locked = lock_down()
base.FIRST_BACKOFF_S = 0.1
queue, beats, said = SampleQueue(), [], []
with HeartRateBle(settings.HeartRate(source=sys.argv[1])) as sensor:
    begun = time.monotonic()
    sensor.start(queue)
    while time.monotonic() - begun < 120 and (said.count("ok") < 2 or len(beats) < 8):
        sample = queue.get(0.1)
        if isinstance(sample, HeartBeat):
            beats.append([sample.rate_bpm, sample.rr_ms, sample.contact])
        elif sample is not None:
            said.append(sample.state)
    spoilt = sensor.spoilt
print(json.dumps({"locked": locked.active, "beats": beats, "said": said, "spoilt": spoilt}))
"""


@pytest.fixture
def system_bus(tmp_path: Path) -> Iterator[dict[str, str]]:
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        pytest.skip("dbus-daemon is not installed; 'make test' installs it")
    address = f"unix:path={tmp_path}/bus"
    command = [daemon, "--session", "--nofork", "--print-address", f"--address={address}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as bus:
        assert bus.stdout is not None
        bus.stdout.readline()  # it listens
        yield os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": address}
        bus.kill()


@pytest.mark.parametrize("source", ["ble", "ble:aa:bb:cc:dd:ee:ff"])
def test_a_wearable_is_found_heard_lost_and_found_again_under_the_lockdown(source: str, system_bus: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.sensors.bluez_bench"], stdout=subprocess.PIPE, env=system_bus, text=True
    ) as bluez:
        assert bluez.stdout is not None
        assert bluez.stdout.readline() == "ready\n"
        done = subprocess.run(
            [sys.executable, "-c", LISTENER, source], env=system_bus, capture_output=True, text=True, timeout=180, check=False
        )
        bluez.kill()
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["locked"]
    assert told["beats"][:4] == [[72.0, 750.0, True], [72.0, None, True], [73.0, 738.28125, True], [73.0, 976.5625, True]]
    assert told["said"] == ["missing", "ok", "lost", "ok"]  # missing first: a drive does not wait for a wearable
    assert told["spoilt"] >= 1


def test_without_bluetooth_it_says_so_in_one_sentence(tmp_path: Path) -> None:
    code = """
import sys
from driver_monitor import settings
from driver_monitor.sensors.heart_rate_ble import HeartRateBle
from driver_monitor.errors import DeviceError
sensor = HeartRateBle(settings.HeartRate(source="ble"))
import threading
sensor._thread = threading.current_thread()
try:
    sensor._open()
except DeviceError as problem:
    print(problem)
sensor._release()
"""
    nowhere = os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/none"}
    done = subprocess.run([sys.executable, "-c", code], env=nowhere, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "heart rate: Bluetooth does not answer (" in done.stdout
    assert done.stdout.count("\n") == 1
