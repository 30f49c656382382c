"""The kept drives still lead to the same reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reference.stories import difference, kept, now, stories


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.stem)
def test_a_kept_drive_leads_to_the_same_reports(story: Path) -> None:
    changed = difference(kept(story), now(story))
    assert not changed, f"{changed}. If that is meant: python -m tests.reference --update, review the table, and say why"


def test_what_differs_is_told() -> None:
    line = {"type": "event", "event": "yawn", "t_s": 3.0, "end_s": None, "peak": 0.5}
    assert difference([line], [line | {"peak": 0.5004}]) == ""
    assert difference([line], [line | {"peak": 0.6}]) == "the beginning of the event yawn at 3.000 s: peak was 0.5, now 0.6"
    assert difference([line], []) == "gone: the beginning of the event yawn at 3.000 s"
    assert difference([], [line]) == "new: the beginning of the event yawn at 3.000 s"
