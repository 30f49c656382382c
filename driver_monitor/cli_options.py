"""What the commands of several files share: how their groups behave, and their common options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

PLAIN: dict[str, Any] = {
    "rich_markup_mode": None,
    "no_args_is_help": True,
    "add_completion": False,
    "pretty_exceptions_enable": False,
}

Config = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="Settings file, or the name of one that comes along.")
]
_LONGEST_S = 31_536_000.0  # a year
FromS = Annotated[
    float | None, typer.Option("--from", metavar="S", min=0.0, max=_LONGEST_S, help="From this second of the trip.")
]
ToS = Annotated[float | None, typer.Option("--to", metavar="S", min=0.0, max=_LONGEST_S, help="Up to this second of the trip.")]
Identity = Annotated[
    Path | None, typer.Option("--identity", metavar="KEY.txt", help="The secret key of an encrypted recording (age).")
]
