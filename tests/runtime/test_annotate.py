from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from driver_monitor.errors import BadUseError
from driver_monitor.monitor import View
from driver_monitor.recording.folder import open_recording
from driver_monitor.runtime.annotate import AnnotatedVideo
from driver_monitor.runtime.overlay import Overlay
from driver_monitor.signals import (
    Alert,
    Angles,
    CameraFrame,
    DriverState,
    Event,
    Evidence,
    FaceMeasurement,
    Level,
    Report,
)

SIZES = [(480, 270), (554, 688), (640, 480), (1280, 720), (1920, 1080)]
RED, GREEN = np.array([255, 82, 82]), np.array([94, 211, 125])


def frame(size: tuple[int, int], t_ns: int = 0) -> CameraFrame:
    return CameraFrame(t_ns, np.full((size[1], size[0], 3), 60, np.uint8))


def face(size: tuple[int, int]) -> NDArray[np.float32]:
    """478 points in an oval in the middle of the picture, eyes and mouth where they belong."""
    from driver_monitor.runtime import overlay

    width, height = size
    centre, reach = np.array([width / 2, height / 2]), height * 0.3
    angle = np.linspace(0, 2 * np.pi, 478)
    points = centre + reach * np.stack([0.7 * np.cos(angle), np.sin(angle)], axis=1)
    for indices, x, y, w, h in (
        (overlay._RIGHT_EYE, -0.3, -0.2, 0.18, 0.07),
        (overlay._LEFT_EYE, 0.3, -0.2, 0.18, 0.07),
        (overlay._INNER_LIPS, 0.0, 0.45, 0.25, 0.1),
    ):
        turn = np.linspace(0, 2 * np.pi, len(indices), endpoint=False)
        points[list(indices)] = centre + reach * np.stack([x + w * np.cos(turn), y + h * np.sin(turn)], axis=1)
    points[overlay._NOSE_TIP] = centre
    return points.astype(np.float32)


def view(size: tuple[int, int], *, t_ns: int = 0, closed: bool | None = False, openness: float | None = 0.95) -> View:
    return View(
        t_ns,
        face(size),
        FaceMeasurement(t_ns, head=Angles(12.0, -4.0), mouth_ratio=0.2),
        (openness, openness),
        closed,
        Angles(20.0, -10.0),
        "centre_stack",
        ("learning open eyes, 40 s left",),
    )


def alert(level: Level, number: int = 1, action: str = "raised") -> Alert:
    assert action in ("raised", "cleared")
    return Alert(
        0,
        "raised" if action == "raised" else "cleared",
        number,
        "microsleep",
        level,
        "eyes closed ≥ 1.5 s",
        "timed after Euro NCAP",
        (Evidence("eyes closed for", 1.5, 1.53, "s"),),
    )


def colours(image: NDArray[np.uint8], colour: NDArray[np.int_], tolerance: int = 12) -> int:
    """How many pixels have a colour."""
    return int((np.abs(image.astype(int) - colour).max(axis=2) <= tolerance).sum())


@pytest.mark.parametrize("size", SIZES)
def test_the_picture_keeps_its_shape_and_the_panel_stands_beside_it(size: tuple[int, int]) -> None:
    overlay = Overlay(size)
    width, height = overlay.out_size
    assert width % 2 == height % 2 == 0
    assert 540 <= height <= 1080
    drawn = overlay.draw(frame(size), None)
    assert drawn.shape == (height, width, 3)
    left = round(size[0] * height / size[1])
    assert abs((width - left) - height * 300 / 540) <= 2
    assert (drawn[:, : left - 2] == 60).all()  # nothing is drawn over a picture without a face


@pytest.mark.parametrize("size", SIZES)
def test_open_eyes_are_green_and_closed_ones_red(size: tuple[int, int]) -> None:
    overlay = Overlay(size)
    edge = overlay.out_size[0] - round(overlay.out_size[1] * 300 / 540) - 2
    opened = overlay.draw(frame(size), view(size))[:, :edge]
    shut = overlay.draw(frame(size), view(size, closed=True, openness=0.0))[:, :edge]
    assert colours(opened, GREEN, 25) > 20
    assert colours(opened, RED, 25) == 0
    assert colours(shut, RED, 25) > 20
    assert colours(shut, GREEN, 25) == 0


def test_the_bars_grow_with_the_eyes() -> None:
    size = (640, 480)
    overlay = Overlay(size)
    panel = [overlay.draw(frame(size), view(size, openness=o))[:, 740:].astype(int) for o in (0.2, 0.9)]
    assert np.abs(panel[0] - panel[1]).sum() > 10_000


