"""The demo's page: what the driver did, what was reported, and every alert with its reason. One file, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from driver_monitor import __version__
from driver_monitor.bench.out_file import write_text
from driver_monitor.bench.page_style import STYLE
from driver_monitor.bench.scenario.tracks import Label

_WIDTH, _LEFT, _RIGHT, _LANE, _GAP = 960.0, 118.0, 10.0, 46.0, 10.0
_BAR = 15.0
_STATES = ("fatigue", "distraction", "stress", "anger", "responsiveness")
Span = tuple[str, float, float]
_BACKGROUND = frozenset({"blink", "glance"})  # too many to label


def write_page(
    path: Path, reports: Sequence[dict[str, Any]], done: Sequence[Label], title: str, zero_s: float, film: str
) -> None:
    """Write the page; ``zero_s`` is the drive's beginning in the reports' time, ``film`` a video beside the page."""
    write_text(path, page(reports, done, title, zero_s, film))


def page(reports: Sequence[dict[str, Any]], done: Sequence[Label], title: str, zero_s: float, film: str) -> str:
    """The page as HTML."""
    alerts = [r for r in reports if r["type"] == "alert"]
    rows = "".join(
        f"<tr><td class=n>{a['t_s'] - zero_s:.1f} s</td><td>{escape(a['event'])}</td><td>{_words(a['kind'])}</td>"
        f"<td>{escape(a['level'])}</td><td>{escape(a['rule'])}<br><span class=rule>{_evidence(a['evidence'])}</span></td></tr>"
        for a in alerts
    )
    return "\n".join(
        [
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{escape(title)}</title><style>{STYLE}video{{max-width:100%}}.bar{{fill:var(--true);opacity:.55}}"
            f".found{{fill:var(--read);opacity:.75}}.alert{{fill:var(--bad)}}</style><h1>{escape(title)}</h1>",
            f"<p>A scripted drive of the virtual driver through the live loop of driver-monitor {escape(__version__)}. The "
            "pictures are rendered: this shows timing and reasons, not accuracy on people. Times count from the drive's first "
            f"moment; the terminal's and the reports' count from the program's start, {zero_s:.1f} s before it.</p>",
            f'<video controls src="{escape(film)}"></video>',
            "<h2>The drive</h2>",
            _timeline(reports, done, zero_s),
            f"<h2>Alerts</h2><table><tr><th>time</th><th>step</th><th>alert</th><th>level</th><th>why</th></tr>{rows}</table>"
            if alerts
            else "<h2>Alerts</h2><p>None.</p>",
            "</html>",
        ]
    )


def _evidence(terms: Iterable[dict[str, Any]]) -> str:
    known = [t for t in terms if t["measured"] is not None]
    known.sort(key=lambda t: -abs(t["contribution"]))
    return escape("; ".join(f"{t['term']} {t['measured']:.2f} {t['unit']} ({t['contribution']:+.2f})" for t in known[:4]))


def _words(name: str) -> str:
    return escape(name.replace("_", " "))


def _timeline(reports: Sequence[dict[str, Any]], done: Sequence[Label], zero_s: float) -> str:
    end: float = max([*(r["t_s"] - zero_s for r in reports if "t_s" in r), *(label.end_s for label in done), 1.0])

    def x(t: float) -> float:
        return _LEFT + max(0.0, min(1.0, t / end)) * (_WIDTH - _LEFT - _RIGHT)

    parts: list[str] = []
    spans = [(d.what, d.start_s, d.end_s) for d in done if d.what not in _BACKGROUND]
    y: float = _spans(parts, "done", "bar", spans, 16.0, x)
    found = [
        (r["event"], r["start_s"] - zero_s, r["end_s"] - zero_s)
        for r in reports
        if r["type"] == "event" and r["end_s"] is not None and r["event"] not in ("blink", "visibility")
    ]
    y = _spans(parts, "reported", "found", found, y + _GAP, x)
    spans = _standing([r for r in reports if r["type"] == "alert"], zero_s, end)
    y = _spans(parts, "alerts", "alert", spans, y + _GAP, x) + _GAP
    for state in _STATES:
        parts.append(f'<text x="{_LEFT - 8}" y="{y + _LANE / 2 + 4}" text-anchor="end">{state}</text>')
        parts.append(f'<rect class="lane" x="{_LEFT}" y="{y}" width="{_WIDTH - _LEFT - _RIGHT}" height="{_LANE}"/>')
        line, pen = [], False
        for r in reports:
            if r["type"] != "state" or r["state"] != state:
                continue
            if r["value"] is None:
                pen = False
                continue
            line.append(f"{'L' if pen else 'M'}{x(r['t_s'] - zero_s):.1f} {y + _LANE * (1.0 - r['value']):.1f}")
            pen = True
        parts.append(f'<path class="read" d="{"".join(line)}"/>')
        y += _LANE + _GAP
    for t in range(0, int(end) + 1, 5):
        parts.append(f'<text x="{x(t):.0f}" y="{y + 8}" text-anchor="middle">{t} s</text>')
    height = y + 14.0
    return f'<svg viewBox="0 0 {_WIDTH:.0f} {height:.0f}" role="img" aria-label="the drive">{"".join(parts)}</svg>'


def _standing(alerts: Sequence[dict[str, Any]], zero_s: float, end: float) -> list[Span]:
    """Each alert from its first step to its last."""
    spans: dict[int, Span] = {}
    for a in alerts:
        t = a["t_s"] - zero_s
        kind, start, _ = spans.get(a["id"], (a["kind"], t, end))
        spans[a["id"]] = (kind, start, t if a["event"] == "cleared" else end)
    return list(spans.values())


def _spans(
    parts: list[str], name: str, css: str, spans: Sequence[Span], y: float, x: Callable[[float], float]
) -> float:
    """Draw labelled bars, each in the first row where it does not lie on another; gives the next free y."""
    rows: list[float] = []
    for what, start, stop in sorted(spans, key=lambda s: s[1]):
        text = _words(what)
        left, right = x(start), max(x(stop), x(start) + 3.0)
        row = next((k for k, edge in enumerate(rows) if edge < left), len(rows))
        if row == len(rows):
            rows.append(0.0)
        words_at = min(left + 2.0, _WIDTH - 7.0 * len(text))
        rows[row] = max(right, left + 7.0 * len(text)) + 4.0
        top = y + row * (_BAR + 3.0)
        parts.append(f'<rect class="{css}" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{_BAR}" rx="2"/>')
        parts.append(f'<text x="{words_at:.1f}" y="{top + 11:.1f}">{text}</text>')
    parts.append(f'<text x="{_LEFT - 8}" y="{y + 11}" text-anchor="end">{name}</text>')
    return y + max(1.0, float(len(rows))) * (_BAR + 3.0)
