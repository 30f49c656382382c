"""What a person sees on the terminal while the monitor runs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from driver_monitor.privacy import may_leave_cab
from driver_monitor.settings import Settings
from driver_monitor.signals import NS_PER_S, DriverState, Health, Report, StateName, nanoseconds, seconds

if TYPE_CHECKING:
    from rich.console import Console

_LOGGER = logging.getLogger("driver_monitor.live")
_HIGH, _LOW = 0.5, 0.4  # a state is told as high from 0.5 and as low again below 0.4, so that it does not flutter
_LOW_S = 3.0  # ... nor does it when it dips for less (design)


class Screen:
    """What a person sees on the terminal: alerts and health by the log, states as they change, one status line on a tty."""

    def __init__(self, settings: Settings, console: Console, zero_ns: int) -> None:
        self._settings = settings
        self._high: dict[StateName, bool | None] = {}
        self._low_ns: dict[StateName, int] = {}  # since when a state told as high has been low
        self._shown: dict[str, str] = {}
        self._zero_ns = zero_ns
        self._status = console.status("starting", spinner="line") if console.is_terminal else None
        self._status_ns = 0

    def __enter__(self) -> Screen:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, report: Report) -> None:
        """Take one report."""
        if isinstance(report, Health):
            reason = f": {report.reason}" if report.reason else ""
            level = logging.WARNING if report.state in ("lost", "missing", "degraded") else logging.INFO
            _LOGGER.log(level, "%.1f s: %s %s%s", self._at(report), report.part.replace("_", " "), report.state, reason)
        elif isinstance(report, DriverState) and may_leave_cab(report, self._settings.trip.deployment):
            self._state(report)

    def _at(self, report: Report) -> float:
        return seconds(report.t_ns - self._zero_ns)

    def _state(self, state: DriverState) -> None:
        was, now = self._high.get(state.state), None
        if state.value is not None:
            now = state.value >= (_LOW if was else _HIGH)
        if was and now is False:
            now = state.t_ns - self._low_ns.setdefault(state.state, state.t_ns) < nanoseconds(_LOW_S)
        else:
            self._low_ns.pop(state.state, None)
        if now != was:
            self._high[state.state] = now
            if now or was:  # "low" after "not known" is no news
                told = "not known" if state.value is None else f"{'high' if now else 'low'} ({state.value:.2f})"
                reason = f": {state.reason}" if state.value is None and state.reason else ""
                _LOGGER.info("%.1f s: %s is %s%s", self._at(state), state.state, told, reason)
        self._shown[state.state] = "–" if state.value is None else f"{state.value:.2f}"
        if self._status is not None and state.t_ns - self._status_ns >= NS_PER_S // 4:
            self._status_ns = state.t_ns
            self._status.update(
                f"{self._at(state):.0f} s  " + "  ".join(f"{name} {value}" for name, value in self._shown.items())
            )
