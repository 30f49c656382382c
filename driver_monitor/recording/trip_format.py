"""What stands in a trip's MCAP file: topics, schemas, and each sample as a message and back.

Foxglove's protobuf schemas where there are any (pictures, sound); JSON with a JSON schema in the file for the rest
(docs/recording.md). A message's log time is the sample's own time moved to the wall clock by a fixed amount, so it comes
back to the nanosecond.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from driver_monitor import jpeg
from driver_monitor.signals import (
    NS_PER_S,
    AudioChunk,
    ButtonPress,
    CameraFrame,
    CanFrame,
    HeartBeat,
    LocalTime,
    Part,
    PartState,
    Sample,
    SensorStatus,
    Tick,
)

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
AS_GIVEN = "camera"
ENCODED_HERE = "camera (encoded by driver_monitor)"
"""``frame_id`` of pictures: JPEG as the camera gave it, or made here from raw pixels."""

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
                deployment=words["deployment"],
                models={key.removeprefix("model."): value for key, value in words.items() if key.startswith("model.")},
                lossy=words["lossy"],
                made_by=words["made_by"],
            )
        except KeyError as missing:
            raise ValueError(f"no {missing}") from None


# ------------------------------------------------------------------------------------------------------ samples, written


def as_kept(sample: Sample, quality: int) -> Sample:
    """The sample as a recording gives it back: what the Monitor must see when it is to see the same again.

    A raw picture becomes JPEG and is decoded again; sound is rounded to 16 bits.
    """
    if isinstance(sample, CameraFrame) and sample.jpeg is None:
        data = jpeg.encode(sample.image, quality)
        return _Encoded(sample.t_ns, jpeg.decode(data), data)
    if isinstance(sample, AudioChunk):
        return AudioChunk(sample.t_ns, _from_pcm(_to_pcm(sample)), sample.rate_hz)
    return sample


class _Encoded(CameraFrame):
    """A picture whose JPEG was made here."""

    __slots__ = ()


def write_sample(sample: Sample, wall_ns: int) -> tuple[str, bytes]:
    """A sample's topic and message. A picture must have its JPEG (see :func:`as_kept`)."""
    match sample:
        case CameraFrame():
            return CAMERA, _write_picture(sample, wall_ns)
        case AudioChunk():
            return SOUND, _write_sound(sample, wall_ns)
        case CanFrame():
            extended = "true" if sample.is_extended else "false"
            return CAN, b'{"id":%d,"extended":%s,"data":"%s"}' % (
                sample.arbitration_id,
                extended.encode(),
                sample.data.hex().encode(),
            )
        case HeartBeat():
            told = {"rr_ms": sample.rr_ms, "rate_bpm": sample.rate_bpm, "contact": sample.contact}
            skin = {"skin_us": sample.skin_us, "skin_c": sample.skin_c}
            return HEART, _json(told | {name: value for name, value in skin.items() if value is not None})
        case ButtonPress():
            return BUTTON, _json({"button": sample.button})
        case SensorStatus():
            return STATUS, _json({"part": sample.part, "state": sample.state, "reason": sample.reason})
        case LocalTime():
            return LOCAL_TIME, _json({"hour": sample.hour})
        case Tick():
            return TICK, b"{}"


def write_video(t_ns: int, data: bytes, wall_ns: int) -> tuple[str, bytes]:
    """The topic and message of a picture that was made H.264."""
    from foxglove_schemas_protobuf.CompressedVideo_pb2 import CompressedVideo

    message = CompressedVideo(frame_id=ENCODED_HERE, data=data, format="h264")
    message.timestamp.FromNanoseconds(max(0, t_ns + wall_ns))
    return VIDEO, bytes(message.SerializeToString())


def report_topic(line: Mapping[str, Any]) -> str:
    """The topic of a report's line (docs/reports.md)."""
    kind = str(line["type"])
    return STATE + str(line["state"]) if kind == "state" else f"/{kind}"


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _write_picture(frame: CameraFrame, wall_ns: int) -> bytes:
    from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage

    if frame.jpeg is None:
        raise ValueError("a picture without its JPEG cannot be written")
    message = CompressedImage(
        frame_id=ENCODED_HERE if isinstance(frame, _Encoded) else AS_GIVEN, data=frame.jpeg, format="jpeg"
    )
    message.timestamp.FromNanoseconds(max(0, frame.t_ns + wall_ns))
    return bytes(message.SerializeToString())


