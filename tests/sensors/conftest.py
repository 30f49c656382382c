"""Sensors that are lost are looked for again at once, and none is lost because the machine is busy."""

from __future__ import annotations

import pytest

from driver_monitor.sensors import base
from firmware_bridge import link


@pytest.fixture(autouse=True)
def _quick_reopening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "FIRST_BACKOFF_S", 0.05)


@pytest.fixture(autouse=True)
def _patient_with_the_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulated bridge is as slow as the machine is busy; how long a real one may be silent is told in test_link.py."""
    monkeypatch.setattr(link, "FIRST_S", 60.0)
    monkeypatch.setattr(link, "SILENT_S", 60.0)
