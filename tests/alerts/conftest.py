"""What the tests of alerts share."""

from __future__ import annotations

import pytest

from tests.alerts.buzzer_bench import BuzzerClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> BuzzerClock:
    """The clock of buzzers' tones: only waiting moves it."""
    return BuzzerClock(monkeypatch)
