"""What a trip's file holds (``recording info``), and whether all of it is good (``recording check``)."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from driver_monitor.recording.trip import Trip
from driver_monitor.recording.trip_format import CAMERA, SAMPLE_TOPICS, TICK
from driver_monitor.recording.trip_messages import picture_jpeg
from driver_monitor.signals import NS_PER_S, seconds

_LONG_GAP_NS = 2 * NS_PER_S


@dataclass
class Contents:
    """A trip in figures."""

    counts: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    first_ns: int | None = None
    last_ns: int = 0
    gaps: list[str] = field(default_factory=list)
    """Where for long nothing was written at all."""
    bad: Counter[str] = field(default_factory=Counter)
    """Messages that make no sense, by topic."""
    encoded_here: int = 0
    """Pictures whose JPEG the camera did not give."""

    @property
    def length_s(self) -> float:
        """From the first message to the last."""
        return 0.0 if self.first_ns is None else seconds(self.last_ns - self.first_ns)


def look(trip: Trip, *, closely: bool) -> Contents:
    """Read the trip; ``closely`` each message is understood as well, and each picture decoded."""
    found = Contents()
    for message in trip.messages():
        found.counts[message.topic] += 1
        found.bytes[message.topic] += len(message.data)
        if found.first_ns is None:
            found.first_ns = found.last_ns = message.t_ns
        if message.t_ns - found.last_ns > _LONG_GAP_NS and found.counts[TICK]:  # before the first tick models are loaded
            at_s, long_s = seconds(found.last_ns - trip.start_ns), seconds(message.t_ns - found.last_ns)
            found.gaps.append(f"nothing for {long_s:.1f} s after {at_s:.1f} s")
        found.last_ns = message.t_ns
        try:
            if message.topic == CAMERA:
                found.encoded_here += picture_jpeg(message.data)[1]
            if closely and message.topic in SAMPLE_TOPICS:
                trip.read(message)
            elif closely and not isinstance(json.loads(message.data), dict):
                raise ValueError("no report")
        except ValueError:
            found.bad[message.topic] += 1
    return found


def info_lines(path: Path, identity: Path | None) -> list[str]:
    """``recording info``, line by line."""
    with Trip(path, identity) as trip:
        found = look(trip, closely=False)
        about = trip.about
        began = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime((about.zero_ns + about.wall_ns) // NS_PER_S))
        size = sum(file.stat().st_size for file in trip.files)
        lines = [
            f"{trip.name}: {len(trip.files)} file(s), {size / 1e6:.1f} MB, {found.length_s:.1f} s, begun {began}",
            f"made by '{about.made_by}' of driver-monitor {about.version or '?'}, trip {about.trip}",
            f"deployment: {about.deployment}",
        ]
        for topic, count in sorted(found.counts.items()):
            rate = count / found.length_s if found.length_s else 0.0
            lines.append(f"  {topic:<24} {count:>8} messages  {rate:>8.1f} 1/s  {found.bytes[topic] / 1e6:>8.2f} MB")
        if found.encoded_here:
            lines.append(f"{found.encoded_here} pictures were made JPEG while recording (the monitor saw them so)")
        kept = ", ".join(f"{name} ({len(data)} B)" for name, data in trip.attachments.items())
        lines.append(f"attached: {kept or 'nothing'}")
        for name, sha256 in about.models.items():
            lines.append(f"model {name} {sha256[:12]}")
        return [*lines, *(f"note: {note}" for note in trip.notes)]


def faults(path: Path, identity: Path | None) -> list[str]:
    """``recording check``: all that is wrong; nothing when all is good."""
    with Trip(path, identity) as trip:
        found = look(trip, closely=True)
        out = [*(note for note in trip.notes if note != trip.lossy_note), *found.gaps]
        out += [f"{count} messages of {topic} make no sense" for topic, count in found.bad.items()]
        if "settings.json" not in trip.attachments:
            out.append("the settings are not attached: a replay needs --config")
        for part in trip.pieces:
            told = part.told.get("messages", "")
            if not part.told and part.read_whole:
                out.append(f"{part.path.name} was not ended in order; 'recording recover' writes a whole one")
            elif len(trip.pieces) == 1 and told.isdecimal() and int(told) != sum(found.counts.values()):
                out.append(f"{int(told)} messages were written and {sum(found.counts.values())} are there")
        return list(dict.fromkeys(out))
