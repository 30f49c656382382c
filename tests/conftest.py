"""What holds for all tests."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator

import pytest

# a run started in the background may ignore Ctrl-C, and so would the programs the tests start and stop with it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_lockdown_of_the_test_run() -> Iterator[None]:
    """The lockdown cannot be taken back: what locks down is to be tested in a process of its own."""
    yield
    try:
        socket.socket(socket.AF_INET).close()
    except PermissionError:
        pytest.fail("this test locked the whole test run down; run what it tests in a subprocess")
