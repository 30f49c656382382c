"""The store against a real pip, with a wheel made here and no network."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

from driver_monitor import model_store
from driver_monitor.errors import BadUseError, ModelError
from driver_monitor.model_store import (
    CACHE_VARIABLE,
    MONITOR_MODELS,
    OPTIONAL_MODELS,
    cache_dir,
    hashes_in_use,
    model_path,
    models,
    pull,
)
from driver_monitor.resources import models_dir

BODY = bytes(range(256)) * 1000


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_wheel(folder: Path, package: str, files: dict[str, bytes]) -> Path:
    """A wheel as a package index gives it, small but whole."""
    wheel = folder / f"{package}-1.0-py3-none-any.whl"
    info = f"{package}-1.0.dist-info"
    files = files | {
        # no Python of today is good enough for it: it is never installed, so that must not matter
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\nRequires-Python: <3\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(wheel, "w") as box:
        for name, data in files.items():
            box.writestr(name, data)
        box.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in files))
    return wheel


def wheel_source(wheel: Path, **other: object) -> dict[str, object]:
    package = wheel.name.split("-")[0]
    data = wheel.read_bytes()
    source = {"kind": "wheel", "package": package, "version": "1.0", "wheel": wheel.name, "member": f"{package}/m.bin"}
    return source | {"sha256": sha256(data), "size": len(data)} | other


@dataclass
class Shop:
    """A package index (a folder of wheels), a manifest and an empty cache folder."""

    folder: Path
    wheels: Path
    cache: Path
    entries: list[str] = field(default_factory=list)

    def wheel(self, package: str, body: bytes = BODY) -> Path:
        return make_wheel(self.wheels, package, {f"{package}/m.bin": body})

    def model(self, name: str, *sources: dict[str, object], body: bytes = BODY) -> None:
        head = {"name": name, "kind": "file", "file": f"{name}.bin", "version": "1", "sha256": sha256(body), "size": len(body)}
        lines = ["[[model]]", *toml(head | {"licence": "MIT", "card": "m.md"})]
        for source in sources:
            lines += ["[[model.source]]", *toml(source)]
        self.entries += lines
        (self.folder / "manifest.toml").write_text("\n".join(["format = 1", *self.entries]) + "\n")

    def left(self) -> list[str]:
        return sorted(file.name for file in self.cache.iterdir() if file.name != ".lock")


def toml(table: dict[str, Any]) -> list[str]:
    return [f"{key} = {value}" if isinstance(value, int) else f'{key} = "{value}"' for key, value in table.items()]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop(tmp_path / "models", tmp_path / "wheels", tmp_path / "cache")
    shop.folder.mkdir()
    shop.wheels.mkdir()
    monkeypatch.setattr(model_store, "models_dir", lambda: shop.folder)
    monkeypatch.setenv(CACHE_VARIABLE, str(shop.cache))
    # pip's own settings decide where wheels come from: here, from a folder only
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shop.wheels))
    return shop


def test_a_model_is_taken_out_of_its_wheel_once(shop: Shop) -> None:
    shop.model("face", wheel_source(shop.wheel("facebox")))
    seen: list[tuple[str, int, int]] = []
    assert [model.name for model in pull(progress=lambda *now: seen.append(now))] == ["face"]
    assert model_path("face").read_bytes() == BODY
    assert shop.left() == ["face.bin"]
    assert all(0 <= done <= total for _, done, total in seen)
    assert seen[-1][1] == seen[-1][2]
    for wheel in shop.wheels.iterdir():
        wheel.unlink()
    assert pull() == []  # a good model is not fetched again: there is nothing left to fetch from


def reverse(wheel: Path, out: Path) -> None:
    """A maker: what it makes of the wheel is its member, backwards."""
    with zipfile.ZipFile(wheel) as box:
        out.write_bytes(box.read("headbox/m.bin")[::-1])


def test_what_only_the_bench_needs_is_made_when_it_is_named(shop: Shop) -> None:
    source = wheel_source(shop.wheel("headbox"), member="", maker=f"{__name__}:reverse")
    shop.model("head", source, body=BODY[::-1])
    manifest = shop.folder / "manifest.toml"
    manifest.write_text(manifest.read_text().replace('name = "head"', 'name = "head"\nonly_bench = true'))
    assert pull() == []
    assert shop.cache.exists() is False
    assert [model.name for model in pull(["head"])] == ["head"]
    assert model_path("head").read_bytes() == BODY[::-1]
    assert shop.left() == ["head.bin"]


def test_a_detector_of_the_users_own_is_told_by_its_hash(tmp_path: Path, shop: Shop) -> None:
    for name in (*MONITOR_MODELS, *OPTIONAL_MODELS):
        shop.model(name, wheel_source(shop.wheel("box")))
    own = tmp_path / "yolo.onnx"
    own.write_bytes(b"a detector")
    needed = set(MONITOR_MODELS)  # what is optional is not here
    assert set(hashes_in_use()) == needed
    assert set(hashes_in_use(str(own))) == needed | {"yolo.onnx"}
    assert hashes_in_use(str(own))["yolo.onnx"] == sha256(b"a detector")


def test_the_next_source_is_tried_and_the_hash_decides(shop: Shop) -> None:
    true = shop.folder / "true.bin"
    true.write_bytes(BODY)
    false = shop.folder / "false.bin"
    false.write_bytes(BODY[::-1])
    shop.model(
        "face",
        wheel_source(shop.wheel("gone")) | {"package": "nowhere"},
        {"kind": "url", "url": false.as_uri()},
        {"kind": "url", "url": true.as_uri()},
    )
    pull()
    assert model_path("face").read_bytes() == BODY


def test_every_source_that_failed_is_named_and_nothing_is_left(shop: Shop) -> None:
    nowhere = (shop.folder / "nowhere.bin").as_uri()
    shop.model("face", wheel_source(shop.wheel("facebox"), sha256="0" * 64), {"kind": "url", "url": nowhere})
    with pytest.raises(ModelError) as caught:
        pull()
    said = str(caught.value)
    assert said.count("\n") == 0
    assert "facebox 1.0 from the package index: the wheel has another sha256 than the manifest's and was refused" in said
    assert f"{nowhere}: " in said
    assert "No such file or directory" in said
    assert "run 'driver-monitor models pull face' again" in said
    assert shop.left() == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (BODY[:-1] + b"\0", "the file in it has sha256 "),  # one byte changed
        (BODY[:-1], f"the file in it ends after {len(BODY) - 1} of {len(BODY)} bytes"),
        (BODY * 50, f"the file in it is longer than its {len(BODY)} bytes"),
    ],
)
def test_a_wheel_with_another_model_in_it_is_refused(shop: Shop, body: bytes, said: str) -> None:
    shop.model("face", wheel_source(shop.wheel("facebox", body)))
    with pytest.raises(ModelError, match=said):
        pull()
    assert shop.left() == []


def test_a_wheel_without_the_model_and_one_that_is_no_archive(shop: Shop) -> None:
    broken = shop.wheels / "broken-1.0-py3-none-any.whl"
    broken.write_bytes(b"not a wheel")
    shop.model("face", wheel_source(shop.wheel("facebox"), member="facebox/other.bin"), wheel_source(broken))
    with pytest.raises(ModelError, match=r"the wheel holds no facebox/other\.bin; broken 1\.0 from the package index: \S"):
        pull()
    assert shop.left() == []


def test_a_damaged_model_is_told_and_mended(shop: Shop) -> None:
    shop.model("face", wheel_source(shop.wheel("facebox")))
    pull()
    file = model_path("face")
    file.write_bytes(BODY[:-1] + b"\0")
    with pytest.raises(ModelError) as caught:
        model_path("face")
    said = str(caught.value)
    for part in (str(file), sha256(BODY), sha256(BODY[:-1] + b"\0"), "run 'driver-monitor models pull face'"):
        assert part in said
    file.write_bytes(BODY[:100])
    with pytest.raises(ModelError, match=f"is 100 bytes where {len(BODY)} are expected"):
        model_path("face")
    pull()
    assert model_path("face").read_bytes() == BODY
    file.unlink()
    with pytest.raises(ModelError, match=r"is missing; run 'driver-monitor models pull face'"):
        model_path("face")


def test_one_bad_model_does_not_keep_the_others_away(shop: Shop) -> None:
    shop.model("bad", {"kind": "url", "url": (shop.folder / "nowhere").as_uri()})
    shop.model("good", wheel_source(shop.wheel("goodbox")))
    with pytest.raises(ModelError, match="the model bad could not be fetched"):
        pull()
    assert shop.left() == ["good.bin"]


def test_what_a_drive_can_do_without_does_not_fail_the_setup_when_it_cannot_be_had(shop: Shop) -> None:
    shop.model("face", wheel_source(shop.wheel("facebox")))
    hands = wheel_source(shop.wheel("handbox"))
    shop.model("hands", hands)
    (shop.wheels / str(hands["wheel"])).unlink()
    manifest = shop.folder / "manifest.toml"
    manifest.write_text(manifest.read_text().replace('name = "hands"', 'name = "hands"\noptional = true'))
    told: list[str] = []
    assert [model.name for model in pull(spared=told.append)] == ["face"]
    (line,) = told
    assert line.startswith("the model hands could not be fetched (handbox")
    assert line.endswith("; a drive can do without it")
    with pytest.raises(ModelError, match="the model hands could not be fetched"):
        pull(["hands"])  # whoever names it wants it


def test_a_model_that_comes_along_is_needed_and_not_fetched(shop: Shop) -> None:
    shop.model("blinks")
    manifest = shop.folder / "manifest.toml"
    manifest.write_text(manifest.read_text().replace('name = "blinks"', 'name = "blinks"\nown = true'))
    for call in (lambda: model_path("blinks"), pull):
        with pytest.raises(ModelError, match=r"blinks\.bin is missing; install driver-monitor again"):
            call()


def test_a_full_disk_leaves_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: IO[bytes], target: IO[bytes], limit: int, progress: object) -> None:
        target.write(source.read(1000))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model_store, "_copy", full)
    shop.model("face", wheel_source(shop.wheel("facebox")))
    with pytest.raises(ModelError, match=r"facebox 1\.0 from the package index: No space left on device"):
        pull()
    assert shop.left() == []


def test_ctrl_c_in_the_middle_leaves_nothing(shop: Shop) -> None:
    def stop(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    shop.model("face", wheel_source(shop.wheel("facebox")))
    with pytest.raises(KeyboardInterrupt):
        pull(progress=stop)
    assert shop.left() == []


SLOW = """
import sys, time
from pathlib import Path
from driver_monitor import model_store
model_store.models_dir = lambda: Path(sys.argv[1])
def slowly(what, done, total):
    print("under way", flush=True)
    time.sleep(60)
