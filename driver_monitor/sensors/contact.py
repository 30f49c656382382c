"""A button or a switch on a GPIO pin."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import Any, ClassVar

from driver_monitor.errors import DeviceError
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import Part

_BOUNCE_S = 0.05  # a contact that opens again sooner has bounced


class Contact(Sensor):
    """A contact that pulls its pin to ground.

    Parameters
    ----------
    pin
        BCM number, or a line's name where the factory knows names.
    factory
        gpiozero's pin factory.
    """

    part: ClassVar[Part] = "button"
    setting: ClassVar[str]  # that names the pin

    def __init__(self, pin: int | str, factory: Any) -> None:  # gpiozero ships no types
        super().__init__()
        self._pin = pin
        self._factory = factory
        self._contact: Any = None

    def _open(self) -> None:
        import gpiozero

        try:
            self._contact = gpiozero.Button(self._pin, pull_up=True, bounce_time=_BOUNCE_S, pin_factory=self._factory)
        except (gpiozero.GPIOZeroError, OSError, ValueError) as problem:
            raise DeviceError(
                f"button: GPIO {self._pin} cannot be used ({problem}); choose another [outputs] {self.setting}"
            ) from None
        # each edge says itself what it is: a tap may be over when its call comes
        self._contact.when_pressed = partial(self._changed, True)
        self._contact.when_released = partial(self._changed, False)

    @abstractmethod
    def _changed(self, closed: bool) -> None:
        """It was closed, or opened; gpiozero calls from its own thread."""

    def _read(self, queue: SampleQueue) -> None:
        self._closed.wait(1.0)

    def _release(self) -> None:
        if self._contact is not None:
            contact, self._contact = self._contact, None
            contact.close()
