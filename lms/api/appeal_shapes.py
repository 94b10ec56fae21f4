"""What the API gives and takes about refused time and appeals against it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, StrictInt

from lms.api.shapes import Ms, words
from lms.hours.rules.appeals import TEXT_MAX

ID_MAX = 2**63 - 1

SAYS_SOMETHING = r"^[^\x00]*[^\s\x00\x1c-\x1f\x85][^\x00]*$"
"""What `str.strip` leaves something of."""

AppealState = Annotated[str, words("open", "proposed", "accepted", "rejected")]
Verdict = Annotated[str, words("accept", "reject")]


class RefusalOut(Schema):
    """Time that was claimed and not credited. `appeal` is the appeal made against it.

    With an `entry` the time had been credited and was taken back: then appeal against that entry.
    """

    id: int
    code: str
    text: str
    ms: Ms
    from_at: datetime
    to_at: datetime
    enrollment: UUID
    module: str
    module_uuid: UUID
    lesson: UUID
    title: str
    appealable: bool
    appeal: UUID | None
    entry: UUID | None


class Refusals(Schema):
    """A page of refusals, newest first. `next_before` is the `before` of the next page, null on the last."""

    refusals: list[RefusalOut]
    next_before: int | None


def _against(one: str) -> dict[str, Any]:
    """This one is given and the other is not."""
    other = {"refusal": "entry", "entry": "refusal"}[one]
    return {"required": [one], "properties": {one: {"not": {"type": "null"}}, other: {"type": "null"}}}


def _whole(value: Any) -> Any:
    """7.0 is a whole number to JSON and to the description; "7" and true are none."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class NewAppeal(Schema):
    """An appeal against one thing: a refusal, or an entry that took time back. The client makes `uuid`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"oneOf": [_against("refusal"), _against("entry")]})

    uuid: UUID
    # PostgreSQL keeps no NUL. That it says something is judged behind this, with words of its own; clients are told.
    text: str = Field(
        min_length=1, max_length=TEXT_MAX, pattern=r"^[^\x00]*$", json_schema_extra={"pattern": SAYS_SOMETHING}
    )
    refusal: Annotated[StrictInt, Field(ge=1, le=ID_MAX), BeforeValidator(_whole)] | None = None
    entry: UUID | None = None


class ProposalOut(Schema):
    """What the institution proposes: with the verdict accept, to count `ms` of [from_at, to_at)."""

    verdict: Verdict
    ms: Ms
    from_at: datetime | None
    to_at: datetime | None
    reason: str
    by: str
    at: datetime


class DecisionOut(Schema):
    """What somebody outside the institution decided. `entry` is the number of the correction in the ledger."""

    reason: str
    by: str
    at: datetime
    entry: int | None


class AppealOut(Schema):
    """An appeal and how far it is. `code` is the refusal's, or `voided` for time that was taken back.

    Hours of a classroom or a workshop have no `lesson`; `title` is then the kind of hour.
    `returned_reason` says why the institution was asked again; until it answers, `proposal` is the former one.
    """

    uuid: UUID
    state: AppealState
    refusal: int | None
    entry: UUID | None
    code: str
    ms: Ms
    lesson: UUID | None
    title: str
    module: str
    module_uuid: UUID
    text: str
    appealed_at: datetime
    proposal: ProposalOut | None
    returned_reason: str
    decision: DecisionOut | None


class Appeals(Schema):
    """The newest appeals of the person who asks, newest first."""

    appeals: list[AppealOut]
