"""The driver's acknowledge button on a GPIO pin."""

from __future__ import annotations

import time

from driver_monitor.sensors.contact import Contact
from driver_monitor.signals import ButtonPress


class AcknowledgeButton(Contact):
    """A press as :class:`ButtonPress`."""

    setting = "button_pin"

    def _changed(self, closed: bool) -> None:
        if closed and self.queue is not None:
            self.queue.put(ButtonPress(time.monotonic_ns()))
