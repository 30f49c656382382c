"""Two face backends, one answer: MediaPipe's own graph and our pipeline on LiteRT read the same pictures."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from driver_monitor.bench.face_backends import Agreement, Reading, agreement, read
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.errors import ModelError
from driver_monitor.model_store import model_path
from driver_monitor.perception.face_landmarks.choice import Backend, Choice, Cpu, choose, mediapipe_fault, open_face, read_cpu
from driver_monitor.perception.face_landmarks.in_place import known
from driver_monitor.perception.face_landmarks.with_litert import LiteRtFace
from driver_monitor.recording.folder import open_recording
from driver_monitor.runtime.assembly import build_monitor
from driver_monitor.settings import Face, Settings
from driver_monitor.signals import Angles, CameraFrame, Health

FRAME_NS = 33_333_333
CLIPS = "DRIVER_MONITOR_CLIPS"
"""Videos of people, with ``:`` between them, that the backends are compared on, too; none come with the project."""

both_run = pytest.mark.skipif(mediapipe_fault() is not None, reason="MediaPipe cannot run here")


@cache
def drive() -> list[CameraFrame]:
    """A driver who turns, leans, blinks and yawns, is hidden for half a second, and is found again elsewhere in another light."""
    driver = virtual_driver(model_path("virtual-driver"), PEOPLE["bea"])
    poses = [Pose(head=Angles(30.0 * np.sin(k / 4.0), 8.0 * np.sin(k / 5.0), 12.0 * np.sin(k / 6.0))) for k in range(12)]
    poses += [Pose(lids=(s, s)) for s in (1.0, 0.5, 0.0, 0.0, 0.5, 1.0)]
    poses += [Pose(head=Angles(-20.0 + 2.0 * k, -10.0, 0.0)) for k in range(6)]
    images = [driver.render(pose, Conditions(place="cluster", seed=k))[0] for k, pose in enumerate(poses)]
    hidden = [np.zeros_like(images[0])] * 15
    again = [np.roll(np.asarray(image * 0.6, np.uint8), 40, axis=1) for image in images[-6:]]
    return [CameraFrame(k * FRAME_NS, image) for k, image in enumerate([*images, *hidden, *again])]


def readings(backend: Backend, frames: Sequence[CameraFrame], *, plain: bool = False) -> list[Reading | None]:
    detector = open_face(model_path("face_landmarker"), Face(), Choice(backend, "the test asks for it"), plain=plain)
    try:
        return [read(detector, frame) for frame in frames]
    finally:
        detector.close()


def hold_equal(told: Agreement) -> None:
    assert told.landmarks_px <= 1.0
    assert told.units <= 0.02
    assert max(told.angles_deg) <= 1.0


@both_run
def test_both_read_the_same_face_and_lose_and_find_it_together() -> None:
    ours, theirs = readings("litert", drive()), readings("mediapipe", drive())
    told = agreement(theirs, ours)
    hold_equal(told)
    # on rendered pictures they are far nearer than the bound; a wrong constant shows here
    assert told.landmarks_px <= 0.2
    assert max(told.angles_deg) <= 0.2
    assert told.one_alone == 0
    seen = [reading is not None for reading in ours]
    assert all(seen[:24])
    assert not any(seen[24:39])
    assert all(seen[39:])


@both_run
def test_what_mediapipe_found_is_the_same_read_in_memory_and_through_its_own_python() -> None:
    for one, other in zip(readings("mediapipe", drive()), readings("mediapipe", drive(), plain=True), strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert one.angles == other.angles
            assert np.array_equal(one.units, other.units)
            assert np.array_equal(one.xy, other.xy)


@both_run
def test_the_pinned_mediapipe_is_read_in_memory_and_an_untried_one_through_its_own_python() -> None:
    assert known(importlib.metadata.version("mediapipe"))
    assert not known("1.3.0")


@both_run
@pytest.mark.skipif(CLIPS not in os.environ, reason=f"{CLIPS} names no videos")
def test_both_read_the_same_people() -> None:
    for clip in os.environ[CLIPS].split(":"):
        frames = list(pictures(Path(clip), 150))
        told = agreement(readings("mediapipe", frames), readings("litert", frames))
        hold_equal(told)
        assert told.one_alone <= 0.02 * told.pictures


def pictures(clip: Path, count: int) -> Iterator[CameraFrame]:
    with open_recording(clip) as recording:
        yield from islice((s for s in recording.samples() if isinstance(s, CameraFrame)), count)


def test_the_same_pictures_give_the_same_readings_twice() -> None:
    first, second = (readings("litert", drive()[18:44]) for _ in range(2))
    told = agreement(first, second)
    assert told.one_alone == 0
    assert told.landmarks_px_worst == 0.0


def test_a_driver_half_out_of_the_picture_does_not_break_the_crop() -> None:
    frames = [CameraFrame(f.t_ns, np.ascontiguousarray(np.roll(f.image, -260, axis=1))) for f in drive()[:6]]
    assert len(readings("litert", frames)) == 6


@pytest.mark.parametrize("size", [(120, 160), (480, 160), (31, 17)])
def test_pictures_of_any_shape_are_read(size: tuple[int, int]) -> None:
    assert readings("litert", [CameraFrame(0, np.full((*size, 3), 90, np.uint8))]) == [None]


def test_a_damaged_bundle_is_named(tmp_path: Path) -> None:
    bundle = tmp_path / "face_landmarker.task"
    bundle.write_bytes(b"no zip")
    with pytest.raises(ModelError, match=r"LiteRT cannot use .*models pull"):
        LiteRtFace(bundle, detection=0.5, presence=0.5)


# --------------------------------------------------------------------------------------------------------------- choice

PI_4 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU part\t: 0xd08\n"
PI_5 = "processor\t: 0\nFeatures\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid\nCPU part\t: 0xd0b\n"


@pytest.mark.parametrize(("cpuinfo", "backend"), [(PI_4, "litert"), (PI_5, "mediapipe"), (PI_5 + PI_4, "litert"), ("", "litert")])
def test_mediapipe_is_chosen_only_where_every_core_has_atomics(cpuinfo: str, backend: str) -> None:
    chosen = choose("auto", read_cpu(cpuinfo, "aarch64"))
    assert chosen.backend == backend
    assert ("atomics" in chosen.why) == (backend == "litert")


def test_an_intel_machine_runs_mediapipe() -> None:
    assert choose("auto", Cpu("x86_64", frozenset({"avx2"}))).backend == "mediapipe"


def test_mediapipe_on_a_pi_4_is_refused_before_it_can_kill_the_process() -> None:
    with pytest.raises(ModelError, match=r"atomics.*set it to 'auto'"):
        choose("mediapipe", read_cpu(PI_4, "aarch64"))


def test_the_monitor_says_who_reads_the_face_and_why() -> None:
    monitor = build_monitor(Settings(face=Face(backend="litert")))
    try:
        told = [r.reason for r in monitor.step(drive()[0]) if isinstance(r, Health) and r.part == "face"]
        again = [r for r in monitor.step(drive()[1]) if isinstance(r, Health) and r.part == "face"]
    finally:
        monitor.close()
    assert told == ["landmarks by LiteRT: face.backend asks for it"]
    assert again == []


def test_litert_can_be_asked_for_anywhere() -> None:
    assert choose("litert", Cpu("x86_64", frozenset())).backend == "litert"
