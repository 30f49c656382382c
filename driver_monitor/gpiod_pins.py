"""A gpiozero pin factory over libgpiod: for a Jetson and other boards, and for Pythons that lgpio has no wheel for.

gpiozero's own factories know only the Raspberry Pi. This one speaks to the kernel's GPIO character device through the package
``gpiod`` (2.x), so it runs wherever ``/dev/gpiochip*`` is. It is registered with gpiozero as ``gpiod``:
``GPIOZERO_PIN_FACTORY=gpiod``, or ``Device.pin_factory = GpiodFactory()``.

A pin is named by the number of its line on the factory's chip (on a Raspberry Pi that is the BCM number), by the line's own name
(``PQ.05`` on a Jetson Orin, ``GPIO18`` on a Pi; ``gpioinfo`` lists them), or by ``CHIP:LINE`` (``gpiochip1:12``). PWM is made
by a thread, up to 2 kHz and with the unsteadiness of one: good enough to be heard, not for a servo.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import MethodType, ModuleType
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakMethod, ref

from gpiozero.exc import (
    GPIOPinInUse,
    PinFixedPull,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPin,
    PinInvalidPull,
    PinInvalidState,
    PinPWMFixedValue,
    PinSetInput,
    PinUnsupported,
)
from gpiozero.pins import Factory, Pin

_CONSUMER = "driver_monitor"
_RASPBERRY_PI = ("pinctrl-bcm", "pinctrl-rp1")  # up to Pi 4, Pi 5
_MAIN_CHIPS = (*_RASPBERRY_PI, "tegra234-gpio", "tegra194-gpio")
"""Labels of the chips that carry a board's header: Raspberry Pi, Jetson Orin and Xavier."""
_WAIT_S = 0.2  # how soon the thread that waits for edges sees that it is to end
_PWM_MOST_HZ = 2000.0

Changed: TypeAlias = Callable[[float, int], None]


class LineInfo(NamedTuple):
    """What gpiozero wants to know of a pin: its name, here with chip and offset."""

    name: str
    chip: str
    offset: int


class GpiodFactory(Factory):  # type: ignore[misc]  # gpiozero ships no types
    """Pins over libgpiod.

    Parameters
    ----------
    chip
        ``/dev/gpiochipN``, ``gpiochipN`` or a chip's label; ``None`` takes the one that carries a known board's header, else the
        first.
    library
        The module ``gpiod``, or one that behaves like it.
    """

    def __init__(self, chip: str | None = None, library: ModuleType | Any = None) -> None:
        super().__init__()
        if library is None:
            import gpiod as library
        self.library: Any = library
        self._chips = self._find_chips()
        if not self._chips:
            raise PinUnsupported("there is no /dev/gpiochip* here, or it may not be opened")
        self.chip = self._choose(chip)
        self.pins: dict[tuple[str, int], GpiodPin] = {}

    @property
    def is_raspberry_pi(self) -> bool:
        """Whether plain numbers are a Raspberry Pi's BCM numbers."""
        return self._chips[self.chip][0].startswith(_RASPBERRY_PI)

    def close(self) -> None:
        """Let go of all lines; a second call does nothing."""
        for pin in self.pins.values():
            pin.close()
        self.pins.clear()

    def pin(self, name: int | str) -> GpiodPin:
        """The pin of that name or number; the same object each time."""
        info = self._find(name)
        key = (info.chip, info.offset)
        if key not in self.pins:
            self.pins[key] = GpiodPin(self, info)
        return self.pins[key]

    def reserve_pins(self, requester: Any, *names: int | str) -> None:
        """Note that a device uses pins; raises where another does already."""
        with self._res_lock:
            for name in names:
                key = self._find(name).name
                for holder in self._reservations[key]:
                    held = holder()
                    if held is not None and requester._conflicts_with(held):
                        raise GPIOPinInUse(f"pin {key} is already in use by {held!r}")
                self._reservations[key].append(ref(requester))

    def release_pins(self, reserver: Any, *names: int | str) -> None:
        """A device no longer uses pins."""
        with self._res_lock:
            for name in names:
                key = self._find(name).name
                self._reservations[key] = [r for r in self._reservations[key] if r() not in (reserver, None)]

    @staticmethod
    def ticks() -> float:
        """Seconds, monotonic."""
        return time.monotonic()

    @staticmethod
    def ticks_diff(later: float, earlier: float) -> float:
        """Seconds between two ticks."""
        return later - earlier

    def _get_board_info(self) -> None:
        raise PinUnsupported("gpiod pins know lines, not boards")

    def _find_chips(self) -> dict[str, tuple[str, int]]:
        """Label and number of lines of each chip, by path."""
        found = {}
        for path in sorted(Path("/dev").glob("gpiochip*"), key=lambda p: (len(p.name), p.name)):
            try:
                with self.library.Chip(str(path)) as chip:
                    info = chip.get_info()
                    found[str(path)] = (str(info.label), int(info.num_lines))
            except OSError:  # not ours to open
                continue
        return found

    def _choose(self, wanted: str | None) -> str:
        if wanted is None:
            # the Jetson's second, small chip is labelled alike, and ends in -aon
            main = (p for p, (label, _) in self._chips.items() if label.startswith(_MAIN_CHIPS) and not label.endswith("-aon"))
            return next(main, next(iter(self._chips)))
        for path, (label, _) in self._chips.items():
            if wanted in (path, Path(path).name, label):
                return path
        known = ", ".join(f"{path} ({label})" for path, (label, _) in self._chips.items())
        raise PinInvalidPin(f"there is no GPIO chip '{wanted}'; there are {known}")

    def _find(self, name: int | str) -> LineInfo:
        text = str(name).strip()
        chip, _, line = text.rpartition(":")
        if chip:
            return self._at(self._choose(chip), line, text)
        if text.isdecimal():
            return self._at(self.chip, text, text)
        for path in (self.chip, *self._chips):  # the header's own chip first
            try:
                with self.library.Chip(path) as opened:
                    return self._info(path, int(opened.line_offset_from_id(text)))
            except (OSError, ValueError):
                continue
        raise PinInvalidPin(f"no GPIO chip has a line named '{text}'; gpioinfo lists them")

    def _at(self, chip: str, line: str, given: str) -> LineInfo:
        if not line.isdecimal() or int(line) >= self._chips[chip][1]:
            raise PinInvalidPin(f"'{given}' is no line of {chip}, which has {self._chips[chip][1]}")
        return self._info(chip, int(line))

    @staticmethod
    def _info(chip: str, offset: int) -> LineInfo:
        return LineInfo(f"{Path(chip).name}:{offset}", chip, offset)


