"""Who holds a lease on a lesson that may not be studied any more: withdrawn, its class over, the learner out of it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from courses.models import Lesson
from lms.accounts.models import User
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, TrainingClass
from lms.hours.models import StudyClock
from lms.hours.queries.clocks import today


@dataclass(frozen=True, slots=True)
class Closed:
    """What was closed, so that only its learners are looked at; nothing given: everybody."""

    lesson: Lesson | None = None
    training_class: TrainingClass | None = None
    enrollment: Enrollment | None = None
    learner: User | None = None


def learners_on_closed_lessons(at: datetime, closed: Closed, limit: int) -> list[int]:
    """Ids of learners whose lease is on a lesson that is closed to them; `study_place` has the last word on each."""
    day = today(at).date
    closed_now = (
        ~Q(session__enrollment__state=EnrollmentState.ACTIVE)
        | ~Q(session__enrollment__training_class__state=ClassState.ACCEPTED)
        | Q(session__enrollment__training_class__ends_on__lt=day)
        | Q(session__class_lesson__lesson_version__lesson__withdrawn_at__isnull=False)
        | Q(learner__is_active=False)
    )
    asked = {
        "session__class_lesson__lesson_version__lesson": closed.lesson,
        "session__enrollment__training_class": closed.training_class,
        "session__enrollment": closed.enrollment,
        "learner": closed.learner,
    }
    leases = StudyClock.objects.filter(session__isnull=False, **{key: row for key, row in asked.items() if row})
    return list(leases.filter(closed_now).values_list("pk", flat=True)[:limit])
