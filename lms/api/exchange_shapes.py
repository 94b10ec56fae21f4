"""What exam systems read: changes of confirmed hours, verdicts, and the signed form of a verdict."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field, WithJsonSchema

from lms.api.exam_shapes import RequirementOut
from lms.api.shapes import EntrySort, Kind, Ms

JWS = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"
"""Three base64url parts, joined by dots."""

Seat = Literal["booked", "cancelled", "withdrawn"]


class ChangeOut(Schema):
    """One entry of the ledger that changed confirmed hours of one person, module and kind.

    `delta_ms` is what it changed, negative when hours were taken back; `confirmed_ms` and `confirmed_hours` are all
    that is confirmed there since. Whoever keeps the latest change of each `enrollment`, `module_uuid` and `kind` keeps
    the hours.
    """

    uuid: UUID = Field(description="The entry of the ledger; the same in every answer.")
    posted_at: datetime
    person: UUID = Field(description="A pseudonym: the same person here always has the same.")
    identity: str | None = Field(description="The identity number with most places hidden.")
    enrollment: UUID
    training_class: UUID
    module: str
    module_uuid: UUID
    kind: Kind
    sort: EntrySort
    delta_ms: int
    confirmed_ms: Ms
    confirmed_hours: float = Field(description="Class hours, rounded down to two places.")


class Changes(Schema):
    """A page of the feed, oldest first. Go on with `since=next`: at once when `has_more`, else after a while.

    `next` moves on even when a page holds nothing: what others may see was passed over.
    """

    changes: list[ChangeOut]
    next: str = Field(description="Opaque; keep it with what was read.")
    has_more: bool


class StandingOut(Schema):
    """How a person stands before a sitting, by the rule that books seats.

    `eligible` answers whether a registration would be accepted now. `requirements_met` leaves out what is only about
    booking (already_registered, full, registration_not_open, registration_closed): for whoever has a seat already
    (`registered`) it says whether they may sit the exam. `seat` tells what became of the last one.
    """

    sitting: UUID
    person: UUID
    identity: str | None = Field(description="The identity number with most places hidden.")
    enrollment: UUID | None = Field(description="The one that was judged; null without any.")
    eligible: bool
    requirements_met: bool
    registered: bool
    seat: Seat | None = Field(description="Null: they never had one there.")
    unmet: list[RequirementOut]
    rule_version: str
    as_of: datetime


class StandingsOut(Schema):
    """One person, a page of a class in the order of enrolling, or a page of what changed since a cursor.

    `next_after` is null on the last page of a class. What changed has a `next`, as the feed of hours has; each person
    stands there once for each sitting.
    """

    sitting: UUID | None = Field(description="The same for all; null for what changed.")
    standings: list[StandingOut]
    next_after: UUID | None = Field(description="For a class: the `after` of the next page.")
    next: str | None = Field(description="For what changed: the `since` of the next page; keep it with what was read.")
    has_more: bool


class AttestationOut(Schema):
    """`attestation` is a JWS in compact form (EdDSA, Ed25519); its keys are at /.well-known/jwks.json.

    Its header has `kid` and `typ` xueshi-attestation+jwt; its claims are iss, aud (this client), sub (the person), iat,
    exp, jti, sitting, enrollment, eligible, requirements_met, registered, unmet (codes), rule_version, inputs_digest
    and hours (module, kind, confirmed_ms, confirmed_hours, required_hours).
    """

    attestation: Annotated[str, WithJsonSchema({"type": "string", "pattern": JWS})]
    expires_at: datetime
