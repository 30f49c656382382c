"""In a kernel with GPIO lines: gpiozero on libgpiod, with our buzzer, light, button and privacy switch on it, read from outside.

Run by ``tests/hil/vm "python -m tests.hil.gpiod_lines"``. The lines' folder in sysfs stands in $GPIO (gpio-sim). Prints a line a
check; exit code 1 when one fails.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import gpiozero

from driver_monitor.alerts.buzzer import Buzzer
from driver_monitor.alerts.light import Light
from driver_monitor.alerts.outputs import open_pins
from driver_monitor.gpiod_pins import GpiodFactory
from driver_monitor.sensors.button import AcknowledgeButton
from driver_monitor.sensors.privacy import PrivacySwitch
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.settings import Outputs
from driver_monitor.signals import Alert, AlertAction, ButtonPress

LINES = Path(os.environ["GPIO"])


def level(line: int) -> int:
    """The line as the outside sees it."""
    return int((LINES / f"sim_gpio{line}" / "value").read_text())


def pull(line: int, up: bool) -> None:
    """What is connected to the line."""
    (LINES / f"sim_gpio{line}" / "pull").write_text("pull-up" if up else "pull-down")


def soon(true: Callable[[], bool], limit_s: float = 5.0) -> bool:
    """Whether it becomes true in time."""
    end = time.monotonic() + limit_s
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


def alert(action: AlertAction) -> Alert:
    """Somebody sleeps."""
    return Alert(0, action, 1, "sleep", "critical", "rule", "source")


def plain(factory: GpiodFactory) -> bool:
    """An output from its first moment, and let go."""
    with gpiozero.LED(17, initial_value=True, pin_factory=factory) as led:
        first = level(17)
        led.off()
        second = level(17)
        led.on()
        third = level(17)
    return (first, second, third) == (1, 0, 1) and factory.pin(17).function == "input"


def beeps(factory: GpiodFactory) -> bool:
    """Three beeps, each seen on the line."""
    seen = []
    with gpiozero.Buzzer(27, pin_factory=factory) as buzzer:
        for _ in range(3):
            buzzer.on()
            seen.append(level(27))
            buzzer.off()
            seen.append(level(27))
    return seen == [1, 0] * 3


def alarm(factory: GpiodFactory) -> bool:
    """The alarm for closed eyes sounds, and falls silent when they open."""
    buzzer, light = Buzzer(18, factory), Light(23, factory)
    for output in (buzzer, light):
        output.handle(alert("raised"))
    on = soon(lambda: level(18) == 1) and soon(lambda: level(23) == 1)
    for output in (buzzer, light):
        output.handle(alert("cleared"))
    off = soon(lambda: level(18) == 0) and soon(lambda: level(23) == 0)
    buzzer.close()
    light.close()
    return on and off


def tone(factory: GpiodFactory) -> bool:
    """A tonal buzzer's line goes up and down."""
    buzzer = Buzzer(18, factory, Outputs(buzzer="tonal"))
    buzzer.handle(alert("raised"))
    end, seen = time.monotonic() + 2.0, list[int]()
    while time.monotonic() < end:
        seen.append(level(18))
    buzzer.close()
    share = sum(seen) / len(seen)
    print(f"     seen high {share:.2f} of the time", flush=True)
    return 0.2 < share < 0.8 and level(18) == 0


def press(factory: GpiodFactory) -> bool:
    """Three presses of the acknowledge button are three, and its bounce is none."""
    queue, presses = SampleQueue(), 0
    pull(24, True)
    with AcknowledgeButton(24, factory) as button:
        button.start(queue)
        for _ in range(3):
            pull(24, False)
            time.sleep(0.3)
            pull(24, True)
            time.sleep(0.3)
        pull(24, False)
        pull(24, True)  # too short for the debounce
        time.sleep(0.3)
        while (sample := queue.get(0.2)) is not None:
            presses += isinstance(sample, ButtonPress)
    return presses == 3


def private(factory: GpiodFactory) -> bool:
    """The privacy switch, closed and opened, and seen by the sensors it shuts."""
    watched = AcknowledgeButton(25, factory)
    pull(22, True)
    with PrivacySwitch(22, factory, [watched]) as switch, watched:
        queue = SampleQueue()
        switch.start(queue)
        watched.start(queue)
        pull(22, False)
        shut = soon(lambda: watched._shut is not None)
        pull(22, True)
        return shut and soon(lambda: watched._shut is None)


def main() -> int:
    """All checks on one factory."""
    pins = open_pins("gpiod")
    factory = pins.factory
    if not isinstance(factory, GpiodFactory):
        print(f"FAIL  factory: {pins.reason}")
        return 1
    print(f"      {factory.chip}, Raspberry Pi: {factory.is_raspberry_pi}", flush=True)
    failed = 0
    for check in (plain, beeps, alarm, tone, press, private):
        good = check(factory)
        failed += not good
        print(f"{'good' if good else 'FAIL'}  {check.__name__}: {check.__doc__}", flush=True)
    factory.close()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