def _write_sound(chunk: AudioChunk, wall_ns: int) -> bytes:
    from foxglove_schemas_protobuf.RawAudio_pb2 import RawAudio

    message = RawAudio(data=_to_pcm(chunk).tobytes(), format="pcm-s16", sample_rate=chunk.rate_hz, number_of_channels=1)
    # the schema's time is the first sample's, the log time the last one's
    message.timestamp.FromNanoseconds(max(0, chunk.t_ns + wall_ns - len(chunk.samples) * NS_PER_S // chunk.rate_hz))
    return bytes(message.SerializeToString())


def _to_pcm(chunk: AudioChunk) -> NDArray[np.int16]:
    return np.asarray(np.clip(np.rint(chunk.samples * np.float32(32768)), -32768, 32767), "<i2")


def _from_pcm(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    return pcm.astype(np.float32) / np.float32(32768)


# --------------------------------------------------------------------------------------------------------- samples, read


def read_sample(topic: str, t_ns: int, data: bytes, *, pictures: bool = True) -> Sample:
    """A message as sample; without ``pictures`` a frame has its JPEG and no pixels, and one of H.264 never has any.

    Raises
    ------
    ValueError
        When the message is not what its topic says.
    """
    if topic == CAMERA:
        return _read_picture(t_ns, data, pictures)
    if topic == VIDEO:
        picture_h264(data)
        return CameraFrame(t_ns, _NO_PIXELS)
    if topic == SOUND:
        return _read_sound(t_ns, data)
    if topic == TICK:
        return Tick(t_ns)
    try:
        told = json.loads(data)
        match topic:
            case "/can":
                identifier, extended = int(told["id"]), bool(told["extended"])
                if not 0 <= identifier < (1 << 29 if extended else 1 << 11):
                    raise ValueError("no arbitration id")
                return CanFrame(t_ns, identifier, bytes.fromhex(told["data"]), extended)
            case "/heart":
                rr_ms, rate_bpm, contact = _number(told["rr_ms"]), _number(told["rate_bpm"]), told["contact"]
                skin = (_number(told.get("skin_us")), _number(told.get("skin_c")))
                return HeartBeat(t_ns, rr_ms, rate_bpm, None if contact is None else bool(contact), *skin)
            case "/button":
                return ButtonPress(t_ns, _one_of(("acknowledge", "privacy"), told["button"]))
            case "/local_time":
                hour = float(told["hour"])
                if not 0.0 <= hour <= 24.0:
                    raise ValueError("no hour of the day")
                return LocalTime(t_ns, hour)
            case "/sensor_status":
                part, state = _one_of(get_args(Part), told["part"]), _one_of(get_args(PartState), told["state"])
                return SensorStatus(t_ns, part, state, str(told["reason"]))
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError(f"not a message of {topic}") from problem
    raise ValueError(f"{topic} is no topic of samples")


def picture_jpeg(data: bytes) -> tuple[bytes, bool]:
    """The JPEG of a message of the camera, and whether it was made here."""
    from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
    from google.protobuf.message import DecodeError

    try:
        message = CompressedImage.FromString(data)
    except DecodeError as problem:
        raise ValueError("not a picture's message") from problem
    if message.format != "jpeg":
        raise ValueError(f"a picture in {message.format[:20]!r}")
    return bytes(message.data), message.frame_id != AS_GIVEN


def picture_h264(data: bytes) -> bytes:
    """The H.264 of a message of the camera; what it shows hangs on the messages before it."""
    from foxglove_schemas_protobuf.CompressedVideo_pb2 import CompressedVideo
    from google.protobuf.message import DecodeError

    try:
        message = CompressedVideo.FromString(data)
    except DecodeError as problem:
        raise ValueError("not a video's message") from problem
    if message.format != "h264":
        raise ValueError(f"video in {message.format[:20]!r}")
    return bytes(message.data)


def _read_picture(t_ns: int, data: bytes, pictures: bool) -> CameraFrame:
    encoded, here = picture_jpeg(data)
    image = jpeg.decode(encoded) if pictures else _NO_PIXELS
    return _Encoded(t_ns, image, encoded) if here else CameraFrame(t_ns, image, encoded)


_NO_PIXELS: Any = np.empty((0, 0, 3), np.uint8)


def _read_sound(t_ns: int, data: bytes) -> AudioChunk:
    from foxglove_schemas_protobuf.RawAudio_pb2 import RawAudio
    from google.protobuf.message import DecodeError

    try:
        message = RawAudio.FromString(data)
    except DecodeError as problem:
        raise ValueError("not a message of sound") from problem
    if message.format != "pcm-s16" or message.number_of_channels != 1 or not 1000 <= message.sample_rate <= 384_000:
        raise ValueError("sound that is not mono 16 bits")
    if len(message.data) % 2:
        raise ValueError("half a sample of sound")
    return AudioChunk(t_ns, _from_pcm(np.frombuffer(message.data, "<i2")), message.sample_rate)


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise ValueError("no number")
    return float(value)


def _one_of(known: tuple[Any, ...], word: object) -> Any:
    if word not in known:
        raise ValueError(f"{word!r} is not known")
    return word


# ---------------------------------------------------------------------------------------------------------------- schemas


@lru_cache
def schema_data(topic: Topic) -> bytes:
    """What the file holds of a topic's schema."""
    if topic.encoding == "json":
        described = {"title": topic.schema, "type": "object", "properties": dict(topic.properties)}
        return json.dumps(described, separators=(",", ":")).encode()
    from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
    from foxglove_schemas_protobuf.CompressedVideo_pb2 import CompressedVideo
    from foxglove_schemas_protobuf.RawAudio_pb2 import RawAudio
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    kinds = {kind.DESCRIPTOR.full_name: kind.DESCRIPTOR.file for kind in (CompressedImage, CompressedVideo, RawAudio)}
    files = FileDescriptorSet()
    _with_imports(kinds[topic.schema], files, set())
    return bytes(files.SerializeToString(deterministic=True))


def _with_imports(file: Any, files: Any, seen: set[str]) -> None:
    if file.name in seen:
        return
    seen.add(file.name)
    for imported in file.dependencies:
        _with_imports(imported, files, seen)
    file.CopyToProto(files.file.add())
