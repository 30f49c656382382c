"""The privacy switch on a GPIO pin: while it is closed, camera and microphone are shut, and that is said."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from driver_monitor.errors import DeviceError
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.button import BOUNCE_S
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import ButtonPress, Part

_WHY = "the privacy switch is on"


class PrivacySwitch(Sensor):
    """A latching switch that pulls the pin to ground while the driver wants to be neither seen nor heard.

    Parameters
    ----------
    pin
        BCM number, or a line's name where the factory knows names.
    factory
        gpiozero's pin factory.
    watching
        The sensors to shut; they are opened again when the switch is.
    """

    part: ClassVar[Part] = "button"

    def __init__(self, pin: int | str, factory: Any, watching: Sequence[Sensor]) -> None:
        super().__init__()
        self._pin = pin
        self._factory = factory
        self._watching = watching
        self._switch: Any = None

    def _open(self) -> None:
        import gpiozero

        try:
            self._switch = gpiozero.Button(self._pin, pull_up=True, bounce_time=BOUNCE_S, pin_factory=self._factory)
        except (gpiozero.GPIOZeroError, OSError, ValueError) as problem:
            raise DeviceError(
                f"button: GPIO {self._pin} cannot be used ({problem}); choose another [outputs] privacy_pin"
            ) from None
        self._switch.when_pressed = self._turned
        self._switch.when_released = self._turned
        self._turned()

    def _turned(self) -> None:
        switch = self._switch
        if switch is None:
            return
        private = bool(switch.is_pressed)
        if private and self.queue is not None:
            self.queue.put(ButtonPress(time.monotonic_ns(), "privacy"))
        for sensor in self._watching:
            if private:
                sensor.shut(_WHY)
            else:
                sensor.unshut()

    def _read(self, queue: SampleQueue) -> None:
        self._closed.wait(1.0)  # gpiozero calls _turned from its own thread

    def _release(self) -> None:
        if self._switch is not None:
            switch, self._switch = self._switch, None
            switch.close()
