"""Where alerts go: what every output offers, which alert is the most urgent one, and how outputs are opened."""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from driver_monitor.alerts.patterns import CLOSED_EYES
from driver_monitor.errors import DeviceError
from driver_monitor.settings import Settings
from driver_monitor.signals import LEVELS, Alert, AudioChunk, DriverState, Part, SensorStatus

if TYPE_CHECKING:
    from driver_monitor.alerts.haptic import Bridge

Send: TypeAlias = Callable[[int, bytes, bool], None]
"""Sends one frame on the vehicle bus: its id, its bytes, whether the id has 29 bits; raises ``DeviceError``."""


class AlertOutput(Protocol):
    """Something that makes alerts seen, heard or felt. No call waits."""

    @property
    def part(self) -> Part | None:
        """What its health is told as; ``None`` when it cannot fail."""

    @property
    def trouble(self) -> str | None:
        """Why it does not work just now, in one sentence."""

    def handle(self, alert: Alert) -> None:
        """Take one step of an alert."""

    def states(self, states: Sequence[DriverState]) -> None:
        """Take the driver's states, ten times a second."""

    def close(self) -> None:
        """Fall silent and let go of the device; a second call does nothing."""


@runtime_checkable
class Hears(Protocol):
    """An output that follows the cabin's noise."""

    def hear(self, chunk: AudioChunk) -> None:
        """Take the cabin's sound."""


class StandingAlerts:
    """The alerts that stand, and the most urgent of them."""

    def __init__(self) -> None:
        self._standing: dict[int, Alert] = {}

    def step(self, alert: Alert) -> None:
        """Take one step of an alert."""
        if alert.action == "cleared":
            self._standing.pop(alert.id, None)
        else:
            self._standing[alert.id] = alert

    def unanswered(self) -> Alert | None:
        """Give the most urgent alert that the driver has not acknowledged."""
        return max((a for a in self._standing.values() if a.action != "acknowledged"), key=urgency, default=None)

    def any(self) -> Alert | None:
        """Give the most urgent alert whose cause lasts, acknowledged or not."""
        return max(self._standing.values(), key=urgency, default=None)


def urgency(alert: Alert) -> tuple[int, bool, int]:
    """Rank alerts: by level, then closed eyes first, then the newest."""
    return LEVELS.index(alert.level), alert.kind in CLOSED_EYES, alert.id


@dataclass(frozen=True, slots=True)
class Pins:
    """gpiozero's pin factory (``None``: none works), in one sentence why its pins are simulated or missing, and its name."""

    factory: Any
    reason: str | None = None
    name: str = "mock"


def open_pins(name: str, chip: str = "") -> Pins:
    """Open gpiozero's pin factory; ``auto`` takes the board's own, and simulated pins where there is none.

    ``chip`` is the GPIO chip that plain numbers count on, for the factory ``gpiod``; empty for the board's header.
    """
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    simulation = MockFactory(pin_class=MockPWMPin)
    if name == "mock":
        return Pins(simulation)
    # lgpio writes its files where LG_WD says when it is imported, else in the working directory
    os.environ.setdefault("LG_WD", os.environ.get("RUNTIME_DIRECTORY", tempfile.gettempdir()))
    simulated = "so the pins of buzzer, light and button are simulated"
    if name == "auto" and not any(Path("/dev").glob("gpio*")):
        return Pins(simulation, f"this machine has no GPIO, {simulated}")
    reasons = []
    # lgpio before gpiod: its PWM is steadier
    for candidate in [name] if name != "auto" else ["lgpio", "gpiod", "rpigpio", "native"]:
        try:
            if candidate == "gpiod":
                from driver_monitor.gpiod_pins import GpiodFactory

                gpiod = GpiodFactory(chip or None)
                if name == "auto" and not chip and not gpiod.is_raspberry_pi:
                    raise DeviceError("pin numbers are known of the Raspberry Pi only; set [outputs] pin_factory = 'gpiod'")
                return Pins(gpiod, name=candidate)
            factory = getattr(import_module(f"gpiozero.pins.{candidate}"), _FACTORIES[candidate])()
            return Pins(factory, name=candidate)
        except Exception as problem:  # each library has errors of its own
            reasons.append(f"{candidate}: {problem}")
    told = "; ".join(reasons)
    if name == "auto":
        return Pins(simulation, f"no pin factory works here ({told}), {simulated}")
    return Pins(None, f"the pin factory does not work here ({told}); choose another [outputs] pin_factory, or 'mock'")


_FACTORIES = {"lgpio": "LGPIOFactory", "rpigpio": "RPiGPIOFactory", "native": "NativeFactory"}


def open_outputs(
    settings: Settings,
    log: logging.Logger,
    *,
    pins: Pins | None = None,
    send: Send | None = None,
    bridge: Bridge | None = None,
    watched: bool = True,
    zero_ns: int | None = None,
) -> tuple[list[AlertOutput], list[SensorStatus]]:
    """Open every output the settings name; what does not open is told and left out.

    Parameters
    ----------
    pins
        Opened here when none are given.
    send
        Sends on the vehicle bus; without it there is no bus output.
    bridge
        The serial bridge, with its motor; without it there is none.
    watched
        Somebody watches the driver; else the bridge is not to miss us.
    zero_ns
        The time that the log counts from; now when none is given.

    Returns
    -------
    tuple
        The open outputs, and a status for each that is missing or simulated.
    """
    from driver_monitor.alerts.bus import BusOutput
    from driver_monitor.alerts.buzzer import Buzzer
    from driver_monitor.alerts.haptic import Haptic
    from driver_monitor.alerts.light import Light
    from driver_monitor.alerts.log import LogOutput
    from driver_monitor.alerts.speech import Speech

    outputs: list[AlertOutput] = [LogOutput(log, settings, zero_ns)]
    problems: list[SensorStatus] = []

    def tell(part: Part, reason: str) -> None:
        problems.append(SensorStatus(time.monotonic_ns(), part, "missing", reason))

    chosen = settings.outputs
    wanted: list[tuple[Part, int | str | None, Callable[[int | str, Any], AlertOutput]]] = [
        ("buzzer", chosen.buzzer_pin, lambda pin, factory: Buzzer(pin, factory, chosen)),
        ("light", chosen.light_pin, Light),
    ]
    if pins is None and (chosen.buzzer_pin is not None or chosen.light_pin is not None):
        pins = open_pins(chosen.pin_factory, chosen.gpio_chip)
    if pins is not None and pins.reason:
        log.warning("%s", pins.reason)
    for part, pin, output in wanted:
        if pin is None or pins is None:
            continue
        if pins.reason:
            tell(part, "simulated" if pins.factory else "no pin factory")
        if pins.factory:
            try:
                outputs.append(output(pin, pins.factory))
            except DeviceError as problem:
                tell(part, str(problem))
    if chosen.speak_with:
        try:
            outputs.append(Speech(chosen))
        except DeviceError as problem:
            tell("speech", str(problem))
    if bridge is not None:
        outputs.append(Haptic(bridge, chosen, watched=watched))
    if settings.vehicle.send_alerts:
        if send is None:
            tell("bus", "no vehicle bus to send alerts on; set [vehicle] interface")
        else:
            outputs.append(BusOutput(settings, send))
    return outputs, problems
