"""For whom the monitor works, and what is recorded."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from driver_monitor.settings.fields import Section, choice, figure


class Trip(Section):
    """Where the monitor works and for whom."""

    deployment: Literal["private", "fleet", "bench"] = choice(
        "private", "fleet: a workplace, where anger and stress never leave the vehicle", "EU AI Act art. 5(1)(f)"
    )
    emotion_safety_purpose: str = choice(
        "", "in a fleet, anger and stress are worked out only when a safety purpose is stated here", "EU AI Act art. 5(1)(f)"
    )
    drive_side: Literal["left", "right"] = choice("left", "the side of the car the driver sits on")


class Recording(Section):
    """Recordings made with --record or 'record'; nothing is recorded otherwise."""

    jpeg_quality: int = figure(95, "quality of pictures that the camera does not give as JPEG; the monitor sees them so too", "1", 60, 100)
    video: Literal["jpeg", "h264"] = choice("jpeg", "how pictures are kept; h264 takes far less space, but a replay then sees other pictures than the monitor did")
    part_mb: float = figure(4000.0, "a new file begins at this size", "MB", 0, 1_000_000)
    part_minutes: float = figure(60.0, "a new file begins after this long", "min", 0, 1440)
    folder_gb: float = figure(0.0, "a folder of recordings holds this much (more than part_mb), the oldest go first; 0 for no limit", "GB", 0, 100_000)
    public_key: str = choice("", "an age public key (age1…): recordings are encrypted to it and can be read only with its secret key")

    @field_validator("public_key")
    @classmethod
    def _age_key(cls, value: str) -> str:
        if value and not value.startswith("age1"):
            raise ValueError(f"'{value[:20]}' is no age public key; it begins with age1 (age-keygen makes one)")
        return value

    @model_validator(mode="after")
    def _folder_holds_a_part(self) -> Recording:
        if self.folder_gb and self.folder_gb * 1000 <= self.part_mb:
            raise ValueError(
                f"folder_gb = {self.folder_gb:g} leaves no room beside one file of part_mb = {self.part_mb:g}: "
                "make folder_gb larger, or part_mb smaller"
            )
        return self
