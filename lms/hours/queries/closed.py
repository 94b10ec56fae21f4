"""Who holds a lease on a lesson that may not be studied any more: withdrawn, its class over, the learner out of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from courses.models import Lesson
from lms.accounts.models import User
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, TrainingClass
from lms.hours.models import StudyClock
from lms.hours.queries.clocks import today
from lms.hours.queries.seats import ids_of, prepared


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


CLOSED_AMONG = """
SELECT c.learner_id
FROM hours_studyclock c
JOIN hours_studysession s ON s.id = c.session_id
JOIN enrollments_enrollment e ON e.id = s.enrollment_id
JOIN enrollments_trainingclass tc ON tc.id = e.training_class_id
JOIN enrollments_classlesson cl ON cl.id = s.class_lesson_id
JOIN courses_lessonversion lv ON lv.id = cl.lesson_version_id
JOIN courses_lesson l ON l.id = lv.lesson_id
JOIN accounts_user u ON u.id = c.learner_id
WHERE c.learner_id = ANY(%s::int8[])
    AND (e.state <> %s OR tc.state <> %s OR tc.ends_on < %s OR l.withdrawn_at IS NOT NULL OR NOT u.is_active)
"""


def closed_among(learner_ids: Collection[int], at: datetime) -> list[int]:
    """Those of the learners whose lease is on a lesson that is closed to them; one statement for thousands.

    Asked every few seconds for all sockets of a process: Django would write thousands of parameters each time.
    """
    asked = [ids_of(learner_ids), str(EnrollmentState.ACTIVE), str(ClassState.ACCEPTED), today(at).date]
    return [row[0] for row in prepared(CLOSED_AMONG, asked)]


def _closed_at(at: datetime) -> Q:
    return (
        ~Q(session__enrollment__state=EnrollmentState.ACTIVE)
        | ~Q(session__enrollment__training_class__state=ClassState.ACCEPTED)
        | Q(session__enrollment__training_class__ends_on__lt=today(at).date)
        | Q(session__class_lesson__lesson_version__lesson__withdrawn_at__isnull=False)
        | Q(learner__is_active=False)
    )
