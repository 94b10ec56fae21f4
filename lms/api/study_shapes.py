"""What is sent to study and what comes back, as the description tells it: protocol version 1 (docs/protocol.md).

Only told: messages are read and answers are written below (lms.hours.forms), for the socket and for HTTP alike.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field, WithJsonSchema

from lms.api.shapes import Ms, Span, words
from lms.hours.forms.messages import Answer, BeatMessage, Close, Open

State = Annotated[str, words("counting", "paused", "hidden", "capped", "check")]
Seq = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0})]


class Opened(BaseModel):
    """The session is open; studying goes on at `resume_ms`."""

    type: Literal["opened"]
    session: UUID
    lesson: UUID
    duration_ms: Ms
    covered: list[Span]
    beat_every_ms: Ms
    last_seq: Seq
    resume_ms: Ms
    credited_ms: Ms
    day_left_ms: Ms


class RefusedPart(BaseModel):
    """Time of a beat that was not counted, and why."""

    ms: Ms
    code: str


class Ack(BaseModel):
    """A beat was taken in; `credited_ms` is what it earned."""

    type: Literal["ack"]
    seq: Seq
    credited_ms: Ms
    lesson_ms: Ms
    provisional_ms: Ms
    day_left_ms: Ms
    refused: list[RefusedPart]
    state: State


class Check(BaseModel):
    """A presence check to be answered within `within_ms`."""

    type: Literal["check"]
    check: UUID
    prompt: str
    options: list[str] = Field(min_length=2)
    within_ms: Ms


class Checked(BaseModel):
    """How a presence check was judged."""

    type: Literal["checked"]
    check: UUID
    passed: bool
    confirmed_ms: Ms
    voided_ms: Ms


class Superseded(BaseModel):
    """Another device took over."""

    type: Literal["superseded"]


class Refused(BaseModel):
    """A message that changed nothing."""

    type: Literal["error"]
    code: str
    detail: str
    seq: Seq | None = None


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """Where messages stand in the description there is no place for what they share."""
    shared = schema.pop("$defs", {})

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            named = value.get("$ref", "").rpartition("/")[2]
            return without(shared[named]) if named else {key: without(one) for key, one in value.items()}
        return [without(one) for one in value] if isinstance(value, list) else value

    found: dict[str, Any] = without(schema)
    return found


NO_MESSAGE: dict[str, Any] = {
    "title": "NoMessage",
    "description": "Anything else is answered with an error of the code bad_message; the others of the list count.",
}

MESSAGES = (Open, BeatMessage, Answer, Close)
ANSWERS = (Opened, Ack, Check, Checked, Superseded, Refused)

StudyMessage = Annotated[
    Any, WithJsonSchema({"anyOf": [*(_whole(msgspec.json.schema(each)) for each in MESSAGES), NO_MESSAGE]})
]
StudyAnswer = Annotated[
    dict[str, Any], WithJsonSchema({"oneOf": [_whole(each.model_json_schema()) for each in ANSWERS]})
]
