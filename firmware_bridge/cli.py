"""The command ``firmware-bridge``: find the bridge, look at what it says, play one without hardware, flash one."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from firmware_bridge.protocol import Ack, Statistics

app = typer.Typer(
    name="firmware-bridge",
    help="The microcontroller that carries the wearable, the buttons, a buzzer, a motor and the watchdog.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_LONGEST_S = 31_536_000.0  # a year
_NOT_DONE, _BAD_USE, _STOPPED, _BROKEN_PIPE = 1, 2, 130, 141  # the last two as a shell says: 128 + the signal

Baud = Annotated[int, typer.Option("--baud", metavar="N", min=1200, max=3_000_000, help="Bits per second.")]
Port = Annotated[str, typer.Argument(metavar="PORT", help="Serial port, such as /dev/ttyACM0.")]
Seconds = Annotated[
    float | None, typer.Option("--seconds", metavar="N", min=0.0, max=_LONGEST_S, help="Stop after this long.")
]

FLASH = {
    "uno": """Arduino Uno or Nano (ATmega328P). Needs gcc-avr, avr-libc and avrdude.
  make -C firmware_bridge/firmware build/uno.elf              # SENSORS="temperature conductance" reads those pins too
  avrdude -p atmega328p -c arduino -P PORT -b 115200 -D -U flash:w:firmware_bridge/firmware/build/uno.hex:i
A Nano with the old boot loader wants -b 57600. Run in simavr here, byte for byte this image.""",
    "stm32f405": """STM32F405. Needs gcc-arm-none-eabi and openocd or st-flash.
  make -C firmware_bridge/firmware build/stm32f405.elf
  cd firmware_bridge/firmware/build
  openocd -f interface/stlink.cfg -f target/stm32f4x.cfg -c "program stm32f405.elf verify reset exit"
Compiled with warnings as errors; never run.""",
    "rp2040": """Raspberry Pi Pico (RP2040). Needs gcc-arm-none-eabi and a debug probe.
  make -C firmware_bridge/firmware build/rp2040.elf
  cd firmware_bridge/firmware/build
  openocd -f interface/cmsis-dap.cfg -f target/rp2040.cfg -c "program rp2040.elf verify reset exit"
The first 256 bytes of flash are left to the Pico SDK's second-stage boot loader: flash any SDK program first.
Compiled with warnings as errors; never run.""",
}


@app.command()
def ports(
    ask: Annotated[
        bool, typer.Option("--ask", help="Open each and ask who is there (an Arduino restarts when its port is opened).")
    ] = False,
    baud: Baud = 115_200,
) -> int:
    """List serial ports; with --ask, which of them is a bridge."""
    from serial.tools import list_ports

    names = {path.resolve(): path for path in sorted(Path("/dev/serial/by-id").glob("*"))}
    found = sorted(list_ports.comports())
    for port in found:
        # ttyACM0 may be ttyACM1 after it was plugged in again; its name by id stays
        lasting = names.get(Path(port.device).resolve())
        print(f"{port.device}: {port.description}" + (f", always as {lasting}" if lasting else ""))
        if ask:
            print(f"  {_who(port.device, baud)}")
    if not found:
        print("no serial port here; is the bridge plugged in?")
    return 0 if found else 1


def _who(port: str, baud: int) -> str:
    from firmware_bridge.link import FIRST_S, Link, LinkError

    end = time.monotonic() + FIRST_S
    try:
        with Link(port, baud) as link:
            while link.version is None and time.monotonic() < end:
                link.receive()
            return f"a bridge: {link.version}" if link.version else "something that is no bridge"
    except LinkError as problem:
        return f"no bridge: {problem}"


@app.command(short_help="Show what the bridge says until Ctrl-C.")
def monitor(port: Port, baud: Baud = 115_200, seconds: Seconds = None) -> int:
    """Show what the bridge says until Ctrl-C; opens it again when it goes."""
    from firmware_bridge.link import Link, LinkError

    statistics = Statistics()
    begin = time.monotonic()
    end = float("inf") if seconds is None else begin + seconds
    last: str | None = None
    ever = False

    def say(words: str) -> None:
        print(f"{time.monotonic() - begin:8.3f}  {words}", flush=True)

    link: Link | None = None
    try:
        while time.monotonic() < end:
            try:
                if link is None:
                    link = Link(port, baud, statistics)
                    say(f"open: {port}")
                    ever, last = True, None
                link.turned(armed=False)
                for message in link.receive():
                    if not isinstance(message, Ack):
                        say(str(message))
            except LinkError as problem:
                if str(problem) != last:
                    say(last := str(problem))
                if link is not None:
                    link.close()
                    link = None
                time.sleep(0.3)
    except KeyboardInterrupt:  # wherever it comes, also between two tries
        pass
    if link is not None:
        _sum_up(link.latency(), statistics)
        link.close()
    return 0 if ever else 1


def _sum_up(latency: object, got: Statistics) -> None:
    from firmware_bridge.link import Latency

    trip = "no round trip was measured"
    if isinstance(latency, Latency):
        trip = (
            f"round trip median {latency.median_ms:.1f} ms, p99 {latency.p99_ms:.1f} ms, longest {latency.longest_ms:.1f} ms "
            f"({latency.count})"
        )
    print(f"{got.frames} frames, {got.lost} lost, {got.spoilt} spoilt, {got.unknown} of unknown type; {trip}")


@app.command()
def simulate(
    rate: Annotated[float, typer.Option("--rate", metavar="BPM", min=25, max=250, help="Mean heart rate.")] = 68.0,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the beat-to-beat scatter.")] = 1,
    seconds: Seconds = None,
) -> int:
    """Play a bridge on a pseudo-terminal, and say which port to open."""
    from firmware_bridge.simulator import Simulator

    with Simulator(rate, seed) as simulator:
        print(f"the simulated bridge is at {simulator.port} (Ctrl-C ends it)", flush=True)
        try:
            time.sleep(_LONGEST_S if seconds is None else seconds)
        except KeyboardInterrupt:
            print("ended")
    return 0


@app.command()
def flash(board: Annotated[str, typer.Argument(metavar="[BOARD]", help="uno, stm32f405 or rp2040.")] = "") -> int:
    """Say how to put the firmware on a board; it runs nothing."""
    if board and board not in FLASH:
        print(f"firmware-bridge: no board '{board}'; there are {', '.join(FLASH)}", file=sys.stderr)
        return 2
    print("\n\n".join([FLASH[board]] if board else FLASH.values()))
    return 0


def main() -> None:
    """Run a command line; exit codes: 0 done, 1 not done, 2 bad use, 130 stopped by Ctrl-C, 141 the reader has gone."""
    try:
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        code = _nowhere(_BROKEN_PIPE)
    except OSError as problem:
        print(f"firmware-bridge: {problem.strerror or problem}", file=sys.stderr)
        code = _nowhere(_NOT_DONE)
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    command = typer.main.get_command(app)
    try:
        # not command.main(): it hides Ctrl-C and broken pipes
        with command.make_context("firmware-bridge", arguments) as context:
            result = command.invoke(context)
    except typer.Exit as e:
        return e.exit_code
    except TyperException as e:
        message = e.format_message()
        # without its command the message is the help
        print(message if "\n" in message else f"firmware-bridge: {message}", file=sys.stderr)
        return _BAD_USE
    except KeyboardInterrupt:
        return _STOPPED
    return result if isinstance(result, int) else 0


def _nowhere(code: int) -> int:
    """What is left to print goes nowhere, so that Python's own flush at exit does not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


if __name__ == "__main__":
    main()
