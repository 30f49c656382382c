"""After the lockdown no thread of the process can reach a network, and everything else goes on."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from driver_monitor.runtime.lockdown import lock_down

TRY_ALL = """
import ctypes, json, os, socket, threading

def attempts():
    told = {}
    for name, family, kind in (
        ("inet", socket.AF_INET, socket.SOCK_STREAM),
        ("inet_udp", socket.AF_INET, socket.SOCK_DGRAM),
        ("inet6", socket.AF_INET6, socket.SOCK_STREAM),
        ("packet", 17, socket.SOCK_RAW),
        ("vsock", 40, socket.SOCK_STREAM),
        ("unix", socket.AF_UNIX, socket.SOCK_STREAM),
        ("netlink", 16, socket.SOCK_RAW),
        ("can", 29, socket.SOCK_RAW),
    ):
        try:
            socket.socket(family, kind, 1 if family == 29 else 0).close()
            told[name] = "made"
        except OSError as problem:
            told[name] = type(problem).__name__ if isinstance(problem, PermissionError) else f"errno {problem.errno}"
    libc = ctypes.CDLL(None, use_errno=True)
    call = 41 if os.uname().machine == "x86_64" else 198
    told["huge"] = "made" if libc.syscall(call, ctypes.c_long(2**32 + 2), 1, 0) >= 0 else ctypes.get_errno()
    told["io_uring"] = "made" if libc.syscall(425, 4, ctypes.create_string_buffer(256)) >= 0 else ctypes.get_errno()
    told["pidfd_getfd"] = "made" if libc.syscall(438, 0, 0, 0) >= 0 else ctypes.get_errno()
    a, b = socket.socketpair()
    a.send(b"x"); told["pair"] = b.recv(1).decode()
    return told

def elsewhere():
    go.wait()
    result.update(attempts())

go, result = threading.Event(), {}
thread = threading.Thread(target=elsewhere); thread.start()
from driver_monitor.runtime.lockdown import lock_down
before = attempts()
said = lock_down()
go.set(); thread.join()
child = os.popen("python3 -c 'import socket; socket.socket(socket.AF_INET)' 2>&1 || true").read()
status = open("/proc/self/status").read()
print(json.dumps({"active": said.active, "reason": said.reason, "before": before, "here": attempts(), "earlier": result,
                  "child": child.strip().splitlines()[-1:], "nnp": "NoNewPrivs:\\t1" in status}))
