"""The process that sees the face gives up the network: from here on it can make no internet socket.

The kernel's seccomp filter holds for every thread, for programs started later, and cannot be taken back. What it does not
cover: sockets that were open before (they are named in the result), and what a local service does when asked over a
Unix socket.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import importlib
import os
import platform
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

_AF_UNIX, _AF_NETLINK, _AF_CAN = 1, 16, 29  # <linux/socket.h>; CPython built without CAN has no AF_CAN
ALLOWED_FAMILIES = (_AF_UNIX, _AF_NETLINK, _AF_CAN)
"""Local services and the watchdog; the kernel's device news (udev); the vehicle bus."""

_LIBSECCOMP = "libseccomp.so.2"
_REFUSED_CALLS = (
    "io_uring_setup",  # a ring makes sockets without the socket call
    "pidfd_getfd",  # takes an open socket out of another process
    "ptrace",  # makes another process open one
)
_OTHER_ABIS = {  # a 64-bit process may also call the kernel by these
    "x86_64": ("X86", "X32"),
    "aarch64": ("ARM",),
}


_SINCE_5_1 = {"io_uring_setup": 425, "pidfd_getfd": 438}
"""Calls as new as these have one number on all architectures."""


@dataclass(frozen=True, slots=True)
class LockdownResult:
    """Whether new internet sockets are refused, and in one sentence what holds or why not."""

    active: bool
    reason: str


def lock_down() -> LockdownResult:
    """Refuse internet sockets to all threads of this process for the rest of its life.

    Call it after sensors and outputs are open and before a model is loaded. Nothing is raised: where it cannot be done,
    the result says so.
    """
    if not sys.platform.startswith("linux"):
        return LockdownResult(False, f"not locked down: {sys.platform} has no seccomp to close the network with")
    try:
        seccomp = _pyseccomp()
    except (ImportError, RuntimeError, OSError, AttributeError) as problem:  # no libseccomp, or none that fits
        return LockdownResult(False, f"not locked down: libseccomp cannot be loaded ({problem}); install libseccomp2")
    try:
        _load(seccomp)
    except OSError as problem:
        return LockdownResult(False, f"not locked down: this kernel refuses the seccomp filter ({problem.strerror or problem})")
    return _proven()


def _pyseccomp() -> ModuleType:
    """pyseccomp, by the library's own name where that will do.

    pyseccomp asks ``find_library``, which starts ldconfig or a compiler: a slim image may lack both, and
    under qemu-user no program can be started.
    """
    search = ctypes.util.find_library

    def by_name(name: str) -> str | None:
        if name != "seccomp":
            return search(name)
        try:
            ctypes.CDLL(_LIBSECCOMP)
        except OSError:
            return search(name)
        return _LIBSECCOMP

    ctypes.util.find_library = by_name
    try:
        return importlib.import_module("pyseccomp")
    finally:
        ctypes.util.find_library = search


def _load(seccomp: ModuleType) -> None:
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    rules.set_attr(seccomp.Attr.CTL_NNP, 1)
    rules.set_attr(seccomp.Attr.CTL_TSYNC, 1)
    rules.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.ERRNO(errno.EACCES))
    for abi in _OTHER_ABIS.get(platform.machine(), ()):
        try:
            rules.add_arch(getattr(seccomp.Arch, abi))
        except OSError as problem:
            if problem.errno != errno.EEXIST:
                raise
    refuse = seccomp.ERRNO(errno.EACCES)
    # Arg 0 is compared in 64 bits and the kernel reads 32: values above the last family are refused as well
    for family in set(range(max(ALLOWED_FAMILIES))) - set(ALLOWED_FAMILIES):
        rules.add_rule(refuse, "socket", seccomp.Arg(0, seccomp.EQ, family))
    rules.add_rule(refuse, "socket", seccomp.Arg(0, seccomp.GT, max(ALLOWED_FAMILIES)))
    for call in _REFUSED_CALLS:
        number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, call)
        if number == -1:  # an old libseccomp does not know the name
            number = _SINCE_5_1[call]
        rules.add_rule(seccomp.ERRNO(errno.EPERM), number)
    rules.load()


def _proven() -> LockdownResult:
    """Believe nothing: try a socket, and look at every thread."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.socket(family, socket.SOCK_DGRAM).close()
        except PermissionError:
            continue
        except OSError:  # the kernel has no such family at all
            continue
        return LockdownResult(False, f"not locked down: a new {family.name} socket can still be made under the filter")
    for status in Path("/proc/self/task").glob("*/status"):
        try:
            text = status.read_text()
        except OSError:  # the thread has ended
            continue
        if "Seccomp:\t2" not in text:
            return LockdownResult(False, f"not locked down: the thread {status.parent.name} is outside the filter")
    if left := _open_internet_sockets():
        return LockdownResult(True, f"locked down: no new internet socket can be made; {left} opened before stay open")
    return LockdownResult(True, "locked down: no internet socket can be made by this process")


def _open_internet_sockets() -> int:
    count = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            if not str(link.readlink()).startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(link.name))) as copy:
                count += copy.family in (socket.AF_INET, socket.AF_INET6)
        except OSError:  # closed meanwhile
            continue
    return count
