"""The whole way, on real drivers and real firmware: a driver falls asleep before the camera.

``python -m tests.hil.story --camera DEVICE --clip CLIP.yuyv [--gpio FOLDER --watch-pin PROGRAM]`` in a kernel with vcan0 and that
camera. ``driver-monitor run`` watches; the firmware runs on an emulated Uno with a wearable on its pin. One line a check;
exit code 1 when one fails:

* beats leave the firmware and are what the Monitor saw, over the serial line, and, by a second node, over CAN;
* a microsleep is alarmed: the GPIO buzzer's line goes high as the kernel shows it, the alert's frame is on the bus (candump) and
  its E2E protection holds, the motor shakes;* a program that ends in order is not missed by the firmware.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from driver_monitor.alerts.e2e import Checker
from driver_monitor.perception.driving import load_dbc
from driver_monitor.recording.trip import Trip
from driver_monitor.signals import CanFrame, HeartBeat
from firmware_bridge.link import Link
from firmware_bridge.protocol import Beat
from tests.hil.clip import FPS, HEIGHT, WIDTH
from tests.hil.uno import Uno, missing

CHANNEL = "vcan0"
BUZZER_PIN = 18


class Checks:
    """What held and what did not."""

    def __init__(self) -> None:
        self.failed = 0

    def that(self, true: bool, words: str) -> None:
        """Print one check."""
        self.failed += not true
        print("holds:" if true else "FAILS:", words, flush=True)


def over_can(checks: Checks, uno: Uno) -> None:
    """A second node puts the firmware's beats on the bus; the product's own bus sensor and DBC make heart beats of them."""
    import can

    from driver_monitor import settings
    from driver_monitor.perception.driving import Driving
    from driver_monitor.sensors.queue import SampleQueue
    from driver_monitor.sensors.vehicle_bus import VehicleBus

    vehicle = settings.Vehicle(interface="socketcan", channel=CHANNEL)
    message = load_dbc("driver_monitor.dbc").get_message_by_name("WearableHeart")
    queue, driving = SampleQueue(), Driving(vehicle)
    intervals: list[float] = []
    with VehicleBus(vehicle, driving.filters) as bus, can.Bus(CHANNEL, interface="socketcan") as node, Link(uno.port) as link:
        bus.start(queue, required=True)
        end = time.monotonic() + 20
        while len(intervals) < 4 and time.monotonic() < end:
            for beat in link.receive():
                if isinstance(beat, Beat) and beat.rr_ms:
                    data = message.encode({"HeartRate": beat.rate_bpm, "RrInterval": beat.rr_ms})
                    node.send(can.Message(arbitration_id=message.frame_id, data=data, is_extended_id=False))
            while (sample := queue.get(0)) is not None:
                if isinstance(sample, CanFrame):
                    intervals += [b.rr_ms for b in driving.step(sample) if isinstance(b, HeartBeat) and b.rr_ms]
    steady = len(intervals) >= 4 and all(abs(i - 800) <= 2 for i in intervals)
    checks.that(steady, f"beats over CAN are 800 ms apart: {intervals}")


def settings_file(folder: Path, camera: str, port: str, *, gpio: bool) -> Path:
    """Write the settings of the run."""
    path = folder / "hil.toml"
    pins = f'pin_factory = "{"gpiod" if gpio else "mock"}"\nbuzzer_pin = {BUZZER_PIN}\nlight_pin = 23\nbutton_pin = 24\n'
    path.write_text(
        f'[camera]\nsource = "{camera}"\nwidth = {WIDTH}\nheight = {HEIGHT}\nfps = {FPS}\n'
        '[face]\nbackend = "litert"\n[hands]\nenabled = false\n[microphone]\ndevice = "none"\n'
        f'[heart_rate]\nsource = "{port}"\n'
        f'[vehicle]\ninterface = "socketcan"\nchannel = "{CHANNEL}"\nsend_alerts = true\n[outputs]\n{pins}'
    )
    return path


def rises(output: str) -> int:
    return sum(line.startswith("1 ") for line in output.splitlines())


def watched(checks: Checks, uno: Uno, chosen: argparse.Namespace) -> None:
    """Run the program on the camera until the alarm has come, and look at every wire."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        config = settings_file(folder, chosen.camera, uno.port, gpio=chosen.gpio is not None)
        trip, reports, line, sign = (folder / name for name in ("trip.mcap", "reports.jsonl", "line", "watching"))
        begin_ns = time.monotonic_ns()
        with ExitStack() as stack:
            dump = stack.enter_context((folder / "candump").open("w"))
            started = [subprocess.Popen(["candump", "-L", CHANNEL], stdout=dump)]
            if chosen.gpio:
                value = chosen.gpio / f"sim_gpio{BUZZER_PIN}" / "value"
                started.append(subprocess.Popen([chosen.watch_pin, value], stdout=stack.enter_context(line.open("w"))))
            if chosen.clip:
                feed = [sys.executable, "-m", "tests.hil.camera_feed", chosen.clip]
                started.append(subprocess.Popen([*feed, *map(str, (WIDTH, HEIGHT, FPS, chosen.camera, sign))]))
                time.sleep(2)
            program = subprocess.Popen(
                [sys.executable, "-m", "driver_monitor", "run", "--config", config, "--reports", reports, "--record", trip]
            )
            started.append(program)
            end = time.monotonic() + chosen.patience
            while time.monotonic() < end and program.poll() is None:
                time.sleep(0.5)
                told = reports.read_text() if reports.exists() else ""
                if '"state":"fatigue"' in told:  # the loop turns
                    sign.touch()
                if '"kind":"microsleep"' in told:
                    break
            time.sleep(1.5)
            program.terminate()
            code = program.wait(60)
            ended_ns = time.monotonic_ns()
            for one in started:
                one.terminate()
                one.wait()
        checks.that(code == 0, f"the program ended in order ({code})")
        lines = [json.loads(text) for text in reports.read_text().splitlines()]
        raised = {r["kind"]: r["t_s"] for r in lines if r["type"] == "alert" and r["event"] in {"raised", "escalated"}}
        checks.that("microsleep" in raised, f"a microsleep is alarmed: {raised}")
        with Trip(trip) as recorded:
            beats = [s for s in recorded.samples(pictures=False) if isinstance(s, HeartBeat) and s.rr_ms]
        steady = len(beats) > 5 and all(abs(b.rr_ms - 800) <= 2 for b in beats if b.rr_ms)
        checks.that(steady, f"{len(beats)} beats, 800 ms apart, were the Monitor's")
        if chosen.gpio:
            count = rises(line.read_text())
            checks.that(count > 3, f"GPIO {BUZZER_PIN} of {chosen.gpio} went high {count} times")
        frames(checks, (folder / "candump").read_text())
        shaken = [e for e in uno.after(begin_ns, "motor") if e.level]
        levels = sorted({e.level for e in shaken})
        checks.that(len(shaken) >= 3, f"the motor was switched on {len(shaken)} times, at {levels} per cent")
        time.sleep(6)
        checks.that(not uno.after(ended_ns, "buzzer"), "the firmware does not miss a program that ended in order")


