"""``python -m tests.reference`` tells how the reports of the kept drives differ from now; ``--update`` keeps those of now.

Exit code 1: something differs and was not updated.
"""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.table import Table

from tests.reference.stories import difference, kept, now, stories, write


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reference", description="Hold the kept drives' reports against now.")
    parser.add_argument("--update", action="store_true", help="keep the reports of now: review the table and say why")
    update = parser.parse_args().update
    table = Table("story", "alerts", "lines", "first difference")
    changed = 0
    for story in stories():
        before, after = kept(story), now(story)
        first = difference(before, after)
        changed += bool(first)
        counts = (
            [sum(line["type"] == "alert" for line in lines) for lines in (before, after)],
            [len(lines) for lines in (before, after)],
        )
        table.add_row(story.stem, *(f"{was} → {new}" if was != new else str(was) for was, new in counts), first or "none")
        if update and first:
            write(story, after)
    Console().print(table)
    return 1 if changed and not update else 0


sys.exit(main())
