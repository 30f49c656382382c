"""The report of a run: one page that opens without a network, light or dark as the reader's screen is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from driver_monitor import __version__
from driver_monitor.bench.out_file import write_text
from driver_monitor.bench.page_style import STYLE
from driver_monitor.bench.protocol.outcome import Outcome
from driver_monitor.bench.protocol.plot import plot

_KEY = (
    '<p class="key"><span><i style="color:var(--true)"></i>truth</span><span><i style="color:var(--read)"></i>measured</span>'
    '<span><i style="color:var(--due);border-top-style:dashed"></i>alert due</span>'
    '<span><i style="color:var(--good)"></i>alert came</span>'
    '<span><i style="color:var(--bad)"></i>alert that nothing called for</span></p>'
)


def write_page(path: Path, outcomes: Sequence[Outcome], title: str, about: str) -> None:
    """Write the report."""
    write_text(path, page(outcomes, title, about))


def page(outcomes: Sequence[Outcome], title: str, about: str) -> str:
    """The report as HTML."""
    good = sum(o.passed for o in outcomes)
    failed = [o for o in outcomes if not o.passed]
    level = ", ".join(sorted({o.level for o in outcomes}))
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1>",
        f"<p>{escape(about)} Timed after the texts named, not a claim of compliance with them. The driver is a virtual one: this "
        "page proves timing, thresholds and robustness, not accuracy on people.</p>",
        f'<p><b class="{"good" if good == len(outcomes) else "bad"}">{good} of {len(outcomes)} cases hold</b> · '
        f"{escape(level)} · driver-monitor {escape(__version__)}</p>",
        _groups(outcomes),
    ]
    if failed:
        parts.append(f'<h2 class="bad">{len(failed)} cases fail</h2>')
        parts += [_KEY, *(_case(o, opened=len(failed) <= 12) for o in failed)]
    if good:
        parts += ["<h2>Cases that hold</h2>", _KEY, *(_case(o, opened=False) for o in outcomes if o.passed)]
    parts.append("</html>")
    return "\n".join(parts)


def _groups(outcomes: Sequence[Outcome]) -> str:
    rows = ["<table><tr><th>case</th><th>rule</th><th>hold</th><th>worst</th></tr>"]
    for group in dict.fromkeys(o.group for o in outcomes):
        mine = [o for o in outcomes if o.group == group]
        good = sum(o.passed for o in mine)
        worst = max((w for o in mine if (w := o.worst_s) is not None), default=None)
        rows.append(
            f"<tr><td>{escape(group)}</td><td>{escape(mine[0].rule)}<br><span class=rule>{escape(mine[0].source)}</span></td>"
            f'<td class="n {"good" if good == len(mine) else "bad"}">{good}/{len(mine)}</td>'
            f'<td class="n">{"" if worst is None else f"{worst:.2f} s"}</td></tr>'
        )
    return "\n".join([*rows, "</table>"])


def _case(o: Outcome, opened: bool) -> str:
    mark = '<span class="good">holds</span>' if o.passed else '<span class="bad">fails</span>'
    faults = "".join(f'<div class="bad">{escape(f)}</div>' for f in o.faults)
    checks = "".join(
        f"<tr><td>{escape(c.kind)} {escape(c.action)}</td><td class=n>{_s(c.due_s)}</td><td class=n>{_s(c.came_s)}</td>"
        f"<td class=n>± {c.allowed_s:.2f} s</td></tr>"
        for c in o.verdict.checks
    )
    table = f"<table><tr><th>alert</th><th>due</th><th>came</th><th>allowed</th></tr>{checks}</table>" if checks else ""
    quiet = "" if o.verdict.checks or not o.passed else "<div>nothing was due, and nothing came</div>"
    return (
        f"<details{' open' if opened else ''}><summary>{mark} · {escape(o.name)}</summary>"
        f'<div class="rule">{escape(o.rule)} — {escape(o.source)} · {o.frames} pictures</div>'
        f"{faults}{table}{quiet}{plot(o)}</details>"
    )


def _s(t: float | None) -> str:
    return "—" if t is None else f"{t:.2f} s"
