"""Where the files that belong to the program lie: beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from driver_monitor.errors import DriverMonitorError

_PACKAGE = Path(__file__).resolve().parent


def config_dir() -> Path:
    """The folder of settings files and bus descriptions."""
    return _folder("configs")


def models_dir() -> Path:
    """The folder of the model manifest and the model cards (the models themselves lie in the cache folder)."""
    return _folder("models")


def _folder(name: str) -> Path:
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise DriverMonitorError(f"the folder '{name}' of driver-monitor is missing beside {_PACKAGE}; install driver-monitor again")
