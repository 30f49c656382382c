"""The pinned versions: all that an extra brings is named, and nothing is pinned twice differently."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_PINNED = {"oracles"}  # wants another setuptools than the pins of a Raspberry Pi do
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", re.MULTILINE)
EXTRAS: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def pins(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for package, version in PIN.findall((ROOT / name).read_text()):
        found.setdefault(package, set()).add(version)
    return found


def test_extras_have_the_versions_that_are_installed_here() -> None:
    installed, extras = pins("constraints.txt"), pins("constraints-extras.txt")
    assert {name: extras[name] for name in extras if name in installed} == {
        name: installed[name] for name in installed if name in extras
    }
    assert len(installed) > 50


@pytest.mark.parametrize("extra", sorted(set(EXTRAS) - NOT_PINNED - {"dev"}))
def test_every_package_of_an_extra_is_pinned(extra: str) -> None:
    for requirement in EXTRAS[extra]:
        found = re.match(r"[A-Za-z0-9.-]+", requirement)
        assert found
        assert found[0].lower() in pins("constraints-extras.txt")


def test_pip_takes_no_hashes_beside_a_package_that_has_none() -> None:
    assert "--hash" not in (ROOT / "constraints-extras.txt").read_text()
