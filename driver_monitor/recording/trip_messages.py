"""Each sample as a message of a trip's file, and back.

Foxglove's protobuf schemas where there are any (pictures, sound), JSON for the rest (trip_format.py, docs/recording.md). A
message's log time is the sample's own time moved to the wall clock by a fixed amount, so it comes back to the nanosecond.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from driver_monitor import jpeg
from driver_monitor.recording.mcap_write import Data
from driver_monitor.recording.protobuf_wire import field, head, stamp
from driver_monitor.recording.trip_format import (
    ALERT,
    BUTTON,
    CAMERA,
    CAN,
    EVENT,
    HEALTH,
    HEART,
    LOCAL_TIME,
    SOUND,
    STATE,
    STATUS,
    TICK,
    VIDEO,
)
from driver_monitor.signals import (
    NS_PER_S,
    Alert,
    AudioChunk,
    ButtonPress,
    CameraFrame,
    CanFrame,
    DriverState,
    Event,
    Health,
    HeartBeat,
    LocalTime,
    Part,
    PartState,
    Report,
    Sample,
    SensorStatus,
    Tick,
)

AS_GIVEN = "camera"
ENCODED_HERE = "camera (encoded by driver_monitor)"
"""``frame_id`` of pictures: JPEG as the camera gave it, or made here from raw pixels."""

S = TypeVar("S", bound=Sample)


def as_kept(sample: S, quality: int = 90) -> S:
    """The sample as a recording gives it back: what the Monitor must see when it is to see the same again.

    A raw picture becomes JPEG and is decoded again; sound is rounded to 16 bits.
    """
    kept: Any = sample
    if isinstance(sample, CameraFrame) and sample.jpeg is None:
        data = jpeg.encode(sample.image, quality)
        kept = _Encoded(sample.t_ns, jpeg.decode(data), data)
    elif isinstance(sample, AudioChunk):
        kept = _Rounded(sample.t_ns, _rounded(sample.samples) / _FULL, sample.rate_hz)
    rounded: S = kept
    return rounded


def without_pixels(frame: CameraFrame) -> CameraFrame:
    """The same picture as its JPEG alone."""
    return type(frame)(frame.t_ns, _NO_PIXELS, frame.jpeg)


class _Encoded(CameraFrame):
    """A picture whose JPEG was made here."""

    __slots__ = ()


class _Rounded(AudioChunk):
    """Sound of 16 bits."""

    __slots__ = ()


def write_sample(sample: Sample, wall_ns: int) -> tuple[str, Data]:
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


def write_video(t_ns: int, data: bytes, wall_ns: int) -> tuple[str, Data]:
    """The topic and message of a picture that was made H.264."""
    # foxglove.CompressedVideo: timestamp 1, frame_id 2, data 3, format 4
    return VIDEO, (stamp(t_ns + wall_ns) + field(2, ENCODED_HERE.encode()) + head(3, data), data, field(4, b"h264"))


def report_topic(report: Report) -> str:
    """The topic of a report."""
    match report:
        case DriverState():
            return STATE + report.state
        case Alert():
            return ALERT
        case Event():
            return EVENT
        case Health():
            return HEALTH


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _write_picture(frame: CameraFrame, wall_ns: int) -> Data:
    if frame.jpeg is None:
        raise ValueError("a picture without its JPEG cannot be written")
    # foxglove.CompressedImage: timestamp 1, data 2, format 3, frame_id 4
    behind = _MADE_HERE if isinstance(frame, _Encoded) else _AS_GIVEN
    return stamp(frame.t_ns + wall_ns) + head(2, frame.jpeg), frame.jpeg, behind


def _write_sound(chunk: AudioChunk, wall_ns: int) -> bytes:
    scaled = chunk.samples * _FULL if isinstance(chunk, _Rounded) else _rounded(chunk.samples)
    pcm = scaled.astype("<i2").tobytes()
    # the schema's time is the first sample's, the log time the last one's
    first_ns = chunk.t_ns + wall_ns - len(chunk.samples) * NS_PER_S // chunk.rate_hz
    # foxglove.RawAudio: timestamp 1, data 2, format 3, and of four bytes each sample_rate 4, number_of_channels 5
    data = head(2, pcm) + pcm if pcm else b""
    return stamp(first_ns) + data + _PCM_S16 + struct.pack("<BIBI", 0x25, chunk.rate_hz, 0x2D, 1)


_MADE_HERE, _AS_GIVEN = (field(3, b"jpeg") + field(4, name.encode()) for name in (ENCODED_HERE, AS_GIVEN))
_PCM_S16 = field(3, b"pcm-s16")


_FULL = np.float32(32768)
_LOWEST, _HIGHEST, _NOTHING = np.float32(-32768), np.float32(32767), np.float32(0)


def _rounded(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The nearest values of 16 bits, as whole numbers; in place, since it happens in the live loop."""
    scaled = samples * _FULL
    np.rint(scaled, out=scaled)
    np.minimum(scaled, _HIGHEST, out=scaled)
    np.maximum(scaled, _LOWEST, out=scaled)
    scaled += _NOTHING  # -0 is not kept
    return scaled


# ---------------------------------------------------------------------------------------------------------------- read


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

    message = _camera_message(CompressedImage, data, "jpeg")
    return bytes(message.data), message.frame_id != AS_GIVEN


def picture_h264(data: bytes) -> bytes:
    """The H.264 of a message of the camera; what it shows hangs on the messages before it."""
    from foxglove_schemas_protobuf.CompressedVideo_pb2 import CompressedVideo

    return bytes(_camera_message(CompressedVideo, data, "h264").data)


def _camera_message(kind: Any, data: bytes, encoding: str) -> Any:  # the schemas' package ships no types
    from google.protobuf.message import DecodeError

    try:
        message = kind.FromString(data)
    except DecodeError as problem:
        raise ValueError("not a message of the camera") from problem
    if message.format != encoding:
        raise ValueError(f"a picture in {message.format[:20]!r}, not {encoding}")
    return message


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
    return AudioChunk(t_ns, np.frombuffer(message.data, "<i2").astype(np.float32) / _FULL, message.sample_rate)


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
