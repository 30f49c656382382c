"""Alerts and states on the vehicle bus, as the DBC describes them. The loop makes the 10 Hz: when it stops, so does this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, get_args

from driver_monitor.alerts.outputs import Send, StandingAlerts
from driver_monitor.errors import DeviceError
from driver_monitor.perception.driving import load_dbc
from driver_monitor.privacy import may_leave_cab
from driver_monitor.settings import Settings
from driver_monitor.signals import Alert, DriverState, Part, StateName

if TYPE_CHECKING:
    from cantools.database import Message

NOT_KNOWN = 255
_KSS_NOT_KNOWN = 25.5
_OWN_DBC = "driver_monitor.dbc"


class BusOutput:
    """The messages DriverAlert and DriverState.

    Parameters
    ----------
    settings
        The DBC: the configured one when it describes both messages, else the one of driver_monitor.
    send
        Sends one frame.
    """

    part: ClassVar[Part] = "bus"

    def __init__(self, settings: Settings, send: Send) -> None:
        database = load_dbc(settings.vehicle.dbc)
        if not {"DriverAlert", "DriverState"} <= {m.name for m in database.messages}:
            database = load_dbc(_OWN_DBC)
        self._alert: Message = database.get_message_by_name("DriverAlert")
        self._state: Message = database.get_message_by_name("DriverState")
        self._settings = settings
        self._send = send
        self._standing = StandingAlerts()
        self._alerts_sent = self._states_sent = 0
        self.trouble: str | None = None

    def handle(self, alert: Alert) -> None:
        """Send one step of an alert at once."""
        if not may_leave_cab(alert, self._settings.trip.deployment):
            return
        self._standing.step(alert)
        self._tell(alert, alert.action)

    def states(self, states: Sequence[DriverState]) -> None:
        """Send the states, and the most urgent alert once more."""
        values: dict[str, float | str] = {state.capitalize(): NOT_KNOWN for state in get_args(StateName)}
        kss = _KSS_NOT_KNOWN
        for state in states:
            if state.value is not None and may_leave_cab(state, self._settings.trip.deployment):
                values[state.state.capitalize()] = round(100 * state.value)
            if state.kss is not None:
                kss = state.kss
        values |= {"SleepinessKss": kss, "StateCounter": self._states_sent % 16}
        self._states_sent += 1
        self._put(self._state, values)
        self._tell(self._standing.any(), "none")

    def close(self) -> None:
        """Nothing to let go of: the bus belongs to whoever opened it."""

    def _tell(self, alert: Alert | None, action: str) -> None:
        values: dict[str, float | str] = {
            "AlertKind": "none" if alert is None else alert.kind,
            "AlertLevel": "none" if alert is None else alert.level,
            "AlertAction": action,
            "AlertId": 0 if alert is None else alert.id % 2**16,
            "AlertCounter": self._alerts_sent % 16,
        }
        self._alerts_sent += 1
        self._put(self._alert, values)

    def _put(self, message: Message, values: Mapping[str, float | str]) -> None:
        try:
            self._send(message.frame_id, message.encode(dict(values), strict=True))
            self.trouble = None
        except DeviceError as problem:
            self.trouble = str(problem)
