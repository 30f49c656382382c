"""Deals each case a person, eyewear, a light and a frame rate of its own: a sample then spans what drivers and cameras may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from driver_monitor.bench.protocol.cases import Case
from driver_monitor.bench.virtual_driver.subject import PEOPLE

# what a case sets itself stays; a word that stands twice is dealt twice as often
_DECKS: dict[tuple[str, str], tuple[object, ...]] = {
    ("subject", "like"): tuple(PEOPLE),
    ("subject", "glasses"): ("none", "none", "clear"),
    ("light", "kind"): ("day", "day", "infrared", "infrared", "dusk", "side_sun"),
    ("camera", "fps"): (10, 15, 30, 60),
}

_AFTER = {"fps": " fps", "glasses": " glasses"}


def deal(cases: Sequence[Case], hand: str = "") -> list[Case]:
    """The same cases with what each is dealt: it hangs on its name and the ``hand``, and is told at the end of the name."""
    return [_dealt(case, hand) for case in cases]


def _dealt(case: Case, hand: str) -> Case:
    scenario, words = dict(case.scenario), list[str]()
    for (table, key), deck in _DECKS.items():
        part = scenario.get(table, {})
        if key in part:
            continue
        card = deck[int.from_bytes(sha256(f"{hand}{case.protocol}/{case.name}/{key}".encode()).digest()[:4]) % len(deck)]
        scenario[table] = part | {key: card}
        if card not in ("none", "day"):
            words.append(str(card).replace("_", " ") + _AFTER.get(key, ""))
    return replace(case, name="/".join([case.name, ", ".join(words)]) if words else case.name, scenario=scenario)
