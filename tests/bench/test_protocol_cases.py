"""Protocol files: how few lines become many cases, and what is said of a wrong one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from driver_monitor.bench.protocol.cases import Expected, _Case, load_protocol, protocol_names
from driver_monitor.bench.protocol.played import script_of
from driver_monitor.bench.protocol.run import choose
from driver_monitor.bench.protocol.run_case import run_case
from driver_monitor.bench.scenario.behaviours import BEHAVIOURS
from driver_monitor.bench.scenario.script import Script
from driver_monitor.errors import BadUseError, SettingsError

PLAIN = """
title = "A protocol"
[base]
seconds = 20
[sets.place]
"left" = { let = { zone = "left_window" } }
"right" = { let = { zone = "right_window" } }
[[case]]
name = "look"
rule = "one glance off the forward road"
source = "design"
do = [{ at = 14, what = "look", zone = "$zone", for = 4 }]
alert = [{ kind = "long_distraction", off_road = 3.0 }]
over = ["place"]
each = ["fps"]
"""


def written(folder: Path, text: str) -> str:
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_case_spreads_over_every_combination_and_each_single_change(tmp_path: Path) -> None:
    cases = load_protocol(written(tmp_path, PLAIN)).cases
    names = ["look/left", "look/right", "look/10 fps", "look/15 fps", "look/30 fps", "look/60 fps"]
    assert [c.name for c in cases] == names
    # a single change is laid over the first of each set
    assert [c.scenario["do"][0]["zone"] for c in cases] == ["left_window", "right_window", *["left_window"] * 4]
    assert [c.scenario.get("camera", {}).get("fps") for c in cases] == [None, None, 10, 15, 30, 60]


def test_cases_are_told_apart_by_what_they_hold(tmp_path: Path) -> None:
    first = load_protocol(written(tmp_path, PLAIN)).cases
    again = load_protocol(written(tmp_path, PLAIN.replace("title", "# a remark\ntitle"))).cases
    other = load_protocol(written(tmp_path, PLAIN.replace("at = 14", "at = 14.5"))).cases
    assert [c.digest for c in first] == [c.digest for c in again]
    assert not {c.digest for c in first} & {c.digest for c in other}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("over = [", "ovr = [", ["case.0.ovr", "'over'"]),
        ('each = ["fps"]', 'each = ["fsp"]', ["'look'", "'fsp'", "'fps'"]),
        ("off_road = 3.0", "of_road = 3.0", ["look/left", "'of_road'", "'off_road'"]),
        ("off_road = 3.0", "off_road = 3.0, closed = 1.0", ["look/left", "exactly one of"]),
        ('kind = "long_distraction"', 'kind = "boredom"', ["kind", "long_distraction"]),
        ('zone = "$zone"', 'zone = "$zoon"', ["look/left", "$zoon", "'let'"]),
        ('title = "A protocol"', "title = ", ["own.toml", "TOML"]),
    ],
)
def test_a_wrong_file_is_one_sentence_that_says_where(tmp_path: Path, before: str, after: str, words: list[str]) -> None:
    with pytest.raises(BadUseError) as told:
        load_protocol(written(tmp_path, PLAIN.replace(before, after)))
    assert "\n" not in str(told.value)
    for word in words:
        assert word in str(told.value)


def test_a_misspelt_protocol_is_told_the_nearest_one() -> None:
    with pytest.raises(BadUseError, match="did you mean 'euro-ncap-2026'"):
        load_protocol("euro-ncap")


def test_every_case_that_comes_along_can_be_played_and_names_its_rule() -> None:
    protocols = [load_protocol(name) for name in protocol_names()]
    assert {p.name for p in protocols} == {"eu-addw", "eu-ddaw", "euro-ncap-2026", "peer-failures"}
    cases = [c for p in protocols for c in p.cases]
    assert len(cases) >= 150
    for case in cases:
        assert script_of(case.name, case.scenario).seconds > 10.0
        assert len(case.rule) > 10
        assert case.source


def test_a_case_with_an_unknown_behaviour_says_so(tmp_path: Path) -> None:
    case = load_protocol(written(tmp_path, PLAIN.replace('what = "look"', 'what = "lok"'))).cases[0]
    with pytest.raises(SettingsError, match="did you mean 'look'"):
        script_of(case.name, case.scenario)


def test_a_sample_is_always_the_same_and_short() -> None:
    cases = [c for name in protocol_names() for c in load_protocol(name).cases]
    sample = choose(cases, "pixels", 6, None)
    assert len(sample) == 6
    assert sample == choose(list(reversed(cases)), "pixels", 6, None)
    assert all(c.scenario["seconds"] * c.scenario["camera"]["fps"] <= 400 for c in sample)
    assert all(c.only != "pixels" for c in choose(cases, "measurements", None, None))


def test_the_documentation_names_every_behaviour_set_and_key() -> None:
    text = (Path(__file__).parents[2] / "docs" / "bench.md").read_text("utf-8")
    for behaviour in BEHAVIOURS:
        assert f"`{behaviour}`" in text
    for key in (*Expected.model_fields, *_Case.model_fields):
        assert f"`{key}`" in text or f"`{key} = " in text or f"{key} = " in text, key


def test_the_examples_in_the_documentation_run(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "bench.md").read_text("utf-8")
    scenario, protocol = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert Script.parse(scenario).seconds == 40.0
    cases = load_protocol(written(tmp_path, protocol)).cases
    assert {"long-look-aside/left", "long-look-aside/10 fps"} <= {c.name for c in cases}
    assert {c.name: o.faults for c in cases if not (o := run_case(c, "measurements")).passed} == {}
