"""What a setting is made of: its sources, its kinds, and the table it stands in."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

NCAP = "Euro NCAP Driver Engagement v1.1 (secondary text)"
ADDW = "(EU) 2023/2590 ADDW (secondary text)"
DDAW = "(EU) 2021/1341 DDAW introduction"
OPENPILOT = "openpilot policy.py"
ATTEND = "Kircher & Ahlström, AttenD (secondary text)"
KNOWN = "common knowledge of the field, not verified"
VSS = "COVESA Vehicle Signal Specification"
DESIGN = "design"


def figure(default: float | None, text: str, unit: str, ge: float, le: float, source: str = DESIGN) -> Any:
    """A numeric setting: its meaning, unit, closed range and source."""
    return Field(default, ge=ge, le=le, description=text, json_schema_extra={"unit": unit, "source": source})


def choice(default: Any, text: str, source: str = DESIGN) -> Any:
    """A setting that is a word, a switch or a list."""
    return Field(default, description=text, json_schema_extra={"unit": "", "source": source})


def on_this_machine(value: str, instead: str) -> str:
    """A place that is no address: the sensors open before the lockdown, which could then no longer take their sockets away."""
    if "://" in value:
        raise ValueError(f"'{value}' is an address, and the process that sees the face reaches no network; give {instead}")
    return value


class Section(BaseModel):
    """A table of the settings file; unknown keys are refused and values cannot be changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