"""


def run(script: str, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-c", textwrap.dedent(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def told() -> dict[str, object]:
    answer: dict[str, object] = json.loads(run(TRY_ALL).stdout)
    assert answer["active"], answer["reason"]
    return answer


@pytest.mark.parametrize("thread", ["here", "earlier"])
def test_no_thread_can_make_an_internet_socket(told: dict[str, dict[str, object]], thread: str) -> None:
    assert {told[thread][family] for family in ("inet", "inet_udp", "inet6", "packet", "vsock")} == {"PermissionError"}
    assert told[thread]["huge"] == 13  # the kernel looks at 32 bits of the family only


@pytest.mark.parametrize("thread", ["here", "earlier"])
def test_local_services_and_the_vehicle_bus_stay(told: dict[str, dict[str, object]], thread: str) -> None:
    assert told["before"]["inet"] == "made"
    for family in ("unix", "netlink", "can", "pair"):
        assert told[thread][family] == told["before"][family]  # "can": made, or unknown to this kernel before and after
    assert told[thread]["unix"] == "made"
    assert told[thread]["can"] != "PermissionError"


@pytest.mark.parametrize("thread", ["here", "earlier"])
def test_the_ways_around_are_closed(told: dict[str, dict[str, object]], thread: str) -> None:
    assert told["before"]["io_uring"] != 1
    assert (told[thread]["io_uring"], told[thread]["pidfd_getfd"]) == (1, 1)  # EPERM


def test_programs_started_later_are_bound_too(told: dict[str, object]) -> None:
    assert told["child"] == ["PermissionError: [Errno 13] Permission denied"]
    assert told["nnp"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the 32-bit gate of x86-64")
def test_the_32_bit_gate_is_closed_too() -> None:
    done = run("""
        import ctypes, mmap, struct, socket
        # mov eax, number; mov ebx, a; mov ecx, b; mov edx, c; int 0x80; (rbx kept) ret
        def gate(number, a, b, c):
            code = b"\\x53" + b"".join(bytes((op,)) + struct.pack("<I", x)
                for op, x in zip(b"\\xb8\\xbb\\xb9\\xba", (number, a, b, c)))
            code += b"\\xcd\\x80\\x5b\\xc3"
            page = mmap.mmap(-1, 4096, prot=7); page.write(code)
            return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
        # the arguments of the old socketcall must lie below 4 GiB
        low = ctypes.CDLL(None, use_errno=True)
        low.mmap.restype = ctypes.c_void_p
        at = low.mmap(None, 4096, 3, 0x22 | 0x40, -1, 0)
        ctypes.memmove(at, struct.pack("<III", 2, 1, 0), 12)
        tries = lambda: [gate(359, 2, 1, 0), gate(102, 1, at, 0), gate(359, 1, 1, 0)]
        libc = low
        x32 = lambda: libc.syscall(0x40000000 | 41, 2, 1, 0)
        before = tries()
        from driver_monitor.runtime.lockdown import lock_down
        assert lock_down().active
        after = tries()
        made = x32()
        print(before, after, made)
    """)
    before, after, made = re.fullmatch(r"\[(.*)\] \[(.*)\] (.*)\n", done.stdout).groups()  # type: ignore[union-attr]
    if before.startswith("-38"):
        assert after.startswith(("-38", "-13"))  # the kernel has no 32-bit gate
    else:
        assert all(int(fd) >= 0 for fd in before.split(", "))
        assert after.split(", ")[:2] == ["-13", "-13"]
        assert int(after.split(", ")[2]) >= 0
    assert made == "-1"


def test_where_it_cannot_be_done_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    said = lock_down()
    assert not said.active
    assert "install libseccomp2" in said.reason
    monkeypatch.setattr(sys, "platform", "darwin")
    said = lock_down()
    assert not said.active
    assert said.reason.startswith("not locked down: darwin has no seccomp")


def test_a_slim_image_that_cannot_search_for_libraries_is_locked_down() -> None:
    done = run("""
        import ctypes.util
        def find_library(name): return None  # neither ldconfig nor a compiler is there
        ctypes.util.find_library = find_library
        from driver_monitor.runtime.lockdown import lock_down
        print(lock_down().active, ctypes.util.find_library is find_library)
    """)
    assert done.stdout.split() == ["True", "True"]


def test_sockets_opened_before_are_told() -> None:
    done = run("""
        import socket
        early = socket.socket()
        from driver_monitor.runtime.lockdown import lock_down
        print(lock_down().reason)
    """)
    assert "1 opened before stay open" in done.stdout


LOOK = """
import sys
import numpy as np
if sys.argv[2] == "locked":
    from driver_monitor.runtime.lockdown import lock_down
    assert lock_down().active
import mediapipe as mp
from mediapipe.tasks.python import BaseOptions, vision
options = vision.FaceLandmarkerOptions(
    base_options=BaseOptions(model_asset_path=sys.argv[1]), running_mode=vision.RunningMode.VIDEO)
landmarker = vision.FaceLandmarker.create_from_options(options)
for i in range(3):
    image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.full((240, 320, 3), 90 + i, np.uint8))
    print(i, len(landmarker.detect_for_video(image, i * 33).face_landmarks))
landmarker.close()
print("closed")
"""


@pytest.fixture(scope="module")
def face_model() -> Path:
    from driver_monitor.model_store import model_path

    return model_path("face_landmarker")


@pytest.mark.parametrize("how", ["locked", "open"])
def test_mediapipe_cannot_send_its_usage_metrics(how: str, face_model: Path, tmp_path: Path) -> None:
    assert shutil.which("strace"), "this test needs strace: apt-get install strace"
    trace = tmp_path / "trace"
    watch = ("strace", "-f", "-qq", "-e", "trace=socket,connect,sendto,sendmsg,sendmmsg", "-e", "signal=none", "-o", str(trace))
    done = run(LOOK, str(face_model), how, before=watch)
    assert done.stdout.split("\n")[-2] == "closed"
    assert "2 0" in done.stdout  # inference went on to the last picture
    calls = trace.read_text().splitlines()
    made = [c for c in calls if re.search(r"socket\(AF_INET6?\b.*= \d+", c)]
    reached = [c for c in calls if "sa_family=AF_INET" in c]
    if how == "open":  # the attempt is real: without the lockdown the same program does make one
        assert made
    else:
        assert [c for c in calls if re.search(r"socket\(AF_INET6?\b.*= -1 EACCES", c)]
        assert not made
        assert not reached
