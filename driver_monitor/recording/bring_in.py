"""``recording import``: a video, or a folder of parts made elsewhere, as a trip in one file."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from driver_monitor import __version__
from driver_monitor.errors import BadUseError
from driver_monitor.recording.align import Mark, sound_offset_s
from driver_monitor.recording.copy import Copied, add, new_trip
from driver_monitor.recording.folder import open_recording
from driver_monitor.recording.trip_format import About
from driver_monitor.recording.trip_messages import as_kept, write_sample
from driver_monitor.settings import Settings
from driver_monitor.signals import Part, seconds


def offsets_of(words: list[str]) -> dict[Part, float]:
    """``["microphone=0.25", …]`` as offsets.

    Raises
    ------
    BadUseError
        When one is not of that form.
    """
    known: dict[str, Part] = {
        "camera": "camera",
        "microphone": "microphone",
        "heart_rate": "heart_rate",
        "vehicle_bus": "vehicle_bus",
    }
    offsets: dict[Part, float] = {}
    for word in words:
        name, _, value = word.partition("=")
        try:
            offsets[known[name]] = float(value)
        except (KeyError, ValueError):
            raise BadUseError(f"--offset {word}: give PART=SECONDS, with PART one of {', '.join(known)}") from None
        if not abs(offsets[known[name]]) <= 86_400.0:
            raise BadUseError(f"--offset {word}: an offset lies within ± 86400 s")
    return offsets


def bring_in(
    path: Path,
    out: Path,
    settings: Settings,
    attachments: Mapping[str, tuple[str, bytes]],
    offsets: Mapping[Part, float],
    align: Mark | None = None,
    said: Callable[[str], None] = print,
) -> Copied:
    """Write what ``path`` names to ``out``. Pictures become JPEG, as if this camera gave none.

    Raises
    ------
    BadUseError, RecordingError
        In one sentence.
    """
    with open_recording(path, offsets) as recording:
        began_s = max((file.stat().st_mtime for file in recording.files), default=0.0)
        found = dict(offsets)
        if align is not None:
            found["microphone"] = _found(recording.file_of, align)
            said(f"the sound begins {found['microphone']:+.4f} s after the first picture, by the {align}")
    about = About(
        zero_ns=0,
        wall_ns=round(began_s) * 1_000_000_000,
        trip=secrets.token_hex(8),
        version=__version__,
        deployment=settings.trip.deployment,
        made_by="import",
    )
    with open_recording(path, found) as recording, new_trip(out, about, attachments) as file:
        last_ns = flushed_ns = 0
        for sample in recording.samples():
            topic, data = write_sample(as_kept(sample, settings.recording.jpeg_quality), about.wall_ns)
            last_ns = sample.t_ns
            flushed_ns = add(file, topic, last_ns, data, flushed_ns)
        return Copied(file.messages, seconds(last_ns), recording.notes)


def _found(files: Mapping[Part, Path], align: Mark) -> float:
    video, sound = files.get("camera"), files.get("microphone")
    if video is None or sound is None:
        raise BadUseError(f"--align {align} needs a video and a sound file beside it; give a folder with both")
    return sound_offset_s(video, sound, align)