model_store.pull(progress=slowly)
"""


def test_what_a_killed_pull_left_is_cleared_by_the_next(shop: Shop) -> None:
    shop.model("face", wheel_source(shop.wheel("facebox")))
    with subprocess.Popen([sys.executable, "-c", SLOW, str(shop.folder)], stdout=subprocess.PIPE, text=True) as pulling:
        assert pulling.stdout is not None
        assert pulling.stdout.readline() == "under way\n"
        pulling.send_signal(signal.SIGKILL)
    assert [name for name in shop.left() if name.startswith(".pull-")]
    deadline = time.monotonic() + 120
    while True:  # the killed process's pip may still be writing into its folder
        pull()
        if shop.left() == ["face.bin"] or time.monotonic() > deadline:
            break
        (shop.cache / "face.bin").unlink(missing_ok=True)
    assert shop.left() == ["face.bin"]


def test_a_cache_folder_that_cannot_be_written(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = shop.folder / "manifest.toml"
    shop.model("face", wheel_source(shop.wheel("facebox")))
    monkeypatch.setenv(CACHE_VARIABLE, str(blocked / "inside"))
    with pytest.raises(ModelError, match=f"cannot be .*or set {CACHE_VARIABLE} to another folder"):
        pull()


def test_an_unknown_name_is_bad_use(shop: Shop) -> None:
    shop.model("face", wheel_source(shop.wheel("facebox")))
    with pytest.raises(BadUseError, match=r"there is no model 'fase'; did you mean 'face'\?"):
        models(["fase"])


def test_where_the_models_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/driver")
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_dir() == Path("/home/driver/.cache/driver_monitor/models")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "driver_monitor/models"
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "own"))
    assert cache_dir() == tmp_path / "own"


def test_the_manifest_is_whole_and_every_model_has_its_card() -> None:
    known = models()
    assert {"face_landmarker", "silero_vad"} <= {model.name for model in known}
    for model in known:
        assert len(model.sha256) == 64
        assert model.source or model.own
        assert not (model.own and model.optional)  # it comes along
    assert {model.name for model in known if model.optional} == set(OPTIONAL_MODELS)
    for model in known:
        card = (models_dir() / model.card).read_text("utf-8")
        assert model.licence in card
        assert f"{model.size:,} bytes" in card
