"""How far a learner is in one lesson, to the last accepted beat, and which session holds the lease."""

from dataclasses import dataclass
from uuid import UUID

from courses.models import LessonVersion
from lms.accounts.models import User
from lms.hours.models import LessonCoverage, StudyClock
from lms.hours.rules.spans import Span, measure_ms, union


@dataclass(frozen=True, slots=True)
class Progress:
    """What is covered of a lesson version, sorted and disjoint, and what it earned; the open stretch included."""

    covered: list[Span]
    credited_ms: int

    @property
    def covered_ms(self) -> int:
        return measure_ms(self.covered)


def progress_of(learner: User, version: LessonVersion) -> Progress:
    """The learner's progress in a version: what is posted and what the running session has not posted yet."""
    row = LessonCoverage.objects.filter(learner=learner, lesson_version=version).first()
    clock = StudyClock.objects.filter(
        learner=learner, session__class_lesson__lesson_version=version, open_from__isnull=False
    ).first()
    covered = row.covered if row else []
    credited_ms = row.credited_ms if row else 0
    if clock is None:
        return Progress(union(covered), credited_ms)
    return Progress(union(covered, [(clock.open_media_from_ms, clock.open_media_to_ms)]), credited_ms + clock.open_ms)


def session_with_lease(learner: User) -> UUID | None:
    """The session that holds the learner's lease, if any."""
    return StudyClock.objects.filter(learner=learner).values_list("session__uuid", flat=True).first()
