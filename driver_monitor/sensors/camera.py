"""The cabin camera: a V4L2 device, or a video file played in real time, by OpenCV."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from driver_monitor import jpeg, settings
from driver_monitor.errors import DeviceError
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import CameraFrame, Part

_OPEN_MS, _READ_MS = 5000, 2000
"""A file that does not open, or a camera that gives no picture, for so long is gone."""


class Camera(Sensor):
    """Pictures as :class:`CameraFrame`, their time taken as soon as the picture is there and before it is unpacked.

    With ``keep_jpeg`` a camera that gives JPEG is asked for it, and its pictures keep what they were decoded from.
    """

    part: ClassVar[Part] = "camera"

    def __init__(self, camera: settings.Camera, *, keep_jpeg: bool = False) -> None:
        super().__init__()
        self._keep_jpeg = keep_jpeg
        self._settings = camera
        self._capture: Any = None
        self._pace_s = 0.0  # of a file; a camera paces itself
        self._next = 0.0

    def _open(self) -> None:
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(_READ_MS // 1000))  # read when cv2 is loaded
        os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")  # a camera that is not there is told by us, in one sentence
        import cv2

        source = self._settings.source
        device = Path(source)
        if source.isdigit() or source.startswith("/dev/"):
            node = Path(f"/dev/video{source}") if source.isdigit() else device
            if not node.exists():
                raise DeviceError(f"camera: there is no {node}; plug the camera in, or name another one in [camera] source")
            self._capture = cv2.VideoCapture(str(node), cv2.CAP_V4L2)
            for what, wanted in (
                (cv2.CAP_PROP_FRAME_WIDTH, self._settings.width),
                (cv2.CAP_PROP_FRAME_HEIGHT, self._settings.height),
                (cv2.CAP_PROP_FPS, self._settings.fps),
                (cv2.CAP_PROP_BUFFERSIZE, 1),
            ):
                self._capture.set(what, wanted)
            if self._keep_jpeg and self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")):
                self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)  # the bytes as they come
        else:
            if not device.is_file():
                raise DeviceError(f"camera: there is no file '{source}'; name a device or a file in [camera] source")
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_MS]
            # as a file whatever its name is: "tcp:…" would be a connection
            self._capture = cv2.VideoCapture(f"file:{source}", cv2.CAP_FFMPEG, limits)
            if self._keep_jpeg and int(self._capture.get(cv2.CAP_PROP_FOURCC)) == cv2.VideoWriter.fourcc(*"MJPG"):
                self._capture.set(cv2.CAP_PROP_FORMAT, -1)  # packets as they come
        if not self._capture.isOpened():
            raise DeviceError(f"camera: {source} cannot be opened; look whether another program holds it, and at [camera] source")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._pace_s = 1 / (fps if 1 <= fps <= 240 else self._settings.fps) if device.is_file() else 0.0
        self._next = time.monotonic()

    def _read(self, queue: SampleQueue) -> None:
        if self._pace_s:
            self._closed.wait(max(0.0, self._next - time.monotonic()))
            self._next = max(self._next + self._pace_s, time.monotonic() - 1.0)
        grabbed = self._capture.grab()
        t_ns = time.monotonic_ns()
        good, picture = self._capture.retrieve() if grabbed else (False, None)
        if not good or picture is None:
            ended = "the video file has ended" if self._pace_s else f"gave no picture for {_READ_MS / 1000:g} s, or is unplugged"
            raise DeviceError(f"camera: {self._settings.source}: {ended}; it is opened again")
        if frame := self._unpacked(t_ns, picture):
            queue.put(frame)

    def _unpacked(self, t_ns: int, picture: NDArray[np.uint8]) -> CameraFrame | None:
        import cv2

        if self._keep_jpeg and min(picture.shape[:2]) == 1:  # bytes in a row
            data = picture.tobytes()
            try:
                return CameraFrame(t_ns, jpeg.decode(data), data)
            except ValueError:  # cut on its way: cameras do that now and then
                return None
        if picture.ndim == 3 and picture.shape[2] == 2:  # asked for JPEG bytes, it gives raw pixels
            return CameraFrame(t_ns, np.asarray(cv2.cvtColor(picture, cv2.COLOR_YUV2RGB_YUYV), np.uint8))
        code = cv2.COLOR_GRAY2RGB if picture.ndim == 2 else cv2.COLOR_BGR2RGB
        return CameraFrame(t_ns, np.asarray(cv2.cvtColor(picture, code), np.uint8))

    def _release(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None
