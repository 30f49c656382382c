"""What tests of outputs share: an alert, a log, and patience."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from driver_monitor.signals import Alert, AlertAction, AlertKind, Evidence, Level, nanoseconds

LOG = logging.getLogger("test.outputs")


def alert(
    action: AlertAction = "raised", level: Level = "warning", kind: AlertKind = "long_distraction", number: int = 1
) -> Alert:
    evidence = (
        Evidence("perclos_short", 0.4, 0.18, "1"),
        Evidence("yawns", 1.5, 3, "in 5 min"),
        Evidence("prior", -0.2, None, ""),
    )
    return Alert(nanoseconds(12.34), action, number, kind, level, "one glance off the road ≥ 3 s", "test", evidence)


def soon(true: Callable[[], bool]) -> bool:
    """Whether it becomes true; the time is a busy machine's."""
    end = time.monotonic() + 60.0
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
