"""Make the clip of a driver who falls asleep, as raw YUYV pictures: ``clip.py OUT.yuyv``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

WIDTH, HEIGHT, FPS = 320, 240, 5
"""As in asleep.toml."""


def main(out: Path) -> None:
    """Render it."""
    import cv2
    import numpy as np

    from driver_monitor.cli import main as driver_monitor

    with tempfile.TemporaryDirectory() as folder:
        script = Path(__file__).parent / "asleep.toml"
        if code := driver_monitor(["bench", "scenario", str(script), "--out", folder]):
            sys.exit(code)
        video = cv2.VideoCapture(str(Path(folder) / "video.mp4"))
        with out.open("wb") as file:
            while True:
                there, picture = video.read()
                if not there:
                    break
                assert picture.shape == (HEIGHT, WIDTH, 3)
                yuv = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV).astype(np.uint8)
                packed = np.empty((HEIGHT, WIDTH, 2), np.uint8)
                packed[..., 0] = yuv[..., 0]
                packed[:, 0::2, 1], packed[:, 1::2, 1] = yuv[:, 0::2, 1], yuv[:, 0::2, 2]
                file.write(packed.tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
