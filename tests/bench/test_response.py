"""Response curves: what is swept is read, lines are laid as they lie, and the command writes what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from driver_monitor.bench.response.command import chosen_people
from driver_monitor.bench.response.curves import Curve, Point, closed_at, line_through, rows_of
from driver_monitor.bench.response.measure import Scene, measure_person
from driver_monitor.bench.response.page import as_markdown, page, ticks
from driver_monitor.bench.response.sweeps import QUANTITIES, SWEEPS
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.cli import main
from driver_monitor.errors import BadUseError


def curve(*points: tuple[float, float | None], person: str = "bea", quantity: str = "eye yaw") -> Curve:
    return Curve(quantity, person, tuple(Point(*p) for p in points))


def test_a_line_is_found_with_its_slope_and_offset_past_a_step_that_was_not_read() -> None:
    line = line_through(curve((-10.0, -3.0), (0.0, 2.0), (5.0, None), (10.0, 7.0)))
    assert line.slope == pytest.approx(0.5)
    assert line.offset == pytest.approx(2.0)
    assert line.r == pytest.approx(1.0)
    assert (line.read, line.lost) == (3, 1)


def test_nothing_read_gives_no_line() -> None:
    line = line_through(curve((0.0, None), (1.0, None)))
    assert (line.r, line.slope, line.read, line.lost) == (None, None, 0, 2)
    assert "Nothing was read." in page([curve((0.0, None), (1.0, None))], Scene())


def test_a_reading_that_stands_still_is_the_weakest_of_all() -> None:
    rows = rows_of([curve((0.0, 0.0), (1.0, 1.0)), curve((0.0, 0.4), (1.0, 0.4), person="goro")])
    assert [(r.quantity, r.r_min, r.weakest) for r in rows] == [("eye yaw", 0.0, "goro")]
    assert rows[0].slope == pytest.approx((0.0, 0.5, 1.0))


def test_the_gap_read_as_closed_is_where_the_curve_crosses_the_p80_rule() -> None:
    steady = curve((0.0, 0.0), (0.5, 0.5), (1.0, 1.0), quantity="openness")
    wide = curve((0.0, 0.0), (0.1, 0.4), (1.0, 1.0), quantity="openness", person="goro")
    never = curve((0.0, 0.3), (1.0, 1.0), quantity="openness", person="lena")
    assert closed_at([steady, wide, never]) == pytest.approx((0.05, 0.125, 0.2))
    assert closed_at([never]) is None


def test_a_thinned_sweep_keeps_both_ends() -> None:
    for sweep in SWEEPS:
        thin = sweep.thinned(5)
        assert all(
            (few[0], few[-1]) == (all_[0], all_[-1]) for few, all_ in zip(thin.branches, sweep.branches, strict=True)
        )
        assert sum(map(len, thin.branches)) < sum(map(len, sweep.branches))


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-60.4, 60.1), (0.0213, 0.354), (5.0, 5.0), (-0.2, -0.1)])
def test_ticks_hold_the_range_in_round_steps(low: float, high: float) -> None:
    marks = ticks(low, high)
    step = marks[1] - marks[0]
    assert marks[0] <= low
    assert marks[-1] >= high
    assert 2 <= len(marks) <= 10
    assert all(b - a == pytest.approx(step) for a, b in pairwise(marks))


def test_people_are_named_with_commas_or_all() -> None:
    assert chosen_people("goro, bea,goro") == ["goro", "bea"]
    assert chosen_people("all") == list(PEOPLE)
    with pytest.raises(BadUseError, match="names nobody"):
        chosen_people(" , ")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--people", "anders,hlide"], "there is no virtual driver 'hlide'; did you mean 'hilde'?"),
        (["--people", "bea", "--html", "no/such/page.html"], "the folder no/such does not exist; make it first"),
        (["--place", "roof"], "'roof' is not one of"),
    ],
)
def test_bad_use_is_one_line(arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "response", *arguments]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1


def test_lids_are_read_and_openness_follows_them() -> None:
    curves = {c.quantity: c for c in measure_person("bea", sweeps=["lids"], every=3)}
    assert list(curves) == ["eye aspect ratio", "blink unit", "openness"]
    for c in curves.values():
        r = line_through(c).r
        assert r is not None
        assert r > 0.95
    opened = [p.read for p in curves["openness"].points]
    assert opened[0] is not None
    assert opened[-1] is not None
    assert opened[0] < 0.2  # P80: shut is read as closed
    assert opened[-1] == pytest.approx(1.0, abs=0.1)


def test_the_command_prints_and_writes_every_quantity(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("r.json", "r.html", "r.md")]
    options = [str(part) for pair in zip(("--json", "--html", "--markdown"), files, strict=True) for part in pair]
    command = [sys.executable, "-m", "driver_monitor", "bench", "response", "--people", "enzo", "--every", "6", *options]
    # in a process of its own: the command locks it down for good
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    figures = json.loads(files[0].read_text("utf-8"))
    assert [row["quantity"] for row in figures["table"]] == list(QUANTITIES)
    by_name = {row["quantity"]: row for row in figures["table"]}
    for name in ("head yaw", "head pitch", "head roll", "eye yaw", "mouth ratio"):
        assert by_name[name]["r_min"] > 0.9
        assert 0.6 < by_name[name]["slope"][1] < 1.4
    html, markdown = files[1].read_text("utf-8"), files[2].read_text("utf-8")
    assert html.count("<svg") == len(QUANTITIES)
    assert "http" not in html
    assert str(tmp_path) not in html + markdown
    assert "Made by `driver-monitor bench response --people enzo --place column --every 6 --markdown r.md`" in markdown
    for name in QUANTITIES:
        assert name in done.stdout
        assert f"| {name} |" in markdown


def test_a_curve_is_broken_where_nothing_was_read() -> None:
    text = page([curve((0.0, 0.0), (1.0, 1.0), (2.0, None), (3.0, 3.0), (4.0, 4.0))], Scene("a_pillar", glasses="clear"))
    drawn = text[text.index('<g class="person">') :]
    assert drawn[drawn.index(' d="') : drawn.index('"/>')].count("M") == 2
    assert "a-pillar, clear glasses" in as_markdown([curve((0.0, 0.0), (1.0, 1.0))], Scene("a_pillar", glasses="clear"), "it")
