"""What all sensors share: a thread that reads the device, says when it is lost, and opens it again."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar, Self

from driver_monitor.errors import DeviceError
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import Part, PartState, SensorStatus

_LOGGER = logging.getLogger(__name__)

FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.5, 8.0
_JOIN_S = 3.0
_SHUT_LOOK_S = 0.1  # how soon a device that was shut is opened again


class Sensor(ABC):
    """A live input, and a context manager.

    A subclass opens its device (``_open``), reads from it (``_read``, which gives up within about a second) and lets go
    of it (``_release``, harmless when nothing is open). ``_open`` and ``_read`` raise :class:`DeviceError` when the
    device is not there or has gone.
    """

    part: ClassVar[Part]

    def __init__(self) -> None:
        self.queue: SampleQueue | None = None
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._shut: dict[str, None] = {}  # why, the first one first; several threads shut and open

    @abstractmethod
    def _open(self) -> None: ...

    @abstractmethod
    def _read(self, queue: SampleQueue) -> None: ...

    @abstractmethod
    def _release(self) -> None: ...

    def start(self, queue: SampleQueue, *, required: bool = False) -> bool:
        """Open the device on this thread and read it on another one, into ``queue``.

        A device that is not there is told as ``SensorStatus`` "missing" and tried again later.

        Parameters
        ----------
        required
            Raise :class:`DeviceError` instead when the device is not there.

        Returns
        -------
        bool
            Whether the device is open.
        """
        self.queue = queue
        opened = False
        try:
            if not self._shut:
                self._open()
                opened = True
                self._say(queue, "ok")
        except DeviceError as problem:
            self._release()
            if required:
                raise
            self._say(queue, "missing", str(problem))
        self._thread = threading.Thread(target=self._run, args=(queue, opened), name=self.part, daemon=True)
        self._thread.start()
        return opened

    def shut(self, why: str) -> None:
        """Let go of the device, which is told as "off", until :meth:`unshut` for each reason it was shut for."""
        self._shut[why] = None

    def unshut(self, why: str) -> None:
        """Take this reason back: the device is opened again when none is left."""
        self._shut.pop(why, None)

    def close(self) -> None:
        """Stop reading and let go of the device; a second call does nothing."""
        if self._closed.is_set():
            return
        self._closed.set()
        if self._thread is None:
            self._release()
            return
        self._thread.join(_JOIN_S)  # the thread lets go of the device itself
        if self._thread.is_alive():
            _LOGGER.warning("the %s does not answer; it is left to the end of the process", self.part)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _say(self, queue: SampleQueue, state: PartState, reason: str = "") -> None:
        name = self.part.replace("_", " ")  # the error names it as it may stand alone; the status need not twice
        queue.put(SensorStatus(time.monotonic_ns(), self.part, state, reason.removeprefix(f"{name}: ")))

    def _run(self, queue: SampleQueue, opened: bool) -> None:
        backoff_s, told_shut = FIRST_BACKOFF_S, False
        while not self._closed.is_set():
            if whys := list(self._shut):
                if not told_shut:
                    self._release()
                    opened, told_shut = False, True
                    self._say(queue, "off", whys[0])
                self._closed.wait(_SHUT_LOOK_S)
                continue
            told_shut = False
            try:
                if not opened:
                    self._open()
                    opened = True
                    self._say(queue, "ok", "open again")
                self._read(queue)
                backoff_s = FIRST_BACKOFF_S
            except Exception as problem:
                if not isinstance(problem, DeviceError):  # a fault of ours or of a driver: never a silent dead thread
                    _LOGGER.exception("the %s failed", self.part)
                self._release()
                if opened and not self._closed.is_set():
                    self._say(queue, "lost", str(problem))
                opened = False
                self._closed.wait(backoff_s)
                backoff_s = min(2 * backoff_s, LAST_BACKOFF_S)
        self._release()
