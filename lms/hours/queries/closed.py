"""Who holds a lease on a lesson that may not be studied any more: withdrawn, its class over, the learner out of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.db.models.expressions import RawSQL

from courses.models import Lesson
from lms.accounts.models import User
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, TrainingClass
from lms.hours.models import StudyClock
from lms.hours.queries.clocks import today
from lms.hours.queries.line import ids_of


@dataclass(frozen=True, slots=True)
class Closed:
    """What was closed, so that only its learners are looked at; nothing given: everybody."""

    lesson: Lesson | None = None
    training_class: TrainingClass | None = None
    enrollment: Enrollment | None = None
    learner: User | None = None


def learners_on_closed_lessons(at: datetime, closed: Closed, limit: int) -> list[int]:
    """Ids of learners whose lease is on a lesson that is closed to them; `study_place` has the last word on each."""
    asked = {
        "session__class_lesson__lesson_version__lesson": closed.lesson,
        "session__enrollment__training_class": closed.training_class,
        "session__enrollment": closed.enrollment,
        "learner": closed.learner,
    }
    leases = StudyClock.objects.filter(session__isnull=False, **{key: row for key, row in asked.items() if row})
    return list(leases.filter(_closed_at(at)).values_list("pk", flat=True)[:limit])


def closed_among(learner_ids: Collection[int], at: datetime) -> list[int]:
    """Those of the learners whose lease is on a lesson that is closed to them; one statement for thousands.

    They go in one parameter: it is asked every few seconds for all sockets of a process, and Django would write
    thousands of parameters each time.
    """
    among = RawSQL("SELECT unnest(%s::int8[])", [ids_of(learner_ids)])
    leases = StudyClock.objects.filter(session__isnull=False, pk__in=among)
    return list(leases.filter(_closed_at(at)).values_list("pk", flat=True))


def _closed_at(at: datetime) -> Q:
    return (
        ~Q(session__enrollment__state=EnrollmentState.ACTIVE)
        | ~Q(session__enrollment__training_class__state=ClassState.ACCEPTED)
        | Q(session__enrollment__training_class__ends_on__lt=today(at).date)
        | Q(session__class_lesson__lesson_version__lesson__withdrawn_at__isnull=False)
        | Q(learner__is_active=False)
    )
