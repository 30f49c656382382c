"""The files a command is to write: looked at before anything is opened, so that bad use costs no older file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from driver_monitor.errors import BadUseError


def check_outputs(outputs: Mapping[str, Path | None], inputs: Mapping[str, Sequence[Path | None]] | None = None) -> None:
    """Refuse outputs that cannot be written, are one file, or would overwrite what is read.

    Parameters
    ----------
    outputs
        By the option that names them.
    inputs
        The files that are read, by what they are: "part of the recording".

    Raises
    ------
    BadUseError
        In one sentence.
    """
    wanted = [(option, path) for option, path in outputs.items() if path is not None]
    for option, path in wanted:
        _check_place(path)
        for what, files in (inputs or {}).items():
            if any(file is not None and _same(path, file) for file in files):
                raise BadUseError(f"{path} is {what} and would be overwritten; give another file to {option}")
    for (one, path), (other, second) in combinations(wanted, 2):
        if _same(path, second):
            raise BadUseError(f"{one} and {other} name the same file, {path}; give two")


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise BadUseError(f"{path} is a folder; give a file's name")
    if not path.parent.is_dir():
        raise BadUseError(f"{path} cannot be written: the folder {path.parent} does not exist; make it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise BadUseError(f"{path} cannot be written: there is no permission to; give another file")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there yet
        return one.resolve() == other.resolve()
