"""The camera's pulse: found where the skin pulses, and not told where it does not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.model_store import model_path
from driver_monitor.perception.camera_pulse import CameraPulse, Colour, read_skin
from driver_monitor.perception.face_landmarks import FaceLandmarks
from driver_monitor.perception.face_landmarks.choice import open_face
from driver_monitor.settings import Settings
from driver_monitor.signals import CameraFrame, Event, nanoseconds

SKIN = np.array([180.0, 130.0, 110.0])
PULSE = np.array([0.33, 0.77, 0.53])
"""How much each channel pulses against the others (de Haan & van Leest 2014)."""


def colours(
    until_s: float, bpm: float, depth: float = 0.004, noise: float = 0.0008, fps: float = 30.0, light: float = 0.02, seed: int = 1
) -> Iterator[tuple[float, Colour]]:
    """Skin that pulses under light that changes as the car moves."""
    random = np.random.default_rng(seed)
    for k in range(round(until_s * fps)):
        t = k / fps
        beat = np.sin(2 * np.pi * bpm / 60.0 * t) + 0.3 * np.sin(4 * np.pi * bpm / 60.0 * t)
        shade = 1.0 + light * np.sin(2 * np.pi * 1.3 * t) + light * np.sin(2 * np.pi * 0.4 * t)
        r, g, b = SKIN * shade * (1.0 + depth * beat * PULSE) * (1.0 + noise * random.standard_normal(3))
        yield t, (float(r), float(g), float(b))


def told(seen: Iterator[tuple[float, Colour | None]]) -> list[dict[str, object]]:
    pulse = CameraPulse(Settings().heart.camera_pulse_snr_db)
    return [dict(e.detail) for t, c in seen for e in pulse.step(nanoseconds(t), c)]


@pytest.mark.parametrize("bpm", [48.0, 66.0, 90.0, 130.0])
@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_a_pulse_is_found_under_changing_light(bpm: float, fps: float) -> None:
    rates = [line["rate_bpm"] for line in told(colours(25.0, bpm, fps=fps))]
    assert len(rates) == 4
    assert rates == pytest.approx([bpm] * 4, abs=2.0)


def test_skin_that_does_not_pulse_gives_no_rate_and_says_why() -> None:
    lines = [line for seed in range(12) for line in told(colours(40.0, 70.0, depth=0.0, seed=seed))]
    assert len(lines) == 12 * 7
    assert {line["rate_bpm"] for line in lines} == {None}
    assert {line["reason"] for line in lines} == {"too weak or too unsteady"}


def test_infrared_pictures_and_slow_cameras_give_no_rate() -> None:
    grey = ((t, (c[0], c[0], c[0])) for t, c in colours(20.0, 70.0))
    assert told(grey)[-1]["reason"] == "the picture has no colour"
    assert told(colours(20.0, 70.0, fps=8.0))[-1]["reason"] == "8 pictures a second, 12 needed"


def test_a_face_that_was_lost_starts_anew() -> None:
    lines = told((t, None if 10.0 < t < 11.0 else c) for t, c in colours(24.0, 70.0))
    assert len(lines) == 1  # twelve seconds after the face came back


@pytest.fixture(scope="module")
def face() -> tuple[NDArray[np.uint8], FaceLandmarks]:
    """One picture of the virtual driver, and its landmarks."""
    detector = open_face(model_path("face_landmarker"), Settings().face)
    image, _ = virtual_driver(model_path("virtual-driver"), PEOPLE["anders"]).render(Pose(), Conditions(place="cluster"))
    found = detector.detect(CameraFrame(0, image))
    assert found is not None
    return image, found


def drawn(face: tuple[NDArray[np.uint8], FaceLandmarks], bpm: float, depth: float) -> list[Event]:
    """The virtual driver's skin tinted in each picture, with a sensor's noise, read and judged."""
    image, found = face
    random = np.random.default_rng(2)
    whole = image.astype(np.float32)
    pulse, events = CameraPulse(Settings().heart.camera_pulse_snr_db), []
    for k in range(13 * 15):
        t = k / 15.0
        tint = 1.0 + depth * np.sin(2 * np.pi * bpm / 60.0 * t) * PULSE
        noisy = whole * tint.astype(np.float32) + random.standard_normal(whole.shape, np.float32) * 2.0
        picture = np.clip(np.round(noisy), 0, 255).astype(np.uint8)
        events += pulse.step(nanoseconds(t), read_skin(picture, found))
    return events


def test_a_pulse_drawn_on_the_virtual_driver_is_found(face: tuple[NDArray[np.uint8], FaceLandmarks]) -> None:
    (event,) = drawn(face, 72.0, 0.005)
    assert dict(event.detail)["rate_bpm"] == pytest.approx(72.0, abs=2.0)


def test_the_virtual_driver_without_a_pulse_has_none(face: tuple[NDArray[np.uint8], FaceLandmarks]) -> None:
    (event,) = drawn(face, 72.0, 0.0)
    assert dict(event.detail)["rate_bpm"] is None
