"""The bridge's motor: what the driver feels of an alert's life, and who is missed when the loop stands still."""

from __future__ import annotations

import pytest

from driver_monitor.alerts.haptic import CLOSED_EYE_RHYTHMS, RHYTHMS, Haptic
from driver_monitor.alerts.outputs import open_outputs
from driver_monitor.settings import Outputs, Settings
from driver_monitor.signals import Alert, AlertAction, AlertKind, Level
from firmware_bridge.protocol import UNTIL_CHANGED, Output
from tests.alerts.output_bench import LOG


class Told:
    """A bridge that keeps what it is told."""

    def __init__(self) -> None:
        self.open = True
        self.drives: list[tuple[int, ...]] = []
        self.armed: list[bool] = []

    def drive(self, output: int, strength: int, on_ms: int, off_ms: int, times: int) -> None:
        self.drives.append((output, strength, on_ms, off_ms, times))

    def turned(self, *, armed: bool) -> None:
        self.armed.append(armed)


def alert(action: AlertAction, level: Level = "warning", kind: AlertKind = "long_distraction", number: int = 1) -> Alert:
    return Alert(0, action, number, kind, level, "rule", "test", ())


def test_every_level_feels_different_and_closed_eyes_shake_more() -> None:
    assert len({*RHYTHMS.values(), *CLOSED_EYE_RHYTHMS.values()}) == 6
    for level, rhythm in RHYTHMS.items():
        harder = CLOSED_EYE_RHYTHMS[level]
        assert harder.on_ms / (harder.on_ms + harder.off_ms) > rhythm.on_ms / (rhythm.on_ms + rhythm.off_ms)


def test_a_microsleep_shakes_until_it_is_over() -> None:
    bridge = Told()
    haptic = Haptic(bridge, Outputs(motor_strength=70))
    haptic.handle(alert("raised", "critical", "microsleep"))
    haptic.handle(alert("repeated", "critical", "microsleep"))
    assert bridge.drives == [(Output.MOTOR, 70, 1000, 0, UNTIL_CHANGED)]
    haptic.handle(alert("cleared", "critical", "microsleep"))
    assert bridge.drives[1:] == [(Output.MOTOR, 0, 0, 0, 1)]


def test_a_shake_ends_when_a_critical_alert_falls_to_advice() -> None:
    bridge = Told()
    haptic = Haptic(bridge, Outputs())
    haptic.handle(alert("raised", "critical", "sleep"))
    haptic.handle(alert("repeated", "advice", "sleep"))
    haptic.handle(alert("escalated", "critical", "sleep"))
    shake = (80, *CLOSED_EYE_RHYTHMS["critical"])
    assert [d[1:] for d in bridge.drives] == [shake, (0, 0, 0, 1), shake]


def test_what_is_acknowledged_is_still_and_an_older_shake_is_not_played_again() -> None:
    bridge = Told()
    haptic = Haptic(bridge, Outputs())
    haptic.handle(alert("raised", "caution", number=1))
    haptic.handle(alert("raised", "warning", number=2))
    haptic.handle(alert("acknowledged", "warning", number=2))
    assert [d[1:] for d in bridge.drives] == [(80, *RHYTHMS["caution"]), (80, *RHYTHMS["warning"]), (0, 0, 0, 1)]


def test_advice_is_still() -> None:
    bridge = Told()
    Haptic(bridge, Outputs()).handle(alert("raised", "advice"))
    assert bridge.drives == []


def test_buzzer_and_lamp_of_the_bridge_where_wanted() -> None:
    bridge = Told()
    haptic = Haptic(bridge, Outputs(bridge_outputs="all"))
    haptic.handle(alert("raised", "critical"))
    assert sorted(d[:2] for d in bridge.drives) == [(Output.BUZZER, 100), (Output.MOTOR, 80), (Output.LAMP, 100)]
    haptic.close()
    haptic.close()
    assert [d[1] for d in bridge.drives[3:]] == [0, 0, 0]


@pytest.mark.parametrize(("watched", "wanted", "armed"), [(True, True, True), (False, True, False), (True, False, False)])
def test_each_turn_of_the_loop_is_told_and_only_a_watched_drive_is_armed(watched: bool, wanted: bool, armed: bool) -> None:
    bridge = Told()
    haptic = Haptic(bridge, Outputs(bridge_alarm=wanted), watched=watched)
    haptic.states([])
    assert bridge.armed == [armed]


def test_a_bridge_that_is_gone_is_told_where_its_motor_is_wanted() -> None:
    bridge = Told()
    bridge.open = False
    assert Haptic(bridge, Outputs()).trouble == "motor: the bridge is not there"
    assert Haptic(bridge, Outputs(bridge_outputs="none")).trouble is None


def test_the_bridge_is_an_output_where_there_is_one() -> None:
    outputs, _ = open_outputs(Settings(outputs=Outputs(buzzer_pin=None, light_pin=None)), LOG, bridge=Told())
    assert [o.part for o in outputs] == [None, "motor"]
