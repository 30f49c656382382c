"""Sensors that are lost are looked for again at once."""

from __future__ import annotations

import pytest

from driver_monitor.sensors import base


@pytest.fixture(autouse=True)
def _quick_reopening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "FIRST_BACKOFF_S", 0.05)
