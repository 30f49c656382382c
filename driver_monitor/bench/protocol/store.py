"""What is kept between runs: recordings of scenarios, and outcomes of rendered cases. Both are named by what they came from."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

import driver_monitor
from driver_monitor.bench.protocol.cases import Case, digest
from driver_monitor.bench.protocol.outcome import Level, Outcome
from driver_monitor.model_store import cache_dir

_PACKAGE = Path(driver_monitor.__file__).parent
_DRAWN_BY = ("bench/virtual_driver", "bench/scenario", "bench/senses")
_OUTCOME = TypeAdapter(Outcome)


def bench_cache() -> Path:
    """The folder of what the bench keeps; it may be deleted at any time."""
    return cache_dir() / "bench"


@lru_cache(maxsize=8)
def code_digest(*folders: str) -> str:
    """SHA-256 over the package's source, or over some of its folders."""
    roots = [_PACKAGE / folder for folder in folders] or [_PACKAGE]
    total = sha256()
    for file in sorted(f for root in roots for f in root.rglob("*.py")):
        total.update(str(file.relative_to(_PACKAGE)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def recording_of(case: Case, asset: Path, write: Callable[[Path], object]) -> Path:
    """The folder of the case's recording; ``write`` makes it where it is not there yet. It appears whole or not at all."""
    made_of = [case.scenario, code_digest(*_DRAWN_BY), sha256(asset.read_bytes()).hexdigest()]
    place = bench_cache() / "renders" / digest(made_of)[:24]
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
    try:
        write(making)
        try:
            making.replace(place)
        except OSError:  # another worker was quicker with the same scenario
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return place


def _outcome_file(case: Case, level: Level, models: str) -> Path:
    expected = [a.model_dump() for a in case.alerts]
    made_of = [case.protocol, case.name, case.rule, case.source, case.scenario, expected, case.may, case.settings]
    return bench_cache() / "outcomes" / f"{digest([made_of, level, models, code_digest()])[:24]}.json"


def kept_outcome(case: Case, level: Level, models: str) -> Outcome | None:
    """The outcome of an earlier run of the same case by the same code and models."""
    try:
        return _OUTCOME.validate_json(_outcome_file(case, level, models).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def keep_outcome(case: Case, level: Level, models: str, outcome: Outcome) -> None:
    """Keep an outcome for a later run."""
    file = _outcome_file(case, level, models)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(_OUTCOME.dump_json(outcome))
    part.replace(file)
