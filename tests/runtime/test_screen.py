"""What the terminal says of states: a change that lasts, not every dip."""

import logging

import pytest
from rich.console import Console

from driver_monitor.runtime.screen import Screen
from driver_monitor.settings import Settings
from driver_monitor.signals import DriverState, nanoseconds


def told(caplog: pytest.LogCaptureFixture, *values: float | None) -> list[str]:
    """What is logged of anger with these values, one a second."""
    settings = Settings.model_validate({"trip": {"deployment": "private"}})
    with caplog.at_level(logging.INFO), Screen(settings, Console(), 0) as screen:
        for k, value in enumerate(values):
            reason = "no face" if value is None else None
            screen.show(DriverState(nanoseconds(k), "anger", value, 0.0 if value is None else 0.9, reason=reason))
    return [record.getMessage() for record in caplog.records]


def test_a_state_that_dips_for_a_moment_stays_high(caplog: pytest.LogCaptureFixture) -> None:
    assert told(caplog, 0.1, 0.7, 0.2, 0.2, 0.8, 0.2, 0.2, 0.6) == ["1.0 s: anger is high (0.70)"]


def test_a_state_that_stays_low_is_told_as_low(caplog: pytest.LogCaptureFixture) -> None:
    lines = told(caplog, 0.7, 0.2, 0.2, 0.2, 0.1, 0.1, 0.45, 0.6)
    assert lines == ["0.0 s: anger is high (0.70)", "4.0 s: anger is low (0.10)", "7.0 s: anger is high (0.60)"]


def test_a_state_between_the_limits_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    assert told(caplog, 0.7, 0.45, 0.45, 0.45, 0.45, 0.45) == ["0.0 s: anger is high (0.70)"]


def test_a_state_that_is_lost_is_told_at_once_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    assert told(caplog, 0.7, None, 0.7)[1] == "1.0 s: anger is not known: no face"
