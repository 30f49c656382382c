"""``--live``: what the Monitor answers, shown in Foxglove while it happens.

The process that sees the face can open no internet socket. So another one serves (live_server.py), started before the
lock, and it is given what goes through a pipe: of a drive reports alone, of a replay the pictures too.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

from driver_monitor import jpeg
from driver_monitor.errors import BadUseError, needs_extra
from driver_monitor.recording.mcap_write import Data
from driver_monitor.recording.trip_messages import report_topic, write_sample
from driver_monitor.runtime.live_topics import ALL, FACE, FAILED, FRAME, HOST, READY, REPORTS
from driver_monitor.runtime.reports import as_bytes, encode
from driver_monitor.runtime.sink import Viewed
from driver_monitor.settings import Settings
from driver_monitor.signals import ButtonPress, CameraFrame, HeartBeat, Report, Sample, SensorStatus

_LOGGER = logging.getLogger("driver_monitor.live")
_QUALITY = 90  # of pictures that came without JPEG
_PIPE_BYTES = 1 << 20
_END_S, _END_OF_REPLAY_S = 3.0, 10.0  # a drive waits for no viewer


class LiveView:
    """The serving process, from here.

    Parameters
    ----------
    port
        Where it listens on this machine; 0 takes any.
    pictures
        Whether it may be given them. If so it is waited for; if not, nothing ever is: what it cannot take at once is lost.

    Raises
    ------
    BadUseError
        When it cannot serve.
    """

    def __init__(self, port: int, *, pictures: bool) -> None:
        if find_spec("foxglove") is None:
            raise BadUseError(needs_extra("--live", "live"))
        self._numbers = {topic.name: number for number, topic in enumerate(ALL if pictures else REPORTS)}
        self._waits = pictures
        self._rest = b""
        self.lost = 0
        command = [sys.executable, "-m", "driver_monitor.runtime.live_server", str(port), "all" if pictures else "reports"]
        process: Any = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._process = process
        self._pipe: int | None = self._process.stdin.fileno()
        word, _, rest = self._listen().partition(" ")
        if word != READY:
            self.close()
            if "in use" in rest:
                raise BadUseError(f"port {port} is in use by another program; give another with --live-port")
            why = rest if word == FAILED else "the serving process gave no answer"
            raise BadUseError(f"--live cannot serve at port {port}: {why}")
        self.pid = int(process.pid)
        self.url = f"ws://{HOST}:{rest}"
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._process.stdin, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        os.set_blocking(self._process.stdin.fileno(), self._waits)

    def wait_for_viewer(self) -> None:
        """Wait until somebody looks, or the serving process ends."""
        self._listen()

    def send(self, topic: str, log_ns: int, data: Data) -> None:
        """Hand a message over; once the serving process has ended, nothing happens."""
        if self._pipe is None:
            return
        if self._rest and not self._push(b""):
            self.lost += 1
            return
        pieces = (data,) if isinstance(data, bytes) else data
        self._push(b"".join((FRAME.pack(self._numbers[topic], max(0, log_ns), sum(map(len, pieces))), *pieces)))

    def close(self) -> None:
        """End the serving process; may be called again."""
        self._pipe = None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(_END_OF_REPLAY_S if self._waits else _END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _listen(self) -> str:
        return str(self._process.stdout.readline(), "utf-8", "replace").strip()

    def _push(self, data: bytes) -> bool:
        """Write what is left and ``data``; whether all of it went."""
        assert self._pipe is not None
        self._rest += data
        try:
            while self._rest:
                self._rest = self._rest[os.write(self._pipe, self._rest) :]
        except BlockingIOError:
            return False
        except OSError as problem:
            _LOGGER.warning("the live view has ended: %s", problem.strerror or problem)
            self._pipe, self._rest = None, b""
            return False
        return True


def open_for_drive(port: int, settings: Settings) -> LiveView:
    """The live view of a drive: reports alone, and none where somebody works.

    Raises
    ------
    BadUseError
        In a fleet, or when it cannot be served.
    """
    if settings.trip.deployment == "fleet":
        told = 'in a fleet (trip.deployment = "fleet") nobody watches a driver at work live'
        raise BadUseError(f"--live is refused: {told}; leave it out")
    return LiveView(port, pictures=False)


class LiveReports:
    """Shows the reports of a drive.

    Parameters
    ----------
    view
        Where they go.
    zero_ns, wall_ns
        The drive's time 0 on the samples' clock, and what makes Unix time of that clock.
    """

    def __init__(self, view: LiveView, zero_ns: int, wall_ns: int) -> None:
        self._view = view
        self._zero_ns = zero_ns
        self._wall_ns = wall_ns

    def show(self, report: Report) -> None:
        """Show one."""
        self._view.send(report_topic(report), report.t_ns + self._wall_ns, as_bytes(encode(report, self._zero_ns)))


class LiveReplay(LiveReports):
    """Shows a replay, as a sink: pictures with landmarks, heart beats, buttons, sensors and reports on one time line."""

    def take(self, sample: Sample | None, reports: Sequence[Report], monitor: Viewed) -> None:
        """Take what one sample led to."""
        if isinstance(sample, CameraFrame):
            self._picture(sample, monitor)
        elif isinstance(sample, HeartBeat | ButtonPress | SensorStatus):
            topic, data = write_sample(sample, self._wall_ns)
            self._view.send(topic, sample.t_ns + self._wall_ns, data)
        for report in reports:
            self.show(report)

    def _picture(self, frame: CameraFrame, monitor: Viewed) -> None:
        if frame.jpeg is None:
            frame = CameraFrame(frame.t_ns, frame.image, jpeg.encode(frame.image, _QUALITY))
        log_ns = frame.t_ns + self._wall_ns
        topic, data = write_sample(frame, self._wall_ns)
        self._view.send(topic, log_ns, data)
        view = monitor.view
        seen = view is not None and view.t_ns == frame.t_ns
        self._view.send(FACE, log_ns, points_over(view.landmarks if view is not None and seen else None, log_ns))


def points_over(landmarks: Any, log_ns: int) -> bytes:
    """Points over the picture, (n, 2) pixels, as foxglove.ImageAnnotations; ``None`` clears them."""
    from foxglove_schemas_protobuf.Color_pb2 import Color
    from foxglove_schemas_protobuf.ImageAnnotations_pb2 import ImageAnnotations
    from foxglove_schemas_protobuf.Point2_pb2 import Point2
    from foxglove_schemas_protobuf.PointsAnnotation_pb2 import PointsAnnotation

    told = ImageAnnotations()
    told.timestamp.FromNanoseconds(max(0, log_ns))
    if landmarks is not None:
        points = PointsAnnotation(
            type=PointsAnnotation.POINTS,
            points=[Point2(x=x, y=y) for x, y in landmarks.tolist()],
            outline_color=Color(r=0.2, g=0.9, b=0.4, a=1.0),
            thickness=2.0,
        )
        points.timestamp.FromNanoseconds(max(0, log_ns))
        told.points.append(points)
    return bytes(told.SerializeToString())
