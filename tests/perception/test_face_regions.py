"""What lies over a face, on drawn faces: what is worn is known, and the landmark model is the product's own."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import pytest

from driver_monitor.bench.virtual_driver.light import LIGHTS, LightKind
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.model_store import model_path
from driver_monitor.monitor import Monitor
from driver_monitor.runtime.assembly import build_monitor
from driver_monitor.settings import Settings
from driver_monitor.signals import CameraFrame, FaceRegions, nanoseconds

FACE = Settings().face


@pytest.fixture(scope="module")
def monitor() -> Iterator[Monitor]:
    built = build_monitor(Settings())
    yield built
    built.close()


class Photographer:
    """Draws a person and reads what lies over the face; time goes on from picture to picture."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor, self.t_s = monitor, 0.0

    def regions(self, name: str, light: LightKind = "day", seed: int = 5, **worn: object) -> FaceRegions:
        image, _ = virtual_driver(model_path("virtual-driver"), PEOPLE[name].wearing(**worn)).render(
            Pose(), Conditions(light=LIGHTS[light], seed=seed)
        )
        for _ in range(2):
            self.t_s += 0.5
            self.monitor.step(CameraFrame(nanoseconds(self.t_s), image))
        view = self.monitor.view
        assert view is not None and view.face.regions is not None
        return view.face.regions


@pytest.fixture(scope="module")
def camera(monitor: Monitor) -> Photographer:
    return Photographer(monitor)


@pytest.mark.parametrize("name", ["anders", "bea", "chidi", "dayo", "enzo"])
def test_bare_faces_of_all_skins_and_beards_wear_nothing(camera: Photographer, name: str) -> None:
    for light in ("day", "dusk", "infrared"):
        seen = camera.regions(name, light)
        assert seen.around_eyes > 1.3 * FACE.lens_share, light
        assert not seen.mask, light
        assert seen.glint < FACE.glint_share, light


@pytest.mark.parametrize("name", ["bea", "chidi", "goro"])
def test_sunglasses_of_5_percent_hide_the_eyes_and_tinted_ones_do_not(camera: Photographer, name: str) -> None:
    dark = camera.regions(name, glasses="dark", transmittance=0.05)
    tinted = camera.regions(name, glasses="dark", transmittance=0.7)
    assert dark.around_eyes < FACE.lens_share < tinted.around_eyes


@pytest.mark.parametrize("name", ["anders", "chidi", "fang", "goro"])
def test_sunglasses_in_the_sun_take_light_and_the_skins_colour_away_and_clear_glasses_leave_them(
    camera: Photographer, name: str
) -> None:
    def left(**worn: object) -> float:
        seen = [camera.regions(name, "side_sun", seed=seed, **worn) for seed in range(5)]
        return median(r.around_eyes + (r.eyes_colour or 0.0) for r in seen)

    assert left() > FACE.lens_reflecting
    assert left(glasses="clear") > FACE.lens_reflecting
    assert left(glasses="dark") < FACE.lens_reflecting
    assert camera.regions(name, "infrared").eyes_colour is None


def test_sunglasses_that_are_clear_in_infrared_hide_nothing(camera: Photographer) -> None:
    assert camera.regions("anders", "infrared", glasses="dark").around_eyes > FACE.lens_share
    opaque = camera.regions("anders", "infrared", glasses="dark", infrared_transmittance=0.1)
    assert opaque.around_eyes < FACE.lens_share


@pytest.mark.parametrize("name", ["anders", "chidi", "enzo"])
def test_a_mask_is_seen_on_every_skin_and_is_no_sunglasses(camera: Photographer, name: str) -> None:
    seen = camera.regions(name, mask=True)
    assert seen.mask
    assert seen.around_eyes > FACE.lens_share
