"""The person who asks: who they are, what they are enrolled in, their hours and their ledger."""

from typing import Annotated
from uuid import UUID

from ninja import Query, Router

from lms.accounts.queries import profile_of
from lms.api import shapes
from lms.api.authentication import PersonRequest
from lms.api.problems import not_found
from lms.api.responses import answers
from lms.enrollments.models import spoken
from lms.hours.models import Appeal, Entry
from lms.hours.queries.appeals import appeals_against, is_appealable
from lms.hours.queries.entries import PAGE_ROWS, entries_after
from lms.hours.queries.overview import EnrollmentHours, KindHours, ModuleProgress, hours_of

NUMBER_MAX = 2**63 - 1
PAGE_ROWS_MAX = 200

router = Router(tags=["me"])


@router.get("/me", response=answers(shapes.Me), summary="Who I am")
def me(request: PersonRequest) -> shapes.Me:
    profile = profile_of(request.auth)
    return shapes.Me(
        uuid=profile.uuid,
        real_name=profile.real_name,
        email=profile.email,
        phone=profile.phone,
        identity=profile.masked_identity,
        roles=[role.value for role in profile.roles],
    )


@router.get("/me/enrollments", response=answers(shapes.Enrollments), summary="My enrollments and their lessons")
def enrollments(request: PersonRequest) -> shapes.Enrollments:
    return shapes.Enrollments(enrollments=[_enrollment(each) for each in hours_of(request.auth)])


@router.get("/me/hours", response=answers(shapes.Hours, 404), summary="My hours by module and kind")
def hours(
    request: PersonRequest,
    enrollment: Annotated[UUID | None, Query(description="Only this one; without it all active enrollments.")] = None,
) -> shapes.Hours:
    """What is asked, confirmed and provisional, and what was refused with its codes."""
    mine = [each for each in hours_of(request.auth) if enrollment in (None, each.enrollment.uuid)]
    if enrollment is not None and not mine:
        raise not_found()
    return shapes.Hours(
        modules=[
            _module_hours(each.enrollment.uuid, module, kind)
            for each in mine
            for module in each.modules
            for kind in module.kinds
        ]
    )


@router.get("/me/entries", response=answers(shapes.Entries), summary="My ledger")
def entries(
    request: PersonRequest,
    after: Annotated[int, Query(ge=0, le=NUMBER_MAX, description="Only entries with a higher number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS,
) -> shapes.Entries:
    """Oldest first. Entries are never changed, so whoever remembers the last number gets only what is new."""
    found = entries_after(request.auth, after, limit + 1)
    page = found[:limit]
    voided = [each.pk for each in page if is_appealable(each)]
    made = {each.entry_id: each for each in appeals_against(request.auth, [], voided)} if voided else {}
    return shapes.Entries(
        entries=[_entry(each, made.get(each.pk)) for each in page],
        next_after=page[-1].number if len(found) > limit else None,
    )


def _enrollment(hours: EnrollmentHours) -> shapes.EnrollmentOut:
    training_class = hours.enrollment.training_class
    institution, version = training_class.institution, training_class.syllabus_version
    return shapes.EnrollmentOut(
        uuid=hours.enrollment.uuid,
        enrolled_at=hours.enrollment.enrolled_at,
        training_class=shapes.ClassOut(
            uuid=training_class.uuid,
            title=training_class.title,
            state=training_class.state,
            starts_on=training_class.starts_on,
            ends_on=training_class.ends_on,
        ),
        institution=shapes.Named(uuid=institution.uuid, name=spoken(institution.name_zh, institution.name_en)),
        syllabus=shapes.SyllabusOut(code=version.syllabus.code, name=version.syllabus.name, version=version.number),
        lessons=[lesson for module in hours.modules for lesson in _lessons(module)],
    )


def _lessons(module: ModuleProgress) -> list[shapes.PlannedLessonOut]:
    return [
        shapes.PlannedLessonOut(
            uuid=each.version.lesson.uuid,
            kind=each.version.lesson.kind,
            title=each.version.title,
            module=module.module.name,
            module_uuid=module.module.uuid,
            duration_ms=each.version.duration_ms,
            credited_ms=each.credited_ms,
        )
        for each in module.lessons
    ]


def _module_hours(enrollment: UUID, module: ModuleProgress, kind: KindHours) -> shapes.ModuleHoursOut:
    return shapes.ModuleHoursOut(
        enrollment=enrollment,
        module=module.module.name,
        module_uuid=module.module.uuid,
        kind=kind.kind,
        required_hours=float(kind.required_hours),
        minutes_per_hour=kind.minutes,
        confirmed_ms=kind.confirmed_ms,
        provisional_ms=kind.provisional_ms,
        refused=[shapes.RefusedOut(code=code, ms=ms) for code, ms in sorted(kind.refused.items())],
    )


def _entry(entry: Entry, appeal: Appeal | None) -> shapes.EntryOut:
    version = entry.lesson_version
    return shapes.EntryOut(
        number=entry.number,
        uuid=entry.uuid,
        sort=entry.sort,
        enrollment=entry.enrollment.uuid,
        module=entry.module.name,
        module_uuid=entry.module.uuid,
        kind=entry.kind,
        lesson=version.lesson.uuid if version else None,
        title=version.title if version else None,
        from_at=entry.from_at,
        to_at=entry.to_at,
        media_from_ms=entry.media_from_ms,
        media_to_ms=entry.media_to_ms,
        ms=entry.ms,
        provisional_delta_ms=entry.provisional_delta_ms,
        confirmed_delta_ms=entry.confirmed_delta_ms,
        provisional_after_ms=entry.provisional_after_ms,
        confirmed_after_ms=entry.confirmed_after_ms,
        reason=entry.reason,
        posted_at=entry.posted_at,
        appealable=is_appealable(entry) and appeal is None,
        appeal=appeal.uuid if appeal else None,
    )
