"""What is shown live: by another process, on this machine alone, and of a drive never a picture."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from driver_monitor import jpeg
from driver_monitor.errors import BadUseError
from driver_monitor.recording.trip_file import TripFile
from driver_monitor.recording.trip_format import REPORT_TOPICS
from driver_monitor.recording.trip_messages import write_sample
from driver_monitor.recording.trip_writer import Whole
from driver_monitor.runtime import live_view
from driver_monitor.runtime.live_topics import ALL, REPORTS
from driver_monitor.runtime.live_view import LiveReports, LiveView, open_for_drive, points_over
from driver_monitor.runtime.recorder import attached
from driver_monitor.settings import Settings, Trip
from driver_monitor.signals import (
    NS_PER_S,
    TICK_NS,
    Alert,
    CameraFrame,
    DriverState,
    Evidence,
    HeartBeat,
    Sample,
    SensorStatus,
    Tick,
)
from tests.recording.media import picture, write_video
from tests.recording.trips import WALL_NS, ZERO_NS, about
from tests.runtime.viewer import Viewer

pytest.importorskip("foxglove", reason="the live view needs the extra live")

ALERT = Alert(ZERO_NS + NS_PER_S, "raised", 1, "drowsy", "warning", "a rule", "its source", (Evidence("PERCLOS", 0.4, 0.2, "1"),))


@pytest.fixture
def drive() -> Iterator[LiveView]:
    with open_for_drive(0, Settings()) as view:
        yield view


def test_a_viewer_sees_the_alerts_of_a_drive_with_their_evidence(drive: LiveView) -> None:
    with Viewer(drive.url, len(REPORTS)) as viewer:
        drive.wait_for_viewer()
        LiveReports(drive, ZERO_NS, WALL_NS).show(ALERT)
        (seen,) = viewer.until(lambda seen: len(seen) == 1)
    assert (seen.topic, seen.log_ns) == ("/alert", ZERO_NS + NS_PER_S + WALL_NS)
    assert (seen.told["kind"], seen.told["t_s"], seen.told["evidence"][0]["term"]) == ("drowsy", 1.0, "PERCLOS")


def test_of_a_drive_no_topic_could_carry_a_picture_landmarks_or_sound(drive: LiveView) -> None:
    assert {topic.name for topic in REPORTS} == REPORT_TOPICS
    with Viewer(drive.url, len(REPORTS)) as viewer:
        assert set(viewer.topics.values()) == REPORT_TOPICS
    with pytest.raises(KeyError):
        drive.send("/camera", 0, b"")


def test_the_serving_process_listens_on_loopback_alone_and_can_make_no_further_socket(drive: LiveView) -> None:
    port = int(drive.url.rpartition(":")[2])
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"]
    assert [address for address in listening if int(address.partition(":")[2], 16) == port] == [f"0100007F:{port:04X}"]
    assert "Seccomp:\t2" in Path(f"/proc/{drive.pid}/status").read_text()


def test_the_watching_process_itself_has_no_socket_and_can_make_none() -> None:
    script = """
        import json, socket
        from driver_monitor.runtime.live_view import open_for_drive
        from driver_monitor.runtime.lockdown import lock_down
        from driver_monitor.settings import Settings
        with open_for_drive(0, Settings()):
            locked = lock_down()
            try:
                socket.socket(socket.AF_INET)
            except PermissionError:
                print(json.dumps([locked.active, locked.reason]))
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    # else it would name sockets that were opened before
    assert json.loads(done.stdout) == [True, "locked down: no internet socket can be made by this process"]


def test_a_serving_process_that_hangs_costs_messages_and_no_waiting(drive: LiveView) -> None:
    os.kill(drive.pid, signal.SIGSTOP)
    state = DriverState(ZERO_NS, "fatigue", 0.5, 1.0, tuple(Evidence("a term", 0.1, 1.0, "1") for _ in range(50)))
    reports = LiveReports(drive, ZERO_NS, WALL_NS)
    for _ in range(1000):
        reports.show(state)
    assert 0 < drive.lost < 1000
    os.kill(drive.pid, signal.SIGCONT)


def test_a_serving_process_that_dies_ends_the_view_and_nothing_else(drive: LiveView, caplog: pytest.LogCaptureFixture) -> None:
    os.kill(drive.pid, signal.SIGKILL)
    os.waitid(os.P_PID, drive.pid, os.WEXITED | os.WNOWAIT)
    reports = LiveReports(drive, ZERO_NS, WALL_NS)
    for _ in range(3):
        reports.show(ALERT)
    assert [record.message for record in caplog.records] == ["the live view has ended: Broken pipe"]