def frames(checks: Checks, dump: str) -> None:
    """Judge what candump saw as a receiver would."""
    database = load_dbc("driver_monitor.dbc")
    alert = database.get_message_by_name("DriverAlert")
    assert alert.dbc is not None
    checker = Checker(int(alert.dbc.attributes["E2EDataId"].value))
    verdicts: set[str] = set()
    kinds: set[str] = set()
    for words in (line.split() for line in dump.splitlines()):
        number, _, data = words[2].partition("#")
        if int(number, 16) == alert.frame_id:
            verdicts.add(checker.check(bytes.fromhex(data)))
            kinds.add(str(alert.decode_simple(bytes.fromhex(data))["AlertKind"]))
    checks.that("microsleep" in kinds, f"candump saw alerts of {sorted(kinds)}")
    checks.that(verdicts <= {"first", "ok"}, f"and a receiver believes every one: {sorted(verdicts)}")


def main() -> int:
    """Tell the story; 0 when all of it holds."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--camera", required=True, help="a V4L2 loopback device, or a video file")
    options.add_argument("--clip", type=Path, help="play this into the device")
    options.add_argument("--gpio", type=Path, help="gpio-sim's folder of the chip in sysfs")
    options.add_argument("--watch-pin", type=Path)
    options.add_argument("--patience", type=float, default=120.0, help="seconds for the alarm to come")
    chosen = options.parse_args()
    if (why := missing()) is not None:
        print(f"not run: {why}")
        return 77
    checks = Checks()
    with Uno() as uno:
        over_can(checks, uno)
        watched(checks, uno, chosen)
    return int(checks.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
