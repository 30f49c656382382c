"""Who sits at the wheel: everything that makes one virtual driver look different from another."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

SKIN: dict[int, tuple[float, float, float]] = {
    1: (0.86, 0.68, 0.60),
    2: (0.78, 0.57, 0.46),
    3: (0.70, 0.50, 0.38),
    4: (0.58, 0.41, 0.30),
    5: (0.40, 0.26, 0.19),
    6: (0.27, 0.17, 0.125),
}
"""Linear colours by Fitzpatrick skin type."""
HAIR: dict[str, tuple[float, float, float]] = {
    "black": (0.03, 0.03, 0.03),
    "brown": (0.10, 0.07, 0.05),
    "blond": (0.38, 0.26, 0.13),
    "red": (0.30, 0.11, 0.05),
    "grey": (0.42, 0.42, 0.42),
    "white": (0.68, 0.66, 0.63),
}
IRIS: dict[str, tuple[float, float, float]] = {
    "dark": (0.10, 0.06, 0.04),
    "brown": (0.20, 0.12, 0.06),
    "green": (0.20, 0.30, 0.20),
    "blue": (0.25, 0.33, 0.38),
    "grey": (0.30, 0.32, 0.33),
}
HairColour: TypeAlias = Literal["black", "brown", "blond", "red", "grey", "white"]
EyeColour: TypeAlias = Literal["dark", "brown", "green", "blue", "grey"]


def share(default: float | None, text: str, low: float = 0.0, high: float = 1.0) -> Any:
    """A figure within a closed range."""
    return Field(default, ge=low, le=high, description=text)


def choice(default: Any, text: str) -> Any:
    """A word or a switch."""
    return Field(default, description=text)


class Subject(BaseModel):
    """A virtual driver. No real person is depicted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    male: float = share(0.9, "0 a woman's head, 1 a man's")
    age: float = share(0.2, "0 young, 1 old")
    african: float = share(0.0, "share of African shape")
    asian: float = share(0.0, "share of Asian shape; the rest is Caucasian")
    weight: float = share(0.0, "-1 slight, 1 heavy", -1.0, 1.0)
    skin_type: int = share(2, "Fitzpatrick skin type", 1, 6)
    eyelid_mm: float | None = share(None, "open eyelid aperture, mm; left out: the head's own", 6.0, 12.0)
    eyes: EyeColour = choice("blue", "colour of the iris")
    hair: Literal["short", "long", "bald"] = choice("short", "hair on the head")
    hair_colour: HairColour = choice("brown", "colour of hair, brows and beard")
    beard: float = share(0.0, "0 shaved, 1 full")
    brows: float = share(1.0, "strength of the brows", 0.2, 1.3)
    makeup: float = share(0.0, "painted lids and lips")
    glasses: Literal["none", "clear", "dark"] = choice("none", "glasses or sunglasses")
    rim_mm: float = share(3.0, "width of the glasses' rims, mm: 1 wire, 3 plastic, 5 thick", 0.5, 6.0)
    transmittance: float | None = share(None, "of the lenses; left out: 0.92 clear, 0.15 dark", 0.02, 0.98)
    infrared_transmittance: float | None = share(None, "of the lenses in infrared; left out: 0.92 clear, 0.7 dark", 0.02, 0.98)
    mask: bool = choice(False, "a medical face mask")
    cap: bool = choice(False, "a baseball cap")
    seed: int = share(0, "of the skin's grain", 0, 1_000_000)

    def lens_transmittance(self, infrared: bool) -> float:
        """Share of light the lenses let through."""
        if infrared and self.infrared_transmittance is not None:
            return self.infrared_transmittance
        if not infrared and self.transmittance is not None:
            return self.transmittance
        if self.glasses == "clear":
            return 0.92
        return 0.7 if infrared else 0.15

    def wearing(self, **changes: object) -> Subject:
        """The same person otherwise dressed."""
        return Subject.model_validate({**self.model_dump(), **changes})


PEOPLE: dict[str, Subject] = {
    "anders": Subject(),
    "bea": Subject(male=0.05, hair="long", hair_colour="blond", eyes="green", makeup=0.4),
    "chidi": Subject(male=0.95, african=1.0, skin_type=6, eyes="dark", hair_colour="black"),
    "dayo": Subject(male=0.05, african=1.0, skin_type=5, eyes="dark", hair_colour="black"),
    "enzo": Subject(male=0.95, skin_type=3, age=0.5, eyes="brown", hair_colour="black", beard=0.8, weight=0.5),
    "fang": Subject(male=0.05, asian=1.0, skin_type=2, eyes="dark", hair="long", hair_colour="black"),
    "goro": Subject(male=0.95, asian=1.0, skin_type=3, eyes="dark", hair_colour="black", eyelid_mm=7.5),
    "hilde": Subject(male=0.05, age=0.9, skin_type=1, eyes="grey", hair_colour="white"),
    "ivan": Subject(male=0.95, age=0.9, skin_type=2, eyes="grey", hair_colour="grey", beard=0.6),
    "jamila": Subject(
        male=0.2, african=0.3, asian=0.4, skin_type=4, eyes="brown", hair="long", hair_colour="black", weight=-0.5, makeup=0.7
    ),
    "karim": Subject(male=0.8, african=0.4, asian=0.3, skin_type=4, eyes="brown", hair_colour="black", beard=0.5, weight=0.5),
    "lena": Subject(male=0.1, age=0.4, skin_type=2, eyes="blue", hair_colour="red", eyelid_mm=11.0),
}
"""Twelve drivers that span sex, age, origin, weight and skin type."""
