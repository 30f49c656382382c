"""Write the clip that the arm64 proof replays: ten pictures of the virtual driver, who blinks; lossless: all see the same."""

from __future__ import annotations

import sys
from fractions import Fraction

import av

from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, virtual_driver
from driver_monitor.bench.virtual_driver.subject import PEOPLE
from driver_monitor.model_store import model_path

LIDS = (1.0, 1.0, 1.0, 0.3, 0.0, 0.0, 0.0, 0.6, 1.0, 1.0)
FPS = 20


def write(path: str) -> None:
    driver = virtual_driver(model_path("virtual-driver"), PEOPLE["bea"])
    with av.open(path, "w") as file:
        stream = file.add_stream("ffv1", rate=Fraction(FPS))
        for k, lids in enumerate(LIDS):
            image, _ = driver.render(Pose(lids=(lids, lids)), Conditions(place="cluster", seed=k))
            if k == 0:
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "bgr0"
            file.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        file.mux(stream.encode())


if __name__ == "__main__":
    write(sys.argv[1])
