"""A BlueZ with one wearable near, on a D-Bus of its own: ``python -m tests.sensors.bluez_bench`` serves until it is killed.

It speaks as bluetoothd does (adapter, device, heart-rate service, notifications), so that bleak and D-Bus are the real ones and
only the radio is not. The wearable is found after a moment, sends its measurements, then walks out of range and comes back.
"""

# the annotations below are D-Bus signatures: dbus-fast reads them as they stand
# ruff: noqa: F722, F821, N802, ANN201
# mypy: disable-error-code="name-defined,valid-type,no-untyped-def,misc,no-untyped-call,empty-body,type-arg,no-any-return"

import asyncio
import sys

from dbus_fast import BusType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_property, method

from driver_monitor.sensors.heart_rate_ble import MEASUREMENT, SERVICE

ADAPTER = "/org/bluez/hci0"
DEVICE = f"{ADAPTER}/dev_AA_BB_CC_DD_EE_FF"
ADDRESS = "AA:BB:CC:DD:EE:FF"
MESSAGES = (bytes.fromhex("16480003"), bytes.fromhex("1648"), bytes.fromhex("1649F402E803"), b"\x16")
"""72 beats a minute and 750 ms; none of RR; 73 with two intervals; a broken one. All with skin contact."""
STAYS_S, AWAY_S = 1.0, 0.5


class Adapter(ServiceInterface):
    """The radio."""

    def __init__(self) -> None:
        super().__init__("org.bluez.Adapter1")

    @dbus_property(access=PropertyAccess.READ)
    def Address(self) -> "s":
        return "00:11:22:33:44:55"

    @dbus_property(access=PropertyAccess.READ)
    def Powered(self) -> "b":
        return True

    @dbus_property(access=PropertyAccess.READ)
    def Roles(self) -> "as":
        return ["central"]

    @dbus_property(access=PropertyAccess.READ)
    def Discovering(self) -> "b":
        return True

    @method()
    def SetDiscoveryFilter(self, properties: "a{sv}"):
        pass

    @method()
    def StartDiscovery(self):
        pass

    @method()
    def StopDiscovery(self):
        pass


class Device(ServiceInterface):
    """The wearable as BlueZ sees it."""

    def __init__(self) -> None:
        super().__init__("org.bluez.Device1")
        self.connected = self.resolved = False
        self.gone = asyncio.Event()

    @dbus_property(access=PropertyAccess.READ)
    def Address(self) -> "s":
        return ADDRESS

    @dbus_property(access=PropertyAccess.READ)
    def Alias(self) -> "s":
        return "Strap"

    @dbus_property(access=PropertyAccess.READ)
    def Name(self) -> "s":
        return "Strap"

    @dbus_property(access=PropertyAccess.READ)
    def Adapter(self) -> "o":
        return ADAPTER

    @dbus_property(access=PropertyAccess.READ)
    def UUIDs(self) -> "as":
        return [SERVICE]

    @dbus_property(access=PropertyAccess.READ)
    def RSSI(self) -> "n":
        return -60

    @dbus_property(access=PropertyAccess.READ)
    def Paired(self) -> "b":
        return False

    @dbus_property(access=PropertyAccess.READ)
    def Connected(self) -> "b":
        return self.connected

    @dbus_property(access=PropertyAccess.READ)
    def ServicesResolved(self) -> "b":
        return self.resolved

    def be(self, there: bool) -> None:
        """Connected with all its services, or gone."""
        self.connected = self.resolved = there
        self.emit_properties_changed({"Connected": there})
        self.emit_properties_changed({"ServicesResolved": there})

    @method()
    async def Connect(self):
        self.be(True)

    @method()
    async def Disconnect(self):
        self.be(False)


class Service(ServiceInterface):
    """The heart-rate service."""

    def __init__(self) -> None:
        super().__init__("org.bluez.GattService1")

    @dbus_property(access=PropertyAccess.READ)
    def UUID(self) -> "s":
        return SERVICE

    @dbus_property(access=PropertyAccess.READ)
    def Device(self) -> "o":
        return DEVICE

    @dbus_property(access=PropertyAccess.READ)
    def Primary(self) -> "b":
        return True


class Measurement(ServiceInterface):
    """Its characteristic."""

    def __init__(self, device: Device) -> None:
        super().__init__("org.bluez.GattCharacteristic1")
        self.device = device
        self.value = b""
        self.notifying = False
        self.task: asyncio.Task | None = None

    @dbus_property(access=PropertyAccess.READ)
    def UUID(self) -> "s":
        return MEASUREMENT

    @dbus_property(access=PropertyAccess.READ)
    def Service(self) -> "o":
        return f"{DEVICE}/service0001"

    @dbus_property(access=PropertyAccess.READ)
    def Flags(self) -> "as":
        return ["notify"]

    @dbus_property(access=PropertyAccess.READ)
    def MTU(self) -> "q":
        return 23

    @dbus_property(access=PropertyAccess.READ)
    def Notifying(self) -> "b":
        return self.notifying

    @dbus_property(access=PropertyAccess.READ)
    def Value(self) -> "ay":
        return self.value

    async def _beat(self) -> None:
        for _ in range(int(STAYS_S / 0.1)):
            for message in MESSAGES:
                self.value = message
                self.emit_properties_changed({"Value": message})
            await asyncio.sleep(0.1)
            if not self.device.connected:
                return
        self.device.be(False)  # out of range
        await asyncio.sleep(AWAY_S)

    @method()
    async def StartNotify(self):
        self.notifying = True
        self.task = asyncio.create_task(self._beat())

    @method()
    async def StopNotify(self):
        self.notifying = False


async def main() -> None:
    """Serve."""
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    bus.export(ADAPTER, Adapter())
    device = Device()
    bus.export(DEVICE, device)
    bus.export(f"{DEVICE}/service0001", Service())
    bus.export(f"{DEVICE}/service0001/char0001", Measurement(device))
    await bus.request_name("org.bluez")
    print("ready", flush=True)
    while True:
        await asyncio.sleep(0.2)  # an advertisement: its strength wavers
        device.emit_properties_changed({"RSSI": -60})


if __name__ == "__main__":
    assert Variant("s", "") is not None
    asyncio.run(main())
    sys.exit(0)
