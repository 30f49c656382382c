"""Which sensors a drive has: each that the settings name is opened, each that is missing is said."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Protocol

from driver_monitor.alerts.outputs import Pins
from driver_monitor.errors import DeviceError
from driver_monitor.perception.driving import Driving
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.button import AcknowledgeButton
from driver_monitor.sensors.camera import Camera
from driver_monitor.sensors.heart_rate import HeartRate
from driver_monitor.sensors.heart_rate_ble import HeartRateBle
from driver_monitor.sensors.microphone import Microphone
from driver_monitor.sensors.privacy import PrivacySwitch
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.sensors.vehicle_bus import VehicleBus
from driver_monitor.settings import Settings
from driver_monitor.signals import (
    Part,
    SensorStatus,
)


class Cabin(Protocol):
    """Sensors that something else plays in their place: one input for several parts, with a clock to start."""

    parts: frozenset[Part]
    seconds: float

    def start(self, queue: SampleQueue, *, required: bool = False) -> bool:
        """Open it."""

    def begin(self) -> None:
        """Start its clock."""

    def close(self) -> None:
        """Let go of it."""


def open_sensors(
    settings: Settings,
    queue: SampleQueue,
    stack: ExitStack,
    pins: Pins,
    cabin: Cabin | None = None,
    *,
    keep_jpeg: bool = False,
    whole_bus: bool = False,
) -> tuple[VehicleBus | None, HeartRate | None]:
    """Open every sensor the settings name, the camera first; what is missing is put on the queue as a status.

    The parts that a ``cabin`` plays are left to it; the bus is opened all the same, to send on. ``keep_jpeg``: see
    :class:`Camera`. With ``whole_bus`` all frames are taken, not only those that the Monitor reads.

    Returns
    -------
    tuple
        The bus, for those who send on it, and the bridge, for those who drive its outputs.

    Raises
    ------
    DeviceError
        There is no camera, or no telling how a privacy switch that is set stands: then nobody is to be seen.
    """
    filters = Driving(settings.vehicle).filters  # a wrong DBC is told before any device is touched
    played: frozenset[Part] = frozenset()
    microphone = None if settings.microphone.device == "none" else Microphone(settings.microphone)
    watching: list[Sensor] = []
    if cabin is None:
        camera = stack.enter_context(Camera(settings.camera, keep_jpeg=keep_jpeg))
        watching = [sensor for sensor in (camera, microphone) if sensor is not None]
        if settings.outputs.privacy_pin is not None:
            if pins.factory is None or pins.reason is not None:
                raise DeviceError(
                    f"the privacy switch cannot be read, so the camera stays shut: {pins.reason}; "
                    "mend that, or set [outputs] privacy_pin = 'none'"
                )
            switch = PrivacySwitch(settings.outputs.privacy_pin, pins.factory, watching)
            stack.enter_context(switch).start(queue, required=True)  # before what it shuts
        camera.start(queue, required=True)
    else:
        stack.callback(cabin.close)
        cabin.start(queue, required=True)
        played = cabin.parts
    bus = bridge = None
    sensors: list[Sensor] = []
    absent: list[tuple[Part, str]] = []
    if "microphone" in played:
        pass
    elif microphone is None:
        absent.append(("microphone", "the settings name none"))
    else:
        sensors.append(microphone)
    if settings.vehicle.interface == "none":
        if "vehicle_bus" not in played:
            absent.append(("vehicle_bus", "the settings name none"))
    else:
        sensors.append(bus := VehicleBus(settings.vehicle, () if whole_bus else filters))
    if "heart_rate" in played:
        pass
    elif settings.heart_rate.source == "none":
        absent.append(("heart_rate", "the settings name none"))
    elif settings.heart_rate.source == "can":
        if bus is None:
            absent.append(("heart_rate", "it should come by the vehicle bus, and the settings name none"))
    elif settings.heart_rate.source.startswith("ble"):
        sensors.append(HeartRateBle(settings.heart_rate))
    else:
        sensors.append(bridge := HeartRate(settings.heart_rate, watching))
    if settings.outputs.button_pin is not None:
        if pins.reason is None:
            sensors.append(AcknowledgeButton(settings.outputs.button_pin, pins.factory))
        else:  # a simulated one nobody can press
            absent.append(("button", "simulated" if pins.factory else "no pin factory"))
    if settings.outputs.privacy_pin is not None and pins.reason is not None:
        why = "its pin is simulated" if pins.factory else "there is no pin factory"
        absent.append(("button", f"the privacy switch does nothing: {why}"))
    for sensor in sensors:
        stack.enter_context(sensor).start(queue)
    for part, reason in absent:
        queue.put(SensorStatus(time.monotonic_ns(), part, "missing", reason))
    return bus, bridge
