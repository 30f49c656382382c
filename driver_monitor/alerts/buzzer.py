"""The buzzer: a sound for each level, and a more urgent one for closed eyes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any, ClassVar

from driver_monitor.alerts.outputs import StandingAlerts
from driver_monitor.alerts.patterns import CabinNoise, Pattern, Step, pattern_of
from driver_monitor.errors import DeviceError
from driver_monitor.settings import Outputs
from driver_monitor.signals import Alert, AudioChunk, DriverState, Part

_LOGGER = logging.getLogger(__name__)
_CARRIER_HZ = 2000.0  # an active buzzer made softer: its own tone is chopped
_AGAIN_S = 1.0  # a pin that does not answer is tried again after this
_ECHO_S = 0.5  # sound takes so long to the microphone, through its buffers and out of the cabin


class Buzzer:
    """A buzzer on a GPIO pin: an active one (its own pitch) or a passive one (``outputs.buzzer = "tonal"``).

    Parameters
    ----------
    pin
        BCM number, or a line's name where the factory knows names.
    factory
        gpiozero's pin factory.
    outputs
        What kind of buzzer it is, and how its loudness follows the cabin's noise.
    """

    part: ClassVar[Part] = "buzzer"

    def __init__(self, pin: int | str, factory: Any, outputs: Outputs | None = None) -> None:
        import gpiozero

        chosen = outputs or Outputs()
        self._tonal = chosen.buzzer == "tonal"
        self._noise = CabinNoise(chosen.quiet_db, chosen.loud_db, chosen.least_loudness)
        self._graded = chosen.least_loudness < 1.0
        try:
            if self._tonal or self._graded:
                self._device: Any = gpiozero.PWMOutputDevice(pin, frequency=_CARRIER_HZ, pin_factory=factory)
            else:
                self._device = gpiozero.Buzzer(pin, pin_factory=factory)
        except (gpiozero.GPIOZeroError, OSError, ValueError) as problem:
            hint = "choose another [outputs] buzzer_pin"
            if isinstance(problem, gpiozero.PinPWMUnsupported):
                hint = "without PWM take buzzer = 'active' and least_loudness = 1"
            raise DeviceError(f"buzzer: GPIO {pin} cannot be used ({problem}); {hint}") from None
        self.trouble: str | None = None
        self._standing = StandingAlerts()
        self._change = threading.Condition()
        self._pattern: Pattern | None = None
        self._urgent = False
        self._turn = 0  # counts changes, so that a pattern under way knows that it is over
        self._closed = False
        self._sounding = False
        self._silent_s = 0.0  # when the last sound ended
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
            self._urgent = loudest is not None and loudest.level == "critical"
            self._turn += 1
            self._change.notify()

    def states(self, states: Sequence[DriverState]) -> None:
        """Nothing: a buzzer tells alerts only."""

    def hear(self, chunk: AudioChunk) -> None:
        """Take the cabin's sound; while the buzzer sounds it would only hear itself."""
        if not self._sounding and time.monotonic() - self._silent_s > _ECHO_S:
            self._noise.hear(chunk)

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
            self._over(turn, None if self.trouble is None else _AGAIN_S)
            with self._change:
                turn, pattern, closed, urgent = self._turn, self._pattern, self._closed, self._urgent
            try:
                self._sound(None if closed else pattern, turn, urgent)
                self.trouble = None
            except Exception as problem:  # the pin's library has errors of its own
                if self.trouble is None:
                    _LOGGER.exception("buzzer")
                self.trouble = f"buzzer: the pin does not answer ({problem})"
            if closed:
                return

    def _sound(self, pattern: Pattern | None, turn: int, urgent: bool) -> None:
        self._sounding = pattern is not None
        try:
            while pattern is not None:
                for step in pattern.steps:
                    self._on(step, urgent)
                    if self._over(turn, step.on_s):
                        break
                    if step.off_s:
                        self._device.off()
                        if self._over(turn, step.off_s):
                            break
                if not pattern.repeat or self._over(turn, 0):
                    break
            self._device.off()
        finally:
            if self._sounding:
                self._silent_s = time.monotonic()
                self._sounding = False  # behind it: hear() may look between the two

    def _on(self, step: Step, urgent: bool) -> None:
        if not self._tonal and not self._graded:
            self._device.on()
            return
        loudness = 1.0 if urgent else self._noise.loudness  # what is critical is never made softer
        if self._tonal:
            self._device.frequency = step.tone_hz
        # a passive buzzer is loudest at an even beat, an active one when it is always on
        self._device.value = 0.5 * loudness if self._tonal else loudness

    def _over(self, turn: int, after_s: float | None) -> bool:
        with self._change:
            return self._change.wait_for(lambda: self._turn != turn, after_s)
