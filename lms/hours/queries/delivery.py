"""Who may fetch a lesson's playlist and keys: a key only the learner whose open session on it holds the lease."""

from datetime import datetime
from uuid import UUID

from courses.models import LessonVersion
from lms.accounts.models import User
from lms.enrollments.queries import studying
from lms.hours.models import StudyClock


def studied_version(viewer: User, lesson: UUID, at: datetime) -> LessonVersion | None:
    """The version of a lesson that the viewer studies now; None when they are in no open class that has it."""
    place = studying(viewer, lesson, at)
    return place[1].lesson_version if place else None


def version_with_lease(viewer: User, lesson: UUID) -> LessonVersion | None:
    """The version of a lesson that the viewer's lease is on; None without a lease, or with one on another lesson."""
    clock = (
        StudyClock.objects.filter(learner=viewer, session__class_lesson__lesson_version__lesson__uuid=lesson)
        .select_related("session__class_lesson__lesson_version__asset")
        .first()
    )
    return clock.session.class_lesson.lesson_version if clock is not None and clock.session is not None else None
