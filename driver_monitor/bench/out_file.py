"""Writing what a measurement gave."""

from __future__ import annotations

from pathlib import Path

from driver_monitor.errors import BadUseError


def write_text(path: Path, text: str) -> None:
    """Write one file that was asked for; ``check_outputs`` has looked at its place before the work.

    Raises
    ------
    BadUseError
        When it cannot be written all the same.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise BadUseError(f"{path} cannot be written ({problem.strerror or problem}); give another file") from None
