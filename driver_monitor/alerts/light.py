"""The alert light: steady for advice and for what is acknowledged but lasts, faster with each level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from driver_monitor.alerts.outputs import StandingAlerts
from driver_monitor.errors import DeviceError
from driver_monitor.signals import Alert, DriverState, Level, Part

BLINK_S: dict[Level, float] = {"caution": 0.5, "warning": 0.25, "critical": 0.1}
"""Half a blink; under 3 Hz up to warning, as flashing should be, 5 Hz only when it is critical."""


class Light:
    """A light-emitting diode on a GPIO pin.

    Parameters
    ----------
    pin
        BCM number, or a line's name where the factory knows names.
    factory
        gpiozero's pin factory.
    """

    part: ClassVar[Part] = "light"

    def __init__(self, pin: int | str, factory: Any) -> None:
        import gpiozero

        self._errors: tuple[type[Exception], ...] = (gpiozero.GPIOZeroError, OSError)
        try:
            self._device: Any = gpiozero.LED(pin, pin_factory=factory)
        except (gpiozero.GPIOZeroError, OSError, ValueError) as problem:
            raise DeviceError(f"light: GPIO {pin} cannot be used ({problem}); choose another [outputs] light_pin") from None
        self.trouble: str | None = None
        self._standing = StandingAlerts()
        self._shown: float | None = None  # half a blink, 0 steady, None dark

    def handle(self, alert: Alert) -> None:
        """Show the most urgent alert."""
        self._standing.step(alert)
        unanswered = self._standing.unanswered()
        half_s = None
        if unanswered is not None:
            half_s = BLINK_S.get(unanswered.level, 0.0)
        elif self._standing.any() is not None:
            half_s = 0.0
        if half_s == self._shown:
            return
        try:
            if half_s is None:
                self._device.off()
            elif half_s == 0:
                self._device.on()
            else:
                self._device.blink(half_s, half_s)
        except self._errors as problem:
            self.trouble = f"light: the pin does not answer ({problem})"
        else:
            self.trouble, self._shown = None, half_s

    def states(self, states: Sequence[DriverState]) -> None:
        """Nothing: the light tells alerts only."""

    def close(self) -> None:
        """Go dark and let go of the pin; a second call does nothing."""
        self._device.close()
