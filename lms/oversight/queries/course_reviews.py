"""A whole course as the committee sees it: its parts, how long they are against the syllabus, and one part in full.

The list of parts reads no content, and its number of reads does not grow with the parts; content, changes and what
was said are read for the one part that is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from wagtail.models import Page

from courses.models import ChapterPage, VideoLessonPage
from lms.enrollments.queries.aims import Reach, reaches_of
from lms.institutions.models import CourseSubmission, Institution, ReviewState
from lms.institutions.queries import owner_of, parts_of
from lms.oversight.queries.reviews import Submission, submission_of


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the list. `kind` is video or reading, "" for the course's own page; `is_new`: nothing of it is live."""

    review: ReviewState
    number: int
    title: str
    kind: str
    lesson: UUID | None
    measured_ms: int | None
    comments: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class CourseUnderReview:
    """`opened` is the part that is shown in full; `before` and `after` are its neighbours in the list."""

    submission: CourseSubmission
    owner: Institution | None
    status: str
    parts: tuple[Part, ...]
    total_ms: int
    reaches: tuple[Reach, ...]
    aimless: int
    opened: Submission
    opened_part: Part
    before: Part | None
    after: Part | None

    @property
    def needing_work(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.review.needs_work)


def course_under_review(submission: CourseSubmission, opened: int | None) -> CourseUnderReview | None:
    """`opened` is the key of a part, None for the first; None when there is no such part. The caller got `submission`
    from a query that takes the viewer."""
    reviews = list(parts_of(submission))
    pages = Page.objects.in_bulk([int(each.workflow_state.object_id) for each in reviews])
    lessons = {
        page.pk: page
        for model in (VideoLessonPage, ChapterPage)
        for page in model.objects.filter(pk__in=pages).select_related("lesson")
    }
    parts = tuple(_part(number, each, pages, lessons) for number, each in enumerate(reviews, start=1))
    place = next((index for index, part in enumerate(parts) if opened in (None, part.review.pk)), None)
    if place is None:
        return None
    known = [lessons[int(part.review.workflow_state.object_id)].lesson for part in parts if part.lesson]
    lengths = {
        lessons[int(part.review.workflow_state.object_id)].lesson_id: part.measured_ms or 0
        for part in parts
        if part.lesson
    }
    reaches = tuple(reaches_of(known, lengths))
    return CourseUnderReview(
        submission=submission,
        owner=owner_of(submission.page),
        status=parts[0].review.status,
        parts=parts,
        total_ms=sum(lengths.values()),
        reaches=reaches,
        aimless=_aimless(lengths, reaches),
        opened=submission_of(parts[place].review),
        opened_part=parts[place],
        before=parts[place - 1] if place else None,
        after=parts[place + 1] if place + 1 < len(parts) else None,
    )


def _part(number: int, review: ReviewState, pages: dict[int, Page], lessons: dict[int, Page]) -> Part:
    key = int(review.workflow_state.object_id)
    lesson = lessons.get(key)
    return Part(
        review=review,
        number=number,
        title=review.revision.object_str,
        kind=lesson.kind if lesson else "",
        lesson=lesson.lesson.uuid if lesson else None,
        measured_ms=review.measured_ms,
        comments=review.comments,
        is_new=not pages[key].live,
    )


def _aimless(lengths: dict[int, int], reaches: Sequence[Reach]) -> int:
    """Milliseconds of lessons that are measured against nothing: no module was named for them."""
    return sum(lengths.values()) - sum(reach.lesson_ms for reach in reaches)
