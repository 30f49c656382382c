"""The look of the bench's pages: no outside files, light or dark as the reader's screen is."""

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#f3f4f6;--line:#d5d9de;--good:#12703c;--bad:#b3261e;
--true:#7a8594;--read:#0b62c4;--due:#8a5a00}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--paper:#14171a;--soft:#1f2429;--line:#3a4149;--good:#5fd08c;--bad:#ff8a80;
--true:#9aa5b1;--read:#6db3ff;--due:#e0b25a}}
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line);
vertical-align:top}td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
@media (max-width:40rem){td,th{padding:.25rem;font-size:.8rem}}
.good{color:var(--good)}.bad{color:var(--bad)}
details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0;padding:.3rem .7rem}summary{cursor:pointer}
.rule{color:var(--true)}svg{width:100%;height:auto;margin-top:.4rem}svg text{font:11px system-ui,sans-serif;fill:var(--ink)}
.lane{fill:var(--soft)}path{fill:none;stroke-width:1.4}.true{stroke:var(--true);stroke-width:2.6;opacity:.75}.read{stroke:var(--read)}
.due{stroke:var(--due);stroke-dasharray:4 3}.came{stroke:var(--good);stroke-width:1.8}.unwanted{stroke:var(--bad)}
.key span{margin-right:1.2rem}.key i{display:inline-block;width:1.6rem;border-top:3px solid;margin-right:.3rem;
vertical-align:middle}
"""
