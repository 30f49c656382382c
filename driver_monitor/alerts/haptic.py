"""The bridge's vibration motor (and its buzzer and lamp, where wanted), and the heartbeat by which it misses a dead loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple, Protocol

from driver_monitor.alerts.outputs import StandingAlerts
from driver_monitor.alerts.patterns import CLOSED_EYES
from driver_monitor.settings import Outputs
from driver_monitor.signals import Alert, DriverState, Level, Part
from firmware_bridge.protocol import UNTIL_CHANGED, Output


class Bridge(Protocol):
    """What the bridge does for us; nothing waits."""

    @property
    def open(self) -> bool:
        """Whether it is there."""

    def drive(self, output: int, strength: int, on_ms: int, off_ms: int, times: int) -> None:
        """Have an output played; strength 0 is off. What lasts is said again to a bridge that comes back."""

    def turned(self, *, armed: bool) -> None:
        """The loop has turned."""


class Rhythm(NamedTuple):
    """Milliseconds on and off, so many times."""

    on_ms: int
    off_ms: int
    times: int


OFF = Rhythm(0, 0, 1)
# As the buzzer: a level is told by rhythm, and at the same level closed eyes shake more. Advice is still.
RHYTHMS: dict[Level, Rhythm] = {
    "caution": Rhythm(200, 150, 2),
    "warning": Rhythm(300, 300, UNTIL_CHANGED),
    "critical": Rhythm(500, 100, UNTIL_CHANGED),
}
CLOSED_EYE_RHYTHMS: dict[Level, Rhythm] = {
    "caution": Rhythm(200, 100, 4),
    "warning": Rhythm(200, 80, UNTIL_CHANGED),
    "critical": Rhythm(1000, 0, UNTIL_CHANGED),
}


def rhythm_of(alert: Alert) -> Rhythm | None:
    """Give what an alert feels like; ``None`` is stillness."""
    return (CLOSED_EYE_RHYTHMS if alert.kind in CLOSED_EYES else RHYTHMS).get(alert.level)


class Haptic:
    """The outputs of the bridge.

    Parameters
    ----------
    bridge
        The open or absent bridge.
    outputs
        Which of its outputs are used, how strong, and whether it is to miss us.
    watched
        Somebody watches the driver: only then is the bridge armed.
    """

    part: ClassVar[Part] = "motor"

    def __init__(self, bridge: Bridge, outputs: Outputs, *, watched: bool = True) -> None:
        self._bridge = bridge
        self._armed = watched and outputs.bridge_alarm
        self._strengths = {Output.MOTOR: round(outputs.motor_strength)} if outputs.bridge_outputs != "none" else {}
        if outputs.bridge_outputs == "all":
            self._strengths |= {Output.BUZZER: 100, Output.LAMP: 100}
        self._standing = StandingAlerts()
        self._playing: Rhythm | None = None
        self._closed = False

    @property
    def trouble(self) -> str | None:
        """The bridge is not there, and something of it is wanted."""
        return "motor: the bridge is not there" if self._strengths and not self._bridge.open else None

    def handle(self, alert: Alert) -> None:
        """Shake for the most urgent alert that is not answered; once only for what is new, has risen or is repeated."""
        self._standing.step(alert)
        loudest = self._standing.unanswered()
        rhythm = None if loudest is None else rhythm_of(loudest)
        lasts = rhythm is not None and rhythm.times == UNTIL_CHANGED
        if rhythm == self._playing and (lasts or loudest is not alert):
            return
        if not lasts and loudest is not alert:
            rhythm = None  # an older one has had its turn
        if rhythm is not None or self._playing is not None:
            self._play(rhythm or OFF)
        self._playing = rhythm

    def states(self, states: Sequence[DriverState]) -> None:
        """The loop has turned: the bridge need not miss us."""
        self._bridge.turned(armed=self._armed)

    def close(self) -> None:
        """Be still; a second call does nothing. Whoever opened the bridge closes it."""
        if not self._closed:
            self._closed = True
            self._play(OFF)

    def _play(self, rhythm: Rhythm) -> None:
        for output, strength in self._strengths.items():
            self._bridge.drive(output, strength if rhythm is not OFF else 0, rhythm.on_ms, rhythm.off_ms, rhythm.times)
