"""How long from an alert to the CAN frame, the GPIO edge and the vibration motor.

``python -m tests.hil.latency [--alerts N] [--can CHANNEL] [--gpio SYSFS_VALUE --pin N] [--uno]``: the product's own live loop and
outputs; only the Monitor is replaced, by one that raises an alert when it is asked to and clears it at the next asking. From the
moment its step returns, to the frame's kernel time stamp on another socket, to the level of the line as the kernel shows it
(``watch_pin``), to the motor's pin in the emulated firmware. Prints median, 99th percentile and longest; exit code 1 when a 99th
percentile of frame or edge is over 20 ms.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from driver_monitor import settings
from driver_monitor.alerts.outputs import open_outputs, open_pins
from driver_monitor.perception.driving import load_dbc
from driver_monitor.runtime.live_loop import LiveLoop
from driver_monitor.sensors.heart_rate import HeartRate
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.sensors.vehicle_bus import VehicleBus
from driver_monitor.signals import Alert, ButtonPress, Report, Sample

LIMIT_MS = 20.0
_GAP_S = 0.35  # an alert, and as long without one
_PATIENCE_NS = 300_000_000


class Asked:
    """Raises a critical alert at one press and clears it at the next, and knows when."""

    def __init__(self) -> None:
        self.raised_ns: list[int] = []
        self._standing: Alert | None = None

    def step(self, sample: Sample) -> list[Report]:
        """Take one sample."""
        if not isinstance(sample, ButtonPress):
            return []
        if self._standing is None:
            number = len(self.raised_ns) + 1
            self._standing = Alert(sample.t_ns, "raised", number, "microsleep", "critical", "asked for", "tests/hil", ())
            self.raised_ns.append(time.monotonic_ns())
            return [self._standing]
        cleared = Alert(sample.t_ns, "cleared", self._standing.id, "microsleep", "critical", "asked for", "tests/hil", ())
        self._standing = None
        return [cleared]

    def finish(self) -> list[Report]:
        """The samples have ended."""
        return []


class Frames:
    """Another node on the bus: when a frame that says "raised" was on it, by the kernel's stamp."""

    def __init__(self, channel: str) -> None:
        import can

        message = load_dbc("driver_monitor.dbc").get_message_by_name("DriverAlert")
        self.at_ns: list[int] = []
        self._offset_ns = time.monotonic_ns() - time.time_ns()
        self._bus = can.Bus(channel, interface="socketcan", can_filters=[{"can_id": message.frame_id, "can_mask": 0x7FF}])

        def listen() -> None:
            while (got := self._bus.recv(2.0)) is not None:
                if message.decode_simple(bytes(got.data))["AlertAction"] == "raised":
                    self.at_ns.append(round(got.timestamp * 1e9) + self._offset_ns)

        self.thread = threading.Thread(target=listen, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.thread.join()
        self._bus.shutdown()


def later(raised_ns: list[int], seen_ns: list[int]) -> list[float]:
    """Milliseconds from each alert to the first thing seen after it; an alert without one is left out."""
    out = []
    for at_ns in raised_ns:
        first = next((s for s in seen_ns if s >= at_ns - 1_000_000), None)  # two clocks, read one after the other
        if first is not None and first - at_ns < _PATIENCE_NS:
            out.append(max(0.0, (first - at_ns) / 1e6))
    return sorted(out)


def tell(what: str, raised: list[int], seen_ns: list[int]) -> bool:
    """Print one line; whether every alert was seen, and the 99th percentile holds."""
    ms = later(raised, seen_ns)
    if not ms:
        print(f"{what}: nothing was seen of {len(raised)} alerts")
        return False
    p99 = ms[min(len(ms) - 1, len(ms) * 99 // 100)]
    figures = f"median {ms[len(ms) // 2]:.2f} ms, p99 {p99:.2f} ms, longest {ms[-1]:.2f} ms"
    print(f"alert to {what}: {len(ms)} of {len(raised)} seen, {figures}")
    return len(ms) == len(raised) and p99 <= LIMIT_MS


def main() -> int:
    """Measure; 0 when all that was asked for is within the limit."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--alerts", type=int, default=100)
    options.add_argument("--can")
    options.add_argument("--gpio", type=Path)
    options.add_argument("--pin", type=int, default=18)
    options.add_argument("--watch-pin", type=Path)
    options.add_argument("--factory", default="gpiod")
    options.add_argument("--uno", action="store_true")
    chosen = options.parse_args()
    factory, pin = (chosen.factory, chosen.pin) if chosen.gpio else ("mock", None)
    outputs = settings.Outputs.model_validate({"pin_factory": factory, "buzzer_pin": pin, "light_pin": None})
    vehicle = settings.Vehicle(interface="socketcan", channel=chosen.can or "none", send_alerts=bool(chosen.can))
    wanted = settings.Settings(outputs=outputs, vehicle=vehicle)
    queue, asked, looks = SampleQueue(), Asked(), list[tuple[str, Callable[[], list[int]]]]()
    with ExitStack() as stack:
        bus = bridge = None
        if chosen.can:
            bus = stack.enter_context(VehicleBus(vehicle, []))
            bus.start(queue, required=True)
            frames = Frames(chosen.can)
            stack.callback(frames.close)
            looks.append(("CAN frame", lambda: frames.at_ns))
        if chosen.uno:
            from tests.hil.uno import Uno

            uno = stack.enter_context(Uno())
            bridge = stack.enter_context(HeartRate(settings.HeartRate(source=uno.port)))
            bridge.start(queue, required=True)
            looks.append(("motor pin", lambda: [e.wall_ns for e in uno.edges if e.name == "motor" and e.level]))
        if chosen.gpio:
            watching = subprocess.Popen([chosen.watch_pin, chosen.gpio], stdout=subprocess.PIPE, text=True)
            rises: list[int] = []

            def read() -> None:
                assert watching.stdout is not None
                for line in watching.stdout:
                    level, at_ns = line.split()
                    if level == "1":
                        rises.append(int(at_ns))

            threading.Thread(target=read, daemon=True).start()
            stack.callback(watching.terminate)
            looks.append((f"GPIO {chosen.pin} high", lambda: rises))
        pins = open_pins(outputs.pin_factory)
        (log := logging.getLogger("hil")).disabled = True
        opened, problems = open_outputs(wanted, log, pins=pins, send=bus.send if bus else None, bridge=bridge)
        for output in opened:
            stack.callback(output.close)
        if problems:
            print(*problems, sep="\n")
            return 1
        stop = threading.Event()
        loop = threading.Thread(target=LiveLoop(asked, queue, opened, lambda report: None).run, args=(stop,))
        loop.start()
        time.sleep(2.0)
        for k in range(2 * chosen.alerts):
            queue.put(ButtonPress(time.monotonic_ns()))
            time.sleep(_GAP_S + 0.013 * (k % 7))  # at any moment of the tick
        time.sleep(0.5)
        stop.set()
        loop.join()
        held = [tell(what, asked.raised_ns, sorted(seen())) for what, seen in looks]
        return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
