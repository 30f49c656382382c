"""The vehicle bus by python-can: frames in, and, only where the settings allow it, frames out on the same open bus.

What may go out: our own messages (``send_alerts``), and requests to read by OBD-II (``obd.poll``). Both are off by default.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from driver_monitor import settings
from driver_monitor.can_ids import FrameFilter, is_diagnostic
from driver_monitor.errors import DeviceError
from driver_monitor.perception.obd import ObdReplies
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.obd_poll import ENGINE_SPEED, SPEED, THROTTLE, ObdPoll
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import CanFrame, Part

if TYPE_CHECKING:
    import can
    from can.typechecking import CanFilter

_WAIT_S = 0.2
_NETWORK = Path("/sys/class/net")
_UP = 0x1  # IFF_UP, <linux/if.h>
_BUS_OFF = 0x40  # CAN_ERR_BUSOFF, <linux/can/error.h>
_SLOW_HZ = 1.0  # what no alert depends on


class VehicleBus(Sensor):
    """Frames as :class:`CanFrame`.

    Parameters
    ----------
    vehicle
        The interface and channel.
    filters
        The frames to let through; all others are left out early. None named: all come through.
    """

    part: ClassVar[Part] = "vehicle_bus"

    def __init__(self, vehicle: settings.Vehicle, filters: Sequence[FrameFilter]) -> None:
        super().__init__()
        self._settings = vehicle
        self._filters: list[CanFilter] = [{"can_id": f.can_id, "can_mask": f.mask, "extended": f.extended} for f in filters]
        self._bus: can.BusABC | None = None
        self._poll = _poll(vehicle) if vehicle.obd.poll else None

    def _open(self) -> None:
        import can

        chosen = self._settings
        if chosen.interface == "socketcan" and (fault := _network_fault(chosen.channel)):
            raise DeviceError(f"vehicle bus: {fault}")  # a socket could be opened, and would fail at its first frame
        try:
            self._bus = can.Bus(
                chosen.channel, interface=chosen.interface, bitrate=chosen.bitrate, can_filters=self._filters or None
            )
        except (can.CanError, OSError, ValueError, ImportError, NotImplementedError) as problem:
            first = (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")
            raise DeviceError(
                f"vehicle bus: {chosen.interface} '{chosen.channel}' cannot be opened ({first}); look at [vehicle]"
            ) from None

    def _read(self, queue: SampleQueue) -> None:
        import can

        if self._bus is None:
            return
        try:
            message = self._bus.recv(self._ask())
        except (can.CanError, OSError, ValueError) as problem:  # the interface went down, or its adapter was pulled
            raise DeviceError(
                f"vehicle bus: {self._settings.channel} is gone ({problem}); look at its plug and ip link"
            ) from None
        if message is None or message.is_remote_frame:
            return
        if message.is_error_frame:
            if self._settings.interface == "socketcan" and message.arbitration_id & _BUS_OFF:
                raise DeviceError(
                    f"vehicle bus: {self._settings.channel} is bus-off; check bit rate and termination, and set its restart-ms"
                )
            return
        frame = CanFrame(time.monotonic_ns(), message.arbitration_id, bytes(message.data), message.is_extended_id)
        if self._poll is not None and ObdReplies.is_reply(frame):
            self._poll.heard(frame)
        queue.put(frame)

    def _ask(self) -> float:
        """Send the request that is due, where polling is on; how long to wait for a frame."""
        if self._poll is None:
            return _WAIT_S
        now_ns = time.monotonic_ns()
        if (request := self._poll.due(now_ns)) is not None:
            self._put(self._poll.request_id, request, self._poll.extended)
        return min(_WAIT_S, self._poll.wait_s(now_ns))

    def send(self, arbitration_id: int, data: bytes, extended: bool = False) -> None:
        """Send one frame; ``extended``: its id has 29 bits.

        Raises
        ------
        DeviceError
            The settings only listen, the id belongs to diagnostics, the bus is not open now, or it takes no frame.
        """
        if not self._settings.send_alerts:
            raise DeviceError("vehicle bus: it is only listened to; [vehicle] send_alerts is off")
        if is_diagnostic(arbitration_id, extended=extended):
            raise DeviceError(f"vehicle bus: 0x{arbitration_id:X} belongs to diagnostics, so nothing is sent there")
        self._put(arbitration_id, data, extended)

    def _put(self, arbitration_id: int, data: bytes, extended: bool) -> None:
        import can

        bus = self._bus
        if bus is None:
            raise DeviceError(f"vehicle bus: {self._settings.channel} is not open, so nothing is sent")
        try:
            bus.send(can.Message(arbitration_id=arbitration_id, data=data, is_extended_id=extended), timeout=0.01)
        except (can.CanError, OSError, ValueError) as problem:
            raise DeviceError(
                f"vehicle bus: {self._settings.channel} takes no frame ({problem}); look at its plug and ip link"
            ) from None

    def _release(self) -> None:
        if self._bus is not None:
            bus, self._bus = self._bus, None
            bus.shutdown()


def _poll(vehicle: settings.Vehicle) -> ObdPoll:
    """Ask for what is mapped: speed as often as set, the rest now and then."""
    rates = {SPEED: vehicle.obd.speed_hz}
    for pid, signal in ((ENGINE_SPEED, vehicle.signals.engine_speed), (THROTTLE, vehicle.signals.throttle)):
        if signal:
            rates[pid] = min(_SLOW_HZ, vehicle.obd.speed_hz)
    return ObdPoll(rates, vehicle.obd.ids)


def _network_fault(channel: str) -> str | None:
    """Why a SocketCAN interface cannot carry a frame now."""
    place = _NETWORK / channel
    try:
        up = int((place / "flags").read_text(), 16) & _UP
    except (OSError, ValueError):
        return f"there is no network interface {channel}; look at its plug, or at [vehicle] channel"
    if not up:
        return f"{channel} is down; run 'ip link set {channel} up'"
    try:
        carrier = (place / "carrier").read_text().strip()
    except OSError:
        return None
    return f"{channel} is bus-off; check bit rate and termination, and set its restart-ms" if carrier == "0" else None
