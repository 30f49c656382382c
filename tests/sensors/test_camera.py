"""The camera on a real video file, and what is no camera."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from driver_monitor import settings
from driver_monitor.errors import DeviceError
from driver_monitor.sensors.camera import Camera
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.signals import CameraFrame, SensorStatus
from tests.sensors.bench import Everything, collect, statuses


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "red.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for _ in range(20):
        writer.write(np.full((48, 64, 3), (10, 20, 200), np.uint8))  # blue, green, red
    writer.release()
    return path


def test_a_video_file_plays_in_real_time_as_rgb_and_starts_again(video: Path) -> None:
    queue = Everything()
    before = time.monotonic_ns()
    with Camera(settings.Camera(source=str(video))) as camera:
        camera.start(queue)
        got = collect(queue, lambda s: ("camera", "lost") in statuses(s))
        got += collect(queue, lambda s: any(isinstance(x, CameraFrame) for x in s))
    assert statuses(got) == [("camera", "ok"), ("camera", "lost"), ("camera", "ok")]
    lost = next(i for i, s in enumerate(queue.given) if isinstance(s, SensorStatus) and s.state == "lost")
    frames = [s for s in queue.given[:lost] if isinstance(s, CameraFrame)]
    assert len(frames) == 20
    assert frames[0].image.shape == (48, 64, 3)
    red, green, blue = frames[0].image.mean((0, 1))
    assert red > 180 > 60 > max(green, blue)
    times = [f.t_ns for f in queue.given if isinstance(f, CameraFrame)]
    assert times == sorted(times)
    assert all((t_ns - before) * 1e-9 > k / 25 for k, t_ns in enumerate(times[:20]))  # not faster than it was filmed


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("/dev/video77", "there is no /dev/video77; plug"),
        ("77", "there is no /dev/video77"),
        ("nofile.mp4", "no file 'nofile.mp4'"),
    ],
)
def test_a_camera_that_is_not_there(source: str, told: str) -> None:
    with pytest.raises(DeviceError, match=told):
        Camera(settings.Camera(source=source)).start(SampleQueue(), required=True)


def test_a_file_named_like_a_connection_is_read_as_a_file(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "tcp:127.0.0.1:9"
    (tmp_path / name).write_bytes(video.read_bytes())
    with Camera(settings.Camera(source=name)) as camera:
        assert camera.start(SampleQueue(), required=True)


def test_a_text_is_no_camera(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("hello " * 100)
    with pytest.raises(DeviceError, match="cannot be opened"):
        Camera(settings.Camera(source=str(text))).start(SampleQueue(), required=True)
