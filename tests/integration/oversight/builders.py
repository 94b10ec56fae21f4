"""Classes full of people, and a replay of the ledger that knows nothing of how the worker counts."""

import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import async_to_sync

from lms.accounts.models import Role, RoleGrant, User
from lms.enrollments.models import ClassState, Enrollment, TrainingClass
from lms.hours.actions.attendance_proposals import propose_attendance
from lms.hours.models import Entry, ModuleHours, Refusal
from lms.institutions.models import Institution
from lms.oversight.models import ClassDay, InstitutionDay
from tests.integration.hours.classroom import decided as decided_attendance
from tests.integration.hours.judges import LATER, Court
from tests.world import NOON, World

SHANGHAI = ZoneInfo("Asia/Shanghai")


def add_learners(training_class: TrainingClass, names: Iterable[str]) -> list[Enrollment]:
    found = []
    for name in names:
        person = User.objects.create_user(email=f"{uuid.uuid4().hex}@example.test", password=None, real_name=name)
        RoleGrant.objects.create(person=person, role=Role.LEARNER, granted_at=NOON)
        found.append(Enrollment.objects.create(learner=person, training_class=training_class, enrolled_at=NOON))
    return found


def add_class(world: World, title: str, institution: Institution | None = None, **fields: object) -> TrainingClass:
    """Accepted and running like the one of the world, unless `fields` say otherwise."""
    first = world.training_class
    return TrainingClass.objects.create(
        **{
            "institution": institution or first.institution,
            "syllabus_version": first.syllabus_version,
            "title": title,
            "starts_on": first.starts_on,
            "ends_on": first.ends_on,
            "state": ClassState.ACCEPTED,
            "reported_at": first.reported_at,
            "reported_by": world.bob,
            "decided_at": first.decided_at,
            "decided_by": world.charlie,
            **fields,
        }
    )


def day_of(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


def replayed_days(training_class: TrainingClass) -> dict[tuple[date, str], tuple[int, int]]:
    """(confirmed, refused) by day and kind, from every entry and refusal of the class."""
    confirmed: Counter[tuple[date, str]] = Counter()
    refused: Counter[tuple[date, str]] = Counter()
    for entry in Entry.objects.filter(enrollment__training_class=training_class):
        confirmed[day_of(entry.from_at or entry.posted_at), entry.kind] += entry.confirmed_delta_ms
    for refusal in Refusal.objects.filter(enrollment__training_class=training_class):
        refused[day_of(refusal.from_at), "online"] += refusal.ms
    keys = {key for key in {*confirmed, *refused} if confirmed[key] or refused[key]}
    return {key: (confirmed[key], refused[key]) for key in keys}


def kept_days(place: TrainingClass | Institution) -> dict[tuple[date, str], tuple[int, int]]:
    """What the worker keeps of a class or an institution."""
    kept = {"training_class": ClassDay} if isinstance(place, TrainingClass) else {"institution": InstitutionDay}
    rows = [row for name, model in kept.items() for row in model.objects.filter(**{name: place})]
    return {(row.day, row.kind): (row.confirmed_ms, row.refused_ms) for row in rows}


def give_hours(
    enrollment: Enrollment,
    world: World,
    *,
    online_ms: int = 0,
    workshop_ms: int = 0,
    refused: dict[str, int] | None = None,
) -> None:
    """Totals without their entries and refusals, for pages that only read totals."""
    own = {"learner": enrollment.learner, "enrollment": enrollment}
    ModuleHours.objects.create(**own, module=world.theory, kind="online", confirmed_ms=online_ms, refused=refused or {})
    ModuleHours.objects.create(**own, module=world.practice, kind="workshop", confirmed_ms=workshop_ms)


def attend(court: Court, enrollment: Enrollment, minutes: int, at: datetime = LATER) -> None:
    """Hours in the workshop, proposed by Bob and accepted by somebody from outside."""
    proposal = propose_attendance(
        by=court.world.bob,
        at=at,
        uuid=uuid.uuid4(),
        training_class=enrollment.training_class,
        module=court.world.practice,
        kind="workshop",
        from_at=at - timedelta(minutes=minutes),
        to_at=at,
        enrollments=[enrollment],
        reason="当天停电，没有扫码",
    )
    decided_attendance(proposal, at=at)


def body_of(answer: Any) -> bytes:
    """The whole of an answer, also of one that is sent in pieces."""

    async def whole() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(whole)() if answer.streaming else answer.content
