"""Play raw YUYV pictures into a V4L2 loopback device, in real time: ``camera_feed CLIP.yuyv WIDTH HEIGHT FPS DEVICE HOLD_S``."""

from __future__ import annotations

import fcntl
import os
import struct
import sys
import time
from pathlib import Path

_VIDIOC_S_FMT, _OUTPUT, _YUYV = 0xC0D05605, 2, 0x56595559


def main(clip: Path, width: int, height: int, fps: float, device: str, hold_s: float) -> None:
    """Play it; the first picture stands for ``hold_s``, so that whoever looks has time to open the device."""
    size = width * height * 2
    pictures = clip.read_bytes()
    handle = os.open(device, os.O_RDWR)
    wanted = bytearray(208)
    struct.pack_into("<I", wanted, 0, _OUTPUT)
    struct.pack_into("<IIIIIII", wanted, 8, width, height, _YUYV, 1, width * 2, size, 8)
    fcntl.ioctl(handle, _VIDIOC_S_FMT, wanted)
    hold = round(hold_s * fps)
    start = time.monotonic()
    for k in range(hold + len(pictures) // size):
        at = max(0, k - hold) * size
        os.write(handle, pictures[at : at + size])
        time.sleep(max(0.0, start + (k + 1) / fps - time.monotonic()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5], float(sys.argv[6]))
