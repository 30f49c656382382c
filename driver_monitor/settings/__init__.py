"""Every setting, with its unit, range and source. A settings file is read by :mod:`driver_monitor.settings_file`.

A figure with the source ``design`` was chosen here; all others name where they come from. The product is "timed after"
the texts named, never "compliant" with them: nobody here has read the full regulations.
"""

from __future__ import annotations

from pydantic import model_validator

from driver_monitor.settings.fields import Section
from driver_monitor.settings.outputs import Outputs
from driver_monitor.settings.perception import Body, Eyes, Face, Gaze, Hands, Heart, Mouth, Voice, Words, Zones
from driver_monitor.settings.rules import Alerts, Distraction, Emotion, Fatigue, Phone
from driver_monitor.settings.sensors import Camera, HeartRate, Microphone
from driver_monitor.settings.trip import Recording, Trip
from driver_monitor.settings.vehicle import Obd, Vehicle, VehicleOut, VehicleSignals

__all__ = [
    "Alerts",
    "Body",
    "Camera",
    "Distraction",
    "Emotion",
    "Eyes",
    "Face",
    "Fatigue",
    "Gaze",
    "Hands",
    "Heart",
    "HeartRate",
    "Microphone",
    "Mouth",
    "Obd",
    "Outputs",
    "Phone",
    "Recording",
    "Section",
    "Settings",
    "Trip",
    "Vehicle",
    "VehicleOut",
    "VehicleSignals",
    "Voice",
    "Words",
    "Zones",
]


class Settings(Section):
    """All settings; a file needs only those it changes."""

    trip: Trip = Trip()
    camera: Camera = Camera()
    microphone: Microphone = Microphone()
    heart_rate: HeartRate = HeartRate()
    vehicle: Vehicle = Vehicle()
    face: Face = Face()
    eyes: Eyes = Eyes()
    mouth: Mouth = Mouth()
    gaze: Gaze = Gaze()
    hands: Hands = Hands()
    phone: Phone = Phone()
    body: Body = Body()
    distraction: Distraction = Distraction()
    fatigue: Fatigue = Fatigue()
    heart: Heart = Heart()
    voice: Voice = Voice()
    words: Words = Words()
    emotion: Emotion = Emotion()
    alerts: Alerts = Alerts()
    outputs: Outputs = Outputs()
    recording: Recording = Recording()

    @model_validator(mode="after")
    def _ordered(self) -> Settings:
        f = self.fatigue
        if not f.microsleep_s < f.sleep_s < f.unresponsive_s:
            raise ValueError("fatigue: microsleep_s < sleep_s < unresponsive_s must hold")
        return self

    @property
    def emotions_on(self) -> bool:
        """Stress and anger are worked out at all (always, save in a fleet that states no safety purpose)."""
        return self.trip.deployment != "fleet" or bool(self.trip.emotion_safety_purpose.strip())
