"""The driver's acknowledge button on a GPIO pin."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from driver_monitor.errors import DeviceError
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import ButtonPress, Part

BOUNCE_S = 0.05
"""A contact that opens again sooner has bounced."""


class AcknowledgeButton(Sensor):
    """A press as :class:`ButtonPress`; the button pulls the pin to ground.

    Parameters
    ----------
    pin
        BCM number, or a line's name where the factory knows names.
    factory
        gpiozero's pin factory.
    """

    part: ClassVar[Part] = "button"

    def __init__(self, pin: int | str, factory: Any) -> None:  # gpiozero ships no types
        super().__init__()
        self._pin = pin
        self._factory = factory
        self._button: Any = None

    def _open(self) -> None:
        import gpiozero

        try:
            self._button = gpiozero.Button(self._pin, pull_up=True, bounce_time=BOUNCE_S, pin_factory=self._factory)
        except (gpiozero.GPIOZeroError, OSError, ValueError) as problem:
            raise DeviceError(
                f"button: GPIO {self._pin} cannot be used ({problem}); choose another [outputs] button_pin"
            ) from None
        self._button.when_pressed = self._pressed

    def _pressed(self) -> None:
        if self.queue is not None:
            self.queue.put(ButtonPress(time.monotonic_ns()))

    def _read(self, queue: SampleQueue) -> None:
        self._closed.wait(1.0)  # gpiozero calls _pressed from its own thread

    def _release(self) -> None:
        if self._button is not None:
            button, self._button = self._button, None
            button.close()
