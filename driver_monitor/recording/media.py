"""Opening sound and video files with PyAV, and keeping count of what in them could not be decoded."""

from __future__ import annotations

import errno
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from driver_monitor.errors import BadUseError, RecordingError
from driver_monitor.signals import NS_PER_S, Part, SensorStatus

if TYPE_CHECKING:
    from av.container import InputContainer

# Only real media: a playlist named .mp4 must not lead FFmpeg to other files or to the network.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,mpeg,mpegts,flv,asf,ogg,wav,w64,flac,mp3,aac,h264,hevc,mjpeg,"
    "ivf,apng,webp_pipe"
)
_QUIET_NS = NS_PER_S  # after this much without damage the part is well again


def open_media(path: Path, what: str) -> InputContainer:
    """Open a sound or video file; ``what`` names it in the error."""
    import av

    try:
        if path.stat().st_size == 0:
            raise RecordingError(f"{path} is empty (0 bytes); copy the recording again")
        # "file:" keeps a colon in the name from being read as a protocol
        return av.open(f"file:{path}", options={"format_whitelist": _FORMATS, "protocol_whitelist": "file"})
    except FileNotFoundError:
        raise BadUseError(f"{path} does not exist; check the path") from None
    except PermissionError:
        raise BadUseError(f"{path} may not be read; check its permissions") from None
    except (OSError, ValueError) as problem:  # PyAV's errors are both
        reason = getattr(problem, "strerror", None) or str(problem)
        if getattr(problem, "errno", None) == errno.EINVAL:  # the list of formats above refused it
            reason = "not a format known here"
        raise RecordingError(
            f"{path} cannot be read as {what} ({reason}); give a whole, unharmed file such as {_EXAMPLES[what]}"
        ) from None


_EXAMPLES = {"a video": "MP4, MKV or AVI", "sound": "WAV"}


def exact_ns(pts: int, time_base: Fraction) -> int:
    """A time stamp in whole nanoseconds, to the nearest."""
    return round(pts * time_base * NS_PER_S)


def seconds_or_none(ticks: int | None, time_base: Fraction | None) -> float | None:
    """A length in seconds, or ``None`` where the file does not say or says nonsense."""
    if ticks is None or time_base is None or ticks <= 0:
        return None
    length = float(ticks * time_base)
    return length if math.isfinite(length) else None


def counted(count: int, what: str) -> str:
    """A count with its noun: "1 piece of sound", "3 pieces of sound"."""
    head, _, rest = what.partition(" ")
    return f"{count} {head}{'' if count == 1 else 's'} {rest}"


class Damage:
    """Counts what could not be decoded, and says so once a second at most."""

    def __init__(self, part: Part, what: str) -> None:
        self._part = part
        self._what = what
        self.total = 0
        self._fresh = 0
        self._last_ns: int | None = None
        self._told_ns: int | None = None

    def note(self, file: Path) -> Iterator[str]:
        """What the user is told at the end."""
        if self.total:
            yield f"{file.name}: {counted(self.total, self._what)} could not be decoded, left out"

    def hit(self) -> None:
        """One more piece is broken."""
        self.total += 1
        self._fresh += 1

    def step(self, t_ns: int) -> Iterator[SensorStatus]:
        """The status to send before the sound piece at ``t_ns``."""
        if self._fresh:
            self._last_ns = t_ns
            if self._told_ns is None or t_ns - self._told_ns >= _QUIET_NS:
                self._told_ns = t_ns
                reason = f"{counted(self._fresh, self._what)} could not be decoded"
                self._fresh = 0
                yield SensorStatus(t_ns, self._part, "degraded", reason)
        elif self._last_ns is not None and t_ns - self._last_ns >= _QUIET_NS:
            self._last_ns = self._told_ns = None
            yield SensorStatus(t_ns, self._part, "ok", "decoding again")

    def end(self, t_ns: int) -> Iterator[SensorStatus]:
        """What was not told yet when the file ends."""
        if self._fresh:
            reason = f"{counted(self._fresh, self._what)} could not be decoded"
            self._fresh = 0
            yield SensorStatus(t_ns, self._part, "degraded", reason)
