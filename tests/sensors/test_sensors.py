"""Live sensors on bench devices: a video file, a pseudo-terminal, a virtual bus, simulated pins."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import can
import cv2
import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory

from driver_monitor import settings
from driver_monitor.can_ids import exact_filter, pgn_filter
from driver_monitor.errors import DeviceError
from driver_monitor.sensors import base
from driver_monitor.sensors.base import Sensor
from driver_monitor.sensors.button import AcknowledgeButton
from driver_monitor.sensors.camera import Camera
from driver_monitor.sensors.heart_rate import HeartRate
from driver_monitor.sensors.microphone import RATE_HZ, Microphone, Resampler
from driver_monitor.sensors.privacy import PrivacySwitch
from driver_monitor.sensors.queue import SampleQueue
from driver_monitor.sensors.vehicle_bus import VehicleBus
from driver_monitor.signals import AudioChunk, ButtonPress, CameraFrame, CanFrame, HeartBeat, Part, Sample, SensorStatus
from firmware_bridge.simulator import Simulator


@pytest.fixture(autouse=True)
def _quick_reopening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "FIRST_BACKOFF_S", 0.05)


def collect(queue: SampleQueue, enough: Callable[[list[Sample]], bool], limit_s: float = 10.0) -> list[Sample]:
    got: list[Sample] = []
    end = time.monotonic() + limit_s
    while not enough(got):
        assert time.monotonic() < end, f"only {[s if isinstance(s, SensorStatus) else type(s).__name__ for s in got]} came"
        if (sample := queue.get(0.1)) is not None:
            got.append(sample)
    return got


def statuses(samples: list[Sample]) -> list[tuple[str, str]]:
    return [(s.part, s.state) for s in samples if isinstance(s, SensorStatus)]


# ---------------------------------------------------------------------------------------------------------------- base


class Flaky(Sensor):
    """Delivers one press, dies, cannot be opened twice, and lives again."""

    part: ClassVar[Part] = "button"

    def __init__(self, script: str) -> None:
        super().__init__()
        self.script = iter(script)
        self.opened_s: list[float] = []
        self.released = 0

    def _open(self) -> None:
        self.opened_s.append(time.monotonic())
        if next(self.script) == "x":
            raise DeviceError("not there")

    def _read(self, queue: SampleQueue) -> None:
        match next(self.script, "w"):
            case "r":
                queue.put(ButtonPress(time.monotonic_ns()))
            case "!":
                raise ValueError("a fault nobody foresaw")
            case "w":
                self._closed.wait(0.05)
            case _:
                raise DeviceError("gone")

    def _release(self) -> None:
        self.released += 1


def test_a_sensor_that_dies_is_told_and_opened_again_with_back_off() -> None:
    queue = SampleQueue()
    with Flaky("o" + "r" + "-" + "xx" + "o" + "r") as sensor:
        assert sensor.start(queue)
        got = collect(queue, lambda s: len(s) >= 5)
    assert statuses(got) == [("button", "ok"), ("button", "lost"), ("button", "ok")]
    assert [s.reason for s in got if isinstance(s, SensorStatus)] == ["", "gone", "open again"]
    first, second, third = np.diff(sensor.opened_s)
    assert first >= 0.05
    assert second >= 0.1
    assert third >= 0.2  # each wait is twice the one before


def test_a_sensor_that_is_missing_is_told_once_and_found_when_it_comes() -> None:
    queue = SampleQueue()
    with Flaky("xxo") as sensor:
        assert not sensor.start(queue)
        got = collect(queue, lambda s: len(s) >= 2)
    assert statuses(got) == [("button", "missing"), ("button", "ok")]


def test_a_required_sensor_that_is_missing_stops_the_start() -> None:
    with pytest.raises(DeviceError, match="not there"):
        Flaky("x").start(SampleQueue(), required=True)


def test_an_unforeseen_fault_is_a_loss_not_a_dead_thread(caplog: pytest.LogCaptureFixture) -> None:
    queue = SampleQueue()
    with Flaky("o!or") as sensor:
        sensor.start(queue)
        got = collect(queue, lambda s: any(isinstance(x, ButtonPress) for x in s))
    assert statuses(got) == [("button", "ok"), ("button", "lost"), ("button", "ok")]
    assert "a fault nobody foresaw" in caplog.text


def test_closing_twice_is_closing_once() -> None:
    sensor = Flaky("o")
    sensor.start(SampleQueue())
    sensor.close()
    released = sensor.released
    sensor.close()
    assert (released, sensor.released) == (1, 1)
    Flaky("o").close()  # never started


# -------------------------------------------------------------------------------------------------------------- camera


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "red.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for _ in range(20):
        writer.write(np.full((48, 64, 3), (10, 20, 200), np.uint8))  # blue, green, red
    writer.release()
    return path


def test_a_video_file_plays_in_real_time_as_rgb_and_starts_again(video: Path) -> None:
    queue = SampleQueue()
    before = time.monotonic_ns()
    with Camera(settings.Camera(source=str(video))) as camera:
        camera.start(queue)
        got = collect(queue, lambda s: ("camera", "lost") in statuses(s))
        got += collect(queue, lambda s: any(isinstance(x, CameraFrame) for x in s))
    frames = [s for s in got if isinstance(s, CameraFrame)]
    assert frames[0].image.shape == (48, 64, 3)
    red, green, blue = frames[0].image.mean((0, 1))
    assert red > 180 > 60 > max(green, blue)
    times = [f.t_ns for f in frames]
    assert times == sorted(times)
    assert before < times[0]
    whole = len(frames) - 1 + queue.replaced
    assert whole == 20
    assert (times[-2] - times[0]) * 1e-9 == pytest.approx(19 / 25, abs=0.15)
    assert statuses(got) == [("camera", "ok"), ("camera", "lost"), ("camera", "ok")]


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


def test_a_text_is_no_camera(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("hello " * 100)
    with pytest.raises(DeviceError, match="cannot be opened"):
        Camera(settings.Camera(source=str(text))).start(SampleQueue(), required=True)


# ----------------------------------------------------------------------------------------------------------- microphone


def test_sound_is_resampled_and_its_time_is_its_last_sample() -> None:
    rate = 48_000
    t = np.arange(2 * rate) / rate
    click_s = 1.2345
    sound = np.exp(-(((t - click_s) / 0.001) ** 2)).astype(np.float32)
    resampler, chunks = Resampler(rate), []
    for i in range(0, len(sound), 1536):
        block = sound[i : i + 1536]
        chunk = resampler.step(round((i + len(block)) / rate * 1e9), block)
        chunks += [chunk] if chunk else []
    peak = max(chunks, key=lambda c: float(c.samples.max()))
    behind = len(peak.samples) - int(peak.samples.argmax())
    assert peak.t_ns * 1e-9 - behind / RATE_HZ == pytest.approx(click_s, abs=0.0005)
    assert peak.samples.dtype == np.float32
    assert {c.rate_hz for c in chunks} == {RATE_HZ}


def test_a_sound_device_that_is_not_there() -> None:
    with pytest.raises(
        DeviceError, match=r"microphone: the sound device 'no such microphone' cannot be opened \(.*\); name another"
    ):
        Microphone(settings.Microphone(device="no such microphone")).start(SampleQueue(), required=True)


class SoundCard:
    """PortAudio as far as the microphone uses it: 44.1 kHz, blocks by callback, until it falls silent."""

    PortAudioError = RuntimeError

    def query_devices(self, device: object, kind: str) -> dict[str, float]:
        return {"default_samplerate": 44_100.0}

    def RawInputStream(self, **how: object) -> object:  # noqa: N802
        def start() -> None:
            block = np.full(how["blocksize"], 0.25, np.float32)  # type: ignore[call-overload]
            for i in range(4):
                times = SimpleNamespace(currentTime=10.0, inputBufferAdcTime=10.0 - 0.02 - len(block) / 44_100)
                how["callback"](block.tobytes(), len(block), times, SimpleNamespace(input_overflow=i == 3))  # type: ignore[operator]

        return SimpleNamespace(start=start, close=lambda ignore_errors: None)


def test_blocks_become_chunks_overflows_are_told_and_silence_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sounddevice", SoundCard())
    monkeypatch.setattr("driver_monitor.sensors.microphone._SILENT_S", 0.2)
    queue = SampleQueue()
    with Microphone(settings.Microphone()) as microphone:
        microphone.start(queue)
        opened_ns = time.monotonic_ns()
        got = collect(queue, lambda s: ("microphone", "lost") in statuses(s))
    chunks = [s for s in got if isinstance(s, AudioChunk)]
    assert chunks
    assert chunks[0].t_ns < opened_ns - 15_000_000  # the sound was captured 20 ms before it was handed over
    assert chunks[-1].samples[-1] == pytest.approx(0.25, abs=0.01)
    assert statuses(got) == [("microphone", "ok"), ("microphone", "degraded"), ("microphone", "lost")]


# ------------------------------------------------------------------------------------------------- heart rate, button


def test_beats_and_presses_come_over_the_bridge_and_an_unplugged_bridge_is_told() -> None:
    queue = SampleQueue()
    simulator = Simulator(rate_bpm=200, seed=2).start()
    with HeartRate(settings.HeartRate(source=simulator.port)) as sensor:
        sensor.start(queue)
        simulator.press(1)
        got = collect(
            queue, lambda s: sum(isinstance(x, HeartBeat) for x in s) >= 6 and any(isinstance(x, ButtonPress) for x in s)
        )
        simulator.close()
        got += collect(queue, lambda s: ("heart_rate", "lost") in statuses(s))
    beats = [s for s in got if isinstance(s, HeartBeat) and s.skin_us is None]
    assert beats
    assert all(b.rr_ms == pytest.approx(300, abs=45) and b.contact for b in beats)
    skin = [s for s in got if isinstance(s, HeartBeat) and s.skin_us is not None]
    assert skin
    assert all(s.skin_us == pytest.approx(4, abs=1) and s.skin_c == pytest.approx(33, abs=1) and s.rr_ms is None for s in skin)
    assert [s.button for s in got if isinstance(s, ButtonPress)] == ["privacy"]


def test_a_bridge_that_restarts_is_told_and_plays_on() -> None:
    queue = SampleQueue()
    with Simulator() as simulator, HeartRate(settings.HeartRate(source=simulator.port)) as sensor:
        sensor.start(queue)
        sensor.drive(1, 80, 300, 300, 255)
        collect(queue, lambda _: 1 in simulator.drives)
        collect(queue, lambda s: sum(isinstance(x, HeartBeat) for x in s) >= 6)  # its uptime has grown
        simulator.restart()
        got = collect(queue, lambda s: ("heart_rate", "ok") in statuses(s))
        collect(queue, lambda _: 1 in simulator.drives)
    assert [s.reason for s in got if isinstance(s, SensorStatus)] == ["the bridge has restarted", "the bridge answers again"]


def test_a_bridge_plugged_in_again_is_given_what_lasts(tmp_path: Path) -> None:
    queue, name = SampleQueue(), tmp_path / "bridge"
    first = Simulator().start()
    name.symlink_to(first.port)
    with HeartRate(settings.HeartRate(source=str(name))) as sensor:
        sensor.start(queue)
        sensor.drive(1, 80, 300, 300, 255)
        collect(queue, lambda _: 1 in first.drives)
        first.close()
        collect(queue, lambda s: ("heart_rate", "lost") in statuses(s))
        name.unlink()
        with Simulator() as second:
            name.symlink_to(second.port)
            collect(queue, lambda s: ("heart_rate", "ok") in statuses(s) and 1 in second.drives)
            sensor.drive(1, 0, 0, 0, 1)
            collect(queue, lambda _: second.drives[1].strength == 0)


def test_no_bridge_is_missing() -> None:
    queue = SampleQueue()
    with HeartRate(settings.HeartRate(source="/dev/ttyNONE")) as sensor:
        assert not sensor.start(queue)
    (told,) = collect(queue, bool)
    assert isinstance(told, SensorStatus)
    assert (told.state, told.reason.count("\n")) == ("missing", 0)


def test_the_button_is_pressed_once_for_each_press() -> None:
    factory, queue = MockFactory(), SampleQueue()
    pin = factory.pin(24)
    with AcknowledgeButton(24, factory) as button:
        button.start(queue)
        for _ in range(2):
            pin.drive_low()
            time.sleep(0.1)
            pin.drive_high()
            time.sleep(0.1)
        got = collect(queue, lambda s: sum(isinstance(x, ButtonPress) for x in s) >= 2)
    assert sum(isinstance(x, ButtonPress) for x in got) == 2


# ------------------------------------------------------------------------------------------------------ privacy switch


def test_while_the_privacy_switch_is_closed_the_sensors_are_shut_and_that_is_said() -> None:
    factory, queue = MockFactory(), SampleQueue()
    pin, watched = factory.pin(22), Flaky("o" + "w" * 5 + "owww")
    with PrivacySwitch(22, factory, [watched]) as switch, watched:
        switch.start(queue)
        watched.start(queue)
        pin.drive_low()
        got = collect(queue, lambda s: ("button", "off") in statuses(s))
        assert watched.released == 1
        opened = len(watched.opened_s)
        time.sleep(0.3)
        assert len(watched.opened_s) == opened  # not tried again meanwhile
        pin.drive_high()
        got += collect(queue, lambda s: statuses(s)[-1:] == [("button", "ok")])
    assert [s.reason for s in got if isinstance(s, SensorStatus) and s.state == "off"] == ["the privacy switch is on"]
    assert [s.button for s in got if isinstance(s, ButtonPress)] == ["privacy"]


def test_a_switch_that_is_closed_at_the_start_keeps_the_camera_from_being_opened_at_all() -> None:
    factory, queue = MockFactory(), SampleQueue()
    factory.pin(22).pull = "up"
    watched = Flaky("o")
    switch = PrivacySwitch(22, factory, [watched])
    closed = factory.pin(22)
    closed._set_pull = lambda _: closed._change_state(False)  # the switch wins over the pull
    with switch, watched:
        switch.start(queue)
        assert not watched.start(queue, required=True)
        got = collect(queue, lambda s: ("button", "off") in statuses(s))
        assert watched.opened_s == []
    assert ("button", "ok") in statuses(got)  # the switch itself


# --------------------------------------------------------------------------------------------------------- vehicle bus


@pytest.fixture
def peer() -> Iterator[can.BusABC]:
    with can.Bus("sensors", interface="virtual") as bus:
        yield bus


def test_only_mapped_frames_are_read_and_the_same_bus_sends(peer: can.BusABC) -> None:
    queue = SampleQueue()
    vehicle = settings.Vehicle(interface="virtual", channel="sensors", send_alerts=True)
    with VehicleBus(vehicle, [exact_filter(0x6A0, extended=False), pgn_filter(0x18FEF1FE)]) as bus:
        bus.start(queue)
        for frame_id, extended in ((0x123, False), (0x6A0, False), (0x0CFEF117, True), (0x6A0, True)):
            peer.send(can.Message(arbitration_id=frame_id, data=b"\1\2", is_extended_id=extended))
        got = collect(queue, lambda s: sum(isinstance(x, CanFrame) for x in s) >= 2)
        bus.send(0x6A2, b"\7")
        sent = peer.recv(1)
    assert [(f.arbitration_id, f.data, f.is_extended) for f in got if isinstance(f, CanFrame)] == [
        (0x6A0, b"\1\2", False),
        (0x0CFEF117, b"\1\2", True),
    ]
    assert sent is not None
    assert (sent.arbitration_id, bytes(sent.data)) == (0x6A2, b"\7")
    with pytest.raises(DeviceError, match="not open"):
        bus.send(0x6A2, b"")


def test_an_interface_that_goes_down_is_told_and_comes_back(peer: can.BusABC, monkeypatch: pytest.MonkeyPatch) -> None:
    from can.interfaces.virtual import VirtualBus

    queue, down = SampleQueue(), [True]
    whole = VirtualBus._recv_internal

    def broken(self: VirtualBus, timeout: float | None) -> tuple[can.Message | None, bool]:
        if down[0]:
            down[0] = False
            raise can.CanOperationError("Network is down")
        return whole(self, timeout)

    monkeypatch.setattr(VirtualBus, "_recv_internal", broken)
    with VehicleBus(settings.Vehicle(interface="virtual", channel="sensors"), []) as bus:
        bus.start(queue)
        got = collect(queue, lambda s: len(statuses(s)) >= 3)
        peer.send(can.Message(arbitration_id=0x6A0, data=b"\5", is_extended_id=False))
        got += collect(queue, lambda s: any(isinstance(x, CanFrame) for x in s))
    assert statuses(got) == [("vehicle_bus", "ok"), ("vehicle_bus", "lost"), ("vehicle_bus", "ok")]


def test_a_bus_that_is_only_listened_to_sends_nothing_and_no_bus_sends_diagnostics(peer: can.BusABC) -> None:
    for sends, frame_id, extended, told in (
        (False, 0x6A2, False, "only listened to"),
        (True, 0x7DF, False, "0x7DF belongs to diagnostics"),
        (True, 0x7E0, False, "0x7E0 belongs to diagnostics"),
        (True, 0x18DA10F1, True, "0x18DA10F1 belongs to diagnostics"),
    ):
        vehicle = settings.Vehicle(interface="virtual", channel="sensors", send_alerts=sends)
        with VehicleBus(vehicle, []) as bus:
            bus.start(SampleQueue())
            with pytest.raises(DeviceError, match=told):
                bus.send(frame_id, b"\2\1\x0d", extended)
    assert peer.recv(0.05) is None


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interface as the kernel shows it, over a virtual bus."""
    monkeypatch.setattr("driver_monitor.sensors.vehicle_bus._NETWORK", tmp_path)
    monkeypatch.setattr(can, "Bus", lambda channel, **_: can.interface.Bus(channel, interface="virtual"))
    place = tmp_path / "sensors"
    place.mkdir()
    (place / "flags").write_text("0x40081\n")
    (place / "carrier").write_text("1\n")
    return place


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [("flags", "0x40080", "sensors is down; run 'ip link set sensors up'"), ("carrier", "0", "sensors is bus-off")],
)
def test_an_interface_that_is_down_is_not_opened_until_it_is_up(network: Path, file: str, text: str, told: str) -> None:
    good, queue = (network / file).read_text(), SampleQueue()
    (network / file).write_text(text)
    with VehicleBus(settings.Vehicle(interface="socketcan", channel="sensors"), []) as bus:
        assert not bus.start(queue)
        got = collect(queue, bool)
        (network / file).write_text(good)
        got += collect(queue, lambda s: bool(statuses(s)))
    assert statuses(got) == [("vehicle_bus", "missing"), ("vehicle_bus", "ok")]
    assert isinstance(got[0], SensorStatus)
    assert told in got[0].reason


