"""Just enough ONNX to write a small graph down: protobuf by hand, so that nothing but NumPy is needed and bytes never vary.

Field numbers are those of onnx.proto (ONNX IR version 8).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

IR_VERSION, OPSET = 8, 13
_FLOAT, _INT, _INTS = 1, 2, 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def tensor(name: str, values: NDArray[np.float32]) -> bytes:
    """A constant of the graph."""
    dims = b"".join(_number(1, n) for n in values.shape)
    return dims + _number(2, _FLOAT) + _bytes(8, name) + _bytes(9, values.astype("<f4").tobytes())


def node(op: str, inputs: Sequence[str], output: str, **attributes: int | Sequence[int]) -> bytes:
    """One operation."""
    data = b"".join(_bytes(1, i) for i in inputs) + _bytes(2, output) + _bytes(4, op)
    for name, value in attributes.items():
        if isinstance(value, int):
            data += _bytes(5, _bytes(1, name) + _number(3, value) + _number(20, _INT))
        else:
            data += _bytes(5, _bytes(1, name) + b"".join(_number(8, v) for v in value) + _number(20, _INTS))
    return data


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    dims = b"".join(_bytes(1, _number(1, n) if isinstance(n, int) else _bytes(2, n)) for n in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, _FLOAT) + _bytes(2, dims)))


def model(
    name: str,
    nodes: Sequence[bytes],
    constants: Sequence[bytes],
    takes: Sequence[tuple[str, Sequence[int | str]]],
    gives: tuple[str, Sequence[int | str]],
) -> bytes:
    """The whole file."""
    graph = b"".join(_bytes(1, n) for n in nodes) + _bytes(2, name) + b"".join(_bytes(5, c) for c in constants)
    graph += b"".join(_bytes(11, _value(*one)) for one in takes) + _bytes(12, _value(*gives))
    return _number(1, IR_VERSION) + _bytes(2, "driver_monitor") + _bytes(7, graph) + _bytes(8, _number(2, OPSET))
