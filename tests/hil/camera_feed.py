"""Play raw YUYV pictures into a V4L2 loopback device, in real time: ``camera_feed CLIP.yuyv WIDTH HEIGHT FPS DEVICE FILE``.

The first picture stands until FILE is there.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
import time
from pathlib import Path

_VIDIOC_S_FMT, _OUTPUT, _YUYV = 0xC0D05605, 2, 0x56595559


def main(clip: Path, width: int, height: int, fps: float, device: str, sign: Path) -> None:
    """Play it once the ``sign`` is given."""
    size = width * height * 2
    pictures = clip.read_bytes()
    handle = os.open(device, os.O_RDWR)
    wanted = bytearray(208)
    struct.pack_into("<I", wanted, 0, _OUTPUT)
    struct.pack_into("<IIIIIII", wanted, 8, width, height, _YUYV, 1, width * 2, size, 8)
    fcntl.ioctl(handle, _VIDIOC_S_FMT, wanted)
    due, at = time.monotonic(), 0
    while at < len(pictures):
        os.write(handle, pictures[at : at + size])
        at += size if sign.exists() else 0
        due += 1 / fps
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5], Path(sys.argv[6]))
