"""Inside a kernel with vcan: the interface is taken down and up many times, and the vehicle bus comes back each time.

Run by ``tests/hil/uml "python -m tests.hil.vcan_drops ROUNDS"``. Prints one line of figures; exit code 1 when something did
not come back or was leaked.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

from driver_monitor.alerts.bus import BusOutput
from driver_monitor.alerts.e2e import Checker
from driver_monitor.errors import DeviceError
from driver_monitor.perception.driving import Driving, load_dbc
from driver_monitor.sensors import base
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.sensors.vehicle_bus import VehicleBus
from driver_monitor.settings import Settings, Vehicle
from driver_monitor.signals import CanFrame, DriverState, SensorStatus

CHANNEL = "vcan0"
_LIMIT_S = 15.0


def link(state: str) -> None:
    """Set the interface up or down."""
    subprocess.run(["ip", "link", "set", CHANNEL, state], check=True)


def traffic(stop: threading.Event) -> None:
    """Another node, which has the same trouble: the drive at 20 Hz."""
    import can

    message = load_dbc("driver_monitor.dbc").get_message_by_name("DriveState")
    values = {"VehicleSpeed": 50.0, "SteeringAngle": 0, "TurnIndicator": 0, "ReverseGear": 0, "LaneOffset": 0}
    frame = can.Message(arbitration_id=message.frame_id, data=message.encode(values), is_extended_id=False)
    while not stop.is_set():
        try:
            with can.Bus(CHANNEL, interface="socketcan") as bus:
                while not stop.wait(0.05):
                    bus.send(frame)
        except (can.CanError, OSError):
            stop.wait(0.02)


def wait(queue: SampleQueue, wanted: str) -> float:
    """Seconds until the part says ``wanted``, or a frame comes (wanted "frame"); raises where it never does."""
    begun = time.monotonic()
    while time.monotonic() - begun < _LIMIT_S:
        sample = queue.get(0.05)
        if wanted == "frame" and isinstance(sample, CanFrame):
            return time.monotonic() - begun
        if isinstance(sample, SensorStatus) and sample.state == wanted:
            return time.monotonic() - begun
    raise TimeoutError(f"no '{wanted}' within {_LIMIT_S:g} s")


def handles() -> int:
    """Open file descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def resident_kib() -> int:
    """Memory of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def sent_and_believed(bus: VehicleBus) -> bool:
    """Our own message goes out on the interface as it is now, and a receiver believes it."""
    import can

    with can.Bus(CHANNEL, interface="socketcan", can_filters=[{"can_id": 0x6A3, "can_mask": 0x7FF}]) as there:
        BusOutput(Settings(), bus.send).states([DriverState(0, "fatigue", 0.5, 1.0)])
        got = there.recv(1.0)
    return got is not None and Checker(0x6A3).check(bytes(got.data)) == "first"


def main(rounds: int) -> int:
    """Take the interface down and up."""
    base.LAST_BACKOFF_S = base.FIRST_BACKOFF_S  # this is about coming back, not about how patient to be
    vehicle = Vehicle(interface="socketcan", channel=CHANNEL, send_alerts=True)
    queue, stop = SampleQueue(), threading.Event()
    told, back, sent = list[float](), list[float](), 0
    other = threading.Thread(target=traffic, args=(stop,), daemon=True)
    other.start()
    with VehicleBus(vehicle, Driving(vehicle).filters) as bus:
        bus.start(queue)
        wait(queue, "frame")
        before, threads, memory = 0, 0, 0
        for k in range(rounds + 5):
            link("down")
            told.append(wait(queue, "lost"))
            try:
                bus.send(0x6A3, bytes(8))
            except DeviceError:
                sent += 0
            else:
                print(f"round {k}: a frame was taken by an interface that is down")
                return 1
            link("up")
            begun = time.monotonic()
            wait(queue, "ok")
            wait(queue, "frame")
            back.append(time.monotonic() - begun)
            sent += sent_and_believed(bus)
            if k == 4:  # after some rounds all that is loaded once has been loaded
                before, threads, memory = handles(), threading.active_count(), resident_kib()
        after, threads_after, memory_after = handles(), threading.active_count(), resident_kib()
        stop.set()
        other.join()
    told, back = sorted(told[5:]), sorted(back[5:])
    sent -= 5
    print(
        f"{rounds} drops: back {len(back)} times; told after {told[len(told) // 2]:.2f} s (most {told[-1]:.2f}), "
        f"frames again after {back[len(back) // 2]:.2f} s (most {back[-1]:.2f}); own messages sent and believed {sent}; "
        f"handles {before} before, {after} after; threads {threads}, {threads_after}; memory {memory}, {memory_after} KiB"
    )
    whole = len(back) == rounds and sent == rounds
    return int(not (whole and after <= before and threads_after <= threads and memory_after < memory + 2048))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