class GpiodPin(Pin):  # type: ignore[misc]
    """One line. It is requested from the kernel when it is first made an input or an output."""

    def __init__(self, factory: GpiodFactory, info: LineInfo) -> None:
        super().__init__()
        self._factory, self._info = factory, info
        self._line = factory.library.line
        self._request: Any = None
        self._function = "input"
        self._pull = "floating"
        self._bounce: float | None = None
        self._edges = "both"
        self._changed: Any = None  # a weak reference
        self._watch: _Watch | None = None
        self._pwm: _Pwm | None = None

    def __repr__(self) -> str:
        return self._info.name

    @property
    def factory(self) -> GpiodFactory:
        """The factory that made this pin."""
        return self._factory

    def close(self) -> None:
        """Make the line an input and let go of it; a second call does nothing."""
        self.when_changed = None
        self._end_pwm()
        if self._request is not None:
            if self._function == "output":
                self._function, self._pull = "input", "floating"
                self._settle()
            self._request.release()
            self._request = None
        self._function, self._pull, self._bounce = "input", "floating", None

    def output_with_state(self, state: bool) -> None:
        """Make it an output that has this level from its first moment."""
        self._end_pwm()
        self._function, self._pull = "output", "floating"
        self._settle(state)

    def input_with_pull(self, pull: str) -> None:
        """Make it an input with this pull."""
        self._end_pwm()
        self._function = "input"
        self._set_pull(pull)

    def _get_info(self) -> LineInfo:
        return self._info

    def _get_function(self) -> str:
        return self._function

    def _set_function(self, value: str) -> None:
        if value not in ("input", "output"):
            raise PinInvalidFunction(f"pin {self!r} can be input or output, not {value!r}")
        if value == self._function and self._request is not None:
            return
        self._end_pwm()
        self._function, self._pull = value, "floating"
        self._settle()

    def _get_state(self) -> int | float:
        if self._pwm is not None:
            return self._pwm.duty
        self._ensure()
        return int(self._request.get_value(self._info.offset) is self._line.Value.ACTIVE)

    def _set_state(self, value: float) -> None:
        if self._function != "output":
            raise PinSetInput(f"cannot set state of pin {self!r}")
        if not 0.0 <= value <= 1.0:
            raise PinInvalidState(f"invalid state {value!r} for pin {self!r}")
        if self._pwm is not None:
            self._pwm.duty = float(value)
        else:
            self.drive(bool(value))

    def drive(self, high: bool) -> None:
        """Set the line's level."""
        self._ensure()
        self._request.set_value(self._info.offset, self._line.Value.ACTIVE if high else self._line.Value.INACTIVE)

    def _get_pull(self) -> str:
        return self._pull

    def _set_pull(self, value: str) -> None:
        if value not in ("floating", "up", "down"):
            raise PinInvalidPull(f"pin {self!r} can be floating, up or down, not {value!r}")
        if self._function != "input":
            raise PinFixedPull(f"cannot set pull on non-input pin {self!r}")
        self._pull = value
        self._settle()

    def _get_frequency(self) -> float | None:
        return None if self._pwm is None else self._pwm.hz

    def _set_frequency(self, value: float | None) -> None:
        if value is None:
            self._end_pwm()
        elif self._function != "output":
            raise PinSetInput(f"cannot start PWM on pin {self!r}, which is an input")
        elif not 0.0 < value <= _PWM_MOST_HZ:
            raise PinPWMFixedValue(f"pin {self!r} makes PWM up to {_PWM_MOST_HZ:g} Hz, not {value!r}")
        elif self._pwm is not None:
            self._pwm.hz = float(value)
        else:
            self._ensure()
            self._pwm = _Pwm(self, float(value))

    def _get_bounce(self) -> float | None:
        return self._bounce

    def _set_bounce(self, value: float | None) -> None:
        self._bounce = None if value is None else float(value)
        self._resettle()

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        if value not in ("none", "rising", "falling", "both"):
            raise PinInvalidEdges(f"pin {self!r} knows the edges none, rising, falling and both, not {value!r}")
        self._edges = value
        self._resettle()

    def _get_when_changed(self) -> Changed | None:
        return None if self._changed is None else self._changed()

    def _set_when_changed(self, value: Changed | None) -> None:
        # gpiozero's devices hand in their own methods: a strong reference would keep them for ever
        self._changed = None if value is None else WeakMethod(value) if isinstance(value, MethodType) else ref(value)
        self._resettle()

    # -------------------------------------------------------------------------------------------------- the kernel's side

    def _ensure(self) -> None:
        if self._request is None:
            self._settle()

    def _resettle(self) -> None:
        if self._request is not None or self._changed is not None:
            self._settle()

    def _settle(self, high: bool = False) -> None:
        """Bring the line to what the pin is set to, and start or end the wait for edges."""
        if self._watch is not None:  # the request may not change under a thread that reads it
            self._watch.stop()
            self._watch = None
        line, offset = self._line, self._info.offset
        watched = self._function == "input" and self._changed is not None and self._edges != "none"
        if self._function == "output":
            value = line.Value.ACTIVE if high else line.Value.INACTIVE
            wanted = self._factory.library.LineSettings(direction=line.Direction.OUTPUT, output_value=value)
        else:
            pulls = {"floating": line.Bias.DISABLED, "up": line.Bias.PULL_UP, "down": line.Bias.PULL_DOWN}
            edges = {"rising": line.Edge.RISING, "falling": line.Edge.FALLING, "both": line.Edge.BOTH}
            wanted = self._factory.library.LineSettings(
                direction=line.Direction.INPUT,
                bias=pulls[self._pull],
                edge_detection=edges[self._edges] if watched else line.Edge.NONE,
                debounce_period=timedelta(seconds=self._bounce or 0.0),
            )
        if self._request is None:
            self._request = self._factory.library.request_lines(self._info.chip, consumer=_CONSUMER, config={offset: wanted})
        else:
            self._request.reconfigure_lines({offset: wanted})
        if watched:
            self._watch = _Watch(self, self._request)

    def _edge(self, ticks: float, rising: bool) -> None:
        changed = self._get_when_changed()
        if changed is not None:
            changed(ticks, int(rising))

    def _end_pwm(self) -> None:
        if self._pwm is not None:
            self._pwm.stop()
            self._pwm = None


