"""Word to systemd that the loop turns (sd_notify), so that a dead loop is noticed and started again."""

from __future__ import annotations

import logging
import os
import socket

_LOGGER = logging.getLogger("driver_monitor.live")


class Watchdog:
    """Tells systemd that the loop turns, by sd_notify; does nothing outside systemd."""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) if address else None
        # half of what systemd waits for, as sd_watchdog_enabled(3) advises
        self._period_ns = int(os.environ.get("WATCHDOG_USEC", "0") or 0) * 1000 // 2
        self._next_ns: int | None = None

    def turned(self, now_ns: int) -> None:
        """The loop has taken a tick to its end."""
        if self._next_ns is None:
            self._say("READY=1")
            self._next_ns = now_ns
        if self._period_ns and now_ns >= self._next_ns:
            self._next_ns = now_ns + self._period_ns
            self._say("WATCHDOG=1")

    def close(self) -> None:
        """The loop has ended as it was asked to."""
        if self._socket is not None:
            self._say("STOPPING=1")
            self._socket.close()
            self._socket = None

    def _say(self, words: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(words.encode(), self._address)
        except OSError as problem:
            _LOGGER.warning("systemd does not listen at NOTIFY_SOCKET (%s)", problem.strerror)
