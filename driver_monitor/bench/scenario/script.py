"""A scenario file as written: its parts and its timeline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver_monitor.bench.scenario.behaviours import BEHAVIOURS
from driver_monitor.bench.scenario.behaviours.base import Behaviour
from driver_monitor.bench.scenario.parts import CameraPart, DrivePart, HeartPart, LightPart, PersonPart, SoundPart
from driver_monitor.bench.scenario.text import Lines, build, nearest, parse_toml, read_toml
from driver_monitor.bench.virtual_driver.subject import PEOPLE, Subject

_PARTS = ("subject", "person", "camera", "light", "drive", "sound", "heart")
_PLAIN = ("title", "seconds", "seed", "do", *_PARTS)
LONGEST_S = 36_000.0


@dataclass(frozen=True)
class Script:
    """A scenario: who, where, how long, and what is done when."""

    title: str
    seconds: float
    seed: int
    subject: Subject
    person: PersonPart
    camera: CameraPart
    light: LightPart
    drive: DrivePart
    sound: SoundPart
    heart: HeartPart
    do: tuple[Behaviour, ...]

    @classmethod
    def load(cls, path: Path) -> Script:
        """Read a scenario file."""
        return cls._from(*read_toml(path))

    @classmethod
    def parse(cls, text: str, name: str = "scenario") -> Script:
        """Read a scenario's text; errors name it ``name``."""
        return cls._from(*parse_toml(text, name))

    @classmethod
    def _from(cls, values: dict[str, Any], lines: Lines) -> Script:
        for key, value in values.items():
            if key not in _PLAIN:
                table = key if isinstance(value, dict | list) else ""
                raise lines.wrong(f"a scenario has no '{key}'; {nearest(key, _PLAIN)}", table, "" if table else key)
        for key in _PARTS:
            if not isinstance(values.get(key, {}), dict):
                raise lines.wrong(f"'{key}' is a table: write it as [{key}]", "", key)
        seconds, seed = values.get("seconds"), values.get("seed", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 1.0 <= seconds <= LONGEST_S:
            raise lines.wrong(f"a scenario needs 'seconds', its length, from 1 to {LONGEST_S:g}", "", "seconds")
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise lines.wrong("'seed' is a whole number from 0", "", "seed")
        return cls(
            title=str(values.get("title", Path(lines.name).stem)),
            seconds=float(seconds),
            seed=seed,
            subject=_subject(values.get("subject", {}), lines),
            person=build(PersonPart, values.get("person", {}), lines, "person"),
            camera=build(CameraPart, values.get("camera", {}), lines, "camera"),
            light=build(LightPart, values.get("light", {}), lines, "light"),
            drive=build(DrivePart, values.get("drive", {}), lines, "drive"),
            sound=build(SoundPart, values.get("sound", {}), lines, "sound"),
            heart=build(HeartPart, values.get("heart", {}), lines, "heart"),
            do=_timeline(values.get("do", []), float(seconds), lines),
        )


def _subject(values: dict[str, Any], lines: Lines) -> Subject:
    values = dict(values)
    like = values.pop("like", "anders")
    if like not in PEOPLE:
        raise lines.wrong(f"there is no person '{like}'; {nearest(str(like), PEOPLE)}", "subject", "like")
    given = build(Subject, values, lines, "subject")
    return PEOPLE[like].wearing(**{key: getattr(given, key) for key in values})


def _timeline(done: Any, seconds: float, lines: Lines) -> tuple[Behaviour, ...]:
    if not isinstance(done, list) or not all(isinstance(one, dict) for one in done):
        raise lines.wrong("the timeline is written as [[do]] tables", "", "do")
    timeline: list[Behaviour] = []
    for number, values in enumerate(done):
        what = values.get("what")
        if what is None:
            raise lines.wrong("[[do]] needs 'what'", "do", number=number)
        if what not in BEHAVIOURS:
            raise lines.wrong(f"there is no behaviour '{what}'; {nearest(str(what), BEHAVIOURS)}", "do", "what", number)
        kind = BEHAVIOURS[what]
        own = {key: value for key, value in values.items() if key != "what"}
        behaviour = build(kind, own, lines, "do", number, called=f"'{what}'")
        if behaviour.at >= seconds:
            late = f"'{what}' begins at {behaviour.at:g} s, but the scenario ends at {seconds:g} s"
            raise lines.wrong(late, "do", "at", number)
        if "for" in values and behaviour.end_s > seconds:
            raise lines.wrong(f"'{what}' ends at {behaviour.end_s:g} s, but the scenario at {seconds:g} s", "do", "for", number)
        timeline.append(behaviour)
    return tuple(sorted(timeline, key=lambda b: b.at))

