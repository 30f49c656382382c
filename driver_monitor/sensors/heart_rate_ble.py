"""The heart-rate wearable by Bluetooth LE: the heart-rate service that chest straps and many watches offer.

BlueZ does the radio; this process speaks to it over D-Bus, a Unix socket, so it needs no internet socket and works under the
lockdown. Nothing is paired and nothing written but the subscription.
"""

from __future__ import annotations

import asyncio
import struct
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from driver_monitor import settings
from driver_monitor.errors import DeviceError, needs_extra
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import HeartBeat, Part

if TYPE_CHECKING:
    from bleak import BleakClient
    from bleak.backends.device import BLEDevice

SERVICE = "0000180d-0000-1000-8000-00805f9b34fb"
MEASUREMENT = "00002a37-0000-1000-8000-00805f9b34fb"
_LOOK_S, _CONNECT_S = 10.0, 15.0
_SILENT_S = 10.0  # straps send once a second, also without a beat
_SLICE_S = 0.1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """One heart-rate measurement: beats per minute, RR intervals (ms) in order, and skin contact where the sensor can tell."""

    rate_bpm: int
    rr_ms: tuple[float, ...] = ()
    contact: bool | None = None


def parse(data: bytes) -> Reading:
    """Read the characteristic 0x2A37 (Bluetooth SIG, heart rate service 1.0).

    Raises
    ------
    ValueError
        It is too short for what its flags promise.
    """
    if len(data) < 2:
        raise ValueError(f"a heart-rate measurement of {len(data)} bytes; it has at least 2")
    flags, at = data[0], 1
    wide = flags & 0x01  # the rate has 16 bits
    try:
        (rate,) = struct.unpack_from("<H" if wide else "<B", data, at)
        at += 2 if wide else 1
        if flags & 0x08:  # energy spent, kJ: nothing of ours
            struct.unpack_from("<H", data, at)
            at += 2
    except struct.error:
        raise ValueError(f"a heart-rate measurement of {len(data)} bytes; its flags 0x{flags:02X} promise more") from None
    intervals: tuple[float, ...] = ()
    if flags & 0x10:  # the rest are RR intervals, in 1/1024 s, the oldest first
        if (len(data) - at) % 2:
            raise ValueError("a heart-rate measurement ends within an RR interval")
        intervals = tuple(raw * 1000.0 / 1024.0 for (raw,) in struct.iter_unpack("<H", data[at:]))
    return Reading(rate, intervals, bool(flags & 0x02) if flags & 0x04 else None)


class HeartRateBle(Sensor):
    """Beats as :class:`HeartBeat`, one for each RR interval, timed when their message arrives.

    Parameters
    ----------
    heart_rate
        ``source`` is "ble" for the first wearable found that offers the service, or "ble:" and its address.
    """

    part: ClassVar[Part] = "heart_rate"

    def __init__(self, heart_rate: settings.HeartRate) -> None:
        super().__init__()
        self._address = heart_rate.source.removeprefix("ble").removeprefix(":").upper()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: BleakClient | None = None
        self._heard = 0.0
        self.spoilt = 0
        """Messages that were none."""

    def _open(self) -> None:
        # looking takes seconds: the start of a drive does not wait for it
        if threading.current_thread() is not self._thread:
            raise DeviceError("heart rate: the Bluetooth wearable is being looked for")
        try:
            import bleak
        except ImportError:
            raise DeviceError(needs_extra("heart rate: Bluetooth", "ble")) from None
        self._loop = asyncio.new_event_loop()
        try:
            self._wait(self._connect())
        except (bleak.exc.BleakError, OSError, EOFError, TimeoutError) as problem:
            told = (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")
            raise DeviceError(f"heart rate: Bluetooth does not answer ({told}); is it on, and bluetoothd running?") from None

    async def _connect(self) -> None:
        import bleak

        def fits(device: BLEDevice, advertised: Any) -> bool:
            return device.address.upper() == self._address if self._address else SERVICE in advertised.service_uuids

        found = await bleak.BleakScanner.find_device_by_filter(fits, timeout=_LOOK_S)
        if found is None:
            who = f"wearable {self._address}" if self._address else "wearable with the heart-rate service"
            raise DeviceError(f"heart rate: no {who} is near; wear it and wake it, or look at [heart_rate] source")
        self._client = bleak.BleakClient(found, timeout=_CONNECT_S)
        await self._client.connect()
        self._heard = time.monotonic()
        await self._client.start_notify(MEASUREMENT, self._notified)

    def _notified(self, _: object, data: bytearray) -> None:
        self._heard = time.monotonic()
        try:
            reading = parse(bytes(data))
        except ValueError:
            self.spoilt += 1
            return
        if self.queue is None:
            return
        t_ns, rate = time.monotonic_ns(), float(reading.rate_bpm) or None
        for rr_ms in reading.rr_ms:
            self.queue.put(HeartBeat(t_ns, rr_ms=rr_ms, rate_bpm=rate, contact=reading.contact))
        if not reading.rr_ms:
            self.queue.put(HeartBeat(t_ns, rate_bpm=rate, contact=reading.contact))

    def _read(self, queue: SampleQueue) -> None:
        if self._client is None:
            return
        self._wait(asyncio.sleep(_SLICE_S))  # messages come meanwhile
        if not self._client.is_connected:
            raise DeviceError("heart rate: the Bluetooth wearable is gone; is it worn, near and charged?")
        if time.monotonic() - self._heard > _SILENT_S:
            raise DeviceError(f"heart rate: the Bluetooth wearable has been silent for {_SILENT_S:g} s")

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Let ``work`` be done, unless the sensor is closed meanwhile."""
        assert self._loop is not None
        task = self._loop.create_task(work)
        while not task.done():
            self._loop.run_until_complete(asyncio.wait({task}, timeout=_SLICE_S))
            if self._closed.is_set() and not task.done():
                task.cancel()
                self._loop.run_until_complete(asyncio.wait({task}, timeout=1.0))
                raise DeviceError("heart rate: closed")
        return task.result()

    def _release(self) -> None:
        client, self._client = self._client, None
        loop, self._loop = self._loop, None
        if loop is None:
            return
        if client is not None:
            task = loop.create_task(client.disconnect())
            loop.run_until_complete(asyncio.wait({task}, timeout=2.0))
            if task.done() and not task.cancelled():
                task.exception()  # taken note of: there is nothing left to close
            task.cancel()
        left = asyncio.all_tasks(loop)
        for one in left:
            one.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=1.0))
        loop.close()
