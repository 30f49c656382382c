"""What all behaviours share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from driver_monitor.bench.scenario.tracks import Tracks


def length(default: float | None, text: str, low: float, high: float) -> Any:
    """How long a behaviour lasts, seconds; a scenario calls it ``for``. Without a default it must be given."""
    if default is None:
        return Field(alias="for", ge=low, le=high, description=text)
    return Field(default, alias="for", ge=low, le=high, description=text)


def figure(default: float | None, text: str, low: float, high: float) -> Any:
    """A figure within a closed range."""
    return Field(default, ge=low, le=high, description=text)


def choice(default: Any, text: str) -> Any:
    """A word or a switch."""
    return Field(default, description=text)


class Behaviour(BaseModel, ABC):
    """One thing done at a time (``at``, seconds from the start)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    NAME: ClassVar[str] = ""

    at: float = Field(ge=0.0, le=36_000.0, description="when it begins, s")

    @property
    def end_s(self) -> float:
        """When it is over, seconds."""
        return self.at + float(getattr(self, "length", 0.0))

    def apply(self, tracks: Tracks) -> None:
        """Write it into the drive."""
        self._write(tracks)

    @abstractmethod
    def _write(self, tracks: Tracks) -> None: ...
