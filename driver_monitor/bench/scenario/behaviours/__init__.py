"""What a driver can be told to do, by the name a scenario calls it."""

from __future__ import annotations

from driver_monitor.bench.scenario.behaviours import body, camera, eyes, mood, passenger, voice, wheel
from driver_monitor.bench.scenario.behaviours.base import Behaviour

BEHAVIOURS: dict[str, type[Behaviour]] = {
    kind.NAME: kind
    for module in (eyes, body, mood, voice, wheel, passenger, camera)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Behaviour) and kind.NAME
}
"""Every behaviour by its name in a scenario's ``what``."""
