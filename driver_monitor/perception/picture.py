"""The camera's pictures themselves: brightness, contrast, glare, sharpness, and whether they still change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from driver_monitor import settings
from driver_monitor.perception.baseline import Learning, TimeHistogram
from driver_monitor.signals import NS_PER_S, CameraFrame, PictureQuality, nanoseconds

_GRID = 16  # every sixteenth pixel in each direction tells brightness well enough
_SATURATED = 250
# of a frozen picture a video codec changes hardly a pixel by more gray levels than this (a share of 0.0008 at most in a drawn
# one; in live ones of three real videos 0.0047 at least)
_SAME, _SAME_SHARE = 4, 0.002
_SHARP_EVERY_NS = NS_PER_S // 2
_WIDTH = 160  # fine detail is judged in a picture this wide: a blur that hides lids shows there, and noise does not
_SMOOTH = 1.0 / 16.0  # what is left of the figure in a picture without any detail: (1 / 4)²
_LEAST_CONTRAST = 12.0  # a flat picture has no detail to judge
_PRIOR, _PRIOR_S = 0.16, 3.0  # the figure of a usual picture, and the seen time it counts as
_USUAL = (0.13, 0.20)  # a camera's own usual lies in here: noise at night raises it, and day is then no blur
_LEARN_S = 30.0


class PictureCheck:
    """What one picture after another allows."""

    def __init__(self, face: settings.Face) -> None:
        import cv2

        self._cv2 = cv2
        self._frozen_ns = nanoseconds(face.frozen_s)
        self._last: NDArray[np.uint8] | None = None
        self._changed_ns: int | None = None
        self._sharp_ns: int | None = None
        self._sharpness: float | None = None
        self._learning = Learning(_LEARN_S, max_step_s=1.0)
        self._usual = TimeHistogram(0.0, 0.5, 100)
        self._usual.add(_PRIOR, _PRIOR_S)

    def step(self, frame: CameraFrame, seat: tuple[float, float, float, float] | None = None) -> PictureQuality:
        """Quality of one picture; ``frozen`` once pictures have been the same for ``face.frozen_s``.

        ``seat`` is where the driver's face was last (left, top, right, bottom, as shares of the picture's width).
        """
        grid = np.ascontiguousarray(frame.image[::_GRID, ::_GRID, 1])  # green stands for luma
        mean, spread = self._cv2.meanStdDev(grid)
        contrast = float(spread[0, 0])
        if self._last is None or self._changed_ns is None or not self._same(grid, self._last, contrast):
            self._changed_ns = frame.t_ns
        self._last = grid
        if self._sharp_ns is None or frame.t_ns - self._sharp_ns >= _SHARP_EVERY_NS:
            self._sharp_ns = frame.t_ns
            self._sharpness = self._sharp(frame) if contrast >= _LEAST_CONTRAST else None
        return PictureQuality(
            luma=float(mean[0, 0]),
            contrast=contrast,
            frozen=frame.t_ns - self._changed_ns >= self._frozen_ns,
            saturated=float(np.count_nonzero(grid >= _SATURATED)) / grid.size,
            sharpness=self._sharpness,
            seat=None if seat is None else self._there(frame.image, grid, seat),
        )

    def _same(self, grid: NDArray[np.uint8], last: NDArray[np.uint8], contrast: float) -> bool:
        """The same picture, as far as a codec lets it be; in a flat one noise is all that tells."""
        if contrast < _LEAST_CONTRAST:
            return np.array_equal(grid, last)
        return int(np.count_nonzero(self._cv2.absdiff(grid, last) > _SAME)) < _SAME_SHARE * grid.size

    def _there(
        self, image: NDArray[np.uint8], grid: NDArray[np.uint8], seat: tuple[float, float, float, float]
    ) -> tuple[float, float] | None:
        """Luma and spread of a part, without the noise, which two neighbours do not share."""
        left, top, right, bottom = (max(0, round(share * grid.shape[1])) for share in seat)
        part = grid[top : bottom + 1, left : right + 1]
        if part.size == 0:
            return None
        beside = image[::_GRID, 1::_GRID, 1][top : bottom + 1, left : right + 1]
        noise = float(np.mean((part.astype(np.float32) - beside) ** 2)) / 2.0
        mean, spread = self._cv2.meanStdDev(np.ascontiguousarray(part))
        return float(mean[0, 0]), max(0.0, float(spread[0, 0]) ** 2 - noise) ** 0.5

    def _sharp(self, frame: CameraFrame) -> float:
        """Detail of one pixel against that of four in a small picture, over this camera's own usual."""
        height, width = frame.image.shape[:2]
        size = (_WIDTH, max(8, round(height * _WIDTH / width)))
        cv2 = self._cv2
        small = cv2.resize(cv2.extractChannel(frame.image, 1), size, interpolation=cv2.INTER_AREA)

        def detail(step: int) -> float:
            across = cv2.norm(small[:, step:], small[:, :-step], cv2.NORM_L2SQR) / small[:, step:].size
            return float(across + cv2.norm(small[step:], small[:-step], cv2.NORM_L2SQR) / small[step:].size)

        figure = detail(1) / max(detail(4), 1.0)
        weight = self._learning.step(frame.t_ns, usable=True)
        if weight > 0.0:
            self._usual.add(figure, weight)
        usual = max(_USUAL[0], min(_USUAL[1], self._usual.quantile(0.6) or _PRIOR))
        return max(0.0, figure - _SMOOTH) / (usual - _SMOOTH)
