"""``replay --rerun FILE.rrd``: pictures with landmarks, states, events and alerts on one time line, for Rerun's viewer.

A file, no connection: the process that sees the face opens no socket. The viewer reads the file afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from driver_monitor import jpeg
from driver_monitor.alerts.words import reason, spoken
from driver_monitor.errors import BadUseError, needs_extra
from driver_monitor.runtime.sink import Viewed
from driver_monitor.signals import Alert, CameraFrame, DriverState, Event, Health, Report, seconds

_QUALITY = 90  # of pictures that came without JPEG
_LEVELS = {"advice": "INFO", "caution": "WARN", "warning": "ERROR", "critical": "CRITICAL"}


class RerunFile:
    """A sink that writes Rerun's format; as a context it opens the file.

    Raises
    ------
    BadUseError
        When rerun-sdk is not there.
    """

    def __init__(self, path: Path) -> None:
        try:
            import rerun
        except ImportError:
            raise BadUseError(needs_extra("--rerun", "rerun")) from None
        self._rerun: Any = rerun
        self._path = path
        self._stream: Any = rerun.RecordingStream("driver_monitor")

    def take(self, sample: object, reports: Sequence[Report], monitor: Viewed) -> None:
        """Take what one sample led to."""
        rerun, stream = self._rerun, self._stream
        if isinstance(sample, CameraFrame):
            stream.set_time("trip", duration=seconds(sample.t_ns))
            data = sample.jpeg or jpeg.encode(sample.image, _QUALITY)
            stream.log("camera", rerun.EncodedImage(contents=data, media_type="image/jpeg"))
            view = monitor.view
            if view is not None and view.t_ns == sample.t_ns and view.landmarks is not None:
                stream.log("camera/face", rerun.Points2D(view.landmarks, radii=1.0))
            else:
                stream.log("camera/face", rerun.Clear(recursive=False))
        for report in reports:
            stream.set_time("trip", duration=seconds(report.t_ns))
            match report:
                case DriverState() if report.value is not None:
                    stream.log(f"states/{report.state}", rerun.Scalars(report.value))
                case Alert():
                    words = f"{report.action} {spoken(report.kind)} ({report.level}): {reason(report)}"
                    stream.log("alerts", rerun.TextLog(words, level=_LEVELS[report.level]))
                case Event() if report.end_ns is not None:
                    length_s = seconds(report.end_ns - report.start_ns)
                    stream.log("events", rerun.TextLog(f"{spoken(report.name)}, {length_s:.2f} s"))
                case Health():
                    stream.log("health", rerun.TextLog(f"{spoken(report.part)} {report.state} {report.reason}".strip()))
                case _:
                    continue

    def close(self) -> None:
        """End the file; may be called again."""
        self._stream.disconnect()

    def __enter__(self) -> Self:
        self._stream.save(str(self._path))
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
