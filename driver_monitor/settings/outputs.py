"""Where alerts go."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, PlainValidator, field_validator, model_validator

from driver_monitor.settings.fields import DESIGN, Section, choice, figure

_PIN = "a number (BCM on a Raspberry Pi, 0 to 511), or with gpiod a line's name"


def _pin(given: object) -> int | str | None:
    if given is None or (type(given) is int and 0 <= given <= 511) or (isinstance(given, str) and 0 < len(given) <= 64):
        return given
    raise ValueError(f"{given!r} is no pin; give {_PIN}, or 'none'")


GpioPin: TypeAlias = Annotated[int | str | None, PlainValidator(_pin)]


def pin(default: int | None, what: str) -> Any:
    """A setting that names a GPIO line."""
    return Field(default, description=f"GPIO pin of {what}", json_schema_extra={"unit": "", "source": DESIGN, "allowed": _PIN})


class Outputs(Section):
    """Where alerts go."""

    pin_factory: Literal["auto", "mock", "lgpio", "gpiod", "rpigpio", "native"] = choice(  # pigpio speaks to its daemon over a network
        "auto", "gpiozero's pin factory; auto takes the board's and falls back to mock with a line in the log; gpiod is for a Jetson and others"
    )
    gpio_chip: str = choice("", "gpiod: the chip that plain numbers count on, by path or label; empty for the board's header")
    buzzer_pin: GpioPin = pin(18, "the buzzer")
    light_pin: GpioPin = pin(23, "the alert light")
    button_pin: GpioPin = pin(24, "the acknowledge button")
    privacy_pin: GpioPin = pin(None, "the privacy switch: while it is closed to ground, camera and microphone are shut")
    buzzer: Literal["active", "tonal"] = choice("active", "active: it has a pitch of its own; tonal: it plays the pitch it is given, by PWM")
    least_loudness: float = figure(1.0, "the buzzer's loudness in a quiet cabin; below 1 it follows the noise, by PWM, and critical stays at 1", "1", 0.1, 1)
    quiet_db: float = figure(-60.0, "the microphone's level in a quiet cabin", "dBFS", -90, -20)
    loud_db: float = figure(-30.0, "the level at which the buzzer is at its loudest", "dBFS", -80, 0)
    bridge_outputs: Literal["none", "motor", "all"] = choice("motor", "which outputs of the serial bridge alerts use; all: buzzer and lamp too")
    motor_strength: float = figure(80.0, "strength of the bridge's vibration motor", "%", 1, 100, DESIGN)
    speak_with: str = choice("", "the program that speaks a line with advice on a mood, with what goes before the line, as 'espeak-ng -s 150'; empty: nothing is spoken")
    stress_line: str = choice("A short break would do you good.", "what is spoken with advice on stress; empty: nothing")
    anger_line: str = choice("Take your time. A calmer route may be more pleasant.", "what is spoken with advice on anger; empty: nothing")
    bridge_alarm: bool = choice(True, "the bridge sounds an alarm of its own when this program falls silent for 5 s while it watches")

    @field_validator("stress_line", "anger_line")
    @classmethod
    def _a_line(cls, value: str) -> str:
        if len(value) > 80 or value.startswith("-") or not value.isprintable():
            raise ValueError("a line has up to 80 characters and does not begin with '-'")
        return value

    @model_validator(mode="after")
    def _one_pin_each(self) -> Outputs:
        taken: dict[str, str] = {}
        for name in ("buzzer_pin", "light_pin", "button_pin", "privacy_pin"):
            given = getattr(self, name)
            if given is None:
                continue
            if (other := taken.setdefault(str(given), name)) != name:
                raise ValueError(f"{other} and {name} are both {given}; give each a pin of its own, or 'none'")
        return self

    @model_validator(mode="after")
    def _louder_is_more(self) -> Outputs:
        if self.quiet_db >= self.loud_db:
            raise ValueError("quiet_db must lie below loud_db")
        return self