def test_a_controller_that_goes_bus_off_is_told(network: Path, peer: can.BusABC) -> None:
    queue = SampleQueue()
    with VehicleBus(settings.Vehicle(interface="socketcan", channel="sensors"), []) as bus:
        bus.start(queue)
        peer.send(can.Message(arbitration_id=0x4, is_error_frame=True, data=bytes(8)))  # a warning: no loss
        peer.send(can.Message(arbitration_id=0x40, is_error_frame=True, data=bytes(8)))
        got = collect(queue, lambda s: len(statuses(s)) >= 3)
    assert statuses(got) == [("vehicle_bus", "ok"), ("vehicle_bus", "lost"), ("vehicle_bus", "ok")]
    assert any(isinstance(s, SensorStatus) and "set its restart-ms" in s.reason for s in got)


@pytest.mark.parametrize(
    ("interface", "told"),
    [
        ("socketcan", "there is no network interface can99; look at its plug, or at [vehicle] channel"),
        ("nonsense", "nonsense 'can99' cannot be opened"),
    ],
)
def test_a_bus_that_is_not_there(interface: str, told: str) -> None:
    vehicle = settings.Vehicle(interface=interface, channel="can99")
    with pytest.raises(DeviceError, match="vehicle bus: " + re.escape(told)):
        VehicleBus(vehicle, []).start(SampleQueue(), required=True)
