"""The report of a run: one page that opens without a network, light or dark as the reader's screen is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from driver_monitor import __version__
from driver_monitor.bench.protocol.outcome import Outcome
from driver_monitor.bench.protocol.plot import plot

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#f3f4f6;--line:#d5d9de;--good:#12703c;--bad:#b3261e;
--true:#7a8594;--read:#0b62c4;--due:#8a5a00}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--paper:#14171a;--soft:#1f2429;--line:#3a4149;--good:#5fd08c;--bad:#ff8a80;
--true:#9aa5b1;--read:#6db3ff;--due:#e0b25a}}
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line);
vertical-align:top}td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.good{color:var(--good)}.bad{color:var(--bad)}
details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0;padding:.3rem .7rem}summary{cursor:pointer}
.rule{color:var(--true)}svg{width:100%;height:auto;margin-top:.4rem}svg text{font:11px system-ui,sans-serif;fill:var(--ink)}
.lane{fill:var(--soft)}path{fill:none;stroke-width:1.4}.true{stroke:var(--true);stroke-width:2.6;opacity:.75}.read{stroke:var(--read)}
.due{stroke:var(--due);stroke-dasharray:4 3}.came{stroke:var(--good);stroke-width:1.8}.unwanted{stroke:var(--bad)}
.key span{margin-right:1.2rem}.key i{display:inline-block;width:1.6rem;border-top:3px solid;margin-right:.3rem;
vertical-align:middle}
"""
_KEY = (
    '<p class="key"><span><i style="color:var(--true)"></i>truth</span><span><i style="color:var(--read)"></i>measured</span>'
    '<span><i style="color:var(--due);border-top-style:dashed"></i>alert due</span>'
    '<span><i style="color:var(--good)"></i>alert came</span>'
    '<span><i style="color:var(--bad)"></i>alert that nothing called for</span></p>'
)


def write_page(path: Path, outcomes: Sequence[Outcome], title: str, about: str) -> None:
    """Write the report."""
    path.write_text(page(outcomes, title, about), encoding="utf-8")


def page(outcomes: Sequence[Outcome], title: str, about: str) -> str:
    """The report as HTML."""
    good = sum(o.passed for o in outcomes)
    failed = [o for o in outcomes if not o.passed]
    level = ", ".join(sorted({o.level for o in outcomes}))
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>",
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
