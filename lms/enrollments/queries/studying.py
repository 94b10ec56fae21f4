"""Under which enrollment a learner studies a lesson now, or the study protocol's reason why under none."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from lms.accounts.models import User
from lms.enrollments.models import ClassLesson, Enrollment, EnrollmentState
from lms.enrollments.rules.classes import StudyPlace, study_place

# Classes of one learner that hold the same lesson; more than a handful would be a mistake of data.
PLACES_MAX = 50


def studying(learner: User, lesson_uuid: UUID, at: datetime) -> tuple[Enrollment, ClassLesson] | None:
    """The enrollment and the planned lesson that time on this lesson counts for at `at`; the earliest enrolled wins.

    The class must be accepted and the day, in the installation's zone, within its dates; the lesson not withdrawn.
    """
    found, _ = _place(learner, lesson_uuid, at)
    return found


def not_studying_because(learner: User, lesson_uuid: UUID, at: datetime) -> str:
    """`not_enrolled`, `locked` (class not accepted, not begun or over) or `withdrawn`; "" when it can be studied."""
    _, reason = _place(learner, lesson_uuid, at)
    return reason


def _place(learner: User, lesson_uuid: UUID, at: datetime) -> tuple[tuple[Enrollment, ClassLesson] | None, str]:
    enrollments = {
        each.training_class_id: each
        for each in Enrollment.objects.filter(
            learner=learner, training_class__lessons__lesson_version__lesson__uuid=lesson_uuid
        )
        .select_related("training_class__syllabus_version")
        .order_by("enrolled_at", "pk")[:PLACES_MAX]
    }
    lessons = {
        each.training_class_id: each
        for each in ClassLesson.objects.filter(
            training_class__in=list(enrollments), lesson_version__lesson__uuid=lesson_uuid
        ).select_related("module", "lesson_version__lesson", "lesson_version__asset")
    }
    places = [
        StudyPlace(
            enrollment=each.pk,
            enrolled=each.state == EnrollmentState.ACTIVE,
            class_state=each.training_class.state,
            starts_on=each.training_class.starts_on,
            ends_on=each.training_class.ends_on,
            lesson_withdrawn=lessons[class_id].lesson_version.lesson.withdrawn_at is not None,
        )
        for class_id, each in enrollments.items()
    ]
    chosen, reason = study_place(places, timezone.localdate(at, timezone.get_default_timezone()))
    if chosen is None:
        return None, reason
    enrollment = next(each for each in enrollments.values() if each.pk == chosen.enrollment)
    return (enrollment, lessons[enrollment.training_class_id]), ""
