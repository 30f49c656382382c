"""What a live view shows, and how its two processes speak: frames of channel, time and length, then the message."""

from __future__ import annotations

import struct

from driver_monitor.recording.trip_format import (
    BUTTON,
    CAMERA,
    HEART,
    REPORT_TOPICS,
    STATUS,
    TOPIC,
    Topic,
)

HOST = "127.0.0.1"
"""Loopback alone: who is not on this machine cannot connect."""
FACE = "/camera/face"
"""Landmarks over the picture; never in a recording, which can be replayed."""

REPORTS: tuple[Topic, ...] = tuple(TOPIC[name] for name in sorted(REPORT_TOPICS))
"""All that a drive shows live: no picture, no landmark, no sound."""
ALL: tuple[Topic, ...] = (
    *REPORTS,
    TOPIC[CAMERA],
    Topic(FACE, "foxglove.ImageAnnotations", "bulk", "camera"),
    TOPIC[HEART],
    TOPIC[BUTTON],
    TOPIC[STATUS],
)
"""What a replay shows."""

FRAME = struct.Struct("<HQI")
"""Place in the list of topics, log time in ns, bytes that follow."""
READY, VIEWER, FAILED = "ready", "viewer", "failed"
"""The serving process's own words, one a line: it listens (at this port), somebody looks, it cannot (and why)."""

