"""The C firmware's core, moment by moment: what it does when the host speaks, plays up, and falls silent."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from firmware_bridge.protocol import (
    CONDUCTANCE_UNKNOWN,
    TEMPERATURE_UNKNOWN,
    UNTIL_CHANGED,
    Ack,
    Beat,
    Button,
    Counts,
    Drive,
    Flag,
    Heartbeat,
    HostHeartbeat,
    Message,
    Output,
    Skin,
    Version,
    VersionAsk,
    encode,
)
from tests.firmware_bridge.bench import Bench, build

pytestmark = pytest.mark.skipif(build("bench") is not None, reason=build("bench") or "")


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        bench.turned.clear()
        yield bench


def heard(bench: Bench, kind: type[Message]) -> list[tuple[int, Message]]:
    return [(s.t_ms, s.message) for s in bench.said if isinstance(s.message, kind)]


def flags(bench: Bench) -> int:
    last = heard(bench, Heartbeat)[-1][1]
    assert isinstance(last, Heartbeat)
    return last.flags


def test_its_first_word_is_a_heartbeat_and_then_two_a_second(bench: Bench) -> None:
    bench.until(2000)
    assert heard(bench, Heartbeat) == [(t, Heartbeat(t, 0)) for t in (0, 500, 1000, 1500, 2000)]
    assert bench.said[0].sequence == 0


def test_it_tells_its_version(bench: Bench) -> None:
    bench.send(VersionAsk())
    bench.until(1)
    assert heard(bench, Version) == [(1, Version(1, 1, 0, 0, 0))]


def test_an_armed_host_that_falls_silent_is_missed_aloud_after_five_seconds(bench: Bench) -> None:
    bench.host_until(10_000)
    assert bench.turned == []
    last_heard = 9_501  # the heartbeat of 9.5 s, read at the next millisecond
    bench.until(last_heard + 4_999)
    assert bench.turned == []
    bench.until(last_heard + 5_400)
    alarm = [(last_heard + 5_000, 100), (last_heard + 5_300, 0), (last_heard + 5_400, 100)]
    assert {o: bench.played(o)[-3:] for o in Output} == dict.fromkeys(Output, alarm)
    bench.until(20_000)
    assert flags(bench) == Flag.ALARM | Flag.ARMED | Flag.BUZZER | Flag.MOTOR | Flag.LAMP


def test_the_alarm_ends_with_the_first_heartbeat_that_comes_back(bench: Bench) -> None:
    bench.host_until(1_000)
    bench.until(30_000)
    bench.host_until(31_000)
    assert [bench.played(o)[-1] for o in Output] == [(30_001, 0)] * 3
    assert flags(bench) == Flag.ARMED


def test_the_driver_can_quiet_the_alarm_and_it_stays_quiet_until_a_host_is_here(bench: Bench) -> None:
    bench.host_until(1_000)
    bench.until(8_000)
    bench.do("button 0 1")
    bench.until(8_100)
    bench.until(60_000)
    assert [bench.played(o)[-1] for o in Output] == [(8_021, 0)] * 3
    bench.host_until(61_000)
    bench.until(70_000)
    assert flags(bench) & Flag.ALARM


@pytest.mark.parametrize("armed", [None, 0])
def test_a_host_that_never_armed_or_disarmed_may_fall_silent(bench: Bench, armed: int | None) -> None:
    if armed is not None:
        bench.host_until(2_000, armed=1)
        bench.host_until(3_000, armed=armed)
    bench.until(60_000)
    assert [strength for _, _, strength in ((t.t_ms, t.output, t.strength) for t in bench.turned) if strength] == []


def test_garbage_without_end_does_not_keep_the_alarm_from_sounding(bench: Bench) -> None:
    bench.host_until(1_000)
    noise = random.Random(5)
    while bench.t_ms < 7_000:
        bench.receive(noise.randbytes(120))  # more than a serial line carries in 10 ms
        bench.until(bench.t_ms + 10)
    assert bench.played(Output.BUZZER)[0] == (5_501, 100)


def test_a_pattern_is_played_to_the_millisecond(bench: Bench) -> None:
    bench.drive(Output.MOTOR, 60, 200, 100, 3, 1)
    bench.until(2_000)
    assert bench.played(Output.MOTOR) == [(1, 60), (201, 0), (301, 60), (501, 0), (601, 60), (801, 0)]
    assert {t.output for t in bench.turned} == {Output.MOTOR}


def test_the_same_order_sent_again_is_acknowledged_and_not_played_again(bench: Bench) -> None:
    sequences = []
    for _ in range(3):
        sequences.append(bench.send(Drive(Output.BUZZER, 100, 50, 0, 1, 7)))
        bench.until(bench.t_ms + 100)
    assert bench.played(Output.BUZZER) == [(1, 100), (51, 0)]
    assert [m for _, m in heard(bench, Ack)] == [Ack(s, Drive.type) for s in sequences]
    bench.drive(Output.BUZZER, 100, 50, 0, 1, 8)
    bench.until(400)
    assert bench.played(Output.BUZZER)[2:] == [(301, 100), (351, 0)]


def test_a_lasting_pattern_plays_while_the_host_lives_and_ends_when_it_is_told(bench: Bench) -> None:
    bench.drive(Output.LAMP, 100, 100, 100, UNTIL_CHANGED, 1)
    bench.host_until(60_050)
    assert len(bench.played(Output.LAMP)) == 601
    bench.drive(Output.LAMP, 0, 0, 0, 1, 2)
    bench.host_until(61_000)
    assert bench.played(Output.LAMP)[-1] == (60_051, 0)
    assert flags(bench) == Flag.ARMED


def test_a_lasting_pattern_of_an_unarmed_host_ends_five_seconds_after_it(bench: Bench) -> None:
    bench.drive(Output.BUZZER, 100, 1_000, 0, UNTIL_CHANGED, 1)
    bench.host_until(2_000, armed=0)
    bench.until(20_000)
    assert bench.played(Output.BUZZER) == [(1, 100), (6_501, 0)]


def test_orders_out_of_range_do_no_harm(bench: Bench) -> None:
    bench.drive(9, 100, 100, 100, 1, 1)
    bench.drive(Output.MOTOR, 250, 100, 0, 1, 2)
    bench.drive(Output.BUZZER, 100, 0, 100, 5, 3)
    bench.until(1_000)
    assert bench.played(Output.MOTOR) == [(1, 100), (101, 0)]
    assert not any(strength for _, strength in bench.played(Output.BUZZER))


def test_beats_become_intervals_and_a_rate(bench: Bench) -> None:
    for at in (1000, 1800, 1900, 2700, 3500, 7000, 7900):  # 1900 is an echo; between 3500 and 7000 beats are missing
        bench.until(at)
        bench.do("beat")
    bench.until(8_000)
    assert [m for _, m in heard(bench, Beat)] == [
        Beat(1000, 0, 0, 1),
        Beat(1800, 800, 75, 1),
        Beat(2700, 900, 71, 1),
        Beat(3500, 800, 72, 1),
        Beat(7000, 0, 0, 1),
        Beat(7900, 900, 67, 1),
    ]


def test_a_lost_electrode_is_told_and_the_interval_across_it_is_not_known(bench: Bench) -> None:
    for at, line in ((1000, "beat"), (1500, "contact 0"), (1700, "beat"), (4000, "contact 1"), (4100, "beat"), (4900, "beat")):
        bench.until(at)
        bench.do(line)
    bench.until(6_000)
    told = [m for _, m in heard(bench, Beat)]
    no_contact = [Beat(t_ms, 0, 0, 0) for t_ms in (1501, 2500, 3500)]
    assert told == [Beat(1000, 0, 0, 1), *no_contact, Beat(4100, 0, 0, 1), Beat(4900, 800, 75, 1)]


def test_skin_is_told_four_times_a_second_and_only_what_is_measured(bench: Bench) -> None:
    bench.until(1_000)
    assert heard(bench, Skin) == []
    bench.do(f"skin 3321 {CONDUCTANCE_UNKNOWN}")
    bench.until(1_500)
    bench.do(f"skin {TEMPERATURE_UNKNOWN} 412")
    bench.until(1_750)
    assert [m for _, m in heard(bench, Skin)] == [
        Skin(1250, 3321, CONDUCTANCE_UNKNOWN),
        Skin(1500, 3321, CONDUCTANCE_UNKNOWN),
        Skin(1750, TEMPERATURE_UNKNOWN, 412),
    ]


def test_a_bouncing_press_is_one_press_sent_until_it_is_acknowledged(bench: Bench) -> None:
    for at, level in ((1000, 1), (1005, 0), (1008, 1), (1012, 0), (1015, 1)):
        bench.until(at)
        bench.do(f"button 1 {level}")
    bench.until(1_500)
    told = [s for s in bench.said if isinstance(s.message, Button)]
    assert [(s.t_ms, s.message) for s in told] == [(t, Button(1036, 1)) for t in (1036, 1236, 1436)]
    bench.send(Ack(told[1].sequence, Button.type))
    bench.do("button 1 0")
    bench.until(5_000)
    assert len(heard(bench, Button)) == 3


def test_a_press_that_nobody_hears_is_told_six_times(bench: Bench) -> None:
    bench.until(100)
    bench.do("button 0 1")
    bench.until(10_000)
    assert [t for t, _ in heard(bench, Button)] == [121 + 200 * i for i in range(6)]


def test_it_counts_what_came_spoilt_lost_or_unknown(bench: Bench) -> None:
    bench.receive(encode(HostHeartbeat(0, 0), 0))
    bench.receive(b"\0noise\0")
    bench.receive(encode(HostHeartbeat(0, 0), 3))
    bench.until(5_000)
    assert heard(bench, Counts) == [(5_000, Counts(2, 2, 1, 0, 0))]


def test_time_runs_over_its_end(bench: Bench) -> None:
    """After 49.7 days the 32-bit millisecond begins again; here a pattern and the watchdog stand across a 16-bit one."""
    bench.host_until(65_000)
    bench.drive(Output.BUZZER, 100, 400, 400, 2, 1)
    bench.host_until(67_000)
    assert bench.played(Output.BUZZER) == [(65_001, 100), (65_401, 0), (65_801, 100), (66_201, 0)]
    bench.until(72_000)
    assert bench.played(Output.MOTOR)[0] == (71_501, 100)
