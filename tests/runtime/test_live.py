"""The live loop: ticks in time, every sample once and in order, outputs fed, nothing dead unnoticed."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory

from driver_monitor.alerts.outputs import Pins
from driver_monitor.errors import DeviceError
from driver_monitor.monitor import Monitor
from driver_monitor.runtime.cabin_sensors import open_sensors
from driver_monitor.runtime.live import local_time
from driver_monitor.runtime.live_loop import LiveLoop, Summary
from driver_monitor.runtime.watchdog import Watchdog
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.settings import Settings, Trip
from driver_monitor.signals import (
    Alert,
    ButtonPress,
    CameraFrame,
    CanFrame,
    DriverState,
    Health,
    Part,
    Report,
    Sample,
    SensorStatus,
    StateName,
    Tick,
    seconds,
)
from tests.runtime.bench_clock import ArrivingQueue, BenchClock

PICTURE = np.zeros((4, 4, 3), np.uint8)
ALERT = Alert(0, "raised", 1, "sleep", "critical", "rule", "source")


class Recorder:
    """Takes the Monitor's place: keeps what it is given and says what it is told to."""

    def __init__(self, clock: BenchClock, slow_ms: float = 0.0) -> None:
        self.samples: list[Sample] = []
        self.finished = False
        self.clock, self.slow_ms = clock, slow_ms

    def step(self, sample: Sample) -> list[Report]:
        self.samples.append(sample)
        self.clock.now_ns += round(self.slow_ms * 1e6)
        match sample:
            case Tick():
                return [DriverState(sample.t_ns, "fatigue", 0.25, 1.0)]
            case ButtonPress():
                return [ALERT]
            case SensorStatus():
                return [Health(sample.t_ns, sample.part, sample.state, sample.reason)]
            case _:
                return []

    def finish(self) -> list[Report]:
        self.finished = True
        return []

    def ticks_ms(self) -> list[float]:
        return [(s.t_ns - self.clock.start_ns) / 1e6 for s in self.samples if isinstance(s, Tick)]


class Output:
    def __init__(self, part: Part, broken: bool = False) -> None:
        self.part = part
        self.trouble: str | None = None
        self.broken = broken
        self.alerts: list[Alert] = []
        self.told = 0

    def handle(self, alert: Alert) -> None:
        if self.broken:
            raise RuntimeError("burnt")
        self.alerts.append(alert)

    def states(self, states: Sequence[DriverState]) -> None:
        assert [s.state for s in states] == ["fatigue"]
        self.told += 1

    def close(self) -> None: ...


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> BenchClock:
    return BenchClock(monkeypatch)


def turn(recorder: Recorder, queue: SampleQueue, seconds: float, outputs: Sequence[Output] = ()) -> tuple[Summary, list[Report]]:
    reports: list[Report] = []
    return LiveLoop(recorder, queue, outputs, reports.append).run(threading.Event(), seconds), reports


def test_ticks_come_at_ten_hertz_whatever_the_sensors_do(clock: BenchClock) -> None:
    pictures = [(at, CameraFrame(at, PICTURE)) for at in map(clock.after, range(3, 1050, 33))]
    recorder = Recorder(clock)
    summary, _ = turn(recorder, ArrivingQueue(clock, pictures), 1.05)
    assert recorder.ticks_ms() == [100 * k for k in range(11)]
    assert summary.pictures == len(pictures)
    assert recorder.finished


def test_the_end_of_the_seconds_is_the_end_of_the_loop(clock: BenchClock) -> None:
    summary, _ = turn(Recorder(clock), ArrivingQueue(clock), 1.0)
    assert (summary.start_ns, summary.end_ns) == (clock.start_ns, clock.after(1000))
    assert "ended after 1.0 s" in summary.in_words(Settings())


