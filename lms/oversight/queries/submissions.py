"""What became of what an institution wrote: every course, textbook and lesson of its shelf with its state."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from wagtail.models import Page

from courses.models import ChapterPage, CoursePage, TextbookPage, VideoLessonPage
from lms.accounts.queries import Viewer
from lms.institutions.models import CourseSubmission, ReviewState
from lms.institutions.queries import pages_of_staff

DRAFT, IN_REVIEW, RETURNED, LIVE, CHANGED, WITHDRAWN = "draft", "in_review", "returned", "live", "changed", "withdrawn"
TO_SUBMIT = frozenset({DRAFT, RETURNED, CHANGED})


@dataclass(frozen=True, slots=True)
class Row:
    """`lesson` and `kind` (video, reading) of a lesson; `duration_ms` as it was last published.

    `reason` stands at the page that was returned alone; of a whole course it stands once, at the course. `needs_work`:
    the committee named this part.
    """

    page: Page
    state: str
    review: int | None
    reason: str
    needs_work: bool = False
    lesson: UUID | None = None
    kind: str = ""
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """A course or textbook and its lessons. `to_submit` counts what would go to the committee with the whole of it;
    `whole` is the last submission of the whole, `reason` what the committee said when it returned that."""

    row: Row
    lessons: tuple[Row, ...]
    to_submit: int
    whole: CourseSubmission | None
    is_waiting: bool
    reason: str


def submissions_of(viewer: Viewer) -> list[Course]:
    """Of all shelves that the viewer fills, in the order of the tree. Five reads."""
    pages = list(pages_of_staff(viewer))
    reviews = _last_reviews(pages)
    lessons = {
        each.pk: each
        for model in (VideoLessonPage, ChapterPage)
        for each in model.objects.filter(pk__in=[page.pk for page in pages]).with_latest_version()
    }
    shelves = {page.path: page for page in pages if issubclass(page.specific_class, CoursePage | TextbookPage)}
    below: dict[str, list[Row]] = {path: [] for path in shelves}
    for page in pages:
        if page.pk in lessons:
            lesson = lessons[page.pk]
            row = _row(page, reviews.get(page.pk), is_withdrawn=lesson.lesson.withdrawn_at is not None)
            told = replace(row, lesson=lesson.lesson.uuid, kind=lesson.kind, duration_ms=lesson.duration_ms)
            below[page.path[: -Page.steplen]].append(told)
    return [_course(_row(page, reviews.get(page.pk)), below[path], reviews) for path, page in shelves.items()]


def _course(row: Row, lessons: list[Row], reviews: dict[int, ReviewState]) -> Course:
    rows = [row, *lessons]
    parts = [review for each in rows if (review := reviews.get(each.page.pk)) and review.whole_id is not None]
    last = max(parts, key=lambda review: review.pk, default=None)
    of_last = [review for review in parts if last is not None and review.whole_id == last.whole_id]
    is_waiting = any(each.status == ReviewState.STATUS_IN_PROGRESS for each in of_last)
    still_returned = {each.review for each in rows if each.state == RETURNED}
    returned = [each for each in of_last if each.pk in still_returned]
    return Course(
        row=row,
        lessons=tuple(lessons),
        to_submit=0 if is_waiting else sum(each.state in TO_SUBMIT for each in rows),
        whole=last.whole if last else None,
        is_waiting=is_waiting,
        reason=returned[0].comment if returned else "",
    )


def _last_reviews(pages: Iterable[Page]) -> dict[int, ReviewState]:
    """The last of each page: however often it was submitted, one row is read."""
    ids = [str(page.pk) for page in pages]
    reviews = ReviewState.objects.filter(workflow_state__object_id__in=ids).select_related("workflow_state", "whole")
    last = reviews.order_by("workflow_state__object_id", "-started_at", "-pk").distinct("workflow_state__object_id")
    return {int(each.workflow_state.object_id): each for each in last}


def _row(page: Page, review: ReviewState | None, *, is_withdrawn: bool = False) -> Row:
    status = review.status if review else ""
    if is_withdrawn:
        state = WITHDRAWN
    elif status == ReviewState.STATUS_IN_PROGRESS:
        state = IN_REVIEW
    elif status == ReviewState.STATUS_REJECTED:
        state = RETURNED
    elif page.live:
        state = CHANGED if page.has_unpublished_changes else LIVE
    else:
        state = DRAFT
    is_returned = review is not None and state == RETURNED
    reason = review.comment if review and is_returned and review.whole_id is None else ""
    named = is_returned and review is not None and review.needs_work
    return Row(page, state, review.pk if review else None, reason, needs_work=named)
