"""Object detectors: real ONNX graphs, written here byte by byte, run by ONNX Runtime."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from driver_monitor.errors import ModelError
from driver_monitor.monitor import Monitor
from driver_monitor.perception.objects import OnnxObjects
from driver_monitor.settings import Settings
from driver_monitor.signals import Alert, CameraFrame, ObjectMeasurement, Report, Tick, nanoseconds

# ------------------------------------------------------------------------------- as much of ONNX's protobuf as is needed


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def picture(name: str, shape: tuple[int, ...], kind: int = 1) -> bytes:
    sizes = b"".join(field(1, field(1, n)) for n in shape)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, sizes)))


def model(path: Path, table: np.ndarray, *, names: str = "", size: int = 32, kind: int = 1, side: int = 3) -> Path:
    """A network whose output is ``table`` times the brightest value of its picture."""
    raw = struct.pack(f"<{table.size}f", *table.ravel().tolist())
    constant = b"".join(field(1, n) for n in table.shape) + field(2, 1) + field(8, "table") + field(9, raw)
    keep = field(1, "keepdims") + field(3, 0) + field(20, 2)
    brightest = field(1, "picture") + field(2, "brightest") + field(4, "ReduceMax") + field(5, keep)
    product = field(1, "table") + field(1, "brightest") + field(2, "found") + field(4, "Mul")
    graph = field(1, brightest) + field(1, product) + field(2, "g") + field(5, constant)
    graph += field(11, picture("picture", (1, side, size, size), kind)) + field(12, picture("found", table.shape))
    whole = field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))
    if names:
        whole += field(14, field(1, "names") + field(2, names))
    path.write_bytes(whole)
    return path


def frame(level: int, t_s: float = 0.0) -> CameraFrame:
    return CameraFrame(nanoseconds(t_s), np.full((48, 64, 3), level, np.uint8))


def rows(label: int, labels: int, score: float, boxes: int = 7) -> np.ndarray:
    table = np.zeros((1, 4 + labels, boxes), np.float32)
    table[0, 4 + label, 3] = score
    return table


def read(detector: OnnxObjects, picture: CameraFrame) -> dict[str, float]:
    return dict(detector.detect(picture).scores)


# ----------------------------------------------------------------------------------------------------------- the exports


def test_an_export_with_a_row_a_label_is_read(tmp_path: Path) -> None:
    detector = OnnxObjects(model(tmp_path / "v8.onnx", rows(67, 80, 0.75)))
    found = detector.detect(frame(255))
    assert dict(found.scores) == {"cell phone": 0.75}
    assert found.model == "v8.onnx"


def test_the_picture_reaches_the_network(tmp_path: Path) -> None:
    detector = OnnxObjects(model(tmp_path / "v8.onnx", rows(67, 80, 1.0)))
    # around a picture of another shape lies grey: 114 of 255
    assert read(detector, frame(0)) == {"cell phone": pytest.approx(114 / 255, abs=1e-3)}
    assert read(detector, frame(204)) == {"cell phone": pytest.approx(0.8, abs=1e-3)}


def test_an_export_with_a_column_for_any_object_is_read(tmp_path: Path) -> None:
    table = np.zeros((1, 7, 85), np.float32)
    table[0, 2, 4], table[0, 2, 5 + 67] = 0.5, 0.8
    assert read(OnnxObjects(model(tmp_path / "v5.onnx", table)), frame(255)) == {"cell phone": pytest.approx(0.4)}


def test_an_export_with_suppression_inside_is_read(tmp_path: Path) -> None:
    table = np.array([[[0, 0, 9, 9, 0.6, 67], [0, 0, 9, 9, 0.9, 2], [0, 0, 9, 9, 0.3, 67]]], np.float32)
    assert read(OnnxObjects(model(tmp_path / "v10.onnx", table)), frame(255)) == {"cell phone": pytest.approx(0.6)}


def test_labels_come_from_the_files_own_metadata(tmp_path: Path) -> None:
    own = model(tmp_path / "own.onnx", rows(1, 2, 0.7), names="{0: 'cigarette', 1: 'handset'}")
    assert read(OnnxObjects(own), frame(255)) == {"handset": pytest.approx(0.7)}


# ---------------------------------------------------------------------------------------------------- what does not fit


def test_a_file_that_is_not_there_no_model_or_of_another_kind_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("not a model")
    wrong = {
        tmp_path / "none.onnx": "there is no object detector",
        tmp_path / "text.onnx": "cannot be loaded",
        model(tmp_path / "flat.onnx", np.zeros((1, 10), np.float32)): r"gives \(1, 10\)",
        model(tmp_path / "few.onnx", rows(2, 9, 0.5)): "gives",
        model(tmp_path / "grey.onnx", rows(67, 80, 0.5), side=1): "one float picture",
        model(tmp_path / "double.onnx", rows(67, 80, 0.5), kind=11): "cannot be loaded|one float picture",
    }
    for path, words in wrong.items():
        with pytest.raises(ModelError, match=words) as told:
            OnnxObjects(path)
        assert "\n" not in str(told.value)


# ------------------------------------------------------------------------------------------------------ in the Monitor


def test_the_monitor_looks_every_two_seconds_and_names_the_detector(tmp_path: Path) -> None:
    class Counted(OnnxObjects):
        looks = 0

        def detect(self, frame: CameraFrame) -> ObjectMeasurement:
            self.looks += 1
            return super().detect(frame)

    class NoFace:
        def detect(self, frame: CameraFrame) -> None:
            return None

        def close(self) -> None: ...

    objects = Counted(model(tmp_path / "v8.onnx", rows(67, 80, 0.9)))
    monitor = Monitor(Settings(), face=NoFace(), objects=objects)
    out: list[Report] = []
    for k in range(100):
        out += monitor.step(frame(255 - k % 2, k / 10))
        out += monitor.step(Tick(nanoseconds(k / 10)))
    assert objects.looks == 5
    (told,) = [r for r in out if isinstance(r, Alert) and r.kind == "phone" and r.action == "raised"]
    assert "v8.onnx" in told.rule
    assert sum(term.contribution for term in told.evidence) >= 0.0
