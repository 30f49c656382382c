"""``driver-monitor bench scenario``: a scenario file to a labelled recording, or to the screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from driver_monitor.bench.scenario.scenario import Frame, Scenario
from driver_monitor.errors import BadUseError, DeviceError
from driver_monitor.model_store import model_path

if TYPE_CHECKING:
    import cv2.typing

_WORKERS = 2


def scenario_command(file: Path, out: Path | None, watch: bool) -> int:
    """Write the scenario's recording with its truth into the folder ``out``, or show it, or both."""
    if out is None and not watch:
        raise BadUseError("nothing to do: give --out FOLDER for the recording, or --watch to see it")
    scenario = Scenario.load(file, model_path("virtual-driver"))
    if watch:
        _show(scenario)
    if out is not None:
        _write(scenario, out)
    return 0


def _write(scenario: Scenario, out: Path) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from driver_monitor.bench.scenario.recording import write_recording

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("drawing", total=None)
        files = write_recording(
            scenario, out, workers=_WORKERS, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    for written in files:
        print(written)


def _show(scenario: Scenario) -> None:
    """Play the pictures in a window at their own pace, with what is true written on them; q ends it."""
    import os

    import cv2

    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise DeviceError("--watch needs a screen and there is none (DISPLAY is not set); use --out and open video.mp4")
    os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")  # OpenCV's Qt would complain of its missing fonts
    last_ns = 0
    for frame in scenario.frames(workers=_WORKERS):
        cv2.imshow(scenario.script.title, _written_on(frame))
        if cv2.waitKey(max(1, (frame.t_ns - last_ns) // 1_000_000)) == ord("q"):
            break
        last_ns = frame.t_ns
    cv2.destroyAllWindows()


def _written_on(frame: Frame) -> cv2.typing.MatLike:
    import cv2

    picture = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
    truth = frame.truth
    lids = sum(truth.openness) / 2.0
    text = f"{frame.t_ns / 1e9:6.2f} s  {frame.zone}  lids {lids:.2f}  gaze {truth.gaze.yaw:+.0f} {truth.gaze.pitch:+.0f}"
    cv2.putText(picture, text, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return picture
