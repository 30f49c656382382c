"""JPEG in and out, in one place: a picture decoded elsewhere, or by another call, may differ in its last bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

START = b"\xff\xd8\xff"
MOST_PIXELS = 7680 * 4320
"""A header that claims more is broken: it must not take the memory of the machine."""


def encode(image: NDArray[np.uint8], quality: int) -> bytes:
    """An RGB picture, (height, width, 3) uint8, as JPEG."""
    import cv2

    good, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise ValueError("the picture cannot be encoded")
    return data.tobytes()


def decode(data: bytes) -> NDArray[np.uint8]:
    """A JPEG as RGB picture, (height, width, 3) uint8.

    Raises
    ------
    ValueError
        When it is no whole JPEG of a size that a camera has.
    """
    import cv2

    width, height = size(data)
    if not 0 < width * height <= MOST_PIXELS:
        raise ValueError(f"a picture of {width} × {height}")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as problem:
        raise ValueError("no picture") from problem
    if image is None:
        raise ValueError("no picture")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def size(data: bytes) -> tuple[int, int]:
    """Width and height as the JPEG's frame header has them.

    Raises
    ------
    ValueError
        When there is none.
    """
    if not data.startswith(START):
        raise ValueError("no JPEG")
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind == 0xFF:  # filling
            at += 1
        elif 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):  # a start of frame; those three are tables
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise ValueError("a JPEG without its frame header")