def test_time_never_runs_backwards_and_no_sample_is_lost(clock: BenchClock) -> None:
    # each frame was 5 ms on its way
    frames = [(clock.after(2 * k), CanFrame(clock.after(2 * k - 5), k, b"")) for k in range(1, 400)]
    recorder = Recorder(clock)
    turn(recorder, ArrivingQueue(clock, frames), 0.8)
    times = [s.t_ns for s in recorder.samples]
    assert times == sorted(times)
    assert [s.arbitration_id for s in recorder.samples if isinstance(s, CanFrame)] == list(range(1, 400))
    assert recorder.ticks_ms() == [100 * k for k in range(8)]


def test_a_tick_after_a_younger_sample_takes_its_time(clock: BenchClock) -> None:
    recorder = Recorder(clock)
    ahead = CameraFrame(clock.after(102), PICTURE)  # the camera's clock runs 2 ms ahead
    turn(recorder, ArrivingQueue(clock, [(clock.after(99), ahead)]), 0.15)
    assert [(type(s).__name__, (s.t_ns - clock.start_ns) / 1e6) for s in recorder.samples] == [
        ("Tick", 0),
        ("CameraFrame", 102),
        ("Tick", 102),
    ]


def test_a_slow_step_skips_ticks_instead_of_heaping_them_up(clock: BenchClock) -> None:
    recorder = Recorder(clock, slow_ms=350)
    turn(recorder, ArrivingQueue(clock), 1.5)
    assert recorder.ticks_ms() == [0, 300, 700, 1000, 1400]


