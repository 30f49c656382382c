"""Pictures of the virtual driver, with what they show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.asset import Asset
from driver_monitor.bench.virtual_driver.cabin import Cabin
from driver_monitor.bench.virtual_driver.camera import Place, camera_view
from driver_monitor.bench.virtual_driver.figure import Figure
from driver_monitor.bench.virtual_driver.geometry import angles_of
from driver_monitor.bench.virtual_driver.hand import draw_hand
from driver_monitor.bench.virtual_driver.head import Head, Posed
from driver_monitor.bench.virtual_driver.light import LIGHTS, Light
from driver_monitor.bench.virtual_driver.passenger import Companion, Passenger, who_rides_with
from driver_monitor.bench.virtual_driver.pose import Pose, Truth
from driver_monitor.bench.virtual_driver.raster import View
from driver_monitor.bench.virtual_driver.sensor import STILL, Sensor, expose
from driver_monitor.bench.virtual_driver.subject import Subject


@dataclass(frozen=True, slots=True)
class Conditions:
    """All that is not the driver: camera, light, disturbances, a passenger; ``seed`` settles the noise of this one picture."""

    place: Place = "column"
    size: tuple[int, int] = (640, 480)
    drive_side: Literal["left", "right"] = "left"
    nearer: float = 1.0
    light: Light = LIGHTS["day"]
    sensor: Sensor = STILL
    passenger: Passenger | None = None
    fine: int = 1
    seed: int = 0


class VirtualDriver:
    """One subject ready to be drawn.

    Parameters
    ----------
    asset
        The head, see :mod:`driver_monitor.bench.virtual_driver.asset`.
    subject
        Who it is.
    """

    def __init__(self, asset: Asset, subject: Subject) -> None:
        self.subject = subject
        self._asset = asset
        self.head = Head(asset, subject)
        self._figure = Figure(self.head)
        self._views: dict[tuple[object, ...], tuple[View, Cabin]] = {}

    def truth(self, pose: Pose, conditions: Conditions | None = None) -> Truth:
        """What a picture would show, without drawing it."""
        conditions = conditions or Conditions()
        view, _ = self._view(replace(conditions, fine=1), with_cabin=False)
        return self._truth(pose, self.head.pose(pose), view)

    def render(self, pose: Pose, conditions: Conditions | None = None) -> tuple[NDArray[np.uint8], Truth]:
        """The picture (height, width, 3) RGB of a pose, and what it shows."""
        import cv2

        conditions = conditions or Conditions()
        view, cabin = self._view(conditions)
        assert cabin is not None
        posed = self.head.pose(pose)
        image = cabin.picture(conditions.light)
        if conditions.passenger is not None:
            image = self._beside.draw(conditions.passenger, view, conditions.light, conditions.drive_side, image)
        image = self._figure.draw(posed, view, conditions.light, image)
        image = draw_hand(image, self.head, pose, posed, view, conditions.light)
        if conditions.fine > 1:
            image = np.asarray(cv2.resize(image, conditions.size, interpolation=cv2.INTER_AREA), np.float32)
        picture = expose(image, conditions.light, conditions.sensor, np.random.default_rng(conditions.seed))
        small, _ = self._view(replace(conditions, fine=1), with_cabin=False)
        return picture, self._truth(pose, posed, small)

    @cached_property
    def _beside(self) -> Companion:
        return Companion(self._asset, who_rides_with(self.subject))

    def _truth(self, pose: Pose, posed: Posed, view: View) -> Truth:
        outline = view.project(posed.vertices[self.head.face_outline])[:, :2]
        (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
        return replace(
            self.head.truth(pose, posed),
            head_to_camera=angles_of(view.matrix[:3, :3] @ posed.head),
            face_box=(float(x0), float(y0), float(x1), float(y1)),
        )

    def _view(self, conditions: Conditions, with_cabin: bool = True) -> tuple[View, Cabin | None]:
        width, height = conditions.size
        size = (width * conditions.fine, height * conditions.fine)
        key = (conditions.place, size, conditions.drive_side, conditions.nearer)
        if key in self._views:
            return self._views[key]
        view = camera_view(conditions.place, size, conditions.drive_side, conditions.nearer)
        if not with_cabin:
            return view, None
        self._views[key] = view, Cabin(view, conditions.drive_side)
        return self._views[key]


@lru_cache(maxsize=16)
def virtual_driver(asset: Path, subject: Subject) -> VirtualDriver:
    """The virtual driver of an asset file and subject; building one takes about a second, so they are kept."""
    return VirtualDriver(Asset.load(asset), subject)
