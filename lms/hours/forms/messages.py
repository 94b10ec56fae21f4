"""Study protocol v1, client to server: one strict schema per message; what it refuses names the field.

Sizes and ranges are bounded here, so that nothing behind this module meets a value it cannot hold. The wire format
is public: docs/protocol.md.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from lms.hours.rules.values import Beat

FRAME_BYTES_MAX = 4_096
"""A frame of the protocol; the largest honest message has about 250 bytes."""

POSITION_MS_MAX = 7 * 24 * 3_600_000
"""No lesson is a week long."""

SEQ_MAX = 2**53 - 1
"""The largest number that every client's JSON can hold exactly."""

Position = Annotated[int, Field(strict=True, ge=0, le=POSITION_MS_MAX)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Open(_Message):
    type: Literal["open"]
    session: UUID
    lesson: UUID
    device: Annotated[str, Field(strict=True, min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
    takeover: Annotated[bool, Field(strict=True)] = False


class BeatMessage(_Message):
    type: Literal["beat"]
    seq: Annotated[int, Field(strict=True, ge=1, le=SEQ_MAX)]
    event: Literal["play", "tick", "pause", "seek", "end"]
    position_ms: Position
    from_ms: Position | None = None
    playing: Annotated[bool, Field(strict=True)]
    visible: Annotated[bool, Field(strict=True)]

    def beat(self) -> Beat:
        """The rule's value of this message."""
        return Beat(self.seq, self.event, self.position_ms, self.playing, self.visible, self.from_ms)


class Answer(_Message):
    type: Literal["answer"]
    check: UUID
    choice: Annotated[int, Field(strict=True, ge=0, le=99)]


class Close(_Message):
    type: Literal["close"]


Message = Open | BeatMessage | Answer | Close
_messages: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


class MessageRefused(Exception):
    """A frame that is no message. `code` is bad_message or too_large; `seq` is the frame's, where it had a sane one."""

    def __init__(self, code: str, detail: str, seq: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.seq = seq


def parse_frame(frame: str | bytes) -> Message:
    """The message in a frame. Raises MessageRefused: over 4 KiB, no JSON, NaN, unknown or ill-typed fields."""
    data = frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame
    if len(data) > FRAME_BYTES_MAX:
        raise MessageRefused("too_large", f"The message has {len(data)} bytes; at most {FRAME_BYTES_MAX} are allowed.")
    try:
        return _messages.validate_json(data)
    except ValidationError:
        pass  # what is wrong with it is told by the way below
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise MessageRefused("bad_message", f"Not a JSON message: {error}") from None
    return parse_value(value)


def parse_value(value: Any) -> Message:
    """The message in a decoded JSON value. Raises MessageRefused."""
    try:
        return _messages.validate_json(orjson.dumps(value))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise MessageRefused("bad_message", f"{where}: {first['msg']}", _seq_of(value)) from None
    except (TypeError, orjson.JSONEncodeError) as error:
        raise MessageRefused("bad_message", str(error)) from None


def _seq_of(value: Any) -> int | None:
    seq = value.get("seq") if isinstance(value, dict) else None
    return seq if isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq <= SEQ_MAX else None
