"""The errors a user may meet. Each message is one sentence that says what, where, and how to mend it."""

from __future__ import annotations


class DriverMonitorError(Exception):
    """The work could not be done (exit code 1)."""

    exit_code = 1


class BadUseError(DriverMonitorError):
    """The command line or a file it names is wrong (exit code 2)."""

    exit_code = 2


class SettingsError(BadUseError):
    """A settings file cannot be used."""


class RecordingError(DriverMonitorError):
    """A recording cannot be read."""


class ModelError(DriverMonitorError):
    """A model is missing or is not the one it should be."""


class DeviceError(DriverMonitorError):
    """A device cannot be opened or has gone."""


def needs_extra(what: str, extra: str) -> str:
    """What to say when an optional package is not there."""
    # no extra is published anywhere: it is installed from the repository, in the versions it was tried with
    return f"{what} needs the extra '{extra}': .venv/bin/pip install -e '.[{extra}]' -c constraints-extras.txt"
