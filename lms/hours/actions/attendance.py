"""How attended time becomes entries of the ledger, for both ways that lead there: signed by code, or decided.

No action here takes a person: whoever calls has seen who may, and holds the lock of the learner's clock.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from lms.accounts.models import User
from lms.enrollments.models import ClassState, Module, Requirement, TrainingClass
from lms.hours.actions.posting import Account, TimeTaken, post_held
from lms.hours.models import Entry, EntrySort
from lms.hours.models.attendance import HELD
from lms.hours.queries.clocks import ms_of, today
from lms.hours.rules.attendance import span_problem


class AttendanceRefused(ValueError):
    """An attendance that was not written. `field` names what is wrong; `code` why."""

    def __init__(self, field: str, code: str, detail: str, learner: User | None = None) -> None:
        super().__init__(detail)
        self.field = field
        self.code = code
        self.detail = detail
        self.learner = learner


def check_hours(training_class: TrainingClass, module: Module, kind: str, from_at: datetime, to_at: datetime) -> None:
    """May the class have such hours in [from_at, to_at)?

    Raises AttendanceRefused: not_accepted, span (empty or over 12 hours), outside_class, kind (not asked in this
    module, or online).
    """
    if training_class.state != ClassState.ACCEPTED:
        raise AttendanceRefused("class", "not_accepted", "Nothing counts for a class that was not accepted.")
    if span_problem((ms_of(from_at), ms_of(to_at))):
        raise AttendanceRefused("ends", "span", "It ends after it begins, and lasts at most 12 hours.")
    if not training_class.starts_on <= today(from_at).date <= today(to_at).date <= training_class.ends_on:
        raise AttendanceRefused("date", "outside_class", "The day lies outside the dates of the class.")
    asked = Requirement.objects.filter(
        module=module, kind=kind, module__syllabus_version_id=training_class.syllabus_version_id
    )
    if kind not in HELD or not asked.exists():
        raise AttendanceRefused("kind", "kind", "This module asks no such hours.")


def post_attendance(
    account: Account, *, uuid: UUID, from_at: datetime, to_at: datetime, at: datetime, **names: Any
) -> Entry:
    """Post [from_at, to_at) as confirmed hours and take that time of the clock.

    What is open on the clock was posted before, so that PostgreSQL sees it: an overlap raises AttendanceRefused.
    """
    times = {"from_at": from_at, "to_at": to_at, "at": at}
    try:
        return post_held(account, sort=EntrySort.ATTENDANCE, uuid=uuid, **times, **names)
    except TimeTaken:
        learner = account.enrollment.learner
        raise AttendanceRefused("from", "overlap", "The learner already has hours then.", learner) from None
