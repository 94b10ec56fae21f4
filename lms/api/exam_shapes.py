"""What the API gives about exams: sittings, whether one may register, seats and waiting places."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from lms.api.problems import Problem
from lms.api.shapes import Address, Kind, words
from lms.exams.texts import Reason

SittingState = Annotated[str, words("open", "full", "closed", "registered", "waiting", "cancelled")]
RegistrationState = Annotated[str, words("booked", "cancelled", "withdrawn")]
PlaceState = Annotated[str, words("waiting", "seated", "left", "refused")]


class SyllabusName(Schema):
    code: str
    name: str


class SiteOut(Schema):
    uuid: UUID
    name: str
    address: str


class RoomOut(Schema):
    uuid: UUID
    name: str


class SittingOut(Schema):
    """One scheduled exam. Registration is open in [opens_at, closes_at); `state` is how it stands for the asker.

    `left` counts no seat that is promised to one of the `waiting`; `place` is the asker's own on the waiting list.
    """

    uuid: UUID
    title: str
    syllabus: SyllabusName
    site: SiteOut
    room: RoomOut
    starts_at: datetime
    minutes: int
    opens_at: datetime
    closes_at: datetime
    capacity: int
    left: int
    waiting: int
    state: SittingState
    registration: UUID | None
    place: UUID | None


class Sittings(Schema):
    """Sittings still to come, soonest first."""

    sittings: list[SittingOut]


class NextStep(Schema):
    text: str
    url: Address


class RequirementOut(Schema):
    """One unmet requirement. `required`, `actual` and `missing` are class hours where hours are missing, else null."""

    code: str
    text: str
    required: float | None
    actual: float | None
    missing: float | None
    module: str | None
    module_uuid: UUID | None
    kind: Kind | None


class UnmetOut(RequirementOut):
    """One reason against, with what to do about it."""

    next: NextStep | None


def facts_of(reason: Reason) -> dict[str, Any]:
    """The fields of a RequirementOut."""
    same = ("code", "text", "required", "actual", "missing", "kind")
    return {
        **{name: reason[name] for name in same},  # type: ignore[literal-required]
        "module": reason["module_name"] or None,
        "module_uuid": UUID(reason["module"]) if reason["module"] else None,
    }


class EligibilityOut(Schema):
    """A verdict as of a moment. Nothing was booked upon it: registering judges anew."""

    eligible: bool
    unmet: list[UnmetOut]
    rule_version: str
    as_of: datetime


class NotEligible(Problem):
    """The refusal of a registration; `unmet` only with the code not_eligible."""

    unmet: list[UnmetOut] | None = None
    rule_version: str | None = None
    as_of: datetime | None = None


class NewRegistration(Schema):
    """`uuid` is made by the client: sent again with it, a request whose answer was lost books nothing twice."""

    model_config = ConfigDict(extra="forbid")

    uuid: UUID | None = Field(default=None)


class Change(Schema):
    """The sitting wanted instead; `uuid` is made by the client, as for a new registration."""

    model_config = ConfigDict(extra="forbid")

    sitting: UUID
    uuid: UUID | None = Field(default=None)


class RegistrationOut(Schema):
    """A seat in a sitting; `instead_of` is the seat that was given up for it.

    One that was cancelled, or withdrawn because what it rested on is no longer there, is free for others; the
    eligibility of the sitting tells what is missing.
    """

    uuid: UUID
    sitting: UUID
    title: str
    starts_at: datetime
    room: RoomOut
    seat: int
    state: RegistrationState
    booked_at: datetime
    cancelled_at: datetime | None
    withdrawn_at: datetime | None
    instead_of: UUID | None


class Registrations(Schema):
    """Booked seats, the soonest exam first."""

    registrations: list[RegistrationOut]


class NewPlace(Schema):
    """`uuid` is made by the client: sent again with it, a request whose answer was lost gives the same place."""

    model_config = ConfigDict(extra="forbid")

    uuid: UUID | None = Field(default=None)


class PlaceOut(Schema):
    """A place on the waiting list of a full sitting. `ahead` is how many came before; null once the waiting is over."""

    uuid: UUID
    sitting: UUID
    title: str
    starts_at: datetime
    state: PlaceState
    ahead: int | None
    joined_at: datetime
    ended_at: datetime | None


class Places(Schema):
    """Where a seat may still come free for the asker, the soonest exam first."""

    places: list[PlaceOut]
