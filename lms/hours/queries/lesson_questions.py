"""Reading the questions that editors wrote. Whoever may edit a lesson's page sees and writes its questions, nobody
else.

Questions belong to a version of a lesson, because their place and their answer do. Who may not edit the lesson is told
what is told of no lesson.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from courses.models import Lesson, LessonVersion
from courses.queries import LessonUnknown, Shelf, lesson_by_uuid, may_edit_lesson, shelves_to_edit
from lms.accounts.queries import Viewer
from lms.hours.models import LessonQuestion


class QuestionNotFound(LookupError):
    """There is no such lesson or question for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class CountedVersion:
    """A version of a lesson and how many questions are asked in it."""

    version: LessonVersion
    questions: int


def shelves_with_questions(viewer: Viewer) -> list[tuple[Shelf, list[CountedVersion]]]:
    """Courses and textbooks whose lessons the viewer may edit, each lesson in its newest version."""
    shelves = shelves_to_edit(viewer)
    counts = question_counts([version.pk for shelf in shelves for version in shelf.versions])
    return [
        (shelf, [CountedVersion(version, counts.get(version.pk, 0)) for version in shelf.versions]) for shelf in shelves
    ]


def versions_to_edit(viewer: Viewer, lesson: UUID) -> list[CountedVersion]:
    """All versions of a lesson that the viewer may edit, the newest first; QuestionNotFound otherwise."""
    try:
        found = lesson_by_uuid(lesson)
    except LessonUnknown:
        raise QuestionNotFound("no such lesson") from None
    versions = list(LessonVersion.objects.filter(lesson=found).select_related("lesson").order_by("-number"))
    if not versions or not may_edit_lesson(viewer, found):
        raise QuestionNotFound("no such lesson")
    counts = question_counts([version.pk for version in versions])
    return [CountedVersion(version, counts.get(version.pk, 0)) for version in versions]


def question_counts(versions: list[int]) -> dict[int, int]:
    """How many questions are asked in each of these versions, given by their keys."""
    rows = asked_questions().filter(lesson_version__in=versions).values("lesson_version")
    return {row["lesson_version"]: row["count"] for row in rows.annotate(count=Count("pk")).order_by()}


def asked_questions() -> QuerySet[LessonQuestion]:
    """Questions that learners may be asked: those that nobody has retired."""
    return LessonQuestion.objects.filter(retired_at=None)


def questions_of(version: LessonVersion) -> list[LessonQuestion]:
    """All questions of a version in the order of the lesson, the retired ones too."""
    return list(LessonQuestion.objects.filter(lesson_version=version).order_by("from_ms", "pk"))


def question_to_edit(viewer: Viewer, uuid: UUID) -> LessonQuestion:
    """A question of a lesson that the viewer may edit; QuestionNotFound otherwise."""
    found = LessonQuestion.objects.filter(uuid=uuid).select_related("lesson_version__lesson").first()
    if found is None or not may_edit_lesson(viewer, found.lesson_version.lesson):
        raise QuestionNotFound("no such question")
    return found


def lock_lesson_of(version: LessonVersion) -> Lesson:
    """Writers of one lesson's questions take turns."""
    return Lesson.objects.select_for_update(no_key=True).get(pk=version.lesson_id)
