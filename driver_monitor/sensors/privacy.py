"""The privacy switch on a GPIO pin: while it is closed, camera and microphone are shut, and that is said."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.contact import Contact
from driver_monitor.signals import ButtonPress

_WHY = "the privacy switch is on"


class PrivacySwitch(Contact):
    """A latching switch, closed while the driver wants to be neither seen nor heard.

    Parameters
    ----------
    pin, factory
        As of every contact.
    watching
        The sensors to shut; they are opened again when the switch is.
    """

    setting = "privacy_pin"

    def __init__(self, pin: int | str, factory: Any, watching: Sequence[Sensor]) -> None:
        super().__init__(pin, factory)
        self._watching = watching
        self._obeying = threading.Lock()

    def _open(self) -> None:
        super()._open()
        with self._obeying:  # an edge that comes behind the look is obeyed behind it
            self._obey(bool(self._contact.is_pressed))  # it may be closed already

    def _changed(self, closed: bool) -> None:
        with self._obeying:
            self._obey(closed)

    def _obey(self, closed: bool) -> None:
        if closed and self.queue is not None:
            self.queue.put(ButtonPress(time.monotonic_ns(), "privacy"))
        for sensor in self._watching:
            if closed:
                sensor.shut(_WHY)
            else:
                sensor.unshut(_WHY)
