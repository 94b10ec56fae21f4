"""Classroom and workshop hours of a class, entered by staff of its institution into the same ledger."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from lms.accounts.models import User
from lms.audit.actions import record
from lms.enrollments.models import ClassState, Enrollment, Kind, Module, Requirement
from lms.hours.actions.posting import Account, post, post_open_stretch
from lms.hours.models import Entry, EntrySort, StudyClock
from lms.hours.queries.clocks import lock_clock, today
from lms.institutions.queries import staffs

SPAN_MAX = timedelta(hours=12)
"""Nobody teaches one group for longer in one go; a longer span is a slip of the pen."""


class AttendanceRefused(Exception):
    """An attendance that was not entered. `field` names what is wrong; `code` why."""

    def __init__(self, field: str, code: str, detail: str, learner: User | None = None) -> None:
        super().__init__(detail)
        self.field = field
        self.code = code
        self.detail = detail
        self.learner = learner


@transaction.atomic
def enter_attendance_of_class(
    *,
    by: User,
    at: datetime,
    learners: list[tuple[UUID, Enrollment]],
    module: Module,
    kind: str,
    from_at: datetime,
    to_at: datetime,
) -> int:
    """Enter the same span for several learners of a class, given as (entry id, enrollment): all or none.

    Locks are taken in the order of learners, so that two forms at once cannot block each other. Raises
    AttendanceRefused with the learner it failed for.
    """
    for uuid, enrollment in sorted(learners, key=lambda each: each[1].learner_id):
        enter_attendance(
            by=by, at=at, uuid=uuid, enrollment=enrollment, module=module, kind=kind, from_at=from_at, to_at=to_at
        )
    return len(learners)


def enter_attendance(
    *,
    by: User,
    at: datetime,
    uuid: UUID,
    enrollment: Enrollment,
    module: Module,
    kind: str,
    from_at: datetime,
    to_at: datetime,
) -> Entry:
    """Post [from_at, to_at) as confirmed hours of a learner. The same `uuid` again gives the same entry.

    Raises AttendanceRefused: not_staff (only staff of the class' institution), not_accepted, outside_class, future,
    span (empty or over 12 hours), kind (not asked in this module, or online), overlap (the learner's time is
    already taken, by whatever kind of hour).
    """
    training_class = enrollment.training_class
    if not staffs(by, training_class.institution):
        raise AttendanceRefused("class", "not_staff", "Only staff of the class' institution enter its attendance.")
    _check(enrollment, module, kind, from_at, to_at, at)
    with transaction.atomic():
        row = lock_clock(enrollment.learner_id)
        known = Entry.objects.filter(uuid=uuid).first()
        if known is not None:
            if known.enrollment_id != enrollment.pk:
                raise AttendanceRefused("uuid", "uuid", "This id was used for another attendance.")
            return known
        post_open_stretch(row, at=at)
        entry = _post(uuid, Account(enrollment.learner_id, enrollment, module, kind), from_at, to_at, by, at)
        StudyClock.objects.filter(pk=row.pk, busy_until__lt=to_at).update(busy_until=to_at)
        StudyClock.objects.filter(pk=row.pk, busy_until__isnull=True).update(busy_until=to_at)
        record(
            verb="attendance.entered",
            subject=entry,
            by=by,
            at=at,
            detail={"enrollment": str(enrollment.uuid), "module": str(module.uuid), "kind": kind, "ms": entry.ms},
        )
        return entry


def _check(enrollment: Enrollment, module: Module, kind: str, from_at: datetime, to_at: datetime, at: datetime) -> None:
    training_class = enrollment.training_class
    if training_class.state != ClassState.ACCEPTED:
        raise AttendanceRefused("class", "not_accepted", "Nothing counts for a class that was not accepted.")
    if not from_at < to_at <= from_at + SPAN_MAX:
        raise AttendanceRefused("to", "span", "It ends after it begins, and lasts at most 12 hours.")
    if to_at > at:
        raise AttendanceRefused("to", "future", "Hours are entered after they were held.")
    if not training_class.starts_on <= today(from_at).date <= today(to_at).date <= training_class.ends_on:
        raise AttendanceRefused("date", "outside_class", "The day lies outside the dates of the class.")
    asked = Requirement.objects.filter(
        module=module, kind=kind, module__syllabus_version_id=training_class.syllabus_version_id
    )
    if kind not in (Kind.CLASSROOM, Kind.WORKSHOP) or not asked.exists():
        raise AttendanceRefused("kind", "kind", "This module asks no such hours.")


def _post(uuid: UUID, account: Account, from_at: datetime, to_at: datetime, by: User, at: datetime) -> Entry:
    ms = (to_at - from_at) // timedelta(milliseconds=1)
    try:
        with transaction.atomic():
            return post(
                account,
                sort=EntrySort.ATTENDANCE,
                ms=ms,
                provisional_ms=0,
                confirmed_ms=ms,
                at=at,
                uuid=uuid,
                from_at=from_at,
                to_at=to_at,
                posted_by=by,
            )
    except IntegrityError as error:
        if "no_overlap_of_credited_time" in str(error):
            raise AttendanceRefused(
                "from", "overlap", "The learner already has hours in this time.", account.enrollment.learner
            ) from None
        raise
