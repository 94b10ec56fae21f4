"""What the API gives about people, hours and lessons. Milliseconds, UTC, and class hours as JSON numbers.

Fields are only ever added here; a client must bear fields that it does not know.
"""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import WithJsonSchema


def words(*known: str) -> Any:
    """Says in the schema which words a text is; a word added to a model one day must not turn answers into crashes."""
    return WithJsonSchema({"type": "string", "enum": list(known)})


Ms = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0})]
"""Milliseconds that cannot be negative. Only told, never refused: nothing of an answer may crash it."""
Span = Annotated[
    tuple[int, int],
    WithJsonSchema({"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2}),
]
Address = Annotated[str, WithJsonSchema({"type": "string", "format": "uri-reference"})]

Kind = Annotated[str, words("online", "classroom", "workshop")]
LessonKind = Annotated[str, words("video", "reading")]
ClassState = Annotated[str, words("planned", "reported", "accepted", "returned", "ended")]
EntrySort = Annotated[str, words("credit", "confirm", "void", "attendance", "claim", "correction")]


class Me(Schema):
    """The person who asks. `identity` is the identity number with most places hidden."""

    uuid: UUID
    real_name: str
    email: Annotated[str, WithJsonSchema({"type": "string", "format": "email"})] | None
    phone: str | None
    identity: str | None
    roles: list[str]


class Named(Schema):
    uuid: UUID
    name: str


class SyllabusOut(Schema):
    code: str
    name: str
    version: int


class ClassOut(Schema):
    """A class; its first and last day in the installation's zone."""

    uuid: UUID
    title: str
    state: ClassState
    starts_on: date
    ends_on: date


class PlannedLessonOut(Schema):
    uuid: UUID
    kind: LessonKind
    title: str
    module: str
    module_uuid: UUID
    duration_ms: Ms
    credited_ms: Ms


class EnrollmentOut(Schema):
    uuid: UUID
    enrolled_at: datetime
    training_class: ClassOut
    institution: Named
    syllabus: SyllabusOut
    lessons: list[PlannedLessonOut]


class Enrollments(Schema):
    """Active enrollments, earliest first."""

    enrollments: list[EnrollmentOut]


class RefusedOut(Schema):
    code: str
    ms: Ms


class ModuleHoursOut(Schema):
    """One kind of hours of one module. `minutes_per_hour` is how long a class hour of this kind lasts."""

    enrollment: UUID
    module: str
    module_uuid: UUID
    kind: Kind
    required_hours: float
    minutes_per_hour: int
    confirmed_ms: Ms
    provisional_ms: Ms
    refused: list[RefusedOut]


class Hours(Schema):
    modules: list[ModuleHoursOut]


class EntryOut(Schema):
    """One line of the ledger. `*_delta_ms` is what it changed, `*_after_ms` the hours of its module afterwards.

    An entry that took time back is `appealable` until `appeal` names the appeal made against it.
    """

    number: int
    uuid: UUID
    sort: EntrySort
    enrollment: UUID
    module: str
    module_uuid: UUID
    kind: Kind
    lesson: UUID | None
    title: str | None
    from_at: datetime | None
    to_at: datetime | None
    media_from_ms: Ms | None
    media_to_ms: Ms | None
    ms: Ms
    provisional_delta_ms: int
    confirmed_delta_ms: int
    provisional_after_ms: Ms
    confirmed_after_ms: Ms
    reason: str
    posted_at: datetime
    appealable: bool
    appeal: UUID | None


class Entries(Schema):
    """A page of the ledger, oldest first. `next_after` is the `after` of the next page, null on the last."""

    entries: list[EntryOut]
    next_after: int | None


class SectionOut(Schema):
    """A chapter of a video."""

    title: str
    from_ms: Ms
    to_ms: Ms


class ReadingSectionOut(SectionOut):
    """A section of a reading with its text."""

    html: str


class CaptionsOut(Schema):
    """Captions of a video as WebVTT. `language` is a tag such as zh-Hans, `name` what its readers call it."""

    language: str
    name: str
    url: Address


class LessonOut(Schema):
    """A lesson as the learner's class holds it. `playlist` is the address of the HLS playlist on this host, `captions`
    what can be shown with it now, the reader's language first.
    """

    uuid: UUID
    kind: LessonKind
    title: str
    duration_ms: Ms
    playlist: Address | None
    captions: list[CaptionsOut]
    sections: list[ReadingSectionOut | SectionOut]


class Coverage(Schema):
    """What was seen of a lesson, sorted disjoint [from, to) in milliseconds, to the last accepted beat."""

    lesson: UUID
    duration_ms: Ms
    covered: list[Span]
    covered_ms: Ms
    credited_ms: Ms
