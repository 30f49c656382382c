"""The heart-rate wearable, by the serial bridge; the bridge's buttons come along, and alerts go back to its motor."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import ClassVar

from driver_monitor import settings
from driver_monitor.errors import DeviceError
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import ButtonPress, HeartBeat, Part
from firmware_bridge.link import Link, LinkError, Restarted
from firmware_bridge.protocol import CONDUCTANCE_UNKNOWN, TEMPERATURE_UNKNOWN, UNTIL_CHANGED, Beat, Button, Skin, Version

_PRIVATE = "the bridge's privacy button was pressed"


class HeartRate(Sensor):
    """Beats as :class:`HeartBeat`, timed when their frame arrives.

    Parameters
    ----------
    heart_rate
        Its settings.
    watching
        The sensors that a press of the bridge's privacy button shuts, and the next one opens again.
    """

    part: ClassVar[Part] = "heart_rate"

    def __init__(self, heart_rate: settings.HeartRate, watching: Sequence[Sensor] = ()) -> None:
        super().__init__()
        self._watching = watching
        self._private = False
        self._settings = heart_rate
        self._link: Link | None = None
        self._restarted = False
        self._saying = threading.Lock()  # the loop may give an order while a bridge that came back is told what lasts
        self._lasting: dict[int, tuple[int, int, int]] = {}  # what each output is to play until it is told otherwise

    @property
    def open(self) -> bool:
        """Whether the bridge is there."""
        return self._link is not None

    def drive(self, output: int, strength: int, on_ms: int, off_ms: int, times: int) -> None:
        """Have the bridge play an output; does not wait. What lasts is said again to a bridge that comes back."""
        with self._saying:
            if times == UNTIL_CHANGED and strength:
                self._lasting[output] = strength, on_ms, off_ms
            else:
                self._lasting.pop(output, None)
            if (link := self._link) is not None:
                link.drive(output, strength, on_ms, off_ms, times)

    def turned(self, *, armed: bool) -> None:
        """The live loop has turned: the bridge gets its heartbeat. ``armed``: without it the bridge sounds its own alarm."""
        if (link := self._link) is not None:
            link.turned(armed=armed)

    def _open(self) -> None:
        try:
            link = Link(self._settings.source, self._settings.baud)
        except LinkError as problem:
            raise DeviceError(f"heart rate: {problem}") from None
        with self._saying:
            self._link = link
            for output, (strength, on_ms, off_ms) in self._lasting.items():
                link.drive(output, strength, on_ms, off_ms, UNTIL_CHANGED)

    def _read(self, queue: SampleQueue) -> None:
        if self._link is None:
            return
        try:
            messages = self._link.receive()
        except LinkError as problem:
            raise DeviceError(f"heart rate: {problem}") from None
        t_ns = time.monotonic_ns()
        for message in messages:
            match message:
                case Beat():
                    queue.put(
                        HeartBeat(
                            t_ns,
                            rr_ms=message.rr_ms or None,
                            rate_bpm=message.rate_bpm or None,
                            contact={0: False, 1: True}.get(message.contact),
                        )
                    )
                case Skin(temperature=temperature, conductance=conductance):
                    skin_us = None if conductance == CONDUCTANCE_UNKNOWN else conductance / 100
                    skin_c = None if temperature == TEMPERATURE_UNKNOWN else temperature / 100
                    queue.put(HeartBeat(t_ns, skin_us=skin_us, skin_c=skin_c))
                case Button(button=1):
                    queue.put(ButtonPress(t_ns, "privacy"))
                    self._turn_private()
                case Button():
                    queue.put(ButtonPress(t_ns))
                case Restarted():
                    self._restarted = True
                    self._say(queue, "degraded", "the bridge has restarted")
                case Version() if self._restarted:
                    self._restarted = False
                    self._say(queue, "ok", "the bridge answers again")

    def _turn_private(self) -> None:
        self._private = not self._private
        for sensor in self._watching:
            if self._private:
                sensor.shut(_PRIVATE)
            else:
                sensor.unshut(_PRIVATE)

    def _release(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()
