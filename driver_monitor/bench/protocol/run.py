"""Runs protocols: which cases, in how many processes, what is shown and written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, replace
from fnmatch import fnmatchcase
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

from driver_monitor.bench.out_file import write_text
from driver_monitor.bench.protocol.cases import Case, Protocol, load_protocol, protocol_names
from driver_monitor.bench.protocol.deal import deal
from driver_monitor.bench.protocol.outcome import Level, Outcome
from driver_monitor.bench.protocol.run_case import run_case
from driver_monitor.errors import BadUseError

ALL = "all"
# a sampled case is no longer than this, so that a handful is done in a minute or two; dealt 60 fps, the shortest has 840
_SAMPLE_PICTURES, _DEALT_PICTURES = 400, 1500
_HEAD = "virtual-driver"
_MODELS = ("face_landmarker", "silero_vad", _HEAD)


def protocol_command(
    name: str,
    level: Level,
    jobs: int,
    html: Path | None,
    junit: Path | None,
    as_json: Path | None,
    sample: int | None,
    pattern: str | None,
    hand: str | None = None,
    backend: str = "auto",
) -> int:
    """The command ``bench protocol``; its exit code is 0 when all cases hold and 1 when one does not."""
    from driver_monitor.bench.protocol.show import progress, show
    from driver_monitor.runtime.output_files import check_outputs

    protocols = [load_protocol(n) for n in (protocol_names() if name == ALL else [name])]
    cases = choose([c for p in protocols for c in p.cases], level, sample, pattern, hand)
    if backend != "auto":
        cases = [with_backend(c, backend) for c in cases]
    if not cases:
        raise BadUseError(f"no case of '{name}' at the level of {level} is named like '{pattern}'; give another --case")
    check_outputs({"--html": html, "--junit": junit, "--json": as_json})
    with progress(len(cases)) as step:
        outcomes = run(cases, level, jobs, step)
    show(outcomes)
    write(protocols, outcomes, html, junit, as_json)
    if html is not None:
        print(f"Report: {html}")
    return 0 if all(o.passed for o in outcomes) else 1


def choose(cases: Sequence[Case], level: Level, sample: int | None, pattern: str | None, hand: str | None = None) -> list[Case]:
    """The cases of this level, dealt a ``hand`` if any, named like ``pattern``, and of these ``sample`` by their names' hash."""
    wanted = [c for c in cases if c.only in (None, level)]
    wanted = [c for c in (wanted if hand is None else deal(wanted, hand)) if pattern is None or _matches(c, pattern)]
    if sample is None or sample >= len(wanted):
        return wanted
    short = [c for c in wanted if _pictures(c) <= (_SAMPLE_PICTURES if hand is None else _DEALT_PICTURES)] or wanted
    # the hash is the same on every machine; protocols take turns, and each brings another group every time
    short.sort(key=lambda c: sha256(f"{hand or ''}{c.protocol}/{c.name}".encode()).digest())
    seen: Counter[str] = Counter()
    turns: list[tuple[int, int, int]] = []
    for k, case in enumerate(short):
        group = f"{case.protocol}/{case.name.split('/', 1)[0]}"
        turns.append((seen[group], seen[case.protocol] if not seen[group] else 0, k))
        seen[case.protocol] += not seen[group]
        seen[group] += 1
    return [short[k] for _, _, k in sorted(turns)][:sample]


def with_backend(case: Case, backend: str) -> Case:
    """The case with another runtime for the face."""
    return replace(case, settings=case.settings | {"face": case.settings.get("face", {}) | {"backend": backend}})


def _matches(case: Case, pattern: str) -> bool:
    return pattern in case.name or fnmatchcase(case.name, pattern)


def _pictures(case: Case) -> float:
    return float(case.scenario.get("seconds", 0.0)) * float(case.scenario.get("camera", {}).get("fps", 30.0))


def run(cases: Sequence[Case], level: Level, jobs: int, step: Callable[[Outcome], None] = lambda outcome: None) -> list[Outcome]:
    """Run cases; ``step`` is told of each as it is done. The outcomes come in the order of the cases."""
    if level == "measurements" and jobs <= 1:
        return list(_told((run_case(c, level) for c in cases), step))
    models = _models_digest() if level == "pixels" else ""
    # a fork would copy the threads of the model runtimes; and who loads the face model gives up the network first
    setup = _lock if level == "pixels" else _nothing
    done: dict[int, Outcome] = {}
    with ProcessPoolExecutor(max(1, jobs), mp_context=get_context("spawn"), initializer=setup) as pool:
        waiting = {pool.submit(_one, case, level, models): k for k, case in enumerate(cases)}
        try:
            for future in as_completed(waiting):
                done[waiting[future]] = future.result()
                step(done[waiting[future]])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [done[k] for k in range(len(cases))]


def _told(outcomes: Iterable[Outcome], step: Callable[[Outcome], None]) -> Iterator[Outcome]:
    for outcome in outcomes:
        step(outcome)
        yield outcome


def _one(case: Case, level: Level, models: str) -> Outcome:
    from driver_monitor.bench.protocol.store import keep_outcome, kept_outcome

    if level == "measurements":
        return run_case(case, level)
    outcome = kept_outcome(case, level, models)
    if outcome is None:
        outcome = run_case(case, level)
        if outcome.error is None:
            keep_outcome(case, level, models, outcome)
    return outcome


def _lock() -> None:
    from driver_monitor.runtime.lockdown import lock_down

    lock_down()


def _nothing() -> None:
    """Measurements need no models."""


def _models_digest() -> str:
    """The models in use; a missing one is said before anything is drawn."""
    from driver_monitor.bench.protocol.cases import digest
    from driver_monitor.model_store import model_path, models, models_in_use

    for name in _MODELS:
        model_path(name)
    return digest([model.sha256 for model in [*models_in_use(), *models([_HEAD])]])


def write(
    protocols: Sequence[Protocol], outcomes: Sequence[Outcome], html: Path | None, junit: Path | None, as_json: Path | None
) -> None:
    """Write the reports that are asked for."""
    if html is not None:
        from driver_monitor.bench.protocol.page import write_page

        title = protocols[0].title if len(protocols) == 1 else f"{len(protocols)} protocols"
        write_page(html, outcomes, title, " ".join(p.about for p in protocols if p.about))
    if junit is not None:
        from driver_monitor.bench.protocol.junit import write_junit

        write_junit(junit, outcomes)
    if as_json is not None:
        write_text(as_json, json.dumps([_figures(o) for o in outcomes], indent=1, ensure_ascii=False) + "\n")


def _figures(outcome: Outcome) -> dict[str, object]:
    """An outcome without its curves."""
    figures = {key: value for key, value in asdict(outcome).items() if key != "curves"}
    return figures | {"passed": outcome.passed, "faults": outcome.faults}