def test_a_view_of_an_older_picture_is_not_drawn_on_this_one() -> None:
    size = (640, 480)
    overlay = Overlay(size)
    with_old = overlay.draw(frame(size, 100), view(size, t_ns=0))
    assert (with_old == overlay.draw(frame(size, 100), None)).all()


@pytest.mark.parametrize("level", ["advice", "caution", "warning", "critical"])
def test_an_alert_frames_the_picture_in_its_colour_until_it_is_cleared(level: Level) -> None:
    from driver_monitor.runtime.overlay import _LEVEL

    size = (640, 480)
    overlay = Overlay(size)
    quiet = overlay.draw(frame(size), None)
    overlay.note([alert(level)])
    loud = overlay.draw(frame(size), None)
    assert tuple(loud[2, 100]) == _LEVEL[level]
    assert colours(loud[420:], np.array(_LEVEL[level]), 2) > 10_000  # the banner
    overlay.note([alert(level, action="cleared")])
    assert (overlay.draw(frame(size), None) == quiet).all()


def test_the_loudest_alert_is_the_one_shown() -> None:
    size = (640, 480)
    one, both = Overlay(size), Overlay(size)
    one.note([alert("critical", 1)])
    both.note([alert("critical", 1), alert("advice", 2)])
    assert (one.draw(frame(size), None) == both.draw(frame(size), None)).all()


def test_states_show_their_value_and_a_dash_when_not_known() -> None:
    size = (640, 480)
    overlay = Overlay(size)
    nothing = overlay.draw(frame(size), None)
    overlay.note([DriverState(0, "fatigue", None, 0.0, reason="too early")])
    assert (overlay.draw(frame(size), None) == nothing).all()
    overlay.note([DriverState(0, "fatigue", 0.8, 0.9, kss=7.5)])
    assert not (overlay.draw(frame(size), None) == nothing).all()


def test_an_event_is_shown_while_it_lasts_and_a_little_longer() -> None:
    size = (640, 480)
    plain, overlay = Overlay(size), Overlay(size)
    overlay.note([Event(0, "yawn", 0, None)])
    assert not (overlay.draw(frame(size), None) == plain.draw(frame(size), None)).all()
    overlay.note([Event(1, "yawn", 0, 2_000_000_000)])
    for t_s, shown in ((5, True), (7, False)):
        at = frame(size, t_s * 1_000_000_000)
        assert (not (overlay.draw(at, None) == plain.draw(at, None)).all()) is shown


def test_points_that_are_no_numbers_do_not_stop_the_video() -> None:
    size = (640, 480)
    broken = view(size)
    assert broken.landmarks is not None
    broken.landmarks[5] = np.nan
    assert Overlay(size).draw(frame(size), broken).shape[2] == 3


class Looking:
    """A monitor that saw a face in every picture."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.t_ns = 0

    @property
    def view(self) -> View | None:
        return view(self.size, t_ns=self.t_ns)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_the_file_plays_with_every_picture_at_its_time(tmp_path: Path, codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    if codec == "mpeg4":
        monkeypatch.setattr(av, "codecs_available", {"mpeg4"})
    size, path = (320, 240), tmp_path / "v.mp4"
    times = [0, 33_333_333, 66_666_667, 66_666_668, 500_000_000]  # the fourth cannot be told from the third
    monitor = Looking(size)
    with AnnotatedVideo(path, 30.0, size) as video:
        reports: list[Report] = [alert("warning")]
        for t_ns in times:
            monitor.t_ns = t_ns
            video.take(frame(size, t_ns), reports, monitor)
            reports = []
        video.close()  # and again at the end of the block
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == ("h264" if codec == "libx264" else "mpeg4")
        pictures = list(container.decode(stream))
    told = [float(p.pts * p.time_base) for p in pictures if p.pts is not None and p.time_base is not None]
    assert told == pytest.approx([0.0, 0.033333, 0.066667, 0.5], abs=2e-5)
    assert (pictures[0].width, pictures[0].height) == Overlay(size).out_size


def test_a_video_without_pictures_closes_in_peace(tmp_path: Path) -> None:
    AnnotatedVideo(tmp_path / "v.mp4", 30.0, (320, 240)).close()


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadUseError, match="does not exist; make it first"):
        AnnotatedVideo(tmp_path / "no" / "v.mp4", 30.0, (320, 240))


def test_what_was_written_can_be_replayed(tmp_path: Path) -> None:
    size = (320, 240)
    with AnnotatedVideo(tmp_path / "v.mp4", 10.0, size) as video:
        for i in range(10):
            video.write(frame(size, i * 100_000_000), None)
    with open_recording(tmp_path / "v.mp4") as recording:
        assert recording.picture_size == Overlay(size).out_size
