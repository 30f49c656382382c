"""The heart-rate wearable, by the serial bridge; the bridge's button comes along."""

from __future__ import annotations

import time
from typing import ClassVar

from driver_monitor import settings
from driver_monitor.errors import DeviceError
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import ButtonPress, HeartBeat, Part
from firmware_bridge.link import Link, LinkError
from firmware_bridge.protocol import Beat, Button


class HeartRate(Sensor):
    """Beats as :class:`HeartBeat`, timed when their frame arrives."""

    part: ClassVar[Part] = "heart_rate"

    def __init__(self, heart_rate: settings.HeartRate) -> None:
        super().__init__()
        self._settings = heart_rate
        self._link: Link | None = None

    def _open(self) -> None:
        try:
            self._link = Link(self._settings.source, self._settings.baud)
        except LinkError as problem:
            raise DeviceError(f"heart rate: {problem}") from None

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
                case Button():
                    queue.put(ButtonPress(t_ns, "privacy" if message.button == 1 else "acknowledge"))

    def _release(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
