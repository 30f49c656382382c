"""Native libraries that print to the terminal are heard in the debug log instead."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGER = logging.getLogger(__name__)


@contextmanager
def quiet(who: str = "mediapipe") -> Iterator[None]:
    """Keep what the library ``who`` prints from the terminal; it goes to the debug log instead."""
    saved = os.dup(2)
    with tempfile.TemporaryFile() as printed:
        os.dup2(printed.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            printed.seek(0)
            for line in printed.read().decode(errors="replace").splitlines():
                _LOGGER.debug("%s: %s", who, line)