class _Watch:
    """A thread that waits for edges of one line; the kernel has taken the bounce out and says when each was."""

    def __init__(self, pin: GpiodPin, request: Any) -> None:
        self._pin, self._request = pin, request
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"gpiod {pin!r}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not threading.current_thread():  # a handler may close its own device
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._request.wait_edge_events(timedelta(seconds=_WAIT_S)):
                continue
            for event in self._request.read_edge_events():
                if self._stop.is_set():
                    return
                self._pin._edge(event.timestamp_ns * 1e-9, event.event_type is event.Type.RISING_EDGE)


class _Pwm:
    """A thread that switches a line on and off: ``hz`` times a second, on for ``duty`` of the time."""

    def __init__(self, pin: GpiodPin, hz: float) -> None:
        self.hz, self.duty = hz, 0.0
        self._pin = pin
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pwm {pin!r}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._pin.drive(False)

    def _run(self) -> None:
        due = time.perf_counter()
        while not self._stop.is_set():
            on_s, period_s = self.duty / self.hz, 1.0 / self.hz
            if self.duty in (0.0, 1.0):
                self._pin.drive(self.duty == 1.0)
                period_s = 0.01  # nothing to switch
            else:
                self._pin.drive(True)
                time.sleep(on_s)
                self._pin.drive(False)
            due = max(due + period_s, time.perf_counter() - period_s)  # a late thread does not race to catch up
            time.sleep(max(0.0, due - time.perf_counter()))
