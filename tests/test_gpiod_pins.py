"""gpiozero's own devices on the pin factory over libgpiod, with a chip that behaves as the kernel's."""

from __future__ import annotations

import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import gpiozero
import pytest

from driver_monitor.alerts.outputs import open_pins
from driver_monitor.gpiod_pins import GpiodFactory
from driver_monitor.runtime.doctor import examine
from driver_monitor.settings_file import load_settings
from tests.gpiod_bench import Bias, Board, Direction


def soon(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 60.0
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    made = Board(
        gpiochip0=("tegra234-gpio-aon", {}),
        gpiochip1=("tegra234-gpio", {7: "PH.07", 23: "PY.04"}),
        gpiochip2=("expander", {3: "FAN"}),
    )
    monkeypatch.setattr(Path, "glob", lambda self, _: iter(Path(path) for path in made.chips))
    return made


@pytest.fixture
def factory(board: Board) -> Iterator[GpiodFactory]:
    with GpiodFactory("tegra234-gpio", board.library) as made:
        yield made


def test_a_pin_is_named_by_number_name_or_chip(factory: GpiodFactory) -> None:
    assert factory.pin(7) is factory.pin("PH.07") is factory.pin("gpiochip1:7") is factory.pin("tegra234-gpio:7")
    assert factory.pin("FAN").info == ("gpiochip2:3", "/dev/gpiochip2", 3)
    for wrong in ("PX.99", 32, "gpiochip1:x", "gpiochip9:1"):
        with pytest.raises(gpiozero.PinInvalidPin):
            factory.pin(wrong)


def test_an_output_is_driven_from_its_first_moment_and_let_go_as_an_input(factory: GpiodFactory, board: Board) -> None:
    line = board.chips["/dev/gpiochip1"][7]
    with gpiozero.LED("PH.07", initial_value=True, pin_factory=factory) as led:
        assert line.levels == [True]
        led.off()
        led.on()
        assert line.levels == [True, False, True]
        assert led.value == 1
        request = line.request
    assert request is not None
    assert request.settings.direction is Direction.INPUT
    assert line.request is None


def test_a_buzzer_beeps(factory: GpiodFactory, board: Board) -> None:
    line = board.chips["/dev/gpiochip1"][23]
    with gpiozero.Buzzer(23, pin_factory=factory) as buzzer:
        buzzer.beep(0.01, 0.01, n=3, background=False)
    assert line.levels == [True, False] * 3


def test_a_button_is_heard_at_both_edges_with_pull_and_debounce(factory: GpiodFactory, board: Board) -> None:
    line, heard = board.chips["/dev/gpiochip1"][5], list[str]()
    with gpiozero.Button(5, pull_up=True, bounce_time=0.05, pin_factory=factory) as button:
        assert line.request is not None
        settings = line.request.settings
        assert (settings.bias, settings.debounce_period.total_seconds()) == (Bias.PULL_UP, 0.05)
        assert not button.is_pressed
        button.when_pressed = lambda: heard.append("down")
        button.when_released = lambda: heard.append("up")
        for _ in range(2):
            line.put(False)
            assert soon(lambda: heard[-1:] == ["down"])
            assert button.is_pressed
            line.put(True)
            assert soon(lambda: heard[-1:] == ["up"])
    assert heard == ["down", "up"] * 2


def test_pwm_switches_the_line_and_ends_low(factory: GpiodFactory, board: Board) -> None:
    line = board.chips["/dev/gpiochip1"][7]
    with gpiozero.PWMOutputDevice(7, frequency=500, pin_factory=factory) as device:
        device.value = 0.5
        assert soon(lambda: len(line.levels) > 40)
        assert (device.value, device.frequency) == (0.5, 500)
        device.value = 1
        assert soon(lambda: line.level)
        device.value = 0
        switched = len(line.levels)
        assert soon(lambda: not line.level)
        time.sleep(0.05)
        assert len(line.levels) <= switched + 2  # at most the turn that was under way goes to its end
    assert not line.level
    with pytest.raises(gpiozero.PinPWMFixedValue):
        gpiozero.PWMOutputDevice(7, frequency=20_000, pin_factory=factory)


def test_one_pin_serves_one_device_and_is_free_again_after(factory: GpiodFactory) -> None:
    first = gpiozero.LED(7, pin_factory=factory)
    with pytest.raises(gpiozero.GPIOPinInUse):
        gpiozero.Button("PH.07", pin_factory=factory)
    first.close()
    gpiozero.Button("PH.07", pin_factory=factory).close()


def test_a_line_that_another_program_holds_is_told(factory: GpiodFactory, board: Board) -> None:
    board.library.request_lines("/dev/gpiochip1", consumer="other", config={9: board.library.LineSettings()})
    with pytest.raises(OSError, match="busy"):
        gpiozero.LED(9, pin_factory=factory)


def test_the_chip_of_the_header_is_found_by_its_label(board: Board) -> None:
    assert GpiodFactory(None, board.library).chip == "/dev/gpiochip1"
    pi = Board(gpiochip0=("raspberrypi-exp-gpio", {}), gpiochip4=("pinctrl-rp1", {}))
    board.labels, board.chips = pi.labels, pi.chips
    found = GpiodFactory(None, board.library)
    assert (found.chip, found.is_raspberry_pi) == ("/dev/gpiochip4", True)


def test_a_pi_without_lgpio_has_its_buzzer_all_the_same(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    pi = Board(gpiochip0=("raspberrypi-exp-gpio", {}), gpiochip4=("pinctrl-rp1", {}))
    board.labels, board.chips = pi.labels, pi.chips
    monkeypatch.setitem(sys.modules, "gpiod", board.library)
    monkeypatch.setitem(sys.modules, "lgpio", None)  # no wheel for Python 3.13
    settings = load_settings(Path("raspberry-pi"))
    pins = open_pins(settings.outputs.pin_factory, settings.outputs.gpio_chip)
    assert (type(pins.factory), pins.reason, pins.name) == (GpiodFactory, None, "gpiod")
    check = next(check for check in examine(settings) if check.what == "gpio")
    assert (check.good, check.told) == (True, "pin factory gpiod")


def test_a_board_whose_pins_are_only_simulated_is_bad(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiod", board.library)
    check = next(check for check in examine(load_settings(Path("raspberry-pi"))) if check.what == "gpio")
    assert check.good is False
    assert "set [outputs] pin_factory = 'gpiod'" in check.told


def test_gpiozero_knows_the_factory_by_name() -> None:
    pyproject = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    value = pyproject["project"]["entry-points"]["gpiozero_pin_factories"]["gpiod"]
    assert EntryPoint("gpiod", value, "gpiozero_pin_factories").load() is GpiodFactory


def test_without_a_chip_it_says_so() -> None:
    pins = open_pins("gpiod")
    assert pins.factory is None or isinstance(pins.factory, GpiodFactory)
    if pins.factory is None:
        assert pins.reason is not None
        assert "there is no /dev/gpiochip* here" in pins.reason
