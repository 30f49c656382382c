"""The process behind ``--live``: it serves what comes through its standard input to Foxglove, on this machine alone.

It has no camera, microphone or bus. Once it listens it gives up making further sockets: it can be connected to, and
connects to nothing. It ends when its input does.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any, BinaryIO

from driver_monitor.recording.trip_format import Topic, schema_data
from driver_monitor.runtime.live_topics import ALL, FAILED, FRAME, HOST, READY, REPORTS, VIEWER
from driver_monitor.runtime.lockdown import lock_down

_MOST_BYTES = 64 << 20
_SETTLE_S = 1.0  # no topic was asked for in so long


class _Listener:
    """Says when the first viewer has asked for all that it wants: it asks for one topic after the other."""

    def __init__(self, topics: int) -> None:
        self._topics = topics
        self._wanted: set[int] = set()
        self._said = threading.Event()
        self._calm: threading.Timer | None = None

    def on_subscribe(self, client: object, channel: Any) -> None:
        """Somebody looks."""
        if self._calm is not None:
            self._calm.cancel()
        self._wanted.add(channel.id)
        if len(self._wanted) == self._topics:  # it wants all there is: no need to wait for calm
            self._say_once()
        elif not self._said.is_set():
            self._calm = threading.Timer(_SETTLE_S, self._say_once)
            self._calm.daemon = True
            self._calm.start()

    def on_unsubscribe(self, client: object, channel: object) -> None:
        """Somebody no longer looks; who may come again finds it going on."""

    def _say_once(self) -> None:
        if not self._said.is_set():
            self._said.set()
            _say(VIEWER)


def serve(port: int, topics: Sequence[Topic], source: BinaryIO) -> int:
    """Serve until ``source`` ends; gives the exit code."""
    try:
        import foxglove
    except ImportError:
        return _failed("foxglove-sdk is not there")
    context = foxglove.Context()
    channels: list[Any] = []
    for topic in topics:
        described = "protobuf" if topic.encoding == "protobuf" else "jsonschema"
        schema = foxglove.Schema(name=topic.schema, encoding=described, data=schema_data(topic))
        channels.append(foxglove.Channel(topic.name, schema=schema, message_encoding=topic.encoding, context=context))
    listener: Any = _Listener(len(channels))
    try:
        server = foxglove.start_server(name="driver_monitor", host=HOST, port=port, server_listener=listener, context=context)
    except (RuntimeError, OSError) as problem:
        return _failed(str(problem))
    lock_down()
    _say(f"{READY} {server.port}")
    while len(head := source.read(FRAME.size)) == FRAME.size:
        number, log_ns, length = FRAME.unpack(head)
        if number >= len(channels) or length > _MOST_BYTES:
            return 1
        channels[number].log(source.read(length), log_time=log_ns)
    server.stop()
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _failed(why: str) -> int:
    _say(f"{FAILED} {' '.join(why.split())}")
    return 1


def main() -> int:
    """Serve at the port of the first argument; with "all" as the second one pictures too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other process; this one ends behind it
    port, what = sys.argv[1:]
    return serve(int(port), ALL if what == "all" else REPORTS, sys.stdin.buffer)


if __name__ == "__main__":
    sys.exit(main())
