"""A viewer of a live view, as Foxglove is one: it speaks foxglove.sdk.v1 over a websocket."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, NamedTuple, Self

_MESSAGE = struct.Struct("<BIQ")  # opcode, subscription, log time


class Seen(NamedTuple):
    topic: str
    log_ns: int
    data: bytes

    @property
    def told(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.data)
        return line


class Viewer:
    """Connects, takes what is offered, and subscribes to all of it."""

    def __init__(self, url: str, topics: int) -> None:
        from websockets.sync.client import connect
        from websockets.typing import Subprotocol

        self._open = ExitStack()
        patient: Any = {"open_timeout": 60, "ping_interval": None}  # on a busy machine each answer may take long
        connected = connect(url, subprotocols=[Subprotocol("foxglove.sdk.v1")], max_size=None, **patient)
        self._socket = self._open.enter_context(connected)
        self.topics: dict[int, str] = {}
        while len(self.topics) < topics:
            told = json.loads(self._socket.recv(timeout=60))
            for channel in told.get("channels", ()):
                self.topics[channel["id"]] = channel["topic"]
        wanted = [{"id": number, "channelId": number} for number in self.topics]
        self._socket.send(json.dumps({"op": "subscribe", "subscriptions": wanted}))

    def until(self, enough: Callable[[list[Seen]], bool], most_s: float = 120.0) -> list[Seen]:
        """Messages as they come, until there are enough, or no more come."""
        from websockets.exceptions import ConnectionClosed

        seen: list[Seen] = []
        end = time.monotonic() + most_s
        while not enough(seen):
            try:
                data = self._socket.recv(timeout=max(0.0, end - time.monotonic()))
            except ConnectionClosed:
                break
            if isinstance(data, bytes) and data[0] == 1:
                _, number, log_ns = _MESSAGE.unpack_from(data)
                seen.append(Seen(self.topics[number], log_ns, data[_MESSAGE.size :]))
        return seen

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()
