"""What stands in a trip's MCAP file: topics, their schemas, and what the file says of itself (docs/recording.md)."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Literal

from driver_monitor.signals import Part

FORMAT = 1
"""Raised when a reader of an older format could misread a file."""
PROFILE = "driver_monitor"
ABOUT = "driver_monitor"
"""The metadata record that says what the file is."""
END = "driver_monitor.end"
"""The metadata record of a file that was ended in order."""

CAMERA, SOUND, HEART, CAN = "/camera", "/microphone", "/heart", "/can"
BUTTON, STATUS, TICK = "/button", "/sensor_status", "/tick"
LOCAL_TIME = "/local_time"
VIDEO = "/camera/video"
EVENT, ALERT, HEALTH, STATE = "/event", "/alert", "/health", "/state/"

LOSSY_VIDEO = "the pictures are H.264"
_DEPLOYMENTS = ("private", "fleet", "bench")

Lane = Literal["samples", "reports", "bulk"]
LANES: tuple[Lane, ...] = ("samples", "reports", "bulk")
"""Each has its own chunks, so that who wants the bus need not read the pictures."""

_TEXT, _NUMBER, _TRUE = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
_TIME = {"type": "number", "description": "seconds since the recording's start"}
_EVIDENCE = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"term": _TEXT, "contribution": _NUMBER, "measured": _NUMBER, "unit": _TEXT},
    },
}


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its schema and, with the schema in JSON, what its messages hold."""

    name: str
    schema: str
    lane: Lane
    part: Part | None = None
    properties: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def encoding(self) -> Literal["protobuf", "json"]:
        """How its messages are written."""
        return "protobuf" if self.schema.startswith("foxglove.") else "json"


def _report(name: str, schema: str, **properties: object) -> Topic:
    return Topic(name, schema, "reports", None, {"type": _TEXT, "t_s": _TIME, **properties})


TOPICS: tuple[Topic, ...] = (
    Topic(CAMERA, "foxglove.CompressedImage", "bulk", "camera"),
    Topic(SOUND, "foxglove.RawAudio", "bulk", "microphone"),
    Topic(HEART, "driver_monitor.HeartBeat", "samples", "heart_rate", {
        "rr_ms": _NUMBER, "rate_bpm": _NUMBER, "contact": _TRUE, "skin_us": _NUMBER, "skin_c": _NUMBER,
    }),
    Topic(CAN, "driver_monitor.CanFrame", "samples", "vehicle_bus", {"id": _NUMBER, "extended": _TRUE, "data": _TEXT}),
    Topic(BUTTON, "driver_monitor.ButtonPress", "samples", "button", {"button": _TEXT}),
    Topic(STATUS, "driver_monitor.SensorStatus", "samples", None, {"part": _TEXT, "state": _TEXT, "reason": _TEXT}),
    Topic(TICK, "driver_monitor.Tick", "samples", None, {}),
    _report(EVENT, "driver_monitor.Event", event=_TEXT, start_s=_TIME, end_s=_TIME),
    _report(
        ALERT,
        "driver_monitor.Alert",
        event=_TEXT,
        id=_NUMBER,
        kind=_TEXT,
        level=_TEXT,
        rule=_TEXT,
        source=_TEXT,
        evidence=_EVIDENCE,
    ),
    _report(HEALTH, "driver_monitor.Health", part=_TEXT, state=_TEXT, reason=_TEXT),
    *(
        _report(STATE + name, "driver_monitor.State", state=_TEXT, value=_NUMBER, confidence=_NUMBER, evidence=_EVIDENCE)
        for name in ("fatigue", "distraction", "stress", "anger", "responsiveness")  # a further one goes below
    ),
    Topic(LOCAL_TIME, "driver_monitor.LocalTime", "samples", None, {"hour": _NUMBER}),
    Topic(VIDEO, "foxglove.CompressedVideo", "bulk", "camera"),
)
"""In the order of their channels: number 1 is the first. New ones come at the end, so a file that lost its list is read."""

TOPIC = {topic.name: topic for topic in TOPICS}
CHANNEL = {topic.name: number for number, topic in enumerate(TOPICS, 1)}
SAMPLE_TOPICS = frozenset({CAMERA, VIDEO, SOUND, HEART, CAN, BUTTON, STATUS, LOCAL_TIME, TICK})
REPORT_TOPICS = frozenset(TOPIC) - SAMPLE_TOPICS


def lossy_with(channels: Iterable[int]) -> str:
    """Why a trip with messages in these channels does not hold what the Monitor saw; empty when it may."""
    return LOSSY_VIDEO if CHANNEL[VIDEO] in channels else ""


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself, in the metadata record "driver_monitor"; all are text in the file."""

    zero_ns: int
    """The trip's time 0 on the samples' own clock."""
    wall_ns: int
    """Added to a sample's time it gives the log time."""
    trip: str
    """The same in all parts of a trip."""
    part: int = 1
    version: str = ""
    deployment: str = "private"
    models: Mapping[str, str] = field(default_factory=dict)
    lossy: str = ""
    """Why what the Monitor saw cannot be had back; empty when it can."""
    made_by: str = "run"
    """``run``, ``record``, ``import``, ``cut`` or ``recover``."""

    def as_metadata(self) -> dict[str, str]:
        """For the file."""
        words = {key: str(value) for key, value in asdict(self).items() if key != "models"}
        return {"format": str(FORMAT), **words, **{f"model.{name}": sha256 for name, sha256 in self.models.items()}}

    @classmethod
    def from_metadata(cls, words: Mapping[str, str]) -> About:
        """From the file.

        Raises
        ------
        ValueError
            When it does not fit.
        """
        try:
            return cls(
                zero_ns=int(words["zero_ns"]),
                wall_ns=int(words["wall_ns"]),
                trip=words["trip"],
                part=int(words["part"]),
                version=words["version"],
                deployment=held_to(words["deployment"]),
                models={key.removeprefix("model."): value for key, value in words.items() if key.startswith("model.")},
                lossy=words["lossy"],
                made_by=words["made_by"],
            )
        except KeyError as missing:
            raise ValueError(f"no {missing}") from None


def held_to(deployment: object) -> str:
    """The deployment that a recording's privacy is held to: what is not known is a fleet's, the strictest."""
    return deployment if isinstance(deployment, str) and deployment in _DEPLOYMENTS else "fleet"


@lru_cache
def schema_data(topic: Topic) -> bytes:
    """What the file holds of a topic's schema."""
    if topic.encoding == "json":
        described = {"title": topic.schema, "type": "object", "properties": dict(topic.properties)}
        return json.dumps(described, separators=(",", ":")).encode()
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    name = topic.schema.removeprefix("foxglove.")
    kind = getattr(importlib.import_module(f"foxglove_schemas_protobuf.{name}_pb2"), name)
    files = FileDescriptorSet()
    _with_imports(kind.DESCRIPTOR.file, files, set())
    return bytes(files.SerializeToString(deterministic=True))


def _with_imports(file: Any, files: Any, seen: set[str]) -> None:
    if file.name in seen:
        return
    seen.add(file.name)
    for imported in file.dependencies:
        _with_imports(imported, files, seen)
    file.CopyToProto(files.file.add())
