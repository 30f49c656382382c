"""The report file: JSON Lines, one report a line, as docs/reports.md describes them."""

from __future__ import annotations

import contextlib
import json
import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from driver_monitor import __version__
from driver_monitor.errors import BadUseError, DriverMonitorError
from driver_monitor.privacy import may_leave_cab
from driver_monitor.settings import Settings
from driver_monitor.signals import Alert, DriverState, Event, Evidence, Health, Report, seconds

_LOGGER = logging.getLogger("driver_monitor.live")

FORMAT = 1
"""Raised when a reader of an older format could misread a line; new keys and line types do not raise it."""

Line = dict[str, Any]


def encode(report: Report, start_ns: int = 0) -> Line:
    """A report as a line; times become seconds since ``start_ns``."""
    match report:
        case Event():
            line: Line = {
                "type": "event",
                "t_s": _since(report.t_ns, start_ns),
                "event": report.name,
                "start_s": _since(report.start_ns, start_ns),
                "end_s": None if report.end_ns is None else _since(report.end_ns, start_ns),
            }
            for key, value in report.detail:
                line.setdefault(key, _finite(value))
            return line
        case DriverState():
            line = {
                "type": "state",
                "t_s": _since(report.t_ns, start_ns),
                "state": report.state,
                "value": _finite(report.value),
                "confidence": _finite(report.confidence),
                "evidence": _evidence(report.evidence),
            }
            if report.state == "fatigue":
                line["kss"] = _finite(report.kss)
                interval = [_finite(report.kss_low), _finite(report.kss_high)]
                line["kss_interval"] = None if None in interval else interval
                line["not_read"] = dict(report.not_read)
            if report.value is None:
                line["reason"] = report.reason
            return line
        case Alert():
            return {
                "type": "alert",
                "t_s": _since(report.t_ns, start_ns),
                "event": report.action,
                "id": report.id,
                "kind": report.kind,
                "level": report.level,
                "rule": report.rule,
                "source": report.source,
                "evidence": _evidence(report.evidence),
            }
        case Health():
            return {
                "type": "health",
                "t_s": _since(report.t_ns, start_ns),
                "part": report.part,
                "state": report.state,
                "reason": report.reason,
            }


def as_bytes(line: Line) -> bytes:
    """A line of the report file, without its end."""
    return json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


class ReportWriter:
    """Writes reports as they come. A line is written whole and at once, so neither a crash nor a full disk leaves half of one.

    With ``go_on`` a disk that fails raises nothing: it ends the file, and is told in the log and as ``trouble``.
    """

    def __init__(
        self,
        path: Path,
        *,
        recording: str,
        settings: Settings,
        models: Mapping[str, str],
        start_ns: int = 0,
        go_on: bool = False,
    ) -> None:
        from driver_monitor.settings_file import settings_sha256

        self._path = path
        self._deployment = settings.trip.deployment
        self._start_ns = start_ns
        self._go_on = go_on
        self._whole = 0  # bytes of the lines that are written
        self.trouble = ""
        try:
            self._file: FileIO = path.open("wb", buffering=0)
        except FileNotFoundError:
            raise BadUseError(f"{path} cannot be written: the folder {path.parent} does not exist; make it first") from None
        except OSError as problem:
            raise BadUseError(f"{path} cannot be written ({problem.strerror or problem}); give another file") from None
        header = {
            "type": "header",
            "format": FORMAT,
            "version": __version__,
            "recording": Path(recording).name,
            "settings_sha256": settings_sha256(settings),
            "models": dict(models),
        }
        try:
            self._put(header)
        except DriverMonitorError:
            self.close()
            raise

    def write(self, report: Report) -> None:
        """Write one report, unless it may not be stored."""
        if may_leave_cab(report, self._deployment):
            self._put(encode(report, self._start_ns))

    def take(self, sample: object, reports: Iterable[Report], monitor: object) -> None:
        """Write what one sample led to."""
        for report in reports:
            self.write(report)

    def summary(self, figures: Mapping[str, Any]) -> None:
        """Write the last line."""
        self._put({"type": "summary", **figures})

    def close(self) -> None:
        """Close the file; may be called again."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _put(self, line: Line) -> None:
        if self.trouble:
            return
        left = data = as_bytes(line) + b"\n"
        try:
            while left:
                left = left[self._file.write(left) or 0 :]
        except OSError as problem:
            with contextlib.suppress(OSError):  # a pipe cannot be cut
                self._file.truncate(self._whole)
            why = problem.strerror or problem
            self.trouble = f"{self._path} cannot be written any further ({why}); free some space and run again"
            if not self._go_on:
                raise DriverMonitorError(self.trouble) from None
            _LOGGER.error("%s; the watch goes on without it", self.trouble)
        else:
            self._whole += len(data)


def read_reports(path: Path) -> Iterator[Line]:
    """The lines of a report file.

    Raises
    ------
    BadUseError
        When the file is not there, is no report file, or is of a format not known here.
    """
    number = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                line = _parse(path, number, text)
                if number == 1:
                    _check_header(path, line)
                yield line
            if number == 0:
                raise BadUseError(f"{path} is empty; give a report file")
    except FileNotFoundError:
        raise BadUseError(f"{path} does not exist; check the path") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise BadUseError(f"{path} cannot be read as a report file ({problem})") from None


def _parse(path: Path, number: int, text: str) -> Line:
    try:
        line = json.loads(text)
    except json.JSONDecodeError as problem:
        raise BadUseError(f"{path} line {number} is not JSON ({problem.msg}); the file is broken there") from None
    except (ValueError, RecursionError):  # thousands of digits, or of brackets
        raise BadUseError(f"{path} line {number} is too long or deep to read; the file is broken there") from None
    if not isinstance(line, dict) or not isinstance(line.get("type"), str):
        raise BadUseError(f"{path} line {number} is no report: an object with a 'type' is needed")
    return line


def _check_header(path: Path, line: Line) -> None:
    if line["type"] != "header":
        raise BadUseError(f"{path} is no report file: its first line is not a header")
    if line.get("format") != FORMAT:
        raise BadUseError(f"{path} is of report format {line.get('format')}, not {FORMAT}; update this program")


def _since(t_ns: int, start_ns: int) -> float:
    return round(seconds(t_ns - start_ns), 6)


def _finite(value: Any) -> Any:
    """A value as it is; what is no number (infinite, undefined) is not known."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _evidence(terms: Sequence[Evidence]) -> list[Line]:
    # contributions unchanged: rounded before they were summed, they still sum to the value
    return [
        {"term": e.term, "contribution": _finite(e.contribution), "measured": _finite(e.measured), "unit": e.unit} for e in terms
    ]
