"""What holds for all tests."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Iterator

import hypothesis
import pytest

# a run started in the background may ignore Ctrl-C, and so would the programs the tests start and stop with it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# on a busy machine an example may take any time; what hangs is for pytest's own timeout
hypothesis.settings.register_profile(
    "busy", hypothesis.settings.default, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")


@pytest.fixture(autouse=True)
def _no_lockdown_of_the_test_run() -> Iterator[None]:
    """The lockdown cannot be taken back: what locks down is to be tested in a process of its own."""
    yield
    try:
        socket.socket(socket.AF_INET).close()
    except PermissionError:
        pytest.fail("this test locked the whole test run down; run what it tests in a subprocess")


@pytest.fixture(autouse=True)
def _no_log_left_behind() -> Iterator[None]:
    """A command of ours sets the logging up for its whole process: its handler would write to the test's closed stderr."""
    loggers = [logging.getLogger(name) for name in ("", "driver_monitor", "firmware_bridge")]
    before = [(logger, logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        for handler in [h for h in logger.handlers if h not in handlers]:
            logger.removeHandler(handler)
            handler.close()
        for handler in [h for h in handlers if h not in logger.handlers]:
            logger.addHandler(handler)
