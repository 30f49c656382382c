"""Alerts and states on the vehicle bus, as the DBC describes them. The loop makes the 10 Hz: when it stops, so does this."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, get_args

from driver_monitor.alerts.break_advice import BreakAdvice
from driver_monitor.alerts.e2e import COUNTERS, protect
from driver_monitor.alerts.outputs import Send, StandingAlerts
from driver_monitor.alerts.route_advice import MOODS, RouteAdvice
from driver_monitor.can_ids import LAST_11
from driver_monitor.errors import DeviceError, SettingsError
from driver_monitor.perception.driving import load_dbc
from driver_monitor.privacy import may_leave_cab
from driver_monitor.settings import Settings
from driver_monitor.signals import Alert, DriverState, Part, StateName

if TYPE_CHECKING:
    from cantools.database import Message

NOT_KNOWN = 255
_KSS_NOT_KNOWN = 25.5
_OWN_DBC = {"can": "driver_monitor.dbc", "j1939": "driver_monitor_j1939.dbc"}
_KEPT = 64  # steps that wait: more than every kind of alert could rise, repeat and clear in a second
_IDS = 0xFB00  # J1939 keeps the upper values of 16 bits for "error" and "not available"


class BusOutput:
    """The messages DriverAlert and DriverState, each with an alive counter and a CRC (:mod:`driver_monitor.alerts.e2e`).

    Parameters
    ----------
    settings
        The DBC: the configured one when it describes both messages, else the one of driver_monitor for the format set.
    send
        Sends one frame.
    """

    part: ClassVar[Part] = "bus"

    def __init__(self, settings: Settings, send: Send) -> None:
        self._settings = settings
        self._send = send
        out = settings.vehicle.out
        messages = _messages(settings)
        self._alert = _Protected(messages[0], out.alert_id, out.source_address)
        self._state = _Protected(messages[1], out.state_id, out.source_address)
        self._standing = StandingAlerts()
        self._break = BreakAdvice(settings.fatigue.kss_warn)
        self._route = RouteAdvice(settings.alerts.mood_s)
        self._left = out.alert_burst
        self._waiting: deque[Alert] = deque(maxlen=_KEPT)
        self.trouble: str | None = None

    def handle(self, alert: Alert) -> None:
        """Send one step of an alert at once; steps beyond the burst wait, in order, for the next 10 Hz message."""
        if not may_leave_cab(alert, self._settings.trip.deployment):
            return
        self._standing.step(alert)
        self._break.alert(alert)
        self._route.alert(alert)
        self._waiting.append(alert)
        self._tell_waiting()

    def states(self, states: Sequence[DriverState]) -> None:
        """Send the states, the most urgent alert once more, and the steps that wait."""
        values: dict[str, float | str] = {state.capitalize(): NOT_KNOWN for state in get_args(StateName)}
        kss = None
        for state in states:
            if state.value is not None and may_leave_cab(state, self._settings.trip.deployment):
                values[state.state.capitalize()] = round(100 * state.value)
            if state.kss is not None:
                kss = state.kss
        t_ns = max((state.t_ns for state in states), default=0)
        mood_known = any(values[mood.capitalize()] != NOT_KNOWN for mood in MOODS)
        values |= {
            "SleepinessKss": _KSS_NOT_KNOWN if kss is None else kss,
            "BreakSuggestion": self._break.suggestion(t_ns, kss),
        }
        if self._state.has("RouteSuggestion"):  # a vehicle's own copy of the DBC may be older
            values["RouteSuggestion"] = self._route.suggestion(t_ns, known=mood_known)
        self._put(self._state, values)
        self._tell(self._standing.any(), "none")
        self._left = self._settings.vehicle.out.alert_burst
        self._tell_waiting()

    def close(self) -> None:
        """Nothing to let go of: the bus belongs to whoever opened it."""

    def _tell_waiting(self) -> None:
        while self._left and self._waiting:
            self._left -= 1
            alert = self._waiting.popleft()
            self._tell(alert, alert.action)

    def _tell(self, alert: Alert | None, action: str) -> None:
        values: dict[str, float | str] = {
            "AlertKind": "none" if alert is None else alert.kind,
            "AlertLevel": "none" if alert is None else alert.level,
            "AlertAction": action,
            "AlertId": 0 if alert is None else alert.id % _IDS,
        }
        self._put(self._alert, values)

    def _put(self, message: _Protected, values: Mapping[str, float | str]) -> None:
        try:
            self._send(message.frame_id, message.encode(values), message.is_extended)
            self.trouble = None
        except DeviceError as problem:
            self.trouble = str(problem)


class _Protected:
    """One message of ours: its id on this bus, and its bytes with counter and CRC."""

    def __init__(self, message: Message, own_id: int | None, source_address: int) -> None:
        self._message = message
        self._sent = 0
        assert message.dbc is not None  # _messages has looked
        self._data_id = int(message.dbc.attributes["E2EDataId"].value)
        self._unset = {s.name: 0 for s in message.signals if s.name.endswith(("Crc", "Counter"))}
        self.frame_id = int(message.frame_id)
        self.is_extended = bool(message.is_extended_frame)
        if own_id is not None:
            self.frame_id, self.is_extended = own_id, own_id > LAST_11
        elif message.protocol == "j1939":
            self.frame_id = self.frame_id & ~0xFF | source_address

    def has(self, signal: str) -> bool:
        """Whether the message carries a signal."""
        return any(s.name == signal for s in self._message.signals)

    def encode(self, values: Mapping[str, float | str]) -> bytes:
        """The bytes to send; each call is one message sent."""
        plain = self._message.encode({**self._unset, **values}, strict=True, padding=True)
        counter, self._sent = self._sent % COUNTERS, self._sent + 1
        return protect(plain, self._data_id, counter)


def _messages(settings: Settings) -> tuple[Message, Message]:
    """DriverAlert and DriverState of the configured DBC where it has them, else of our own."""
    names = ("DriverAlert", "DriverState")
    vehicle = settings.vehicle
    database = load_dbc(vehicle.dbc)
    if vehicle.out.format != "can" or not set(names) <= {m.name for m in database.messages}:
        database = load_dbc(_OWN_DBC[vehicle.out.format])
    alert, state = (database.get_message_by_name(name) for name in names)
    for message in (alert, state):
        if message.dbc is None or "E2EDataId" not in message.dbc.attributes or message.length < 8:
            raise SettingsError(
                f"[vehicle] dbc: {message.name} of {vehicle.dbc} has no attribute E2EDataId, or is shorter than 8 bytes; "
                "copy it anew from driver_monitor.dbc"
            )
    return alert, state
