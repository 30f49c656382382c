"""A kind line, spoken by a program of the operator's choice, when advice on stress or anger is given. No network, no waiting."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from typing import ClassVar

from driver_monitor.alerts.outputs import StandingAlerts
from driver_monitor.errors import DeviceError
from driver_monitor.perception.own_sounds import SPOKEN_S
from driver_monitor.settings import Outputs
from driver_monitor.signals import Alert, DriverState, Part


class Speech:
    """Speaks ``outputs.stress_line`` and ``outputs.anger_line``; whatever is more urgent than advice stops it.

    Raises
    ------
    DeviceError
        When the program is not there.
    """

    part: ClassVar[Part] = "speech"

    def __init__(self, outputs: Outputs) -> None:
        try:
            program, *before = shlex.split(outputs.speak_with)
        except ValueError as problem:
            raise DeviceError(f"speech: [outputs] speak_with cannot be read ({problem})") from None
        found = shutil.which(program)
        if found is None:
            raise DeviceError(f"speech: there is no program '{program}'; install it or set [outputs] speak_with = ''")
        self._command = [found, *before]
        self._lines = {"stress": outputs.stress_line, "anger": outputs.anger_line}
        self._standing = StandingAlerts()
        self._speaking: subprocess.Popen[bytes] | None = None
        self._until_s = 0.0
        self.trouble: str | None = None

    def handle(self, alert: Alert) -> None:
        """Speak where advice on a mood is given and nothing more urgent stands."""
        self._standing.step(alert)
        urgent = self._standing.unanswered()
        if urgent is not None and urgent.level != "advice":
            self._stop()
            return
        line = self._lines.get(alert.kind)
        if not line or alert.action not in ("raised", "repeated"):
            return
        self._stop()
        nothing = subprocess.DEVNULL
        try:
            self._speaking = subprocess.Popen([*self._command, line], stdin=nothing, stdout=nothing, stderr=nothing)
        except OSError as problem:
            self.trouble = f"speech: {self._command[0]} does not start ({problem.strerror or problem})"
        self._until_s = time.monotonic() + SPOKEN_S  # longer would not be known as our own sound

    def states(self, states: Sequence[DriverState]) -> None:
        """See whether the line is over."""
        if self._speaking is None:
            return
        code = self._speaking.poll()
        if code is not None:
            self._speaking = None
            self.trouble = None if code == 0 else f"speech: {self._command[0]} ended with {code}"
        elif time.monotonic() >= self._until_s:
            self._stop()

    def close(self) -> None:
        """Fall silent; a second call does nothing."""
        self._stop()

    def _stop(self) -> None:
        speaking, self._speaking = self._speaking, None
        if speaking is None:
            return
        speaking.kill()  # not asked to end: the loop does not wait
        speaking.wait()
