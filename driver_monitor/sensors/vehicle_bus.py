"""The vehicle bus by python-can: frames in, and, only when a caller uses ``send``, frames out on the same open bus."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from driver_monitor import settings
from driver_monitor.can_ids import is_diagnostic
from driver_monitor.errors import DeviceError
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import CanFrame, Part

if TYPE_CHECKING:
    import can
    from can.typechecking import CanFilter

_WAIT_S = 0.2


class VehicleBus(Sensor):
    """Frames as :class:`CanFrame`.

    Parameters
    ----------
    vehicle
        The interface and channel.
    frame_ids
        The arbitration ids to let through, each with whether it is an extended one; all others are left out early. None
        named: all come through.
    """

    part: ClassVar[Part] = "vehicle_bus"

    def __init__(self, vehicle: settings.Vehicle, frame_ids: Sequence[tuple[int, bool]]) -> None:
        super().__init__()
        self._settings = vehicle
        self._filters: list[CanFilter] = [
            {"can_id": i, "can_mask": 0x1FFF_FFFF if extended else 0x7FF, "extended": extended} for i, extended in frame_ids
        ]
        self._bus: can.BusABC | None = None

    def _open(self) -> None:
        import can

        chosen = self._settings
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
            message = self._bus.recv(_WAIT_S)
        except (can.CanError, OSError, ValueError) as problem:  # the interface went down, or its adapter was pulled
            raise DeviceError(
                f"vehicle bus: {self._settings.channel} is gone ({problem}); look at its plug and ip link"
            ) from None
        if message is not None and not message.is_error_frame and not message.is_remote_frame:
            frame = CanFrame(time.monotonic_ns(), message.arbitration_id, bytes(message.data), message.is_extended_id)
            queue.put(frame)

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
