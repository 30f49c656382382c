"""What a recording held, gathered while it is replayed: figures for the report file, tables for the reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from driver_monitor.alerts.words import reason, spoken
from driver_monitor.signals import Alert, DriverState, Event, Report, StateName, Value, seconds

if TYPE_CHECKING:
    from rich.console import Console

    from driver_monitor.runtime.played import Played

_LISTED = ("eyes_closed", "yawn", "glance", "nod", "slump", "hand_to_face", "shout", "keyword", "visibility")
_MOST_LISTED = 12  # of one kind; the report file has them all
_LEVEL_STYLE = {"advice": "cyan", "caution": "yellow", "warning": "dark_orange3", "critical": "bold red"}


def clock(t_s: float) -> str:
    """Seconds as minutes and seconds."""
    minutes, rest = divmod(round(t_s * 10), 600)
    return f"{minutes:02d}:{rest / 10:04.1f}"


@dataclass
class _Range:
    """The values a state took."""

    low: float = 1.0
    high: float = 0.0
    known: int = 0
    told: int = 0
    why_unknown: str = ""

    def take(self, state: DriverState) -> None:
        self.told += 1
        if state.value is None:
            self.why_unknown = state.reason or ""
            return
        self.known += 1
        self.low, self.high = min(self.low, state.value), max(self.high, state.value)

    def figures(self) -> dict[str, Any]:
        share = round(self.known / self.told, 4) if self.told else 0.0
        known = self.known > 0
        return {"min": self.low if known else None, "max": self.high if known else None, "known_share": share}


@dataclass
class Summary:
    """Gathers reports."""

    alerts: list[Alert] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    states: dict[StateName, _Range] = field(default_factory=dict)
    lines: int = 0

    def take(self, sample: object, reports: Iterable[Report], monitor: object) -> None:
        """Take what one sample led to."""
        for report in reports:
            self.lines += 1
            match report:
                case Alert():
                    self.alerts.append(report)
                case Event() if report.end_ns is not None:
                    self.events.append(report)
                case DriverState():
                    self.states.setdefault(report.state, _Range()).take(report)

    def figures(self) -> dict[str, Any]:
        """The figures of the report file's last line."""
        raised = Counter(alert.kind for alert in self.alerts if alert.action == "raised")
        counted = Counter(event.name for event in self.events)
        return {
            "alerts": dict(sorted(raised.items())),
            "events": dict(sorted(counted.items())),
            "states": {name: self.states[name].figures() for name in get_args(StateName) if name in self.states},
        }

    # -------------------------------------------------------------------------------------------------------- printing

    def show(self, console: Console) -> None:
        """Print alerts, events and states."""
        self._show_alerts(console)
        self._show_events(console)
        self._show_states(console)

    def _show_alerts(self, console: Console) -> None:
        from rich.table import Table
        from rich.text import Text

        if not self.alerts:
            console.print("Alerts: none")
            return
        table = Table(title="Alerts", title_justify="left", box=None, pad_edge=False)
        for column in ("time", "kind", "level", "", "reason"):
            table.add_column(column, no_wrap=column != "reason")
        for alert in self.alerts:
            level = Text(alert.level, style=_LEVEL_STYLE[alert.level])
            words = "" if alert.action in ("cleared", "acknowledged") else f"{reason(alert)} ({alert.source})"
            table.add_row(clock(seconds(alert.t_ns)), spoken(alert.kind), level, alert.action, Text(words))
        console.print(table)

    def _show_events(self, console: Console) -> None:
        from rich.table import Table

        if not self.events:
            console.print("Events: none")
            return
        table = Table(title="Events", title_justify="left", box=None, pad_edge=False)
        table.add_column("event", no_wrap=True)
        table.add_column("count", justify="right")
        table.add_column("when, and for how long")
        for name, count in sorted(Counter(event.name for event in self.events).items()):
            ours = [event for event in self.events if event.name == name]
            shown = ", ".join(_when(event) for event in ours[:_MOST_LISTED]) if name in _LISTED else ""
            more = f", … {count - _MOST_LISTED} more" if shown and count > _MOST_LISTED else ""
            table.add_row(spoken(name), str(count), shown + more)
        console.print(table)

    def _show_states(self, console: Console) -> None:
        from rich.table import Table
        from rich.text import Text

        if not self.states:
            return
        table = Table(title="States (0 to 1)", title_justify="left", box=None, pad_edge=False)
        for column in ("state", "lowest", "highest", "known"):
            table.add_column(column, justify="left" if column == "state" else "right")
        table.add_column("")
        for name in get_args(StateName):
            if name not in self.states:
                continue
            told = self.states[name]
            low, high = (f"{told.low:.2f}", f"{told.high:.2f}") if told.known else ("—", "—")
            why = told.why_unknown if not told.known else ""
            table.add_row(name, low, high, f"{told.known / told.told:.0%}", Text(why))
        console.print(table)


def show_parts(console: Console, recording: Played, length_s: float) -> None:
    """Print what was replayed and what was not there."""
    parts = ", ".join(f"{spoken(part)} from {file}" for part, file in recording.parts)
    console.print(f"Replayed {recording.name}, {clock(length_s)}: {parts}", highlight=False, markup=False)
    if recording.missing:
        console.print(f"Not there: {', '.join(spoken(part) for part in recording.missing)}", highlight=False)
    for note in recording.notes:
        console.print(f"Note: {note}", highlight=False, markup=False)


def _when(event: Event) -> str:
    length = seconds((event.end_ns or event.start_ns) - event.start_ns)
    detail: dict[str, Value] = dict(event.detail)
    told = detail.get("zone") or detail.get("trouble") or detail.get("word")
    what = f" {spoken(str(told))}" if told else ""
    return f"{clock(seconds(event.start_ns))}{what} ({length:.1f} s)"