def test_what_cannot_be_served_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(BadUseError, match=f"^port {port} is in use by another program; give another with --live-port$"):
            LiveView(port, pictures=True)
    with pytest.raises(BadUseError, match=r"^--live is refused: in a fleet .* nobody watches a driver at work live; "):
        open_for_drive(0, Settings(trip=Trip(deployment="fleet")))
    monkeypatch.setattr(live_view, "find_spec", lambda name: None)
    with pytest.raises(BadUseError, match=r"^--live needs the extra 'live': \.venv/bin/pip install -e '\.\[live\]' -c "):
        LiveView(0, pictures=True)


def test_landmarks_are_points_over_the_picture() -> None:
    from foxglove_schemas_protobuf.ImageAnnotations_pb2 import ImageAnnotations

    told = ImageAnnotations.FromString(points_over(np.array([[1.5, 2.0], [3.0, 4.0]], np.float32), 7))
    assert [(point.x, point.y) for point in told.points[0].points] == [(1.5, 2.0), (3.0, 4.0)]
    assert not ImageAnnotations.FromString(points_over(None, 7)).points


# ------------------------------------------------------------------------------------------------- the whole programme


@contextmanager
def program(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program and where it serves."""
    command = [sys.executable, "-m", "driver_monitor", *map(str, arguments), "--live", "--live-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        try:
            assert running.stdout is not None
            said = []
            for line in running.stdout:
                said.append(line)
                if found := re.search(r"ws://127\.0\.0\.1:\d+", line):
                    break
            assert found, said
            yield running, found[0]
        finally:
            running.terminate()


def rest_of(running: subprocess.Popen[str]) -> str:
    """What it says to its end. Not communicate(): that leaves out what came together with the line read last."""
    assert running.stdout is not None
    out = running.stdout.read()
    running.wait()
    return out


def test_a_replay_is_shown_with_pictures_landmarks_heart_and_alerts_on_the_roads_time(tmp_path: Path) -> None:
    data = jpeg.encode(picture(1), 90)
    with (tmp_path / "t.mcap").open("wb") as file, TripFile(Whole(file), about(), attached(Settings(), {})) as trip:
        for k in range(12):
            t_ns = ZERO_NS + k * TICK_NS
            samples: list[Sample] = [
                Tick(t_ns),
                HeartBeat(t_ns + 1, 812.5),
                CameraFrame(t_ns + 2, jpeg.decode(data), data),
                *([SensorStatus(t_ns + 3, "camera", "lost", "unplugged")] if k == 5 else []),
            ]
            for sample in samples:
                topic, message = write_sample(sample, WALL_NS)
                trip.add(topic, sample.t_ns, message)
    with program("replay", tmp_path / "t.mcap") as (running, url), Viewer(url, len(ALL)) as viewer:
        seen = viewer.until(lambda seen: False)  # to its end
        out = rest_of(running)
    assert running.returncode == 0, out
    by_topic = {topic: [s for s in seen if s.topic == topic] for topic in {s.topic for s in seen}}
    assert len(by_topic["/camera"]) == len(by_topic["/camera/face"]) == len(by_topic["/heart"]) == 12
    assert data in by_topic["/camera"][0].data
    assert [s.log_ns for s in by_topic["/camera"]] == [ZERO_NS + WALL_NS + k * TICK_NS + 2 for k in range(12)]
    assert [s.told["kind"] for s in by_topic["/alert"]] == ["sensor_lost"]
    assert "/state/fatigue" in by_topic
    assert "/microphone" not in by_topic


def test_a_run_shows_its_states_and_alerts_while_it_is_locked_down(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", frames=20)
    config = tmp_path / "c.toml"
    config.write_text(f'[camera]\nsource = "{video}"\n[microphone]\ndevice = "none"\n[heart_rate]\nsource = "none"\n')
    with program("run", "--config", config) as (running, url), Viewer(url, len(REPORTS)) as viewer:
        seen = viewer.until(lambda seen: {"/alert", "/health", "/state/fatigue"} <= {s.topic for s in seen})
        running.send_signal(signal.SIGINT)
        out = rest_of(running)
    assert running.returncode == 0, out
    assert {s.topic for s in seen} <= REPORT_TOPICS
    assert "locked down: no internet socket can be made" in out
