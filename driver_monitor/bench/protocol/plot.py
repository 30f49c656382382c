"""A case as a small picture: truth against measured, with the alerts and when they were due. Inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from driver_monitor.bench.protocol.outcome import Outcome

_WIDTH, _LEFT, _RIGHT, _TOP = 900.0, 62.0, 10.0, 30.0
_LANE, _GAP = 62.0, 14.0
_LANES = (
    ("yaw °", "true_yaw", "yaw", -90.0, 90.0),
    ("pitch °", "true_pitch", "pitch", -55.0, 45.0),
    ("lids", "true_lids", "openness", 0.0, 1.2),
)


def plot(outcome: Outcome) -> str:
    """The SVG of one outcome; its colours come from the page's style."""
    c = outcome.curves
    if len(c.t_s) < 2:
        return ""
    start, end = c.t_s[0], c.t_s[-1]
    height = _TOP + len(_LANES) * (_LANE + _GAP) + 18.0

    def x(t: float) -> float:
        return _LEFT + (min(max(t, start), end) - start) / (end - start) * (_WIDTH - _LEFT - _RIGHT)

    parts = [f'<svg viewBox="0 0 {_WIDTH:.0f} {height:.0f}" role="img" aria-label="{escape(outcome.name)}: truth and measured">']
    for k, (label, true, read, low, high) in enumerate(_LANES):
        top = _TOP + k * (_LANE + _GAP)

        def y(value: float, top: float = top, low: float = low, high: float = high) -> float:
            return top + _LANE * (1.0 - (min(max(value, low), high) - low) / (high - low))

        parts.append(f'<rect class="lane" x="{_LEFT}" y="{top}" width="{_WIDTH - _LEFT - _RIGHT}" height="{_LANE}"/>')
        for text, at in ((f"{high:g}", 9.0), (label, _LANE / 2 + 4), (f"{low:g}", _LANE)):
            parts.append(f'<text x="{_LEFT - 6}" y="{top + at}" text-anchor="end">{text}</text>')
        for name, css in ((true, "true"), (read, "read")):
            values: Sequence[float | None] = getattr(c, name)
            points = [None if v is None else (x(t), y(v)) for t, v in zip(c.t_s, values, strict=True)]
            parts.append(f'<path class="{css}" d="{_path(points)}"/>')
    parts += _marks(outcome, x, height)
    step = 5 if end - start <= 80 else 30
    for t in range(int(start) // step * step, int(end) + 1, step):
        if t >= start:
            parts.append(f'<text x="{x(t):.0f}" y="{height - 4}" text-anchor="middle">{t} s</text>')
    return "".join([*parts, "</svg>"])


def _marks(outcome: Outcome, x: object, height: float) -> list[str]:
    """Dashed lines where an alert was due, full ones where it came, with its kind above."""
    assert callable(x)
    out: list[str] = []
    bottom = height - 18.0
    for check in outcome.verdict.checks:
        if check.due_s is not None:
            out.append(f'<path class="due" d="M{x(check.due_s):.1f} {_TOP - 4}V{bottom}"/>')
    raised = [s for s in outcome.steps if s.action == "raised"]
    edges = [-1e9, -1e9]
    for step in raised:
        at = x(step.t_s)
        row = 0 if at > edges[0] else 1
        edges[row] = at + 7.0 * len(step.kind)
        css = "came unwanted" if step in outcome.verdict.unwanted else "came"
        out.append(f'<path class="{css}" d="M{at:.1f} {_TOP - 4}V{bottom}"/>')
        out.append(f'<text class="kind" x="{at:.1f}" y="{11 + 12 * row}">{escape(step.kind.replace("_", " "))}</text>')
    return out


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    """A line through the points, broken where there is none; points in the middle of a level stretch are left out."""
    out: list[str] = []
    pen = False
    for k, point in enumerate(points):
        if point is None:
            pen = False
            continue
        around = points[k - 1] if k else None, points[k + 1] if k + 1 < len(points) else None
        level = all(p is not None and abs(p[1] - point[1]) < 0.4 for p in around)
        if pen and level:
            continue
        out.append(f"{'L' if pen else 'M'}{point[0]:.0f} {point[1]:.0f}")
        pen = True
    return "".join(out)
