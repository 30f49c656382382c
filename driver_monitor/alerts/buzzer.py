"""The buzzer: a sound for each level, and a more urgent one for closed eyes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from driver_monitor.alerts.outputs import CLOSED_EYES, StandingAlerts
from driver_monitor.errors import DeviceError
from driver_monitor.signals import Alert, DriverState, Level, Part

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Seconds on and off in turn; played once, or over and over."""

    steps: tuple[tuple[float, float], ...]
    repeat: bool


# A level is told by rhythm: a chime, then pulses, then nearly unbroken sound (STANDARDS, Alerts). Advice is silent.
PATTERNS: dict[Level, Pattern] = {
    "caution": Pattern(((0.15, 0.10), (0.15, 0.0)), repeat=False),
    "warning": Pattern(((0.20, 0.40),), repeat=True),
    "critical": Pattern(((0.50, 0.10),), repeat=True),
}
# More sound a second than any other cause at the same level; at the top it does not stop
CLOSED_EYE_PATTERNS: dict[Level, Pattern] = {
    "caution": Pattern(((0.10, 0.05), (0.10, 0.05), (0.10, 0.05), (0.30, 0.0)), repeat=False),
    "warning": Pattern(((0.15, 0.05), (0.15, 0.05), (0.15, 0.20)), repeat=True),
    "critical": Pattern(((1.0, 0.0),), repeat=True),
}


def pattern_of(alert: Alert) -> Pattern | None:
    """Give the sound of an alert; ``None`` is silence."""
    return (CLOSED_EYE_PATTERNS if alert.kind in CLOSED_EYES else PATTERNS).get(alert.level)


class Buzzer:
    """An active buzzer on a GPIO pin.

    Parameters
    ----------
    pin
        BCM number.
    factory
        gpiozero's pin factory.
    """

    part: ClassVar[Part] = "buzzer"

    def __init__(self, pin: int, factory: Any) -> None:
        import gpiozero

        try:
            self._device: Any = gpiozero.Buzzer(pin, pin_factory=factory)
        except (gpiozero.GPIOZeroError, OSError, ValueError) as problem:
            raise DeviceError(f"buzzer: GPIO {pin} cannot be used ({problem}); choose another [outputs] buzzer_pin") from None
        self.trouble: str | None = None
        self._standing = StandingAlerts()
        self._change = threading.Condition()
        self._pattern: Pattern | None = None
        self._turn = 0  # counts changes, so that a pattern under way knows that it is over
        self._closed = False
        self._thread = threading.Thread(target=self._play, name="buzzer", daemon=True)
        self._thread.start()

    def handle(self, alert: Alert) -> None:
        """Sound the most urgent alert that is not answered; a chime only when it is new, has risen or is repeated."""
        self._standing.step(alert)
        loudest = self._standing.unanswered()
        pattern = None if loudest is None else pattern_of(loudest)
        with self._change:
            if pattern is not None and (pattern.repeat or loudest is not alert) and pattern == self._pattern:
                return  # it sounds already, or has sounded
            if pattern is not None and not pattern.repeat and loudest is not alert:
                pattern = None  # an older chime has had its turn
            self._pattern = pattern
            self._turn += 1
            self._change.notify()

    def states(self, states: Sequence[DriverState]) -> None:
        """Nothing: a buzzer tells alerts only."""

    def close(self) -> None:
        """Fall silent and let go of the pin; a second call does nothing."""
        with self._change:
            if self._closed:
                return
            self._closed = True
            self._turn += 1
            self._change.notify()
        self._thread.join()
        self._device.close()

    def _play(self) -> None:
        turn = 0
        while True:
            self._over(turn, None)
            with self._change:
                turn, pattern, closed = self._turn, self._pattern, self._closed
            try:
                self._sound(None if closed else pattern, turn)
                self.trouble = None
            except Exception as problem:  # the pin's library has errors of its own; the next alert tries again
                self.trouble = f"buzzer: the pin does not answer ({problem})"
                _LOGGER.exception("buzzer")
            if closed:
                return

    def _sound(self, pattern: Pattern | None, turn: int) -> None:
        while pattern is not None:
            for on_s, off_s in pattern.steps:
                self._device.on()
                if self._over(turn, on_s):
                    break
                if off_s:
                    self._device.off()
                    if self._over(turn, off_s):
                        break
            if not pattern.repeat or self._over(turn, 0):
                break
        self._device.off()

    def _over(self, turn: int, after_s: float | None) -> bool:
        with self._change:
            return self._change.wait_for(lambda: self._turn != turn, after_s)
