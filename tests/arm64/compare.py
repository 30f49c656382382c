"""Hold two report files of the same clip equal: the same lines in the same order, figures within a tolerance.

``compare.py HERE.jsonl THERE.jsonl BACKEND`` also wants THERE to say that BACKEND read the face. The header, the summary, that
one line, and what is said of the hands (a model that not every processor runs) differ by nature.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_OWN = ("face", "hands")
TOLERANCE = 0.02
"""Of values between 0 and 1 and of seconds; two processors round differently (landmarks move by thousandths of a pixel)."""


def lines(path: Path) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [line for line in told if line["type"] in {"event", "state", "alert", "health"} and line.get("part") not in _OWN]


def apart(here: Any, there: Any, where: str, worst: list[float]) -> list[str]:
    """What differs beyond the tolerance; ``worst`` collects how far figures are apart."""
    if isinstance(here, dict) and isinstance(there, dict) and here.keys() == there.keys():
        return [w for k in here for w in apart(here[k], there[k], f"{where}.{k}", worst)]
    if isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        return [w for k, (a, b) in enumerate(zip(here, there, strict=True)) for w in apart(a, b, f"{where}[{k}]", worst)]
    if isinstance(here, (int, float)) and isinstance(there, (int, float)) and not isinstance(here, bool):
        distance = abs(here - there) / max(1.0, abs(here))
        worst.append(distance)
        return [] if distance <= TOLERANCE else [f"{where}: {here} here, {there} there"]
    return [] if here == there else [f"{where}: {here!r} here, {there!r} there"]


def main(here: Path, there: Path, backend: str) -> int:
    ours, theirs = lines(here), lines(there)
    worst = [0.0]
    differs = [] if len(ours) == len(theirs) else [f"{len(ours)} lines here, {len(theirs)} there"]
    for k, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        differs += apart(a, b, f"line {k} ({a['type']})", worst)
    if f"landmarks by {backend}" not in there.read_text("utf-8"):
        differs.append(f"the face was not read by {backend}")
    events = sum(line["type"] == "event" for line in ours)
    for line in differs[:20]:
        print(line)
    print(f"{len(ours)} lines, {events} of them events; figures at most {max(worst):.6f} apart; {len(differs)} differences")
    return int(bool(differs))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