def test_alerts_and_states_reach_every_output_and_a_broken_one_silences_no_other(
    clock: BenchClock, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = Output("buzzer", broken=True), Output("light")
    queue = ArrivingQueue(clock, [(clock.after(50), ButtonPress(clock.after(50)))])
    summary, reports = turn(Recorder(clock), queue, 0.35, [broken, whole])
    assert whole.alerts == [ALERT]
    assert whole.told == 4
    assert "burnt" in caplog.text
    assert ALERT in reports
    assert summary.raised == [ALERT]


def test_an_output_in_trouble_is_a_sample_like_a_lost_sensor(clock: BenchClock) -> None:
    class Bus(Output):
        def states(self, states: Sequence[DriverState]) -> None:
            self.trouble = "the bus is down" if clock.now_ns < clock.after(250) else None

    recorder = Recorder(clock)
    _, reports = turn(recorder, ArrivingQueue(clock), 0.6, [Bus("bus")])
    told = [s for s in recorder.samples if isinstance(s, SensorStatus)]
    assert [(s.part, s.state) for s in told] == [("bus", "lost"), ("bus", "ok")]
    assert [r.reason for r in reports if isinstance(r, Health)] == ["the bus is down", "works again"]


def test_in_a_fleet_the_summary_keeps_emotions_to_itself() -> None:
    summary = Summary(0, 10_000_000_000, raised=[ALERT, Alert(0, "raised", 2, "anger", "advice", "rule", "source")])
    assert "1 anger, 1 sleep" in summary.in_words(Settings())
    fleet = Settings(trip=Trip(deployment="fleet"))
    assert "alerts raised: 1 sleep" in summary.in_words(fleet)
    assert summary.figures(0, fleet)["alerts"] == {"sleep": 1}


def test_the_watchdog_is_fed_only_while_the_loop_turns(
    tmp_path: Path, clock: BenchClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.setblocking(False)

        def said() -> list[str]:
            out = []
            while True:
                try:
                    out.append(systemd.recv(100).decode())
                except BlockingIOError:
                    return out

        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        monkeypatch.setenv("WATCHDOG_USEC", "400000")
        watchdog = Watchdog()
        loop = LiveLoop(Recorder(clock), ArrivingQueue(clock), (), lambda _: None, watchdog)
        assert said() == []  # made, but not yet turning
        loop.run(threading.Event(), 0.95)
        assert said() == ["READY=1", *["WATCHDOG=1"] * 5]  # every 0.2 s, and no more once the loop has stopped
        watchdog.close()
        watchdog.close()
        assert said() == ["STOPPING=1"]


def test_the_real_monitor_turns_in_the_loop(clock: BenchClock) -> None:
    reports = list[Report]()
    queue = ArrivingQueue(clock, [(clock.after(1), SensorStatus(clock.after(1), "camera", "lost", "unplugged"))])
    LiveLoop(Monitor(Settings()), queue, (), reports.append).run(threading.Event(), 0.5)
    assert {r.state for r in reports if isinstance(r, DriverState)} == set(get_args(StateName))
    assert [r.kind for r in reports if isinstance(r, Alert)] == ["sensor_lost"]


# ------------------------------------------------------------------------------------------------- the whole programme


@pytest.fixture(scope="module")
def settings_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    writer = cv2.VideoWriter(str(folder / "grey.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 15, (320, 240))
    for i in range(45):
        writer.write(np.full((240, 320, 3), 80 + i, np.uint8))
    writer.release()
    path = folder / "bench.toml"
    path.write_text(f"""
        [camera]
        source = "{folder / "grey.avi"}"
        [microphone]
        device = "no such microphone"
        [heart_rate]
        source = "/dev/ttyNONE"
        [vehicle]
        interface = "virtual"
        channel = "live"
        send_alerts = true
    """)
    return path


def program(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "driver_monitor", "run", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended_after_s(out: str) -> float:
    """What a run told of its length; on a busy machine the last step may take it some way past its seconds."""
    (told,) = re.findall(r"ended after ([\d.]+) s: \d+ pictures read", out)
    return float(told)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_run_without_half_of_its_devices_goes_on_and_ends_cleanly(
    how: signal.Signals, settings_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "r.jsonl"
    begun_ns = time.monotonic_ns()
    running = program("--config", str(settings_file), "--reports", str(path))
    try:
        end = time.monotonic() + 120
        while not (path.exists() and path.read_text().count('"state":"fatigue"') > 5):
            assert running.poll() is None, running.communicate()[1]
            assert time.monotonic() < end
            time.sleep(0.1)
        status = Path(f"/proc/{running.pid}/status").read_text()
        running.send_signal(how)
        out, err = running.communicate(timeout=120)
    finally:
        running.kill()
    assert running.returncode == 0, err
    assert "Traceback" not in err + out
    assert "locked down: no internet socket can be made" in out
    assert "Seccomp:\t2" in status
    assert re.search(r"microphone missing: the sound device 'no such microphone'", out)
    assert re.search(r"heart rate missing: the serial port /dev/ttyNONE cannot be opened \(No such file or directory\)", out)
    assert ended_after_s(out) > 0.0
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert (lines[0]["type"], lines[-1]["type"]) == ("header", "summary")
    assert lines[-1]["frames"] > 0
    missing = {line["part"] for line in lines if line["type"] == "health" and line["state"] == "missing"}
    assert missing >= {"microphone", "heart_rate"}
    times = [line["t_s"] for line in lines[1:-1]]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] <= seconds(time.monotonic_ns() - begun_ns)  # counted from the program's start


def test_without_a_camera_it_says_so_in_one_line(tmp_path: Path) -> None:
    config = tmp_path / "no.toml"
    config.write_text('[camera]\nsource = "/dev/video77"\n')
    running = program("--config", str(config))
    out, err = running.communicate(timeout=120)
    assert running.returncode == 1
    assert out == ""
    assert err == "driver-monitor: camera: there is no /dev/video77; plug the camera in, or name another one in [camera] source\n"


def test_the_end_of_the_seconds_is_the_end(settings_file: Path) -> None:
    running = program("--config", str(settings_file), "--seconds", "1")
    out, err = running.communicate(timeout=120)
    assert running.returncode == 0, err
    assert ended_after_s(out) >= 1.0


def test_a_full_disk_ends_the_reports_and_not_the_watch(settings_file: Path, tmp_path: Path) -> None:
    reports = tmp_path / "r.jsonl"
    run = [sys.executable, "-m", "driver_monitor", "run", "-c", str(settings_file), "--seconds", "2", "--reports", str(reports)]
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 4; exec "$@"', "bash", *run], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert ended_after_s(done.stdout) >= 2.0
    assert done.stdout.count("; the watch goes on without it") == 1
    assert done.stderr == ""
    lines = reports.read_bytes().splitlines(keepends=True)
    assert len(lines) > 3
    assert all(json.loads(line)["type"] != "summary" and line.endswith(b"\n") for line in lines)


def test_the_wall_clock_is_told_once_unless_it_was_never_set() -> None:
    assert local_time(86_400.0, 7) is None  # 1970: a board without a battery
    told = local_time(1_790_000_000.0, 7)
    assert told is not None
    there = time.localtime(1_790_000_000.0)
    assert (told.t_ns, told.hour) == (7, there.tm_hour + there.tm_min / 60.0)


class EmptyCabin:
    """Plays nothing."""

    parts: frozenset[Part] = frozenset()
    seconds = 1.0

    def start(self, queue: SampleQueue, *, required: bool = False) -> bool:
        return True

    def begin(self) -> None: ...

    def close(self) -> None: ...


@pytest.mark.parametrize(("factory", "why"), [(None, "there is no pin factory"), (MockFactory(), "its pin is simulated")])
def test_a_privacy_switch_that_cannot_work_is_said(factory: MockFactory | None, why: str) -> None:
    settings = Settings.model_validate({
        "microphone": {"device": "none"},
        "heart_rate": {"source": "none"},
        "vehicle": {"interface": "none"},
        "outputs": {"privacy_pin": 22, "button_pin": None},
    })
    queue = SampleQueue()
    with ExitStack() as stack:
        open_sensors(settings, queue, stack, Pins(factory, "no board"), EmptyCabin())
    told = [s.reason for s in iter(lambda: queue.get(0.0), None) if isinstance(s, SensorStatus)]
    assert f"the privacy switch does nothing: {why}" in told


@pytest.mark.parametrize(("factory", "why"), [(None, "no pin factory"), (MockFactory(), "simulated")])
def test_a_button_that_nobody_can_press_is_missing_and_was_never_good(factory: MockFactory | None, why: str) -> None:
    settings = Settings.model_validate({"microphone": {"device": "none"}, "outputs": {"button_pin": 24}})
    queue = SampleQueue()
    with ExitStack() as stack:
        open_sensors(settings, queue, stack, Pins(factory, "no board"), EmptyCabin())
    told = [(s.state, s.reason) for s in iter(lambda: queue.get(0.0), None) if isinstance(s, SensorStatus) and s.part == "button"]
    assert told == [("missing", why)]


@pytest.mark.parametrize("pins", [Pins(None, "the pin factory does not work here"), Pins(MockFactory(), "simulated")])
def test_the_camera_does_not_run_past_a_privacy_switch_that_cannot_be_read(pins: Pins, settings_file: Path) -> None:
    camera = {"source": str(settings_file.with_name("grey.avi"))}
    settings = Settings.model_validate({"camera": camera, "microphone": {"device": "none"}, "outputs": {"privacy_pin": 22}})
    queue = SampleQueue()
    with ExitStack() as stack, pytest.raises(DeviceError, match="the privacy switch cannot be read, so the camera stays shut"):
        open_sensors(settings, queue, stack, pins)
    assert queue.get(0.0) is None  # nothing was opened


def test_a_privacy_switch_on_a_pin_in_use_keeps_the_camera_shut(settings_file: Path) -> None:
    factory = MockFactory()
    camera = {"source": str(settings_file.with_name("grey.avi"))}
    settings = Settings.model_validate({"camera": camera, "microphone": {"device": "none"}, "outputs": {"privacy_pin": 22}})
    queue = SampleQueue()
    with LED(22, pin_factory=factory), ExitStack() as stack, pytest.raises(DeviceError, match="GPIO 22 cannot be used"):
        open_sensors(settings, queue, stack, Pins(factory))
    assert queue.get(0.0) is None
