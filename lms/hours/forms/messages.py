"""Study protocol v1, client to server: one strict schema per message; what it refuses names the field.

Sizes and ranges are bounded here, so that nothing behind this module meets a value it cannot hold. The wire format
is public: docs/protocol.md.
"""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import orjson
from msgspec import Meta, Struct

from lms.hours.rules.values import Event

FRAME_BYTES_MAX = 4_096
"""A frame of the protocol; the largest honest message has about 250 bytes."""

POSITION_MS_MAX = 7 * 24 * 3_600_000
"""No lesson is a week long."""

SEQ_MAX = 2**53 - 1
"""The largest number that every client's JSON can hold exactly."""

Position = Annotated[int, Meta(ge=0, le=POSITION_MS_MAX)]

# Python's "$" would let a line feed follow.
Device = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$(?!\n)")]


class Open(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="open"):
    session: UUID
    lesson: UUID
    device: Device
    takeover: bool = False


# What the rules call `Said`. No docstring: it would stand in the public description of the API.
class BeatMessage(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="beat"):
    seq: Annotated[int, Meta(ge=1, le=SEQ_MAX)]
    event: Event
    position_ms: Position
    playing: bool
    visible: bool
    from_ms: Position | None = None


class Answer(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="answer"):
    check: UUID
    choice: Annotated[int, Meta(ge=0, le=99)]


class Close(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="close"):
    pass


Message = Open | BeatMessage | Answer | Close
_messages = msgspec.json.Decoder(Message)


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
        message: Message = _messages.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MessageRefused("bad_message", str(error), _seq_in(data)) from None
    return message


def _seq_in(data: bytes) -> int | None:
    try:
        value: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    seq = value.get("seq") if isinstance(value, dict) else None
    return seq if isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq <= SEQ_MAX else None
