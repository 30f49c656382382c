"""Distraction's timers, picture by picture."""

from __future__ import annotations

import math

import pytest

from driver_monitor.estimators.distraction import Distraction
from driver_monitor.perception.gaze import GazeState
from driver_monitor.perception.gaze_zones import Zone
from driver_monitor.settings import Settings
from driver_monitor.signals import Angles, nanoseconds

S = Settings()
_PITCH: dict[Zone, float] = {"lap": -40.0, "cluster": -20.0}


class Drive:
    """Looks, one after the other."""

    def __init__(self, fps: float = 30.0) -> None:
        self.distraction = Distraction(S.distraction, S.gaze.lap_pitch_deg)
        self._step_s = 1.0 / fps
        self.t_s = 0.0

    def look(self, zone: Zone, length_s: float, trusted: bool = True, turned: bool = False) -> Drive:
        for _ in range(round(length_s / self._step_s)):
            self.t_s += self._step_s
            direction = Angles(0.0, _PITCH.get(zone, 0.0))
            self.distraction.picture(GazeState(nanoseconds(self.t_s), direction, zone, turned=turned), trusted)
        return self

    def lose(self, length_s: float, to: Zone | None = None) -> Drive:
        for _ in range(round(length_s / self._step_s)):
            self.t_s += self._step_s
            lost = GazeState(nanoseconds(self.t_s), reason="no face", face_lost=True, lost_to=to)
            self.distraction.picture(lost, trusted=True)
        return self

    def hide(self, length_s: float) -> Drive:
        for _ in range(round(length_s / self._step_s)):
            self.t_s += self._step_s
            self.distraction.picture(GazeState(nanoseconds(self.t_s), reason="the eyes are closed or closing"), trusted=True)
        return self

    def find(self, zone: Zone, head_away_s: float | None) -> Drive:
        """One picture after a closure, behind which the head has pointed away for ``head_away_s``."""
        self.t_s += self._step_s
        since_ns = None if head_away_s is None else nanoseconds(self.t_s - head_away_s)
        direction = Angles(0.0, _PITCH.get(zone, 0.0))
        self.distraction.picture(GazeState(nanoseconds(self.t_s), direction, zone, head_away_ns=since_ns), trusted=True)
        return self

    def met(self, kind: str, speed_kmh: float | None = 80.0, seen: float = 1.0) -> bool | None:
        conditions = self.distraction.conditions(nanoseconds(self.t_s), speed_kmh, seen)
        return next(c.met for c in conditions if c.kind == kind)

    def attend_spent(self) -> float:
        state = self.distraction.state(nanoseconds(self.t_s))
        spent = next(e.measured for e in state.evidence if e.term == "AttenD buffer spent")
        assert spent is not None
        return spent


def ending(drive: Drive) -> bool:
    """Whether the long look is met only until it is sure to be over."""
    condition, _ = drive.distraction.conditions(nanoseconds(drive.t_s), 80.0)
    assert condition.met is True
    return condition.ending


def test_a_head_lost_on_its_way_has_turned_away_even_if_it_was_last_seen_on_the_road_or_passing_the_cluster() -> None:
    assert Drive().look("road", 5.0).lose(3.4).met("long_distraction") is not True
    assert Drive().look("road", 5.0).lose(3.4, to="right_window").met("long_distraction") is True
    assert Drive().look("road", 5.0).look("cluster", 0.1, turned=True).lose(3.4, to="lap").met("long_distraction") is True


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_looks_elsewhere_add_up_over_short_looks_at_the_road_and_get_no_mirrors_time(fps: float) -> None:
    drive = Drive(fps).look("road", 5.0)
    while away_s(drive) < 3.0:
        drive.look("phone", 0.3).look("road", 0.2)
    assert drive.met("long_distraction") is True


def away_s(drive: Drive) -> float:
    measured = drive.distraction.conditions(nanoseconds(drive.t_s), 80.0)[0].evidence[0].measured
    assert measured is not None
    return measured


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_a_look_whose_start_was_hidden_behind_lids_lasts_since_the_head_went_with_it(fps: float) -> None:
    led = Drive(fps).look("road", 5.0).hide(1.0).find("lap", head_away_s=0.8).look("lap", 1.0)
    assert away_s(led) == pytest.approx(2.0, abs=0.11)  # 0.8 s, the move before it and the look
    unled = Drive(fps).look("road", 5.0).hide(1.0).find("lap", head_away_s=None).look("lap", 1.0)
    assert away_s(unled) == pytest.approx(1.2, abs=0.11)
    back = Drive(fps).look("road", 5.0).hide(1.0).find("road", head_away_s=0.8).look("road", 1.0)
    assert away_s(back) == 0.0


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_one_glance_aside_is_long_after_three_seconds_at_any_frame_rate(fps: float) -> None:
    drive = Drive(fps).look("road", 5.0).look("left_window", 2.8)
    assert drive.met("long_distraction") is False
    assert drive.look("left_window", 0.4).met("long_distraction") is True


