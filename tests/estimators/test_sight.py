"""Not seen: how long, and by which trouble."""

from __future__ import annotations

from driver_monitor.estimators.sight import NotSeen
from driver_monitor.perception.visibility import Sight
from driver_monitor.settings import Settings
from driver_monitor.signals import nanoseconds

NO_FACE: Sight = "no_face"
CLEAR: Sight = "clear"


def met(pictures: list[Sight], fps: float) -> list[tuple[float, str, str]]:
    """When which condition came to be met, and its rule."""
    not_seen, before = NotSeen(Settings().fatigue), set[str]()
    out: list[tuple[float, str, str]] = []
    for k, sight in enumerate(pictures):
        now = {c.kind: c.rule for c in not_seen.step(nanoseconds(k / fps), sight) if c.met}
        out += [(round(k / fps, 2), kind, rule) for kind, rule in now.items() if kind not in before]
        before = set(now)
    return out


def test_a_face_that_is_gone_is_told_after_ten_seconds() -> None:
    ((at, kind, rule),) = met([CLEAR] * 10 + [NO_FACE] * 120, 10.0)
    assert (at, kind) == (11.0, "driver_not_visible")
    assert rule.startswith("no face ≥ 10 s")


def test_what_has_ended_is_still_called_by_its_name() -> None:
    not_seen = NotSeen(Settings().fatigue)
    for k in range(120):
        not_seen.step(nanoseconds(k / 10.0), NO_FACE)
    for k in range(120, 140):
        told = not_seen.step(nanoseconds(k / 10.0), CLEAR)
    assert [c.met for c in told] == [False, False]
    assert all(c.rule.startswith("no face ≥ 10 s") for c in told)


def test_one_lost_picture_in_each_second_is_a_face_that_is_seen() -> None:
    assert met([*[CLEAR] * 26, NO_FACE] * 60, 27.0) == []


def test_a_moment_of_sight_neither_restarts_the_time_nor_counts_in_it() -> None:
    half = [NO_FACE] * 5 + [CLEAR] * 5
    ((at, _, _),) = met(half * 25, 10.0)
    assert 19.0 <= at <= 20.0


def test_a_short_last_trouble_does_not_name_the_whole() -> None:
    hidden: Sight = "eyes_not_usable"
    covered: Sight = "covered"
    ((_, kind, rule),) = met([CLEAR, *[hidden] * 99, *[covered] * 20], 10.0)
    assert kind == "driver_not_visible"
    assert rule.startswith("eyes not usable")


def test_a_picture_that_is_known_to_stand_still_late_has_stood_from_its_beginning() -> None:
    not_seen = NotSeen(Settings().fatigue)
    for k in range(111):  # frozen from 0.5 s on, known as such at 1.5 s
        t_ns = nanoseconds(k / 10.0)
        blocked, _ = not_seen.step(t_ns, "frozen" if k >= 15 else CLEAR, since_ns=nanoseconds(0.5) if k >= 15 else None)
        assert blocked.met is (k >= 105), k