def test_a_flick_to_the_road_does_not_restart_the_timer_and_a_real_look_does() -> None:
    flicked = Drive().look("road", 5.0).look("left_window", 2.0).look("road", 0.2).look("left_window", 1.3)
    assert flicked.met("long_distraction") is True
    looked = Drive().look("road", 5.0).look("left_window", 2.0).look("road", 1.0).look("left_window", 1.3)
    assert looked.met("long_distraction") is False


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_a_look_that_begins_in_a_blink_counts_from_its_middle_at_any_frame_rate(fps: float) -> None:
    drive = Drive(fps).look("road", 5.0).hide(0.6).look("left_window", 2.5)
    assert drive.met("long_distraction") is False
    assert drive.look("left_window", 0.2).met("long_distraction") is True


def test_a_long_blink_amid_a_look_takes_no_time_off_it() -> None:
    drive = Drive().look("road", 5.0).look("left_window", 1.0).hide(0.7).look("left_window", 1.4)
    assert drive.met("long_distraction") is True


def test_a_picture_of_lids_on_their_way_down_does_not_make_the_blink_a_look() -> None:
    # lids that have begun to fall are read as a look down, in one picture before they hide the gaze
    drive = Drive(60.0).look("road", 5.0).look("cluster", 0.017).hide(0.5).look("left_window", 2.5)
    assert drive.met("long_distraction") is False


def test_what_was_away_from_a_straight_ahead_not_yet_learned_alarms_nobody() -> None:
    drive = Drive().look("lap", 6.0, trusted=False).look("lap", 2.5)
    assert drive.met("long_distraction") is False
    assert drive.look("lap", 0.6).met("long_distraction") is True


def test_passing_other_places_on_the_way_from_mirror_to_mirror_makes_them_no_look_elsewhere() -> None:
    drive = Drive(10.0).look("road", 5.0)
    for _ in range(3):
        drive.look("phone", 0.2).look("right_mirror", 0.7).look("phone", 0.2).look("road", 0.3)
    assert drive.met("long_distraction") is False  # 3.3 s, but a mirror has 4
    stayed = Drive(10.0).look("road", 5.0).look("phone", 0.6).look("right_mirror", 2.6)
    assert stayed.met("long_distraction") is True


def test_a_head_lost_while_turned_beyond_use_has_turned_on() -> None:
    # from a pillar a look at the radio is past the face's profile: seen for a moment at the place next to the road
    turned = Drive().look("road", 5.0).look("phone", 0.3, turned=True).lose(2.9)
    assert turned.met("long_distraction") is True
    assert Drive().look("road", 5.0).look("phone", 0.3).lose(2.9).met("long_distraction") is False


def test_the_state_is_less_sure_of_a_face_it_has_lost() -> None:
    drive = Drive().look("road", 5.0).look("left_window", 1.0)
    seen = drive.distraction.state(nanoseconds(drive.t_s)).confidence
    drive.lose(1.0)
    assert drive.distraction.state(nanoseconds(drive.t_s)).confidence < seen


def test_poor_sight_gives_gaze_low_in_the_car_a_second_and_a_half_more() -> None:
    distraction, d = Drive().distraction, S.distraction
    for speed, limit_s in ((80.0, d.area3_fast_s), (30.0, d.area3_slow_s), (None, d.area3_fast_s)):
        assert distraction.low_limit_s(speed, seen=1.0) == limit_s
        assert distraction.low_limit_s(speed, seen=0.3) == limit_s + d.area3_degraded_s


def test_the_attention_buffer_drains_aside_and_fills_on_the_road() -> None:
    drive = Drive().look("road", 5.0)
    assert drive.attend_spent() == pytest.approx(0.0)
    assert drive.look("left_window", 1.0).attend_spent() == pytest.approx(0.5, abs=0.06)
    assert drive.look("left_window", 1.5).attend_spent() == pytest.approx(1.0)
    assert drive.look("road", 1.0).attend_spent() == pytest.approx(0.5, abs=0.1)


def test_the_first_second_on_a_mirror_costs_no_attention() -> None:
    drive = Drive().look("road", 5.0).look("rear_mirror", 0.9)
    assert drive.attend_spent() == pytest.approx(0.0, abs=0.02)
    assert drive.look("rear_mirror", 1.1).attend_spent() > 0.4


def test_short_looks_aside_add_up_and_two_seconds_of_road_end_the_sum() -> None:
    def looks(road_s: float) -> Drive:
        drive = Drive().look("road", 5.0)
        for _ in range(7):
            drive.look("left_window", 1.6).look("road", road_s)
        return drive

    assert looks(1.0).met("time_sharing") is True
    assert looks(2.5).met("time_sharing") is False


def test_the_evidence_sums_to_the_state() -> None:
    drive = Drive().look("road", 5.0).look("left_window", 2.2)
    state = drive.distraction.state(nanoseconds(drive.t_s))
    assert state.value == pytest.approx(1.0 / (1.0 + math.exp(-sum(e.contribution for e in state.evidence))), abs=1e-6)


def test_a_new_short_look_within_the_second_of_road_that_ends_a_long_one_is_not_long() -> None:
    drive = Drive().look("road", 5.0).look("left_window", 3.5)
    assert ending(drive) is False
    assert ending(drive.look("road", 0.3)) is True  # met still, and all but over
    assert ending(drive.look("road", 0.4).look("left_window", 0.5)) is True
